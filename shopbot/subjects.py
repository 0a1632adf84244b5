"""Which page of the admin shows what an event is about?"""

from __future__ import annotations

from typing import Final

from django.urls import reverse

#: The first word of an event's subject, and the pages of the rows that it names.
PAGES: Final = {
    "block": "entitlements_block",
    "category": "catalog_category",
    "chat": "telegram_bot_gatedchat",
    "code": "delivery_code",
    "code-stock": "delivery_codestock",
    "customer": "customers_customer",
    "delivery": "delivery_delivery",
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


def page_of_subject(subject: str) -> str:
    """Return the path of the page of ``order:17`` and its like; empty for those without one."""
    kind, _, number = subject.partition(":")
    if kind not in PAGES or not number.isdecimal():
        return ""
    return reverse(f"admin:{PAGES[kind]}_change", args=[number])
