"""Who sells, and what may be sold in which way."""

from __future__ import annotations

from shopbot.settings.loaded import env

__all__ = [
    "GOODS_EXCEPTIONS",
    "SELLER_ADDRESS",
    "SELLER_EMAIL",
    "SELLER_NAME",
    "SELLER_TAX_ID",
]

#: What the owner allows beyond Telegram's terms, each as ``gateway:goods_type``.
GOODS_EXCEPTIONS = tuple(entry for entry in env.goods_exceptions.split(",") if entry)
SELLER_NAME = env.seller_name
SELLER_ADDRESS = env.seller_address
SELLER_TAX_ID = env.seller_tax_id
SELLER_EMAIL = env.seller_email
