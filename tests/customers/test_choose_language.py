import pytest

from customers.errors import UnknownCustomer, UnknownLanguage
from customers.services import choose_language
from shopbot.kernel.models import Event
from tests.customers.factories import make_customer

pytestmark = pytest.mark.django_db


def test_the_choice_stays_and_is_recorded_once(now):
    customer = make_customer()

    for _ in range(2):
        choose_language(customer_id=customer.pk, language="de", now=now)

    customer.refresh_from_db()
    assert (customer.language, customer.language_is_chosen) == ("de", True)
    event = Event.objects.get()
    assert (event.kind, event.data) == ("customer.language_chosen", {"language": "de"})


def test_choosing_the_guessed_language_makes_it_a_choice(now):
    customer = make_customer(language="en")

    assert choose_language(customer_id=customer.pk, language="en", now=now).language_is_chosen


def test_a_language_the_shop_does_not_speak_is_refused(now):
    customer = make_customer()

    with pytest.raises(UnknownLanguage):
        choose_language(customer_id=customer.pk, language="fr", now=now)

    customer.refresh_from_db()
    assert (customer.language, customer.language_is_chosen) == ("en", False)
    assert not Event.objects.exists()


def test_a_stranger_chooses_nothing(now):
    with pytest.raises(UnknownCustomer):
        choose_language(customer_id=1, language="de", now=now)
