"""Limits of promotions: reserved with the order, used with the payment, given back otherwise.

One conditional UPDATE decides each limit, so no number of customers at once can take more than
there is. Limits are always taken in the order of their ids, so that two orders cannot deadlock.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import connection, transaction
from django.db.models import F, QuerySet

from pricing.engine import Quote
from pricing.errors import LimitReached
from pricing.models import ExperimentSale, Exposure, LimitCounter, PromoLimit, Reservation


def reserve(*, quote: Quote, holder: str, customer_id: int, now: datetime) -> None:
    """Take what a quote needs of its promotions' limits, for ``holder`` (such as ``order:17``).

    Safe to repeat: a holder reserves once. A quote without limited promotions costs no query.

    Raises:
        LimitReached: a limit has no room left; nothing was taken.
    """
    # Nothing to write: not even a savepoint.
    if quote.experiment is not None or quote.reservations:
        _reserve(quote, holder, customer_id, now)


@transaction.atomic
def _reserve(quote: Quote, holder: str, customer_id: int, now: datetime) -> None:
    if quote.experiment is not None:
        _note_sale(quote, quote.experiment.experiment_id, holder, customer_id)
    if not quote.reservations or Reservation.objects.filter(holder=holder).exists():
        return
    needs = sorted(quote.reservations)
    limits = _hold([limit_id for limit_id, _ in needs])
    counted = _counted_as(quote)
    for limit_id, amount in needs:
        limit = limits.get(limit_id)
        if limit is None or (limit.kind, limit.currency) != counted[limit_id]:
            raise LimitReached(f"limit {limit_id} was changed", limit_id=limit_id)
        if not _take(limit, customer_id, amount):
            raise LimitReached(f"limit {limit_id} is used up", limit_id=limit_id)
    Reservation.objects.bulk_create(
        Reservation(
            limit_id=limit_id,
            holder=holder,
            customer_id=customer_id,
            amount=amount,
            reserved_at=now,
        )
        for limit_id, amount in needs
    )


def _hold(limit_ids: Sequence[int]) -> dict[int, PromoLimit]:
    """Read limits so that what they count stays as it is until the transaction ends.

    It hinders no other order: PostgreSQL takes the same share of the row for the reservation's
    foreign key, but only at the commit. SQLite has one writer at a time.
    """
    rows = PromoLimit.objects.filter(pk__in=limit_ids).order_by("pk")
    if connection.vendor != "postgresql":
        return {row.pk: row for row in rows}
    statement, values = rows.query.sql_with_params()
    held = PromoLimit.objects.raw(f"{statement} FOR KEY SHARE", values)
    return {row.pk: row for row in held}


def _counted_as(quote: Quote) -> dict[int, tuple[str, str]]:
    """Return what limits counted, and in which currency, when the quote was made."""
    coupon = quote.request.coupon
    limits = [limit for each in quote.book.promotions for limit in each.limits]
    limits.extend(coupon.limits if coupon else ())
    return {limit.limit_id: (limit.kind, limit.currency) for limit in limits}


def holds_limits(*, holder: str) -> bool:
    """Whether an unpaid order has something of a limit."""
    reserved = Reservation.Status.RESERVED
    return Reservation.objects.filter(holder=holder, status=reserved).exists()


@transaction.atomic
def lock_limits(*, holder: str, quote: Quote, customer_id: int) -> None:
    """Hold the counters of what a holder gives back and of what a quote takes, by limit.

    For whoever gives back before taking: holding a later limit, it would wait for an earlier
    one, and so for somebody who waits for it.
    """
    held = Reservation.objects.filter(holder=holder).values_list("limit_id", flat=True)
    limit_ids = {*held, *(limit_id for limit_id, _ in quote.reservations)}
    for limit in PromoLimit.objects.filter(pk__in=limit_ids).order_by("pk"):
        whose = customer_id if limit.kind == PromoLimit.Kind.CUSTOMER else None
        counter = _counter(limit.pk, whose).select_for_update()
        if not counter:
            _begin_counting(limit.pk, whose)
            counter.first()


@transaction.atomic
def use(*, holder: str, now: datetime) -> int:
    """Mark as used what a paid order had reserved; return how many limits that were.

    Safe to repeat. Where a late payment is honored after the reservation was given back, the
    use is counted even beyond the limit: the discount has been given.
    """
    used = 0
    for row in Reservation.objects.filter(holder=holder).order_by("limit_id"):
        before = row.status
        if before == Reservation.Status.USED or not _move(row, before, "used", now):
            continue
        used += 1
        if before == Reservation.Status.RELEASED:
            _count(row, row.amount)
    ExperimentSale.objects.filter(holder=holder).update(status=ExperimentSale.Status.PAID)
    return used


@transaction.atomic
def release(*, holder: str, now: datetime) -> int:
    """Give back what an unpaid order had reserved; return how many limits that were.

    Safe to repeat. What was used stays used: see ``release_used``.
    """
    ExperimentSale.objects.filter(holder=holder, status=ExperimentSale.Status.PLACED).update(
        status=ExperimentSale.Status.LOST
    )
    return _give_back(holder, Reservation.Status.RESERVED, now)


@transaction.atomic
def release_used(*, holder: str, now: datetime) -> int:
    """Give back what a paid order had used, after a refund; return how many limits that were.

    Safe to repeat. For a price experiment the order is no sale any more.
    """
    ExperimentSale.objects.filter(holder=holder).update(status=ExperimentSale.Status.LOST)
    return _give_back(holder, Reservation.Status.USED, now)


def _give_back(holder: str, status: str, now: datetime) -> int:
    given = 0
    for row in Reservation.objects.filter(holder=holder, status=status).order_by("limit_id"):
        if _move(row, status, "released", now):
            _count(row, -row.amount)
            given += 1
    return given


def _take(limit: PromoLimit, customer_id: int, amount: int) -> bool:
    """Take ``amount`` if it fits: condition and write are one UPDATE."""
    whose = customer_id if limit.kind == PromoLimit.Kind.CUSTOMER else None
    counter = _counter(limit.pk, whose)
    free = counter.filter(taken__lte=limit.allowed - amount)
    if free.update(taken=F("taken") + amount):
        return True
    # Nobody has used the limit yet, or it is full: with a counter in place, one more try tells.
    _begin_counting(limit.pk, whose)
    return free.update(taken=F("taken") + amount) == 1


def _begin_counting(limit_id: int, customer_id: int | None) -> None:
    counter = LimitCounter(limit_id=limit_id, customer_id=customer_id)
    LimitCounter.objects.bulk_create([counter], ignore_conflicts=True)


def _counter(limit_id: int, customer_id: int | None) -> QuerySet[LimitCounter]:
    counters = LimitCounter.objects.filter(limit_id=limit_id)
    if customer_id is None:
        return counters.filter(customer__isnull=True)
    return counters.filter(customer_id=customer_id)


def _move(row: Reservation, before: str, after: str, now: datetime) -> bool:
    unchanged = Reservation.objects.filter(pk=row.pk, status=before)
    return unchanged.update(status=after, closed_at=now) == 1


def _count(row: Reservation, amount: int) -> None:
    is_own = PromoLimit.objects.filter(pk=row.limit_id, kind=PromoLimit.Kind.CUSTOMER).exists()
    whose = row.customer_id if is_own else None
    _counter(row.limit_id, whose).update(taken=F("taken") + amount)


def _note_sale(quote: Quote, experiment_id: int, holder: str, customer_id: int) -> None:
    """Remember which arm an order was placed under; results count it once it is paid."""
    shown = Exposure.objects.filter(experiment_id=experiment_id, customer_id=customer_id)
    sales = [
        ExperimentSale(
            exposure=exposure,
            holder=holder,
            currency=quote.currency,
            total_minor=quote.price.minor,
        )
        for exposure in shown
    ]
    ExperimentSale.objects.bulk_create(sales, ignore_conflicts=True)
