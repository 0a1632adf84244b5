"""What can go wrong with an outgoing webhook."""

from shopbot.kernel.errors import InvalidInput


class BadTarget(InvalidInput):
    """The address may not be called: not https, or it leads into a private network."""

    code = "bad_webhook_target"
