"""Staff try an endpoint out, look at what was sent, and send it again."""

import json

import pytest
from django.urls import reverse

from shopbot.kernel import clock
from webhooks.models import Delivery, Endpoint
from webhooks.services import queue_test, send_due

pytestmark = pytest.mark.django_db

ENDPOINTS, DELIVERIES = "/admin/webhooks/endpoint/", "/admin/webhooks/delivery/"


def act(client, page, action, row):
    form = {"action": action, "_selected_action": [row.pk]}
    return client.post(page, form, follow=True).content.decode()


def test_a_test_message_is_queued_from_the_list_and_arrives(
    admin_client, endpoint, receiver, consumer
):
    assert "Test messages queued" in act(admin_client, ENDPOINTS, "send_test", endpoint)

    send_due(now=clock.now(), limit=10)

    [(_, _, body)] = receiver.requests
    assert json.loads(body)["type"] == "webhook.test"
    assert json.loads(body)["data"]["sent_by"].startswith("staff:")


def test_a_message_is_shown_as_it_was_sent_and_sent_again_under_its_id(
    admin_client, endpoint, receiver, now
):
    queue_test(endpoint_id=endpoint.pk, actor="staff:1", now=now)
    send_due(now=now, limit=10)
    message = Delivery.objects.get()

    page = admin_client.get(f"{DELIVERIES}{message.pk}/change/").content.decode()
    act(admin_client, DELIVERIES, "send_again", message)
    send_due(now=clock.now(), limit=10)

    assert message.message_id in page
    ids = [headers["webhook-id"] for _, headers, _ in receiver.requests]
    assert ids == [message.message_id] * 2


def test_an_endpoint_that_was_switched_off_is_switched_on_again(admin_client, endpoint, now):
    Endpoint.objects.update(is_active=False, disabled_at=now, failing_since=now)

    act(admin_client, ENDPOINTS, "switch_on", endpoint)

    endpoint.refresh_from_db()
    assert (endpoint.is_active, endpoint.disabled_at, endpoint.failing_since) == (
        True, None, None,
    )  # fmt: skip


def test_a_clerk_who_may_only_look_sends_nothing(client, django_user_model, endpoint, now):
    clerk = django_user_model.objects.create_user("clerk", password="-", is_staff=True)
    view = ["view_endpoint", "view_delivery"]
    from_app = django_user_model.user_permissions.rel.model.objects.filter(codename__in=view)
    clerk.user_permissions.set(from_app)
    client.force_login(clerk)
    queue_test(endpoint_id=endpoint.pk, actor="staff:1", now=now)
    Delivery.objects.update(status="dead")

    act(client, ENDPOINTS, "send_test", endpoint)
    act(client, DELIVERIES, "send_again", Delivery.objects.get())
    page = client.get(reverse("admin:webhooks_endpoint_change", args=[endpoint.pk]))

    assert endpoint.url in page.content.decode()
    assert endpoint.secret not in page.content.decode()
    assert list(Delivery.objects.values_list("status", flat=True)) == ["dead"]
