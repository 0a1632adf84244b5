"""Codes in numbers, and gift cards."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from pricing.engine import QuoteRequest
from pricing.errors import GiftCardRefused, LimitReached, NotReady, UnknownGiftCard, UnknownRow
from pricing.models import GiftCard, GiftCardEntry, PromoCode
from pricing.services import quote_offer, reserve
from pricing.services.codes import (
    ALPHABET,
    issue_gift_card,
    make_codes,
    return_to_gift_cards,
    spend_gift_card,
)
from shopbot.kernel.money import Money
from tests.customers.factories import make_customer
from tests.pricing.rows import make_promotion


def test_bulk_codes_work_once_each(tier, customer, now):
    promotion = make_promotion(trigger="code")

    codes = make_codes(
        promotion_id=promotion.pk,
        count=50,
        batch="Fair",
        prefix="fair",
        actor="staff:1",
        now=now,
    )

    assert len({code.code for code in codes}) == 50
    assert all(code.code.startswith("FAIR-") for code in codes)
    assert set("".join(code.code[5:] for code in codes)) <= set(ALPHABET)
    request = QuoteRequest(
        tier_id=tier.pk, months=1, region="US", at=now, promo_code=codes[0].code
    )
    quote = quote_offer(request=request)
    assert quote.total_minor == 1800
    reserve(quote=quote, holder="order:1", customer_id=customer.pk, now=now)
    with pytest.raises(LimitReached):
        reserve(quote=quote, holder="order:2", customer_id=make_customer().pk, now=now)


@pytest.mark.parametrize(
    ("trigger", "count"), [("code", 0), ("code", 10_001), ("automatic", 1)]
)
def test_refuses_codes_that_make_no_sense(shop, now, trigger, count):
    promotion = make_promotion(trigger=trigger)

    with pytest.raises(NotReady):
        make_codes(promotion_id=promotion.pk, count=count, batch="", actor="staff:1", now=now)

    assert not PromoCode.objects.exists()


@pytest.fixture
def card(shop, now):
    """A gift card of 50.00 USD."""
    return issue_gift_card(amount=Money(5000, "USD"), actor="staff:1", now=now)


def test_a_gift_card_is_spent_and_its_ledger_says_so(card, now):
    rest = spend_gift_card(
        code=card.code.lower(), holder="order:1", amount=Money(1728, "USD"), now=now
    )

    assert rest == Money(3272, "USD")
    rows = GiftCardEntry.objects.order_by("pk").values_list("kind", "amount_minor")
    assert list(rows) == [("issued", 5000), ("spent", -1728)]


def test_an_order_spends_once_and_gets_it_back_once(card, now):
    for _ in range(2):
        spend_gift_card(code=card.code, holder="order:1", amount=Money(1000, "USD"), now=now)
    card.refresh_from_db()
    assert card.balance_minor == 4000

    assert [return_to_gift_cards(holder="order:1", now=now) for _ in range(2)] == [1, 0]

    card.refresh_from_db()
    assert card.balance_minor == 5000


@pytest.mark.parametrize(
    ("changes", "amount"),
    [
        ({}, Money(5001, "USD")),
        ({}, Money(100, "EUR")),
        ({}, Money(0, "USD")),
        ({"is_active": False}, Money(100, "USD")),
        ({"expires_at": timedelta(0)}, Money(100, "USD")),
    ],
)
def test_refuses_what_the_card_does_not_cover_and_takes_nothing(card, now, changes, amount):
    if "expires_at" in changes:
        changes = {"expires_at": now}
    GiftCard.objects.filter(pk=card.pk).update(**changes)

    with pytest.raises(GiftCardRefused):
        spend_gift_card(code=card.code, holder="order:1", amount=amount, now=now)

    card.refresh_from_db()
    assert card.balance_minor == 5000
    assert GiftCardEntry.objects.count() == 1


def test_refuses_an_unknown_card_and_an_empty_one(shop, now):
    with pytest.raises(UnknownGiftCard):
        spend_gift_card(code="NONE", holder="order:1", amount=Money(1, "USD"), now=now)
    with pytest.raises(NotReady):
        issue_gift_card(amount=Money(0, "USD"), actor="staff:1", now=now)


@pytest.mark.django_db(transaction=True)
def test_one_card_is_not_spent_twice_at_once(card, race, now):
    def spend(number):
        return lambda: spend_gift_card(
            code=card.code, holder=f"order:{number}", amount=Money(3000, "USD"), now=now
        )

    got = race([spend(number) for number in range(4)])

    assert sorted(type(each).__name__ for each in got) == ["GiftCardRefused"] * 3 + ["Money"]
    card.refresh_from_db()
    assert card.balance_minor == 2000


def test_the_database_refuses_a_balance_beyond_what_was_issued(card):
    with pytest.raises(IntegrityError), transaction.atomic():
        GiftCard.objects.update(balance_minor=5001)
    with pytest.raises(IntegrityError), transaction.atomic():
        GiftCard.objects.update(balance_minor=-1)


def test_refuses_codes_of_no_promotion(shop, now):
    with pytest.raises(UnknownRow):
        make_codes(promotion_id=1, count=1, batch="", actor="staff:1", now=now)
