"""Stars and cards: from the Pay button to the refund."""

import threading
from typing import Any

import pytest

from telegram_bot.simulator.client import Person, Simulator
from tests.telegram_bot.simulator.toy_bot import ToyBot, accept_checkout, invoice

TOO_OLD = "Bad Request: query is too old and response timeout expired or query ID is invalid"
CARD: dict[str, Any] = {"currency": "USD", "provider_token": "test-token"}
ADDRESS = {
    "country_code": "DE",
    "state": "",
    "city": "Berlin",
    "street_line1": "Allee 1",
    "street_line2": "",
    "post_code": "10115",
}


@pytest.fixture
def buyer(sim: Simulator, bot: ToyBot, anna: Person) -> Person:
    anna.start()
    assert sim.settle()
    bot.sell()
    return anna


def paid_messages(bot: ToyBot, kind: str = "successful_payment") -> list[dict[str, Any]]:
    messages = [update["message"] for update in bot.updates if "message" in update]
    return [message[kind] for message in messages if kind in message]


def test_stars_are_paid_in_one_go(sim: Simulator, bot: ToyBot, buyer: Person):
    sent = sim.call("sendInvoice", **invoice(buyer.id, 100))["result"]
    assert sent["invoice"]["total_amount"] == 100
    assert buyer.last().buttons == ["Pay ⭐️100"]

    payment = buyer.pay()

    assert payment.ok
    assert sim.settle()
    assert bot.kinds() == ["message", "pre_checkout_query", "message"]
    query = bot.updates[1]["pre_checkout_query"]
    assert (query["currency"], query["total_amount"]) == ("XTR", 100)
    assert query["invoice_payload"] == "o1.17.tag"
    [paid] = paid_messages(bot)
    assert paid["telegram_payment_charge_id"] == payment.charge_id
    assert paid["total_amount"] == 100
    assert "is_recurring" not in paid
    assert buyer.stars == 2400
    assert sim.call("getMyStarBalance")["result"] == {"amount": 100}


def test_the_transaction_has_the_charge_id(sim: Simulator, bot: ToyBot, buyer: Person):
    sim.call("sendInvoice", **invoice(buyer.id, 100))
    payment = buyer.pay()

    [transaction] = sim.call("getStarTransactions")["result"]["transactions"]

    assert transaction["id"] == payment.charge_id
    assert transaction["amount"] == 100
    assert transaction["source"]["transaction_type"] == "invoice_payment"
    assert transaction["source"]["invoice_payload"] == "o1.17.tag"
    assert transaction["source"]["user"]["id"] == buyer.id


def test_an_invoice_in_the_chat_is_paid_once(sim: Simulator, bot: ToyBot, buyer: Person):
    sim.call("sendInvoice", **invoice(buyer.id, 100))
    message_id = buyer.last().message_id
    assert buyer.pay(message_id=message_id).ok

    second = buyer.pay(message_id=message_id)

    assert second.error == "This invoice has already been paid."
    assert buyer.stars == 2400
    assert bot.kinds().count("pre_checkout_query") == 1


def test_a_link_is_paid_by_anyone_any_number_of_times(
    sim: Simulator, bot: ToyBot, buyer: Person
):
    link = sim.call("createInvoiceLink", **{**invoice(0), "chat_id": None})["result"]
    assert link.startswith("https://t.me/$")

    payments = [buyer.pay(link=link), sim.user("Ivan").pay(link=link), buyer.pay(link=link)]

    assert [payment.ok for payment in payments] == [True, True, True]
    assert len({payment.charge_id for payment in payments}) == 3


def test_without_enough_stars_nobody_asks_the_bot(sim: Simulator, bot: ToyBot, buyer: Person):
    buyer.set(stars=99)
    sim.call("sendInvoice", **invoice(buyer.id, 100))

    payment = buyer.pay()

    assert (payment.ok, payment.error) == (False, "You need 1 more Stars to pay this.")
    assert bot.kinds() == ["message"]
    assert buyer.stars == 99


