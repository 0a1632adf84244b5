"""What does the account screen show? Read once, as a value."""

from dataclasses import dataclass
from datetime import datetime

from customers.selectors import referral_tree
from entitlements.models import Grant
from entitlements.selectors import Holding, holdings, tier_of
from entitlements.sharing_views import SeatsView, gifts_given_by, seats_of
from telegram_bot.gates.selectors import OpenChat, open_chats
from telegram_bot.renewals import Renewal, own_renewals


@dataclass(frozen=True, slots=True)
class Account:
    """A customer's tier, what they hold (suspended things included), and whom they brought.

    ``seats`` are those they share out, ``gifts`` how many they gave; ``has_history`` says that
    they were ever granted anything.
    """

    level: str
    holdings: tuple[Holding, ...]
    friends: int
    renewals: tuple[Renewal, ...] = ()
    seats: tuple[SeatsView, ...] = ()
    gifts: int = 0
    has_history: bool = False
    chats: tuple[OpenChat, ...] = ()


def account_of(*, customer_id: int, at: datetime) -> Account:
    """Read a customer's account; nine queries, one more for who holds something."""
    held = holdings(customer_id, at)
    return Account(
        level=tier_of(customer_id, at).value,
        holdings=held,
        friends=referral_tree(customer_id).direct,
        renewals=own_renewals(customer_id=customer_id),
        seats=seats_of(customer_id, at),
        gifts=len(gifts_given_by(customer_id, at)),
        has_history=Grant.objects.filter(customer_id=customer_id).exists(),
        chats=open_chats(held),
    )
