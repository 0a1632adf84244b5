"""What the bot may do in a chat changes, and chats change their numbers."""

import pytest

from shopbot.kernel.models import Event
from telegram_bot.gates.chats import note_bound
from telegram_bot.gates.models import GatedChat
from telegram_bot.models import OutgoingMessage

pytestmark = pytest.mark.django_db


def kinds(subject):
    events = Event.objects.filter(subject=subject, kind__startswith="gate.")
    return list(events.order_by("pk").values_list("kind", flat=True))


@pytest.mark.parametrize(
    ("right", "problem"),
    [("can_invite_users", "no_invite"), ("can_restrict_members", "no_restrict")],
)
def test_a_lost_right_raises_an_alert_and_its_return_ends_it(
    world, room, settings, right, problem
):
    settings.STAFF_CHAT_ID = -100500
    world.sim.place_bot(room.chat_id, **{right: False})
    world.listen()
    world.work()
    room.refresh_from_db()
    assert room.problem == problem
    assert kinds(f"chat:{room.pk}")[-1] == "gate.problem"
    alert = OutgoingMessage.objects.get(chat_id=-100500)
    assert "can no longer guard" in alert.params["text"]

    world.sim.place_bot(room.chat_id)
    world.listen()
    room.refresh_from_db()

    assert room.problem == ""
    assert kinds(f"chat:{room.pk}")[-1] == "gate.mended"


def test_a_bot_thrown_out_raises_an_alert(world, room):
    world.sim.place_bot(room.chat_id, "kicked")

    world.listen()

    room.refresh_from_db()
    assert (room.problem, kinds(f"chat:{room.pk}")[-1]) == ("absent", "gate.problem")


def test_what_waited_for_the_right_to_remove_is_done_when_it_is_back(world, room, anna):
    world.grant(anna)
    anna.join(room.invite_link)
    world.listen()
    world.sim.place_bot(room.chat_id, can_restrict_members=False)
    world.listen()
    world.sim.advance(days=30)
    world.work()
    assert world.removal(anna).status == "waiting"
    assert anna.place_in(room.chat_id) == "member"

    world.sim.place_bot(room.chat_id)
    world.listen()
    world.work()

    assert anna.place_in(room.chat_id) == "left"


def test_a_right_lost_while_nobody_listened_is_found_by_the_refusal(world, room, anna):
    world.grant(anna)
    anna.join(room.invite_link)
    world.listen()
    world.sim.place_bot(room.chat_id, can_restrict_members=False)
    world.miss()
    world.sim.advance(days=30)

    world.work()

    room.refresh_from_db()
    assert room.problem == "no_restrict"
    assert world.removal(anna).status == "waiting"


def test_a_chat_bound_by_its_number_is_looked_at_and_gets_its_link(world, owner):
    made = world.sim.channel("Bound by number", owner_id=owner.id)
    chat = GatedChat.objects.create(
        bot_id=1000001, chat_id=made["id"], type=world.shop.signals, added_at=world.now
    )
    note_bound(chat_pk=chat.pk, actor="staff:1", now=world.now)

    world.work()

    chat.refresh_from_db()
    assert (chat.title, chat.kind, chat.problem) == ("Bound by number", "channel", "")
    assert chat.invite_link
    assert chat.set_up_at is None


def test_a_wrong_number_is_said_to_be_wrong(world):
    chat = GatedChat.objects.create(
        bot_id=1000001, chat_id=-100123, type=world.shop.signals, added_at=world.now
    )
    note_bound(chat_pk=chat.pk, actor="staff:1", now=world.now)

    world.work()

    chat.refresh_from_db()
    assert chat.problem == "absent"
    assert "chat not found" in chat.set_up_error
    assert chat.set_up_at > world.now


def test_a_basic_group_is_followed_when_it_becomes_a_supergroup(world, owner, anna):
    old = world.sim.channel("Club", type="group", owner_id=owner.id)
    world.listen()
    chat = GatedChat.objects.get()
    assert chat.problem == "basic"
    GatedChat.objects.update(type=world.shop.signals)
    note_bound(chat_pk=chat.pk, actor="staff:1", now=world.now)

    new = world.sim.migrate(old["id"])
    world.listen()
    world.work()

    chat = GatedChat.objects.get()
    assert (chat.chat_id, chat.migrated_from, chat.kind) == (new["id"], old["id"], "supergroup")
    assert chat.problem == ""
    assert "gate.migrated" in kinds(f"chat:{chat.pk}")
    assert anna.join(chat.invite_link) == "requested"
    world.listen()
    assert anna.place_in(new["id"]) == "left"


def test_a_migration_nobody_told_of_is_found_by_the_refusal(world, owner):
    old = world.sim.channel("Club", type="group", owner_id=owner.id)
    world.listen()
    GatedChat.objects.update(type=world.shop.signals)
    note_bound(chat_pk=GatedChat.objects.get().pk, actor="staff:1", now=world.now)

    new = world.sim.migrate(old["id"])
    world.miss()
    world.work()

    chat = GatedChat.objects.get()
    assert (chat.chat_id, chat.problem) == (new["id"], "")
    assert chat.invite_link
