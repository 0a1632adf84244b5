"""How texts in several languages stand on a page: one tab each."""

from __future__ import annotations

from typing import Any

from django.conf import settings


def language_tabs(*names: str) -> list[tuple[str, dict[str, Any]]]:
    """Return a tab per language with its own columns of the texts called ``names``."""
    return [
        (str(label), {"classes": ["tab"], "fields": [f"{name}_{code}" for name in names]})
        for code, label in settings.LANGUAGES
    ]