def test_a_refused_checkout_charges_nobody(sim: Simulator, bot: ToyBot, buyer: Person):
    bot.replies["pre_checkout_query"] = lambda update: {
        **accept_checkout(update),
        "ok": False,
        "error_message": "Sold out",
    }
    sim.call("sendInvoice", **invoice(buyer.id, 100))

    payment = buyer.pay()

    assert (payment.ok, payment.error) == (False, "Sold out")
    assert buyer.stars == 2500
    assert sim.ledger()["transactions"] == []
    assert paid_messages(bot) == []


def test_silence_at_the_checkout_charges_nobody(sim: Simulator, bot: ToyBot, buyer: Person):
    sim.timing(pre_checkout_seconds=0.1)
    del bot.replies["pre_checkout_query"]
    sim.call("sendInvoice", **invoice(buyer.id, 100))

    payment = buyer.pay()

    assert payment.error == "The bot did not answer in time. You were not charged."
    assert buyer.stars == 2500
    query_id = bot.updates[-1]["pre_checkout_query"]["id"]
    late = sim.call("answerPreCheckoutQuery", pre_checkout_query_id=query_id, ok=True)
    assert late["description"] == TOO_OLD


def test_a_refusal_needs_a_reason(sim: Simulator):
    answer = sim.call("answerPreCheckoutQuery", pre_checkout_query_id="1", ok=False)

    assert answer["error_code"] == 400
    assert "error_message" in answer["description"]


def test_two_payments_of_one_invoice_at_once_charge_once(
    sim: Simulator, bot: ToyBot, buyer: Person
):
    both = threading.Barrier(2, timeout=5)
    sim.timing(pre_checkout_seconds=5)
    sim.call("sendInvoice", **invoice(buyer.id, 100))
    results: list[bool] = []

    def pay() -> None:
        both.wait()
        results.append(buyer.pay(message_id=message_id).ok)

    message_id = buyer.last().message_id
    threads = [threading.Thread(target=pay) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)

    assert sorted(results) == [False, True]
    assert buyer.stars == 2400


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"prices": [{"label": "A", "amount": 1}] * 2}, "STARS_INVOICE_INVALID"),
        ({"prices": []}, "STARS_INVOICE_INVALID"),
        ({"prices": [{"label": "A", "amount": 0}]}, "CURRENCY_TOTAL_AMOUNT_INVALID"),
        ({"provider_token": "x"}, "PAYMENT_PROVIDER_INVALID"),
        ({"currency": "USD"}, "PAYMENT_PROVIDER_INVALID"),
        ({"payload": ""}, 'parameter "payload" is required'),
        ({"subscription_period": 2592000}, "SUBSCRIPTION_EXPORT_MISSING"),
        (
            {"reply_markup": {"inline_keyboard": [[{"text": "A", "callback_data": "a"}]]}},
            "first button of the invoice must be a Pay button",
        ),
        ({"max_tip_amount": 5, "suggested_tip_amounts": [5, 3]}, "TIP_AMOUNT_INVALID"),
    ],
)
def test_bad_invoices_are_refused(
    sim: Simulator, buyer: Person, changes: dict[str, Any], error: str
):
    answer = sim.call("sendInvoice", **invoice(buyer.id, **changes))

    assert answer["description"] == f"Bad Request: {error}"
    assert buyer.messages()[-1].text == "/start"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"subscription_period": 86400}, "SUBSCRIPTION_PERIOD_INVALID"),
        (
            {"subscription_period": 2592000, "prices": [{"label": "A", "amount": 10001}]},
            "STARS_SUBSCRIPTION_AMOUNT_INVALID",
        ),
        (
            {"subscription_period": 2592000, **CARD},
            "STARS_SUBSCRIPTION_AMOUNT_INVALID",
        ),
    ],
)
def test_bad_subscription_links_are_refused(
    sim: Simulator, changes: dict[str, Any], error: str
):
    wish = {**invoice(0), "chat_id": None, **changes}

    answer = sim.call("createInvoiceLink", **wish)

    assert answer["description"] == f"Bad Request: {error}"


