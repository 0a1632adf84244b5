"""Who hears of which event?"""

from typing import Final

#: Event kind, or ``*`` for all of them, to the dotted paths of its consumers.
EVENT_CONSUMERS: Final[dict[str, list[str]]] = {
    "*": ["webhooks.services.queue_event", "telegram_bot.consumers.notify_customer"],
}
