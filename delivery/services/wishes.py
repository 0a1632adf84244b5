"""Watch what runs out and what returns: staff hear once of the one, customers of the other."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Count, F, Q, QuerySet

from catalog.models import ProductTier, TierStock
from customers.models import Customer
from delivery.models import Code, CodeStock, StockWish
from shopbot.kernel.events import record


@transaction.atomic
def tell_me(*, customer_id: int, tier_id: int, now: datetime) -> bool:
    """Remember that a customer wants to hear when a tier is back; False if it was known."""
    Customer.objects.locked().get(pk=customer_id)
    waiting = StockWish.objects.filter(
        customer_id=customer_id, tier_id=tier_id, told_at__isnull=True
    )
    if waiting.exists():
        return False
    StockWish.objects.create(customer_id=customer_id, tier_id=tier_id, asked_at=now)
    return True


def watch_stock(*, now: datetime, limit: int) -> int:
    """Say once per crossing that codes run low, and once per wish that a tier is back.

    Purchases count nothing themselves, so that buyers never wait for one counter.
    """
    return _watch_low(now) + _tell_waiting(now, limit)


def _watch_low(now: datetime) -> int:
    """Each crossing is one conditional UPDATE, whoever else is looking."""
    told = 0
    free = Count("codes", filter=Q(codes__status=Code.Status.FREE))
    counted = _imported().annotate(free=free)
    for stock in counted.filter(low_since__isnull=True, free__lte=F("low_at")):
        with transaction.atomic():
            same = CodeStock.objects.filter(pk=stock.pk, low_since__isnull=True)
            if not same.update(low_since=now):
                continue
            told += 1
            record(
                "stock.low",
                subject=f"code-stock:{stock.pk}",
                actor="beat",
                at=now,
                tier_id=stock.tier_id,
                left=stock.free,
            )
    for stock in counted.filter(low_since__isnull=False, free__gt=F("low_at")):
        CodeStock.objects.filter(pk=stock.pk).update(low_since=None)
    return told


def _tell_waiting(now: datetime, limit: int) -> int:
    wishes = StockWish.objects.filter(told_at__isnull=True, tier__in=_available())
    told = 0
    for wish in list(wishes.order_by("pk")[:limit]):
        with transaction.atomic():
            same = StockWish.objects.filter(pk=wish.pk, told_at__isnull=True)
            if not same.update(told_at=now):
                continue
            told += 1
            record(
                "stock.returned",
                subject=f"tier:{wish.tier_id}",
                actor="beat",
                at=now,
                customer_id=wish.customer_id,
                tier_id=wish.tier_id,
            )
    return told


def _available() -> QuerySet[ProductTier]:
    """Tiers of which at least one unit can be bought."""
    codes = Code.objects.free().values("stock__tier_id")
    counted = TierStock.objects.filter(available__gt=0).values("tier_id")
    sells_codes = _imported().values("tier_id")
    in_stock = ProductTier.objects.filter(Q(tracks_stock=False) | Q(pk__in=counted))
    return in_stock.filter(~Q(pk__in=sells_codes) | Q(pk__in=codes))


def _imported() -> QuerySet[CodeStock]:
    """Stocks that can run out; gift cards are made as they are sold."""
    return CodeStock.objects.filter(is_active=True, kind=CodeStock.Kind.IMPORTED)
