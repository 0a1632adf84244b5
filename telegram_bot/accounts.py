"""What does the account screen show? Read once, as a value."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from customers.selectors import referral_tree
from entitlements.models import Grant
from entitlements.selectors import Holding, holdings, tier_of
from entitlements.sharing_views import SeatsView, gifts_given_by, seats_of
from orders.errors import UnknownSubscription
from orders.models import Subscription
from orders.services.subscribing import cancel_subscription, resume_subscription
from shopbot.kernel.money import Money
from telegram_bot.gates.selectors import OpenChat, open_chats


@dataclass(frozen=True, slots=True)
class Renewal:
    """A renewal agreement that may still charge; ``fix_url`` is where a failed one is paid."""

    id: int
    tier_id: int
    gateway: str
    price: Money
    will_renew: bool
    is_past_due: bool
    renews_at: datetime | None
    fix_url: str


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
        renewals=tuple(_renewal(row) for row in _live(customer_id)),
        seats=seats_of(customer_id, at),
        gifts=len(gifts_given_by(customer_id, at)),
        has_history=Grant.objects.filter(customer_id=customer_id).exists(),
        chats=open_chats(held),
    )


def own_renewal(*, customer_id: int, subscription_id: int) -> Renewal:
    """Return one of the customer's agreements.

    Raises:
        UnknownSubscription: no such one, somebody else's, or ended.
    """
    row = _live(customer_id).filter(pk=subscription_id).first()
    if row is None:
        raise UnknownSubscription(f"customer {customer_id} has no such subscription")
    return _renewal(row)


def set_renewal(
    *, customer_id: int, subscription_id: int, renews: bool, at: datetime
) -> Renewal:
    """Let an agreement renew or not, and return it as it is then.

    Raises:
        ShopError: what ``cancel_subscription`` and ``resume_subscription`` refuse.
    """
    change = resume_subscription if renews else cancel_subscription
    change(
        subscription_id=subscription_id,
        customer_id=customer_id,
        actor=f"customer:{customer_id}",
        now=at,
    )
    return own_renewal(customer_id=customer_id, subscription_id=subscription_id)


def _live(customer_id: int) -> QuerySet[Subscription]:
    return Subscription.objects.live().filter(customer_id=customer_id).order_by("pk")


def _renewal(row: Subscription) -> Renewal:
    return Renewal(
        id=row.pk,
        tier_id=row.tier_id,
        gateway=row.gateway,
        price=row.price,
        will_renew=row.will_renew,
        is_past_due=row.status == Subscription.Status.PAST_DUE,
        renews_at=row.current_period_end,
        fix_url=row.action_url,
    )
