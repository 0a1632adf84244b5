"""Suspend a customer's access, and give it back."""

from datetime import datetime

from django.db import transaction

from entitlements.errors import UnknownBlock
from entitlements.locking import lock_customer
from entitlements.models import Block, Grant
from shopbot.kernel.events import record


@transaction.atomic
def block(
    *,
    customer_id: int,
    kind: str,
    source: str,
    reason: str,
    actor: str,
    now: datetime,
    only_source: str = "",
) -> Block:
    """Suspend all of a customer's access, or what one source gave, until the block is lifted.

    Safe to repeat: a source's block of one kind stands once. Locks the customer.

    Raises:
        UnknownCustomer: no such customer.
    """
    if kind not in Block.Kind.values:
        raise ValueError(f"there is no kind of block {kind!r}")
    lock_customer(customer_id)
    placed, is_new = Block.objects.get_or_create(
        customer_id=customer_id,
        kind=kind,
        source=source,
        only_source=only_source,
        lifted_at=None,
        defaults={"starts_at": now, "reason": reason[:200]},
    )
    if is_new:
        _record("block.placed", placed, actor=actor, now=now, reason=placed.reason)
    return placed


@transaction.atomic
def lift_block(*, block_id: int, reason: str, actor: str, now: datetime) -> bool:
    """End one block; False when it was lifted before.

    Raises:
        UnknownBlock: no such block.
    """
    placed = Block.objects.filter(pk=block_id).first()
    if placed is None:
        raise UnknownBlock(f"no block {block_id}", block_id=block_id)
    return _lift(placed, reason=reason, actor=actor, now=now)


@transaction.atomic
def lift_source_blocks(*, source: str, reason: str, actor: str, now: datetime) -> int:
    """End every block that a source placed; return how many that were. Safe to repeat."""
    standing = Block.objects.filter(source=source, lifted_at__isnull=True).order_by("pk")
    return sum([_lift(each, reason=reason, actor=actor, now=now) for each in standing])


def _lift(placed: Block, *, reason: str, actor: str, now: datetime) -> bool:
    # One UPDATE decides, so that two who lift at once record it once.
    standing = Block.objects.filter(pk=placed.pk, lifted_at__isnull=True)
    placed.lifted_at = max(now, placed.starts_at)
    if not standing.update(lifted_at=placed.lifted_at):
        return False
    _record("block.lifted", placed, actor=actor, now=now, reason=reason)
    return True


def _record(kind: str, placed: Block, *, actor: str, now: datetime, reason: str) -> None:
    record(
        kind,
        subject=f"block:{placed.pk}",
        actor=actor,
        at=now,
        customer_id=placed.customer_id,
        block=placed.kind,
        source=placed.source,
        only_source=placed.only_source,
        reason=reason,
    )
    _tell_members(placed, actor=actor, now=now)


def _tell_members(placed: Block, *, actor: str, now: datetime) -> None:
    """Record for each holder of a seat that it gives nothing now, or gives again."""
    seats = Grant.objects.live().filter(
        follows__customer_id=placed.customer_id, access_until__gt=now
    )
    kind = "grant.suspended" if placed.lifted_at is None else "grant.resumed"
    for member_id in sorted(set(seats.values_list("customer_id", flat=True))):
        record(kind, subject=f"block:{placed.pk}", actor=actor, at=now, customer_id=member_id)
