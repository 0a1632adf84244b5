"""What did no webhook tell us? Read providers' own lists and repair the books in both ways."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Min, Q, Sum

from orders.gateways.protocol import (
    FRAUD_WARNING,
    ChangePage,
    Gateway,
    GatewayError,
    PaymentNotice,
)
from orders.gateways.registry import gateways
from orders.models import Dispute, Notice, Order, Payment, ReconcileCursor, Subscription
from orders.references import first_payment
from orders.services.applying import sync_payment
from orders.services.locating import find_payment
from orders.services.noticing import accept_notice, apply_notice
from shopbot.kernel.errors import ShopError

logger = logging.getLogger(__name__)

# The first reading looks back this far, or to our first payment; later ones overlap the one
# before by an hour.
FIRST_LOOK_BACK: Final = timedelta(days=3)
OVERLAP: Final = timedelta(hours=1)

# Our own rows are asked about once they are older than a checkout usually takes.
PATIENCE: Final = timedelta(minutes=2)
# Beyond this age an attempt that nobody finished is left alone.
FORGOTTEN: Final = timedelta(days=30)

# A sweep reads so many pages at a time, and the next one goes on.
MOST_PAGES: Final = 100


@dataclass(frozen=True, slots=True)
class Repair:
    """One thing that the books lacked."""

    what: str
    payment_key: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class ProviderReport:
    """What reading one provider found; ``error`` says why it stopped early, if it did."""

    provider: str
    looked_at: int
    repairs: tuple[Repair, ...]
    error: str = ""


@dataclass(slots=True)
class _Reading:
    looked_at: int = 0
    repairs: list[Repair] = field(default_factory=list)


def reconcile(*, now: datetime, since: datetime | None = None) -> tuple[ProviderReport, ...]:
    """Read what happened at every provider, and ask about what is unfinished here.

    Safe to repeat: what is right already is left as it is. A provider that fails is reported
    and stops no other.
    """
    return tuple(
        _reconcile_one(name, provider, since=since, now=now)
        for name, provider in gateways().items()
    )


def _reconcile_one(
    name: str, provider: Gateway, *, since: datetime | None, now: datetime
) -> ProviderReport:
    reading = _Reading()
    cursor, _ = ReconcileCursor.objects.get_or_create(provider=name)
    error = ""
    try:
        if since is None:
            _read_on(provider, cursor, reading, now)
        else:
            _read_from(provider, since, reading, now)
        _ask_about_ours(provider, reading, now)
    except GatewayError as problem:
        error = str(problem)[:500]
        if problem.permanent and since is None:
            # The place itself may be what the provider refuses; the dates are kept.
            cursor.cursor = ""
        logger.warning("reconciling %s stopped: %s", name, problem)
    cursor.error = error
    cursor.save(update_fields=["error", "cursor"])
    return ProviderReport(
        provider=name,
        looked_at=reading.looked_at,
        repairs=tuple(reading.repairs),
        error=error,
    )


def _read_from(provider: Gateway, since: datetime, reading: _Reading, now: datetime) -> None:
    """Read everything since a date of somebody's choice, however much; keeps no place."""
    place, has_more = "", True
    while has_more:
        page = _read_page(provider, since, place, reading, now)
        if page.has_more and page.cursor == place:
            raise GatewayError(f"{provider.name} lists the same page for ever", permanent=True)
        place, has_more = page.cursor, page.has_more


def _read_on(
    provider: Gateway, cursor: ReconcileCursor, reading: _Reading, now: datetime
) -> None:
    """Go on with the reading under way, or begin the next.

    One that stops, at its limit or by an error, goes on where it was and looks back as far.
    What came in meanwhile is left to the next reading, for that begins where this one began.
    """
    since = cursor.reading_since
    if since is None:
        since = cursor.reading_since = _start(cursor, now)
        cursor.reading_began_at = now
    for _ in range(MOST_PAGES):
        page = _read_page(provider, since, cursor.cursor, reading, now)
        cursor.cursor = page.cursor
        if not page.has_more:
            cursor.read_until = cursor.reading_began_at
            cursor.reading_since = cursor.reading_began_at = None
        cursor.save(update_fields=["cursor", "read_until", "reading_since", "reading_began_at"])
        if not page.has_more:
            return


def _start(cursor: ReconcileCursor, now: datetime) -> datetime:
    if cursor.read_until is not None:
        return cursor.read_until - OVERLAP
    first = Payment.objects.filter(gateway=cursor.provider).aggregate(at=Min("opened_at"))["at"]
    return min(now - FIRST_LOOK_BACK, first or now)


def _read_page(
    provider: Gateway, since: datetime, place: str, reading: _Reading, now: datetime
) -> ChangePage:
    page = provider.list_changes(since=since, cursor=place)
    reading.looked_at += len(page.notices)
    for notice in _news(provider, page.notices):
        _compare(provider, notice, reading, now)
    return page


