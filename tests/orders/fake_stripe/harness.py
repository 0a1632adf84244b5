"""A shop's Stripe gateway in front of the fake, with a customer who pays."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from orders.fake_stripe import portal, scheduler, sessions
from orders.fake_stripe.api import Api
from orders.fake_stripe.cards import Behavior
from orders.fake_stripe.client import FakeHTTPClient
from orders.fake_stripe.clock import Clock
from orders.fake_stripe.payments import Outcome
from orders.fake_stripe.world import World
from orders.gateways.protocol import (
    PayableOrder,
    PaymentLink,
    PaymentNotice,
    PaymentReference,
    RecurringTerms,
    Refs,
    RefundRequest,
    SubscriptionReference,
)
from orders.gateways.registry import GATEWAYS, Entry
from orders.gateways.stripe import StripeGateway
from shopbot.kernel.money import Money

SECRET = "whsec_test"
WEBHOOK = "/payments/stripe/webhook/"
ENDPOINT = "http://127.0.0.1:8000/payments/stripe/webhook/"
#: The last of January: the next month has no such day.
START = datetime(2027, 1, 31, 12, 0, tzinfo=UTC)


class CardShop:
    """One account, one gateway, one endpoint; time stands still until it is moved."""

    def __init__(
        self, *, secrets: tuple[str, ...] = (SECRET,), clock: Clock | None = None
    ) -> None:
        clock = clock or Clock(source=START.timestamp)
        self.api = Api(World(clock=clock, seed=1))
        self.world = self.api.world
        self.postman = self.api.postman
        self.endpoint = self.postman.add_endpoint(ENDPOINT, SECRET)
        self.gateway = StripeGateway(
            api_key="sk_test_shop",
            webhook_secrets=secrets,
            http_client=FakeHTTPClient(self.api),
            now=self.now,
        )

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.world.clock.now(), tz=UTC)

    def payable(self, **changed) -> PayableOrder:
        order = PayableOrder(
            order_id=17,
            number="2027-000017",
            payment_key=uuid4(),
            amount=Money(17280, "USD"),
            title="Signals, Premium",
            description="12 months",
            language="de",
            goods_type="digital",
            customer_id=5,
            telegram_id=4242,
            expires_at=self.now() + timedelta(minutes=30),
            return_url="https://shop.example/payments/return/x/",
            cancel_url="https://shop.example/payments/return/x/?cancelled=1",
        )
        return replace(order, **changed)

    def renewing(self, *, price: int = 2000, months: int = 1, **changed) -> PayableOrder:
        terms = RecurringTerms(
            months=months,
            price=Money(price, "USD"),
            trial_days=changed.pop("trial_days", 0),
        )
        amount = changed.pop("amount", Money(price, "USD"))
        return self.payable(amount=amount, recurring=terms, **changed)

    def reference(self, order: PayableOrder, link: PaymentLink | None) -> PaymentReference:
        return PaymentReference(
            payment_key=order.payment_key,
            refs=link.refs if link else Refs(),
            amount=order.amount,
            telegram_id=order.telegram_id,
            expires_at=order.expires_at,
        )

    def pay(self, link: PaymentLink, card: Behavior = Behavior.SUCCEEDS) -> Outcome:
        return sessions.pay(self.world, link.external_id, card)

    def opened(self, **changed) -> PaymentReference:
        order = self.payable(**changed)
        return self.reference(order, self.gateway.open(order))

    def paid(self, card: Behavior = Behavior.SUCCEEDS, **changed) -> PaymentReference:
        order = self.payable(**changed)
        link = self.gateway.open(order)
        self.pay(link, card)
        payment = self.reference(order, link)
        return replace(payment, refs=self.gateway.fetch(payment).refs)

    def subscribed(
        self, card: Behavior = Behavior.SUCCEEDS, **changed
    ) -> tuple[PaymentReference, SubscriptionReference]:
        order = self.renewing(**changed)
        link = self.gateway.subscribe(order)
        self.pay(link, card)
        payment = self.reference(order, link)
        refs = self.gateway.fetch(payment).refs
        return replace(payment, refs=refs), SubscriptionReference(
            key=uuid4(),
            external_id=refs.subscription_id,
            provider_customer_id=refs.customer_id,
            telegram_id=order.telegram_id,
            first_payment=refs,
        )

    def refund_of(
        self, payment: PaymentReference, minor: int, *, key: UUID | None = None
    ) -> RefundRequest:
        amount = Money(minor, payment.amount.currency)
        return RefundRequest(
            key=key or uuid4(),
            payment=payment,
            amount=amount,
            is_full=amount == payment.amount,
            reason="changed their mind",
        )

    def pass_days(self, days: float) -> None:
        scheduler.advance(self.world, int(days * 86_400))

    def deliveries(self) -> list[tuple[bytes, dict[str, str]]]:
        """Take what is due now out of the queue, as the endpoint would get it."""
        taken = []
        for delivery in self.postman.due():
            message = self.postman.message(delivery)
            self.postman.answered(delivery, 200)
            taken.append((message.body, dict(message.headers)))
        return taken

    def notices(self) -> list[PaymentNotice]:
        read = [self.gateway.read(body, headers) for body, headers in self.deliveries()]
        return [notice for notice in read if notice is not None]

    def sent(self, operation: str) -> list[dict[str, str]]:
        """The headers of the requests made so far whose operation begins so."""
        return [
            dict(request.headers)
            for request in self.api.requests
            if f"{request.method} {request.path}".startswith(operation)
        ]


class PostedShop(CardShop):
    """A shop on the clock of the test whose Stripe posts to its webhook, through Django."""

    def __init__(self, client) -> None:
        super().__init__(clock=Clock())
        self.client = client

    def post(self, body: bytes, headers: dict[str, str]):
        signature = {"Stripe-Signature": headers["Stripe-Signature"]}
        return self.client.post(
            WEBHOOK, data=body, content_type="application/json", headers=signature
        )

    def deliver(self) -> None:
        for message in self.deliveries():
            assert self.post(*message).status_code == 200

    def change_card(self, card: Behavior) -> None:
        (held,) = self.world.every("subscription")
        portal.change_card(self.world, held["customer"], card)


@contextmanager
def plugged_in(shop: CardShop, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the shop's registry build this one's gateway for cards."""
    path = f"{plugged_gateway.__module__}.{plugged_gateway.__name__}"
    monkeypatch.setitem(GATEWAYS, "stripe", Entry(path, lambda: True))  # type: ignore[arg-type]
    Switchboard.plugged = shop
    yield
    Switchboard.plugged = None


class Switchboard:
    """What the shop's registry builds while a test plugs a ``CardShop`` in."""

    plugged: CardShop | None = None


def plugged_gateway() -> StripeGateway:
    """Build the gateway of the ``CardShop`` that is plugged in."""
    assert Switchboard.plugged is not None
    return Switchboard.plugged.gateway
