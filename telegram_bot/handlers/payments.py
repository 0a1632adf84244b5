"""Stars: the question before a payment, the payment, its refund, a renewal agreement's fate.

Read from the raw update and before anything else: money does not wait until aiogram knows every
new field of a message, nor does it depend on anything but the database.
"""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Final

from orders.models import Notice
from orders.services.stars import (
    check_pre_checkout,
    record_star_payment,
    record_star_refund,
    record_star_subscription,
)
from telegram_bot import purchases
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
    payment: Json = message["successful_payment"]
    ends_at = payment.get("subscription_expiration_date")
    notice = await in_db(record_star_payment)(
        telegram_id=visit.visitor.telegram_id,
        payload=payment["invoice_payload"],
        charge_id=payment["telegram_payment_charge_id"],
        currency=payment["currency"],
        total_amount=payment["total_amount"],
        paid_at=_moment(message["date"]),
        now=visit.at,
        is_recurring=payment.get("is_recurring"),
        is_first_recurring=payment.get("is_first_recurring"),
        subscription_expires_at=_moment(ends_at) if ends_at else None,
    )
    is_renewal = payment.get("is_recurring") and not payment.get("is_first_recurring")
    return None if is_renewal else await _thank(visit, notice)


async def refunded(visit: Visit, message: Json) -> Result:
    """Book a refund, whoever made it; its notice to the customer comes by the outbox."""
    payment: Json = message["refunded_payment"]
    await in_db(record_star_refund)(
        telegram_id=visit.visitor.telegram_id,
        payload=payment["invoice_payload"],
        charge_id=payment["telegram_payment_charge_id"],
        currency=payment["currency"],
        total_amount=payment["total_amount"],
        refunded_at=_moment(message["date"]),
        now=visit.at,
    )
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


async def _thank(visit: Visit, notice: Notice) -> Result:
    card = await in_db(purchases.order_of_notice)(visit=visit, notice_id=notice.pk)
    if card is None or card.status not in ("paid", "fulfilled"):
        return present.does_not_fit()
    return order_screens.paid(visit, card, await in_db(purchases.holdings_now)(visit=visit))


def _moment(timestamp: int) -> datetime:
    return datetime.fromtimestamp(timestamp, tz=UTC)
