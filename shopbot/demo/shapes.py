"""What a demo shop is described by."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

LANGUAGES: Final = ("en", "ru", "de", "es")


@dataclass(frozen=True, slots=True)
class Words:
    """One text in the four languages of the shop."""

    en: str
    ru: str
    de: str
    es: str

    def columns(self, name: str) -> Mapping[str, str]:
        """Return the columns of a translated field called ``name``."""
        return {f"{name}_{code}": getattr(self, code) for code in LANGUAGES}


@dataclass(frozen=True, slots=True)
class DemoCategory:
    """A shelf; ``parent`` is the slug of the one it stands in."""

    slug: str
    icon: str
    name: Words
    description: Words
    parent: str = ""


@dataclass(frozen=True, slots=True)
class DemoTier:
    """An offer in US dollars; ``grants`` names the entitlements its buyer gets."""

    level: str
    price_minor: int
    grants: tuple[str, ...] = ()
    name: Words | None = None
    is_once: bool = False
    stock: int | None = None
    max_quantity: int = 1
    trial_days: int = 0
    grace_days: int = 0
    floor_minor: int | None = None
    seats: int = 0


@dataclass(frozen=True, slots=True)
class DemoProduct:
    """Something on sale; ``opens_in`` hides it for so long after the shop is loaded."""

    slug: str
    category: str
    goods_type: str
    motif: str
    colours: tuple[str, str]
    name: Words
    description: Words
    features: Words
    tiers: tuple[DemoTier, ...]
    opens_in: timedelta | None = None


@dataclass(frozen=True, slots=True)
class DemoEntitlement:
    """Something that buyers are entitled to."""

    code: str
    kind: str
    name: Words
    description: Words
