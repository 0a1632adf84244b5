"""How does a payment intent come to a charge, and a charge to money?"""

from enum import StrEnum
from typing import Any

from orders.fake_stripe.cards import CARDS, FIRST, Behavior
from orders.fake_stripe.refusals import StripeRefusal
from orders.fake_stripe.world import Obj, World


class Outcome(StrEnum):
    """What one attempt to charge led to."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    PROCESSING = "processing"
    REQUIRES_ACTION = "requires_action"


def new_intent(
    world: World, *, amount: int, currency: str, customer: str | None, data: dict[str, Any]
) -> Obj:
    """Store a payment intent; ``data`` is a session's ``payment_intent_data``."""
    identifier = world.new_id("pi_3")
    intent = world.add(
        id=identifier,
        object="payment_intent",
        amount=amount,
        amount_capturable=0,
        amount_received=0,
        automatic_payment_methods={"enabled": True, "allow_redirects": "always"},
        canceled_at=None,
        cancellation_reason=None,
        capture_method="automatic_async",
        client_secret=f"{identifier}_secret_{world.new_id('x')[2:]}",
        confirmation_method="automatic",
        currency=currency,
        customer=customer,
        description=data.get("description"),
        last_payment_error=None,
        latest_charge=None,
        metadata=dict(data.get("metadata") or {}),
        next_action=None,
        payment_method=None,
        payment_method_types=["card", "link", "sepa_debit"],
        processing=None,
        receipt_email=data.get("receipt_email"),
        setup_future_usage=data.get("setup_future_usage"),
        statement_descriptor=None,
        status="requires_payment_method",
    )
    world.emit("payment_intent.created", intent)
    return intent


def attempt(world: World, intent: Obj, method: Obj, behavior: Behavior) -> Outcome:
    """Charge a payment method once and record what came of it."""
    intent["payment_method"] = method["id"]
    behavior = FIRST.get(behavior, behavior)
    if behavior is Behavior.AUTHENTICATION:
        intent["status"] = "requires_action"
        intent["next_action"] = {"type": "use_stripe_sdk"}
        world.emit("payment_intent.requires_action", intent)
        return Outcome.REQUIRES_ACTION
    if behavior is Behavior.DELAYED:
        return _begin_processing(world, intent, method)
    if behavior is Behavior.SUCCEEDS:
        charge = _new_charge(world, intent, method, status="succeeded")
        succeed(world, intent, charge)
        return Outcome.SUCCEEDED
    card = CARDS[behavior]
    charge = _new_charge(world, intent, method, status="failed")
    fail(world, intent, charge, decline_code=card.decline_code, message=card.message)
    return Outcome.FAILED


def authenticate(world: World, intent: Obj, *, passed: bool) -> Outcome:
    """Finish an attempt that waited for the bank's page."""
    if intent["status"] != "requires_action":
        raise StripeRefusal("This payment does not wait for authentication.")
    method = world.find("payment_method", intent["payment_method"])
    intent["next_action"] = None
    if passed:
        return attempt(world, intent, method, Behavior.SUCCEEDS)
    charge = _new_charge(world, intent, method, status="failed")
    message = "We are unable to authenticate your payment method."
    fail(world, intent, charge, decline_code="authentication_required", message=message)
    return Outcome.FAILED


def settle(world: World, intent: Obj, *, succeeded: bool) -> None:
    """Let the bank answer about a delayed payment."""
    charge = world.find("charge", intent["latest_charge"])
    intent["processing"] = None
    if succeeded:
        charge["status"] = "succeeded"
        succeed(world, intent, charge)
    else:
        charge["status"] = "failed"
        message = "The customer's account has insufficient funds."
        fail(world, intent, charge, decline_code="insufficient_funds", message=message)


def succeed(world: World, intent: Obj, charge: Obj) -> None:
    """Book a charge as paid."""
    charge.update(paid=True, captured=True, amount_captured=charge["amount"])
    charge["balance_transaction"] = book(world, charge, charge["amount"], kind="charge")["id"]
    intent.update(
        status="succeeded",
        amount_received=charge["amount"],
        latest_charge=charge["id"],
        last_payment_error=None,
    )
    world.emit("charge.succeeded", charge)
    world.emit("payment_intent.succeeded", intent)


def fail(world: World, intent: Obj, charge: Obj, *, decline_code: str, message: str) -> None:
    """Book a charge as refused; the intent waits for another payment method."""
    charge.update(failure_code="card_declined", failure_message=message)
    intent.update(
        status="requires_payment_method",
        latest_charge=charge["id"],
        last_payment_error={
            "type": "card_error",
            "code": "card_declined",
            "decline_code": decline_code,
            "message": message,
            "charge": charge["id"],
        },
    )
    world.emit("charge.failed", charge)
    world.emit("payment_intent.payment_failed", intent)


def book(world: World, source: Obj, amount: int, *, kind: str) -> Obj:
    """Store a balance transaction; a charge costs 2.9 % and 30 of the smallest unit."""
    fee = (amount * 29 + 500) // 1000 + 30 if kind == "charge" else 0
    return world.add(
        id=world.new_id("txn_1"),
        object="balance_transaction",
        amount=amount,
        balance_type="payments",
        available_on=world.now() + 2 * 86_400,
        currency=source["currency"],
        description=None,
        fee=fee,
        fee_details=[],
        net=amount - fee,
        reporting_category=kind,
        source=source["id"],
        status="pending",
        type=kind,
    )


def cancel_intent(world: World, identifier: str, params: dict[str, Any]) -> Obj:
    """Answer ``POST /v1/payment_intents/{id}/cancel``."""
    intent = world.find("payment_intent", identifier)
    if intent["status"] in {"succeeded", "canceled", "processing"}:
        raise StripeRefusal(
            "You cannot cancel this PaymentIntent because it has a status of "
            f"{intent['status']}.",
            code="payment_intent_unexpected_state",
        )
    intent.update(
        status="canceled",
        canceled_at=world.now(),
        cancellation_reason=params.get("cancellation_reason"),
    )
    world.emit("payment_intent.canceled", intent)
    return intent


def _begin_processing(world: World, intent: Obj, method: Obj) -> Outcome:
    charge = _new_charge(world, intent, method, status="pending")
    intent.update(
        status="processing", latest_charge=charge["id"], processing={"type": "sepa_debit"}
    )
    world.note(intent["id"], settles_at=world.now() + world.settle_after)
    world.emit("charge.pending", charge)
    world.emit("payment_intent.processing", intent)
    return Outcome.PROCESSING


def _new_charge(world: World, intent: Obj, method: Obj, *, status: str) -> Obj:
    kind = method["type"]
    return world.add(
        id=world.new_id("ch_3"),
        object="charge",
        amount=intent["amount"],
        amount_captured=0,
        amount_refunded=0,
        balance_transaction=None,
        billing_details=method["billing_details"],
        captured=False,
        currency=intent["currency"],
        customer=intent["customer"],
        description=intent["description"],
        disputed=False,
        failure_code=None,
        failure_message=None,
        fraud_details={},
        metadata=dict(intent["metadata"]),
        outcome={"type": "authorized" if status != "failed" else "issuer_declined"},
        paid=False,
        payment_intent=intent["id"],
        payment_method=method["id"],
        payment_method_details={"type": kind, kind: method[kind]},
        receipt_email=intent["receipt_email"],
        receipt_url=f"{world.pay_url}/receipt/{intent['id']}",
        refunded=False,
        status=status,
    )
