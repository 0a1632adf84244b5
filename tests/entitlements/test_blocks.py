"""What a block takes away for a while, and what it leaves."""

from datetime import timedelta

import pytest

from catalog.levels import Level
from entitlements.errors import UnknownBlock
from entitlements.models import Block
from entitlements.selectors import active_entitlements, has_entitlement, holdings, tier_of
from entitlements.services import block, lift_block, lift_source_blocks
from shopbot.kernel.models import Event

pytestmark = pytest.mark.django_db


@pytest.fixture
def place(customer, now):
    def call(kind: str = "dispute", source: str = "dispute:1", at=None) -> Block:
        return block(
            customer_id=customer.pk,
            kind=kind,
            source=source,
            reason="chargeback",
            actor="stripe",
            now=at or now,
        )

    return call


def test_a_block_suspends_everything_and_the_clock_runs_on(grant, place, customer, now):
    row = grant()

    place()

    later = now + timedelta(days=1)
    assert not has_entitlement(customer.pk, "signals", later)
    assert active_entitlements(customer.pk, later) == ()
    assert tier_of(customer.pk, later) == Level.FREE
    [held] = holdings(customer.pk, later)
    assert (held.is_active, held.is_blocked, held.ends_at) == (False, True, row.ends_at)


def test_other_customers_are_not_suspended(grant, place, stranger, now):
    grant(customer=stranger)

    place()

    assert has_entitlement(stranger.pk, "signals", now)


def test_access_needs_every_block_to_be_lifted(grant, place, customer, now):
    grant()
    place()
    place(kind="staff", source="staff:1")
    later = now + timedelta(days=1)

    assert lift_source_blocks(source="dispute:1", reason="won", actor="stripe", now=later) == 1
    assert not has_entitlement(customer.pk, "signals", later)

    assert lift_source_blocks(source="staff:1", reason="", actor="staff:1", now=later) == 1
    assert has_entitlement(customer.pk, "signals", later)


def test_the_past_stays_as_it_was(grant, place, customer, now):
    grant()
    placed = place(at=now + timedelta(days=2))
    lift_block(block_id=placed.pk, reason="won", actor="staff:1", now=now + timedelta(days=4))

    answers = [
        has_entitlement(customer.pk, "signals", now + timedelta(days=days)) for days in range(6)
    ]

    assert answers == [True, True, False, False, True, True]


def test_placing_and_lifting_twice_counts_once(place, now):
    first = place()

    assert place().pk == first.pk
    assert lift_block(block_id=first.pk, reason="", actor="staff:1", now=now) is True
    assert lift_block(block_id=first.pk, reason="", actor="staff:1", now=now) is False
    assert lift_source_blocks(source="dispute:1", reason="", actor="stripe", now=now) == 0

    kinds = Event.objects.order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["block.placed", "block.lifted"]


def test_a_second_dispute_may_block_after_the_first_was_lifted(place, now):
    first = place()
    lift_block(block_id=first.pk, reason="", actor="staff:1", now=now)

    assert place(at=now + timedelta(days=1)).pk != first.pk


def test_unknown_blocks_and_kinds_are_refused(place, now):
    with pytest.raises(UnknownBlock):
        lift_block(block_id=1, reason="", actor="staff:1", now=now)
    with pytest.raises(ValueError, match="whim"):
        place(kind="whim")

    assert not Block.objects.exists()


def test_blocks_are_lifted_not_deleted(place):
    placed = place()

    with pytest.raises(TypeError):
        placed.delete()

    assert Block.objects.get() == placed
