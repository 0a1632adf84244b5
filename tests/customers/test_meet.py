from datetime import timedelta
from threading import Barrier

import pytest

from customers.models import Customer
from customers.services import choose_language, meet
from shopbot.kernel.models import Event

ADA = {
    "telegram_id": 42,
    "username": "ada",
    "first_name": "Ada",
    "last_name": "Lovelace",
    "language_code": "en-GB",
}


@pytest.mark.django_db
def test_the_first_meeting_creates_the_customer_and_says_so_once(now):
    customer = meet(**ADA, now=now)

    assert Customer.objects.get() == customer
    assert (customer.telegram_id, customer.display_name) == (42, "Ada Lovelace")
    assert (customer.language, customer.language_is_chosen) == ("en", False)
    assert (customer.region, customer.guessed_region) == ("", "GB")
    assert (customer.created_at, customer.last_seen_at) == (now, now)
    event = Event.objects.get()
    assert (event.kind, event.subject) == ("customer.met", f"customer:{customer.pk}")
    assert (event.customer_id, event.actor) == (customer.pk, f"customer:{customer.pk}")


@pytest.mark.django_db
def test_a_known_customer_costs_one_query_and_no_transaction(now, django_assert_num_queries):
    first = meet(**ADA, now=now)

    with django_assert_num_queries(1):
        again = meet(**ADA, now=now)

    assert again == first
    assert Event.objects.count() == 1


@pytest.mark.django_db
def test_being_seen_is_written_once_a_day(now, django_assert_num_queries):
    meet(**ADA, now=now)
    tomorrow = now + timedelta(days=1)

    with django_assert_num_queries(2):
        meet(**ADA, now=tomorrow)
    with django_assert_num_queries(1):
        meet(**ADA, now=tomorrow + timedelta(hours=5))

    assert Customer.objects.get().last_seen_at == tomorrow


@pytest.mark.django_db
def test_a_clock_that_goes_back_does_not_take_the_day_back(now):
    meet(**ADA, now=now)

    meet(**ADA, now=now - timedelta(days=2))

    assert Customer.objects.get().last_seen_at == now


@pytest.mark.django_db
def test_new_names_are_taken_over(now):
    meet(**ADA, now=now)

    meet(**{**ADA, "username": "countess", "last_name": ""}, now=now)

    customer = Customer.objects.get()
    assert (customer.username, customer.display_name) == ("countess", "Ada")


@pytest.mark.django_db
def test_the_language_follows_telegram_until_it_is_chosen(now):
    meet(**ADA, now=now)

    assert meet(**{**ADA, "language_code": "de"}, now=now).language == "de"
    choose_language(customer_id=Customer.objects.get().pk, language="ru", now=now)
    assert meet(**{**ADA, "language_code": "es"}, now=now).language == "ru"

    customer = Customer.objects.get()
    assert (customer.language, customer.telegram_language) == ("ru", "es")


@pytest.mark.django_db
def test_an_update_that_does_not_tell_the_language_changes_none(now):
    meet(**{**ADA, "language_code": "de"}, now=now)

    met = meet(**{**ADA, "language_code": ""}, now=now)

    assert (met.language, met.telegram_language) == ("de", "de")


@pytest.mark.django_db
def test_names_longer_than_telegram_allows_are_cut_and_not_refused(now):
    long = {**ADA, "first_name": "🦀" * 500, "language_code": "x" * 90}

    customer = meet(**long, now=now)

    customer.refresh_from_db()
    assert (len(customer.first_name), len(customer.telegram_language)) == (256, 35)
    assert meet(**long, now=now) == customer


@pytest.mark.django_db
def test_a_zero_byte_in_a_name_is_dropped_and_not_an_error(now):
    customer = meet(**{**ADA, "first_name": "A\x00da"}, now=now)

    customer.refresh_from_db()
    assert customer.first_name == "Ada"


@pytest.mark.django_db
def test_referral_codes_are_ten_url_safe_characters_and_differ(now):
    codes = {meet(**{**ADA, "telegram_id": n}, now=now).referral_code for n in range(1, 31)}

    assert len(codes) == 30
    assert all(
        len(code) == 10 and code.replace("-", "").replace("_", "").isalnum() for code in codes
    )


@pytest.mark.django_db(transaction=True)
def test_two_first_updates_of_one_person_create_one_customer(now, race):
    met = race([lambda: meet(**ADA, now=now).pk] * 2)

    customer = Customer.objects.get()
    assert met == [customer.pk, customer.pk]
    assert Event.objects.get().kind == "customer.met"


@pytest.mark.django_db(transaction=True)
def test_control_look_then_create_fails_one_of_two_first_updates(now, race):
    both_have_looked = Barrier(2)

    def naive():
        known = Customer.objects.filter(telegram_id=42).first()
        both_have_looked.wait(timeout=10)
        if known is None:
            Customer.objects.create(telegram_id=42, created_at=now, last_seen_at=now)
        return "created"

    outcomes = race([naive] * 2)

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["IntegrityError", "str"]
