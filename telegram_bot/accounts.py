"""What does the account screen show? Read once, as a value."""

from dataclasses import dataclass
from datetime import datetime

from customers.selectors import referral_tree
from entitlements.selectors import Holding, holdings, tier_of


@dataclass(frozen=True, slots=True)
class Account:
    """A customer's tier, what they hold (suspended things included), and whom they brought."""

    level: str
    holdings: tuple[Holding, ...]
    friends: int


def account_of(*, customer_id: int, at: datetime) -> Account:
    """Read a customer's account; three queries."""
    return Account(
        level=tier_of(customer_id, at).value,
        holdings=holdings(customer_id, at),
        friends=referral_tree(customer_id).direct,
    )
