"""What staff see of the shop's admin, whatever apps there are."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Permission, User
from django.contrib.messages import get_messages
from django.contrib.messages.storage.fallback import FallbackStorage
from django.db.models import DateTimeField
from django.test import RequestFactory
from django.urls import reverse
from django.utils import timezone

from shopbot.admin import (
    Card,
    ReadOnlyAdmin,
    Section,
    ShopAdmin,
    acting_staff,
    actor_name,
    day_start,
    money_column,
    run_on_each,
)
from shopbot.admin.dashboard import Dashboard
from shopbot.admin.kit import chat_url, subject_link
from shopbot.admin.pages import load_pages
from shopbot.admin.sidebar import GROUPS, navigation
from shopbot.admin.site import ShopAdminSite
from shopbot.kernel import clock
from shopbot.kernel.errors import Refused
from shopbot.kernel.events import record
from shopbot.kernel.models import DataVersion, Event
from shopbot.subjects import PAGES
from tests.code_rules import APPS
from tests.customers.factories import make_customer

pytestmark = pytest.mark.django_db

load_pages()


@pytest.fixture
def owner(client):
    """The owner of the shop, signed in."""
    user = User.objects.create_superuser("owner", password="owner")
    client.force_login(user)
    return user


@pytest.fixture
def clerk():
    """A member of staff who may see customers' orders, and nothing of the system."""
    user = User.objects.create_user("clerk", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_group"))
    return user


def _request(user):
    request = RequestFactory().get("/admin/")
    request.user = user
    request.session = {}
    request._messages = FallbackStorage(request)
    return request


def test_the_first_page_says_what_to_do_while_there_is_nothing(client, owner):
    page = client.get(reverse("admin:index")).content.decode()

    assert "Add a category" in page
    assert "Buy something yourself" in page
    assert "Nothing waits for a person." in page


def test_the_site_is_the_shops_own():
    assert isinstance(admin.site._wrapped, ShopAdminSite)


def test_cards_are_shown_in_order_to_who_may_see_them(owner, clerk, now):
    board = Dashboard()

    @board.card(Section.TODAY, permission="auth.view_user", position=2)
    def users(*, now):
        yield Card(title="Users", value="2")

    @board.card(Section.TODAY, permission="auth.view_group", position=1)
    def groups(*, now):
        yield Card(title="Groups", value="0")

    def titles(user):
        return [card.title for card in board.read(Section.TODAY, user=user, now=now)]

    assert titles(owner) == ["Groups", "Users"]
    assert titles(clerk) == ["Groups"]
    assert board.read(Section.ATTENTION, user=owner, now=now) == []


def test_events_that_nobody_takes_want_attention(client, owner):
    event = record("order.paid", subject="order:17", actor="stripe", at=_long_ago())

    page = client.get(reverse("admin:index")).content.decode()
    Event.objects.filter(pk=event.pk).update(dispatched_at=_long_ago())
    later = client.get(reverse("admin:index")).content.decode()

    assert "Events not handed on" in page
    assert "Events not handed on" not in later


def _long_ago():
    return clock.now() - timedelta(hours=1)


def test_a_staff_day_begins_where_the_staff_are(settings, now):
    settings.TIME_ZONE = "Asia/Tokyo"

    start = day_start(now)

    assert start.isoformat() == "2026-03-15T00:00:00+09:00"


def test_the_sidebar_lists_only_what_one_may_open(owner, clerk):
    def links(user):
        return {item["link"] for group in navigation(_request(user)) for item in group["items"]}

    assert reverse("admin:kernel_event_changelist") in links(owner)
    assert reverse("admin:auth_group_changelist") in links(clerk)
    assert reverse("admin:kernel_event_changelist") not in links(clerk)


def test_every_page_of_ours_has_its_place_in_the_sidebar():
    placed = {label for labels in GROUPS.values() for label in labels}

    lost = {
        model._meta.label
        for model in admin.site._registry
        if model.__module__.split(".")[0] in APPS and model._meta.app_label not in placed
    }

    assert lost == set()


@pytest.mark.parametrize("method", ["get", "post"])
def test_history_is_read_and_never_changed(client, owner, now, method):
    event = record("order.paid", subject="order:17", actor="stripe", at=now, total_minor=17280)
    place = reverse("admin:kernel_event_change", args=[event.pk])

    answer = getattr(client, method)(place, {"kind": "order.cancelled"})

    assert answer.status_code == (200 if method == "get" else 403)
    assert Event.objects.get(pk=event.pk).kind == "order.paid"


@pytest.mark.parametrize("page", ["add", "changelist"])
def test_history_offers_neither_adding_nor_deleting(client, owner, now, page):
    record("order.paid", subject="order:17", actor="stripe", at=now)

    answer = client.get(reverse(f"admin:kernel_event_{page}"))

    assert answer.status_code == (403 if page == "add" else 200)
    if page == "changelist":
        assert "delete_selected" not in answer.content.decode()


@pytest.mark.parametrize("rows", [3, 30])
def test_the_page_of_events_costs_the_same_for_many_rows(
    client, owner, now, rows, django_assert_num_queries
):
    for number in range(rows):
        record("order.paid", subject=f"order:{number}", actor="stripe", at=now)

    with django_assert_num_queries(7):
        client.get(reverse("admin:kernel_event_changelist"))


def test_an_event_leads_to_its_subject_and_its_customer(client, owner, now):
    anna = make_customer(first_name="Anna <3")
    record("order.paid", subject="order:17", actor="stripe", at=now, customer_id=anna.pk)
    record("grant.expired", subject="upgrade:4", actor="beat", at=now, customer_id=anna.pk + 1)

    page = client.get(reverse("admin:kernel_event_changelist")).content.decode()

    order = reverse("admin:orders_order_change", args=[17])
    customer = reverse("admin:customers_customer_change", args=[anna.pk])
    assert f'<a class="text-link" href="{order}">order:17</a>' in page
    assert f'<a class="text-link" href="{customer}">Anna &lt;3</a>' in page
    assert ">upgrade:4<" in page
    assert f">{anna.pk + 1}<" in page


@pytest.mark.parametrize("kind", PAGES)
def test_each_subject_of_events_has_its_page(kind):
    assert f'/7/change/">{kind}:7</a>' in subject_link(f"{kind}:7")


def test_money_is_a_column_that_sorts():
    class Row:
        total_minor = 17280
        tip_minor = None
        currency = "USD"

    total, tip = money_column("total_minor", "Total"), money_column("tip_minor", "Tip")

    assert (total(None, Row()), tip(None, Row())) == ("$172.80", "-")
    assert (total.short_description, total.admin_order_field) == ("Total", "total_minor")


def test_an_action_runs_on_each_row_and_reports_what_was_refused(owner):
    DataVersion.objects.all().delete()
    for name in ("a", "b", "c"):
        DataVersion.objects.create(name=name, number=0)
    touched = []

    def call(row):
        if row.name == "b":
            raise Refused("b is closed")
        touched.append(row.name)

    request = _request(owner)
    run_on_each(request, DataVersion.objects.order_by("name"), call, "Published")

    said = [(message.level_tag, str(message)) for message in get_messages(request)]
    assert touched == ["a", "c"]
    assert said == [("success", "Published: 2"), ("error", "Refused 1: b is closed")]


def test_staff_act_under_their_number(owner):
    assert acting_staff(_request(owner)) == f"staff:{owner.pk}"


def test_a_customer_leads_to_the_simulator_only_where_it_runs(settings):
    assert chat_url(42) == f"{settings.SIMULATOR_URL}/?user=42"
    settings.SIMULATOR_ENABLED = False
    assert chat_url(42) == ""


def test_every_page_of_ours_is_made_from_the_kit():
    strangers = {
        model._meta.label
        for model, page in admin.site._registry.items()
        if model.__module__.split(".")[0] in APPS and not isinstance(page, ShopAdmin)
    }

    assert strangers == set()
    assert issubclass(ReadOnlyAdmin, ShopAdmin)


def test_a_login_is_throttled_for_that_name_from_that_address(client, owner, settings):
    settings.AXES_ENABLED = True
    client.logout()
    form = {"username": "owner", "password": "wrong", "next": "/admin/"}

    for _ in range(settings.AXES_FAILURE_LIMIT):
        answer = client.post(reverse("admin:login"), form)
    assert answer.status_code == 429

    right = {**form, "password": "owner"}
    assert client.post(reverse("admin:login"), right).status_code == 429
    assert client.post(reverse("admin:login"), right, REMOTE_ADDR="10.1.1.1").status_code == 302


def test_pages_tell_the_browser_what_they_may_load(client, owner):
    admin_policy = client.get("/admin/")["Content-Security-Policy"]
    other_policy = client.get("/healthz")["Content-Security-Policy"]

    assert "'unsafe-eval'" in admin_policy
    assert "frame-ancestors 'none'" in admin_policy
    assert "unsafe" not in other_policy
    assert "default-src 'self'" in other_policy


@pytest.mark.parametrize(
    ("query", "said"),
    [({}, "No events yet"), ({"q": "order:17"}, "No events match")],
)
def test_an_empty_list_says_whether_nothing_is_there_or_nothing_matches(
    client, owner, query, said
):
    page = client.get(reverse("admin:kernel_event_changelist"), query).content.decode()

    assert [text for text in ("No events yet", "No events match") if text in page] == [said]


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ("delivery_code", "import them there"),
        ("pricing_payout", "List what is owed"),
        ("kernel_event", "The shop writes them by itself"),
    ],
)
def test_an_empty_list_that_nobody_adds_to_says_where_its_rows_come_from(
    client, owner, page, said
):
    shown = client.get(reverse(f"admin:{page}_changelist")).content.decode()

    assert said in shown.partition("inbox</span>")[2].partition("</p>")[0]


