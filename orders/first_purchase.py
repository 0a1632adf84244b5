"""Has a customer bought? Pricing asks when staff ask what an offer costs a certain customer."""

from __future__ import annotations

from orders.quoting import buyer_facts
from pricing.purchases import register_first_purchase


def buys_first(customer_id: int) -> bool:
    """Return whether an order placed now is priced as a first purchase; one query."""
    return buyer_facts(customer_id=customer_id).buyer.is_first_purchase


register_first_purchase(buys_first)
