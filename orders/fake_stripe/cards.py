"""How does each test card behave?"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from orders.fake_stripe.world import Obj, World


class Behavior(StrEnum):
    """What happens when a payment method is charged."""

    SUCCEEDS = "succeeds"
    DECLINED = "declined"
    INSUFFICIENT_FUNDS = "insufficient_funds"
    AUTHENTICATION = "authentication"
    DELAYED = "delayed"
    FAILS_LATER = "fails_later"


@dataclass(frozen=True, slots=True)
class Card:
    """One of the cards a tester may choose; numbers as in Stripe's documentation."""

    number: str
    brand: str
    decline_code: str = ""
    message: str = ""


CARDS: Mapping[Behavior, Card] = {
    Behavior.SUCCEEDS: Card("4242424242424242", "visa"),
    Behavior.DECLINED: Card(
        "4000000000000002", "visa", "generic_decline", "Your card was declined."
    ),
    Behavior.INSUFFICIENT_FUNDS: Card(
        "4000000000009995", "visa", "insufficient_funds", "Your card has insufficient funds."
    ),
    Behavior.AUTHENTICATION: Card("4000002760003184", "visa"),
    Behavior.DELAYED: Card("DE89370400440532013000", "sepa_debit"),
    Behavior.FAILS_LATER: Card("4000000000000341", "visa"),
}

#: What the second and later charges of a payment method do, where that differs.
LATER: Mapping[Behavior, Behavior] = {
    Behavior.AUTHENTICATION: Behavior.SUCCEEDS,
    Behavior.FAILS_LATER: Behavior.DECLINED,
}

FIRST: Mapping[Behavior, Behavior] = {Behavior.FAILS_LATER: Behavior.SUCCEEDS}


def new_payment_method(world: World, behavior: Behavior, customer: str | None) -> Obj:
    """Store a payment method that behaves so."""
    card = CARDS[behavior]
    kind = "sepa_debit" if card.brand == "sepa_debit" else "card"
    details = (
        {"last4": card.number[-4:], "country": "DE"}
        if kind == "sepa_debit"
        else {
            "brand": card.brand,
            "country": "US",
            "last4": card.number[-4:],
            "exp_month": 12,
            "exp_year": 2034,
        }
    )
    method = world.add(
        id=world.new_id("pm_1"),
        object="payment_method",
        type=kind,
        customer=customer,
        billing_details={"email": None, "name": None, "phone": None, "address": None},
        metadata={},
        **{kind: details},
    )
    world.note(method["id"], behavior=behavior.value)
    return method


def behavior_of(world: World, method: str | None) -> Behavior:
    """Return how the next charge of a stored payment method goes."""
    kept = Behavior(world.note(method)["behavior"]) if method else Behavior.DECLINED
    return LATER.get(kept, kept)
