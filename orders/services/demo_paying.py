"""Press the demo gateway's button: what its provider would say is said, signed and stored."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from orders.errors import OrderIsClosed, UnknownPayment
from orders.gateways.demo import DemoGateway, from_settings
from orders.gateways.protocol import PaymentStatus
from orders.models import Order, Payment
from orders.references import payment_reference
from orders.services.noticing import accept_and_apply
from orders.services.paying import open_payment


def pay_demo_order(*, order_id: int, now: datetime) -> Order:
    """Pay a pending order without money, as a customer would on the demo page.

    Safe to repeat: an order is paid once.

    Raises:
        UnknownOrder: no such order.
        OrderIsClosed: it can no longer be paid.
        WayNotAllowed: the demo gateway may not sell it.
        ImproperlyConfigured: this is no local trial.
    """
    gateway = from_settings()
    paid = Order.objects.filter(pk=order_id, payment_method=gateway.name).first()
    if paid is not None:
        return paid
    open_payment(order_id=order_id, gateway=gateway.name, now=now)
    attempts = Payment.objects.filter(order_id=order_id, gateway=gateway.name)
    pay_demo(payment_key=str(attempts.order_by("-pk")[0].key), now=now)
    return Order.objects.get(pk=order_id)


def pay_demo(*, payment_key: str, now: datetime) -> Payment:
    """Pay one open attempt of the demo gateway; safe to repeat.

    Raises:
        UnknownPayment: no such attempt.
        OrderIsClosed: it can no longer be paid.
    """
    payment = Payment.objects.filter(gateway=DemoGateway.name, key=payment_key).first()
    if payment is None:
        raise UnknownPayment(f"no demo payment {payment_key}")
    if payment.status == Payment.Status.PAID:
        return payment
    is_open = payment.status == Payment.Status.OPEN
    if not is_open or (payment.expires_at is not None and payment.expires_at <= now):
        raise OrderIsClosed(f"payment {payment_key} is {payment.status}", status=payment.status)
    say_demo("demo.payment", payment=payment, now=now, status=PaymentStatus.PAID)
    payment.refresh_from_db()
    return payment


def say_demo(kind: str, *, payment: Payment, now: datetime, **said: Any) -> None:
    """Let the demo provider say something about a payment, and take it as any notice."""
    gateway = from_settings()
    body, headers = gateway.message(kind, payment=payment_reference(payment.pk), at=now, **said)
    notice = gateway.read(body, headers)
    if notice is not None:
        accept_and_apply(notice=notice, now=now)
