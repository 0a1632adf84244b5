"""Bring refunds, and what follows from them, to what the provider says."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from entitlements.models import Grant
from entitlements.services.revoking import revoke_source
from orders.access import end_access, give_back, given_again, shorten_access
from orders.gateways.protocol import RefundState
from orders.handing_over import withhold_gift_cards
from orders.models import (
    Dispute,
    MoneyCase,
    Order,
    OrderLine,
    Payment,
    Refund,
    UpgradeCredit,
)
from orders.prepaid import hold_gift_cards_again, refund_gift_cards
from orders.recording import record_order
from orders.services.casing import close_case, open_case
from orders.services.stopping import want_no_renewal
from pricing.errors import GiftCardRefused
from pricing.services import release_used, reverse_commission, use
from shopbot.kernel.events import record
from shopbot.kernel.money import WHOLE_BPS

# What staff decide about money that is here.
_ABOUT_MONEY_HERE: Final = (
    MoneyCase.Kind.UNKNOWN_ORDER,
    MoneyCase.Kind.WRONG_AMOUNT,
    MoneyCase.Kind.WRONG_CURRENCY,
    MoneyCase.Kind.SECOND_PAYMENT,
    MoneyCase.Kind.LATE_PAYMENT,
    MoneyCase.Kind.FRAUD_WARNING,
)

# A state of lower rank is older than what we know already.
_RANK: Final = {
    Refund.Status.REQUESTED: 0,
    Refund.Status.PENDING: 1,
    Refund.Status.SUCCEEDED: 2,
    Refund.Status.FAILED: 3,
}


def apply_refunds(
    *, payment: Payment, states: Iterable[RefundState], actor: str, now: datetime
) -> None:
    """Bring the refunds of a locked payment, and its locked order, to these states.

    Sums are counted anew from the rows, so it does not matter how often or in which order
    states arrive.
    """
    rows = list(payment.refunds.order_by("pk"))
    for state in states:
        row = _match(payment, rows, state) or _found_at_provider(
            payment, rows, state, actor, now
        )
        _advance(payment, row, state, actor, now)
    _recount(payment, rows, actor, now)


def _match(payment: Payment, rows: Sequence[Refund], state: RefundState) -> Refund | None:
    for row in rows:
        if row.external_id == state.external_id or (state.key and str(row.key) == state.key):
            return row
    # Sent, and the answer was lost: a provider that echoes no key names it by its amount.
    for row in rows:
        if (
            not state.key
            and not row.external_id
            and row.status == Refund.Status.REQUESTED
            and row.amount_minor == state.amount.minor
            # Everything goes back once, so that one is this one though we have not sent it.
            and (row.attempts or row.amount_minor == payment.paid_minor)
        ):
            return row
    return None


def _found_at_provider(
    payment: Payment, rows: list[Refund], state: RefundState, actor: str, now: datetime
) -> Refund:
    row = Refund.objects.create(
        payment=payment,
        amount_minor=state.amount.minor,
        currency=state.amount.currency,
        reason=f"Made at {payment.gateway}, not here.",
        origin=Refund.Origin.PROVIDER,
        requested_by=actor,
        requested_at=state.created_at or now,
    )
    rows.append(row)
    _record("refund.found", payment, row, actor, now)
    if payment.settled_at is None:
        return row  # it gave no access, about which staff could decide
    open_case(
        kind=MoneyCase.Kind.PROVIDER_REFUND,
        key=f"refund:{row.pk}",
        now=now,
        payment=payment,
        order=payment.order,
        amount=row.amount,
        detail={"refund_id": row.pk, "external_id": state.external_id},
    )
    return row


def _advance(
    payment: Payment, row: Refund, state: RefundState, actor: str, now: datetime
) -> None:
    target = Refund.Status(state.status)
    if _RANK[target] <= _RANK[Refund.Status(row.status)]:
        return
    row.move_to(target)
    row.external_id = row.external_id or state.external_id
    row.error, row.next_attempt_at = state.failure, None
    is_final = target in (Refund.Status.SUCCEEDED, Refund.Status.FAILED)
    row.finished_at = now if is_final else None
    row.save(update_fields=["status", "external_id", "error", "next_attempt_at", "finished_at"])
    _record(f"refund.{target}", payment, row, actor, now)
    if target == Refund.Status.FAILED:
        report_failure(payment=payment, row=row, now=now)


def report_failure(*, payment: Payment, row: Refund, now: datetime) -> None:
    """Show staff that money which should be back is still here."""
    open_case(
        kind=MoneyCase.Kind.REFUND_FAILED,
        key=f"refund:{row.pk}:failed",
        now=now,
        payment=payment,
        order=payment.order,
        amount=row.amount,
        detail={"refund_id": row.pk, "error": row.error},
    )


def _recount(payment: Payment, rows: Iterable[Refund], actor: str, now: datetime) -> None:
    counted = [
        row for row in rows if row.status in (Refund.Status.PENDING, Refund.Status.SUCCEEDED)
    ]
    total = sum(row.amount_minor for row in counted)
    if total > payment.paid_minor:
        open_case(
            kind=MoneyCase.Kind.AUDIT,
            key=f"payment:{payment.pk}:over-refunded",
            now=now,
            payment=payment,
            order=payment.order,
            amount=payment.refunded,
            detail={"paid_minor": payment.paid_minor, "refunded_minor": total},
        )
    refunded = min(total, payment.paid_minor)
    if refunded != payment.refunded_minor:
        payment.refunded_minor = refunded
        payment.save(update_fields=["refunded_minor"])
        if refunded == payment.paid_minor:
            want_no_renewal(payment=payment, now=now)
            _close_decided(payment, counted, actor, now)
    if payment.order is not None and payment.settled_at is not None:
        _bring_order(payment.order, payment, actor, now)
        _bring_access(payment.order, payment, counted, actor, now)


def _close_decided(
    payment: Payment, counted: Sequence[Refund], actor: str, now: datetime
) -> None:
    """Close what asked whether to refund: all of the money is back."""
    reason = max(counted, key=lambda row: row.pk).reason
    for case in payment.cases.locked().open().filter(kind__in=_ABOUT_MONEY_HERE):
        close_case(
            case,
            resolution=MoneyCase.Resolution.REFUND,
            reason=reason,
            actor=actor,
            now=now,
        )


def _bring_order(order: Order, payment: Payment, actor: str, now: datetime) -> None:
    if order.refunded_minor == payment.refunded_minor:
        return
    order.refunded_minor = payment.refunded_minor
    target = _target(order)
    was_refunded = order.status == Order.Status.REFUNDED
    if target != order.status:
        order.move_to(target)
    order.closed_at = now if target == Order.Status.REFUNDED else None
    order.save(update_fields=["refunded_minor", "status", "closed_at"])
    kind = {
        Order.Status.REFUNDED: "order.refunded",
        Order.Status.PARTIALLY_REFUNDED: "order.partially_refunded",
    }.get(target, "order.refund_undone")
    record_order(
        kind,
        order,
        actor=actor,
        now=now,
        refunded_minor=order.refunded_minor,
        currency=order.currency,
    )
    bring_commission(order=order, payment=payment, now=now)
    withhold_gift_cards(order=order, actor=actor, now=now)
    if was_refunded:
        _hold_again(order, payment, now)


def _hold_again(order: Order, payment: Payment, now: datetime) -> None:
    """Take back what a full refund gave beside the money: it did not arrive after all."""
    use(holder=order.holder, now=now)
    try:
        hold_gift_cards_again(order=order, now=now)
    except GiftCardRefused as error:
        open_case(
            kind=MoneyCase.Kind.CARD_SPENT,
            key=f"refund:{_last_failed(payment)}:gift-card",
            now=now,
            payment=payment,
            order=order,
            amount=order.priced().gift,
            detail=dict(error.context),
        )


def _last_failed(payment: Payment) -> int | None:
    """Name the failure that brought this: an order may be refunded in vain more than once."""
    failed = payment.refunds.filter(status=Refund.Status.FAILED)
    return failed.order_by("pk").values_list("pk", flat=True).last()


def bring_commission(*, order: Order, payment: Payment, now: datetime) -> None:
    """Take back of a commission the share of the money that is gone: no more and no less."""
    if not order.paid_minor:
        return
    is_lost = payment.disputes.filter(status=Dispute.Status.LOST).exists()
    gone = order.paid_minor if is_lost else order.refunded_minor
    share = gone * WHOLE_BPS // order.paid_minor
    reverse_commission(holder=order.holder, share_bps=share, now=now)


def _target(order: Order) -> Order.Status:
    if order.refunded_minor and order.refunded_minor == order.paid_minor:
        return Order.Status.REFUNDED
    if order.refunded_minor:
        return Order.Status.PARTIALLY_REFUNDED
    return Order.Status.FULFILLED if order.fulfilled_at else Order.Status.PAID


def _bring_access(
    order: Order, payment: Payment, counted: Sequence[Refund], actor: str, now: datetime
) -> None:
    """End or shorten what the order gave; a full refund always ends it."""
    fresh = [row for row in counted if row.access_applied_at is None]
    if not fresh:
        return
    reason = refunded_by(order)
    decided = {row.access for row in counted}
    if order.status == Order.Status.REFUNDED:
        end_access(order=order, reason=reason, actor=actor, now=now)
        release_used(holder=order.holder, now=now)
        return_upgrade_credit(order=order, actor=actor, now=now)
        refund_gift_cards(order=order, now=now)
    elif Refund.Access.REVOKE in decided:
        end_access(order=order, reason=reason, actor=actor, now=now)
    elif Refund.Access.SHORTEN in decided:
        share = shortened_bps(payment=payment, counted=counted)
        shorten_access(order=order, share_bps=share, reason=reason, actor=actor, now=now)
    for row in fresh:
        if row.access != Refund.Access.UNDECIDED or order.status == Order.Status.REFUNDED:
            row.access_applied_at = now
            row.save(update_fields=["access_applied_at"])


def shortened_bps(*, payment: Payment, counted: Iterable[Refund]) -> int:
    """Return the share of access that these refunds took, in basis points."""
    back = sum(row.amount_minor for row in counted if row.access == Refund.Access.SHORTEN)
    return back * WHOLE_BPS // payment.paid_minor


def refunded_by(order: Order) -> str:
    """Why access ended with its money: the reason on its grants."""
    return f"refund of order {order.number}"


def upgraded_by(order: Order) -> str:
    """Why the time of a lower tier ended: the reason on its grants."""
    return f"upgraded by order {order.number}"


def return_upgrade_credit(*, order: Order, actor: str, now: datetime) -> None:
    """Give back the time that an upgrade was made cheaper by, because it is undone.

    The same for a change of plan, whose price counted what was left of the lower plan. Time
    whose own money is back is nobody's.
    """
    lines = lower_plans(order)
    used = order.upgrade_credits.filter(status=UpgradeCredit.Status.USED)
    for credit in used.select_related("line__order"):
        credit.move_to(UpgradeCredit.Status.RELEASED)
        credit.save(update_fields=["status"])
        lines.append(credit.line)
    for line in lines:
        _return_time(line, order, actor, now)


def lower_plans(order: Order) -> list[OrderLine]:
    """Return what the same agreement had charged for and this change of plan ended."""
    if order.subscription_id is None:
        return []
    agreed = OrderLine.objects.filter(order__subscription=order.subscription_id)
    lines = list(agreed.exclude(order=order).select_related("order").order_by("pk"))
    ended = Grant.objects.filter(
        source__in=[line.source for line in lines], revoked_reason=upgraded_by(order)
    )
    sources = set(ended.values_list("source", flat=True))
    return [line for line in lines if line.source in sources]


def _return_time(line: OrderLine, order: Order, actor: str, now: datetime) -> None:
    again = given_again(line=line, key=_upgrade(order))
    running = Grant.objects.live().filter(source__in=again, access_until__gt=now)
    if running.exists() or _is_money_gone(line.order):
        return
    give_back(
        lines=[line],
        because=upgraded_by(order),
        # An upgrade may be refunded again after a refund that failed.
        key=f"{_upgrade(order)}:{len(again)}",
        actor=actor,
        now=now,
    )


def take_upgrade_credit_again(*, order: Order, actor: str, now: datetime) -> None:
    """Undo ``return_upgrade_credit``: who has the upgrade has not the lower time as well."""
    lines = lower_plans(order)
    for credit in order.upgrade_credits.filter(status=UpgradeCredit.Status.RELEASED):
        credit.move_to(UpgradeCredit.Status.HELD)
        credit.move_to(UpgradeCredit.Status.USED)
        credit.save(update_fields=["status"])
        lines.append(credit.line)
    for line in lines:
        for source in given_again(line=line, key=_upgrade(order)):
            revoke_source(source=source, reason=upgraded_by(order), actor=actor, now=now)


def _is_money_gone(order: Order) -> bool:
    lost = Dispute.objects.filter(payment__order=order, status=Dispute.Status.LOST)
    return order.status == Order.Status.REFUNDED or lost.exists()


def _upgrade(order: Order) -> str:
    return f"upgrade:{order.pk}"


def _record(kind: str, payment: Payment, row: Refund, actor: str, now: datetime) -> None:
    record(
        kind,
        subject=payment.order.subject if payment.order else payment.subject,
        actor=actor,
        at=now,
        customer_id=payment.customer_id,
        refund_id=row.pk,
        payment_id=payment.pk,
        amount_minor=row.amount_minor,
        currency=row.currency,
        reason=row.reason,
    )
