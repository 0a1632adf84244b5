"""How do people of these stories buy, and what does a phone with Telegram do meanwhile?"""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import orjson

from orders.fake_stripe import sessions
from orders.fake_stripe.cards import Behavior
from orders.models import Order
from orders.services.refunding import refund
from tests.telegram_bot.chat import take_in


class Phone:
    """A person at the simulator whose taps are those of a customer of these tests."""

    def __init__(self, sim, make_customer):
        self.sim = sim
        self.person = sim.user("Ann")
        self.ann = make_customer(id=self.person.id)
        self.ann.now = self.now()
        self.deaf_to = ()

    def now(self):
        return datetime.fromtimestamp(self.sim.now(), tz=UTC)

    def listens(self):
        """Let the shop handle what Telegram has to tell, and Telegram hear its answers."""
        offset = 0
        while told := self.sim.call("getUpdates", offset=offset, timeout=0)["result"]:
            offset = told[-1]["update_id"] + 1
            self.handles(told)
        self.ann.now = self.now()

    def handles(self, told):
        for update in told:
            if any(kind in str(update) for kind in self.deaf_to):
                continue
            answer = take_in(orjson.dumps(update), self.now())
            if answer.body:
                reply = orjson.loads(answer.body)
                self.sim.call(reply.pop("method"), **reply)

    def pays(self, link):
        with ThreadPoolExecutor(max_workers=1) as other:
            paying = other.submit(self.person.pay, link=link)
            while not paying.done():
                self.listens()
        assert paying.result().ok
        self.listens()

    def waits(self, **span):
        self.sim.advance(**span)
        self.listens()


def renews_by_card(ann, cards):
    """Order a month that renews, and pay on Stripe's page."""
    ann.types("/start p_signals")
    for label in ("Premium", "1 month", "Buy for"):
        ann.presses(label)
    ann.presses("Card, renews by itself")
    (session,) = cards.world.every("checkout.session")
    sessions.pay(cards.world, session["id"], Behavior.SUCCEEDS)


def renews_by_stars(phone):
    """Order a month of Premium in Stars that renews, and pay it."""
    ann = phone.ann
    ann.types("/start p_signals")
    for label in ("Premium", "1 month", "Buy for"):
        ann.presses(label)
    ann.presses("Stars, renews by itself")
    if "instead of" in ann.text:
        ann.presses("Pay ⭐")
    link = next(button["url"] for button in ann.buttons() if "url" in button)
    phone.pays(link)


def stops_stars(phone):
    """Stop the renewal in the chat, which tells Telegram."""
    ann = phone.ann
    ann.types("/account")
    for label in ("Renewals", "Signals · Premium", "Stop renewing"):
        ann.presses(label)
    assert "is not renewed" in ann.text
    assert phone.person.subscriptions()[0]["is_canceled_by_bot"]


def refunds_latest(phone):
    """Let staff give the money of the latest order back, and take what it bought."""
    order = Order.objects.latest("pk")
    refund(
        order_id=order.pk,
        amount=order.paid,
        reason="asked",
        access="revoke",
        actor="staff:1",
        now=phone.now(),
    )


def pays_invoice(phone):
    """Pay the invoice that the bot wrote into the chat last."""
    sent = [params for method, params in phone.ann.telegram.calls if method == "sendInvoice"]
    shown = phone.sim.call("sendInvoice", **sent[-1])
    assert shown["ok"], shown
    phone.pays("")
