"""Which language and which region a Telegram client's language code suggests."""

from collections.abc import Mapping
from typing import Final

from django.db import models


class Language(models.TextChoices):
    """The languages the shop speaks."""

    ENGLISH = "en", "English"
    RUSSIAN = "ru", "Русский"
    GERMAN = "de", "Deutsch"
    SPANISH = "es", "Español"


# Regions that a country subtag names outright: "en-GB" is certain where "en" alone is not.
_REGION_OF_COUNTRY: Final[Mapping[str, str]] = {
    "gb": "GB",
    "uk": "GB",
    "us": "US",
    "ca": "US",
    "in": "ASIA",
    "sg": "ASIA",
    "hk": "ASIA",
    "mx": "US",
    "br": "US",
    "ar": "US",
    "ie": "EU",
}

_EUROPEAN: Final = (
    "bg cs da de el es et fi fr ga hr hu is it lt lv mt nb nl nn no pl pt ro ru sk sl sq sr sv"
    " uk"
)
_ASIAN: Final = "bn fil hi id ja km ko lo ml mr ms my ne si ta te th tl ur vi zh"

_REGION_OF_LANGUAGE: Final[Mapping[str, str]] = {
    **dict.fromkeys(_EUROPEAN.split(), "EU"),
    **dict.fromkeys(_ASIAN.split(), "ASIA"),
}


def guess_language(language_code: str) -> Language:
    """Return the shop's language for an IETF code such as "de-AT"; English if there is none."""
    primary = _subtags(language_code)[0]
    return Language(primary) if primary in Language.values else Language.ENGLISH


def guess_region(language_code: str) -> str:
    """Return the code of the region that speakers of an IETF code most likely pay in.

    Only a guess to show prices by: the customer confirms the region at the first checkout.
    """
    primary, *rest = _subtags(language_code)
    for subtag in rest:
        if subtag in _REGION_OF_COUNTRY:
            return _REGION_OF_COUNTRY[subtag]
    return _REGION_OF_LANGUAGE.get(primary, "US")


def _subtags(language_code: str) -> list[str]:
    return language_code.lower().replace("_", "-").split("-")
