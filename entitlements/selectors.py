"""Who may use what, at any moment?"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from operator import attrgetter

from django.db.models import Q

from catalog.levels import RANK, Level
from entitlements.errors import UnknownEntitlement
from entitlements.models import EntitlementType, Grant, TierGrant
from entitlements.models.grants import GrantQuerySet
from shopbot.kernel.statements import NO_MOMENT, NO_NUMBER, NO_TEXT, Question

_PREMIUM_RANK = RANK[Level.PREMIUM]


@dataclass(frozen=True, slots=True)
class Holding:
    """What a customer has of one entitlement at its best level.

    ``ends_at`` is when the time paid for runs out, everything counted that follows without a
    gap at that level; None means never. ``in_grace`` says that it has run out already and that
    access goes on until ``grace_until``, for paying late. ``is_active`` is access itself.
    """

    type_id: int
    code: str
    name: str
    level: str
    starts_at: datetime
    ends_at: datetime | None
    grace_until: datetime | None
    source: str
    is_active: bool
    in_grace: bool
    is_blocked: bool
    is_seat: bool


@dataclass(frozen=True, slots=True)
class Remainder:
    """What is left unused of a grant, for a credit to the second."""

    grant_id: int
    source: str
    type_id: int
    level: str
    starts_at: datetime
    ends_at: datetime
    remaining_seconds: int
    total_seconds: int


def has_entitlement(
    customer_id: int, code: str, at: datetime, level: str | None = None
) -> bool:
    """Tell whether a customer has access at a moment, at ``level`` or a higher one.

    One indexed query, however long the history; no cache, so never stale.
    """
    return _question("customer_id", level).ask(customer_id, code, at)


def telegram_id_has_entitlement(
    telegram_id: int, code: str, at: datetime, level: str | None = None
) -> bool:
    """Tell the same of whoever has a Telegram id, in the one query; nobody has nothing."""
    return _question("customer__telegram_id", level).ask(telegram_id, code, at)


@lru_cache(maxsize=64)
def _question(holder: str, level: str | None) -> Question:
    def held(who: int, code: str, at: datetime) -> GrantQuerySet:
        grants = Grant.objects.filter(**{holder: who}, type__code=code).switched_on(at)
        if level is not None:
            grants = grants.filter(level__in=_levels_from(RANK[level]))
        return grants.counting(at).unblocked(at)

    return Question(held, stand_ins=(NO_NUMBER, NO_TEXT, NO_MOMENT))


def _levels_from(rank: int) -> list[str]:
    return [level for level, other in RANK.items() if other >= rank]


def tier_of(customer_id: int, at: datetime) -> Level:
    """Return the highest level a customer has of anything, FREE for nothing; one query."""
    held = Grant.objects.filter(customer_id=customer_id).switched_on(at)
    levels = held.counting(at).unblocked(at).order_by().values_list("level", flat=True)
    return Level(max(levels.distinct(), key=RANK.__getitem__, default=Level.FREE.value))


def is_premium(customer_id: int, at: datetime) -> bool:
    """Tell whether a customer's tier is premium or higher; one query."""
    return RANK[tier_of(customer_id, at)] >= _PREMIUM_RANK


def active_entitlements(customer_id: int, at: datetime) -> tuple[Holding, ...]:
    """Return what a customer has access to at a moment, each at its best level, by code.

    One query, however much there is.
    """
    return tuple(held for held in holdings(customer_id, at) if held.is_active)


def holdings(customer_id: int, at: datetime) -> tuple[Holding, ...]:
    """Return what a customer holds at a moment, suspended ones included, by code; one query."""
    rows = Grant.objects.filter(customer_id=customer_id, access_until__gt=at)
    # What waits counts too: it is where the chain really ends.
    rows = rows.with_blocked(at).select_related("type").order_by("pk")
    by_type: dict[int, list[Grant]] = {}
    for row in rows:
        if row.revoked_at is None or row.starts_at <= at:
            by_type.setdefault(row.type_id, []).append(row)
    found = [held for each in by_type.values() if (held := _holding(each, at)) is not None]
    return tuple(sorted(found, key=attrgetter("code")))


