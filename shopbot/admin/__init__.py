"""The admin kit: what every app's ``admin.py`` builds on."""

from shopbot.admin.dashboard import Card, Section, dashboard_card, day_start
from shopbot.admin.kit import (
    ReadOnlyAdmin,
    ShopAdmin,
    ShopInline,
    acting_staff,
    actor_column,
    actor_name,
    chat_url,
    link,
    money_column,
    name_column,
    page_of,
    run_on_each,
    run_on_page,
    subject_link,
)
from shopbot.admin.many_rows import KnownValuesFilter

__all__ = [
    "Card",
    "KnownValuesFilter",
    "ReadOnlyAdmin",
    "Section",
    "ShopAdmin",
    "ShopInline",
    "acting_staff",
    "actor_column",
    "actor_name",
    "dashboard_card",
    "chat_url",
    "day_start",
    "link",
    "money_column",
    "name_column",
    "page_of",
    "run_on_page",
    "run_on_each",
    "subject_link",
]
