"""Decide about money that did not fit: honour, refund, attach, or dismiss with a reason."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from orders.access import give_back
from orders.errors import CannotResolve, CaseIsResolved, ReasonNeeded, UnknownCase
from orders.locking import lock_order, lock_payment
from orders.models import MoneyCase, Order, Payment, Refund, UpgradeCredit
from orders.prepaid import hold_gift_cards_again
from orders.services.casing import close_case
from orders.services.refund_state import (
    apply_refunds,
    refunded_by,
    shortened_bps,
    take_upgrade_credit_again,
)
from orders.services.refunding import is_held_by_dispute, refund_payment, refundable
from orders.services.settling import retake_stock, settle
from shopbot.kernel.money import WHOLE_BPS

Kind = MoneyCase.Kind
Resolution = MoneyCase.Resolution

# What staff may choose for each kind; dismissing, with a reason, is always possible.
CHOICES: dict[str, frozenset[str]] = {
    Kind.UNKNOWN_ORDER: frozenset({Resolution.ATTACH, Resolution.REFUND}),
    Kind.WRONG_AMOUNT: frozenset({Resolution.HONOUR, Resolution.REFUND, Resolution.ATTACH}),
    Kind.WRONG_CURRENCY: frozenset({Resolution.REFUND, Resolution.ATTACH}),
    Kind.SECOND_PAYMENT: frozenset({Resolution.REFUND, Resolution.ATTACH}),
    Kind.LATE_PAYMENT: frozenset({Resolution.HONOUR, Resolution.REFUND, Resolution.ATTACH}),
    Kind.PROVIDER_REFUND: frozenset(),
    Kind.REFUND_FAILED: frozenset({Resolution.HONOUR, Resolution.REFUND}),
    Kind.DISPUTE_LOST: frozenset(),
    Kind.CARD_SPENT: frozenset(),
    Kind.STILL_RENEWING: frozenset(),
    Kind.FRAUD_WARNING: frozenset({Resolution.REFUND}),
    Kind.AUDIT: frozenset(),
}


def choices_for(*, case: MoneyCase) -> frozenset[str]:
    """Return the resolutions that a case offers."""
    if not case.is_open:
        return frozenset()
    offered = set(CHOICES[case.kind]) | {Resolution.DISMISS}
    if case.payment_id is None:
        offered &= {Resolution.DISMISS}
    if case.kind == Kind.REFUND_FAILED:
        # What settled an order is refunded from the order; what did not gave no access.
        offered -= {Resolution.REFUND if _has_settled(case) else Resolution.HONOUR}
    return frozenset(offered)


def _has_settled(case: MoneyCase) -> bool:
    settled = Payment.objects.filter(pk=case.payment_id or 0, settled_at__isnull=False)
    return settled.exists()


@transaction.atomic
def honour(*, case_id: int, actor: str, now: datetime, reason: str = "") -> MoneyCase:
    """Deliver the order for this money, though it came late or was another sum.

    For a failed refund: give back the access that was ended for it, and end again what its end
    gave back: the lower tier's time that an upgrade had used. Safe to press twice: the
    second is refused.

    Raises:
        UnknownCase: no such case.
        CaseIsResolved: somebody was faster.
        CannotResolve: this kind cannot be honoured, or its order is paid by other money.
        SoldOut: the units that the order had held are gone.
        GiftCardRefused: the part that gift cards paid was spent on something else.
    """
    case = _locked(case_id, Resolution.HONOUR)
    if case.kind == Kind.REFUND_FAILED:
        _restore(case, actor, now)
    else:
        _settle_anyway(case, actor, now)
    return close_case(case, resolution=Resolution.HONOUR, reason=reason, actor=actor, now=now)


@transaction.atomic
def attach(
    *, case_id: int, order_id: int, actor: str, now: datetime, reason: str = ""
) -> MoneyCase:
    """Settle another waiting order with this money, as if it had been paid for it.

    Raises:
        UnknownCase: no such case.
        UnknownOrder: no such order.
        CaseIsResolved: somebody was faster.
        CannotResolve: the order waits for no money, or for another sum; the money went back
            or is disputed.
    """
    case = _locked(case_id, Resolution.ATTACH, other_order_id=order_id)
    payment = Payment.objects.get(cases=case)
    order = Order.objects.select_related("customer").get(pk=order_id)
    if payment.settled_at is not None or refundable(payment=payment) != payment.paid:
        raise CannotResolve("this money is not free any more")
    if is_held_by_dispute(payment=payment):
        raise CannotResolve("the payer disputes this money")
    if order.status != Order.Status.PENDING or payment.paid != order.total:
        raise CannotResolve(f"order {order.number} does not wait for {payment.paid}")
    payment.order, payment.customer_id = order, order.customer_id
    payment.save(update_fields=["order", "customer"])
    settle(order=order, payment=payment, actor=actor, now=now)
    return close_case(
        case,
        resolution=Resolution.ATTACH,
        reason=reason,
        actor=actor,
        now=now,
        order_id=order_id,
    )


def give_money_back(*, case_id: int, reason: str, actor: str, now: datetime) -> MoneyCase:
    """Refund all of the money in question; the case is resolved with the request.

    Raises:
        UnknownCase: no such case.
        CaseIsResolved: somebody was faster.
        CannotResolve: this kind of case has no money to give back.
        NothingToRefund: it went back already.
    """
    case = MoneyCase.objects.filter(pk=case_id).select_related("payment").first()
    if case is None:
        raise UnknownCase(f"no case {case_id}", case_id=case_id)
    _check(case, Resolution.REFUND)
    payment = case.payment
    is_warned = case.kind == Kind.FRAUD_WARNING
    if payment is None or (payment.settled_at is not None and not is_warned):
        raise CannotResolve("this money settled an order; refund the order")
    refund_payment(
        payment_id=payment.pk,
        amount=refundable(payment=payment),
        reason=reason,
        access=Refund.Access.REVOKE,
        actor=actor,
        now=now,
    )
    return _close_refunded(case_id=case_id, reason=reason, actor=actor, now=now)


@transaction.atomic
def dismiss(*, case_id: int, reason: str, actor: str, now: datetime) -> MoneyCase:
    """Close a case without doing anything, and say why.

    Raises:
        UnknownCase: no such case.
        CaseIsResolved: somebody was faster.
        ReasonNeeded: the reason is empty.
    """
    if not reason.strip():
        raise ReasonNeeded("dismissing needs a reason")
    case = _locked(case_id, Resolution.DISMISS)
    return close_case(case, resolution=Resolution.DISMISS, reason=reason, actor=actor, now=now)


@transaction.atomic
def decide_access(*, refund_id: int, access: str, actor: str, now: datetime) -> Refund:
    """Say what a refund that was made at the provider does to access.

    Raises:
        CannotResolve: it was decided before.
    """
    payment_id = Refund.objects.values_list("payment_id", flat=True).get(pk=refund_id)
    payment = lock_payment(payment_id)
    row = Refund.objects.get(pk=refund_id)
    if row.access != Refund.Access.UNDECIDED:
        raise CannotResolve(f"access of refund {refund_id} is decided: {row.access}")
    row.access = Refund.Access(access)
    row.save(update_fields=["access"])
    apply_refunds(payment=payment, states=[], actor=actor, now=now)
    return row


@transaction.atomic
def _close_refunded(*, case_id: int, reason: str, actor: str, now: datetime) -> MoneyCase:
    case = MoneyCase.objects.locked().get(pk=case_id)
    if not case.is_open:
        return case
    return close_case(case, resolution=Resolution.REFUND, reason=reason, actor=actor, now=now)


def _locked(
    case_id: int, resolution: Resolution, *, other_order_id: int | None = None
) -> MoneyCase:
    """Lock what a resolution touches, in order: customer, order, payment, and last the case."""
    known = MoneyCase.objects.filter(pk=case_id).first()
    if known is None:
        raise UnknownCase(f"no case {case_id}", case_id=case_id)
    if other_order_id is not None:
        lock_order(other_order_id)
        # By itself, for it changes its order; whose it was so far changes nothing there.
        list(Payment.objects.locked().filter(pk=known.payment_id or 0))
    elif known.payment_id is not None:
        lock_payment(known.payment_id)
    elif known.order_id is not None:
        lock_order(known.order_id)
    case = MoneyCase.objects.locked().get(pk=case_id)
    _check(case, resolution)
    return case


def _check(case: MoneyCase, resolution: Resolution) -> None:
    if not case.is_open:
        raise CaseIsResolved(f"case {case.pk} is resolved", resolution=case.resolution)
    if resolution not in choices_for(case=case):
        raise CannotResolve(f"{case.kind} cannot be resolved by {resolution}", kind=case.kind)


def _settle_anyway(case: MoneyCase, actor: str, now: datetime) -> None:
    payment = Payment.objects.select_related("order__customer").get(cases=case)
    order = payment.order
    if order is None or order.is_paid or payment.currency != order.currency:
        raise CannotResolve("the order cannot take this money")
    if payment.settled_at is not None or refundable(payment=payment) != payment.paid:
        raise CannotResolve("this money is not free any more")
    if is_held_by_dispute(payment=payment):
        raise CannotResolve("the payer disputes this money")
    if order.status != Order.Status.PENDING:
        retake_stock(order=order, now=now)
        hold_gift_cards_again(order=order, now=now)
        # Time that another upgrade took meanwhile stays with that one.
        for credit in order.upgrade_credits.filter(status=UpgradeCredit.Status.RELEASED):
            if _is_free(credit):
                credit.move_to(UpgradeCredit.Status.HELD)
                credit.save(update_fields=["status"])
    settle(order=order, payment=payment, actor=actor, now=now)


def _is_free(credit: UpgradeCredit) -> bool:
    taken = UpgradeCredit.objects.filter(line_id=credit.line_id)
    return not taken.exclude(status=UpgradeCredit.Status.RELEASED).exists()


def _restore(case: MoneyCase, actor: str, now: datetime) -> None:
    order = case.order
    if order is None or order.status == Order.Status.REFUNDED:
        raise CannotResolve("there is no access to give back")
    payment = Payment.objects.get(cases=case)
    taken = shortened_bps(payment=payment, counted=payment.refunds.counted())
    give_back(
        lines=list(order.lines.all()),
        because=refunded_by(order),
        key=f"case:{case.pk}",
        actor=actor,
        now=now,
        kept_bps=WHOLE_BPS - taken,
    )
    take_upgrade_credit_again(order=order, actor=actor, now=now)
