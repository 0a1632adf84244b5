"""Codes: imported, held, sold, returned; each is one customer's at most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import Q

from delivery.errors import CodeIsTaken, ImportRefused, OutOfCodes
from delivery.lines import Line
from delivery.models import Code, CodeStock
from shopbot.kernel.events import record
from shopbot.kernel.queues import skipping_locked

#: A longer list is imported in parts: one request must not hold the database for minutes.
MOST_ROWS: Final = 50_000
_LONGEST: Final = 500


@dataclass(frozen=True, slots=True)
class Problem:
    """Why one row of a list cannot be imported; rows count from 1."""

    row: int
    reason: str

    def __str__(self) -> str:
        return f"row {self.row}: {self.reason}"


@dataclass(frozen=True, slots=True)
class CheckedList:
    """What a list of codes would bring, and what is wrong with it."""

    secrets: tuple[str, ...]
    problems: tuple[Problem, ...]


def check_codes(*, stock_id: int, rows: Sequence[str]) -> CheckedList:
    """Judge a list row by row without writing: the dry run; a query per 1,000 rows."""
    problems = _made_here(stock_id)
    first: dict[str, int] = {}
    for number, secret in enumerate((row.strip() for row in rows), start=1):
        if number > MOST_ROWS:
            problems.append(Problem(number, f"more than {MOST_ROWS} rows; split the list"))
            break
        if not secret:
            problems.append(Problem(number, "is empty"))
        elif not secret.isprintable():
            problems.append(Problem(number, "holds a sign that cannot be printed"))
        elif len(secret) > _LONGEST:
            problems.append(Problem(number, f"is longer than {_LONGEST} characters"))
        elif secret in first:
            problems.append(Problem(number, f"repeats row {first[secret]}"))
        else:
            first[secret] = number
    for secret, place in _known(stock_id, list(first)).items():
        problems.append(Problem(first.pop(secret), f"is in {place} already"))
    problems.sort(key=lambda problem: problem.row)
    return CheckedList(secrets=tuple(first), problems=tuple(problems))


@transaction.atomic
def import_codes(*, stock_id: int, rows: Sequence[str], actor: str, now: datetime) -> int:
    """Add a list of codes to a stock, all of it or nothing; return how many.

    Imports wait for each other, also of other stocks: none brings what another is bringing.

    Raises:
        ImportRefused: a row is empty, too long, a duplicate, or in a stock already;
            ``problems`` tells which.
    """
    list(CodeStock.objects.select_for_update(of=("self",)).order_by("pk").values_list("pk"))
    checked = check_codes(stock_id=stock_id, rows=rows)
    if checked.problems or not checked.secrets:
        said = "; ".join(map(str, checked.problems[:20])) or "the list is empty"
        raise ImportRefused(said, problems=[str(each) for each in checked.problems])
    Code.objects.bulk_create(
        (
            Code(stock_id=stock_id, secret=secret, added_by=actor, added_at=now)
            for secret in checked.secrets
        ),
        batch_size=1000,
    )
    count = len(checked.secrets)
    record("codes.imported", subject=f"code-stock:{stock_id}", actor=actor, at=now, count=count)
    return count


def reserve_codes(*, tier_id: int, quantity: int, source: str) -> int:
    """Hold codes for an order line; return how many, 0 where the tier sells none.

    Each statement takes only rows that nobody else is taking: buyers neither wait for each
    other nor get the same code. Runs in the caller's transaction.

    Raises:
        OutOfCodes: fewer are free; nothing was held.
    """
    active = CodeStock.objects.filter(
        tier_id=tier_id, is_active=True, kind=CodeStock.Kind.IMPORTED
    )
    stock_id = active.values_list("pk", flat=True).first()
    if stock_id is None:
        return 0
    if not _take(stock_id, quantity, source):
        raise OutOfCodes(f"tier {tier_id} has fewer than {quantity} codes", tier_id=tier_id)
    return quantity


def keep_made_codes(*, line: Line, now: datetime) -> None:
    """Write down the codes that were made for a paid line; safe to repeat."""
    if not line.codes:
        return
    stock = CodeStock.objects.get(tier_id=line.tier_id)
    for secret in line.codes:
        Code.objects.get_or_create(
            stock=stock,
            secret=secret,
            defaults={
                "status": Code.Status.RESERVED,
                "source": line.source,
                "added_by": line.source,
                "added_at": now,
            },
        )


def release_codes(*, source: str) -> int:
    """Free what an order line held and did not buy; safe to repeat."""
    held = Code.objects.filter(source=source, status=Code.Status.RESERVED)
    return held.update(status=Code.Status.FREE, source="")


@transaction.atomic
def withdraw(*, code_id: int, actor: str, now: datetime) -> None:
    """Take a code that nobody has out of the stock.

    Raises:
        CodeIsTaken: it is sold, or held for an order.
    """
    if not Code.objects.free().filter(pk=code_id).update(status=Code.Status.WITHDRAWN):
        raise CodeIsTaken(f"code {code_id} is not free")
    record("code.withdrawn", subject=f"code:{code_id}", actor=actor, at=now)


def _take(stock_id: int, quantity: int, source: str) -> bool:
    with transaction.atomic():
        free = skipping_locked(Code.objects.free().filter(stock_id=stock_id).order_by("pk"))
        chosen = list(free.values_list("pk", flat=True)[:quantity])
        # Without row locks, the condition decides between two who chose alike.
        taken = Code.objects.free().filter(pk__in=chosen)
        count = taken.update(status=Code.Status.RESERVED, source=source)
        if count != quantity:
            transaction.set_rollback(True)
    return count == quantity


def _made_here(stock_id: int) -> list[Problem]:
    makes = CodeStock.objects.filter(pk=stock_id, kind=CodeStock.Kind.GIFT_CARDS)
    return [Problem(1, "this stock makes its own codes: gift cards")] if makes.exists() else []


def _known(stock_id: int, secrets: Sequence[str]) -> dict[str, str]:
    """Say of each code that is there already where; one withdrawn elsewhere may come here."""
    found: dict[str, str] = {}
    elsewhere = ~Q(stock_id=stock_id)
    for start in range(0, len(secrets), 1000):
        known = Code.objects.filter(secret__in=secrets[start : start + 1000])
        for code in known.exclude(elsewhere, status=Code.Status.WITHDRAWN).select_related(
            "stock__tier__product"
        ):
            is_here = code.stock_id == stock_id
            found[code.secret] = "the stock" if is_here else f"the stock of {code.stock.tier}"
    return found
