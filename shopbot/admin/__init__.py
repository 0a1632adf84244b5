"""The admin kit: what every app's ``admin.py`` builds on."""

from shopbot.admin.dashboard import Card, Section, dashboard_card, day_start
from shopbot.admin.kit import (
    ReadOnlyAdmin,
    ShopAdmin,
    acting_staff,
    money_column,
    run_on_each,
)

__all__ = [
    "Card",
    "ReadOnlyAdmin",
    "Section",
    "ShopAdmin",
    "acting_staff",
    "dashboard_card",
    "day_start",
    "money_column",
    "run_on_each",
]
