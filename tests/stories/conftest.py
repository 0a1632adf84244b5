"""Whole lives need the chat, the shop and the API at once."""

from tests.api.conftest import make_program
from tests.telegram_bot.conftest import ann, make_customer, settle_region, shop, telegram

__all__ = ["ann", "make_customer", "make_program", "settle_region", "shop", "telegram"]
