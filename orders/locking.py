"""In which order are rows of money locked? Customer, order, payment; see docs/locking.md.

Lines are never changed once written, so the order's lock speaks for them.
"""

from __future__ import annotations

from customers.models import Customer
from orders.errors import UnknownOrder, UnknownPayment
from orders.models import Order, Payment
from shopbot.kernel.errors import Busy


def lock_customer(customer_id: int) -> Customer:
    """Hold a customer's row to the end of the transaction."""
    return Customer.objects.locked().get(pk=customer_id)


def lock_order(order_id: int) -> Order:
    """Hold an order's row, after its customer's, to the end of the transaction.

    Raises:
        UnknownOrder: no such order.
    """
    # Whose order it is never changes, so it may be read before anything is locked.
    customer_id = (
        Order.objects.filter(pk=order_id).values_list("customer_id", flat=True).first()
    )
    if customer_id is None:
        raise UnknownOrder(f"no order {order_id}", order_id=order_id)
    customer = lock_customer(customer_id)
    order = Order.objects.locked().get(pk=order_id)
    order.customer = customer
    return order


def lock_payment(payment_id: int) -> Payment:
    """Hold a payment's row, after its customer's and its order's.

    Raises:
        UnknownPayment: no such payment.
        Busy: it was attached to another order at this moment.
    """
    known = Payment.objects.filter(pk=payment_id).first()
    if known is None:
        raise UnknownPayment(f"no payment {payment_id}", payment_id=payment_id)
    order = None
    if known.order_id is not None:
        order = lock_order(known.order_id)
    elif known.customer_id is not None:
        lock_customer(known.customer_id)
    payment = Payment.objects.locked().get(pk=payment_id)
    if payment.order_id != known.order_id:
        raise Busy(f"payment {payment_id} was attached to an order meanwhile")
    payment.order = order
    return payment
