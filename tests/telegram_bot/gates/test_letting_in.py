"""Who asks to join is let in if and only if access is there at that moment."""

import orjson
import pytest

from entitlements.services.revoking import revoke_source
from shopbot.kernel.models import Event
from shopbot.kernel.sweeps import run_sweep
from telegram_bot.gates import members
from telegram_bot.gates.models import ChatMembership, GatedChat, Removal
from telegram_bot.models import OutgoingMessage

pytestmark = pytest.mark.django_db


def test_a_chat_is_noticed_when_the_bot_becomes_administrator(world, found):
    assert (found.title, found.kind, found.problem) == ("VIP room", "channel", "")
    assert not found.is_bound
    assert Event.objects.get(kind="gate.found").subject == f"chat:{found.pk}"


def test_staff_hear_of_it_in_their_chat(world, settings, owner):
    settings.STAFF_CHAT_ID = -100500

    world.sim.channel("VIP room", owner_id=owner.id)
    world.listen()
    world.work()

    assert "VIP room" in OutgoingMessage.objects.get(chat_id=-100500).params["text"]


def test_a_group_that_only_added_the_bot_as_a_member_stays_unknown(world, owner):
    world.sim.channel("Strangers", owner_id=owner.id, type="supergroup", bot_status="member")

    world.listen()

    assert not GatedChat.objects.exists()


def test_a_bound_chat_gets_one_link_of_its_own(world, room):
    world.work()

    assert room.invite_link.startswith("https://t.me/+")
    made = world.sim.api_calls("createChatInviteLink")
    assert len(made) == 1
    assert world.sim.group(room.chat_id)["links"][room.invite_link]["creates_join_request"]


def test_without_access_a_request_is_declined_kindly_with_a_way_to_buy(world, room, anna):
    anna.join(room.invite_link)

    world.listen()

    assert anna.place_in(room.chat_id) == "left"
    told = anna.last()
    assert "VIP room is for subscribers" in told.text
    assert told.buttons[0] == "🛒 Get access"
    order = [one["title"] for one in world.sim.api_calls()]
    assert order.index("sendMessage") < order.index("declineChatJoinRequest")
    assert not Removal.objects.exists()


def test_the_button_leads_to_the_offer(world, room, anna):
    anna.join(room.invite_link)
    world.listen()

    world.sim.post(f"/control/users/{anna.id}/press", {"text": "Get access", "wait": 0})
    world.listen()

    assert "Entries with stop and target." in anna.last().text


def test_a_request_told_twice_is_explained_once(world, room, anna):
    anna.join(room.invite_link)
    world.listen()
    twice = orjson.loads(world.bodies[-1])
    twice["update_id"] += 1000

    world.take_in(orjson.dumps(twice))

    assert len(world.sim.api_calls("sendMessage")) == 1
    assert len(anna.messages()) == 1


def test_a_decline_that_fails_is_tried_again_without_repeating_the_words(world, room, anna):
    world.sim.fault("api", "error", target="declineChatJoinRequest", times=1, code=500)
    anna.join(room.invite_link)
    world.listen()
    assert anna.place_in(room.chat_id) == "requested"

    world.sim.advance(seconds=30)
    run_sweep("retry-inbox", now=world.now)

    assert anna.place_in(room.chat_id) == "left"
    assert len(anna.messages()) == 1


@pytest.mark.parametrize("grace", [0, 3])
def test_with_access_a_request_is_approved_also_in_grace(world, room, anna, grace):
    world.grant(anna, days=1, grace=grace)
    world.sim.advance(days=0.5 if not grace else 2)

    anna.join(room.invite_link)
    world.listen()

    assert anna.place_in(room.chat_id) == "member"
    assert world.member(anna).is_inside
    assert anna.messages() == []


@pytest.mark.parametrize("days", [1, None])
def test_every_arrival_with_access_is_in_the_log_once(world, room, anna, days):
    world.grant(anna, days=days)
    anna.join(room.invite_link)
    world.listen()
    world.take_in(world.bodies[-1])

    assert Event.objects.get(kind="gate.approved").customer_id == world.customer(anna).pk


def test_access_that_ends_between_approval_and_arrival_is_no_way_in(world, room, anna):
    world.grant(anna, days=1)
    world.sim.advance(days=1, seconds=-1)
    anna.join(room.invite_link)
    asked, now = world.sim.call("getUpdates", timeout=0)["result"][-1], world.now
    assert "chat_join_request" in asked
    assert members.judge_request(
        chat_id=room.chat_id, telegram_id=anna.id, asked_at=now, now=now
    ).is_approved

    world.sim.advance(seconds=1)
    world.sim.call("approveChatJoinRequest", chat_id=room.chat_id, user_id=anna.id)
    world.listen()
    assert anna.place_in(room.chat_id) == "member"
    world.work()

    assert anna.place_in(room.chat_id) == "left"


def test_a_refund_between_the_answer_and_the_arrival_is_no_way_in(world, room, anna):
    world.grant(anna)
    anna.join(room.invite_link)
    revoke_source(source="order-line:1", reason="refund", actor="staff:1", now=world.now)
    world.sim.call("approveChatJoinRequest", chat_id=room.chat_id, user_id=anna.id)
    world.work()

    assert anna.place_in(room.chat_id) == "left"


def test_the_moment_access_ends_a_request_is_declined(world, room, anna):
    world.grant(anna, days=1)
    world.sim.advance(days=1)

    anna.join(room.invite_link)
    world.listen()

    assert anna.place_in(room.chat_id) == "left"


def test_a_lower_level_than_the_chats_does_not_open_it(world, room, anna):
    GatedChat.objects.update(level="vip")
    world.grant(anna, level="premium")

    anna.join(room.invite_link)
    world.listen()
    assert anna.place_in(room.chat_id) == "left"

    world.grant(anna, level="enterprise", source="order-line:2")
    anna.join(room.invite_link)
    world.listen()
    assert anna.place_in(room.chat_id) == "member"


def test_an_unbound_chat_leaves_requests_to_its_administrators(world, room, anna):
    GatedChat.objects.update(type=None)

    anna.join(room.invite_link)
    world.listen()

    assert anna.place_in(room.chat_id) == "requested"
    assert not ChatMembership.objects.exists()


def test_the_account_shows_the_chats_with_their_links(world, room, anna):
    anna.send("/start")
    world.listen()
    world.grant(anna)

    anna.send("/account")
    world.listen()

    [key] = anna.last().body["reply_markup"]["inline_keyboard"][0]
    assert (key["text"], key["url"]) == ("💬 Open VIP room", room.invite_link)


def test_the_account_of_whoever_has_nothing_shows_no_chat(world, room, anna):
    anna.send("/account")
    world.listen()

    assert "Open VIP room" not in str(anna.last().buttons)
