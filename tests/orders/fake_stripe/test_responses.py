"""What the fake answers has no field that Stripe's own types do not know."""

import pytest
import stripe

from orders.fake_stripe import portal, refunds
from orders.fake_stripe.cards import Behavior
from orders.fake_stripe.listings import expanded
from shopbot.kernel.money import Money
from tests.orders.fake_stripe.harness import CardShop
from tests.orders.gateways.test_stripe_subscriptions import change_to

TYPES = {
    "balance_transaction": stripe.BalanceTransaction,
    "billing_portal.session": stripe.billing_portal.Session,
    "charge": stripe.Charge,
    "checkout.session": stripe.checkout.Session,
    "coupon": stripe.Coupon,
    "customer": stripe.Customer,
    "dispute": stripe.Dispute,
    "event": stripe.Event,
    "invoice": stripe.Invoice,
    "invoice_payment": stripe.InvoicePayment,
    "payment_intent": stripe.PaymentIntent,
    "payment_method": stripe.PaymentMethod,
    "price": stripe.Price,
    "product": stripe.Product,
    "radar.early_fraud_warning": stripe.radar.EarlyFraudWarning,
    "refund": stripe.Refund,
    "subscription": stripe.Subscription,
    "subscription_schedule": stripe.SubscriptionSchedule,
    "webhook_endpoint": stripe.WebhookEndpoint,
}
INNER = {
    "subscription_item": stripe.SubscriptionItem,
    "line_item": stripe.InvoiceLineItem,
    "item": stripe.LineItem,
}


@pytest.fixture(scope="module")
def world():
    """A year of everything that can happen."""
    shop = CardShop()
    payment = shop.paid()
    shop.paid(Behavior.DELAYED)
    shop.gateway.refund(shop.refund_of(payment, 100))
    dispute = refunds.open_dispute(shop.world, payment.refs.charge_id)
    refunds.move_dispute(shop.world, dispute["id"], "won")
    refunds.warn_of_fraud(shop.world, payment.refs.charge_id)
    first, subscription = shop.subscribed(amount=Money(1500, "USD"))
    shop.gateway.portal_url(subscription, return_url="https://shop.example/")
    shop.gateway.change_plan(shop.gateway.preview_change(change_to(subscription, 9, 5000)))
    portal.change_card(shop.world, first.refs.customer_id, Behavior.DECLINED)
    later = change_to(subscription, 4, 2000, is_immediate=False)
    shop.gateway.change_plan(shop.gateway.preview_change(later))
    shop.pass_days(40)
    return shop.world


@pytest.mark.parametrize("kind", sorted(TYPES))
def test_every_field_is_one_of_stripes(world, kind):
    held = world.every(kind)

    assert held, f"the year has no {kind}"
    for each in held:
        assert each.keys() <= _fields(TYPES[kind])


@pytest.mark.parametrize("kind", sorted(TYPES))
def test_no_field_is_missing_that_stripe_always_sends(world, kind):
    for each in world.every(kind):
        assert _always(TYPES[kind]) <= each.keys()


def test_the_parts_of_objects_are_stripes_too(world):
    for subscription in world.every("subscription"):
        for item in subscription["items"]["data"]:
            assert item.keys() <= _fields(INNER["subscription_item"])
    for invoice in world.every("invoice"):
        for line in invoice["lines"]["data"]:
            assert line.keys() <= _fields(INNER["line_item"])
    for session in world.every("checkout.session"):
        for item in expanded(world, session, ["line_items"])["line_items"]["data"]:
            assert item.keys() <= _fields(INNER["item"])


def _fields(cls):
    return {name for each in cls.__mro__ for name in getattr(each, "__annotations__", {})}


def _always(cls):
    return {
        name
        for name, kind in cls.__annotations__.items()
        if not _is_optional(kind) and name not in {"OBJECT_NAME", "deleted"}
    }


def _is_optional(kind):
    return "NoneType" in str(kind) or "Optional" in str(kind) or "ClassVar" in str(kind)
