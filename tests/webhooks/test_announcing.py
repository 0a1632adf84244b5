"""What staff change for everybody reaches every map that another system keeps."""

import pytest

from entitlements.models import EntitlementType, Privilege, TierGrant, TierPrivilege
from entitlements.services import NewGrant, grant_all
from entitlements.services.switching import note_changed, note_switched
from orders.entitlement_map import entitlement_map
from shopbot.kernel.events import relay
from shopbot.kernel.models import Event
from shopbot.kernel.sweeps import run_sweep
from tests.catalog.factories import make_tier
from tests.customers.factories import make_customer
from webhooks import announcing
from webhooks.models import Announcement, Delivery, Endpoint
from webhooks.services import send_due

pytestmark = pytest.mark.django_db


@pytest.fixture
def signals():
    return EntitlementType.objects.create(code="signals", name="Signals")


@pytest.fixture
def holders(endpoint, signals, now):
    """Three customers who hold signals, and one who holds nothing."""
    customers = [make_customer() for _ in range(4)]
    for customer in customers[:3]:
        given = NewGrant(
            type_id=signals.pk, level="premium", source=f"promo:{customer.pk}", months=1
        )
        grant_all(customer_id=customer.pk, grants=[given], now=now, actor="test")
    relay(now=now)
    return customers[:3]


@pytest.fixture
def maps(receiver, consumer, now):
    """Send all that is due and return the maps that the other system keeps then."""

    def read():
        while relay(now=now) or run_sweep("announce-changes", now=now):
            pass
        send_due(now=now, limit=100)
        for _, headers, body in receiver.requests:
            consumer.receive(headers, body)
        return consumer.maps

    return read


def ours(customers, now):
    return {
        each.telegram_id: entitlement_map(customer_id=each.pk, at=now)["entitlements"]
        for each in customers
    }


def test_a_switch_reaches_the_map_of_everybody_who_holds_it(holders, signals, maps, now):
    assert maps() == ours(holders, now)
    EntitlementType.objects.update(is_active=False)
    signals.refresh_from_db()
    note_switched(type=signals, actor="staff:1", now=now)

    kept = maps()

    assert {each["signals"]["is_active"] for each in kept.values()} == {False}
    assert kept == ours(holders, now)
    assert Announcement.objects.filter(finished_at=now).count() == 1


def test_another_name_reaches_the_maps_too(holders, signals, maps, now):
    EntitlementType.objects.update(name="Signals, daily", name_en="Signals, daily")
    note_changed(type=signals, actor="staff:1", now=now)

    kept = maps()

    assert {each["signals"]["name"] for each in kept.values()} == {"Signals, daily"}
    assert kept == ours(holders, now)


def test_each_holder_is_told_once_in_batches_wherever_a_worker_dies(
    holders, signals, monkeypatch, now
):
    monkeypatch.setattr(announcing, "CUSTOMERS_AT_ONCE", 2)
    note_changed(type=signals, actor="staff:1", now=now)
    relay(now=now)
    changed = Delivery.objects.filter(kind="entitlement.changed")

    assert run_sweep("announce-changes", now=now, limit=1) == 2
    assert changed.count() == 2
    # The mark of the first batch is lost, as if its transaction had been the last one known.
    Announcement.objects.update(told_up_to=0)
    assert run_sweep("announce-changes", now=now) == 3
    assert run_sweep("announce-changes", now=now) == 0

    assert list(changed.order_by("customer_id").values_list("customer_id", flat=True)) == [
        each.pk for each in holders
    ]


def test_without_an_endpoint_that_keeps_maps_nobody_is_looked_at(
    holders, signals, now, django_assert_max_num_queries
):
    Endpoint.objects.update(event_kinds=["order.*"])
    note_changed(type=signals, actor="staff:1", now=now)
    relay(now=now)

    with django_assert_max_num_queries(8):
        run_sweep("announce-changes", now=now)

    assert not Delivery.objects.filter(kind="entitlement.changed").exists()


def test_what_staff_change_on_a_page_is_an_event_of_what_it_concerns(admin_client, signals):
    tier = make_tier()
    downloads = Privilege.objects.create(code="downloads", name="Downloads", kind="number")
    TierGrant.objects.create(tier=tier, type=signals, level="premium")
    TierPrivilege.objects.create(tier=tier, privilege=downloads, value="10")
    page = f"/admin/entitlements/privilege/{downloads.pk}/change/"
    form = {
        "kind": "number", "reset": "never", "name_en": "Downloads",
        "tier_privileges-TOTAL_FORMS": "1", "tier_privileges-INITIAL_FORMS": "1",
        "tier_privileges-0-id": str(TierPrivilege.objects.get().pk),
        "tier_privileges-0-privilege": str(downloads.pk),
        "tier_privileges-0-tier": str(tier.pk),
        "tier_privileges-0-limit": "hard", "tier_privileges-0-value": "10",
    }  # fmt: skip
    told = Event.objects.filter(kind="entitlement.changed")

    assert admin_client.post(page, form).status_code == 302
    assert told.count() == 0
    assert admin_client.post(page, {**form, "reset": "day"}).status_code == 302
    assert told.count() == 1
    form |= {"reset": "day", "tier_privileges-0-value": "20"}
    assert admin_client.post(page, form).status_code == 302

    assert [event.data["code"] for event in told] == ["signals", "signals"]
    assert {event.actor.partition(":")[0] for event in told} == {"staff"}
