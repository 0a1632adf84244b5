"""Which page of the admin shows what an event is about?"""

from __future__ import annotations

from typing import Final

from django.urls import reverse
from django.utils.html import format_html

#: The first word of an event's subject, and the pages of the rows that it names.
PAGES: Final = {
    "block": "entitlements_block",
    "category": "catalog_category",
    "chat": "telegram_bot_gatedchat",
    "code": "delivery_code",
    "code-stock": "delivery_codestock",
    "customer": "customers_customer",
    "dispute": "orders_dispute",
    "entitlement": "entitlements_entitlementtype",
    "experiment": "pricing_experiment",
    "gift": "entitlements_giftcode",
    "gift-card": "pricing_giftcard",
    "grant": "entitlements_grant",
    "money-case": "orders_moneycase",
    "order": "orders_order",
    "outgoing-message": "telegram_bot_outgoingmessage",
    "parcel": "delivery_parcel",
    "payment": "orders_payment",
    "payout": "pricing_payout",
    "price-list": "pricing_priceversion",
    "product": "catalog_product",
    "promotion": "pricing_promotion",
    "removal": "telegram_bot_removal",
    "seat": "entitlements_seatinvite",
    "subscription": "orders_subscription",
    "support-case": "orders_supportcase",
    "telegram-update": "telegram_bot_telegramupdate",
    "tier": "catalog_producttier",
    "webhook-endpoint": "webhooks_endpoint",
}


def subject_link(subject: str) -> str:
    """Lead to the page of ``order:17`` and its like; others stay as they are written."""
    kind, _, number = subject.partition(":")
    if kind not in PAGES or not number.isdecimal():
        return subject
    page = reverse(f"admin:{PAGES[kind]}_change", args=[number])
    return format_html('<a href="{}">{}</a>', page, subject)
