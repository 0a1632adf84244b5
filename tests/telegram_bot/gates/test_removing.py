"""Who has no access any more is taken out, and this is repeated until it is true."""

from datetime import timedelta

import pytest

from entitlements.services import block, revoke_source
from shopbot.kernel.models import Event
from shopbot.kernel.sweeps import run_sweep
from telegram_bot.gates.access import may_be_in
from telegram_bot.gates.models import ChatMembership, GatedChat, Removal
from telegram_bot.gates.removals import NotWaiting, check_due, remove_due, try_again
from telegram_bot.models import OutgoingMessage
from telegram_bot.sync_api import SyncApi

pytestmark = pytest.mark.django_db


def kicks(world):
    return [call["request"]["user_id"] for call in world.sim.api_calls("banChatMember")]


def test_whoever_is_removed_reads_why_and_how_to_come_back(world, room, inside):
    world.sim.advance(days=30)

    world.work()

    assert inside.place_in(room.chat_id) == "left"
    message = OutgoingMessage.objects.get(params__text__icontains="VIP room")
    assert (message.status, message.chat_id) == ("sent", inside.id)
    assert "🔁 Renew" in inside.last().buttons


def test_a_refund_removes_at_once(world, room, inside):
    revoke_source(source="order-line:1", reason="refund", actor="staff:1", now=world.now)

    world.work()

    assert inside.place_in(room.chat_id) == "left"


def test_a_block_removes_at_once(world, room, inside):
    block(
        customer_id=world.customer(inside).pk,
        kind="fraud",
        source="staff:1",
        reason="stolen card",
        actor="staff:1",
        now=world.now,
    )

    world.work()

    assert inside.place_in(room.chat_id) == "left"


def test_a_renewal_before_the_end_keeps_the_member(world, room, inside):
    world.grant(inside, source="order-line:2")
    world.sim.advance(days=31)

    world.work()

    assert inside.place_in(room.chat_id) == "member"
    assert not Removal.objects.exists()
    world.sim.advance(days=29)
    world.work()
    assert inside.place_in(room.chat_id) == "left"


def test_nobody_is_removed_twice_by_workers_that_repeat(world, room, inside):
    world.sim.advance(days=30)
    world.work()

    world.work()

    assert kicks(world) == [inside.id]
    assert Event.objects.filter(kind="gate.removed").count() == 1


def test_who_came_in_by_another_link_without_access_is_removed(world, room, anna):
    assert anna.join(world.sim.add_link(room.chat_id)) == "joined"

    world.listen()
    world.work()

    assert anna.place_in(room.chat_id) == "left"
    assert world.removal(anna).reason == "unasked"


def test_who_came_in_by_another_link_with_access_stays(world, room, anna):
    world.grant(anna)
    anna.join(world.sim.add_link(room.chat_id))

    world.listen()
    world.work()

    assert anna.place_in(room.chat_id) == "member"
    assert world.member(anna).check_at == world.member(anna).customer.grants.get().access_until


def test_a_ban_that_fails_is_tried_again_until_it_is_true(world, room, inside):
    world.sim.fault("api", "500", target="banChatMember", times=2)
    world.sim.advance(days=30)
    world.work()
    failed = world.removal(inside)
    assert (failed.status, failed.attempts) == ("waiting", 1)
    assert "500" in failed.error
    assert inside.place_in(room.chat_id) == "member"

    world.sim.advance(seconds=10)
    world.work()
    assert world.removal(inside).attempts == 2
    world.sim.advance(seconds=60)
    world.work()

    assert inside.place_in(room.chat_id) == "left"
    assert (world.removal(inside).status, world.removal(inside).error) == ("removed", "")


def test_the_second_step_alone_is_repeated_when_it_is_what_failed(world, room, inside):
    world.sim.fault("api", "500", target="unbanChatMember", times=1)
    world.sim.advance(days=30)
    world.work()
    assert inside.place_in(room.chat_id) == "kicked"

    world.sim.advance(seconds=10)
    world.work()

    assert inside.place_in(room.chat_id) == "left"
    assert kicks(world) == [inside.id]


def test_the_ban_ends_by_itself_when_its_end_is_never_asked_for(world, room, inside):
    world.sim.fault("api", "500", target="unbanChatMember", times=-1)
    world.sim.advance(days=30)
    world.work()

    world.sim.advance(seconds=95)

    assert inside.place_in(room.chat_id) == "left"


def test_when_telegram_asks_for_silence_it_gets_it(world, room, inside):
    world.sim.fault("api", "429", target="banChatMember", seconds=40)
    world.sim.advance(days=30)
    before = world.now
    world.work()

    assert world.removal(inside).next_attempt_at - before >= timedelta(seconds=39)


def test_staff_hear_of_a_removal_that_keeps_failing(world, room, inside, settings):
    settings.STAFF_CHAT_ID = -100500
    world.sim.fault("api", "500", target="banChatMember", times=-1)
    world.sim.advance(days=30)

    for _ in range(4):
        world.work()
        world.sim.advance(seconds=3600)

    assert Event.objects.filter(kind="gate.removal_failing").count() == 1
    assert OutgoingMessage.objects.get(chat_id=-100500).params["text"].startswith("⚠️")


