"""What the bot refuses, as codes."""

from shopbot.kernel.errors import Conflict, InvalidInput, NotFound


class NotDead(Conflict):
    """Only an update or a message that was given up can be tried anew."""

    code = "not_dead"


class StaleButton(NotFound):
    """The button leads to something that is no longer there."""

    code = "stale_button"


class BadWebhookAddress(InvalidInput):
    """Telegram would not deliver to the shop's public address."""

    code = "bad_webhook_address"
