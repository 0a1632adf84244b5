"""A dispute suspends access; its outcome gives it back or ends it."""

from __future__ import annotations

import pytest

from entitlements.selectors import has_entitlement
from orders.errors import NothingToRefund
from orders.models import Dispute, MoneyCase
from orders.services.demo_paying import say_demo
from orders.services.refunding import refund
from pricing.models import CommissionEntry
from shopbot.kernel.models import Event

pytestmark = pytest.mark.django_db


@pytest.fixture
def dispute(now):
    def say(order, state, name="dp_1"):
        say_demo(
            "demo.dispute", payment=order.payments.get(), now=now, external_id=name, state=state
        )
        order.refresh_from_db()

    return say


@pytest.fixture
def has_access(customer, now):
    return lambda: has_entitlement(customer.pk, "signals", now)


def test_an_inquiry_suspends_nothing(buy, dispute, has_access):
    order = buy()

    dispute(order, "warning")

    assert (order.is_disputed, has_access()) == (False, True)
    assert Event.objects.filter(kind="order.dispute_warned").count() == 1


def test_an_open_dispute_suspends_access(buy, dispute, has_access):
    order = buy()

    dispute(order, "open")

    assert (order.is_disputed, has_access()) == (True, False)


def test_a_won_dispute_gives_access_back(buy, dispute, has_access):
    order = buy()
    dispute(order, "open")

    dispute(order, "won")

    assert (order.is_disputed, has_access()) == (False, True)


def test_a_won_dispute_leaves_suspended_what_another_one_suspends(buy, dispute, has_access):
    order = buy()
    dispute(order, "open", "dp_1")
    dispute(order, "open", "dp_2")

    dispute(order, "won", "dp_1")

    assert (order.is_disputed, has_access()) == (True, False)


def test_a_lost_dispute_ends_what_the_order_gave_and_is_shown_to_staff(
    buy, dispute, has_access
):
    order = buy()
    dispute(order, "open")

    dispute(order, "lost")

    assert (order.is_disputed, has_access()) == (False, False)
    assert MoneyCase.objects.get().kind == MoneyCase.Kind.DISPUTE_LOST


def test_a_lost_dispute_ends_nothing_that_another_order_gives(buy, dispute, has_access):
    order, _other = buy(), buy()
    dispute(order, "open")

    dispute(order, "lost")

    assert has_access()


def test_winning_on_appeal_gives_back_what_losing_took(buy, dispute, has_access):
    order = buy()
    dispute(order, "lost")

    dispute(order, "won")

    assert has_access()


def test_winning_on_appeal_gives_back_what_the_affiliate_lost(
    place, pay, dispute, make_customer
):
    order = pay(place(customer=make_customer(referrer=make_customer())))
    dispute(order, "open")

    dispute(order, "lost")
    lost = sum(CommissionEntry.objects.values_list("amount_minor", flat=True))
    dispute(order, "won")

    earned = CommissionEntry.objects.get(kind="earned").amount_minor
    assert lost == 0
    assert sum(CommissionEntry.objects.values_list("amount_minor", flat=True)) == earned


def test_words_that_come_late_change_nothing(buy, dispute, has_access):
    order = buy()
    dispute(order, "won")
    before = Event.objects.count()

    dispute(order, "open")
    dispute(order, "warning")

    assert (Dispute.objects.get().status, has_access()) == ("won", True)
    assert Event.objects.count() == before


def test_one_of_two_disputes_won_leaves_the_other_standing(buy, dispute, has_access):
    order = buy()
    dispute(order, "open", "dp_1")
    dispute(order, "open", "dp_2")

    dispute(order, "won", "dp_1")

    assert (order.is_disputed, has_access()) == (True, False)


@pytest.mark.parametrize("state", ["open", "lost"])
def test_disputed_money_is_not_refunded_as_well(buy, dispute, state, now):
    order = buy()
    dispute(order, state)

    with pytest.raises(NothingToRefund):
        refund(
            order_id=order.pk, amount=order.paid, reason="why", access="revoke",
            actor="staff:7", now=now,
        )  # fmt: skip