def _news(provider: Gateway, notices: Sequence[PaymentNotice]) -> Iterable[PaymentNotice]:
    """Leave out the facts of a folding gateway that are applied already; one query."""
    if not provider.capabilities.folds_notices:
        return notices
    told = Notice.objects.filter(
        provider=provider.name, event_id__in=[notice.event_id for notice in notices]
    ).exclude(outcome=Notice.Outcome.WAITING)
    known = set(told.values_list("event_id", flat=True))
    return [notice for notice in notices if notice.event_id not in known]


def _compare(
    provider: Gateway, notice: PaymentNotice, reading: _Reading, now: datetime
) -> None:
    payment_id = find_payment(provider=notice.provider, refs=notice.refs)
    before = _picture(payment_id)
    is_in_the_state = not provider.capabilities.folds_notices and notice.kind != FRAUD_WARNING
    if payment_id is not None and is_in_the_state:
        _sync(payment_id, provider.name, now)
    else:
        accept_notice(notice=notice, now=now)
        row = Notice.objects.get(provider=notice.provider, event_id=notice.event_id)
        payment_id = apply_notice(notice_id=row.pk, now=now).payment_id
    _note(notice.kind, payment_id, before, reading)


def _ask_about_ours(provider: Gateway, reading: _Reading, now: datetime) -> None:
    """Ask about what is unfinished here, in case the provider's list is silent about it."""
    if provider.capabilities.folds_notices:
        return
    for payment_id in [*_unfinished(provider.name, now), *_renewing(provider.name, now)]:
        reading.looked_at += 1
        before = _picture(payment_id)
        _sync(payment_id, provider.name, now)
        _note("unfinished", payment_id, before, reading)


def _unfinished(name: str, now: datetime) -> list[int]:
    payable = Payment.objects.payable().filter(
        gateway=name, opened_at__lte=now - PATIENCE, opened_at__gt=now - FORGOTTEN
    )
    waiting = Q(refunds__status="pending") | Q(disputes__status__in=["warning", "open"])
    pending = Payment.objects.filter(waiting, gateway=name).distinct()
    asked = [*payable.order_by("pk").values_list("pk", flat=True)]
    asked.extend(pending.order_by("pk").values_list("pk", flat=True))
    return asked


def _renewing(name: str, now: datetime) -> list[int]:
    """Subscriptions whose period is over, so that something must have happened."""
    due = Subscription.objects.live().filter(gateway=name, current_period_end__lte=now)
    firsts = [first_payment(subscription) for subscription in due.order_by("pk")]
    return [payment.pk for payment in firsts if payment is not None]


def _sync(payment_id: int, actor: str, now: datetime) -> None:
    try:
        sync_payment(payment_id=payment_id, actor=actor, now=now)
    except GatewayError as error:
        if not error.permanent:
            raise
        logger.warning("payment %s is unknown to %s: %s", payment_id, actor, error)
    except ShopError as error:
        logger.warning("payment %s was not applied: %s", payment_id, error)
    except Exception:  # process boundary: one payment must not stop the reading of all others
        logger.exception("payment %s was not applied", payment_id)


def _note(what: str, payment_id: int | None, before: str, reading: _Reading) -> None:
    after = _picture(payment_id)
    if after == before or payment_id is None:
        return
    key = Payment.objects.values_list("key", flat=True).get(pk=payment_id)
    reading.repairs.append(Repair(what=what, payment_key=str(key), before=before, after=after))


def _picture(payment_id: int | None) -> str:
    """Everything about a payment that a provider could change, as one line."""
    payment = Payment.objects.filter(pk=payment_id or 0).select_related("order").first()
    if payment is None:
        return "unknown"
    parts = [payment.status, f"paid {payment.paid_minor}", f"refunded {payment.refunded_minor}"]
    if payment.order is not None:
        parts.append(f"order {payment.order.status}")
    parts.extend(f"dispute {each.status}" for each in payment.disputes.order_by("pk"))
    if payment.subscription_id is not None:
        parts.append(_agreement(payment.subscription_id, besides=payment.pk))
    return ", ".join(parts)


def _agreement(subscription_id: int, *, besides: int) -> str:
    """Say how an agreement stands: asking about one of its charges brings all of them."""
    agreement = Subscription.objects.get(pk=subscription_id)
    charges = Order.objects.filter(subscription_id=subscription_id).count()
    renews = "renews" if agreement.will_renew else "ends"
    parts = [f"subscription {agreement.status} {renews}", f"{charges} charges"]
    others = Payment.objects.filter(subscription_id=subscription_id).exclude(pk=besides)
    if back := others.aggregate(sum=Sum("refunded_minor"))["sum"]:
        parts.append(f"{back} refunded of other charges")
    disputes = Dispute.objects.filter(payment__in=others).order_by("pk")
    parts.extend(f"dispute {each.status} of another charge" for each in disputes)
    return ", ".join(parts)
