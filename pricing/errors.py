"""What pricing refuses, as codes."""

from pricing.engine.errors import (
    BadTerms,
    NoRate,
    NotForSale,
    PromoRefused,
    UnknownCurrency,
    UnknownRegion,
    UnknownTier,
)
from shopbot.kernel.errors import Conflict, InvalidInput, NotFound, Refused, Unavailable

__all__ = [
    "AlreadyDecided",
    "BadFeed",
    "BadRate",
    "BadTerms",
    "FeedUnreachable",
    "GiftCardIsTaken",
    "GiftCardRefused",
    "LimitReached",
    "NewerRate",
    "NoRate",
    "NotForSale",
    "NotReady",
    "PromoRefused",
    "ReasonMissing",
    "TooManyTries",
    "UnknownCurrency",
    "UnknownGiftCard",
    "UnknownRegion",
    "UnknownRow",
    "UnknownTier",
]


class LimitReached(Conflict):
    """A promotion ran out between the quote and the order: quote again."""

    code = "limit_reached"


class UnknownRow(NotFound):
    """What staff chose no longer exists."""

    code = "unknown_row"


class AlreadyDecided(Conflict):
    """Somebody was faster: it is published, stopped, accepted, paid or cancelled already."""

    code = "already_decided"


class NotReady(Refused):
    """Something is missing before it can be published or started."""

    code = "not_ready"


class ReasonMissing(InvalidInput):
    """Staff must say why."""

    code = "reason_missing"


class BadRate(InvalidInput):
    """Not a positive exchange rate between two currencies, or an end before its start."""

    code = "bad_rate"


class NewerRate(Conflict):
    """A newer rate of the currency was believed meanwhile; an older one may not replace it."""

    code = "newer_rate"


class BadFeed(Unavailable):
    """The bank's file is not what it should be; nothing of it was taken over."""

    code = "bad_feed"


class FeedUnreachable(Unavailable):
    """The bank's server did not answer."""

    code = "feed_unreachable"


class UnknownGiftCard(NotFound):
    """No gift card has this code."""

    code = "unknown_gift_card"


class GiftCardIsTaken(Refused):
    """Somebody else redeemed the card."""

    code = "gift_card_is_taken"


class TooManyTries(Refused):
    """The customer typed too many wrong codes lately."""

    code = "too_many_tries"


class GiftCardRefused(Refused):
    """The card is switched off, ran out, is of another currency or has too little left."""

    code = "gift_card_refused"
