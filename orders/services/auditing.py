"""Do the books agree with themselves and with the providers? Counted once a day."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Count, F, Max, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from entitlements.models import Grant
from orders.models import (
    AuditResult,
    MoneyCase,
    Order,
    OrderLine,
    Payment,
    Receipt,
    ReceiptCounter,
    Refund,
)
from orders.services.casing import open_case
from orders.services.comparing import Comparison, compare_with_providers, each_sum
from pricing.selectors import gift_card_books

INTERVAL: Final = timedelta(hours=20)


def audit(*, now: datetime) -> AuditResult:
    """Compare sums of providers, payments, orders, grants and receipts, and keep the result.

    Each difference opens a case in the money inbox, once a day.
    """
    comparisons = [found for check in _CHECKS for found in check(now)]
    differing = [each for each in comparisons if not each.agrees]
    for each in differing:
        open_case(
            kind=MoneyCase.Kind.AUDIT,
            key=f"audit:{now.date()}:{each.name}"[:120],
            now=now,
            payment=each.payment,
            detail=_written(each),
        )
    return AuditResult.objects.create(
        checked_at=now,
        checks=len(comparisons),
        differences=len(differing),
        report={"comparisons": [_written(each) for each in comparisons]},
    )


def _written(comparison: Comparison) -> dict[str, object]:
    return {
        "name": comparison.name,
        "ours": comparison.ours,
        "theirs": comparison.theirs,
        "explained": list(comparison.explained),
        "agrees": comparison.agrees,
    }


def audit_if_due(*, now: datetime) -> int:
    """Audit unless that was done in the last twenty hours; return how many audits were made."""
    if AuditResult.objects.filter(checked_at__gt=now - INTERVAL).exists():
        return 0
    audit(now=now)
    return 1


def _payments_and_orders(now: datetime) -> Iterable[Comparison]:
    """What settled orders is what orders say they were paid, by gateway and currency."""
    settled = _sums(
        Payment.objects.filter(settled_at__isnull=False), "gateway", "currency", "paid_minor"
    )
    booked = _sums(Order.objects.paid(), "payment_method", "currency", "paid_minor")
    yield from each_sum("paid", ours=settled, theirs=booked)
    back = _sums(
        Payment.objects.filter(settled_at__isnull=False),
        "gateway", "currency", "refunded_minor",
    )  # fmt: skip
    noted = _sums(Order.objects.paid(), "payment_method", "currency", "refunded_minor")
    yield from each_sum("refunded", ours=back, theirs=noted)


def _payments_and_refunds(now: datetime) -> Iterable[Comparison]:
    """What payments say went back is the sum of their refunds."""
    noted = _sums(Payment.objects.all(), "gateway", "currency", "refunded_minor")
    counted = Refund.objects.counted().annotate(gateway=F("payment__gateway"))
    made = _sums(counted, "gateway", "currency", "amount_minor")
    yield from each_sum("refunds", ours=made, theirs=noted)


def _orders_and_gift_cards(now: datetime) -> Iterable[Comparison]:
    """What orders were paid by gift cards is what is off the cards; balances fit ledgers."""
    held = Order.objects.order_by().values("currency").annotate(sum=Sum("card_minor"))
    on_orders = {row["currency"]: row["sum"] for row in held if row["sum"]}
    books = gift_card_books()
    yield from each_sum("gift cards", ours=on_orders, theirs=books.off_the_cards)
    yield from each_sum("gift card balances", ours=books.balances, theirs=books.ledgers)


def _nothing_is_kept_silently(now: datetime) -> Iterable[Comparison]:
    """Every payment settled an order, went back, or has a case."""
    silent = Payment.objects.filter(
        status=Payment.Status.PAID, settled_at__isnull=True, cases__isnull=True
    ).exclude(refunded_minor=F("paid_minor"))
    yield Comparison("money without order or case", str(silent.count()), "0")


def _orders_and_grants(now: datetime) -> Iterable[Comparison]:
    """Every paid line gave what it promised; what was refunded in full gives nothing."""
    paid = OrderLine.objects.filter(order__status__in=Order.PAID_STATES).exclude(
        terms__grants=[]
    )
    delivered = paid.filter(order__fulfilled_at__isnull=False)
    sources = {line.source for line in delivered.only("pk")}
    given = set(Grant.objects.filter(source__in=sources).values_list("source", flat=True))
    yield Comparison("lines delivered", str(len(given)), str(len(sources)))
    refunded = paid.filter(order__status=Order.Status.REFUNDED)
    ended = {line.source for line in refunded.only("pk")}
    live = Grant.objects.live().filter(source__in=ended, access_until__gt=now)
    yield Comparison("access after a full refund", str(live.count()), "0")
    unpaid = OrderLine.objects.exclude(order__status__in=Order.PAID_STATES)
    early = {line.source for line in unpaid.only("pk")}
    free = Grant.objects.live().filter(source__in=early)
    yield Comparison("access without payment", str(free.count()), "0")


def _receipts(now: datetime) -> Iterable[Comparison]:
    """Receipt numbers have no gaps, and every order that was paid for has one."""
    for counter in ReceiptCounter.objects.order_by("year"):
        given = Receipt.objects.filter(year=counter.year)
        found = given.aggregate(count=Count("pk"), last=Coalesce(Max("sequence"), 0))
        name = f"receipts of {counter.year}"
        yield Comparison(
            name, f"{found['count']} to {found['last']}", f"{counter.last} to {counter.last}"
        )
    by_someone = Q(paid_minor__gt=0) | Q(card_minor__gt=0)
    missing = Order.objects.paid().filter(by_someone, receipt__isnull=True)
    yield Comparison("orders without a receipt", str(missing.count()), "0")


_CHECKS: Final[tuple[Callable[[datetime], Iterable[Comparison]], ...]] = (
    _payments_and_orders,
    _payments_and_refunds,
    _nothing_is_kept_silently,
    _orders_and_gift_cards,
    _orders_and_grants,
    _receipts,
    compare_with_providers,
)


def _sums(rows: QuerySet[Any], gateway: str, currency: str, amount: str) -> dict[str, int]:
    grouped = rows.order_by().values(gateway, currency).annotate(sum=Sum(amount))
    return {
        f"{group[gateway]} {group[currency]}": group["sum"] for group in grouped if group["sum"]
    }
