"""What staff see and can do: inbox, outbox, commands, and what waits for them."""

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from shopbot.kernel.models import Event
from telegram_bot import admin as pages
from telegram_bot import inbox, outbox
from telegram_bot.api_answers import TelegramRefused
from telegram_bot.models import OutgoingMessage, TelegramCommand, TelegramUpdate

pytestmark = pytest.mark.django_db

MODELS = ["telegramupdate", "outgoingmessage", "telegramcommand"]


@pytest.fixture
def rows(ann, now):
    """One row of each kind."""
    ann.types("/start <b>")
    outbox.enqueue(
        dedupe_key="event:1",
        chat_id=42,
        method="sendMessage",
        params={"text": "<b>Hi</b>"},
        now=now,
    )
    return {
        "telegramupdate": TelegramUpdate.objects.get(),
        "outgoingmessage": OutgoingMessage.objects.get(),
        "telegramcommand": TelegramCommand.objects.get(command="shop"),
    }


@pytest.fixture
def clerk(client):
    user = User.objects.create_user("clerk", is_staff=True)
    views = Permission.objects.filter(codename__startswith="view_")
    user.user_permissions.set(views.filter(content_type__app_label="telegram_bot"))
    client.force_login(user)
    return client


def list_of(model):
    return reverse(f"admin:telegram_bot_{model}_changelist")


def act(client, model, action, row):
    data = {"action": action, "_selected_action": [row.pk]}
    return client.post(list_of(model), data, follow=True)


@pytest.mark.parametrize("model", MODELS)
def test_staff_open_the_list_and_the_row(admin_client, rows, model):
    page = reverse(f"admin:telegram_bot_{model}_change", args=[rows[model].pk])

    assert admin_client.get(list_of(model)).status_code == 200
    assert admin_client.get(page).status_code == 200


@pytest.mark.parametrize("model", MODELS)
def test_a_clerk_who_may_only_look_changes_nothing(clerk, rows, model):
    page = reverse(f"admin:telegram_bot_{model}_change", args=[rows[model].pk])

    assert clerk.get(list_of(model)).status_code == 200
    assert b'name="_save"' not in clerk.get(page).content


def test_nobody_edits_or_deletes_what_came_in_or_goes_out(admin_client, rows):
    for model in ("telegramupdate", "outgoingmessage"):
        assert admin_client.get(reverse(f"admin:telegram_bot_{model}_add")).status_code == 403
        delete = reverse(f"admin:telegram_bot_{model}_delete", args=[rows[model].pk])
        assert admin_client.post(delete, {"post": "yes"}).status_code == 403
        assert type(rows[model]).objects.exists()


def test_a_list_costs_the_same_with_three_rows_and_with_thirty(admin_client, ann, now):
    def cost(model):
        with CaptureQueriesContext(connection) as captured:
            admin_client.get(list_of(model))
        return len(captured)

    def fill(count):
        for number in range(count):
            ann.types("/start")
            outbox.enqueue(
                dedupe_key=f"event:{ann.now}",
                chat_id=number + 1,
                method="sendMessage",
                params={},
                now=now,
            )

    fill(3)
    few = [cost(model) for model in MODELS]
    fill(27)

    assert [cost(model) for model in MODELS] == few
    assert max(few) <= 12


def test_a_given_up_update_is_replayed_and_one_that_is_done_refused(admin_client, rows):
    update = rows["telegramupdate"]
    refused = act(admin_client, "telegramupdate", "replay", update)
    assert "Refused 1" in refused.content.decode()
    TelegramUpdate.objects.update(status="new", done_at=None)
    inbox.bury(pk=update.pk, error="given up")

    done = act(admin_client, "telegramupdate", "replay", update)

    assert "Updates queued again: 1" in done.content.decode()
    update.refresh_from_db()
    assert update.status == "failed"
    assert Event.objects.get(kind="update.replayed").actor.startswith("staff:")


def test_a_failed_message_is_queued_again(admin_client, rows):
    OutgoingMessage.objects.update(status="failed")

    act(admin_client, "outgoingmessage", "send_again", rows["outgoingmessage"])

    assert OutgoingMessage.objects.get().status == "waiting"


