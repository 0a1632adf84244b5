"""Gift cards: redeemed once, spent to the last cent, never twice."""

import threading
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F

from pricing.errors import (
    GiftCardIsTaken,
    GiftCardRefused,
    NotReady,
    TooManyTries,
    UnknownGiftCard,
)
from pricing.models import GiftCard, GiftCardEntry
from pricing.services.gift_cards import (
    gift_balances,
    issue_gift_cards,
    redeem_gift_card,
    refund_to_gift_cards,
    return_to_gift_cards,
    spend_gift_cards,
    take_from_card,
)
from shopbot.kernel.models import Event
from shopbot.kernel.money import Money
from tests.customers.factories import make_customer

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner():
    return make_customer()


def issue(now, minor=5000, currency="USD", **fields):
    (card,) = issue_gift_cards(
        amount=Money(minor, currency), count=1, actor="staff:1", now=now, **fields
    )
    return card


@pytest.fixture
def card(now, owner):
    """50.00 USD, redeemed by its owner."""
    return redeem_gift_card(code=issue(now).code, customer_id=owner.pk, now=now)


def spend(owner, now, minor, holder="order:1", currency="USD"):
    spend_gift_cards(
        customer_id=owner.pk, holder=holder, amount=Money(minor, currency), now=now
    )


def ledger(card):
    return list(card.entries.order_by("pk").values_list("kind", "holder", "amount_minor"))


def test_staff_issue_many_at_once_each_with_a_code_of_its_own(now):
    cards = issue_gift_cards(
        amount=Money(2500, "EUR"), count=30, actor="staff:1", now=now, batch="Christmas"
    )

    assert len({card.code for card in cards}) == 30
    assert {(card.balance_minor, card.batch) for card in cards} == {(2500, "Christmas")}
    assert Event.objects.filter(kind="gift_card.issued", actor="staff:1").count() == 30


@pytest.mark.parametrize(
    ("minor", "count", "days"),
    [(0, 1, None), (-1, 1, None), (1, 0, None), (1, 1001, None), (1, 1, 0)],
)
def test_refuses_to_issue_nothing_too_many_or_what_has_ended(now, minor, count, days):
    end = None if days is None else now + timedelta(days=days)

    with pytest.raises(NotReady):
        issue_gift_cards(
            amount=Money(minor, "USD"), count=count, actor="staff:1", now=now, expires_at=end
        )

    assert not GiftCard.objects.exists()


def test_whoever_redeems_the_code_first_owns_the_card(now, owner):
    code = issue(now).code

    for _ in range(2):
        redeem_gift_card(code=f" {code.lower()} ", customer_id=owner.pk, now=now)
    with pytest.raises(GiftCardIsTaken):
        redeem_gift_card(code=code, customer_id=make_customer().pk, now=now)

    assert GiftCard.objects.get().customer_id == owner.pk
    assert Event.objects.filter(kind="gift_card.redeemed").count() == 1


@pytest.mark.parametrize(
    "changes", [{"is_active": False}, {"expires_at": 0}, {"balance_minor": 0}]
)
def test_a_card_that_is_off_over_or_empty_is_not_redeemed(now, owner, changes):
    code = issue(now).code
    GiftCard.objects.update(
        **{**changes, **({"expires_at": now} if "expires_at" in changes else {})}
    )

    with pytest.raises(GiftCardRefused):
        redeem_gift_card(code=code, customer_id=owner.pk, now=now)

    assert GiftCard.objects.get().customer_id is None


def test_ten_wrong_codes_stop_a_customer_for_an_hour_even_with_a_right_one(now, owner):
    code = issue(now).code
    for number in range(10):
        with pytest.raises(UnknownGiftCard):
            redeem_gift_card(code=f"GUESS{number}", customer_id=owner.pk, now=now)

    with pytest.raises(TooManyTries):
        redeem_gift_card(code=code, customer_id=owner.pk, now=now)
    redeem_gift_card(code=code, customer_id=owner.pk, now=now + timedelta(hours=1))

    assert GiftCard.objects.get().customer_id == owner.pk


def test_spends_the_card_that_ends_first_and_the_ledgers_say_so(now, owner, card):
    soon = issue(now, 1000, expires_at=now + timedelta(days=1))
    redeem_gift_card(code=soon.code, customer_id=owner.pk, now=now)

    for _ in range(2):
        spend(owner, now, 1728)

    assert ledger(soon)[1:] == [("spent", "order:1", -1000)]
    assert ledger(card)[1:] == [("spent", "order:1", -728)]
    assert gift_balances(customer_id=owner.pk, now=now) == (Money(4272, "USD"),)


def test_an_order_gets_its_money_back_once(now, owner, card):
    spend(owner, now, 1000)

    back = [return_to_gift_cards(holders=["order:1"], now=now) for _ in range(2)]

    assert back == [1, 0]
    card.refresh_from_db()
    assert card.balance_minor == 5000


def test_a_card_that_ran_out_meanwhile_is_good_for_30_days_after_a_refund(now, owner):
    code = issue(now, expires_at=now + timedelta(days=1)).code
    redeem_gift_card(code=code, customer_id=owner.pk, now=now)
    spend(owner, now, 1000)
    later = now + timedelta(days=9)

    refund_to_gift_cards(holders=["order:1"], now=later)

    assert gift_balances(customer_id=owner.pk, now=later) == (Money(5000, "USD"),)
    assert GiftCard.objects.get().expires_at == later + timedelta(days=30)


@pytest.mark.parametrize("currency", ["USD", "EUR"])
def test_takes_nothing_where_the_cards_do_not_cover_it(now, owner, card, currency):
    with pytest.raises(GiftCardRefused):
        spend(owner, now, 5001 if currency == "USD" else 100, currency=currency)

    card.refresh_from_db()
    assert card.balance_minor == 5000
    assert len(ledger(card)) == 1


def test_nobody_spends_the_card_of_another(now, card):
    with pytest.raises(GiftCardRefused):
        spend(make_customer(), now, 1)


@pytest.mark.parametrize("minor", [5001, -1])
def test_the_database_refuses_a_balance_outside_of_what_was_issued(card, minor):
    with pytest.raises(IntegrityError), transaction.atomic():
        GiftCard.objects.update(balance_minor=minor)


@pytest.mark.django_db(transaction=True)
def test_one_card_is_not_spent_twice_at_once(card, owner, race, now):
    got = race([lambda holder=f"order:{n}": spend(owner, now, 3000, holder) for n in range(4)])

    assert sorted(type(each).__name__ for each in got) == ["GiftCardRefused"] * 3 + ["NoneType"]
    card.refresh_from_db()
    assert card.balance_minor == 2000
    assert GiftCardEntry.objects.filter(kind="spent").count() == 1


@pytest.mark.django_db(transaction=True)
def test_control_looking_first_and_taking_then_spends_it_twice(card, race):
    both_have_looked = threading.Barrier(2)

    def naive():
        has_enough = GiftCard.objects.get(pk=card.pk).balance_minor >= 2500
        both_have_looked.wait()
        GiftCard.objects.filter(pk=card.pk).update(balance_minor=F("balance_minor") - 2500)
        return has_enough

    assert race([naive, naive]) == [True, True]


@pytest.mark.django_db(transaction=True)
def test_the_last_of_a_card_is_taken_by_one_statement(card, race, now):
    def take():
        return take_from_card(card_id=card.pk, amount_minor=5000, now=now)

    assert sorted(race([take] * 4)) == [False, False, False, True]
