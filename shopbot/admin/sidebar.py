"""Where in the admin's sidebar does each page stand?"""

from __future__ import annotations

from typing import Any, Final

from django.conf import settings
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils.text import capfirst

#: Group of the sidebar to the apps whose pages it holds, both in the order shown.
GROUPS: Final[dict[str, tuple[str, ...]]] = {
    "Sales": ("orders",),
    "Catalog": ("catalog",),
    "Customers": ("customers",),
    "Delivery": ("delivery",),
    "Access": ("entitlements",),
    "Pricing": ("pricing",),
    "Telegram": ("telegram_bot",),
    "Programs": ("api", "webhooks"),
    "System": ("kernel", "auth", "axes"),
}

#: Pages that staff open most, by ``app.model``, each with its symbol; others follow by name.
SYMBOLS: Final[dict[str, str]] = {
    "orders.order": "receipt_long",
    "orders.payment": "payments",
    "orders.refund": "undo",
    "orders.moneycase": "error",
    "orders.dispute": "gavel",
    "orders.subscription": "autorenew",
    "orders.supportcase": "support_agent",
    "orders.notice": "inbox",
    "orders.receipt": "description",
    "orders.auditresult": "fact_check",
    "orders.reconcilecursor": "sync",
    "catalog.category": "folder",
    "catalog.product": "inventory_2",
    "catalog.producttier": "layers",
    "catalog.tierstock": "warehouse",
    "customers.customer": "group",
    "delivery.codestock": "inventory",
    "delivery.code": "vpn_key",
    "delivery.deliveryitem": "attach_file",
    "delivery.delivery": "outgoing_mail",
    "delivery.parcel": "local_shipping",
    "delivery.shippingoption": "alt_route",
    "delivery.stockwish": "notifications_active",
    "entitlements.entitlementtype": "key",
    "entitlements.grant": "verified",
    "entitlements.block": "block",
    "entitlements.privilege": "stars",
    "entitlements.privilegemeter": "speed",
    "entitlements.giftcode": "redeem",
    "entitlements.seatpool": "event_seat",
    "entitlements.seatinvite": "person_add",
    "entitlements.reminder": "notifications",
    "entitlements.noticefailure": "notification_important",
    "pricing.region": "public",
    "pricing.priceversion": "price_change",
    "pricing.localprice": "price_check",
    "pricing.pricingrules": "tune",
    "pricing.volumestep": "stairs",
    "pricing.quantitystep": "stacks",
    "pricing.promotion": "percent",
    "pricing.promocode": "sell",
    "pricing.fxrate": "currency_exchange",
    "pricing.currencysetting": "toll",
    "pricing.affiliate": "handshake",
    "pricing.affiliateprogram": "hub",
    "pricing.commissionentry": "savings",
    "pricing.payout": "outbound",
    "pricing.giftcard": "card_giftcard",
    "pricing.experiment": "science",
    "pricing.exposure": "visibility",
    "pricing.storedquote": "request_quote",
    "pricing.reservation": "bookmark",
    "telegram_bot.telegramcommand": "terminal",
    "telegram_bot.telegramupdate": "call_received",
    "telegram_bot.outgoingmessage": "send",
    "telegram_bot.gatedchat": "forum",
    "telegram_bot.chatmembership": "groups",
    "telegram_bot.removal": "person_remove",
    "api.apikey": "vpn_key",
    "webhooks.endpoint": "webhook",
    "webhooks.delivery": "outbox",
    "kernel.event": "history",
    "kernel.dataversion": "tag",
    "auth.user": "badge",
    "auth.group": "shield_person",
    "axes.accessattempt": "lock_clock",
}
_ORDER: Final = {label: position for position, label in enumerate(SYMBOLS)}


#: unfold's template asks for each of these; a key that is missing costs it an exception a line.
_NO_MORE: Final = {"badge": None, "link_callback": None, "collapsible": False}


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """List the groups and pages that this member of staff may open."""
    groups: list[dict[str, Any]] = [{"title": "", "items": [_overview(), *_chat()]}]
    for title, app_labels in GROUPS.items():
        items = [_page(model) for model in _models_of(request, app_labels)]
        if items:
            groups.append({**_NO_MORE, "title": title, "separator": True, "items": items})
    return groups


def environment(request: HttpRequest) -> list[str] | None:
    """Say beside the page's title that nothing here is real, where that is so."""
    return ["Local trial", "warning"] if settings.SIMULATOR_ENABLED else None


def _overview() -> dict[str, str]:
    return {"title": "Overview", "icon": "dashboard", "link": reverse("admin:index")}


def _chat() -> list[dict[str, Any]]:
    if not settings.SIMULATOR_ENABLED:
        return []
    link = f"{settings.SIMULATOR_URL}/"
    # The page shown is never the chat's, though each of their paths begins as the chat's does.
    return [{"title": "Open the chat", "icon": "chat", "link": link, "active": _never}]


def _never(request: HttpRequest) -> bool:
    return False


def _models_of(request: HttpRequest, app_labels: tuple[str, ...]) -> list[type[Model]]:
    found = [
        model
        for model, page in admin.site._registry.items()
        if model._meta.app_label in app_labels and page.has_view_permission(request)
    ]
    return sorted(found, key=_rank)


def _rank(model: type[Model]) -> tuple[int, str]:
    return _ORDER.get(model._meta.label_lower, len(_ORDER)), str(
        model._meta.verbose_name_plural
    )


def _page(model: type[Model]) -> dict[str, Any]:
    label = model._meta.label_lower
    return {
        **_NO_MORE,
        "title": capfirst(str(model._meta.verbose_name_plural)),
        "icon": SYMBOLS.get(label, "chevron_right"),
        "link": reverse(f"admin:{label.replace('.', '_')}_changelist"),
    }
