"""Other systems hear of changes: signed, in order, again and again until they have."""

import json
import random
import socket
import time
from contextlib import contextmanager, suppress
from datetime import timedelta
from threading import Thread

import pytest

from entitlements.expiry import give_notices
from entitlements.models import EntitlementType
from entitlements.services import NewGrant, grant_all, revoke_source
from orders.entitlement_map import entitlement_map
from shopbot.kernel.events import record, relay
from shopbot.kernel.models import Event
from shopbot.kernel.sweeps import run_sweep
from telegram_bot.models import OutgoingMessage
from tests.customers.factories import make_customer
from webhooks import services, targets
from webhooks.admin import card_of_endpoints
from webhooks.forms import EndpointForm
from webhooks.models import Delivery, Endpoint
from webhooks.services import (
    DISABLE_AFTER,
    PAUSES,
    enable,
    queue_test,
    replay,
    send_due,
    send_to,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer():
    return make_customer()


@pytest.fixture
def happen(customer, now):
    """Make an event about the customer happen and be relayed."""

    def make(kind="grant.granted", **data):
        event = record(
            kind, subject="grant:1", actor="test", at=now, customer_id=customer.pk, **data
        )
        relay(now=now)
        return event

    return make


@contextmanager
def dripping(line):
    """Run a receiver that says yes, and then goes on with its headers for ever."""
    server = socket.create_server(("127.0.0.1", 0))

    def answer():
        connection, _ = server.accept()
        with connection, suppress(OSError):
            connection.sendall(b"HTTP/1.1 200 OK\r\n")
            for _ in range(600):
                connection.sendall(line)
                time.sleep(0.02)

    thread = Thread(target=answer, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.getsockname()[1]}/"
    thread.join(timeout=5)
    server.close()


def statuses():
    return list(Delivery.objects.order_by("pk").values_list("status", flat=True))


def test_a_message_is_signed_so_that_an_independent_receiver_accepts_it(
    endpoint, receiver, consumer, happen, customer, now
):
    happen(code="signals")

    assert send_due(now=now, limit=10) == 1

    path, headers, body = receiver.requests[0]
    assert path == "/hooks?from=shop"
    assert consumer.receive(headers, body) == 204
    assert json.loads(body)["customer"]["telegram_id"] == customer.telegram_id
    assert statuses() == ["sent"]


@pytest.mark.parametrize("spoil", [b" ", b"0"])
def test_a_changed_body_is_not_accepted(endpoint, receiver, consumer, happen, now, spoil):
    happen()
    send_due(now=now, limit=10)
    _, headers, body = receiver.requests[0]

    assert consumer.receive(headers, body + spoil) == 401
    assert consumer.maps == {}


def test_the_previous_secret_signs_too_while_a_receiver_changes_over(
    endpoint, receiver, consumer, happen, now
):
    Endpoint.objects.update(
        previous_secret=endpoint.secret, secret="whsec_bmV3bmV3bmV3bmV3bmV3"
    )
    happen()

    send_due(now=now, limit=10)

    _, headers, body = receiver.requests[0]
    assert consumer.receive(headers, body) == 204


def test_only_chosen_kinds_are_sent_and_each_once(endpoint, happen, now):
    happen("order.paid")
    event = happen("grant.revoked")
    Event.objects.filter(pk=event.pk).update(dispatched_at=None)
    relay(now=now)

    assert list(Delivery.objects.values_list("kind", flat=True)) == ["grant.revoked"]


def test_a_failing_message_holds_back_those_behind_it_and_is_tried_again(
    endpoint, receiver, happen, now
):
    receiver.answers = [500]
    happen("grant.granted")
    happen("grant.extended")

    assert send_due(now=now, limit=10) == 1
    assert send_due(now=now + PAUSES[0] - timedelta(seconds=1), limit=10) == 0
    assert statuses() == ["waiting", "waiting"]
    assert send_due(now=now + PAUSES[0], limit=10) == 2
    assert statuses() == ["sent", "sent"]
    kinds = [json.loads(body)["type"] for _, _, body in receiver.requests]
    assert kinds == ["grant.granted", "grant.granted", "grant.extended"]


def test_a_redirect_is_a_failure_and_is_not_followed(endpoint, receiver, happen, now):
    receiver.answers = [302]
    happen()

    send_due(now=now, limit=10)

    assert len(receiver.requests) == 1
    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.response_status, delivery.error) == (
        "waiting", 302, "answered 302",
    )  # fmt: skip


