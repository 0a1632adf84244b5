"""The providers that the contract suite runs against."""

from __future__ import annotations

import json
from contextlib import ExitStack
from datetime import datetime
from itertools import count

from orders.fake_stripe import refunds
from orders.gateways.bot_api import BotApi
from orders.gateways.demo import DemoGateway
from orders.gateways.protocol import Gateway, PaymentLink, PaymentReference
from orders.gateways.stars import StarsGateway
from shopbot.kernel.money import Money
from tests.orders.fake_stripe.harness import CardShop
from tests.orders.fake_telegram import FakeTelegram, serving
from tests.orders.gateways.contract import START, Provider


class Demo(Provider):
    """The gateway that moves no money."""

    name = "demo"

    def __init__(self, stack: ExitStack) -> None:
        self._gateway = DemoGateway(public_url="http://127.0.0.1:8000")
        self._said: list[tuple[bytes, dict[str, str]]] = []

    @property
    def gateway(self) -> Gateway:
        return self._gateway

    def now(self) -> datetime:
        return START

    def pay(self, payment: PaymentReference, link: PaymentLink) -> None:
        self._say("demo.payment", payment, status="paid")

    def refund_there(self, payment: PaymentReference) -> None:
        self._say("demo.refund", payment, external_id="re_1", state="succeeded")

    def deliveries(self) -> list[tuple[bytes, dict[str, str]]]:
        said, self._said = self._said, []
        return said

    def _say(self, kind: str, payment: PaymentReference, **more: str) -> None:
        self._said.append(self._gateway.message(kind, payment=payment, at=START, **more))


class Stars(Provider):
    """Telegram Stars; the bot hands updates on, so nothing of them is signed."""

    name = "stars"
    price = Money(1540, "XTR")

    def __init__(self, stack: ExitStack) -> None:
        self.telegram = stack.enter_context(serving(FakeTelegram()))
        api = BotApi(token="1:TOKEN", base_url=self.telegram.url)
        self._gateway = StarsGateway(api=api, is_test=False)
        self._said: list[tuple[bytes, dict[str, str]]] = []
        self._numbers = count(1)

    @property
    def gateway(self) -> Gateway:
        return self._gateway

    def now(self) -> datetime:
        return START

    def pay(self, payment: PaymentReference, link: PaymentLink) -> None:
        charge, renews = f"stars-{next(self._numbers)}", link.invoice is None
        # What renews is a link that Telegram made of the same invoice.
        invoice = link.invoice or self.telegram.called("createInvoiceLink")[-1]
        payload = invoice["payload"]
        self.telegram.charge(
            charge, payload=payload, amount=payment.amount.minor, telegram_id=4242, at=START
        )
        self._say("stars.paid", charge, payload, payment, is_recurring=renews)

    def refund_there(self, payment: PaymentReference) -> None:
        self.telegram.give_back(payment.refs.charge_id, at=START)
        self._say("stars.refunded", payment.refs.charge_id, "o1.17.x", payment)

    def deliveries(self) -> list[tuple[bytes, dict[str, str]]]:
        said, self._said = self._said, []
        return said

    def _say(
        self, kind: str, charge: str, payload: str, payment: PaymentReference, **more: bool
    ) -> None:
        document = {
            "kind": kind,
            "payment": {
                "charge_id": charge,
                "payload": payload,
                "amount_minor": payment.amount.minor,
                "telegram_id": 4242,
                "at": START.isoformat(),
                **more,
            },
        }
        self._said.append((json.dumps(document).encode(), {}))


class Stripe(Provider):
    """Cards, in front of the fake Stripe."""

    name = "stripe"

    def __init__(self, stack: ExitStack) -> None:
        self.shop = CardShop()

    @property
    def gateway(self) -> Gateway:
        return self.shop.gateway

    def now(self) -> datetime:
        return self.shop.now()

    def pay(self, payment: PaymentReference, link: PaymentLink) -> None:
        self.shop.pay(link)

    def refund_there(self, payment: PaymentReference) -> None:
        refunds.create_refund(self.shop.world, {"payment_intent": payment.refs.intent_id})

    def deliveries(self) -> list[tuple[bytes, dict[str, str]]]:
        return self.shop.deliveries()


PROVIDERS = (Demo, Stars, Stripe)
