"""The admin kit: what every app's ``admin.py`` builds on."""

from shopbot.admin.dashboard import Card, Section, dashboard_card, day_start
from shopbot.admin.kit import (
    ReadOnlyAdmin,
    ShopAdmin,
    acting_staff,
    chat_url,
    money_column,
    page_of,
    run_on_each,
)
from shopbot.admin.many_rows import KnownValuesFilter

__all__ = [
    "Card",
    "KnownValuesFilter",
    "ReadOnlyAdmin",
    "Section",
    "ShopAdmin",
    "acting_staff",
    "dashboard_card",
    "chat_url",
    "day_start",
    "money_column",
    "page_of",
    "run_on_each",
]