def test_an_endpoint_that_fails_for_three_days_is_switched_off_and_staff_hear_of_it(
    endpoint, receiver, happen, now, settings
):
    settings.STAFF_CHAT_ID = -100
    receiver.answers = [500] * 50
    happen()
    moment = now
    while Endpoint.objects.get().is_active:
        moment += timedelta(hours=6)
        send_due(now=moment, limit=10)

    endpoint.refresh_from_db()
    assert endpoint.disabled_at - endpoint.failing_since >= DISABLE_AFTER
    assert Event.objects.filter(kind="webhook_endpoint.disabled").count() == 1
    relay(now=moment)
    [told] = OutgoingMessage.objects.filter(chat_id=-100)
    assert told.params["text"].startswith("⚠️ CRM took no message for three days")
    [card] = card_of_endpoints(now=moment)
    assert (card.title, card.value) == ("Endpoints switched off", "1")
    receiver.answers = []
    enable(endpoint_id=endpoint.pk, now=moment)
    assert send_due(now=moment, limit=10) == 1
    assert statuses() == ["sent"]


@pytest.mark.parametrize("disabled", [False, True])
def test_what_happens_while_an_endpoint_is_off_is_sent_once_it_is_on_again(
    endpoint, receiver, consumer, happen, disabled, now
):
    Endpoint.objects.update(is_active=False, disabled_at=now if disabled else None)
    happen(code="signals")
    happen("grant.revoked", code="signals")

    assert (send_due(now=now, limit=10), receiver.requests) == (0, [])
    enable(endpoint_id=endpoint.pk, now=now)

    assert send_due(now=now, limit=10) == 2
    kinds = [json.loads(body)["type"] for _, _, body in receiver.requests]
    assert kinds == ["grant.granted", "grant.revoked"]


def test_what_waits_for_an_endpoint_that_stays_off_is_forgotten_after_thirty_days(
    endpoint, happen, now
):
    happen()
    later = now + timedelta(days=31)
    assert run_sweep("prune-webhooks", now=later) == 0

    Endpoint.objects.update(is_active=False)

    assert run_sweep("prune-webhooks", now=now + timedelta(days=29)) == 0
    assert run_sweep("prune-webhooks", now=later) == 1


@pytest.mark.parametrize("line", [b"X-Drip: y\r\n", b"z"])
def test_a_receiver_that_drips_its_answer_holds_no_worker(
    endpoint, happen, line, now, monkeypatch
):
    monkeypatch.setattr(targets, "ANSWER_SECONDS", 0.3)
    with dripping(line) as url:
        Endpoint.objects.update(url=url)
        happen()
        started = time.monotonic()

        assert send_due(now=now, limit=10) == 1

    assert time.monotonic() - started < 3
    assert statuses() == ["waiting"]
    assert "ReadTimeoutError" in Delivery.objects.get().error


def test_retries_go_on_for_three_days_then_the_message_is_given_up(
    endpoint, receiver, happen, now
):
    assert timedelta(days=3) < sum(PAUSES, timedelta()) < timedelta(days=4)
    happen()
    Delivery.objects.update(attempts=len(PAUSES))
    receiver.answers = [500]

    send_due(now=now, limit=10)

    assert statuses() == ["dead"]


def test_one_worker_at_a_time_sends_to_an_endpoint(endpoint, receiver, happen, now):
    happen()
    Endpoint.objects.update(leased_until=now + timedelta(seconds=5))

    assert send_to(endpoint_id=endpoint.pk, now=now, limit=10) == 0
    assert send_to(endpoint_id=endpoint.pk, now=now + timedelta(seconds=5), limit=10) == 1
    assert len(receiver.requests) == 1


