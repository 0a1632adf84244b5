"""Price lists: what would change, and the moment from which it does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from pricing.book import price_book
from pricing.engine import PriceBook
from pricing.engine.book import TierBook
from pricing.engine.floors import floor_in
from pricing.engine.listing import price_point
from pricing.errors import AlreadyDecided, NotReady, UnknownRow
from pricing.models import PriceVersion, VersionPrice
from pricing.subscribers import count_subscribers
from shopbot.kernel.events import record


@dataclass(frozen=True, slots=True)
class PriceChange:
    """One price of a list beside the one it replaces; None where there was none."""

    tier_id: int
    path: str
    currency: str
    old_minor: int | None
    new_minor: int
    is_below_floor: bool

    @property
    def is_change(self) -> bool:
        """Whether the list changes anything here."""
        return self.old_minor != self.new_minor


@dataclass(frozen=True, slots=True)
class Difference:
    """What a price list would do, in numbers for the person who publishes it."""

    changes: tuple[PriceChange, ...]
    subscribers: int

    @property
    def changed(self) -> tuple[PriceChange, ...]:
        """The prices that change."""
        return tuple(change for change in self.changes if change.is_change)

    @property
    def below_floor(self) -> tuple[PriceChange, ...]:
        """The new prices below the tier's floor."""
        return tuple(change for change in self.changes if change.is_below_floor)


def difference(
    *, version_id: int, now: datetime, valid_from: datetime | None = None
) -> Difference:
    """Compare a price list with the prices in force when it begins; None for now.

    What other lists will have changed by then is part of those prices. A fixed number of
    queries.
    """
    book = price_book()
    prices = VersionPrice.objects.filter(version=version_id).order_by("tier_id", "currency")
    changes = tuple(
        _change(row, book.tiers[row.tier_id], book, now, valid_from or now) for row in prices
    )
    tiers = {change.tier_id for change in changes if change.is_change}
    return Difference(changes=changes, subscribers=count_subscribers(tiers))


@transaction.atomic
def draft_from_present(*, name: str, actor: str, now: datetime) -> PriceVersion:
    """Draft a price list that has every price in force now, to be changed by hand."""
    book = price_book()
    draft = PriceVersion.objects.create(name=name)
    VersionPrice.objects.bulk_create(
        VersionPrice(version=draft, tier_id=tier.id, currency=currency, amount_minor=amount)
        for tier in book.tiers.values()
        for currency, amount in price_point(tier, now, None).amounts.items()
    )
    record("price_list.drafted", subject=f"price-list:{draft.pk}", actor=actor, at=now)
    return draft


@transaction.atomic
def publish(*, version_id: int, valid_from: datetime | None, actor: str, now: datetime) -> None:
    """Publish a price list for a moment, None for now; it never changes after.

    Raises:
        NotReady: it has no price, begins in the past, or moves subscribers before it begins.
        AlreadyDecided: it is published.
    """
    version = PriceVersion.objects.select_for_update().filter(pk=version_id).first()
    if version is None:
        raise UnknownRow(f"no price list {version_id}", version_id=version_id)
    if version.status != PriceVersion.Status.DRAFT:
        raise AlreadyDecided(f"price list {version_id} is published")
    begins = valid_from or now
    if begins < now:
        raise NotReady("a price list cannot begin in the past")
    if version.moves_at is not None and version.moves_at < begins:
        raise NotReady("subscribers cannot move before the prices hold")
    if not version.prices.exists():
        raise NotReady("the price list has no prices")
    version.status = PriceVersion.Status.PUBLISHED
    version.valid_from, version.published_at, version.published_by = begins, now, actor
    version.save(update_fields=["status", "valid_from", "published_at", "published_by"])
    record(
        "price_list.published",
        subject=f"price-list:{version.pk}",
        actor=actor,
        at=now,
        valid_from=begins.isoformat(),
    )


def _change(
    row: VersionPrice, tier: TierBook, book: PriceBook, now: datetime, begins: datetime
) -> PriceChange:
    before = price_point(tier, begins, None).amounts
    return PriceChange(
        tier_id=tier.id,
        path=tier.path,
        currency=row.currency,
        old_minor=before.get(row.currency),
        new_minor=row.amount_minor,
        is_below_floor=row.amount_minor < floor_in(tier, row.currency, book, now),
    )
