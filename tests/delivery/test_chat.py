# ruff: noqa: F811  a fixture is asked for by its name
"""Handing over in the chat: once, again on request, a file uploaded once, failures retried."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile

from customers.models import Customer as CustomerRow
from delivery.models import Code, CodeStock, Delivery, DeliveryItem, StockWish
from delivery.services import retry, take_back, watch_stock
from orders.models import Order
from shopbot.kernel.events import relay
from shopbot.kernel.models import Event
from telegram_bot import outbox
from telegram_bot.api_answers import TelegramRefused
from telegram_bot.delivery_messages import sender
from telegram_bot.models import OutgoingMessage
from tests.telegram_bot.chat import BOT_ID
from tests.telegram_bot.conftest import (  # noqa: F401  the same shop and phone
    ann,
    buys,
    make_customer,
    orders,
    settle_region,
    shop,
    telegram,
)

pytestmark = pytest.mark.django_db


class Api:
    """Telegram as the outbox's sender knows it: remembers calls, numbers files."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, dict[str, Any]]] = []
        self.uploads: list[bytes] = []
        self.troubles: list[Exception] = []

    def call(self, method: str, params: dict[str, Any]) -> Any:
        if self.troubles:
            raise self.troubles.pop(0)
        self.sent.append((method, params))
        return {"message_id": len(self.sent)}

    def upload(self, method: str, params: dict[str, Any], files: dict[str, Any]) -> Any:
        self.uploads.append(files["document"].read())
        self.sent.append((method, params))
        return {"message_id": 1, "document": {"file_id": f"FILE-{len(self.uploads)}"}}


@pytest.fixture
def api() -> Api:
    return Api()


@pytest.fixture
def send_all(api, now):
    """Let events and messages run until nothing is due; return what went out to whom."""

    def run(*, at: int = 1) -> list[tuple[str, dict[str, Any]]]:
        api.sent.clear()
        for second in range(at, at + 12):
            moment = now + timedelta(seconds=2 * second)
            relay(now=moment)
            outbox.send_due(
                bot_id=BOT_ID,
                send=sender(api),
                now=moment,
                limit=50,
                pace=outbox.Pace(sleep=lambda _seconds: None),
            )
        return list(api.sent)

    return run


@pytest.fixture
def with_codes(shop, now):
    """Let the premium tier sell codes."""

    def make(count: int, **fields: Any) -> CodeStock:
        stock = CodeStock.objects.create(tier=shop.tiers["premium"], **fields)
        Code.objects.bulk_create(
            Code(stock=stock, secret=f"KEY-{n}", added_by="staff:7", added_at=now)
            for n in range(1, count + 1)
        )
        return stock

    return make


