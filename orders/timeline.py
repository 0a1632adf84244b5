"""How is each thing that happens to orders and money called for people?"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

# Every kind of event that the orders app records; the tests hold it complete.
SENTENCES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "order.placed": "The order was placed.",
        "order.shipping_chosen": "The customer chose how it is sent.",
        "order.paid": "The order was paid.",
        "order.fulfilled": "Everything in it was delivered.",
        "order.cancelled": "The order was cancelled.",
        "order.expired": "The order expired unpaid.",
        "order.settled_by_hand": "Staff settled it by hand.",
        "order.refunded": "All of the money went back.",
        "order.partially_refunded": "A part of the money went back.",
        "order.refund_undone": "A refund failed; the money is here again.",
        "order.disputed": "The payer disputes the charge; access is suspended.",
        "order.dispute_warned": "The payer's bank inquires about the charge.",
        "order.dispute_won": "The dispute was won; access is back.",
        "order.dispute_lost": "The dispute was lost; access has ended.",
        "payment.opened": "A way to pay was opened.",
        "payment.processing": "The bank is working on the payment.",
        "payment.paid": "Money arrived.",
        "payment.failed": "An attempt to pay failed.",
        "payment.expired": "An attempt to pay expired.",
        "payment.cancelled": "An attempt to pay was closed.",
        "payment.late": "Money arrived after the order was closed.",
        "refund.requested": "A refund was asked for.",
        "refund.found": "A refund made at the provider was found.",
        "refund.pending": "The provider has taken the refund.",
        "refund.succeeded": "The refund arrived.",
        "refund.failed": "The refund failed.",
        "money_case.opened": "Money that does not fit waits in the inbox.",
        "money_case.resolved": "A case of the money inbox was resolved.",
        "subscription.trialing": "The free trial of the subscription began.",
        "subscription.active": "The subscription is active.",
        "subscription.past_due": "A renewal failed.",
        "subscription.ended": "The subscription ended.",
        "subscription.incomplete": "The subscription waits for its first payment.",
        "subscription.cancelled": "The subscription will not renew.",
        "subscription.price_moved": "The next renewal charges the price of a newer list.",
        "subscription.resumed": "The subscription renews again.",
        "subscription.changed": "The subscription renews another tier.",
        "commission.earned": "An affiliate earned a commission.",
        "commission.reversed": "The affiliate's commission was taken back.",
        "commission.restored": "The affiliate's commission was given back.",
        "support.opened": "The customer asked about a payment.",
        "support.answered": "Staff answered the customer.",
        "support.closed": "The question was closed.",
    }
)
