"""Referrals that are each fine and together would close a loop."""

from threading import Barrier

import pytest

from customers.models import Customer
from customers.referral_tree import chain_above
from customers.services import accept_referral
from shopbot.kernel.models import Event
from tests.customers.factories import make_customer

pytestmark = pytest.mark.django_db(transaction=True)


def ring(size):
    """People, and for each the next one's code: accepting all of them closes a ring."""
    people = [make_customer() for _ in range(size)]
    return [(person, people[(at + 1) % size]) for at, person in enumerate(people)]


def is_looped(customer):
    return len(chain_above(customer.pk)) > Customer.objects.count()


@pytest.mark.parametrize("size", [2, 4])
def test_referrals_at_once_never_close_a_loop(size, race, now):
    pairs = ring(size)

    outcomes = race(
        [
            lambda person=person, other=other: accept_referral(
                customer_id=person.pk, code=other.referral_code, now=now
            )
            for person, other in pairs
        ]
    )

    assert sorted(outcomes) == [False] + [True] * (size - 1)
    assert not any(is_looped(person) for person, _ in pairs)
    assert Event.objects.filter(kind="customer.referred").count() == size - 1


def test_two_links_at_once_leave_one_referrer(race, now):
    ada, eve, newcomer = make_customer(), make_customer(), make_customer()

    outcomes = race(
        [
            lambda code=code: accept_referral(customer_id=newcomer.pk, code=code, now=now)
            for code in (ada.referral_code, eve.referral_code)
        ]
    )

    assert sorted(outcomes) == [False, True]
    assert Event.objects.get().data == {"referrer_id": (ada.pk, eve.pk)[outcomes.index(True)]}


def test_control_check_then_write_closes_the_loop(race, now):
    pairs = ring(2)
    both_have_checked = Barrier(2)

    def naive(person, other):
        is_fine = person.pk not in chain_above(other.pk)
        both_have_checked.wait(timeout=10)
        if is_fine:
            Customer.objects.filter(pk=person.pk).update(referrer=other, referred_at=now)
        return is_fine

    outcomes = race(
        [lambda person=person, other=other: naive(person, other) for person, other in pairs]
    )

    assert outcomes == [True, True]
    assert all(is_looped(person) for person, _ in pairs)
