"""Which Stars moved, and in which order?"""

from telegram_bot.simulator.core import Core, bot_as_user, private_chat_as_json, user_as_json
from telegram_bot.simulator.errors import bad_request
from telegram_bot.simulator.state import Charge, Json, Message, User
from telegram_bot.simulator.updates import enqueue


def service_message(core: Core, user: User, content: Json, *, is_from_bot: bool) -> Message:
    """Write a service message into the private chat and queue it for the bot.

    Those about payments reach the bot even when they count as its own.
    """
    body: Json = {
        "message_id": core.next_message_id(),
        "date": core.clock.timestamp(),
        "chat": private_chat_as_json(user),
        "from": bot_as_user(core) if is_from_bot else user_as_json(user),
        **content,
    }
    message = core.add_message(Message(user.id, body["message_id"], body, from_bot=is_from_bot))
    enqueue(core, "message", body)
    return message


def _transaction(core: Core, charge: Charge, *, direction: str) -> Json:
    subscription = core.state.subscriptions.get(charge.subscription_id)
    partner: Json = {
        "type": "user",
        "transaction_type": "invoice_payment",
        "user": user_as_json(core.user(charge.user_id)),
        "invoice_payload": charge.payload,
    }
    if subscription is not None:
        partner["subscription_period"] = subscription.period
    return {
        "id": charge.id,
        "amount": charge.amount,
        "date": core.clock.timestamp(),
        direction: partner,
    }


def record_income(core: Core, charge: Charge) -> None:
    """Book a payment: the charge, and for Stars the transaction and both balances."""
    core.state.charges[charge.id] = charge
    if charge.currency != "XTR":
        return
    core.user(charge.user_id).stars -= charge.amount
    core.state.bot.stars += charge.amount
    core.state.transactions.append(_transaction(core, charge, direction="source"))


def _book_return(core: Core, charge: Charge) -> None:
    charge.refunded_at = core.clock.now()
    core.user(charge.user_id).stars += charge.amount
    core.state.bot.stars -= charge.amount
    core.state.transactions.append(_transaction(core, charge, direction="receiver"))


def refund(core: Core, *, user_id: int, charge_id: str) -> None:
    """Give all Stars of a payment back and say so in the chat.

    Raises:
        ApiError: there is no such payment, it was refunded, or the balance does not suffice.
    """
    charge = core.state.charges.get(charge_id)
    if charge is None or charge.user_id != user_id or charge.currency != "XTR":
        raise bad_request("CHARGE_NOT_FOUND")
    if charge.refunded_at:
        raise bad_request("CHARGE_ALREADY_REFUNDED")
    if core.state.bot.stars < charge.amount:
        raise bad_request("BALANCE_TOO_LOW")
    _book_return(core, charge)
    _tell_refund(core, charge)
    core.changed("ledger")


def charge_back(core: Core, charge: Charge, *, is_announced: bool) -> None:
    """Let a payment be taken back by Apple, Google or a bank, not by the bot."""
    _book_return(core, charge)
    if is_announced:
        _tell_refund(core, charge)
    core.changed("ledger")


def _tell_refund(core: Core, charge: Charge) -> None:
    content: Json = {
        "refunded_payment": {
            "currency": charge.currency,
            "total_amount": charge.amount,
            "invoice_payload": charge.payload,
            "telegram_payment_charge_id": charge.id,
        }
    }
    service_message(core, core.user(charge.user_id), content, is_from_bot=True)


def transactions(core: Core, *, offset: int, limit: int) -> list[Json]:
    """A page of the bot's transactions, oldest first."""
    return core.state.transactions[offset : offset + limit]
