"""Stars: the question before a payment, the payment, its refund, a renewal agreement's fate.

Read from the raw update and before anything else: money does not wait until aiogram knows every
new field of a message, nor does it depend on anything but the database.
"""

from collections.abc import Awaitable, Callable
from typing import Final

from orders.services.stars import check_pre_checkout, record_star_subscription
from telegram_bot import receipts, stars
from telegram_bot.answers import Call, Result
from telegram_bot.bridge import in_db
from telegram_bot.envelope import Envelope, Json
from telegram_bot.presenters import orders as order_screens
from telegram_bot.presenters import payments as present
from telegram_bot.visit import Visit

Handler = Callable[[Visit, Json], Awaitable[Result]]


async def pre_checkout(visit: Visit, query: Json) -> Result:
    """Say, in the webhook's own response, whether Telegram may take the money."""
    found = await in_db(check_pre_checkout)(
        telegram_id=visit.visitor.telegram_id,
        payload=str(query.get("invoice_payload", "")),
        currency=str(query.get("currency", "")),
        total_amount=int(query.get("total_amount", 0)),
        now=visit.at,
    )
    params: Json = {"pre_checkout_query_id": str(query.get("id", "")), "ok": found.ok}
    if not found.ok:
        params["error_message"] = present.may_not_be_paid(found.error)
    return Call("answerPreCheckoutQuery", params)


async def paid(visit: Visit, message: Json) -> Result:
    """Book a payment, whatever it is for, and show what it brought."""
    card = await in_db(stars.book_payment)(visit=visit, message=message)
    if stars.is_renewal(message):
        return None
    if card is None or card.status not in ("paid", "fulfilled"):
        return present.does_not_fit()
    brought = await in_db(receipts.brought_by)(
        customer_id=visit.customer_id, card=card, at=visit.at
    )
    return order_screens.paid(visit, card, brought)


async def refunded(visit: Visit, message: Json) -> Result:
    """Book a refund, whoever made it; its notice to the customer comes by the outbox."""
    await in_db(stars.book_refund)(visit=visit, message=message)
    return None


async def subscription(visit: Visit, updated: Json) -> Result:
    """Note what became of a renewal agreement."""
    await in_db(record_star_subscription)(
        telegram_id=visit.visitor.telegram_id,
        payload=str(updated.get("invoice_payload", "")),
        state=str(updated.get("state", "")),
        update_id=visit.update_id,
        now=visit.at,
    )
    return None


def handler_of(envelope: Envelope) -> Handler | None:
    """Return who handles an update that is about money, None for any other."""
    if envelope.kind == "message":
        return next((_MESSAGES[key] for key in _MESSAGES if key in envelope.event), None)
    return _KINDS.get(envelope.kind)


_KINDS: Final[dict[str, Handler]] = {
    "pre_checkout_query": pre_checkout,
    "subscription": subscription,
}
_MESSAGES: Final[dict[str, Handler]] = {
    "successful_payment": paid,
    "refunded_payment": refunded,
}
