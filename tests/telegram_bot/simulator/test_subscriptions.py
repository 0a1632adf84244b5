"""Monthly payments in Stars, on a clock that can be moved."""

from typing import Any

import pytest

from telegram_bot.simulator.client import Person, Simulator, SimulatorRefused
from tests.telegram_bot.simulator.toy_bot import ToyBot, invoice

MONTH = 2_592_000


@pytest.fixture
def subscriber(sim: Simulator, bot: ToyBot, anna: Person) -> Person:
    bot.sell()
    link = sim.call(
        "createInvoiceLink", **{**invoice(0), "chat_id": None}, subscription_period=MONTH
    )["result"]
    assert anna.pay(link=link).ok
    assert sim.settle()
    return anna


def payments(bot: ToyBot) -> list[dict[str, Any]]:
    messages = [update["message"] for update in bot.updates if "message" in update]
    return [message["successful_payment"] for message in messages]


def states(bot: ToyBot) -> list[str]:
    return [one["subscription"]["state"] for one in bot.updates if "subscription" in one]


def test_the_first_payment_says_that_it_is_the_first(
    sim: Simulator, bot: ToyBot, subscriber: Person
):
    [first] = payments(bot)

    assert first["is_recurring"] is True
    assert first["is_first_recurring"] is True
    assert abs(first["subscription_expiration_date"] - (sim.now() + MONTH)) < 60
    [transaction] = sim.ledger()["transactions"]
    assert transaction["source"]["subscription_period"] == MONTH


def test_each_month_brings_a_new_charge_for_the_same_payload(
    sim: Simulator, bot: ToyBot, subscriber: Person
):
    sim.advance(months=3, seconds=60)

    paid = payments(bot)
    assert len(paid) == 4
    assert len({one["telegram_payment_charge_id"] for one in paid}) == 4
    assert {one["invoice_payload"] for one in paid} == {"o1.17.tag"}
    assert ["is_first_recurring" in one for one in paid] == [True, False, False, False]
    ends = [one["subscription_expiration_date"] for one in paid]
    assert [later - sooner for sooner, later in zip(ends, ends[1:], strict=False)] == [
        MONTH
    ] * 3
    assert subscriber.stars == 2500 - 400
    assert bot.kinds().count("pre_checkout_query") == 1


def test_renewals_are_dated_by_the_moved_clock(sim: Simulator, bot: ToyBot, subscriber: Person):
    sim.advance(months=2, seconds=60)

    dates = [update["message"]["date"] for update in bot.updates if "message" in update]
    assert [round((date - dates[0]) / MONTH) for date in dates] == [0, 1, 2]


def test_canceled_by_its_owner_it_ends_with_the_period(
    sim: Simulator, bot: ToyBot, subscriber: Person
):
    subscriber.change_subscription("cancel")
    assert sim.settle()
    assert states(bot) == ["canceled"]

    sim.advance(months=2)

    assert len(payments(bot)) == 1
    assert subscriber.subscriptions()[0]["is_over"] is True
    with pytest.raises(SimulatorRefused, match="has ended"):
        subscriber.change_subscription("resume")


def test_resumed_in_time_it_renews(sim: Simulator, bot: ToyBot, subscriber: Person):
    subscriber.change_subscription("cancel")
    subscriber.change_subscription("resume")

    sim.advance(months=1, seconds=60)

    assert states(bot) == ["canceled", "active"]
    assert len(payments(bot)) == 2


def test_canceled_by_the_bot_only_the_bot_lets_it_go_on(
    sim: Simulator, bot: ToyBot, subscriber: Person
):
    charge_id = payments(bot)[0]["telegram_payment_charge_id"]
    wish = {"user_id": subscriber.id, "telegram_payment_charge_id": charge_id}
    assert sim.call("editUserStarSubscription", **wish, is_canceled=True)["ok"]
    with pytest.raises(SimulatorRefused, match="The bot canceled"):
        subscriber.change_subscription("resume")

    assert sim.call("editUserStarSubscription", **wish, is_canceled=False)["ok"]

    sim.advance(months=1, seconds=60)
    assert len(payments(bot)) == 2
    assert states(bot) == []


def test_only_the_first_charge_names_a_subscription(
    sim: Simulator, bot: ToyBot, subscriber: Person
):
    sim.advance(months=1, seconds=60)
    renewal = payments(bot)[1]["telegram_payment_charge_id"]

    answer = sim.call(
        "editUserStarSubscription",
        user_id=subscriber.id,
        telegram_payment_charge_id=renewal,
        is_canceled=True,
    )

    assert answer["description"] == "Bad Request: CHARGE_ID_INVALID"
    assert subscriber.subscriptions()[0]["is_canceled_by_bot"] is False


def test_a_renewal_that_cannot_be_paid_fails_and_may_be_paid_later(
    sim: Simulator, bot: ToyBot, subscriber: Person
):
    subscriber.set(stars=10)
    sim.advance(months=1, seconds=60)
    assert states(bot) == ["failed"]
    assert len(payments(bot)) == 1

    subscriber.set(stars=1000)
    subscriber.change_subscription("retry")

    assert sim.settle()
    assert len(payments(bot)) == 2
    assert subscriber.stars == 900
    assert subscriber.subscriptions()[0]["has_failed"] is False


def test_the_update_names_person_and_payload_but_no_charge(
    sim: Simulator, bot: ToyBot, subscriber: Person
):
    subscriber.change_subscription("cancel")

    assert sim.settle()
    [update] = [one["subscription"] for one in bot.updates if "subscription" in one]
    assert set(update) == {"user", "invoice_payload", "state"}
    assert update["invoice_payload"] == "o1.17.tag"


def test_time_never_goes_back(sim: Simulator):
    before = sim.now()

    with pytest.raises(SimulatorRefused, match="forward only"):
        sim.advance(days=-1)

    assert sim.now() >= before