@pytest.fixture
def before_each_try(monkeypatch):
    """Have something happen just before each message leaves, when its name is resolved."""
    resolve = socket.getaddrinfo

    def watch(act):
        def getaddrinfo(*args, **kwargs):
            act()
            return resolve(*args, **kwargs)

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)

    return watch


def test_the_lease_is_renewed_for_each_message(
    endpoint, receiver, happen, now, before_each_try
):
    leases = []
    before_each_try(lambda: leases.append(Endpoint.objects.get().leased_until))
    happen()
    happen()

    send_to(endpoint_id=endpoint.pk, now=now, limit=10)

    assert leases[0] < leases[-1]
    assert Endpoint.objects.get().leased_until is None


def test_a_worker_that_was_overtaken_stops_and_leaves_the_lease_alone(
    endpoint, receiver, happen, now, before_each_try
):
    others = now + timedelta(hours=1)
    before_each_try(lambda: Endpoint.objects.update(leased_until=others))
    happen()
    happen()

    assert send_to(endpoint_id=endpoint.pk, now=now, limit=10) == 1

    assert len(receiver.requests) == 1
    assert Endpoint.objects.get().leased_until == others


@pytest.mark.parametrize("url", ["http://касса.рф/", "http://crm.example:99999/"])
def test_an_address_that_cannot_be_called_stops_no_other_endpoint(
    endpoint, receiver, happen, now, url, monkeypatch
):
    resolve = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda _host, *rest, **kind: resolve("127.0.0.1", *rest, **kind)
    )
    Endpoint.objects.create(name="ERP", url=url, event_kinds=["grant.*"])
    Endpoint.objects.update_or_create(name="CRM", defaults={"url": receiver.url})
    happen()

    assert send_due(now=now, limit=10) == 2

    taken = dict(Delivery.objects.values_list("endpoint__name", "status"))
    assert taken == {"CRM": "sent", "ERP": "waiting"}


def test_an_endpoint_that_answers_slowly_lets_the_next_one_have_its_turn(
    endpoint, receiver, happen, now, monkeypatch
):
    monkeypatch.setattr(services, "TURN", timedelta())
    other = Endpoint.objects.create(name="ERP", url=receiver.url, event_kinds=["grant.*"])
    happen()
    happen()

    assert send_due(now=now, limit=10) == 2

    sent = Delivery.objects.filter(status="sent").order_by("endpoint_id")
    assert list(sent.values_list("endpoint_id", flat=True)) == [endpoint.pk, other.pk]


@pytest.mark.parametrize(
    ("secret", "is_good"),
    [
        ("whsec_" + "A" * 32, True),
        ("whsec_" + "A" * 16, False),
        ("A" * 32, False),
        ("whsec_never", False),
        ("whsec_" + "é" * 32, False),
    ],
)
def test_a_secret_that_cannot_sign_is_refused_at_the_form(endpoint, secret, is_good):
    fields = {"name": "CRM", "url": endpoint.url, "families": ["*"], "is_active": "on"}

    form = EndpointForm({**fields, "secret": secret, "previous_secret": ""})

    assert form.is_valid() == is_good
    assert list(form.errors) == ([] if is_good else ["secret"])


@pytest.mark.parametrize(
    ("families", "kinds", "chosen"),
    [
        (["grant.*"], "order.paid stock.*", ["grant.*", "order.paid", "stock.*"]),
        ([], "order.paid order.paid", ["order.paid"]),
        ([], "", "families"),
        (["grant.*"], "Order paid!", "kinds"),
    ],
)
def test_staff_choose_what_an_endpoint_hears_of(endpoint, families, kinds, chosen):
    fields = {"name": "CRM", "url": endpoint.url, "secret": endpoint.secret, "is_active": "on"}

    form = EndpointForm({**fields, "families": families, "kinds": kinds}, instance=endpoint)

    if isinstance(chosen, str):
        assert list(form.errors) == [chosen]
        return
    assert form.save().event_kinds == chosen
    again = EndpointForm(instance=Endpoint.objects.get())
    assert again.initial["families"] == families
    assert again.initial["kinds"].split() == chosen[len(families) :]


