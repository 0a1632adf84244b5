"""Half a year of Stars against the simulator: renewed, failed, mended, stopped, refunded.

Invoices, refunds, agreements and the list of transactions are the simulator's, over HTTP; its
updates go through the shop's dispatcher, and a clock moves for both.
"""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import orjson
import pytest

from catalog.models import Product, ProductTier
from customers.models import Customer as CustomerRow
from orders.models import Order
from orders.services.refunding import refund
from telegram_bot.simulator.testing import running_simulator
from tests.stories.bookkeeping import Books, Told, books
from tests.telegram_bot.chat import take_in

pytestmark = pytest.mark.django_db

RENEWS, FAILED = "premium at 1539: active, renews", "premium at 1539: past_due, renews"
ENDS = "premium at 1539: active, ends"
ONE, TWO = "fulfilled", "fulfilled fulfilled"
RECEIPT = "🧾 <b>Receipt …</b>"
LIFE = [
    ("bought", Books(ONE, 1539, 0, "premium, granted", RENEWS), [RECEIPT]),
    ("renewed", Books(TWO, 3078, 0, "premium, granted", RENEWS), [RECEIPT]),
    (
        "failed",
        Books(TWO, 3078, 0, "premium, in_grace", FAILED),
        [
            "⚠️ Your renewal could not be charged. Please check your way of paying.",
            "⌛ <b>Signals</b> has run out.",
        ],
    ),
    ("late", Books(TWO, 3078, 0, "premium, in_grace", FAILED), []),
    ("mended", Books(f"{TWO} {ONE}", 4617, 0, "premium, granted", RENEWS), [RECEIPT]),
    ("stopped", Books(f"{TWO} {ONE}", 4617, 0, "premium, granted", ENDS), []),
    (
        "refunded",
        Books(f"{TWO} refunded", 4617, 1539, "free, revoked", ENDS),
        ["↩️ Refund for …: <b>⭐ 1,539</b>", "Your access to <b>Signals</b> has ended."],
    ),
]


@pytest.fixture
def sim(settings):
    with running_simulator() as simulator:
        settings.TELEGRAM_API_URL = simulator.url
        settings.TELEGRAM_BOT_TOKEN = simulator.token
        settings.STARS_ENABLED = True
        yield simulator


class Phone:
    """A person at the simulator whose taps are those of a customer of these tests."""

    def __init__(self, sim, make_customer):
        self.sim = sim
        self.person = sim.user("Ann")
        self.ann = make_customer(id=self.person.id)
        self.ann.now = self.now()
        self.offset = 0

    def now(self):
        return datetime.fromtimestamp(self.sim.now(), tz=UTC)

    def listens(self):
        """Let the shop handle what Telegram has to tell, and Telegram hear its answers."""
        told = self.sim.call("getUpdates", offset=self.offset, timeout=0)["result"]
        for update in told:
            self.offset = update["update_id"] + 1
            answer = take_in(orjson.dumps(update), self.now())
            if answer.body:
                reply = orjson.loads(answer.body)
                self.sim.call(reply.pop("method"), **reply)
        self.ann.now = self.now()

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


@pytest.fixture
def phone(sim, make_customer, shop):
    Product.objects.update(goods_type="service")
    ProductTier.objects.filter(product=shop.product).update(grace_days=7)
    return Phone(sim, make_customer)


def begins(phone):
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


def stops(phone):
    """Stop the renewal in the chat, which tells Telegram."""
    ann = phone.ann
    ann.types("/account")
    for label in ("Renewals", "Signals · Premium", "Stop renewing"):
        ann.presses(label)
    assert "is not renewed" in ann.text
    assert phone.person.subscriptions()[0]["is_canceled_by_bot"]


def refunds(phone):
    order = Order.objects.latest("pk")
    refund(
        order_id=order.pk,
        amount=order.paid,
        reason="asked",
        access="revoke",
        actor="staff:1",
        now=phone.now(),
    )


def test_months_by_stars(phone, shop, settle_region):
    person = phone.person
    steps = [
        ("bought", {}, lambda: begins(phone)),
        ("renewed", {"days": 30, "seconds": 60}, lambda: person.set(stars=0)),
        ("failed", {"days": 30}, None),
        ("late", {"days": 2}, lambda: person.set(stars=10_000)),
        ("mended", {"days": 1}, lambda: person.change_subscription("retry")),
        ("stopped", {"days": 5}, lambda: stops(phone)),
        ("refunded", {"days": 1}, lambda: refunds(phone)),
    ]
    told, life = Told(), []
    settle_region(phone.ann)
    person.set(stars=4000)
    customer = CustomerRow.objects.get(telegram_id=phone.ann.id)
    for name, span, act in steps:
        phone.waits(**span)
        if act is not None:
            act()
        phone.listens()
        said = told.news(phone.now())
        life.append((name, books(customer.pk, phone.now()), said))

    assert life == LIFE
