"""What may every way of paying be asked, and in which words does it answer?

Values in, values out: a gateway never sees a model, a request or a transaction. It is called
outside of transactions, so it may be slow and it may fail; every call that moves money carries
a key derived from a row of ours, so that repeating it is safe.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Protocol, runtime_checkable

from orders.gateways.values import (
    CUSTOMER_DELETED,
    FRAUD_WARNING,
    PAYMENT_RANK,
    Capabilities,
    ChangePage,
    ChargeReason,
    ChargeState,
    DisputeState,
    DisputeStatus,
    Moved,
    PayableOrder,
    PaymentLink,
    PaymentNotice,
    PaymentReference,
    PaymentStatus,
    PlanChange,
    PlanPreview,
    ProviderState,
    RecurringTerms,
    Refs,
    RefundRequest,
    RefundState,
    RefundStatus,
    SubscriptionReference,
    SubscriptionState,
    SubscriptionStatus,
)
from shopbot.kernel.errors import ShopError

__all__ = [
    "BadSignature",
    "CUSTOMER_DELETED",
    "Capabilities",
    "FRAUD_WARNING",
    "ChangePage",
    "ChargeReason",
    "ChargeState",
    "DisputeState",
    "DisputeStatus",
    "Gateway",
    "GatewayError",
    "KeepsLedger",
    "Moved",
    "NotSupported",
    "PAYMENT_RANK",
    "PayableOrder",
    "PaymentLink",
    "PaymentNotice",
    "PaymentReference",
    "PaymentStatus",
    "PlanChange",
    "PlanPreview",
    "ProviderState",
    "RecurringTerms",
    "Refs",
    "RefundRequest",
    "RefundState",
    "RefundStatus",
    "SubscriptionReference",
    "SubscriptionState",
    "SubscriptionStatus",
    "WithoutRecurring",
]


class GatewayError(ShopError):
    """The provider refused or could not be reached.

    ``permanent`` decides what the caller does: a permanent error is shown to a person, any
    other is repeated by a sweep with the same key.
    """

    code = "gateway_failed"
    status = 502

    def __init__(self, message: str = "", *, permanent: bool, **context: Any) -> None:
        super().__init__(message, **context)
        self.permanent = permanent


class BadSignature(GatewayError):
    """A notice that the provider did not sign; nothing of it may be stored."""

    code = "bad_signature"
    status = 400

    def __init__(self, message: str = "", **context: Any) -> None:
        super().__init__(message, permanent=True, **context)


class NotSupported(GatewayError):
    """The provider has no such verb; see its ``capabilities`` before asking."""

    code = "not_supported"
    status = 409

    def __init__(self, message: str = "", **context: Any) -> None:
        super().__init__(message, permanent=True, **context)


@runtime_checkable
class Gateway(Protocol):
    """One way of paying. Every method may raise ``GatewayError``."""

    name: ClassVar[str]
    # English; translated where it is shown.
    label: ClassVar[str]

    @property
    def capabilities(self) -> Capabilities:
        """What this gateway can do with the keys it has."""
        ...

    @property
    def is_test(self) -> bool:
        """Whether no real money moves; shown wherever the gateway is offered."""
        ...

    def open(self, order: PayableOrder) -> PaymentLink:
        """Prepare one payment; repeating it with the same ``payment_key`` opens no second."""
        ...

    def read(self, body: bytes, headers: Mapping[str, str]) -> PaymentNotice | None:
        """Verify and name a delivered message; None for a kind that concerns no payment.

        Raises:
            BadSignature: the provider did not send this, or not lately.
        """
        ...

    def fetch(self, payment: PaymentReference) -> ProviderState:
        """Say how the payment stands now."""
        ...

    def refund(self, request: RefundRequest) -> RefundState:
        """Give money back; a repeat with the same ``key`` returns the first one's state.

        Raises:
            GatewayError: permanent when the provider will never do it.
        """
        ...

    def cancel(self, payment: PaymentReference) -> ProviderState:
        """Close an open payment so that nobody can pay it any more.

        The customer may have been faster: then the state says ``PAID``, and it is no error.
        """
        ...

    def list_changes(self, *, since: datetime, cursor: str) -> ChangePage:
        """List what happened since then, oldest first, from ``cursor`` on ("" to begin)."""
        ...

    def subscribe(self, order: PayableOrder) -> PaymentLink:
        """Prepare the first payment of a renewal agreement; ``order.recurring`` is set."""
        ...

    def preview_change(self, change: PlanChange) -> PlanPreview:
        """Say what a change of plan would cost, changing nothing."""
        ...

    def change_plan(self, preview: PlanPreview) -> SubscriptionState:
        """Carry out a previewed change; what it charges arrives as a ``CHANGE``."""
        ...

    def fetch_subscription(self, subscription: SubscriptionReference) -> SubscriptionState:
        """Say how the renewal agreement stands now."""
        ...

    def cancel_subscription(self, subscription: SubscriptionReference) -> SubscriptionState:
        """Renew no more; what is paid keeps its time."""
        ...

    def resume_subscription(self, subscription: SubscriptionReference) -> SubscriptionState:
        """Renew again, while the paid time still runs.

        ``will_renew`` None: the provider was told, and the customer has to agree there too.
        """
        ...

    def portal_url(self, subscription: SubscriptionReference, *, return_url: str) -> str:
        """Make an address where the customer manages cards and invoices."""
        ...


@runtime_checkable
class KeepsLedger(Protocol):
    """A gateway whose provider lists the money itself, apart from all that it told us of."""

    def moved(self, *, since: datetime) -> Sequence[Moved]:
        """List all money that moved since then; may raise ``GatewayError``."""
        ...


class WithoutRecurring:
    """The recurring verbs of a provider that cannot renew: each refuses."""

    def subscribe(self, order: PayableOrder) -> PaymentLink:
        """Refuse."""
        raise NotSupported("this provider cannot renew")

    def preview_change(self, change: PlanChange) -> PlanPreview:
        """Refuse."""
        raise NotSupported("this provider cannot renew")

    def change_plan(self, preview: PlanPreview) -> SubscriptionState:
        """Refuse."""
        raise NotSupported("this provider cannot renew")

    def fetch_subscription(self, subscription: SubscriptionReference) -> SubscriptionState:
        """Refuse."""
        raise NotSupported("this provider cannot renew")

    def cancel_subscription(self, subscription: SubscriptionReference) -> SubscriptionState:
        """Refuse."""
        raise NotSupported("this provider cannot renew")

    def resume_subscription(self, subscription: SubscriptionReference) -> SubscriptionState:
        """Refuse."""
        raise NotSupported("this provider cannot renew")

    def portal_url(self, subscription: SubscriptionReference, *, return_url: str) -> str:
        """Refuse."""
        raise NotSupported("this provider cannot renew")
