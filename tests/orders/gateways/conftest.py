"""A shop whose card payments go to the fake Stripe, with its books in the database."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from orders.fake_stripe import portal
from orders.fake_stripe.cards import Behavior
from orders.fake_stripe.clock import Clock
from orders.gateways.registry import GATEWAYS, Entry
from orders.models import Order, Payment
from orders.services.paying import open_payment, open_subscription
from shopbot.kernel import clock
from tests.orders.fake_stripe.harness import CardShop, Switchboard, plugged_gateway

WEBHOOK = "/payments/stripe/webhook/"


class CardBooks(CardShop):
    """A shop whose card payments go to the fake, with the post in a test's hands."""

    def __init__(self, client) -> None:
        super().__init__(clock=Clock())
        self.client = client

    def buy(self, order: Order, card: Behavior = Behavior.SUCCEEDS) -> Payment:
        link = open_payment(order_id=order.pk, gateway="stripe", now=clock.now())
        self.pay(link, card)
        return Payment.objects.get(order=order)

    def begin(self, order: Order) -> Payment:
        link = open_subscription(order_id=order.pk, gateway="stripe", now=clock.now())
        self.pay(link)
        return Payment.objects.get(order=order)

    def change_card(self, card: Behavior) -> None:
        (held,) = self.world.every("subscription")
        portal.change_card(self.world, held["customer"], card)

    def post(self, body: bytes, headers: dict[str, str]):
        signature = {"Stripe-Signature": headers["Stripe-Signature"]}
        return self.client.post(
            WEBHOOK, data=body, content_type="application/json", headers=signature
        )

    def deliver(self) -> None:
        for message in self.deliveries():
            assert self.post(*message).status_code == 200


@pytest.fixture
def books(settings, client, monkeypatch) -> Iterator[CardBooks]:
    plugged = f"{plugged_gateway.__module__}.{plugged_gateway.__name__}"
    monkeypatch.setitem(GATEWAYS, "stripe", Entry(plugged, lambda: True))
    settings.STARS_ENABLED = False
    Switchboard.plugged = CardBooks(client)
    yield Switchboard.plugged
    Switchboard.plugged = None


@pytest.fixture
def place_now(place) -> Callable[..., Order]:
    """The fake keeps real time, so the order does too."""
    return lambda **wish: place(now=clock.now(), **wish)
