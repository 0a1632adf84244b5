"""What happens to a monthly payment in Stars as time goes by?"""

from telegram_bot.simulator.checkout import tell_payment
from telegram_bot.simulator.core import Core, user_as_json
from telegram_bot.simulator.errors import ActionRefused
from telegram_bot.simulator.ledger import record_income
from telegram_bot.simulator.state import Charge, Subscription, User
from telegram_bot.simulator.updates import enqueue


def _tell_state(core: Core, subscription: Subscription, state: str) -> None:
    body = {
        "user": user_as_json(core.user(subscription.user_id)),
        "invoice_payload": subscription.payload,
        "state": state,
    }
    enqueue(core, "subscription", body)
    core.changed("subscription")


def find_subscription(core: Core, user: User, subscription_id: str) -> Subscription:
    """A subscription of this person.

    Raises:
        ActionRefused: there is none.
    """
    subscription = core.state.subscriptions.get(subscription_id)
    if subscription is None or subscription.user_id != user.id:
        raise ActionRefused(f"{user.first_name} has no such subscription.")
    return subscription


def cancel(core: Core, user: User, subscription_id: str) -> None:
    """Stop the renewal; what was paid stays until its end.

    Raises:
        ActionRefused: there is nothing to cancel.
    """
    subscription = find_subscription(core, user, subscription_id)
    if subscription.is_over or subscription.is_canceled_by_user:
        raise ActionRefused("This subscription is already canceled.")
    subscription.is_canceled_by_user = True
    _tell_state(core, subscription, "canceled")


def resume(core: Core, user: User, subscription_id: str) -> None:
    """Let it renew again; not when the bot canceled it, nor after its end.

    Raises:
        ActionRefused: it cannot be resumed.
    """
    subscription = find_subscription(core, user, subscription_id)
    if subscription.is_canceled_by_bot:
        raise ActionRefused("The bot canceled this subscription.")
    if subscription.is_over:
        raise ActionRefused("This subscription has ended.")
    if not subscription.is_canceled_by_user:
        raise ActionRefused("This subscription is active.")
    subscription.is_canceled_by_user = False
    _tell_state(core, subscription, "active")


def retry(core: Core, user: User, subscription_id: str) -> None:
    """Pay a renewal that failed, now that there are Stars again.

    Raises:
        ActionRefused: nothing failed, or Stars are still missing.
    """
    subscription = find_subscription(core, user, subscription_id)
    if not subscription.has_failed or subscription.is_over:
        raise ActionRefused("No renewal of this subscription has failed.")
    if user.stars < subscription.amount:
        raise ActionRefused(f"You need {subscription.amount - user.stars} more Stars.")
    subscription.expires_at = core.clock.now()
    _renew(core, subscription)


def next_due(core: Core) -> float | None:
    """When the next subscription runs out, if any does."""
    return min(
        (
            subscription.expires_at
            for subscription in core.state.subscriptions.values()
            if not subscription.is_over and not subscription.has_failed
        ),
        default=None,
    )


def handle_due(core: Core) -> None:
    """Renew what is due, end what was canceled, and report what could not be paid."""
    now = core.clock.now()
    for subscription in list(core.state.subscriptions.values()):
        if subscription.is_over or subscription.has_failed or subscription.expires_at > now:
            continue
        if subscription.is_canceled_by_user or subscription.is_canceled_by_bot:
            subscription.is_over = True
            core.changed("subscription")
        elif core.user(subscription.user_id).stars < subscription.amount:
            subscription.has_failed = True
            _tell_state(core, subscription, "failed")
        else:
            _renew(core, subscription)


def _renew(core: Core, subscription: Subscription) -> None:
    user = core.user(subscription.user_id)
    subscription.has_failed = False
    subscription.expires_at += subscription.period
    charge = Charge(
        id=core.secret_id("stx_"),
        user_id=user.id,
        amount=subscription.amount,
        currency="XTR",
        payload=subscription.payload,
        at=core.clock.now(),
        subscription_id=subscription.id,
    )
    record_income(core, charge)
    terms = {
        "currency": "XTR",
        "total_amount": charge.amount,
        "invoice_payload": charge.payload,
        "subscription_expiration_date": int(subscription.expires_at),
        "is_recurring": True,
    }
    tell_payment(core, user, charge, terms)
    core.changed("subscription")
