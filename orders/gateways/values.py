"""In which words do the shop and its gateways speak? Frozen values, and the order of states."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from shopbot.kernel.money import Money

# The one kind of notice that no state of a payment repeats: it is itself the fact.
FRAUD_WARNING: Final = "radar.early_fraud_warning.created"
# The one kind that is about no payment.
CUSTOMER_DELETED: Final = "customer.deleted"


class PaymentStatus(StrEnum):
    """How far one attempt to pay has come, in the order of ``PAYMENT_RANK``."""

    OPEN = "open"
    PROCESSING = "processing"
    FAILED = "failed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    PAID = "paid"


# A report may arrive late: a state of lower rank never replaces one of higher rank.
PAYMENT_RANK: Final[Mapping[str, int]] = {
    PaymentStatus.OPEN: 0,
    PaymentStatus.PROCESSING: 1,
    PaymentStatus.FAILED: 2,
    PaymentStatus.EXPIRED: 2,
    PaymentStatus.CANCELLED: 2,
    PaymentStatus.PAID: 3,
}


class RefundStatus(StrEnum):
    """How far a refund has come at the provider."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class DisputeStatus(StrEnum):
    """How a dispute stands: a warning moves no money and suspends nothing."""

    WARNING = "warning"
    OPEN = "open"
    LOST = "lost"
    WON = "won"


class SubscriptionStatus(StrEnum):
    """How a renewal agreement at the provider stands.

    Words of a provider that mean none of these map to ``PAST_DUE`` while it may still charge
    and to ``ENDED`` once it never will; an unknown word must never raise.
    """

    INCOMPLETE = "incomplete"
    TRIALING = "trialing"
    ACTIVE = "active"
    PAST_DUE = "past_due"
    ENDED = "ended"


class ChargeReason(StrEnum):
    """Why a subscription charged."""

    FIRST = "first"
    RENEWAL = "renewal"
    CHANGE = "change"


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a gateway can do; the shop offers it only where this allows it."""

    # None: every currency the shop prices in.
    currencies: frozenset[str] | None = None
    # Smallest and largest charge in minor units of the currency; None: no limit known.
    min_minor: int = 1
    max_minor: int | None = None
    partial_refunds: bool = True
    recurring: bool = False
    # Months between renewals that the provider can keep.
    recurring_months: frozenset[int] = frozenset()
    plan_changes: bool = False
    customer_portal: bool = False
    # Whether it posts to us messages that it signed. What signs nothing has no webhook: anybody
    # could say there that they paid.
    signs_messages: bool = False
    # "digital", "service", "physical": what the provider's own terms allow at all.
    goods_types: frozenset[str] = frozenset({"digital", "service", "physical"})
    # True: the provider cannot be asked for one payment; ``fetch`` folds the stored notices
    # handed to it. False: ``fetch`` asks the provider and its answer is the truth.
    folds_notices: bool = False


@dataclass(frozen=True, slots=True)
class RecurringTerms:
    """What renews after the first payment: ``price`` every ``months`` months."""

    months: int
    price: Money
    trial_days: int = 0


@dataclass(frozen=True, slots=True)
class PayableOrder:
    """One attempt to pay one order, as much as a provider may know about it.

    ``payment_key`` names our payment row: it is the client reference, the metadata and the
    seed of the idempotency key. ``amount`` is what the first charge takes.
    """

    order_id: int
    number: str
    payment_key: UUID
    amount: Money
    title: str
    description: str
    language: str
    goods_type: str
    customer_id: int
    telegram_id: int
    expires_at: datetime
    return_url: str
    cancel_url: str
    # The provider's own id of this customer from an earlier payment, or "".
    provider_customer_id: str = ""
    recurring: RecurringTerms | None = None


@dataclass(frozen=True, slots=True)
class Refs:
    """The names under which a provider knows a payment; "" where it has none.

    ``payment_key`` is ours, echoed by the provider; ``external_id`` is what ``open`` returned
    (or the invoice of a renewal); ``intent_id`` is what refunds and disputes point to.
    ``order_id`` is for providers that echo no more than our order's number.
    """

    payment_key: str = ""
    order_id: int | None = None
    external_id: str = ""
    intent_id: str = ""
    charge_id: str = ""
    subscription_id: str = ""
    customer_id: str = ""


@dataclass(frozen=True, slots=True)
class PaymentLink:
    """Where the customer pays: an address to open, or an invoice for the bot to send.

    Exactly one of ``url`` and ``invoice`` is given; ``invoice`` holds the parameters of
    ``sendInvoice`` without the chat.
    """

    external_id: str
    url: str = ""
    invoice: Mapping[str, Any] | None = None
    expires_at: datetime | None = None
    refs: Refs = field(default_factory=Refs)


@dataclass(frozen=True, slots=True)
class PaymentNotice:
    """A verified message of a provider: only a reason to look, never the truth by itself.

    ``event_id`` is unique per provider and the same for every delivery of one message.
    ``is_ours`` is False when nothing in it names us (another program on the same account).
    ``amount`` is the money it speaks of, for the money inbox when no payment is found.
    ``body`` is what ``fetch`` of a folding gateway gets back; plain JSON values.
    """

    provider: str
    event_id: str
    kind: str
    refs: Refs
    body: Mapping[str, Any]
    occurred_at: datetime | None = None
    amount: Money | None = None
    payer_telegram_id: int | None = None
    is_ours: bool = True


@dataclass(frozen=True, slots=True)
class RefundState:
    """One refund as the provider has it; ``key`` is our refund row's, "" when made there."""

    external_id: str
    amount: Money
    status: RefundStatus
    key: str = ""
    created_at: datetime | None = None
    failure: str = ""