def test_a_replayed_message_keeps_its_id_so_that_the_receiver_knows_it(
    endpoint, receiver, consumer, happen, now
):
    happen()
    send_due(now=now, limit=10)
    replay(delivery_id=Delivery.objects.get().pk, now=now)
    send_due(now=now, limit=10)

    first, second = (headers["webhook-id"] for _, headers, _ in receiver.requests)
    assert first == second


def test_a_test_message_changes_nothing_at_the_receiver(endpoint, receiver, consumer, now):
    queue_test(endpoint_id=endpoint.pk, actor="staff:1", now=now)
    queue_test(endpoint_id=endpoint.pk, actor="staff:1", now=now)

    assert send_due(now=now, limit=10) == 2
    assert [consumer.receive(headers, body) for _, headers, body in receiver.requests] == [
        204,
        204,
    ]
    assert consumer.maps == {}


def test_the_receiver_ends_with_the_same_map_as_the_shop_whatever_the_order_of_arrival(
    endpoint, receiver, consumer, customer, now
):
    signals = EntitlementType.objects.create(code="signals", name="Signals")
    for number in range(4):
        grant = NewGrant(type_id=signals.pk, level="premium", source=f"line:{number}", months=1)
        grant_all(customer_id=customer.pk, grants=[grant], now=now, actor="test")
        relay(now=now)
    revoke_source(source="line:1", reason="refund", actor="test", now=now)
    relay(now=now)
    send_due(now=now, limit=50)
    arrivals = receiver.requests * 2
    random.Random(7).shuffle(arrivals)  # noqa: S311  an order of arrival, no secret

    assert {consumer.receive(headers, body) for _, headers, body in arrivals} == {204}

    ours = entitlement_map(customer_id=customer.pk, at=now)
    assert consumer.maps[customer.telegram_id] == ours["entitlements"]
    assert set(ours["entitlements"]) == {"signals"}


def test_the_receiver_learns_that_the_next_months_have_begun_to_count(
    endpoint, receiver, consumer, customer, now
):
    """Nothing is said to the customer then, but the map names another source and end."""
    signals = EntitlementType.objects.create(code="signals", name="Signals")
    for source in ("line:1", "line:2"):
        grant = NewGrant(type_id=signals.pk, level="premium", source=source, months=1)
        grant_all(customer_id=customer.pk, grants=[grant], now=now, actor="test")
    later = now + timedelta(days=40)
    consumer.clock = later.timestamp

    for _ in range(2):
        give_notices(now=later, limit=100)
        relay(now=later)
    send_due(now=later, limit=50)
    for _, headers, body in receiver.requests:
        consumer.receive(headers, body)

    ours = entitlement_map(customer_id=customer.pk, at=later)
    assert ours["entitlements"]["signals"]["source"] == "line:2"
    assert consumer.maps[customer.telegram_id] == ours["entitlements"]


def test_an_event_that_is_relayed_late_takes_back_nothing(
    endpoint, receiver, consumer, customer, now
):
    signals = EntitlementType.objects.create(code="signals", name="Signals")
    endpoint.event_kinds = ["*"]
    endpoint.save(update_fields=["event_kinds"])
    earlier = record(
        "order.placed", subject="order:1", actor="test", at=now, customer_id=customer.pk
    )
    Event.objects.filter(pk=earlier.pk).update(retry_at=now + timedelta(minutes=1))
    later = now + timedelta(seconds=1)
    grant = NewGrant(type_id=signals.pk, level="premium", source="line:1", months=1)
    grant_all(customer_id=customer.pk, grants=[grant], now=later, actor="test")
    relay(now=later)

    relay(now=now + timedelta(minutes=1))
    send_due(now=now + timedelta(minutes=1), limit=10)
    for _, headers, body in receiver.requests:
        consumer.receive(headers, body)

    assert [json.loads(body)["type"] for _, _, body in receiver.requests][-1] == "order.placed"
    assert set(consumer.maps[customer.telegram_id]) == {"signals"}
