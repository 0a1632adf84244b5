"""Give a customer what was sold, given or promised."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from catalog.errors import UnknownTier
from catalog.levels import RANK
from catalog.models import ProductTier
from entitlements.chain import append
from entitlements.errors import BadEnd, SourceIsTaken, UnknownEntitlement
from entitlements.ledger import (
    append_row,
    own_line,
    record_grant,
    set_stretch,
    settle_line,
    stretch_of,
)
from entitlements.locking import lock_customer
from entitlements.models import LATEST_END, EntitlementType, Grant, TierGrant
from shopbot.kernel.versions import VersionedCache

#: A hundred years: what is longer is a lifetime, or a mistyped number.
MOST_MONTHS = 1200
MOST_DAYS = 36_500


@dataclass(frozen=True, slots=True)
class NewGrant:
    """What is to be granted: for calendar months, for days, until a moment, or for life.

    At most one of ``months``, ``ends_at`` and ``days`` is set; none of them means lifetime.
    ``source`` names what gives it (``order-line:17``) and is the key that makes repeating safe.
    ``tier_id`` is the offer it was sold as, which decides privileges; ``seats`` is how many
    people the holder may invite.
    """

    type_id: int
    level: str
    source: str
    months: int | None
    ends_at: datetime | None = None
    days: int | None = None
    grace_days: int = 0
    seats: int = 0
    tier_id: int | None = None
    note: str = ""

    def __post_init__(self) -> None:
        lengths = [each for each in (self.months, self.ends_at, self.days) if each is not None]
        if len(lengths) > 1:
            raise ValueError("a grant has one length: months, days, or an end")
        if self.level not in RANK:
            raise ValueError(f"there is no level {self.level!r}")
        if self.months is not None and not 1 <= self.months <= MOST_MONTHS:
            raise ValueError(f"months are 1 to {MOST_MONTHS}")
        if self.days is not None and not 1 <= self.days <= MOST_DAYS:
            raise ValueError(f"days are 1 to {MOST_DAYS}")


@transaction.atomic
def grant_all(
    *, customer_id: int, grants: Sequence[NewGrant], now: datetime, actor: str
) -> list[Grant]:
    """Grant everything in the list, in its order, and return the rows that stand for it.

    Safe to repeat: a source grants an entitlement once; the same again returns its latest row,
    also when that was revoked meanwhile. Locks the customer.

    Raises:
        UnknownCustomer: no such customer.
        UnknownEntitlement: a type does not exist.
        SourceIsTaken: a source granted the same entitlement to another customer.
        BadEnd: an end is not after ``now``.
    """
    lock_customer(customer_id)
    types = _types(grants)
    known = _known(grants)
    rows: list[Grant] = []
    for new in grants:
        key = (new.source, new.type_id)
        if key not in known:
            known[key] = _grant(customer_id, new, types[new.type_id], now=now, actor=actor)
        elif known[key].customer_id != customer_id:
            raise SourceIsTaken(f"{new.source} granted to another customer", source=new.source)
        rows.append(known[key])
    return rows


def _types(grants: Sequence[NewGrant]) -> dict[int, EntitlementType]:
    wanted = {new.type_id for new in grants}
    types = EntitlementType.objects.in_bulk(wanted)
    if missing := wanted - types.keys():
        raise UnknownEntitlement(f"no entitlement {min(missing)}", type_id=min(missing))
    return types


def _known(grants: Sequence[NewGrant]) -> dict[tuple[str, int], Grant]:
    """Return the latest row of each source and type; later sequences overwrite earlier ones."""
    sources = {new.source for new in grants}
    rows = Grant.objects.filter(source__in=sources).order_by("sequence")
    return {(row.source, row.type_id): row for row in rows}


def _grant(
    customer_id: int, new: NewGrant, type: EntitlementType, *, now: datetime, actor: str
) -> Grant:
    line = own_line(customer_id=customer_id, type_id=type.pk, now=now)
    grant = _unplaced(customer_id, new, now=now)
    if new.months is not None or new.days is not None:
        stretches = [stretch_of(other) for other in line]
        placed = append(stretch_of(grant), stretches, now=now, defers=type.defers)
        set_stretch(grant, placed)
    append_row(grant, now=now)
    record_grant("grant.granted", grant, type=type, actor=actor, at=now, months=new.months)
    if not line:
        return grant
    moved = settle_line(customer_id=customer_id, type=type, actor=actor, now=now)
    return moved.get(grant.pk, grant)


def _unplaced(customer_id: int, new: NewGrant, *, now: datetime) -> Grant:
    """Return the row as if nothing stood before it; months get their dates when placed."""
    ends_at = new.ends_at
    if new.days is not None:
        ends_at = now + timedelta(days=new.days)
    if ends_at is not None and not now < ends_at <= LATEST_END:
        raise BadEnd(
            f"the end must lie after now and before {LATEST_END.year}",
            ends_at=ends_at.isoformat(),
        )
    return Grant(
        customer_id=customer_id,
        type_id=new.type_id,
        level=new.level,
        source=new.source,
        tier_id=new.tier_id,
        months=new.months,
        starts_at=now,
        ends_at=ends_at,
        anchor_at=now,
        grace_days=new.grace_days,
        seats=new.seats,
        granted_at=now,
        note=new.note,
    )


def tier_grants(tier_id: int) -> tuple[tuple[int, str], ...]:
    """Return ``(type_id, level)`` of everything that a tier gives; one query."""
    given = _GIVEN.get().get(tier_id, ())
    return tuple((type_id, level) for type_id, level, _seats, _grace in given)


def grants_for_tier(
    *,
    tier_id: int,
    source: str,
    months: int | None,
    days: int | None = None,
    quantity: int = 1,
    catalog_version: int | None = None,
) -> tuple[NewGrant, ...]:
    """Return what ``grant_all`` is to be given for one sold line of a tier.

    Grace and seats come from the tier; ``quantity`` multiplies the seats. One query, which asks
    for the catalog's version; none for who has read it.

    Raises:
        UnknownTier: no such tier.
    """
    given = _GIVEN.get() if catalog_version is None else _GIVEN.get_at(catalog_version)
    found = given.get(tier_id, ())
    if not found and not ProductTier.objects.filter(pk=tier_id).exists():
        raise UnknownTier(f"no tier {tier_id}", tier_id=tier_id)
    return tuple(
        NewGrant(
            type_id=type_id,
            level=level,
            source=source,
            months=months,
            days=days,
            grace_days=0 if months is None else grace_days,
            seats=seats * quantity,
            tier_id=tier_id,
        )
        for type_id, level, seats, grace_days in found
    )


#: Of one entitlement that a tier gives: type, level, seats a unit, days of grace.
_Given = tuple[int, str, int, int]


def _load(_version: int) -> dict[int, list[_Given]]:
    given: dict[int, list[_Given]] = {}
    rows = TierGrant.objects.order_by("pk").values_list(
        "tier_id", "type_id", "level", "seats", "tier__grace_days"
    )
    for tier_id, type_id, level, seats, grace_days in rows:
        given.setdefault(tier_id, []).append((type_id, level, seats, grace_days))
    return given


#: Changes of what tiers give raise the catalog's version, as those of the tiers do.
_GIVEN: Final = VersionedCache("catalog", _load)
