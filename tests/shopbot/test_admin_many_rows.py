"""A list of very many rows costs what one page of it costs."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.db import connection
from django.template.loader import render_to_string
from django.test import RequestFactory

from shopbot.admin import ReadOnlyAdmin
from shopbot.admin.many_rows import EstimatingPaginator
from shopbot.kernel.events import Draft, record_all
from shopbot.kernel.models import Event

pytestmark = pytest.mark.django_db


class FewAreMany(EstimatingPaginator):
    """Counts three rows and no further."""

    exact_up_to = 3


class EventsAdmin(ReadOnlyAdmin):
    """Events in a shop that has very many of them from the fourth on."""

    paginator = FewAreMany
    list_per_page = 2
    date_hierarchy = "happened_at"
    ordering = ("-pk",)


@pytest.fixture
def events(now):
    """Record so many events, half of each of two kinds."""

    def fill(count: int) -> None:
        kinds = ("order.paid", "order.placed")
        record_all(
            Draft(kinds[number % 2], f"order:{number}", "beat", None, now, {})
            for number in range(count)
        )
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE kernel_event")

    return fill


def _list():
    request = RequestFactory().get("/")
    request.user = User(is_superuser=True, is_active=True)
    return EventsAdmin(Event, admin.site).get_changelist_instance(request)


def _foot(changes) -> str:
    context = {"cl": changes, "pagination_required": True, "page_range": []}
    return " ".join(render_to_string("shopbot/pagination.html", context).split())


def test_few_rows_are_counted_and_offered_by_month(events):
    events(3)

    changes = _list()

    assert (changes.result_count, changes.date_hierarchy) == (3, "happened_at")
    assert "- 3 events" in _foot(changes)


def test_many_rows_are_estimated_and_offered_by_no_month(events):
    events(40)

    changes = _list()

    assert (changes.result_count, changes.date_hierarchy) == (40, None)
    assert "- about 40 events" in _foot(changes)
    assert len(changes.result_list) == 2


def test_an_estimate_follows_the_filter_and_never_falls_below_what_was_counted(events):
    events(40)
    rows = Event.objects.order_by("pk")
    paid, none = rows.filter(kind="order.paid"), rows.filter(kind="x")

    assert FewAreMany(paid, 2).count == 20
    assert FewAreMany(none, 2).count == 0
    assert FewAreMany(paid.filter(actor="beat", subject__contains="order"), 2).count >= 4
