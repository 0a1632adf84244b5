"""Gift cards in the chat: redeemed by code or link, spent on an order."""

import pytest

from orders.models import Order
from orders.services.card_refunding import refund_to_gift_card
from pricing.models import GiftCard, LimitCounter
from pricing.services.gift_cards import issue_gift_cards
from shopbot.kernel import clock
from shopbot.kernel.money import Money
from tests.pricing.rows import make_code, make_promotion

pytestmark = pytest.mark.django_db


@pytest.fixture
def issue(now):
    """Issue a gift card and return its code."""

    def make(minor=1500, currency="USD"):
        (card,) = issue_gift_cards(
            amount=Money(minor, currency), count=1, actor="staff:1", now=now
        )
        return card.code

    return make


def newest():
    return Order.objects.order_by("-pk")[0]


def test_a_card_is_redeemed_by_typing_its_code(shop, ann, issue):
    ann.types("/start")
    asked = ann.types("/giftcard")
    said = ann.types(issue().lower())

    assert "type the code" in asked
    assert "The gift card is yours." in said
    assert "You have: $15.00" in said


def test_a_card_is_redeemed_by_its_link(shop, ann, issue):
    said = ann.types(f"/start card_{issue()}")

    assert "You have: $15.00" in said
    assert GiftCard.objects.get().customer.telegram_id == ann.id


def test_a_card_that_somebody_has_redeemed_says_so(shop, ann, make_customer, issue):
    code = issue()
    ann.types(f"/start card_{code}")

    said = make_customer(id=43, username="bob").types(f"/start card_{code}")

    assert said == "Somebody has redeemed this gift card already."


def test_whoever_guesses_codes_is_stopped(shop, ann, issue):
    for number in range(10):
        assert (
            ann.types(f"/start card_GUESS{number}") == "There is no gift card with this code."
        )

    assert "too many wrong codes" in ann.types(f"/start card_{issue()}")
    assert GiftCard.objects.get().customer is None


def test_the_card_pays_its_part_and_the_rest_is_paid_as_ever(shop, ann, orders, issue):
    ann.types(f"/start card_{issue()}")
    first = orders(ann)
    offered = ann.presses("Gift card")
    said = ann.presses("Use the gift card")

    assert "Price: $20.00\nGift card: −$15.00\nTo pay: $5.00" in offered
    assert "Gift card: −$15.00\n$5.00" in said
    first.refresh_from_db()
    assert first.status == Order.Status.CANCELLED
    assert not any("Gift card" in label for label in ann.labels())
    ann.presses("Demo")
    assert "It is yours." in ann.presses("Pay $5.00")
    order = newest()
    assert (order.paid_minor, order.card_minor) == (500, 1500)
    assert "Gift card: −$15.00\nTotal: $5.00" in ann.presses("Receipt")


def test_a_card_that_covers_all_pays_at_once_and_only_once(shop, ann, orders, issue):
    ann.types(f"/start card_{issue(5000)}")
    orders(ann)
    ann.presses("Gift card")

    said = ann.presses("Use the gift card")
    again = ann.delivers_again()

    assert "It is yours." in said
    assert again == said
    order = newest()
    assert order.payment_method == "gift_card"
    assert GiftCard.objects.get().balance_minor == 3000
    assert f"Receipt {order.receipt.number}" in ann.presses("Receipt")


def test_an_order_put_back_on_its_card_says_so(shop, ann, orders, issue):
    ann.types(f"/start card_{issue(5000)}")
    orders(ann)
    ann.presses("Gift card")
    ann.presses("Use the gift card")
    order = newest()

    refund_to_gift_card(order_id=order.pk, reason="Asked", actor="staff:1", now=clock.now())

    said = ann.types(f"/start o_{order.number}")
    assert "Gift card: −$20.00\nTotal: $0.00\nBack on the gift card: $20.00" in said


def test_a_balance_that_changed_meanwhile_is_shown_and_asked_again(shop, ann, orders, issue):
    ann.types(f"/start card_{issue()}")
    orders(ann)
    ann.presses("Gift card")
    GiftCard.objects.update(balance_minor=700)

    said = ann.presses("Use the gift card")

    assert "Gift card: −$7.00\nTo pay: $13.00" in said
    assert "To pay: $13.00" in said
    ann.presses("Use the gift card")
    assert newest().total_minor == 1300


def test_a_card_of_another_currency_is_not_offered(shop, ann, orders, issue):
    ann.types(f"/start card_{issue(1500, 'EUR')}")

    orders(ann)

    assert not any("Gift card" in label for label in ann.labels())


def test_a_link_with_a_promo_code_keeps_it_for_the_prices_that_follow(shop, ann, settle_region):
    settle_region(ann)
    make_code(make_promotion(trigger="code", key="spring", percent_bps=2_000), code="SPRING")

    said = ann.types("/start promo_spring")

    assert "Your code SPRING is noted" in said
    ann.types("/shop")
    for label in ("Trading", "Signals", "Premium", "1 month"):
        ann.presses(label)
    assert "$16.00" in ann.text
    ann.presses("Buy for $16.00")
    assert newest().total_minor == 1600


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"is_active": False}, "This promo code is no longer valid."),
        ({"staff_only": True}, "This promo code is for our staff."),
    ],
)
def test_a_link_with_a_code_that_does_not_apply_says_why(shop, ann, changes, why):
    make_code(make_promotion(trigger="code", **changes), code="SPRING")

    assert why in ann.types("/start promo_SPRING")


def test_a_link_with_a_code_that_was_used_says_so_before_anything_is_chosen(
    shop, ann, settle_region
):
    settle_region(ann)
    promotion = make_promotion(trigger="code", percent_bps=2_000, limits={"customer": 1})
    make_code(promotion, code="MINE")
    make_code(promotion, code="ONCE", limits={"total": 1})
    ann.types("/start promo_ONCE")
    ann.types("/shop")
    for label in ("Trading", "Signals", "Premium", "1 month", "Buy for $16.00"):
        ann.presses(label)

    said = {code: ann.types(f"/start promo_{code}") for code in ("MINE", "ONCE")}
    LimitCounter.objects.filter(limit__kind="customer").update(taken=0)

    assert "You have used this promo code already." in said["MINE"]
    assert "is noted" not in said["ONCE"]
    assert "This promo code has been used up." in ann.types("/start promo_ONCE")
    assert "Your code MINE is noted" in ann.types("/start promo_MINE")


def test_an_unknown_code_says_so_and_guessing_is_stopped(shop, ann):
    for number in range(10):
        assert "There is no such promo code." in ann.types(f"/start promo_GUESS{number}")

    assert "too many wrong codes" in ann.types("/start promo_GUESS")
