from datetime import timedelta

import pytest

from customers.models import Customer
from customers.services import mark_bot_blocked, mark_bot_unblocked
from shopbot.kernel.models import Event
from tests.customers.factories import make_customer

pytestmark = pytest.mark.django_db


def test_blocking_is_marked_and_recorded_once(now):
    customer, other = make_customer(telegram_id=42), make_customer()

    assert mark_bot_blocked(telegram_id=42, now=now) is True
    assert mark_bot_blocked(telegram_id=42, now=now + timedelta(hours=1)) is False

    customer.refresh_from_db()
    assert customer.blocked_bot_at == now
    assert list(Customer.objects.reachable()) == [other]
    assert Event.objects.get().kind == "customer.bot_blocked"


def test_unblocking_makes_the_customer_reachable_again(now):
    customer = make_customer(telegram_id=42, blocked_bot_at=now)

    assert mark_bot_unblocked(telegram_id=42, now=now) is True
    assert mark_bot_unblocked(telegram_id=42, now=now) is False

    assert list(Customer.objects.reachable()) == [customer]
    assert Event.objects.get().kind == "customer.bot_unblocked"


def test_a_stranger_who_blocks_the_bot_is_no_error(now):
    assert mark_bot_blocked(telegram_id=1, now=now) is False
    assert not Event.objects.exists()
