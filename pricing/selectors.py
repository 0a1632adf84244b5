"""Reads about prices: an affiliate's account, the regions, how promotions are used."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max, Q, QuerySet, Sum

from pricing.book import price_book
from pricing.models import (
    AffiliateClicks,
    CommissionEntry,
    CurrencySetting,
    FxRate,
    GiftCard,
    GiftCardEntry,
    LimitCounter,
    Payout,
    PricingRules,
    Reservation,
)
from shopbot.kernel.money import Money
from shopbot.kernel.statements import NO_NUMBER, NO_TEXT, Question

Kind = CommissionEntry.Kind


@dataclass(frozen=True, slots=True)
class Statement:
    """An affiliate's account: amounts per currency, in alphabetical order, zeros left out.

    ``held`` still waits for its hold to end, ``available`` is owed, ``on_the_way`` is on the
    payout list, ``paid`` has been paid.
    """

    clicks: int
    sales: int
    held: tuple[Money, ...]
    available: tuple[Money, ...]
    on_the_way: tuple[Money, ...]
    paid: tuple[Money, ...]


@dataclass(frozen=True, slots=True)
class RegionChoice:
    """A region that a customer may choose."""

    code: str
    name: str
    currency: str


def affiliate_statement(*, customer_id: int, now: datetime) -> Statement:
    """Return what an affiliate brought, earned and was paid; four queries."""
    clicks = AffiliateClicks.objects.filter(customer=customer_id).aggregate(sum=Sum("clicks"))
    entries = CommissionEntry.objects.filter(customer=customer_id)
    # A sale that was refunded in full brought nothing, and is none.
    sales = entries.order_by().values("holder").annotate(left=Sum("amount_minor"))
    sums = entries.values("currency").annotate(
        held=Sum("amount_minor", filter=Q(matures_at__gt=now)),
        available=Sum("amount_minor", filter=Q(matures_at__lte=now)),
    )
    rows = list(sums.order_by("currency"))
    payouts = Payout.objects.filter(customer=customer_id).exclude(
        status=Payout.Status.CANCELLED
    )
    paid: dict[str, dict[str, int]] = defaultdict(dict)
    for status, currency, total in (
        payouts.values("status", "currency")
        .annotate(total=Sum("amount_minor"))
        .order_by("currency")
        .values_list("status", "currency", "total")
    ):
        paid[status][currency] = total
    return Statement(
        clicks=clicks["sum"] or 0,
        sales=sales.filter(left__gt=0).count(),
        held=_amounts({row["currency"]: row["held"] for row in rows}),
        available=_amounts({row["currency"]: row["available"] for row in rows}),
        on_the_way=_amounts(paid[Payout.Status.OPEN]),
        paid=_amounts(paid[Payout.Status.PAID]),
    )


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One movement of an affiliate's account."""

    kind: str
    amount: Money
    created_at: datetime
    matures_at: datetime


def statement_lines(
    *, customer_id: int, page: int, size: int
) -> tuple[tuple[StatementLine, ...], bool]:
    """Return a page of an affiliate's account, newest first, and whether more follow."""
    entries = CommissionEntry.objects.filter(customer=customer_id).order_by("-pk")
    rows = list(entries[page * size : (page + 1) * size + 1])
    lines = tuple(
        StatementLine(
            kind=row.kind,
            amount=Money(row.amount_minor, row.currency),
            created_at=row.created_at,
            matures_at=row.matures_at,
        )
        for row in rows[:size]
    )
    return lines, len(rows) > size


def regions() -> tuple[RegionChoice, ...]:
    """Return the regions the shop sells in, in their order; one query."""
    return tuple(
        RegionChoice(region.code, region.name, region.currency)
        for region in price_book().regions.values()
        if region.is_active
    )


def promotion_usage(promotion_ids: Collection[int]) -> Mapping[int, tuple[int, int]]:
    """Return, per promotion, how many orders hold or used it, and how many used it; one query.

    Only limited promotions are counted: an unlimited one reserves nothing.
    """
    held = Reservation.objects.exclude(status=Reservation.Status.RELEASED).filter(
        limit__promotion__in=promotion_ids
    )
    counted = held.values("limit__promotion").annotate(
        orders=Count("holder", distinct=True),
        used=Count("holder", filter=Q(status=Reservation.Status.USED), distinct=True),
    )
    return {
        promotion: (orders, used)
        for promotion, orders, used in counted.values_list("limit__promotion", "orders", "used")
    }


def limit_usage(limit_ids: Collection[int]) -> Mapping[int, int]:
    """Return how much of each limit all customers together have taken; one query."""
    taken = LimitCounter.objects.filter(limit__in=limit_ids).values("limit")
    sums = taken.annotate(total=Sum("taken"))
    return dict(sums.values_list("limit", "total"))


def has_gift_cards(*, customer_id: int, currency: str) -> bool:
    """Say whether something is on a customer's cards, whether or not they have run out."""
    return _HAS_CARDS.ask(customer_id, currency)


def _filled_cards(customer_id: int, currency: str) -> QuerySet[GiftCard]:
    mine = GiftCard.objects.filter(customer=customer_id, currency=currency, is_active=True)
    return mine.filled()


_HAS_CARDS = Question(_filled_cards, stand_ins=(NO_NUMBER, NO_TEXT))


@dataclass(frozen=True, slots=True)
class GiftCardBooks:
    """The sums of all gift cards by currency, each counted in its own way."""

    balances: Mapping[str, int]
    ledgers: Mapping[str, int]
    off_the_cards: Mapping[str, int]


def gift_card_books() -> GiftCardBooks:
    """Return what is on the cards, what the ledgers say, and what orders took; two queries."""
    cards = GiftCard.objects.order_by().values("currency").annotate(sum=Sum("balance_minor"))
    entries = GiftCardEntry.objects.order_by().values("card__currency")
    taken = Q(kind__in=[GiftCardEntry.Kind.SPENT, GiftCardEntry.Kind.RETURNED])
    sums = entries.annotate(
        sum=Sum("amount_minor"), taken=Sum("amount_minor", filter=taken, default=0)
    )
    rows = list(sums)
    return GiftCardBooks(
        balances={row["currency"]: row["sum"] for row in cards if row["sum"]},
        ledgers={row["card__currency"]: row["sum"] for row in rows if row["sum"]},
        off_the_cards={row["card__currency"]: -row["taken"] for row in rows if row["taken"]},
    )


def _amounts(sums: Mapping[str, int | None]) -> tuple[Money, ...]:
    return tuple(Money(total, currency) for currency, total in sums.items() if total)


@dataclass(frozen=True, slots=True)
class RateHealth:
    """Whether exchange rates need a person: ``held`` wait for one, ``late_days`` is their age.

    ``late_days`` is of the currency that waits longest, None while all are young enough.
    """

    held: int
    late_days: int | None


def rate_health(*, now: datetime) -> RateHealth:
    """Say how exchange rates are; three queries."""
    limit = PricingRules.objects.values_list("alarm_after_days", flat=True).first() or 5
    used = CurrencySetting.objects.values("code")
    heard = FxRate.objects.exclude(source=FxRate.Source.MANUAL).filter(currency__in=used)
    newest = heard.order_by().values("currency").annotate(day=Max("rate_date"))
    oldest = min((row["day"] for row in newest), default=None)
    age = (now.date() - oldest).days if oldest else None
    return RateHealth(
        held=FxRate.objects.filter(status=FxRate.Status.HELD).count(),
        late_days=age if age is not None and age > limit else None,
    )