def test_whoever_paid_before_the_removal_was_carried_out_stays(world, room, inside):
    world.sim.fault("api", "500", target="banChatMember", times=1)
    world.sim.advance(days=30)
    world.work()
    world.grant(inside, source="order-line:2")

    world.sim.advance(seconds=10)
    world.work()

    assert world.removal(inside).status == "dropped"
    assert inside.place_in(room.chat_id) == "member"
    world.sim.advance(days=30)
    world.work()
    assert inside.place_in(room.chat_id) == "left"


@pytest.fixture
def paying_meanwhile(world, inside):
    """The Bot API, over which Anna pays while it is asked where she is."""
    with SyncApi() as api:

        def call(method, params):
            answer = api.call(method, params)
            if method == "getChatMember":
                world.grant(inside, source="order-line:2")
            return answer

        yield call


def test_whoever_pays_while_telegram_is_asked_stays(world, room, inside, paying_meanwhile):
    world.sim.advance(days=30)
    check_due(bot_id=room.bot_id, now=world.now, limit=10)

    remove_due(
        bot_id=room.bot_id, call=paying_meanwhile, now=world.now, limit=10, wait=lambda: None
    )

    assert world.removal(inside).status == "dropped"
    assert inside.place_in(room.chat_id) == "member"


def test_control_asking_for_access_before_telegram_puts_a_payer_out(
    world, room, inside, paying_meanwhile
):
    world.sim.advance(days=30)
    who = {"chat_id": room.chat_id, "user_id": inside.id}

    may_stay = may_be_in(room, inside.id, world.now)
    paying_meanwhile("getChatMember", who)
    if not may_stay:
        paying_meanwhile("banChatMember", who)

    assert may_be_in(room, inside.id, world.now)
    assert inside.place_in(room.chat_id) == "kicked"


def test_administrators_and_the_owner_are_never_touched(world, room, owner, inside):
    asked = {"chat_id": room.chat_id, "user_id": 1000001}
    admin = world.sim.call("getChatMember", **asked)["result"]
    user = {"id": inside.id, "is_bot": False, "first_name": "Anna"}
    promoted = {
        "chat": {"id": room.chat_id, "type": "channel", "title": "VIP room"},
        "from": {"id": owner.id, "is_bot": False, "first_name": "Owner"},
        "date": int(world.sim.now()),
        "old_chat_member": {"status": "member", "user": user},
        "new_chat_member": {**admin, "user": user},
    }
    world.sim.inject("chat_member", promoted)
    world.listen()
    world.sim.advance(days=30)

    world.work()

    assert kicks(world) == []
    assert inside.place_in(room.chat_id) == "member"
    assert world.member(inside).is_admin
    assert owner.place_in(room.chat_id) == "creator"


def test_an_administrator_of_whom_no_update_told_is_kept(world, room, owner):
    row = ChatMembership.objects.create(
        chat=room,
        telegram_id=owner.id,
        is_inside=True,
        changed_at=world.now,
        check_at=world.now,
    )

    world.work()

    row.refresh_from_db()
    assert world.removal(owner).status == "kept"
    assert row.is_admin
    assert kicks(world) == []


def test_the_bot_itself_is_never_a_member_to_remove(world, room):
    assert not ChatMembership.objects.filter(telegram_id=1000001).exists()


def test_who_has_left_needs_no_removal(world, room, inside):
    inside.leave(room.chat_id)
    world.listen()
    world.sim.advance(days=30)

    world.work()

    assert not Removal.objects.exists()
    assert kicks(world) == []


def test_a_ban_by_a_person_is_not_lifted(world, room, inside):
    world.sim.call("banChatMember", chat_id=room.chat_id, user_id=inside.id)
    world.sim.advance(days=30)

    world.work()

    assert inside.place_in(room.chat_id) == "kicked"
    assert world.sim.api_calls("unbanChatMember") == []


def test_a_chat_that_is_unbound_lets_everybody_be(world, room, inside):
    GatedChat.objects.update(type=None)
    world.sim.advance(days=30)

    world.work()

    assert inside.place_in(room.chat_id) == "member"
    assert not Removal.objects.exists()


def test_a_retry_by_staff_is_due_at_once_and_only_while_it_waits(world, room, inside):
    world.sim.fault("api", "500", target="banChatMember", times=1)
    world.sim.advance(days=30)
    world.work()
    waiting = world.removal(inside)

    try_again(pk=waiting.pk, actor="staff:1", now=world.now)
    world.work()

    assert inside.place_in(room.chat_id) == "left"
    with pytest.raises(NotWaiting):
        try_again(pk=waiting.pk, actor="staff:1", now=world.now)
    assert world.removal(inside).status == "removed"


def test_many_members_cost_a_fixed_number_of_queries(
    world, room, django_assert_num_queries, inside
):
    def due(count, first):
        ChatMembership.objects.bulk_create(
            ChatMembership(
                chat=room,
                telegram_id=first + each,
                is_inside=True,
                changed_at=world.now,
                check_at=world.now,
            )
            for each in range(count)
        )

    world.work()
    for count, first in ((3, 10_000), (30, 20_000)):
        due(count, first)
        with django_assert_num_queries(7):
            assert check_due(bot_id=1000001, now=world.now, limit=500) == count
    assert Removal.objects.count() == 33
    assert run_sweep("gate-removals", now=world.now) == 33
    assert set(Removal.objects.values_list("status", flat=True)) == {"gone"}
