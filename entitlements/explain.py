"""Why has a customer access, or not, at a moment? The answer as values; words are elsewhere."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet

from catalog.levels import RANK
from entitlements.models import Block, EntitlementType, Grant
from entitlements.selectors import entitlement_type

#: What lies this many rows before or behind a moment explains nothing about it.
MOST_ROWS = 200
#: How many ended or revoked grants are named when none counts.
MOST_PAST = 3


@dataclass(frozen=True, slots=True)
class Reason:
    """One fact that decided, or would have: a stable code and what it says, as JSON values."""

    code: str
    params: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Access at a moment, the verdict as a stable code, and the facts behind it in order.

    Verdicts: ``granted``, ``in_grace``; ``blocked``, ``switched_off``, ``level_too_low``,
    ``waiting``, ``ended``, ``revoked``, ``never_granted``.
    """

    customer_id: int
    code: str
    name: str
    at: datetime
    level: str | None
    has_access: bool
    verdict: str
    reasons: tuple[Reason, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return JSON values, for programs."""
        return {
            "customer_id": self.customer_id,
            "entitlement": self.code,
            "at": self.at.isoformat(),
            "level": self.level,
            "has_access": self.has_access,
            "verdict": self.verdict,
            "reasons": [
                {"code": reason.code, "params": dict(reason.params)} for reason in self.reasons
            ],
        }


@dataclass(frozen=True, slots=True)
class _Case:
    """Everything that bears on the question, as it stood at the moment asked about."""

    type: EntitlementType
    at: datetime
    level: str | None
    counting: tuple[Grant, ...]
    waiting: tuple[Grant, ...]
    past: tuple[Grant, ...]
    blocks: Mapping[int, tuple[Block, ...]]
    deferred: frozenset[int]

    def is_free(self, grant: Grant) -> bool:
        """Nobody on whom the grant depends is blocked."""
        return not any(self.blocks_on(grant))

    def blocks_on(self, grant: Grant) -> list[Block]:
        """Return what stands against the holder, and the owner of the seat it is."""
        depends_on = (grant, grant.follows) if grant.follows else (grant,)
        return [
            block
            for each in depends_on
            for block in self.blocks.get(each.customer_id, ())
            if block.only_source in ("", each.source)
        ]

    def is_high_enough(self, grant: Grant) -> bool:
        """The grant's level includes the one asked for."""
        return self.level is None or grant.rank >= RANK[self.level]


def explain(customer_id: int, code: str, at: datetime, level: str | None = None) -> Explanation:
    """Say whether and why a customer has access at any past or future moment; four queries.

    ``has_access`` is what ``has_entitlement`` answers for the same arguments.

    Raises:
        UnknownEntitlement: no entitlement has this code.
    """
    type = entitlement_type(code)
    found = Grant.objects.filter(customer_id=customer_id, type=type).select_related("follows")
    rows = _rows_around(found, at)
    return _explanation(
        customer_id, _case(type, rows, _blocks_on(customer_id, rows, at), at, level)
    )


def explain_held(customer_id: int, at: datetime) -> tuple[Explanation, ...]:
    """Explain everything that a customer was ever granted, by code; three queries."""
    found = Grant.objects.filter(customer_id=customer_id).select_related("type", "follows")
    rows = _rows_around(found, at)
    blocks = _blocks_on(customer_id, rows, at)
    by_code: dict[str, list[Grant]] = {}
    for row in rows:
        by_code.setdefault(row.type.code, []).append(row)
    return tuple(
        _explanation(customer_id, _case(own[0].type, own, blocks, at, None))
        for _, own in sorted(by_code.items())
    )


def _rows_around(found: QuerySet[Grant], at: datetime) -> list[Grant]:
    """Return what counts at a moment, then what is next to it on either side."""
    ahead = found.filter(access_until__gt=at).order_by("starts_at", "pk")
    behind = found.filter(access_until__lte=at).order_by("-access_until", "-pk")
    return [*ahead[:MOST_ROWS], *behind[:MOST_ROWS]]


def _explanation(customer_id: int, case: _Case) -> Explanation:
    verdict, reasons = _judge(case)
    return Explanation(
        customer_id=customer_id,
        code=case.type.code,
        name=case.type.name,
        at=case.at,
        level=case.level,
        has_access=verdict in {"granted", "in_grace"},
        verdict=verdict,
        reasons=tuple(reasons),
    )


def _case(
    type: EntitlementType,
    rows: list[Grant],
    blocks: Mapping[int, tuple[Block, ...]],
    at: datetime,
    level: str | None,
) -> _Case:
    before = {(row.source, row.sequence + 1): row for row in rows}
    known = [row for row in rows if _written_at(row, before) <= at or row.starts_at <= at]
    return _Case(
        type=type,
        at=at,
        level=level,
        counting=tuple(sorted((row for row in known if _counts(row, at)), key=_best_first)),
        waiting=tuple(
            row
            for row in sorted(known, key=lambda each: each.starts_at)
            if row.starts_at > at and row.access_until > at
        ),
        past=tuple(row for row in known if row.starts_at <= at and row.access_until <= at),
        blocks=blocks,
        deferred=frozenset(
            row.pk
            for row in rows
            if (earlier := before.get((row.source, row.sequence)))
            and earlier.closing == Grant.Closing.DEFERRED
        ),
    )


def _written_at(row: Grant, before: Mapping[tuple[str, int], Grant]) -> datetime:
    earlier = before.get((row.source, row.sequence))
    return row.granted_at if earlier is None or not earlier.revoked_at else earlier.revoked_at


def _counts(row: Grant, at: datetime) -> bool:
    return row.starts_at <= at < row.access_until


def _best_first(row: Grant) -> tuple[int, float]:
    return -row.rank, -row.access_until.timestamp()


def _blocks_on(
    customer_id: int, rows: Iterable[Grant], at: datetime
) -> dict[int, tuple[Block, ...]]:
    """Return the standing blocks of a customer, and of the owners of seats, by customer."""
    people = {customer_id} | {row.follows.customer_id for row in rows if row.follows}
    standing: dict[int, tuple[Block, ...]] = {}
    for block in Block.objects.standing(at).filter(customer_id__in=people).order_by("pk"):
        standing[block.customer_id] = (*standing.get(block.customer_id, ()), block)
    return standing


def _judge(case: _Case) -> tuple[str, list[Reason]]:
    if not case.type.is_on(case.at):
        return "switched_off", [Reason("switched_off", {}), *_counted(case, case.counting)]
    free = [row for row in case.counting if case.is_free(row)]
    enough = [row for row in free if case.is_high_enough(row)]
    if enough:
        return _has_access(case, enough)
    if free:
        return "level_too_low", _too_low(case, free)
    if case.counting:
        return "blocked", _blocked(case)
    return _has_nothing(case)


def _has_access(case: _Case, enough: list[Grant]) -> tuple[str, list[Reason]]:
    reasons = _counted(case, enough)
    levels = {row.level for row in enough}
    if len(levels) > 1:
        reasons.append(Reason("highest_level_wins", {"level": enough[0].level}))
    reasons.extend(_waits(case, row) for row in case.waiting)
    in_grace = all(_is_over(row, case.at) for row in enough)
    return ("in_grace" if in_grace else "granted"), reasons


def _too_low(case: _Case, free: list[Grant]) -> list[Reason]:
    asked = Reason("level_too_low", {"asked": case.level, "held": free[0].level})
    return [asked, *_counted(case, free)]


def _blocked(case: _Case) -> list[Reason]:
    blocks = {block.pk: block for row in case.counting for block in case.blocks_on(row)}
    holders = {row.customer_id for row in case.counting}
    stands = [
        Reason(
            "block_stands" if block.customer_id in holders else "owner_is_blocked",
            {
                "kind": block.kind,
                "source": block.source,
                "reason": block.reason,
                "starts_at": block.starts_at.isoformat(),
            },
        )
        for block in blocks.values()
    ]
    return [*stands, *_counted(case, case.counting)]


def _has_nothing(case: _Case) -> tuple[str, list[Reason]]:
    past = [_over(case, row) for row in case.past if _explains(row, case.at)][:MOST_PAST]
    waits = [_waits(case, row) for row in case.waiting]
    if waits:
        return "waiting", [*waits, *past]
    if not past:
        return "never_granted", [Reason("never_granted", {})]
    return ("revoked" if past[0].code == "grant_revoked" else "ended"), past


def _explains(row: Grant, at: datetime) -> bool:
    """Tell rows that ended or were revoked from those whose source goes on in another row."""
    is_replaced = row.closing not in {"", Grant.Closing.REVOKED}
    return not is_replaced or row.revoked_at is None or row.revoked_at > at


def _counted(case: _Case, rows: Iterable[Grant]) -> list[Reason]:
    """Describe grants that count at the moment."""
    return [_in_grace(row) if _is_over(row, case.at) else _running(row) for row in rows]


def _is_over(row: Grant, at: datetime) -> bool:
    return row.ends_at is not None and row.ends_at <= at


def _running(row: Grant) -> Reason:
    return Reason("grant_counts", _params(row))


def _in_grace(row: Grant) -> Reason:
    return Reason("grant_in_grace", _params(row) | {"grace_until": _grace_until(row)})


def _waits(case: _Case, row: Grant) -> Reason:
    return Reason("grant_deferred" if row.pk in case.deferred else "grant_waits", _params(row))


def _over(case: _Case, row: Grant) -> Reason:
    if row.revoked_at is not None and row.revoked_at == row.access_until:
        params = {"revoked_at": row.revoked_at.isoformat(), "reason": row.revoked_reason}
        return Reason("grant_revoked", _params(row) | params)
    return Reason("grant_ended", _params(row) | {"grace_until": _grace_until(row)})


def _grace_until(row: Grant) -> str | None:
    if row.ends_at is None or not row.grace_days:
        return None
    return (row.ends_at + timedelta(days=row.grace_days)).isoformat()


def _params(row: Grant) -> dict[str, Any]:
    return {
        "grant_id": row.pk,
        "source": row.source,
        "level": row.level,
        "starts_at": row.starts_at.isoformat(),
        "ends_at": None if row.ends_at is None else row.ends_at.isoformat(),
    }
