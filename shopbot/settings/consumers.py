"""Who hears of which event?"""

from typing import Final

#: Event kind, or ``*`` for all of them, to the dotted paths of its consumers.
EVENT_CONSUMERS: Final[dict[str, list[str]]] = {
    "delivery.ready": ["telegram_bot.delivery_messages.queue_delivery"],
    "delivery.failed": [
        "telegram_bot.delivery_consumers.tell_customer",
        "telegram_bot.staff_notices.tell_staff",
    ],
    "stock.low": ["telegram_bot.staff_notices.tell_staff"],
    "stock.returned": ["telegram_bot.delivery_consumers.tell_customer"],
    "parcel.shipped": [
        "orders.services.shipping.fulfill_shipped",
        "telegram_bot.delivery_consumers.tell_customer",
    ],
    "parcel.delivered": ["telegram_bot.delivery_consumers.tell_customer"],
    "fx.held": ["telegram_bot.staff_notices.tell_staff"],
    "fx.late": ["telegram_bot.staff_notices.tell_staff"],
    "webhook_endpoint.disabled": ["telegram_bot.staff_notices.tell_staff"],
    "entitlement.switched_off": ["webhooks.announcing.begin"],
    "entitlement.switched_on": ["webhooks.announcing.begin"],
    "entitlement.changed": ["webhooks.announcing.begin"],
    "*": [
        "webhooks.services.queue_event",
        "telegram_bot.consumers.notify_customer",
        "telegram_bot.gates.consumers.react",
    ],
}
