"""How much of each privilege does a customer have, and how much is left?"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from django.db.models import Q

from catalog.levels import RANK
from entitlements.models import (
    FOREVER,
    Grant,
    Privilege,
    PrivilegeMeter,
    TierGrant,
    TierPrivilege,
)
from entitlements.models.offers import UNLIMITED
from shopbot.kernel.months import add_months

#: Where a period begins that never ends.
_EVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
#: The longest period that counts from a moment: a month and the part of one that follows.
_LONGEST: Final = timedelta(days=62)
_INSTANT: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a customer has of one privilege at a moment.

    ``value`` is the text staff wrote. For a number, ``limit`` is None when it is unlimited, and
    ``used`` counts since ``period_starts_at``.
    """

    privilege_id: int
    code: str
    name: str
    kind: str
    value: str
    is_hard: bool
    limit: int | None = None
    used: int = 0
    period_starts_at: datetime = _EVER
    resets_at: datetime | None = None

    @property
    def is_on(self) -> bool:
        """It gives anything: yes, more than zero, or a text."""
        return self.value not in {"", "no", "0"}

    @property
    def remaining(self) -> int | None:
        """What is left before the limit, never below zero; None when unlimited."""
        return None if self.limit is None else max(self.limit - self.used, 0)


@dataclass(frozen=True, slots=True)
class _Offer:
    """One grant's share of a privilege; the best of several is what the customer has."""

    given: TierPrivilege
    grant: Grant

    @property
    def worth(self) -> tuple[int, int, int]:
        """Compare: the larger number or a yes, then the softer limit, then the higher level."""
        kind = self.given.privilege.kind
        softness = int(self.given.limit == TierPrivilege.Limit.SOFT)
        if kind == Privilege.Kind.TEXT:
            return 0, softness, RANK[self.grant.level]
        return _amount(self.given.value), softness, RANK[self.grant.level]


def privileges_of(customer_id: int, at: datetime) -> tuple[Allowance, ...]:
    """Return what a customer has of every privilege, by code; four queries."""
    return tuple(_allowances(customer_id, at, privilege=None))


def privilege_of(customer_id: int, code: str, at: datetime) -> Allowance | None:
    """Return what a customer has of one privilege; None for nothing. Four queries."""
    return next(iter(_allowances(customer_id, at, privilege=code)), None)


def _allowances(customer_id: int, at: datetime, *, privilege: str | None) -> list[Allowance]:
    held = Grant.objects.filter(customer_id=customer_id, access_until__gt=at)
    rows = list(held.switched_on(at).unblocked(at).order_by("pk"))
    grants = [row for row in rows if row.starts_at <= at]
    waiting = [row for row in rows if row.starts_at > at and row.is_live]
    offers = _offers(grants, privilege)
    ids = [each[0].given.privilege_id for each in offers.values()]
    meters = _meters(customer_id, ids, at)
    return [_best(offers[code], waiting, meters, at) for code in sorted(offers)]


def _offers(grants: list[Grant], privilege: str | None) -> dict[str, list[_Offer]]:
    """Return what the grants give, by privilege.

    A grant that was sold as a tier gives that tier's privileges. One that was not (by hand, by
    a promise) gives those of the tiers that sell its entitlement at its level.
    """
    selling: dict[tuple[int, str], list[int]] = {}
    for link in TierGrant.objects.filter(type_id__in={grant.type_id for grant in grants}):
        selling.setdefault((link.type_id, link.level), []).append(link.tier_id)
    tiers = {
        grant: [grant.tier_id]
        if grant.tier_id
        else selling.get((grant.type_id, grant.level), [])
        for grant in grants
    }
    given = TierPrivilege.objects.filter(
        tier_id__in={t for each in tiers.values() for t in each}
    )
    if privilege is not None:
        given = given.filter(privilege__code=privilege)
    offers: dict[str, list[_Offer]] = {}
    for row in given.select_related("privilege"):
        for grant, tier_ids in tiers.items():
            if row.tier_id in tier_ids:
                offers.setdefault(row.privilege.code, []).append(_Offer(row, grant))
    return offers


