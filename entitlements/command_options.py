"""What the commands about entitlements read from their options, in one way."""

from customers.errors import UnknownCustomer
from customers.models import Customer


def customer_by_telegram_id(telegram_id: int) -> Customer:
    """Return the customer whom a command names.

    Raises:
        UnknownCustomer: nobody with this Telegram id has opened the shop.
    """
    found = Customer.objects.filter(telegram_id=telegram_id).first()
    if found is None:
        raise UnknownCustomer(f"no customer has the Telegram id {telegram_id}")
    return found
