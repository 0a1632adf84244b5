"""Who may change a customer's grants now? Whoever holds the lock on the customer's row.

The order is customer → order → lines; several customers are locked at once, by primary key.
"""

from collections.abc import Iterable

from customers.errors import UnknownCustomer
from customers.models import Customer


def lock_customer(customer_id: int) -> None:
    """Hold a customer's row until the transaction ends.

    Raises:
        UnknownCustomer: no such customer.
    """
    lock_customers([customer_id])


def lock_customers(customer_ids: Iterable[int]) -> None:
    """Hold the rows of several customers until the transaction ends, in one order.

    Raises:
        UnknownCustomer: one of them does not exist.
    """
    wanted = set(customer_ids)
    found = {customer.pk for customer in Customer.objects.locked().filter(pk__in=wanted)}
    if missing := wanted - found:
        raise UnknownCustomer(f"no customer {min(missing)}", customer_id=min(missing))
