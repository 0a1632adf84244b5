from datetime import timedelta

import pytest

from customers.errors import BadRegionCode, RegionIsFixed, UnknownCustomer
from customers.models import Customer
from customers.services import confirm_region, forget_region_by_staff, set_region_by_staff
from shopbot.kernel.models import Event
from tests.customers.factories import make_customer

pytestmark = pytest.mark.django_db


def kinds():
    return list(Event.objects.order_by("pk").values_list("kind", flat=True))


def test_the_first_confirmation_fixes_the_region(now):
    customer = make_customer()

    confirm_region(customer_id=customer.pk, region="GB", now=now)

    customer.refresh_from_db()
    assert (customer.region, customer.region_confirmed_at) == ("GB", now)
    event = Event.objects.get()
    assert (event.kind, event.data) == (
        "customer.region_confirmed",
        {"region": "GB", "before": ""},
    )


def test_confirming_the_same_again_changes_nothing_not_even_the_waiting_time(now):
    customer = make_customer(region="GB", region_confirmed_at=now)

    confirm_region(customer_id=customer.pk, region="GB", now=now + timedelta(days=20))

    customer.refresh_from_db()
    assert customer.region_confirmed_at == now
    assert kinds() == []


def test_another_region_is_refused_until_the_waiting_time_is_over(now):
    customer = make_customer(region="GB", region_confirmed_at=now)
    last_moment = now + timedelta(days=30) - timedelta(seconds=1)

    with pytest.raises(RegionIsFixed) as refusal:
        confirm_region(customer_id=customer.pk, region="ASIA", now=last_moment)

    assert refusal.value.context == {
        "region": "GB",
        "until": (now + timedelta(days=30)).isoformat(),
    }
    customer.refresh_from_db()
    assert (customer.region, customer.region_confirmed_at) == ("GB", now)
    assert kinds() == []


def test_another_region_is_taken_once_the_waiting_time_is_over(now):
    customer = make_customer(region="GB", region_confirmed_at=now)
    later = now + timedelta(days=30)

    confirm_region(customer_id=customer.pk, region="EU", now=later)

    customer.refresh_from_db()
    assert (customer.region, customer.region_confirmed_at) == ("EU", later)


def test_the_waiting_time_is_the_owners_setting(now, settings):
    settings.REGION_CHANGE_DAYS = 1
    customer = make_customer(region="GB", region_confirmed_at=now)

    confirm_region(customer_id=customer.pk, region="EU", now=now + timedelta(days=1))

    assert Customer.objects.get().region == "EU"


def test_staff_need_not_wait_and_the_customer_then_waits_anew(now):
    customer = make_customer(region="GB", region_confirmed_at=now)
    later = now + timedelta(days=29)

    set_region_by_staff(customer_id=customer.pk, region="US", actor="staff:7", now=later)

    event = Event.objects.get()
    assert (event.kind, event.actor) == ("customer.region_set", "staff:7")
    assert event.data == {"region": "US", "before": "GB"}
    with pytest.raises(RegionIsFixed):
        confirm_region(customer_id=customer.pk, region="EU", now=later + timedelta(days=29))
    assert Customer.objects.get().region == "US"


def test_staff_can_have_the_customer_asked_again(now):
    customer = make_customer(region="GB", region_confirmed_at=now)

    forget_region_by_staff(customer_id=customer.pk, actor="staff:7", now=now)
    forget_region_by_staff(customer_id=customer.pk, actor="staff:7", now=now)

    assert kinds() == ["customer.region_forgotten"]
    confirm_region(customer_id=customer.pk, region="EU", now=now)
    assert Customer.objects.get().region == "EU"


@pytest.mark.parametrize("code", ["", "gb", "G", "G B", "GB\n", "A" * 9, "G1"])
def test_what_is_not_a_regions_code_is_refused(code, now):
    customer = make_customer(region="GB", region_confirmed_at=now)

    with pytest.raises(BadRegionCode):
        set_region_by_staff(customer_id=customer.pk, region=code, actor="staff:7", now=now)
    with pytest.raises(BadRegionCode):
        confirm_region(customer_id=customer.pk, region=code, now=now + timedelta(days=99))

    assert Customer.objects.get().region == "GB"
    assert kinds() == []


def test_forgetting_a_region_that_is_not_known_changes_nothing(now):
    customer = make_customer()

    forget_region_by_staff(customer_id=customer.pk, actor="staff:7", now=now)

    assert kinds() == []


def test_until_a_region_is_confirmed_prices_follow_the_guess(now):
    guessed = make_customer(telegram_language="ja")
    confirmed = make_customer(telegram_language="ja", region="EU")

    assert (guessed.region_or_guess, confirmed.region_or_guess) == ("ASIA", "EU")


def test_a_stranger_has_no_region(now):
    with pytest.raises(UnknownCustomer):
        confirm_region(customer_id=1, region="GB", now=now)


@pytest.mark.django_db(transaction=True)
def test_of_two_confirmations_at_once_the_second_is_refused(now, race):
    customer = make_customer()

    outcomes = race(
        lambda: confirm_region(customer_id=customer.pk, region="GB", now=now).region,
        lambda: confirm_region(customer_id=customer.pk, region="EU", now=now).region,
    )

    taken = Customer.objects.get().region
    assert taken in outcomes
    assert [type(outcome) for outcome in outcomes if outcome != taken] == [RegionIsFixed]
    assert kinds() == ["customer.region_confirmed"]
