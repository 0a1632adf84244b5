"""Do the settings speak the languages that customers may choose?"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error

from customers.languages import Language


def languages_agree(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Compare ``LANGUAGES`` with the languages that the database lets a customer have."""
    known, spoken = set(Language.values), {code for code, _ in settings.LANGUAGES}
    if known == spoken:
        return []
    return [
        Error(
            f"LANGUAGES has {sorted(spoken)}, customers.languages {sorted(known)}.",
            hint="Change both, and add a migration for the columns of translated texts.",
            id="customers.E001",
        )
    ]
