"""In which order are rows of money locked? Customer, order, payment; see docs/locking.md.

Lines are never changed once written, so the order's lock speaks for them.
"""

from __future__ import annotations

from typing import Final

from django.db import transaction
from django.db.models import Exists, OuterRef

from customers.models import Customer
from orders.errors import UnknownOrder, UnknownPayment
from orders.gifts import Purpose, redeemers
from orders.models import Order, OrderLine, Payment
from shopbot.kernel.errors import Busy
from shopbot.kernel.statements import NO_NUMBER, Locked

#: One is enough unless a gift is opened at the very moment.
_TRIES: Final = 5

_HAS_GIFTS: Final = Exists(
    OrderLine.objects.filter(order=OuterRef("pk"), terms__purpose=Purpose.GIFT)
)


def lock_customer(customer_id: int) -> Customer:
    """Hold a customer's row to the end of the transaction."""
    return _CUSTOMER.get(customer_id)


_CUSTOMER: Final[Locked[Customer]] = Locked(
    lambda customer_id: Customer.objects.locked().filter(pk=customer_id),
    stand_ins=(NO_NUMBER,),
)


def lock_order(order_id: int) -> Order:
    """Hold an order's row, after its customer's, to the end of the transaction.

    Whoever opened a gift that the order paid for is held with the customer, all at once and by
    primary key: a dispute or a refund reaches what they hold, while they may be opening a gift.

    Raises:
        UnknownOrder: no such order.
        Busy: its gifts were opened all the time.
    """
    # Whose order it is never changes, so it may be read before anything is locked.
    known = Order.objects.filter(pk=order_id).values_list("customer_id", _HAS_GIFTS).first()
    if known is None:
        raise UnknownOrder(f"no order {order_id}", order_id=order_id)
    customer_id, has_gifts = known
    if has_gifts:
        customer = _lock_with_redeemers(order_id, customer_id)
    else:
        customer = lock_customer(customer_id)
    order = Order.objects.locked().get(pk=order_id)
    order.customer = customer
    return order


def _lock_with_redeemers(order_id: int, customer_id: int) -> Customer:
    """Hold whoever opened a gift of an order together with its customer."""
    for _ in range(_TRIES):
        held = {customer_id, *redeemers(order_id)}
        # Going back to here frees what was taken since, so that one order is kept again.
        savepoint = transaction.savepoint()
        rows = {each.pk: each for each in Customer.objects.locked().filter(pk__in=held)}
        # A gift is opened under the lock on who gives it, so nobody is added from here on.
        if redeemers(order_id) <= held:
            transaction.savepoint_commit(savepoint)
            return rows[customer_id]
        transaction.savepoint_rollback(savepoint)
    raise Busy(f"gifts of order {order_id} are being opened")


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
