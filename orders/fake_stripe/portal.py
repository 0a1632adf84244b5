"""What does the customer portal show, and what may be done there?"""

from typing import Any

from orders.fake_stripe.cards import Behavior, new_payment_method
from orders.fake_stripe.changes import update_subscription
from orders.fake_stripe.world import Obj, World


def create_portal(world: World, params: dict[str, Any]) -> Obj:
    """Answer ``POST /v1/billing_portal/sessions``."""
    world.find("customer", params.get("customer"), param="customer")
    identifier = world.new_id("bps_1")
    return world.add(
        id=identifier,
        object="billing_portal.session",
        configuration="bpc_1Default",
        customer=params["customer"],
        flow=None,
        locale=params.get("locale"),
        on_behalf_of=None,
        return_url=params.get("return_url"),
        url=f"{world.pay_url}/portal/{identifier}",
    )


def subscriptions_of(world: World, portal: Obj) -> list[Obj]:
    """Return the customer's subscriptions, newest first."""
    return list(reversed(world.every("subscription", customer=portal["customer"])))


def toggle_renewal(world: World, subscription_id: str) -> None:
    """Let the customer cancel at the period's end, or take that back."""
    subscription = world.find("subscription", subscription_id)
    wanted = not subscription["cancel_at_period_end"]
    update_subscription(world, subscription_id, {"cancel_at_period_end": wanted})


def change_card(world: World, customer: str, behavior: Behavior) -> Obj:
    """Put a customer's subscriptions on another test card."""
    world.find("customer", customer)
    method = new_payment_method(world, behavior, customer)
    for subscription in world.every("subscription", customer=customer):
        subscription["default_payment_method"] = method["id"]
    world.emit("payment_method.attached", method)
    return method


def account(world: World) -> Obj:
    """Answer ``GET /v1/account``."""
    return {
        "id": "acct_1FakeStripe",
        "object": "account",
        "business_profile": {"name": world.account_name, "support_url": None},
        "charges_enabled": True,
        "country": "US",
        "default_currency": "usd",
        "details_submitted": True,
        "email": "owner@example.com",
        "payouts_enabled": True,
        "settings": {"dashboard": {"display_name": world.account_name, "timezone": "Etc/UTC"}},
        "type": "standard",
    }