def test_a_refund_gives_everything_back_once(sim: Simulator, bot: ToyBot, buyer: Person):
    sim.call("sendInvoice", **invoice(buyer.id, 100))
    charge_id = buyer.pay().charge_id
    wish = {"user_id": buyer.id, "telegram_payment_charge_id": charge_id}

    assert sim.call("refundStarPayment", **wish) == {"ok": True, "result": True}

    again = sim.call("refundStarPayment", **wish)
    assert again["description"] == "Bad Request: CHARGE_ALREADY_REFUNDED"
    assert sim.settle()
    [refunded] = paid_messages(bot, "refunded_payment")
    assert refunded["telegram_payment_charge_id"] == charge_id
    assert buyer.stars == 2500
    income, outgo = sim.ledger()["transactions"]
    assert income["id"] == outgo["id"] == charge_id
    assert ("source" in income, "receiver" in outgo) == (True, True)
    assert sim.ledger()["bot_stars"] == 0


def test_a_foreign_or_unknown_charge_is_not_refunded(
    sim: Simulator, bot: ToyBot, buyer: Person
):
    sim.call("sendInvoice", **invoice(buyer.id, 100))
    charge_id = buyer.pay().charge_id
    ivan = sim.user("Ivan")

    foreign = sim.call(
        "refundStarPayment", user_id=ivan.id, telegram_payment_charge_id=charge_id
    )
    unknown = sim.call("refundStarPayment", user_id=buyer.id, telegram_payment_charge_id="x")

    assert foreign["description"] == unknown["description"] == "Bad Request: CHARGE_NOT_FOUND"
    assert buyer.stars == 2400


def test_a_charge_back_may_come_without_a_word(sim: Simulator, bot: ToyBot, buyer: Person):
    sim.call("sendInvoice", **invoice(buyer.id, 100))
    charge_id = buyer.pay().charge_id

    sim.charge_back(charge_id, announced=False)

    assert sim.settle()
    assert paid_messages(bot, "refunded_payment") == []
    assert [one["amount"] for one in sim.ledger()["transactions"]] == [100, 100]
    assert sim.ledger()["bot_stars"] == 0


def test_transactions_come_oldest_first_and_by_pages(
    sim: Simulator, bot: ToyBot, buyer: Person
):
    link = sim.call("createInvoiceLink", **{**invoice(0), "chat_id": None})["result"]
    charges = [buyer.pay(link=link).charge_id for _ in range(5)]

    pages = [
        sim.call("getStarTransactions", offset=offset, limit=2)["result"]["transactions"]
        for offset in (0, 2, 4, 6)
    ]

    assert [[one["id"] for one in page] for page in pages] == [
        charges[:2],
        charges[2:4],
        charges[4:],
        [],
    ]


def test_physical_goods_are_shipped(sim: Simulator, bot: ToyBot, buyer: Person):
    bot.replies["shipping_query"] = lambda update: {
        "method": "answerShippingQuery",
        "shipping_query_id": update["shipping_query"]["id"],
        "ok": True,
        "shipping_options": [
            {"id": "post", "title": "Post", "prices": [{"label": "Post", "amount": 500}]}
        ],
    }
    sim.call(
        "sendInvoice",
        **invoice(buyer.id, 2000, **CARD, need_shipping_address=True, is_flexible=True),
    )
    options = buyer.shipping_options(ADDRESS)
    assert [option["title"] for option in options] == ["Post"]

    payment = buyer.pay(address=ADDRESS, shipping_option_id="post")

    assert (payment.ok, payment.amount, payment.currency) == (True, 2500, "USD")
    assert sim.settle()
    [paid] = paid_messages(bot)
    assert paid["order_info"] == {"shipping_address": ADDRESS}
    assert paid["shipping_option_id"] == "post"
    assert buyer.stars == 2500
    assert sim.ledger()["transactions"] == []


def test_an_incomplete_form_is_not_sent(sim: Simulator, bot: ToyBot, buyer: Person):
    sim.call("sendInvoice", **invoice(buyer.id, 2000, **CARD, need_email=True))

    payment = buyer.pay()

    assert (payment.ok, payment.error) == (False, "Please fill in: email.")
    assert bot.kinds() == ["message"]
