"""What is said about time that runs out: once, when it makes sense, whatever failed."""

from __future__ import annotations

from datetime import timedelta
from threading import Event as Signal

import pytest
from django.db import connection, transaction

from entitlements.expiry import give_notices
from entitlements.models import Grant, NoticeFailure, Reminder
from entitlements.selectors import has_entitlement
from entitlements.services import extend, revoke_source
from entitlements.sweeps import expire_entitlements
from shopbot.kernel.models import Event
from tests.entitlements.conftest import at

pytestmark = pytest.mark.django_db

END = at("2026-04-15 12:00")
DAY = timedelta(days=1)


@pytest.fixture
def said():
    """Return what was recorded by the sweep, as (kind, which notice)."""

    def look() -> list[tuple[str, str]]:
        events = Event.objects.filter(actor="beat").order_by("pk")
        return [(event.kind, event.data["notice"]) for event in events]

    return look


def sweep(moment, limit=100) -> int:
    return give_notices(now=moment, limit=limit)


def test_reminders_at_7_3_and_1_days_then_the_end_then_the_end_of_grace(grant, said, now):
    grant(grace_days=2)

    for hours in range(0, 24 * 40, 6):
        sweep(now + timedelta(hours=hours))

    assert said() == [
        ("grant.expiring", "7"),
        ("grant.expiring", "3"),
        ("grant.expiring", "1"),
        ("grant.expired", "expired"),
        ("grant.grace_ended", "grace_ended"),
    ]


def test_nothing_is_due_before_its_time_and_everything_at_it(grant, said):
    grant()

    assert sweep(END - 7 * DAY - timedelta(microseconds=1)) == 0
    assert sweep(END - 7 * DAY) == 1
    assert said() == [("grant.expiring", "7")]


def test_each_is_given_once_however_often_the_sweep_runs(grant, said):
    grant()

    for _ in range(3):
        sweep(END - 3 * DAY)

    assert said() == [("grant.expiring", "3")]
    assert Reminder.objects.count() == 1


def test_a_reminder_says_what_the_message_needs(grant, customer):
    row = grant(source="order-line:1", level="vip", grace_days=2)

    sweep(END - 3 * DAY + timedelta(hours=1))

    event = Event.objects.get(kind="grant.expiring")
    assert (event.customer_id, event.subject) == (customer.pk, f"grant:{row.pk}")
    told = {key: event.data[key] for key in ("code", "level", "days", "notice", "source")}
    assert told == {
        "code": "signals",
        "level": "vip",
        "days": 3,
        "notice": "3",
        "source": "order-line:1",
    }
    assert event.data["ends_at"] == END.isoformat()
    assert event.data["grace_until"] == (END + 2 * DAY).isoformat()


def test_a_worker_that_was_down_gives_the_nearest_reminder_with_the_days_that_are_left(
    grant, said
):
    grant()

    sweep(END - 2 * DAY)

    assert said() == [("grant.expiring", "3")]
    assert Event.objects.get(kind="grant.expiring").data["days"] == 2


def test_after_the_end_it_gives_no_reminder_any_more(grant, said):
    grant(grace_days=5)

    sweep(END + DAY)

    assert said() == [("grant.expired", "expired")]


def test_after_grace_it_says_only_that_grace_ended(grant, said):
    grant(grace_days=5)

    sweep(END + 6 * DAY)
    sweep(END + 60 * DAY)

    assert said() == [("grant.grace_ended", "grace_ended")]


def test_access_ends_on_time_though_nothing_was_ever_swept(grant, customer):
    grant()

    assert has_entitlement(customer.pk, "signals", END - timedelta(microseconds=1))
    assert not has_entitlement(customer.pk, "signals", END)


def test_what_was_extended_is_not_reminded_of(grant, said):
    grant(source="a")
    grant(source="b")

    sweep(END - DAY)
    assert said() == []
    for _ in range(2):
        sweep(END)
    assert said() == [("grant.carried_on", "expired")]

    sweep(at("2026-05-14 12:00"))
    assert said() == [("grant.carried_on", "expired"), ("grant.expiring", "1")]


def test_what_was_extended_by_staff_is_reminded_of_at_the_new_end(grant, said, now):
    row = grant()
    extend(grant_id=row.pk, days=10, key="k", actor="staff:1", now=now)

    sweep(END - DAY)
    assert said() == []

    sweep(END + 9 * DAY)
    assert said() == [("grant.carried_on", "expired"), ("grant.expiring", "1")]


def test_if_the_extension_is_refunded_the_reminder_comes_after_all(grant, said):
    grant(source="a")
    grant(source="b")
    sweep(END - 7 * DAY)
    revoke_source(source="b", reason="refund", actor="x", now=END - 5 * DAY)

    sweep(END - 3 * DAY)

    assert said() == [("grant.expiring", "3")]


def test_what_was_revoked_is_not_spoken_of(grant, said, now):
    grant(source="a")
    revoke_source(source="a", reason="refund", actor="x", now=now)

    assert sweep(END + DAY) == 0
    assert said() == []


def test_a_higher_level_that_runs_on_makes_the_lower_ones_end_unimportant(grant, said):
    grant(level="premium")
    grant(level="vip", months=2)

    sweep(END)

    assert said() == [("grant.carried_on", "expired")]


