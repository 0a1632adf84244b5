"""Staff bind chats, and see and retry what failed."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from shopbot.kernel import clock
from shopbot.kernel.models import Event
from telegram_bot.gates import admin as pages
from telegram_bot.gates.models import ChatMembership, GatedChat, Removal

pytestmark = pytest.mark.django_db
MODELS = ["gatedchat", "chatmembership", "removal"]


def list_of(model):
    return reverse(f"admin:telegram_bot_{model}_changelist")


def add_rows(chat, now, count, first=1):
    numbers = range(first, first + count)
    ChatMembership.objects.bulk_create(
        ChatMembership(chat=chat, telegram_id=each, name="Anna", is_inside=True, changed_at=now)
        for each in numbers
    )
    Removal.objects.bulk_create(
        Removal(
            chat=chat,
            telegram_id=each,
            reason="ended",
            attempts=3,
            error="banChatMember: 500",
            next_attempt_at=now + timedelta(hours=1),
            created_at=now,
        )
        for each in numbers
    )


@pytest.fixture
def now():
    """Pages ask the clock themselves."""
    return clock.now()


@pytest.fixture
def chat(now):
    return GatedChat.objects.create(
        bot_id=1000001,
        chat_id=-1001,
        kind="channel",
        title="VIP room",
        problem="",
        added_at=now,
    )


@pytest.fixture
def clerk(client):
    user = User.objects.create_user("clerk", is_staff=True)
    views = Permission.objects.filter(codename__startswith="view_")
    user.user_permissions.set(views.filter(content_type__app_label="telegram_bot"))
    client.force_login(user)
    return client


@pytest.mark.parametrize("model", MODELS)
def test_lists_cost_a_fixed_number_of_queries(admin_client, chat, now, model):
    add_rows(chat, now, 3)
    admin_client.get(list_of(model))
    with CaptureQueriesContext(connection) as few:
        assert admin_client.get(list_of(model)).status_code == 200
    add_rows(chat, now, 27, first=100)

    with CaptureQueriesContext(connection) as many:
        assert admin_client.get(list_of(model)).status_code == 200

    assert len(many) == len(few)


@pytest.mark.parametrize("model", MODELS)
def test_a_clerk_reads_every_row(clerk, chat, now, model):
    add_rows(chat, now, 1)
    row = {"gatedchat": chat, "chatmembership": ChatMembership, "removal": Removal}[model]
    pk = chat.pk if model == "gatedchat" else row.objects.get().pk

    assert clerk.get(list_of(model)).status_code == 200
    page = reverse(f"admin:telegram_bot_{model}_change", args=[pk])
    assert clerk.get(page).status_code == 200


def test_binding_a_noticed_chat_sets_its_link_and_members_going(admin_client, chat, shop):
    page = reverse("admin:telegram_bot_gatedchat_change", args=[chat.pk])

    answer = admin_client.post(
        page, {"type": shop.signals.pk, "level": "vip", "is_active": "on"}, follow=True
    )

    assert answer.status_code == 200
    chat.refresh_from_db()
    assert (chat.type, chat.level, chat.is_bound) == (shop.signals, "vip", True)
    assert chat.set_up_at is not None
    assert chat.audit_due_at is not None
    bound = Event.objects.get(kind="gate.bound")
    assert (bound.data["code"], bound.data["level"]) == ("signals", "vip")
    assert bound.actor.startswith("staff:")


def test_a_chat_is_bound_by_its_number(admin_client, shop):
    wish = {"chat_id": -1002, "type": shop.signals.pk, "level": "premium", "is_active": "on"}

    admin_client.post(reverse("admin:telegram_bot_gatedchat_add"), wish)

    made = GatedChat.objects.get()
    assert (made.bot_id, made.chat_id, made.problem) == (1000001, -1002, "unchecked")
    assert made.set_up_at is not None


def test_looking_now_asks_telegram_and_says_what_it_found(admin_client, world, room):
    world.sim.place_bot(room.chat_id, can_restrict_members=False)
    data = {"action": "look_now", "_selected_action": [room.pk]}

    answer = admin_client.post(list_of("gatedchat"), data, follow=True)

    assert "The bot may not remove members" in answer.content.decode()
    room.refresh_from_db()
    assert room.problem == "no_restrict"
    world.miss()


def test_comparing_now_needs_no_night(admin_client, chat, shop, now):
    GatedChat.objects.update(type=shop.signals, audit_due_at=now + timedelta(days=9))
    data = {"action": "compare_now", "_selected_action": [chat.pk]}

    admin_client.post(list_of("gatedchat"), data, follow=True)

    chat.refresh_from_db()
    assert chat.audit_due_at < now + timedelta(days=9)


def test_what_failed_is_listed_and_tried_again(admin_client, chat, now):
    add_rows(chat, now, 1)
    row = Removal.objects.get()
    listed = admin_client.get(f"{list_of('removal')}?failing=yes").content.decode()
    assert "banChatMember: 500" in listed

    data = {"action": "retry", "_selected_action": [row.pk]}
    admin_client.post(list_of("removal"), data, follow=True)

    row.refresh_from_db()
    assert row.next_attempt_at < now + timedelta(hours=1)
    assert Event.objects.get(kind="gate.removal_retried").subject == f"removal:{row.pk}"


def test_a_clerk_may_not_retry(clerk, chat, now):
    add_rows(chat, now, 1)
    row = Removal.objects.get()

    clerk.post(list_of("removal"), {"action": "retry", "_selected_action": [row.pk]})

    assert Removal.objects.get().next_attempt_at == row.next_attempt_at
    assert not Event.objects.exists()


def test_the_first_page_counts_what_waits_for_a_person(chat, now, shop):
    assert [card.title for card in pages.unguarded_chats(now=now)] == ["Chats to bind"]
    assert list(pages.failing_removals(now=now)) == []

    GatedChat.objects.update(type=shop.signals, problem="no_admin")
    add_rows(chat, now, 2)

    assert [card.title for card in pages.unguarded_chats(now=now)] == ["Chats not guarded"]
    [card] = pages.failing_removals(now=now)
    assert (card.title, card.value) == ("Cannot be removed", "2")
