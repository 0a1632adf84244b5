"""Refusals about orders and money."""

from __future__ import annotations

from pricing.engine.values import Quote
from shopbot.kernel.errors import Conflict, InvalidInput, NotFound, Refused


class UnknownOrder(NotFound):
    """No such order, or not this customer's."""

    code = "unknown_order"


class UnknownPayment(NotFound):
    """No such payment."""

    code = "unknown_payment"


class UnknownCase(NotFound):
    """No such case."""

    code = "unknown_case"


class UnknownSubscription(NotFound):
    """No such subscription, or not this customer's."""

    code = "unknown_subscription"


class PriceChanged(Conflict):
    """The price is no longer the one that was shown; ``quote`` is the present one."""

    code = "price_changed"

    def __init__(self, quote: Quote) -> None:
        super().__init__(
            f"the price is now {quote.total}",
            total_minor=quote.total_minor,
            currency=quote.currency,
        )
        self.quote = quote


class SoldOut(Conflict):
    """Fewer units are left than wanted."""

    code = "sold_out"


class NotForSale(Refused):
    """The tier is not offered now."""

    code = "not_for_sale"


class RegionNeeded(Refused):
    """The customer has not said yet in which region prices apply."""

    code = "region_needed"


class OrderIsClosed(Conflict):
    """The order can no longer be paid: expired, cancelled or paid already."""

    code = "order_is_closed"


class WayNotAllowed(Refused):
    """This way of payment may not, or cannot, sell this."""

    code = "way_not_allowed"


class AlreadySubscribed(Conflict):
    """The customer renews this already."""

    code = "already_subscribed"


class CannotRenew(Refused):
    """This order cannot become a renewal agreement."""

    code = "cannot_renew"


class AlreadyPaid(Conflict):
    """The customer was faster: it is paid, so refund it instead."""

    code = "already_paid"


class ReasonNeeded(InvalidInput):
    """Staff must say why."""

    code = "reason_needed"


class NothingToRefund(Conflict):
    """No money of it is left here, or none was ever taken."""

    code = "nothing_to_refund"


class RefundTooLarge(InvalidInput):
    """More than is left of the payment."""

    code = "refund_too_large"


class PartialNotPossible(Refused):
    """The provider gives back everything or nothing."""

    code = "partial_not_possible"


class CannotResolve(Refused):
    """This kind of case has no such resolution."""

    code = "cannot_resolve"


class CaseIsResolved(Conflict):
    """Somebody was faster."""

    code = "case_is_resolved"


class NotAGift(Refused):
    """Only access can be given to somebody else, one at a time."""

    code = "not_a_gift"


class NotByGiftCard(Refused):
    """Gift cards do not pay for parcels."""

    code = "not_by_gift_card"


class NoCardByGiftCard(Refused):
    """Gift cards do not pay for gift cards: a new one would outlast the old."""

    code = "no_card_by_gift_card"


class NothingToSay(InvalidInput):
    """A message needs words."""

    code = "nothing_to_say"