def _meters(
    customer_id: int, privilege_ids: Iterable[int], at: datetime
) -> Mapping[tuple[int, datetime], int]:
    # No other period is longer but the one without end: years of days are left unread.
    recent = Q(period_starts_at=_EVER) | Q(period_starts_at__range=(at - _LONGEST, at))
    rows = PrivilegeMeter.objects.filter(
        recent, customer_id=customer_id, privilege_id__in=set(privilege_ids)
    )
    return {
        (privilege_id, starts): used
        for privilege_id, starts, used in rows.values_list(
            "privilege_id", "period_starts_at", "used"
        )
    }


def _best(
    offers: list[_Offer],
    waiting: list[Grant],
    meters: Mapping[tuple[int, datetime], int],
    at: datetime,
) -> Allowance:
    best = max(offers, key=lambda offer: offer.worth)
    privilege, given = best.given.privilege, best.given
    is_number = privilege.kind == Privilege.Kind.NUMBER
    # The oldest anchor: an upgrade in mid-period does not give the period's amount again.
    anchor = min(offer.grant.anchor_at for offer in offers)
    starts_at, resets_at = period_at(privilege.reset, anchor=anchor, at=at)
    if privilege.reset == Privilege.Reset.CYCLE:
        behind = [row for row in waiting if row.anchor_at == anchor]
        ends_at = _end([offer.grant for offer in offers] + behind)
        whole = _whole_cycle(anchor=anchor, ends_at=ends_at, at=at)
        # What was begun to be used up goes on, also where a refund cut it short.
        if whole[0] == starts_at or (privilege.pk, starts_at) not in meters:
            starts_at, resets_at = whole
    return Allowance(
        privilege_id=privilege.pk,
        code=privilege.code,
        name=privilege.name,
        kind=privilege.kind,
        value=given.value,
        is_hard=given.limit == TierPrivilege.Limit.HARD,
        limit=_amount(given.value) if is_number and given.value != UNLIMITED else None,
        used=meters.get((privilege.pk, starts_at), 0),
        period_starts_at=starts_at,
        resets_at=resets_at if is_number else None,
    )


def _end(grants: Iterable[Grant]) -> datetime:
    """Return when the last of them ends; grace does not count, lifetime ends with the world."""
    return max(FOREVER if row.ends_at is None else row.ends_at for row in grants)


def _whole_cycle(
    *, anchor: datetime, ends_at: datetime, at: datetime
) -> tuple[datetime, datetime | None]:
    """Return the cycle that holds a moment of access that ends then.

    A cycle begins where a whole month of access follows. What is less (some days given behind
    a month, grace) belongs to the cycle before it, or one day would open a month's amount.
    """
    starts_at, resets_at = period_at(Privilege.Reset.CYCLE, anchor=anchor, at=at)
    if resets_at is None or (starts_at > anchor and ends_at < resets_at):
        before = starts_at - _INSTANT
        starts_at, _ = period_at(Privilege.Reset.CYCLE, anchor=anchor, at=before)
        return starts_at, ends_at if ends_at > at else None
    _, next_one = period_at(Privilege.Reset.CYCLE, anchor=anchor, at=resets_at)
    if next_one is not None and resets_at < ends_at < next_one:
        return starts_at, ends_at
    return starts_at, resets_at


def _amount(value: str) -> int:
    """Read a number or a flag; what cannot be read gives nothing."""
    if value == UNLIMITED:
        return 2**63
    if value == "yes":
        return 1
    return int(value) if value.isascii() and value.isdigit() else 0


def period_at(
    reset: str, *, anchor: datetime, at: datetime
) -> tuple[datetime, datetime | None]:
    """Return when the counting period that holds a moment began, and when the next one does."""
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    if reset == Privilege.Reset.DAY:
        return midnight, midnight + timedelta(days=1)
    if reset == Privilege.Reset.MONTH:
        first = midnight.replace(day=1)
        return first, add_months(first, 1)
    if reset == Privilege.Reset.CYCLE:
        months = (at.year - anchor.year) * 12 + at.month - anchor.month
        if add_months(anchor, months) > at:
            months -= 1
        return add_months(anchor, months), add_months(anchor, months + 1)
    return _EVER, None