def _holding(rows: list[Grant], at: datetime) -> Holding | None:
    counting = [row for row in rows if row.starts_at <= at]
    if not counting:
        return None
    # A seat of a blocked owner must not hide what the customer has besides.
    best = max(counting, key=lambda row: (not _is_blocked(row), *_value(row, at)))
    ends_at, grace_days = _chain_end(best, rows)
    is_blocked, is_seat = _is_blocked(best), best.follows_id is not None
    return Holding(
        type_id=best.type_id,
        code=best.type.code,
        name=best.type.name,
        level=best.level,
        starts_at=best.starts_at if is_seat else min(best.anchor_at, best.starts_at),
        ends_at=ends_at,
        grace_until=None if ends_at is None else ends_at + timedelta(days=grace_days),
        source=best.source,
        is_active=best.type.is_on(at) and not is_blocked,
        in_grace=ends_at is not None and ends_at <= at,
        is_blocked=is_blocked,
        is_seat=is_seat,
    )


def _is_blocked(row: Grant) -> bool:
    return bool(getattr(row, "is_blocked", False))


def _value(row: Grant, at: datetime) -> tuple[int, bool, bool, datetime]:
    """Compare: the higher level, then running before in grace, then what lasts longer."""
    is_running = row.ends_at is None or row.ends_at > at
    return row.rank, is_running, row.ends_at is None, row.access_until


def _chain_end(best: Grant, rows: Iterable[Grant]) -> tuple[datetime | None, int]:
    """Return where what follows ``best`` without a gap, at its level or higher, really ends."""
    ends_at, grace_days = best.ends_at, best.grace_days
    for row in sorted(rows, key=lambda each: (each.starts_at, each.pk)):
        if ends_at is None or row.revoked_at is not None or row.rank < best.rank:
            continue
        if _is_blocked(row) and not _is_blocked(best):
            continue
        if row.starts_at <= ends_at and (row.ends_at is None or row.ends_at > ends_at):
            ends_at, grace_days = row.ends_at, row.grace_days
    return ends_at, grace_days


def entitlement_type(code: str) -> EntitlementType:
    """Return an entitlement by its code.

    Raises:
        UnknownEntitlement: no entitlement has this code.
    """
    found = EntitlementType.objects.filter(code=code).first()
    if found is None:
        raise UnknownEntitlement(f"no entitlement is called {code!r}", code=code)
    return found


def upgrade_remainder(customer_id: int, tier_id: int, at: datetime) -> tuple[Remainder, ...]:
    """Return the unused rest of what a customer holds below a tier, oldest first; two queries.

    For each live grant, running or waiting, of an entitlement that the tier gives at a higher
    level. Lifetime, grace and seats held from others leave no remainder.
    """
    wanted = {link.type_id: link.level for link in TierGrant.objects.filter(tier_id=tier_id)}
    live = Grant.objects.live().filter(
        Q(ends_at__gt=at),
        customer_id=customer_id,
        type_id__in=wanted,
        follows__isnull=True,
        access_until__gt=at,
    )
    return tuple(
        _remainder(row, row.ends_at, at)
        for row in live.order_by("starts_at", "pk")
        if row.ends_at is not None and row.rank < RANK[wanted[row.type_id]]
    )


def _remainder(row: Grant, ends_at: datetime, at: datetime) -> Remainder:
    begins = max(row.starts_at, at)
    return Remainder(
        grant_id=row.pk,
        source=row.source,
        type_id=row.type_id,
        level=row.level,
        starts_at=row.starts_at,
        ends_at=ends_at,
        remaining_seconds=int((ends_at - begins).total_seconds()),
        total_seconds=int((ends_at - row.starts_at).total_seconds()),
    )
