"""How high an offer stands: the four levels and their ranks."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from django.db import models


class Level(models.TextChoices):
    """What a tier, and so its holder, is worth; a higher rank includes the lower ones."""

    FREE = "free", "Free"
    PREMIUM = "premium", "Premium"
    VIP = "vip", "VIP"
    ENTERPRISE = "enterprise", "Enterprise"


RANK: Final[Mapping[str, int]] = MappingProxyType(
    {
        Level.FREE.value: 0,
        Level.PREMIUM.value: 10,
        Level.VIP.value: 20,
        Level.ENTERPRISE.value: 30,
    }
)
