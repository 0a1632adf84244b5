"""Reads about customers, as values."""

from dataclasses import dataclass

from customers.errors import UnknownCustomer
from customers.models import Customer
from customers.referral_tree import sizes_below


@dataclass(frozen=True, slots=True)
class CustomerFacts:
    """What a price and a screen need to know of a customer."""

    id: int
    telegram_id: int
    language: str
    region: str
    guessed_region: str
    referrer_id: int | None

    @property
    def is_referred(self) -> bool:
        """Somebody brought this customer."""
        return self.referrer_id is not None


@dataclass(frozen=True, slots=True)
class ReferralTree:
    """How many people a customer brought, by depth: directly first, then theirs."""

    sizes: tuple[int, ...]

    @property
    def direct(self) -> int:
        """People the customer brought in person."""
        return self.sizes[0] if self.sizes else 0

    @property
    def total(self) -> int:
        """Everybody below."""
        return sum(self.sizes)


def facts_of(customer: Customer) -> CustomerFacts:
    """Return a customer's facts; no query."""
    return CustomerFacts(
        id=customer.pk,
        telegram_id=customer.telegram_id,
        language=customer.language,
        region=customer.region,
        guessed_region=customer.guessed_region,
        referrer_id=customer.referrer_id,
    )


def customer_facts(customer_id: int) -> CustomerFacts:
    """Return a customer's facts; one query.

    Raises:
        UnknownCustomer: no such customer.
    """
    customer = Customer.objects.filter(pk=customer_id).first()
    if customer is None:
        raise UnknownCustomer(f"no customer {customer_id}", customer_id=customer_id)
    return facts_of(customer)


def referral_tree(customer_id: int) -> ReferralTree:
    """Return the counts below a customer; one query, however large the tree."""
    return ReferralTree(sizes=tuple(sizes_below(customer_id)))