@dataclass(frozen=True, slots=True)
class DisputeState:
    """One dispute as the provider has it."""

    external_id: str
    status: DisputeStatus
    amount: Money
    reason: str = ""
    evidence_due_at: datetime | None = None
    opened_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ChargeState:
    """One completed charge of a subscription; ``external_id`` is unique per provider.

    ``FIRST`` is the charge of the payment that opened the subscription and is reported there
    too. A ``CHANGE`` grants the tier named by
    ``tier_id`` until ``period_end``.
    """

    external_id: str
    reason: ChargeReason
    paid: Money
    paid_at: datetime
    period_end: datetime
    tier_id: int | None = None
    refs: Refs = field(default_factory=Refs)
    refunds: tuple[RefundState, ...] = ()
    disputes: tuple[DisputeState, ...] = ()


@dataclass(frozen=True, slots=True)
class SubscriptionState:
    """A renewal agreement as the provider has it, with every charge it completed.

    ``charges`` may be limited to the recent ones (at least the last three months).
    ``tier_id`` is our tier from the plan's metadata, None when the provider does not know it.
    """

    external_id: str
    status: SubscriptionStatus
    current_period_end: datetime | None
    # None where the provider tells of changes only, and has told of none yet.
    will_renew: bool | None
    charges: tuple[ChargeState, ...] = ()
    tier_id: int | None = None
    # What the next renewal charges, where the provider may change it.
    price: Money | None = None
    # What renews instead from the next period on, once a lower plan was chosen.
    next_tier_id: int | None = None
    next_price: Money | None = None
    # Where the customer can settle a failed renewal, and when the provider tries again.
    action_url: str = ""
    next_attempt_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ProviderState:
    """Everything a provider says about one payment now: cumulative, never a difference.

    ``paid`` is None until money arrived. ``refunds`` and ``disputes`` are complete.
    """

    status: PaymentStatus
    paid: Money | None = None
    paid_at: datetime | None = None
    charge_id: str = ""
    refs: Refs = field(default_factory=Refs)
    refunds: tuple[RefundState, ...] = ()
    disputes: tuple[DisputeState, ...] = ()
    subscription: SubscriptionState | None = None
    fee: Money | None = None
    failure: str = ""
    # Where the card was issued, two letters; "" where it is no card or was not told.
    card_country: str = ""


@dataclass(frozen=True, slots=True)
class Moved:
    """Money that a provider's own ledger says came in by a charge, went back of it, or both."""

    charge_id: str
    at: datetime
    paid: Money | None = None
    refunded: Money | None = None
    # On a shared account other programs charge too; a customer of ours tells as well.
    is_ours: bool = True
    customer_id: str = ""


@dataclass(frozen=True, slots=True)
class PaymentReference:
    """How one of our payments is named to its provider.

    ``notices`` (oldest first), ``known_refunds``, ``is_stopped_here`` (whether we keep its
    agreement from renewing) and ``stopped_at`` (since when nobody has let it) are what we hold
    already: only a folding gateway reads them.
    """

    payment_key: UUID
    refs: Refs
    amount: Money
    telegram_id: int | None = None
    expires_at: datetime | None = None
    notices: tuple[PaymentNotice, ...] = ()
    known_refunds: tuple[RefundState, ...] = ()
    is_stopped_here: bool = False
    stopped_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RefundRequest:
    """Money to give back; ``key`` names our refund row and makes a repeat harmless."""

    key: UUID
    payment: PaymentReference
    amount: Money
    # True when nothing of the payment is left after this refund.
    is_full: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class SubscriptionReference:
    """How one of our subscriptions is named to its provider."""

    key: UUID
    external_id: str
    provider_customer_id: str
    telegram_id: int
    # The refs of the payment that opened it.
    first_payment: Refs


@dataclass(frozen=True, slots=True)
class PlanChange:
    """Another plan for a running subscription; ``key`` makes a repeat harmless."""

    key: UUID
    subscription: SubscriptionReference
    tier_id: int
    title: str
    terms: RecurringTerms
    # False: at the end of the paid period, without a charge now (a downgrade).
    is_immediate: bool = True
    # The moment to compute with, so that a preview can be made again as it was; None: now.
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PlanPreview:
    """What a change of plan would cost now; hand it back unchanged to carry it out."""

    change: PlanChange
    due_now: Money
    renews_at: datetime
    renewal_price: Money
    # The moment the provider computed with, so that the charge equals the preview.
    computed_at: datetime


@dataclass(frozen=True, slots=True)
class ChangePage:
    """Some of what happened at the provider; ask again with ``cursor`` while ``has_more``.

    A folding gateway gives each fact the ``event_id`` that its live notice has, so that a
    fact seen both ways is one row.
    """

    notices: tuple[PaymentNotice, ...]
    cursor: str
    has_more: bool
