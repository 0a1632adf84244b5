"""Gift cards at the checkout: a part of the payment, never of the price."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.urls import reverse

from catalog.models import Product
from entitlements.selectors import active_entitlements
from orders.credit import unused_parts
from orders.errors import NotByGiftCard, NothingToRefund, ReasonNeeded
from orders.gateways.protocol import PaymentStatus, ProviderState
from orders.models import MoneyCase, Order
from orders.quoting import Funds
from orders.receipts.document import price_rows, receipt_file
from orders.receipts.ticket import check_url
from orders.services.applying import apply_state
from orders.services.auditing import audit
from orders.services.card_refunding import refund_to_gift_card
from orders.services.closing import cancel_order, expire_order
from orders.services.demo_paying import say_demo
from orders.services.refunding import refund
from orders.services.resolving import honour
from pricing.errors import GiftCardRefused
from pricing.models import CommissionEntry, GiftCard
from pricing.services.gift_cards import issue_gift_cards, redeem_gift_card
from shopbot.kernel.money import Money
from tests.customers.factories import make_customer

pytestmark = pytest.mark.django_db


@pytest.fixture
def give(customer, now):
    """Give the customer a redeemed gift card."""

    def make(minor=1500, currency="USD"):
        (card,) = issue_gift_cards(
            amount=Money(minor, currency), count=1, actor="staff:1", now=now
        )
        return redeem_gift_card(code=card.code, customer_id=customer.pk, now=now)

    return make


def balance(card):
    return GiftCard.objects.get(pk=card.pk).balance_minor


def differences(now):
    report = audit(now=now).report["comparisons"]
    return [each["name"] for each in report if not each["agrees"]]


def test_the_card_pays_its_part_and_the_gateway_the_rest(give, place, pay, now):
    card = give(1500)

    order = place(funds=Funds.GIFT_CARDS_FIRST)

    assert (order.total, order.paid_by_card) == (Money(500, "USD"), Money(1500, "USD"))
    assert balance(card) == 0
    quote = order.priced()
    assert sum(line.amount_minor for line in quote.lines) == 500
    assert (quote.price, quote.gift) == (Money(2000, "USD"), Money(1500, "USD"))
    assert order.lines.get().total_minor == 2000
    pay(order)
    assert (order.status, order.paid_minor) == (Order.Status.FULFILLED, 500)
    assert differences(now) == []


def test_a_card_that_covers_all_settles_without_a_provider(give, place, customer, now):
    card = give(5000)

    order = place(funds=Funds.GIFT_CARDS_FIRST)

    assert (order.status, order.payment_method) == (Order.Status.FULFILLED, "gift_card")
    assert (order.total_minor, order.paid_minor, order.card_minor) == (0, 0, 2000)
    assert balance(card) == 3000
    assert len(active_entitlements(customer.pk, now)) == 1
    assert order.receipt.number == f"{now.year}-000001"
    assert differences(now) == []


def test_cards_are_left_alone_unless_the_customer_says_so(give, place):
    card = give()

    assert place().total_minor == 2000
    assert balance(card) == 1500


def test_a_card_of_another_currency_pays_nothing(give, place):
    card = give(1500, "EUR")

    order = place(funds=Funds.GIFT_CARDS_FIRST)

    assert (order.total_minor, order.card_minor, balance(card)) == (2000, 0, 1500)


def test_an_order_that_nobody_pays_gives_the_money_back_once(give, place, now):
    card = give()
    order = place(funds=Funds.GIFT_CARDS_FIRST)

    for _ in range(2):
        cancel_order(order_id=order.pk, actor="staff:1", now=now)

    order.refresh_from_db()
    assert (balance(card), order.card_minor) == (1500, 0)
    assert differences(now) == []


def test_two_orders_share_what_is_on_a_card(give, place):
    card = give(3000)

    first, second = place(funds=Funds.GIFT_CARDS_FIRST), place(funds=Funds.GIFT_CARDS_FIRST)

    assert (first.card_minor, second.card_minor) == (2000, 1000)
    assert (second.total_minor, balance(card)) == (1000, 0)


@pytest.mark.django_db(transaction=True)
def test_two_orders_at_once_never_spend_the_same_money(give, place, race):
    card = give(2000)

    def order(key):
        return lambda: place(funds=Funds.GIFT_CARDS_FIRST, placement_key=key).card_minor

    assert sorted(race([order("a"), order("b")])) == [0, 2000]
    assert balance(card) == 0


def test_a_refund_gives_money_back_first_and_the_card_with_the_last_of_it(
    give, buy, customer, now
):
    card = give()
    order = buy(funds=Funds.GIFT_CARDS_FIRST)

    def back(minor):
        refund(
            order_id=order.pk,
            amount=Money(minor, "USD"),
            reason="Asked",
            access="keep",
            actor="staff:1",
            now=now,
        )
        order.refresh_from_db()
        return order.status, balance(card)

    assert back(200) == (Order.Status.PARTIALLY_REFUNDED, 0)
    assert back(300) == (Order.Status.REFUNDED, 1500)
    assert active_entitlements(customer.pk, now) == ()
    assert differences(now) == []


@pytest.fixture
def refunded(give, buy, now):
    """An order of 15.00 by card and 5.00 by money, all of it refunded."""
    card = give()
    order = buy(funds=Funds.GIFT_CARDS_FIRST)
    say_refund(order, "re_1", "succeeded", now)
    assert balance(card) == 1500
    return order, card


def say_refund(order, external_id, state, now):
    """Say what became of a refund of all the money; return the order as it is then."""
    say_demo(
        "demo.refund", payment=order.payments.get(), now=now,
        external_id=external_id, state=state, amount_minor=500,
    )  # fmt: skip
    order.refresh_from_db()
    return order


def test_a_refund_that_fails_at_the_bank_charges_the_card_again_once(refunded, now):
    order, card = refunded

    for _ in range(2):
        say_refund(order, "re_1", "failed", now)

    assert (order.status, order.card_minor, balance(card)) == ("fulfilled", 1500, 0)
    assert differences(now) == []
    assert not MoneyCase.objects.filter(kind="card_spent").exists()


def test_refunds_may_fail_and_succeed_in_turn_and_the_card_follows_each(refunded, now):
    order, card = refunded
    seen = []

    for external_id, state in (("re_1", "failed"), ("re_2", "succeeded"), ("re_2", "failed")):
        say_refund(order, external_id, state, now)
        seen.append((order.status, order.card_minor, balance(card)))

    assert seen == [("fulfilled", 1500, 0), ("refunded", 0, 1500), ("fulfilled", 1500, 0)]
    assert differences(now) == []


def test_a_card_that_was_spent_before_the_refund_failed_is_a_case_for_staff(
    refunded, place, now
):
    order, card = refunded
    place(funds=Funds.GIFT_CARDS_FIRST)
    assert balance(card) == 0

    for _ in range(2):
        say_refund(order, "re_1", "failed", now)

    case = MoneyCase.objects.get(kind="card_spent")
    assert (case.order_id, case.amount, case.detail) == (
        order.pk,
        Money(1500, "USD"),
        {"missing_minor": 1500},
    )
    assert (order.status, order.card_minor, balance(card)) == ("fulfilled", 0, 0)
    assert differences(now) == []


def test_each_refund_that_fails_after_the_card_was_spent_is_a_case_of_its_own(
    refunded, place, now
):
    order, _ = refunded
    place(funds=Funds.GIFT_CARDS_FIRST)

    for external_id in ("re_1", "re_2"):
        say_refund(order, external_id, "succeeded", now)
        say_refund(order, external_id, "failed", now)

    assert MoneyCase.objects.filter(kind="card_spent").count() == 2


def test_an_order_paid_by_card_alone_goes_back_to_the_card(give, place, customer, now):
    card = give(2500)
    order = place(funds=Funds.GIFT_CARDS_FIRST)

    for _ in range(2):
        refund_to_gift_card(order_id=order.pk, reason="Asked", actor="staff:1", now=now)

    order.refresh_from_db()
    assert (order.status, order.card_minor, balance(card)) == (Order.Status.REFUNDED, 0, 2500)
    assert active_entitlements(customer.pk, now) == ()
    assert differences(now) == []


def test_refuses_to_refund_other_money_to_a_card_and_wants_a_reason(give, buy, now):
    order = buy()

    with pytest.raises(NothingToRefund):
        refund_to_gift_card(order_id=order.pk, reason="Asked", actor="staff:1", now=now)
    with pytest.raises(ReasonNeeded):
        refund_to_gift_card(order_id=order.pk, reason=" ", actor="staff:1", now=now)

    order.refresh_from_db()
    assert order.status == Order.Status.FULFILLED


@pytest.mark.parametrize("spent_elsewhere", [False, True])
def test_money_that_came_late_is_honored_only_if_the_card_still_has_its_part(
    give, place, open_demo, now, spent_elsewhere
):
    card = give()
    order = place(funds=Funds.GIFT_CARDS_FIRST)
    payment = open_demo(order)
    expire_order(order_id=order.pk, now=now + timedelta(hours=1))
    assert balance(card) == 1500
    state = ProviderState(status=PaymentStatus.PAID, paid=order.total, charge_id="late")
    apply_state(payment_id=payment.pk, state=state, actor="demo", now=now)
    if spent_elsewhere:
        place(funds=Funds.GIFT_CARDS_FIRST)
    case = MoneyCase.objects.get(payment=payment)

    if spent_elsewhere:
        with pytest.raises(GiftCardRefused):
            honour(case_id=case.pk, actor="staff:1", now=now)
    else:
        honour(case_id=case.pk, actor="staff:1", now=now)

    order.refresh_from_db()
    assert (order.is_paid, balance(card)) == (not spent_elsewhere, 0)
    assert [name for name in differences(now) if "gift" in name] == []


def test_commission_is_earned_on_money_only(give, buy, customer, now):
    customer.referrer, customer.referred_at = make_customer(), now
    customer.save(update_fields=["referrer", "referred_at"])
    give(800)

    order = buy(funds=Funds.GIFT_CARDS_FIRST)

    # 20.00 less 10 % for the friend's link is 18.00; the card paid 8.00 of it.
    assert order.paid_minor == 1000
    assert CommissionEntry.objects.get().amount_minor == 100


def test_what_a_card_paid_counts_in_an_upgrade(give, place, make_tier, tier, customer, now):
    give(2000)
    place(funds=Funds.GIFT_CARDS_FIRST)
    vip = make_tier(product=tier.product, level="vip", base_price_minor=5000)

    (part,) = unused_parts(customer_id=customer.pk, tier_id=vip.pk, at=now)

    assert part.amount == Money(2000, "USD")


def test_parcels_are_not_paid_by_card_because_sending_them_costs_later(give, place, make_tier):
    card = give()
    parcel = make_tier(goods_type=Product.GoodsType.PHYSICAL, billing_period="once")

    with pytest.raises(NotByGiftCard):
        place(tier=parcel, funds=Funds.GIFT_CARDS_FIRST)

    assert balance(card) == 1500


def printed(order):
    assert receipt_file(order_id=order.pk).content.startswith(b"%PDF")
    return [(row.text, row.amount.minor) for row in price_rows(order, "en")]


def test_the_receipt_shows_the_card_beside_the_money_and_what_went_back(give, buy, now):
    give()

    order = buy(funds=Funds.GIFT_CARDS_FIRST)

    assert printed(order) == [("Price", 2000), ("Paid by gift card", -1500), ("Paid", 500)]
    assert printed(say_refund(order, "re_1", "succeeded", now)) == [
        ("Price", 2000),
        ("Paid by gift card", -1500),
        ("Paid", 500),
        ("Refunded", -500),
        ("Left", 0),
        ("Back on the gift card", 1500),
    ]


def test_the_receipt_of_what_a_card_paid_alone_says_so(client, give, place):
    give(2000)

    order = place(funds=Funds.GIFT_CARDS_FIRST)

    assert printed(order) == [("Price", 2000), ("Paid by gift card", -2000), ("Paid", 0)]
    page = client.get(urlsplit(check_url(order.receipt)).path).content.decode()
    assert "Gift card</dt><dd>$20.00" in page


def test_staff_put_an_order_back_on_the_card_from_its_page(admin_client, give, place):
    card = give(2000)
    order = place(funds=Funds.GIFT_CARDS_FIRST)
    page = admin_client.get(reverse("admin:orders_order_change", args=[order.pk]))
    assert "Back to the gift card" in page.content.decode()

    admin_client.post(
        reverse("admin:orders_order_return_to_card", args=[order.pk]),
        {"reason": "Asked", "_form_submitted": "on"},
    )

    order.refresh_from_db()
    assert (order.status, balance(card)) == (Order.Status.REFUNDED, 2000)
