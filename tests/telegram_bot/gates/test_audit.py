"""Each night the customers that the shop knows are compared with who is in the chats."""

from datetime import timedelta

import pytest

from shopbot.kernel.models import Event
from shopbot.kernel.sweeps import run_sweep
from telegram_bot.gates.models import ChatMembership, GatedChat, Removal

pytestmark = pytest.mark.django_db


def audit(world):
    """Run the night's comparison to its end."""
    asked = 0
    while count := run_sweep("gate-audit", now=world.now):
        asked += count
    return asked


@pytest.fixture
def unheard(world, room, anna):
    """Anna came in with access, and no update told the bot of it."""
    world.grant(anna)
    anna.join(world.sim.add_link(room.chat_id))
    world.miss()
    assert not ChatMembership.objects.exists()
    return anna


def test_a_member_of_whom_no_update_told_is_recorded(world, room, unheard):
    audit(world)

    row = world.member(unheard)
    assert (row.is_inside, row.name) == (True, "Anna")
    assert not Removal.objects.exists()
    world.sim.advance(days=30)
    world.work()
    assert unheard.place_in(room.chat_id) == "left"


def test_a_former_customer_inside_is_found_and_removed(world, room, unheard):
    world.sim.advance(days=30)

    audit(world)
    world.work()

    assert unheard.place_in(room.chat_id) == "left"
    assert world.removal(unheard).reason == "found"
    done = Event.objects.filter(kind="gate.audited").latest("pk")
    assert (done.data["inside"], done.data["found"]) == (2, 1)


@pytest.fixture
def ben(world, room):
    """A customer who never had access, and came in before anybody looked."""
    ben = world.sim.user("Ben")
    world.customer(ben)
    ben.join(world.sim.add_link(room.chat_id))
    world.miss()
    return ben


def test_the_first_comparison_finds_customers_who_never_had_access(world, room, ben):
    audit(world)
    world.work()

    assert ben.place_in(room.chat_id) == "left"
    assert world.removal(ben).reason == "found"


def test_who_came_in_while_the_bot_had_no_rights_is_found_when_it_has_them_again(
    world, room, unheard
):
    audit(world)
    world.sim.place_bot(room.chat_id, "administrator", can_restrict_members=False)
    world.work()
    ben = world.sim.user("Ben")
    world.customer(ben)
    ben.join(world.sim.add_link(room.chat_id))
    world.miss()
    world.sim.place_bot(room.chat_id, "administrator", can_restrict_members=True)
    world.work()

    audit(world)
    world.work()

    assert ben.place_in(room.chat_id) == "left"
    assert unheard.place_in(room.chat_id) == "member"


def test_who_left_unheard_is_noted(world, room, unheard):
    audit(world)
    unheard.leave(room.chat_id)
    world.miss()
    world.sim.advance(days=1)

    audit(world)

    assert not world.member(unheard).is_inside


def test_what_telegram_told_while_it_asked_stands(world, room, unheard):
    audit(world)
    unheard.leave(room.chat_id)
    world.miss()
    world.sim.advance(days=1)
    ChatMembership.objects.update(changed_at=world.now + timedelta(seconds=5))

    audit(world)

    assert world.member(unheard).is_inside


def test_administrators_are_recorded_and_kept(world, room, owner):
    world.grant(owner, days=1)
    world.sim.advance(days=2)

    audit(world)
    world.work()

    assert world.member(owner).is_admin
    assert owner.place_in(room.chat_id) == "creator"
    assert not Removal.objects.exists()


def test_each_chat_is_compared_once_a_night(world, room, unheard):
    assert audit(world) == len([unheard, "the owner"])

    assert audit(world) == 0
    room.refresh_from_db()
    assert timedelta(0) < room.audit_due_at - world.now <= timedelta(days=1)
    world.sim.advance(days=1)
    assert audit(world) == len([unheard, "the owner"])


def test_an_interrupted_comparison_goes_on_where_it_stopped(world, room, unheard):
    others = [world.sim.user(f"Customer {each}") for each in range(3)]
    for number, other in enumerate(others):
        world.grant(other, source=f"order-line:{number + 10}")
    world.sim.fault("api", "500", target="getChatMember", after=2)

    assert run_sweep("gate-audit", now=world.now) == 2
    world.sim.advance(seconds=901)
    assert audit(world) == 3

    room.refresh_from_db()
    assert room.audit_cursor == 0
    assert room.audited_at is not None


def test_a_person_about_whom_telegram_says_nothing_holds_up_nobody(world, room, unheard):
    odd = {"code": 400, "description": "Bad Request: invalid user_id specified"}
    world.sim.fault("api", "error", target="getChatMember", times=-1, **odd)
    assert audit(world) == len([unheard, "the owner"])
    world.sim.clear_faults()

    room.refresh_from_db()
    assert (room.audit_cursor, room.problem) == (0, "")
    assert room.audited_at is not None


def test_who_comes_back_in_the_second_of_the_removal_is_known_to_be_inside(
    world, room, unheard
):
    audit(world)
    world.sim.advance(days=30)
    world.work()
    assert unheard.place_in(room.chat_id) == "left"

    unheard.join(world.sim.add_link(room.chat_id))
    world.work()

    assert unheard.place_in(room.chat_id) == "left"


def test_a_chat_without_rights_waits_for_them(world, room, unheard):
    GatedChat.objects.update(problem="no_admin")

    assert audit(world) == 0
    assert not ChatMembership.objects.exists()
