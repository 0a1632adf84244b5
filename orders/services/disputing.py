"""Bring disputes, and what follows from them, to what the provider says."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import partial
from typing import Final

from entitlements.models import Block
from entitlements.services.blocks import block, lift_source_blocks
from orders.access import end_access, give_back, held_by_others
from orders.gateways.protocol import DisputeState
from orders.handing_over import freeze_gift_cards, thaw_gift_cards
from orders.models import Dispute, MoneyCase, Order, Payment
from orders.recording import record_order
from orders.services.casing import open_case
from orders.services.refund_state import bring_commission
from orders.services.stopping import want_no_renewal

_RANK: Final = {
    Dispute.Status.WARNING: 0,
    Dispute.Status.OPEN: 1,
    Dispute.Status.LOST: 2,
    # After an appeal a lost dispute may still be won.
    Dispute.Status.WON: 3,
}

#: Why access ended, and a hold with it, after a lost dispute; ``order.dispute_lost`` tells.
LOST_REASON: Final = "a dispute was lost"

_KINDS: Final = {
    Dispute.Status.WARNING: "order.dispute_warned",
    Dispute.Status.OPEN: "order.disputed",
    Dispute.Status.LOST: "order.dispute_lost",
    Dispute.Status.WON: "order.dispute_won",
}


def apply_disputes(
    *, payment: Payment, states: Iterable[DisputeState], actor: str, now: datetime
) -> None:
    """Bring the disputes of a locked payment to these states.

    An open dispute suspends the customer's access and what the order gave to others, a won one
    gives it back, a lost one ends what the disputed order gave. A warning moves no money and
    suspends nothing.
    """
    changed = [_bring(payment, state, actor, now) for state in states]
    if any(changed) and payment.order is not None and payment.settled_at is not None:
        _mark_order(payment.order, payment)


def _bring(payment: Payment, state: DisputeState, actor: str, now: datetime) -> bool:
    target = Dispute.Status(state.status)
    row = payment.disputes.filter(external_id=state.external_id).first()
    before = None if row is None else Dispute.Status(row.status)
    if before is not None and _RANK[target] <= _RANK[before]:
        return False
    is_decided = target in (Dispute.Status.WON, Dispute.Status.LOST)
    row, _ = Dispute.objects.update_or_create(
        payment=payment,
        external_id=state.external_id,
        defaults={
            "status": target,
            "reason": state.reason[:120],
            "evidence_due_at": state.evidence_due_at,
            "closed_at": now if is_decided else None,
            "amount_minor": state.amount.minor,
            "currency": state.amount.currency,
            "opened_at": row.opened_at if row else state.opened_at or now,
        },
    )
    _follow(payment, row, before, actor, now)
    return True


def _follow(
    payment: Payment, row: Dispute, before: str | None, actor: str, now: datetime
) -> None:
    match row.status:
        case Dispute.Status.OPEN:
            _suspend(payment, row, actor, now)
        case Dispute.Status.LOST:
            _lift(row, actor, now)
            _lose(payment, row, actor, now)
        case Dispute.Status.WON:
            _lift(row, actor, now)
            _thaw(payment, actor, now)
            if before == Dispute.Status.LOST:
                _restore(payment, row, actor, now)
    _record(_KINDS[Dispute.Status(row.status)], payment.order, row, actor, now)


def _suspend(payment: Payment, row: Dispute, actor: str, now: datetime) -> None:
    """Suspend all that the payer holds, and of others what the payment gave them."""
    if payment.customer_id is None:
        return
    suspend = partial(
        block,
        kind=Block.Kind.DISPUTE,
        source=row.source,
        reason="A payment is disputed.",
        actor=actor,
        now=now,
    )
    suspend(customer_id=payment.customer_id)
    if payment.order is None or payment.settled_at is None:
        return
    freeze_gift_cards(lines=payment.order.lines.all(), actor=actor, now=now)
    for holder_id, source in held_by_others(order=payment.order, at=now):
        suspend(customer_id=holder_id, only_source=source)


def _thaw(payment: Payment, actor: str, now: datetime) -> None:
    """Let sold gift cards be spent again, unless another dispute about their order stands."""
    order = payment.order
    if order is None:
        return
    taken = Dispute.objects.filter(payment__order=order)
    if taken.filter(status__in=[Dispute.Status.OPEN, Dispute.Status.LOST]).exists():
        return
    thaw_gift_cards(lines=order.lines.all(), actor=actor, now=now)


def _lift(row: Dispute, actor: str, now: datetime) -> None:
    is_lost = row.status == Dispute.Status.LOST
    reason = LOST_REASON if is_lost else f"dispute {row.status}"
    lift_source_blocks(source=row.source, reason=reason, actor=actor, now=now)


def _restore(payment: Payment, row: Dispute, actor: str, now: datetime) -> None:
    """A lost dispute that was won on appeal gives back what losing it took."""
    order = payment.order
    if order is None or payment.settled_at is None:
        return
    bring_commission(order=order, payment=payment, now=now)
    if order.status == Order.Status.REFUNDED:
        return
    give_back(
        lines=list(order.lines.all()),
        because=LOST_REASON,
        key=row.source,
        actor=actor,
        now=now,
    )


def _lose(payment: Payment, row: Dispute, actor: str, now: datetime) -> None:
    want_no_renewal(payment=payment, now=now)
    order = payment.order
    if order is not None and payment.settled_at is not None:
        end_access(order=order, reason=LOST_REASON, actor=actor, now=now)
        bring_commission(order=order, payment=payment, now=now)
    open_case(
        kind=MoneyCase.Kind.DISPUTE_LOST,
        key=f"dispute:{row.pk}",
        now=now,
        payment=payment,
        order=order,
        amount=row.amount,
        detail={"dispute_id": row.pk, "reason": row.reason},
    )


def _mark_order(order: Order, payment: Payment) -> None:
    is_disputed = payment.disputes.filter(status=Dispute.Status.OPEN).exists()
    if order.is_disputed != is_disputed:
        order.is_disputed = is_disputed
        order.save(update_fields=["is_disputed"])


def _record(kind: str, order: Order | None, row: Dispute, actor: str, now: datetime) -> None:
    if order is None:
        return
    record_order(
        kind,
        order,
        actor=actor,
        now=now,
        dispute_id=row.pk,
        amount_minor=row.amount_minor,
        currency=row.currency,
        reason=row.reason,
    )