def test_an_actor_of_staff_is_called_by_name_and_others_as_they_are_written(owner):
    assert actor_name(f"staff:{owner.pk}") == "owner"
    assert [actor_name(each) for each in ("staff:999", "customer:4", "beat", "")] == [
        "staff:999",
        "customer:4",
        "beat",
        "",
    ]


def test_a_moment_is_read_in_the_order_of_time_and_named_by_who_did_it(client, owner, now):
    record("update.replayed", subject="telegram-update:1", actor=f"staff:{owner.pk}", at=now)

    page = client.get(reverse("admin:kernel_event_changelist")).content.decode()

    assert "2026-03-15 12:00" in page
    assert ">owner<" in page


def test_the_admin_says_once_in_whose_time_zone_its_moments_are(client, owner):
    page = client.get(reverse("admin:kernel_event_changelist")).content.decode()

    assert "Times: UTC" in page


@pytest.mark.parametrize("app", ["kernel", *APPS[1:]])
def test_no_help_text_names_a_zone_that_staff_may_not_have(app):
    named = {
        f"{model.__name__}.{field.name}"
        for model in apps.get_app_config(app).get_models()
        for field in model._meta.get_fields()
        if isinstance(field, DateTimeField) and "UTC" in field.help_text
    }

    assert named == set()


def test_a_panel_writes_a_moment_as_the_forms_read_it(now):
    with timezone.override("Asia/Tokyo"):
        assert clock.staff_time(now) == "2026-03-15 21:00"
