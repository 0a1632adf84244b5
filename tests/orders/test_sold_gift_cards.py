"""A gift card is bought like anything else, and goes back with the money that bought it."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from delivery.errors import ImportRefused
from delivery.models import Code, CodeStock, Delivery
from delivery.selectors import thing_to_send
from delivery.services import import_codes, watch_stock
from orders.errors import NoCardByGiftCard
from orders.handing_over import hand_over
from orders.models import Order
from orders.quoting import Funds
from orders.refund_preview import preview_refund
from orders.services.auditing import audit
from orders.services.closing import cancel_order
from orders.services.demo_paying import say_demo
from orders.services.refunding import refund
from pricing.errors import GiftCardRefused
from pricing.models import GiftCard
from pricing.selectors import has_gift_cards
from pricing.services.gift_cards import gift_balance, redeem_gift_card, spend_gift_cards
from shopbot.kernel.money import Money
from telegram_bot.order_cards import with_ways

pytestmark = pytest.mark.django_db


@pytest.fixture
def card_tier(make_tier):
    """A gift card of 50.00 USD for a year, at most three at once."""
    tier = make_tier(billing_period="once", base_price_minor=5000, max_quantity=3)
    CodeStock.objects.create(tier=tier, kind="gift_cards", valid_days=365)
    return tier


@pytest.fixture
def bought(card_tier, place, pay):
    """Return a paid order of one card."""
    return pay(place(tier=card_tier))


@pytest.fixture
def friend(make_customer, now):
    return make_customer(region_confirmed_at=now)


@pytest.fixture
def dispute(bought, now):
    def say(state, external_id="dp_1"):
        payment = bought.payments.get()
        say_demo("demo.dispute", payment=payment, now=now, external_id=external_id, state=state)

    return say


def left(customer, now):
    return gift_balance(customer_id=customer.pk, currency="USD", now=now).minor


def give_money_back(order, now):
    refund(
        order_id=order.pk, amount=order.paid, reason="changed my mind", access="revoke",
        actor="staff:1", now=now,
    )  # fmt: skip


def test_each_unit_is_a_card_worth_its_price_sent_to_who_bought_it(
    card_tier, place, pay, customer, now
):
    order = pay(place(tier=card_tier, quantity=2))

    cards = list(GiftCard.objects.order_by("pk"))
    assert [(each.issued_minor, each.expires_at, each.customer) for each in cards] == [
        (5000, now + timedelta(days=365), None)
    ] * 2
    things = [thing_to_send(each.pk) for each in Delivery.objects.order_by("pk")]
    assert [(each.secret, each.is_gift_card) for each in things] == [
        (each.code, True) for each in cards
    ]
    assert order.paid == Money(10000, "USD")
    assert Code.objects.filter(status="sold").count() == 2


def test_what_was_bought_at_a_discount_is_worth_what_was_paid(
    card_tier, make_customer, place, pay, customer, now
):
    """Else whoever has a discount makes money of nothing, as often as they like."""
    buyer = make_customer(region_confirmed_at=now, referrer=customer, referred_at=now)

    order = pay(place(customer=buyer, tier=card_tier, quantity=3))

    assert order.paid == Money(13500, "USD")
    worth = [each.issued_minor for each in GiftCard.objects.order_by("pk")]
    assert worth == [4500, 4500, 4500]


def test_handing_over_again_makes_no_second_card(bought, now):
    for _ in range(2):
        hand_over(order=bought, lines=bought.lines.all(), actor="test", now=now)

    assert (GiftCard.objects.count(), Delivery.objects.count()) == (1, 1)


def test_another_customer_redeems_and_spends_it(bought, friend, place, now):
    redeem_gift_card(code=GiftCard.objects.get().code, customer_id=friend.pk, now=now)

    order = place(customer=friend, funds=Funds.GIFT_CARDS_FIRST)

    assert (order.card_minor, left(friend, now)) == (2000, 3000)


def test_a_refund_freezes_what_is_left_and_says_what_is_spent(bought, friend, place, now):
    card = redeem_gift_card(code=GiftCard.objects.get().code, customer_id=friend.pk, now=now)
    place(customer=friend, funds=Funds.GIFT_CARDS_FIRST)
    shown = preview_refund(order_id=bought.pk, amount=None, access="revoke", now=now)

    give_money_back(bought, now)

    card.refresh_from_db()
    assert shown.cards_spent == Money(2000, "USD")
    assert (card.frozen, card.balance_minor, left(friend, now)) == ("refunded", 3000, 0)
    report = audit(now=now).report["comparisons"]
    assert [each["name"] for each in report if not each["agrees"]] == []


def test_a_refunded_card_that_nobody_redeemed_cannot_be(bought, friend, now):
    give_money_back(bought, now)

    with pytest.raises(GiftCardRefused):
        redeem_gift_card(code=GiftCard.objects.get().code, customer_id=friend.pk, now=now)

    assert Code.objects.get().status == "returned"


def test_a_frozen_card_is_not_offered_at_the_checkout(bought, friend, now):
    redeem_gift_card(code=GiftCard.objects.get().code, customer_id=friend.pk, now=now)
    before = has_gift_cards(customer_id=friend.pk, currency="USD")

    give_money_back(bought, now)

    assert (before, has_gift_cards(customer_id=friend.pk, currency="USD")) == (True, False)


def test_an_open_dispute_stops_the_card_and_winning_lets_it_go_on(bought, friend, dispute, now):
    redeem_gift_card(code=GiftCard.objects.get().code, customer_id=friend.pk, now=now)

    dispute("open")
    stopped = left(friend, now)
    dispute("won")

    assert (stopped, left(friend, now)) == (0, 5000)


@pytest.mark.parametrize("other", ["open", "lost"])
def test_of_two_disputes_the_one_that_is_won_thaws_no_card_of_the_other(
    bought, friend, dispute, now, other
):
    redeem_gift_card(code=GiftCard.objects.get().code, customer_id=friend.pk, now=now)
    dispute("open", "dp_1")
    dispute("open", "dp_2")
    dispute(other, "dp_2")

    dispute("won", "dp_1")

    assert left(friend, now) == 0


def test_a_lost_dispute_stops_it_until_an_appeal_is_won(bought, friend, dispute, now):
    redeem_gift_card(code=GiftCard.objects.get().code, customer_id=friend.pk, now=now)

    dispute("open")
    dispute("lost")
    lost = left(friend, now)
    dispute("won")

    assert (lost, left(friend, now)) == (0, 5000)


def test_winning_a_dispute_revives_no_card_that_was_refunded(bought, friend, dispute, now):
    redeem_gift_card(code=GiftCard.objects.get().code, customer_id=friend.pk, now=now)
    refund(
        order_id=bought.pk, amount=Money(1000, "USD"), reason="half", access="revoke",
        actor="staff:1", now=now,
    )  # fmt: skip

    dispute("open")
    dispute("won")

    assert left(friend, now) == 0


def test_it_is_never_sold_out_and_nothing_is_imported(card_tier, now):
    stock = CodeStock.objects.get()

    assert watch_stock(now=now, limit=10) == 0
    with pytest.raises(ImportRefused, match="makes its own codes"):
        import_codes(stock_id=stock.pk, rows=["A-1"], actor="staff:1", now=now)


def test_the_form_refuses_gift_cards_by_the_month(tier):
    with pytest.raises(ValidationError, match="sold once"):
        CodeStock(tier=tier, kind="gift_cards").full_clean()


def test_a_gift_card_buys_no_gift_card_whose_time_would_begin_anew(
    bought, card_tier, place, customer, now
):
    redeem_gift_card(code=GiftCard.objects.get().code, customer_id=customer.pk, now=now)

    with pytest.raises(NoCardByGiftCard):
        place(tier=card_tier, funds=Funds.GIFT_CARDS_FIRST)

    assert left(customer, now) == 5000
    assert Order.objects.get() == bought


def test_the_checkout_of_a_gift_card_offers_no_card(
    bought, card_tier, tier, place, customer, now
):
    redeem_gift_card(code=GiftCard.objects.get().code, customer_id=customer.pk, now=now)

    cards = [with_ways(place(tier=each)) for each in (card_tier, tier)]

    assert [card.may_use_card for card in cards] == [False, True]
    assert [card.no_card_because for card in cards] == ["no_card_by_gift_card", ""]


def give_back(order, minor, now, access="keep"):
    refund(
        order_id=order.pk, amount=Money(minor, "USD"), reason="a scratch", access=access,
        actor="staff:1", now=now,
    )  # fmt: skip


@pytest.mark.parametrize("access", ["keep", "shorten"])
def test_what_is_refunded_of_a_card_cannot_be_spent_any_more(
    bought, friend, place, now, access
):
    """Whatever becomes of access: a card is money, and would be there twice."""
    redeem_gift_card(code=GiftCard.objects.get().code, customer_id=friend.pk, now=now)

    give_back(bought, 2000, now, access)
    give_back(bought, 1500, now, access)

    assert left(friend, now) == 1500
    with pytest.raises(GiftCardRefused):
        spend_gift_cards(
            customer_id=friend.pk, holder="order:0", amount=Money(1501, "USD"), now=now
        )
    assert place(customer=friend, funds=Funds.GIFT_CARDS_FIRST).card_minor == 1500
    report = audit(now=now).report["comparisons"]
    assert [each["name"] for each in report if not each["agrees"]] == []


def test_of_a_spent_card_what_comes_back_later_is_kept_from_being_spent(
    bought, friend, place, now
):
    """Else spending it until the refund and cancelling then makes money of nothing."""
    redeem_gift_card(code=GiftCard.objects.get().code, customer_id=friend.pk, now=now)
    order = place(customer=friend, months=12, funds=Funds.GIFT_CARDS_FIRST)

    give_back(bought, 2000, now)
    spent = left(friend, now)
    cancel_order(order_id=order.pk, actor="staff:1", now=now)

    assert (order.card_minor, spent, left(friend, now)) == (5000, 0, 3000)


def test_a_refund_takes_cards_that_nobody_redeemed_before_those_in_use(
    card_tier, place, pay, friend, now
):
    order = pay(place(tier=card_tier, quantity=3))
    used, idle, other = GiftCard.objects.order_by("pk")
    redeem_gift_card(code=used.code, customer_id=friend.pk, now=now)

    give_back(order, 7000, now)

    with pytest.raises(GiftCardRefused):
        redeem_gift_card(code=idle.code, customer_id=friend.pk, now=now)
    redeem_gift_card(code=other.code, customer_id=friend.pk, now=now)
    assert left(friend, now) == 5000 + 3000


def test_a_refund_that_fails_lets_all_of_it_be_spent_again(bought, friend, now):
    redeem_gift_card(code=GiftCard.objects.get().code, customer_id=friend.pk, now=now)
    give_back(bought, 2000, now)
    payment = bought.payments.get()

    say_demo(
        "demo.refund", payment=payment, now=now, state="failed", amount_minor=2000,
        external_id=payment.refunds.get().external_id,
    )  # fmt: skip

    assert left(friend, now) == 5000


@pytest.mark.parametrize(("access", "stops"), [("keep", 2000), ("revoke", None)])
def test_staff_read_before_a_refund_how_much_of_the_cards_stops(bought, now, access, stops):
    amount = Money(2000, "USD")

    shown = preview_refund(order_id=bought.pk, amount=amount, access=access, now=now)

    assert shown.cards_withheld == (stops and Money(stops, "USD"))


def test_what_staff_read_of_it_is_no_more_than_what_is_left(bought, friend, place, now):
    redeem_gift_card(code=GiftCard.objects.get().code, customer_id=friend.pk, now=now)
    place(customer=friend, months=2, funds=Funds.GIFT_CARDS_FIRST)
    asked = {"order_id": bought.pk, "amount": Money(2000, "USD"), "access": "keep", "now": now}

    first = preview_refund(**asked).cards_withheld
    give_back(bought, 1000, now)
    second = preview_refund(**asked).cards_withheld

    assert (first, second) == (Money(1000, "USD"), None)
