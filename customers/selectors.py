"""Reads about customers, as values."""

from dataclasses import dataclass

from customers.referral_tree import sizes_below


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


def referral_tree(customer_id: int) -> ReferralTree:
    """Return the counts below a customer; one query, however large the tree."""
    return ReferralTree(sizes=tuple(sizes_below(customer_id)))
