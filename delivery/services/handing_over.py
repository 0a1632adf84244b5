"""Hand over what was paid for, exactly once; take it back; try again what failed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from django.db import transaction

from delivery.errors import NotFailed, OutOfCodes, UnknownDelivery
from delivery.lines import Line
from delivery.models import Code, CodeStock, Delivery, DeliveryItem
from delivery.services.codes import keep_made_codes, release_codes, reserve_codes
from delivery.services.parcels import (
    cancel_parcel,
    expect_parcel,
    pack_parcel,
    send_parcel_after_all,
)
from shopbot.kernel.events import record

NO_CODE: Final = "No code is left to give. Import codes, then retry."


def hold(*, customer_id: int, line: Line, now: datetime) -> None:
    """Claim what a line will deliver, so that nobody pays for nothing.

    Raises:
        OutOfCodes: fewer codes are left than the line needs; nothing was claimed.
    """
    reserve_codes(tier_id=line.tier_id, quantity=line.quantity, source=line.source)
    if line.is_physical:
        expect_parcel(customer_id=customer_id, line=line, now=now)


def let_go(*, sources: Iterable[str], now: datetime) -> None:
    """Free what unpaid lines held; safe to repeat."""
    for source in sources:
        release_codes(source=source)
        cancel_parcel(source=source, now=now)


def deliver_all(
    *, customer_id: int, lines: Sequence[Line], actor: str, now: datetime
) -> list[Delivery]:
    """Give a customer everything that paid lines bring, in the caller's transaction.

    Safe to repeat: each thing of a line is given once. The caller holds the order's row. A
    missing code is a failed delivery for staff to mend, never a reason to refuse the money.
    """
    made: list[Delivery] = []
    for line in lines:
        keep_made_codes(line=line, now=now)
        codes = _codes_of(line)
        Code.objects.filter(pk__in=[code.pk for code in codes]).update(
            status=Code.Status.SOLD, sold_at=now
        )
        made += _owed(customer_id, line, codes, now)
        if line.is_physical:
            pack_parcel(customer_id=customer_id, line=line, actor=actor, now=now)
    sources = [line.source for line in lines]
    known = set(Delivery.objects.filter(source__in=sources).values_list("source", "slot"))
    fresh = [each for each in made if (each.source, each.slot) not in known]
    Delivery.objects.bulk_create(fresh)
    for delivery in fresh:
        _announce(delivery, actor, now)
    return fresh


@transaction.atomic
def take_back(*, sources: Iterable[str], actor: str, now: datetime) -> int:
    """Note that what these lines brought is no longer the customer's; safe to repeat.

    Sold codes become ``returned``: the customer has read them, so staff revoke them where they
    are redeemed, and they are never sold again.
    """
    sources = list(sources)
    Code.objects.filter(source__in=sources, status=Code.Status.SOLD).update(
        status=Code.Status.RETURNED, returned_at=now
    )
    for source in sources:
        cancel_parcel(source=source, now=now)
    owned = Delivery.objects.filter(source__in=sources, status__in=Delivery.OWNED)
    rows = list(owned.order_by("pk").select_for_update(of=("self",)))
    for row in rows:
        row.status, row.taken_back_at = Delivery.Status.TAKEN_BACK, now
        _record("delivery.taken_back", row, actor, now)
    Delivery.objects.bulk_update(rows, ["status", "taken_back_at"])
    return len(rows)


@transaction.atomic
def give_again(*, sources: Iterable[str], actor: str, now: datetime) -> int:
    """Undo ``take_back``, when a refund failed or a dispute was won; safe to repeat."""
    sources = list(sources)
    Code.objects.filter(source__in=sources, status=Code.Status.RETURNED).update(
        status=Code.Status.SOLD, returned_at=None
    )
    for source in sources:
        send_parcel_after_all(source=source)
    gone = Delivery.objects.filter(source__in=sources, status=Delivery.Status.TAKEN_BACK)
    rows = list(gone.order_by("pk").select_for_update(of=("self",)))
    for row in rows:
        row.taken_back_at = None
        if row.sent_at is not None:
            row.status = Delivery.Status.SENT
            continue
        row.attempts += 1
        row.status = _status_of(row)
        _announce(row, actor, now)
    Delivery.objects.bulk_update(rows, ["status", "taken_back_at", "attempts"])
    return len(rows)


@transaction.atomic
def retry(*, delivery_id: int, actor: str, now: datetime) -> None:
    """Send a failed delivery again; one that lacked a code takes one first.

    Raises:
        UnknownDelivery: there is no such delivery.
        NotFailed: it is on its way, sent or taken back.
        OutOfCodes: there is still no code for it.
    """
    row = Delivery.objects.select_for_update(of=("self",)).filter(pk=delivery_id).first()
    if row is None:
        raise UnknownDelivery(f"no delivery {delivery_id}")
    if row.status != Delivery.Status.FAILED:
        raise NotFailed(f"delivery {delivery_id} is {row.status}")
    if row.kind == Delivery.Kind.CODE and row.code_id is None:
        row.code = _late_code(row, now)
    row.status, row.error = Delivery.Status.WAITING, ""
    row.attempts += 1
    row.save(update_fields=["code", "status", "error", "attempts"])
    _announce(row, actor, now)


@transaction.atomic
def report_sent(*, delivery_id: int, now: datetime) -> bool:
    """Note that a delivery is in the chat; False when that was known or it was taken back."""
    unsent = Delivery.objects.filter(
        pk=delivery_id, status__in=[Delivery.Status.WAITING, Delivery.Status.FAILED]
    )
    if not unsent.update(status=Delivery.Status.SENT, sent_at=now, error=""):
        return False
    _record("delivery.sent", Delivery.objects.get(pk=delivery_id), "bot", now)
    return True


@transaction.atomic
def report_failed(*, delivery_id: int, error: str, now: datetime) -> bool:
    """Note that a delivery did not arrive, for staff to retry; False when it had ended."""
    waiting = Delivery.objects.filter(pk=delivery_id, status=Delivery.Status.WAITING)
    if not waiting.update(status=Delivery.Status.FAILED, error=error[:2000]):
        return False
    _record("delivery.failed", Delivery.objects.get(pk=delivery_id), "bot", now, error=error)
    return True


def _codes_of(line: Line) -> list[Code]:
    """Return what is held for a line; where nothing is, take what is left, if anything is."""
    held = Code.objects.filter(source=line.source, status=Code.Status.RESERVED)
    codes = list(held.order_by("pk"))
    if codes or Code.objects.filter(source=line.source).exists():
        return codes
    for _unit in range(line.quantity):
        try:
            reserve_codes(tier_id=line.tier_id, quantity=1, source=line.source)
        except OutOfCodes:
            break
    return list(held.order_by("pk"))


def _late_code(row: Delivery, now: datetime) -> Code:
    if not reserve_codes(tier_id=row.tier_id, quantity=1, source=row.source):
        raise OutOfCodes(f"tier {row.tier_id} sells no codes now", tier_id=row.tier_id)
    code = Code.objects.get(source=row.source, status=Code.Status.RESERVED)
    code.status, code.sold_at = Code.Status.SOLD, now
    code.save(update_fields=["status", "sold_at"])
    return code


def _owed(customer_id: int, line: Line, codes: Sequence[Code], now: datetime) -> list[Delivery]:
    """Build a line's rows: one for each code, even where one lacks, then the items."""
    sells_codes = CodeStock.objects.filter(tier_id=line.tier_id, is_active=True).exists()
    count = line.quantity if sells_codes else len(codes)
    whose = {
        "customer_id": customer_id,
        "tier_id": line.tier_id,
        "source": line.source,
        "created_at": now,
    }
    rows = []
    for number in range(1, count + 1):
        code = codes[number - 1] if number <= len(codes) else None
        row = Delivery(slot=f"code:{number}", kind=Delivery.Kind.CODE, code=code, **whose)
        row.status = _status_of(row)
        row.error = NO_CODE if code is None else ""
        rows.append(row)
    items = DeliveryItem.objects.filter(tier_id=line.tier_id, is_active=True)
    rows += [
        Delivery(slot=f"item:{item.pk}", kind=item.kind, item=item, **whose) for item in items
    ]
    return rows


def _status_of(row: Delivery) -> str:
    lacks_code = row.kind == Delivery.Kind.CODE and row.code_id is None
    return Delivery.Status.FAILED if lacks_code else Delivery.Status.WAITING


def _announce(row: Delivery, actor: str, now: datetime) -> None:
    is_ready = row.status == Delivery.Status.WAITING
    if is_ready:
        _record("delivery.ready", row, actor, now)
    else:
        _record("delivery.failed", row, actor, now, error=row.error)


def _record(kind: str, row: Delivery, actor: str, now: datetime, **data: str) -> None:
    """Record an event; a code itself is never part of one."""
    record(
        kind,
        subject=row.subject,
        actor=actor,
        at=now,
        customer_id=row.customer_id,
        delivery_kind=row.kind,
        source=row.source,
        attempt=row.attempts,
        **data,
    )
