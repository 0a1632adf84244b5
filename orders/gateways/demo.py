"""How does one pay where no money moves? A provider that believes what it is told.

It exists so that the shop can be tried without keys. Everything it says goes the way of real
notices: signed, stored, then applied. It is refused when ``DEBUG`` is off.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, ClassVar, Final

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from orders.gateways.protocol import (
    PAYMENT_RANK,
    BadSignature,
    Capabilities,
    ChangePage,
    DisputeState,
    DisputeStatus,
    GatewayError,
    PayableOrder,
    PaymentLink,
    PaymentNotice,
    PaymentReference,
    PaymentStatus,
    ProviderState,
    Refs,
    RefundRequest,
    RefundState,
    RefundStatus,
    WithoutRecurring,
)
from orders.gateways.signing import is_tag, tag
from shopbot.kernel.money import Money

SIGNATURE_HEADER: Final = "x-demo-signature"

# A later word about a dispute or refund never loses against an earlier one.
_DISPUTE_RANK: Final = {
    DisputeStatus.WARNING: 0,
    DisputeStatus.OPEN: 1,
    DisputeStatus.LOST: 2,
    DisputeStatus.WON: 3,
}
_REFUND_RANK: Final = {
    RefundStatus.PENDING: 0,
    RefundStatus.SUCCEEDED: 1,
    RefundStatus.FAILED: 2,
}


class DemoGateway(WithoutRecurring):
    """A way of paying that moves no money."""

    name: ClassVar[str] = "demo"
    label: ClassVar[str] = "Demo payment – no money moves"
    capabilities = Capabilities(folds_notices=True, signs_messages=True)
    is_test = True

    def __init__(self, *, public_url: str) -> None:
        self._public_url = public_url.rstrip("/")

    def open(self, order: PayableOrder) -> PaymentLink:
        """Point to a page of ours with one button."""
        return PaymentLink(
            external_id=f"demo_{order.payment_key.hex}",
            url=f"{self._public_url}/payments/demo/{order.payment_key}/",
            expires_at=order.expires_at,
        )

    def read(self, body: bytes, headers: Mapping[str, str]) -> PaymentNotice | None:
        """Read a notice that ``message`` wrote."""
        lowered = {name.lower(): value for name, value in headers.items()}
        if not is_tag(lowered.get(SIGNATURE_HEADER, ""), "demo", _text(body)):
            raise BadSignature("a demo notice that the shop did not sign")
        said: dict[str, Any] = json.loads(body)
        amount = Money(said["amount_minor"], said["currency"])
        return PaymentNotice(
            provider=self.name,
            event_id=said["id"],
            kind=said["kind"],
            refs=Refs(payment_key=said["payment_key"], charge_id=said["charge_id"]),
            body=said,
            occurred_at=datetime.fromisoformat(said["at"]),
            amount=amount,
        )

    def fetch(self, payment: PaymentReference) -> ProviderState:
        """Fold the stored notices: the order in which they came does not matter."""
        said = [notice.body for notice in payment.notices]
        statuses = [PaymentStatus(note["status"]) for note in said if "status" in note]
        status = max(statuses, key=PAYMENT_RANK.__getitem__, default=PaymentStatus.OPEN)
        paid = [note for note in said if note.get("status") == PaymentStatus.PAID]
        first = min(paid, key=lambda note: str(note["at"]), default=None)
        return ProviderState(
            status=status,
            paid=_amount(first) if first else None,
            paid_at=datetime.fromisoformat(first["at"]) if first else None,
            charge_id=first["charge_id"] if first else "",
            refunds=_refunds(payment, said),
            disputes=_disputes(said),
        )

    def refund(self, request: RefundRequest) -> RefundState:
        """Give back what was never taken."""
        held = _held(request)
        if request.amount > held:
            raise GatewayError("more than is left of the payment", permanent=True)
        return RefundState(
            external_id=f"demo_re_{request.key.hex}",
            amount=request.amount,
            status=RefundStatus.SUCCEEDED,
            key=str(request.key),
        )

    def cancel(self, payment: PaymentReference) -> ProviderState:
        """Close the page, unless it was paid already."""
        state = self.fetch(payment)
        if state.status == PaymentStatus.PAID:
            return state
        return ProviderState(status=PaymentStatus.CANCELLED)

    def list_changes(self, *, since: datetime, cursor: str) -> ChangePage:
        """Report nothing: there is no provider that could know more than we do."""
        return ChangePage(notices=(), cursor=cursor, has_more=False)

    def message(
        self, kind: str, *, payment: PaymentReference, at: datetime, **said: Any
    ) -> tuple[bytes, dict[str, str]]:
        """Write a signed notice as a provider would deliver it: body and headers.

        Two messages of one kind and ``charge`` about one payment are one notice.
        """
        charge = str(said.pop("charge", f"demo_ch_{payment.payment_key.hex}"))
        document = {
            "id": f"{kind}:{charge}:{said.get('external_id', '')}:{said.get('state', '')}",
            "kind": kind,
            "payment_key": str(payment.payment_key),
            "charge_id": charge,
            "amount_minor": payment.amount.minor,
            "currency": payment.amount.currency,
            "at": at.isoformat(),
            **said,
        }
        body = json.dumps(document, sort_keys=True).encode()
        return body, {SIGNATURE_HEADER: tag("demo", _text(body))}


def from_settings() -> DemoGateway:
    """Build the gateway.

    Raises:
        ImproperlyConfigured: this is no local trial.
    """
    if not settings.DEMO_GATEWAY_ENABLED:
        raise ImproperlyConfigured("the demo gateway takes no money: only a local trial has it")
    return DemoGateway(public_url=settings.PUBLIC_URL)


def _text(body: bytes) -> str:
    return body.decode("utf-8", "replace")


def _amount(note: Mapping[str, Any]) -> Money:
    return Money(note["amount_minor"], note["currency"])


def _held(request: RefundRequest) -> Money:
    others = [
        refund.amount.minor
        for refund in request.payment.known_refunds
        if refund.status != RefundStatus.FAILED and refund.key != str(request.key)
    ]
    return request.payment.amount - Money(sum(others), request.amount.currency)


def _refunds(
    payment: PaymentReference, said: Iterable[Mapping[str, Any]]
) -> tuple[RefundState, ...]:
    found = {refund.external_id: refund for refund in payment.known_refunds}
    for note in said:
        if note["kind"] != "demo.refund":
            continue
        state = RefundState(
            external_id=note["external_id"],
            amount=_amount(note),
            status=RefundStatus(note["state"]),
        )
        known = found.get(state.external_id)
        if known is None or _REFUND_RANK[state.status] > _REFUND_RANK[known.status]:
            found[state.external_id] = state
    return tuple(found[name] for name in sorted(found))


def _disputes(said: Iterable[Mapping[str, Any]]) -> tuple[DisputeState, ...]:
    found: dict[str, DisputeState] = {}
    for note in said:
        if note["kind"] != "demo.dispute":
            continue
        state = DisputeState(
            external_id=note["external_id"],
            status=DisputeStatus(note["state"]),
            amount=_amount(note),
        )
        known = found.get(state.external_id)
        if known is None or _DISPUTE_RANK[state.status] > _DISPUTE_RANK[known.status]:
            found[state.external_id] = state
    return tuple(found[name] for name in sorted(found))
