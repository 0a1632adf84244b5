"""What the simulator says is what aiogram understands."""

from aiogram.types import Message, Update

from telegram_bot.simulator.client import Simulator
from telegram_bot.simulator.validation import check_object
from tests.telegram_bot.simulator.toy_bot import ToyBot, invoice


def test_aiogram_reads_every_update_of_a_customers_life(sim: Simulator, bot: ToyBot):
    bot.sell()
    anna, owner = sim.user("Anna", language="de"), sim.user("Owner")
    anna.start("p-signals")
    sim.call(
        "sendMessage",
        chat_id=anna.id,
        text="Choose",
        reply_markup={"inline_keyboard": [[{"text": "A", "callback_data": "a"}]]},
    )
    anna.press("A")
    sim.call("sendInvoice", **invoice(anna.id))
    charge_id = anna.pay().charge_id
    sim.call("refundStarPayment", user_id=anna.id, telegram_payment_charge_id=charge_id)
    wish = {**invoice(0), "chat_id": None, "subscription_period": 2_592_000}
    anna.pay(link=sim.call("createInvoiceLink", **wish)["result"])
    anna.change_subscription("cancel")
    channel = sim.channel("VIP", owner_id=owner.id)
    link = sim.call("createChatInviteLink", chat_id=channel["id"], creates_join_request=True)[
        "result"
    ]["invite_link"]
    anna.join(link)
    sim.call("approveChatJoinRequest", chat_id=channel["id"], user_id=anna.id)
    sim.call("banChatMember", chat_id=channel["id"], user_id=anna.id)
    anna.block_bot()
    assert sim.settle()

    kinds = {Update.model_validate(update).event_type for update in bot.updates}

    assert kinds == {
        "message",
        "callback_query",
        "pre_checkout_query",
        "subscription",
        "my_chat_member",
        "chat_member",
        "chat_join_request",
    }


def test_aiogram_reads_the_messages_that_calls_return(sim: Simulator, bot: ToyBot):
    anna = sim.user("Anna")
    anna.start()

    for method, values in (
        ("sendMessage", {"text": "<b>x</b>", "parse_mode": "HTML"}),
        ("sendInvoice", invoice(anna.id)),
    ):
        result = sim.call(method, **{"chat_id": anna.id, **values})["result"]
        check_object("Message", result)
        assert Message.model_validate(result).message_id == result["message_id"]
