"""The admin kit: what every app's ``admin.py`` builds on."""

from shopbot.admin.kit import (
    ReadOnlyAdmin,
    ShopAdmin,
    acting_staff,
    money_column,
    run_on_each,
)

__all__ = ["ReadOnlyAdmin", "ShopAdmin", "acting_staff", "money_column", "run_on_each"]
