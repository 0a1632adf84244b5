"""What does Telegram tell about Stars? Read from its messages, booked by the shop."""

from datetime import UTC, datetime

from orders.models import Order
from orders.services.stars import record_star_payment, record_star_refund
from telegram_bot.envelope import Json
from telegram_bot.order_cards import OrderCard, card_of
from telegram_bot.visit import Visit


def book_payment(*, visit: Visit, message: Json) -> OrderCard | None:
    """Book a ``successful_payment`` and return the order it paid, None where it fits none.

    Safe to repeat by the charge's id; money is never refused.
    """
    payment: Json = message["successful_payment"]
    ends_at = payment.get("subscription_expiration_date")
    notice = record_star_payment(
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
    paid = Order.objects.filter(payments__notices=notice.pk, customer_id=visit.customer_id)
    order = paid.prefetch_related("lines").first()
    return None if order is None else card_of(order)


def book_refund(*, visit: Visit, message: Json) -> None:
    """Book a ``refunded_payment``; safe to repeat."""
    payment: Json = message["refunded_payment"]
    record_star_refund(
        telegram_id=visit.visitor.telegram_id,
        payload=payment["invoice_payload"],
        charge_id=payment["telegram_payment_charge_id"],
        currency=payment["currency"],
        total_amount=payment["total_amount"],
        refunded_at=_moment(message["date"]),
        now=visit.at,
    )


def is_renewal(message: Json) -> bool:
    """Tell whether a payment renewed what runs already: nobody waits for its screen."""
    payment: Json = message["successful_payment"]
    return bool(payment.get("is_recurring") and not payment.get("is_first_recurring"))


def _moment(timestamp: int) -> datetime:
    return datetime.fromtimestamp(timestamp, tz=UTC)
