import pytest

from customers.errors import UnknownCustomer
from customers.models import Customer
from customers.selectors import referral_tree
from customers.services import accept_referral
from shopbot.kernel.models import Event
from tests.customers.factories import make_customer

pytestmark = pytest.mark.django_db


def accept(customer, referrer, now):
    return accept_referral(customer_id=customer.pk, code=referrer.referral_code, now=now)


def referrers():
    return dict(Customer.objects.order_by("pk").values_list("pk", "referrer_id"))


def test_the_first_referrer_is_noted(now):
    ada, bob = make_customer(), make_customer()

    assert accept(bob, ada, now) is True

    bob.refresh_from_db()
    assert (bob.referrer_id, bob.referred_at) == (ada.pk, now)
    event = Event.objects.get()
    assert (event.kind, event.customer_id) == ("customer.referred", bob.pk)
    assert event.data == {"referrer_id": ada.pk}


def test_a_second_referrer_changes_nothing(now):
    ada, bob, eve = make_customer(), make_customer(), make_customer()
    accept(bob, ada, now)

    assert accept(bob, eve, now) is False
    assert accept(bob, ada, now) is False

    assert referrers() == {ada.pk: None, bob.pk: ada.pk, eve.pk: None}
    assert Event.objects.count() == 1


def test_ones_own_code_is_refused(now):
    ada = make_customer()

    assert accept(ada, ada, now) is False

    assert referrers() == {ada.pk: None}
    assert not Event.objects.exists()


@pytest.mark.parametrize("code", ["", "nobody", "x" * 500])
def test_an_unknown_code_is_refused(code, now):
    ada = make_customer()

    assert accept_referral(customer_id=ada.pk, code=code, now=now) is False

    assert referrers() == {ada.pk: None}


@pytest.mark.parametrize("length", [2, 3, 6])
def test_a_loop_is_refused_however_long(length, now):
    people = [make_customer() for _ in range(length)]
    for upper, lower in zip(people, people[1:], strict=False):
        assert accept(lower, upper, now) is True

    assert accept(people[0], people[-1], now) is False

    assert Customer.objects.get(pk=people[0].pk).referrer_id is None


def test_someone_who_came_earlier_may_be_brought_by_someone_who_came_later(now):
    early, late = make_customer(), make_customer()

    assert accept(early, late, now) is True


def test_a_stranger_is_not_referred(now):
    ada = make_customer()

    with pytest.raises(UnknownCustomer):
        accept_referral(customer_id=ada.pk + 1, code=ada.referral_code, now=now)


def test_the_length_of_the_chain_costs_no_queries(now, django_assert_num_queries):
    def chain(length):
        top = make_customer()
        for _ in range(length):
            top = make_customer(referrer=top)
        return top

    short, long = chain(1), chain(30)

    for last in (short, long):
        newcomer = make_customer()
        with django_assert_num_queries(8):
            accept(newcomer, last, now)


def test_the_tree_is_counted_by_depth_in_one_query(now, django_assert_num_queries):
    ada = make_customer()
    children = [make_customer(referrer=ada) for _ in range(3)]
    grandchildren = [make_customer(referrer=children[0]) for _ in range(2)]
    make_customer(referrer=grandchildren[0])
    make_customer()

    with django_assert_num_queries(1):
        tree = referral_tree(ada.pk)

    assert (tree.sizes, tree.direct, tree.total) == ((3, 2, 1), 3, 6)
    assert referral_tree(grandchildren[1].pk).total == 0