@pytest.mark.parametrize(
    ("model", "action", "status"),
    [("telegramupdate", "replay", "dead"), ("outgoingmessage", "send_again", "failed")],
)
def test_a_clerk_who_may_only_look_triggers_nothing(clerk, rows, model, action, status):
    TelegramUpdate.objects.update(status="new", done_at=None)
    type(rows[model]).objects.update(status=status)

    act(clerk, model, action, rows[model])

    assert type(rows[model]).objects.get().status == status


def test_the_first_page_counts_what_waits_for_a_person_and_nothing_else(rows, now):
    assert [*pages.dead_updates(now=now), *pages.failed_messages(now=now)] == []
    TelegramUpdate.objects.update(status="dead", done_at=None)
    OutgoingMessage.objects.update(status="unknown")

    cards = [*pages.dead_updates(now=now), *pages.failed_messages(now=now)]

    assert [(card.title, card.value) for card in cards] == [
        ("Updates given up", "1"),
        ("Messages not sent", "1"),
    ]


class FakeApi:
    """Stands where a connection to Telegram would."""

    calls: list = []
    trouble: Exception | None = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def call(self, method, params):
        if self.trouble:
            raise self.trouble
        self.calls.append((method, params))
        return True


def test_the_menu_is_shown_in_telegram_in_every_language(admin_client, monkeypatch):
    monkeypatch.setattr(pages, "SyncApi", FakeApi)
    monkeypatch.setattr(FakeApi, "calls", [])
    TelegramCommand.objects.filter(command="orders").update(is_enabled=False)

    url = reverse("admin:telegram_bot_telegramcommand_publish_menu")
    admin_client.get(url)
    assert FakeApi.calls == [], "a link that is followed changes nothing"
    answer = admin_client.post(url, {"_form_submitted": "True"}, follow=True)

    assert "Telegram shows this menu now." in answer.content.decode()
    assert [params.get("language_code") for _, params in FakeApi.calls] == [
        None,
        "ru",
        "de",
        "es",
    ]
    russian = FakeApi.calls[1][1]["commands"]
    assert {"command": "shop", "description": "Открыть магазин"} in russian
    assert "orders" not in {command["command"] for command in russian}
    assert "start" not in {command["command"] for command in russian}


def test_a_telegram_that_refuses_the_menu_is_quoted(admin_client, monkeypatch):
    monkeypatch.setattr(pages, "SyncApi", FakeApi)
    refusal = TelegramRefused("setMyCommands", 401, "Unauthorized", None)
    monkeypatch.setattr(FakeApi, "trouble", refusal)

    url = reverse("admin:telegram_bot_telegramcommand_publish_menu")
    answer = admin_client.post(url, {"_form_submitted": "True"}, follow=True)

    assert "Unauthorized" in answer.content.decode()


def test_a_command_is_spelled_as_telegram_wants(admin_client, rows):
    page = reverse("admin:telegram_bot_telegramcommand_add")
    fields = {"command": "Shop!", "category": "shop", "description_en": "x", "position": 1}

    answer = admin_client.post(page, fields)

    assert "Lower case letters, digits and _;" in answer.content.decode()
    assert not TelegramCommand.objects.filter(command="Shop!").exists()


def test_the_first_page_leads_to_every_message_that_did_not_arrive(admin_client, now):
    for number, status in enumerate(["failed", "unknown", "sent"]):
        OutgoingMessage.objects.create(
            dedupe_key=f"event:{number}",
            bot_id=1,
            chat_id=42,
            method="sendMessage",
            params={"text": f"It is {status}."},
            status=status,
            sent_at=now if status == "sent" else None,
            next_attempt_at=now,
            created_at=now,
        )

    (card,) = pages.failed_messages(now=now)
    shown = admin_client.get(card.link).content.decode()

    assert card.value == "2"
    assert "It is failed." in shown
    assert "It is unknown." in shown
    assert "It is sent." not in shown