def test_a_lower_level_that_runs_on_is_named(grant, said):
    grant(level="vip")
    grant(level="premium", months=2)

    sweep(END)

    assert said() == [("grant.expired", "expired")]
    assert Event.objects.get(kind="grant.expired").data["then_level"] == "premium"


def test_a_trial_of_a_few_days_is_reminded_of_when_that_is_news(grant, said, now):
    grant(days=3)

    sweep(now)
    assert said() == []

    sweep(now + 2 * DAY)
    assert said() == [("grant.expiring", "1")]


def test_a_lifetime_is_never_due(grant):
    grant(months=None)

    assert sweep(at("9000-01-01")) == 0


def test_a_member_of_a_seat_hears_of_the_end_and_of_nothing_before(
    grant, customer, stranger, now, said
):
    owned = grant(customer=stranger, level="enterprise", seats=1)
    Grant.objects.create(
        customer=customer,
        type=owned.type,
        level="enterprise",
        source="seat:1:1",
        starts_at=now,
        ends_at=END,
        anchor_at=now,
        access_until=END,
        granted_at=now,
        follows=owned,
        next_notice_at=END - 7 * DAY,
    )

    sweep(END - 3 * DAY)
    sweep(END)

    heard = Event.objects.filter(actor="beat", customer_id=customer.pk)
    assert list(heard.values_list("kind", flat=True)) == ["grant.expired"]


@pytest.fixture
def refusing_events_of():
    """Let the database refuse events about one customer, as damaged data would."""

    def refuse(customer_id: int) -> None:
        with connection.cursor() as cursor:
            if connection.vendor == "sqlite":
                cursor.execute(
                    "CREATE TRIGGER refuse_events BEFORE INSERT ON kernel_event"
                    f" WHEN NEW.customer_id = {customer_id}"
                    " BEGIN SELECT RAISE(ABORT, 'damaged'); END"
                )
                return
            cursor.execute(
                "CREATE FUNCTION refuse_events() RETURNS trigger LANGUAGE plpgsql AS"
                " $$ BEGIN RAISE EXCEPTION 'damaged'; END $$"
            )
            cursor.execute(
                "CREATE TRIGGER refuse_events BEFORE INSERT ON kernel_event FOR EACH ROW"
                f" WHEN (NEW.customer_id = {customer_id}) EXECUTE FUNCTION refuse_events()"
            )

    return refuse


def mend() -> None:
    with connection.cursor() as cursor:
        on = "" if connection.vendor == "sqlite" else " ON kernel_event"
        cursor.execute(f"DROP TRIGGER refuse_events{on}")


def test_one_customers_failure_never_stops_the_batch_and_is_tried_again(
    grant, make_customer, refusing_events_of, said
):
    people = [make_customer() for _ in range(3)]
    rows = [grant(customer=who) for who in people]
    refusing_events_of(people[1].pk)
    moment = END - 7 * DAY

    assert sweep(moment) == 3

    reminded = Reminder.objects.order_by("pk").values_list("grant_id", flat=True)
    assert list(reminded) == [rows[0].pk, rows[2].pk]
    failure = NoticeFailure.objects.get()
    assert (failure.grant_id, failure.attempts) == (rows[1].pk, 1)
    assert "damaged" in failure.error

    assert sweep(moment + timedelta(minutes=1)) == 0
    mend()
    assert sweep(moment + timedelta(minutes=2)) == 1
    assert Reminder.objects.count() == 3
    assert not NoticeFailure.objects.exists()


def test_the_sweep_takes_a_batch_at_a_time_and_ends_when_nothing_is_due(grant, make_customer):
    for _ in range(5):
        grant(customer=make_customer())

    batches = [expire_entitlements(now=END, limit=2) for _ in range(4)]

    assert batches == [2, 2, 1, 0]


@pytest.mark.skipif(connection.vendor != "postgresql", reason="reads PostgreSQL's plan")
def test_the_queue_is_read_from_its_own_index(grant):
    grant()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_sort = off")
    queue = Grant.objects.filter(next_notice_at__lte=END).order_by("next_notice_at", "pk")

    assert "grant_notice_due" in queue[:100].explain()


def test_a_batch_costs_the_same_statements_for_1_and_for_5(
    grant, make_customer, django_assert_num_queries
):
    grant()
    with django_assert_num_queries(12):
        sweep(END)
    for _ in range(5):
        grant(customer=make_customer())
    with django_assert_num_queries(12):
        sweep(END)


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite runs one writer at a time")
def test_two_workers_skip_each_others_rows(grant, make_customer, race):
    first = grant()
    second = grant(customer=make_customer())
    held, done = Signal(), Signal()

    def holds_the_first() -> None:
        with transaction.atomic():
            Grant.objects.select_for_update().get(pk=first.pk)
            held.set()
            done.wait(timeout=10)

    def sweeps_meanwhile() -> int:
        held.wait(timeout=10)
        try:
            return sweep(END)
        finally:
            done.set()

    outcomes = race(holds_the_first, sweeps_meanwhile)

    assert outcomes == [None, 1]
    assert Reminder.objects.get().grant_id == second.pk


@pytest.mark.django_db(transaction=True)
def test_workers_at_once_give_each_notice_once(grant, make_customer, race):
    for _ in range(6):
        grant(customer=make_customer())

    counts = race([lambda: sweep(END)] * 4)

    assert Event.objects.filter(kind="grant.expired").count() == 6
    assert all(isinstance(count, int) for count in counts)
