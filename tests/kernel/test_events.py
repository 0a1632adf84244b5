"""The event log: written with the change, handed on at least once, never deleted."""

from datetime import timedelta

import pytest

from shopbot.kernel.errors import ShopError
from shopbot.kernel.events import record, relay
from shopbot.kernel.models import DataVersion, Event

pytestmark = pytest.mark.django_db


def count_it(event):
    """Consume by writing a row, as every consumer does."""
    version, _ = DataVersion.objects.get_or_create(pk=f"seen-{event.pk}")
    version.number += 1
    version.save(update_fields=["number"])


def break_on_purpose(event):
    count_it(event)
    raise RuntimeError("the consumer is broken")


def seen(event):
    return (
        DataVersion.objects.filter(pk=f"seen-{event.pk}")
        .values_list("number", flat=True)
        .first()
    )


@pytest.fixture
def consumers(settings):
    settings.EVENT_CONSUMERS = {"order.paid": [f"{__name__}.count_it"]}
    return settings.EVENT_CONSUMERS


@pytest.fixture
def paid(now):
    return record(
        "order.paid", subject="order:1", actor="stripe", at=now, customer_id=4, total=5
    )


def test_hands_an_event_on_once_however_often_the_relay_runs(paid, consumers, now):
    assert [relay(now=now) for _ in range(3)] == [1, 0, 0]

    paid.refresh_from_db()
    assert paid.dispatched_at == now
    assert paid.data == {"total": 5}
    assert seen(paid) == 1


def test_events_nobody_listens_to_are_done_at_once(now, consumers):
    event = record("catalog.changed", subject="product:1", actor="staff:1", at=now)

    assert relay(now=now) == 1

    event.refresh_from_db()
    assert event.dispatched_at == now


def test_a_failing_consumer_undoes_its_own_rows_and_stops_no_other_event(paid, consumers, now):
    consumers["order.expired"] = [f"{__name__}.break_on_purpose"]
    broken = record("order.expired", subject="order:2", actor="beat", at=now)
    later = record("order.paid", subject="order:3", actor="stripe", at=now)

    assert relay(now=now) == 2

    broken.refresh_from_db()
    assert (broken.dispatched_at, broken.attempts) == (None, 1)
    assert "the consumer is broken" in broken.error
    assert (seen(broken), seen(paid), seen(later)) == (None, 1, 1)


def test_a_failed_event_waits_then_is_handed_on_when_the_consumer_is_mended(consumers, now):
    consumers["order.expired"] = [f"{__name__}.break_on_purpose"]
    event = record("order.expired", subject="order:2", actor="beat", at=now)
    relay(now=now)
    consumers["order.expired"] = [f"{__name__}.count_it"]

    assert relay(now=now) == 0
    assert relay(now=now + timedelta(seconds=2)) == 1
    assert seen(event) == 1


def test_every_event_reaches_a_listener_to_all(consumers, now, paid):
    consumers["*"] = [f"{__name__}.count_it"]

    relay(now=now)

    assert seen(paid) == 2


def test_an_event_cannot_be_deleted(paid):
    with pytest.raises(TypeError, match="append-only"):
        paid.delete()

    assert Event.objects.filter(pk=paid.pk).exists()


def test_an_error_carries_its_code_and_what_an_edge_may_show():
    error = ShopError(limit=3)

    assert (str(error), error.code, error.context) == (
        "shop_error",
        "shop_error",
        {"limit": 3},
    )