@pytest.fixture
def with_file(shop, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    item = DeliveryItem(tier=shop.tiers["premium"], kind="file", title="The <book>")
    item.upload.save("book.pdf", ContentFile(b"%PDF"), save=True)
    return item


def handed_over(sent):
    return [params for _, params in sent if "🔑" in params.get("text", "")]


def test_a_code_arrives_in_the_chat_once(ann, buys, with_codes, send_all):
    with_codes(2, instructions="Redeem at <example>")
    buys(ann)

    (message,) = handed_over(send_all())
    assert handed_over(send_all(at=40)) == []

    assert message["chat_id"] == ann.id
    assert "<code>KEY-1</code>" in message["text"]
    assert "Redeem at &lt;example&gt;" in message["text"]
    delivery = Delivery.objects.get()
    assert delivery.status == "sent"
    assert delivery.sent_at is not None


def test_the_outbox_never_holds_the_code(ann, buys, with_codes, send_all):
    with_codes(1)
    buys(ann)

    send_all()

    assert not [row for row in OutgoingMessage.objects.all() if "KEY-1" in str(row.params)]


def test_what_was_bought_is_fetched_again_from_the_order(ann, buys, with_codes, send_all):
    with_codes(1)
    buys(ann)
    send_all()

    ann.types("/orders")
    ann.presses("Signals")
    ann.presses("Get it again")

    assert "1 message is on its way" in ann.toast
    (message,) = handed_over(send_all(at=40))
    assert "KEY-1" in message["text"]
    assert Delivery.objects.count() == 1


def test_nobody_fetches_what_another_bought(ann, buys, make_customer, with_codes, send_all):
    with_codes(1)
    order = buys(ann)
    send_all()
    bob = make_customer(id=43, first_name="Bob", username="bob")
    bob.types("/start")

    bob.presses_data(f"ga1:{order.pk}")

    assert handed_over(send_all(at=40)) == []


def test_an_order_that_brings_nothing_offers_nothing_again(ann, buys, shop):
    buys(ann)

    ann.types("/orders")
    ann.presses("Signals")

    assert not [key for key in ann.buttons() if "again" in key["text"] and "Get" in key["text"]]


def test_a_file_is_uploaded_once_and_then_goes_by_its_id(
    ann, buys, make_customer, with_file, send_all, api
):
    buys(ann)
    first = send_all()
    bob = make_customer(id=43, first_name="Bob", username="bob")
    buys(bob)
    second = send_all(at=40)

    assert api.uploads == [b"%PDF"]
    assert [params["caption"] for name, params in first if name == "sendDocument"] == [
        "<b>The &lt;book&gt;</b>"
    ]
    assert [params["document"] for name, params in second if name == "sendDocument"] == [
        "FILE-1"
    ]


def test_a_new_upload_is_sent_anew(ann, buys, make_customer, with_file, send_all, api):
    buys(ann)
    send_all()
    with_file.refresh_from_db()
    with_file.upload.save("second.pdf", ContentFile(b"%PDF-2"), save=True)

    buys(make_customer(id=43, first_name="Bob", username="bob"))
    send_all(at=40)

    assert api.uploads == [b"%PDF", b"%PDF-2"]


def test_a_file_that_telegram_forgot_is_uploaded_again(
    ann, buys, make_customer, with_file, send_all, api
):
    DeliveryItem.objects.update(telegram_file_id="OLD")
    buys(ann)
    send = sender(api)
    relay(now=Event.objects.latest("pk").happened_at)
    api.troubles.append(TelegramRefused("sendDocument", 400, "wrong file identifier", None))

    send("sendMessage", {"delivery": Delivery.objects.get().pk, "chat_id": ann.id})

    assert api.uploads == [b"%PDF"]
    assert DeliveryItem.objects.get().telegram_file_id == "FILE-1"


def test_a_file_that_is_missing_is_a_failed_delivery(ann, buys, with_file, send_all):
    with_file.upload.storage.delete(with_file.upload.name)
    buys(ann)

    send_all()

    delivery = Delivery.objects.get()
    assert (delivery.status, "missing" in delivery.error) == ("failed", True)
    assert Event.objects.filter(kind="delivery.failed").count() == 1


def test_a_refused_delivery_is_retried_by_staff_and_arrives_once(
    ann, buys, with_codes, send_all, api, now
):
    with_codes(1)
    buys(ann)
    OutgoingMessage.objects.all().delete()
    relay(now=now)
    OutgoingMessage.objects.exclude(params__has_key="delivery").delete()
    api.troubles.append(TelegramRefused("sendMessage", 400, "strange", None))
    send_all()
    delivery = Delivery.objects.get()
    assert delivery.status == "failed"

    retry(delivery_id=delivery.pk, actor="staff:7", now=now)

    (message,) = handed_over(send_all(at=40))
    assert "KEY-1" in message["text"]
    delivery.refresh_from_db()
    assert (delivery.status, delivery.attempts, delivery.error) == ("sent", 2, "")


def test_a_customer_who_blocked_the_bot_has_a_failed_delivery(
    ann, buys, with_codes, send_all, now
):
    with_codes(1)
    buys(ann)
    CustomerRow.objects.update(blocked_bot_at=now)

    assert handed_over(send_all()) == []

    assert Delivery.objects.get().status == "failed"


def test_what_was_refunded_before_it_was_sent_is_not_sent(ann, buys, with_codes, send_all, now):
    with_codes(1)
    order = buys(ann)
    relay(now=now)
    take_back(sources=[order.lines.get().source], actor="staff:7", now=now)

    assert handed_over(send_all()) == []
    assert Delivery.objects.get().status == "taken_back"


def test_sold_out_offers_to_tell_and_tells_once(
    ann, orders, make_customer, with_codes, send_all, now
):
    stock = with_codes(0)
    with pytest.raises(IndexError):
        orders(ann)
    assert not Order.objects.exists()
    ann.presses("Tell me when it is back")
    assert "as soon as it is back" in ann.toast
    ann.presses_data(f"sw1:{stock.tier_id}")
    assert StockWish.objects.count() == 1
    assert watch_stock(now=now, limit=10) == 1  # staff: it runs low

    Code.objects.create(stock=stock, secret="NEW", added_by="staff:7", added_at=now)
    assert watch_stock(now=now, limit=10) == 1
    assert watch_stock(now=now, limit=10) == 0

    told = [params for _, params in send_all() if "is back" in params["text"]]
    assert [params["chat_id"] for params in told] == [ann.id]


def test_staff_hear_once_when_codes_run_low_and_again_after_it_was_filled(
    with_codes, send_all, settings, now
):
    settings.STAFF_CHAT_ID = -100
    stock = with_codes(6, low_at=5)
    assert watch_stock(now=now, limit=10) == 0

    Code.objects.filter(secret="KEY-1").update(status="withdrawn")
    assert [watch_stock(now=now, limit=10) for _ in range(2)] == [1, 0]
    Code.objects.create(stock=stock, secret="MORE", added_by="staff:7", added_at=now)
    assert watch_stock(now=now, limit=10) == 0
    Code.objects.filter(secret="KEY-2").update(status="withdrawn")
    assert watch_stock(now=now, limit=10) == 1

    told = [params for _, params in send_all() if params["chat_id"] == -100]
    assert len(told) == 2
    assert "5 codes left" in told[0]["text"]
