"""Do the settings fit how the catalog keeps its texts and hands them out?"""

from __future__ import annotations

from typing import Any, Final

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning

FALLBACK: Final = "en"


def texts_fall_back_to_english(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Compare the language that texts are required in with the one screens fall back to."""
    default = settings.MODELTRANSLATION_DEFAULT_LANGUAGE
    if default == FALLBACK:
        return []
    return [
        Error(
            f"MODELTRANSLATION_DEFAULT_LANGUAGE is {default!r}; texts are required in English.",
            hint=f"Set it to {FALLBACK!r}: names stay empty where no English one exists.",
            id="catalog.E001",
        )
    ]


def exports_hold_no_formulas(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """A name such as ``=HYPERLINK(…)`` must not run when staff open an export."""
    if getattr(settings, "IMPORT_EXPORT_ESCAPE_FORMULAE_ON_EXPORT", False) is True:
        return []
    return [
        Warning(
            "Exports would carry formulas that a spreadsheet program runs.",
            hint="Set IMPORT_EXPORT_ESCAPE_FORMULAE_ON_EXPORT = True.",
            id="catalog.W001",
        )
    ]
