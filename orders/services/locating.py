"""Which payment of ours is a notice about? And where does money go that is about none?"""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import datetime

from django.db import transaction

from customers.models import Customer
from orders.errors import UnknownOrder
from orders.gateways.protocol import PaymentReference, ProviderState, Refs
from orders.gateways.registry import gateway
from orders.locking import lock_order
from orders.models import MoneyCase, Notice, Payment, Subscription
from orders.references import first_payment
from orders.services.applying import apply_state
from orders.services.casing import open_case
from shopbot.kernel.errors import Unavailable
from shopbot.kernel.money import STARS, Money

# A provider that we asked knows of a payment only after our row was written. Two more tries
# are for a copy of the database that lags behind.
TRIES_BEFORE_STRAY = 3


class NotYet(Unavailable):
    """Nothing of ours has this name yet."""

    code = "not_yet"


def locate(*, notice: Notice, now: datetime) -> int | None:
    """Return the id of the payment that a notice is about, noted with the notice; None if none.

    A charge that no payment has yet takes the open attempt of its order; a further charge of
    one order becomes a payment of its own.
    """
    if notice.payment_id is not None:
        return notice.payment_id
    refs = Refs(**notice.refs)
    found = _by_name(notice.provider, refs)
    if found is None and refs.payment_key:
        found, refs = _by_key(notice.provider, refs)
    if found is None and refs.order_id is not None:
        found = _by_order(notice, refs, now)
    if found is not None:
        notice.payment_id = found
        notice.save(update_fields=["payment"])
    return found


def keep_stray(*, notice: Notice, now: datetime) -> None:
    """Keep money that belongs to no payment of ours as one without order, with a case.

    Raises:
        NotYet: it may still turn out whose it is.
    """
    provider = gateway(notice.provider)
    if notice.attempts + 1 < TRIES_BEFORE_STRAY and not provider.capabilities.folds_notices:
        raise NotYet("no payment of this name yet")
    state = provider.fetch(_stray_reference(notice))
    if state.paid is not None:
        _keep_payment(notice, state, now)
    elif notice.amount is not None:
        open_case(
            kind=MoneyCase.Kind.UNKNOWN_ORDER,
            key=f"notice:{notice.pk}",
            now=now,
            amount=notice.amount,
            detail={"notice_id": notice.pk, "kind": notice.kind, "refs": notice.refs},
        )


def find_payment(*, provider: str, refs: Refs) -> int | None:
    """Return the id of the payment with one of these names; changes nothing."""
    found = _by_name(provider, refs)
    if found is None and refs.payment_key:
        found, _ = _by_key(provider, refs)
    return found


def _by_name(provider: str, refs: Refs) -> int | None:
    named = Payment.objects.filter(gateway=provider)
    for name in ("charge_id", "external_id", "intent_id"):
        value = getattr(refs, name)
        found = named.filter(**{name: value}).first() if value else None
        if found is not None:
            return found.pk
    if not refs.subscription_id:
        return None
    agreed = Subscription.objects.filter(gateway=provider, external_id=refs.subscription_id)
    subscription = agreed.first()
    first = None if subscription is None else first_payment(subscription)
    return None if first is None else first.pk


def _by_key(provider: str, refs: Refs) -> tuple[int | None, Refs]:
    """Find by our own key.

    Where stored notices are all there is, each charge is a payment: one that is not noted yet
    is claimed under its order's lock, so that two at once are not taken for one.
    """
    try:
        key = uuid.UUID(refs.payment_key)
    except ValueError:
        return None, refs
    payment = Payment.objects.filter(gateway=provider, key=key).first()
    if payment is None:
        return None, refs
    is_settled = not refs.charge_id or payment.charge_id == refs.charge_id
    is_alone = payment.subscription_id is not None or payment.order_id is None
    if is_settled or is_alone or not gateway(provider).capabilities.folds_notices:
        return payment.pk, refs
    return None, replace(refs, order_id=payment.order_id)


@transaction.atomic
def _by_order(notice: Notice, refs: Refs, now: datetime) -> int | None:
    """Find or write the payment of an order; the order's lock lets one charge claim it."""
    try:
        order = lock_order(refs.order_id or 0)
    except UnknownOrder:
        return None
    attempts = list(Payment.objects.locked().filter(order=order, gateway=notice.provider))
    known = [each for each in attempts if refs.charge_id and each.charge_id == refs.charge_id]
    if known:
        return known[0].pk
    renewing = [each for each in attempts if each.starts_subscription]
    once = [each for each in attempts if not each.starts_subscription]
    if renewing and (refs.subscription_id or not once):
        return renewing[0].pk
    if not refs.charge_id:
        return once[-1].pk if once else None
    free = [each for each in once if not each.charge_id and each.paid_at is None]
    # The attempt that was named, else one that is still open, before those that were closed.
    free.sort(
        key=lambda each: (
            str(each.key) != refs.payment_key,
            each.status != Payment.Status.OPEN,
            -each.pk,
        )
    )
    if free:
        free[0].charge_id = refs.charge_id
        free[0].save(update_fields=["charge_id"])
        return free[0].pk
    amount = notice.amount or order.total
    further = Payment.objects.create(
        order=order,
        customer_id=order.customer_id,
        gateway=notice.provider,
        amount_minor=amount.minor,
        currency=amount.currency,
        charge_id=refs.charge_id,
        payer_telegram_id=notice.payer_telegram_id,
        opened_at=now,
    )
    return further.pk


def _stray_reference(notice: Notice) -> PaymentReference:
    refs = Refs(**notice.refs)
    related = Notice.objects.filter(pk=notice.pk)
    if refs.charge_id:
        related |= Notice.objects.filter(
            provider=notice.provider, payment=None, refs__charge_id=refs.charge_id
        )
    return PaymentReference(
        payment_key=uuid.uuid4(),
        refs=refs,
        amount=notice.amount or Money.zero(STARS),
        telegram_id=notice.payer_telegram_id,
        notices=tuple(each.as_value() for each in related.order_by("pk")),
    )


@transaction.atomic
def _keep_payment(notice: Notice, state: ProviderState, now: datetime) -> None:
    paid = state.paid
    if paid is None:
        return
    refs = Refs(**notice.refs)
    payer = Customer.objects.filter(telegram_id=notice.payer_telegram_id or 0).first()
    names = {
        "external_id": state.refs.external_id or refs.external_id,
        "intent_id": state.refs.intent_id or refs.intent_id,
        "charge_id": state.charge_id or refs.charge_id,
    }
    payment = Payment.objects.create(
        customer=payer,
        gateway=notice.provider,
        status=Payment.Status.PAID,
        amount_minor=paid.minor,
        currency=paid.currency,
        paid_minor=paid.minor,
        payer_telegram_id=notice.payer_telegram_id,
        opened_at=notice.occurred_at or now,
        paid_at=now,
        **names,
    )
    notice.payment = payment
    notice.save(update_fields=["payment"])
    open_case(
        kind=MoneyCase.Kind.UNKNOWN_ORDER,
        key=f"payment:{payment.pk}",
        now=now,
        payment=payment,
        amount=paid,
        detail={"notice_id": notice.pk, "kind": notice.kind, "refs": notice.refs},
    )
    apply_state(payment_id=payment.pk, state=state, actor=notice.provider, now=now)
