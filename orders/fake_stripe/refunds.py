"""How does money go back, by the shop's will or by the bank's?"""

from typing import Any

from orders.fake_stripe.clock import DAY
from orders.fake_stripe.currencies import check_precision, money
from orders.fake_stripe.payments import book
from orders.fake_stripe.refusals import StripeRefusal
from orders.fake_stripe.world import Obj, World

_REFUNDED = {"pending", "succeeded", "requires_action"}
#: A dispute in one of these holds the money; in the others the shop has it or never lost it.
_HOLDS_MONEY = {"needs_response", "under_review", "lost"}


def create_refund(world: World, params: dict[str, Any]) -> Obj:
    """Answer ``POST /v1/refunds``; over-refunds are refused in Stripe's words."""
    charge = _charge_to_refund(world, params)
    left = charge["amount"] - charge["amount_refunded"]
    if charge["refunded"] or left == 0:
        raise StripeRefusal(
            f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded"
        )
    if any(d["status"] in _HOLDS_MONEY for d in world.every("dispute", charge=charge["id"])):
        raise StripeRefusal(
            f"Charge {charge['id']} has been charged back; cannot issue a refund.",
            code="charge_disputed",
        )
    amount = params.get("amount", left)
    _check_amount(amount, left, charge["currency"])
    is_slow = charge["payment_method_details"]["type"] != "card"
    refund = world.add(
        id=world.new_id("re_3"),
        object="refund",
        amount=amount,
        balance_transaction=None,
        charge=charge["id"],
        currency=charge["currency"],
        metadata=dict(params.get("metadata") or {}),
        payment_intent=charge["payment_intent"],
        reason=params.get("reason"),
        receipt_number=None,
        status="pending" if is_slow else "succeeded",
    )
    refund["balance_transaction"] = book(world, refund, -amount, kind="refund")["id"]
    if is_slow:
        world.note(refund["id"], settles_at=world.now() + DAY)
    _recount(world, charge)
    world.emit("refund.created", refund)
    world.emit("charge.refunded", charge)
    return refund


def settle_refund(world: World, refund: Obj) -> None:
    """Let a pending refund reach the customer."""
    refund["status"] = "succeeded"
    _announce(world, refund)


def fail_refund(world: World, identifier: str, reason: str = "declined") -> Obj:
    """Let the bank send a refund back: the money returns to the shop."""
    refund = world.find("refund", identifier)
    if refund["status"] == "failed":
        return refund
    refund.update(status="failed", failure_reason=reason)
    refund["failure_balance_transaction"] = book(
        world, refund, refund["amount"], kind="refund_failure"
    )["id"]
    _recount(world, world.find("charge", refund["charge"]))
    _announce(world, refund)
    world.emit("refund.failed", refund)
    return refund


def open_dispute(
    world: World,
    charge_id: str,
    *,
    amount: int | None = None,
    reason: str = "fraudulent",
    is_inquiry: bool = False,
) -> Obj:
    """Let the customer's bank dispute a charge; an inquiry moves no money."""
    charge = world.find("charge", charge_id)
    charge["disputed"] = True
    dispute = world.add(
        id=world.new_id("du_1"),
        object="dispute",
        amount=charge["amount"] if amount is None else amount,
        balance_transactions=[],
        charge=charge_id,
        currency=charge["currency"],
        enhanced_eligibility_types=[],
        evidence={},
        evidence_details={
            "due_by": world.now() + 9 * DAY,
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
            "enhanced_eligibility": {},
        },
        is_charge_refundable=is_inquiry,
        metadata={},
        network_reason_code=None,
        payment_intent=charge["payment_intent"],
        reason=reason,
        status="warning_needs_response" if is_inquiry else "needs_response",
    )
    world.emit("charge.dispute.created", dispute)
    if not is_inquiry:
        _move_money(world, dispute, -dispute["amount"])
        world.emit("charge.dispute.funds_withdrawn", dispute)
    return dispute


def move_dispute(world: World, identifier: str, status: str) -> Obj:
    """Bring a dispute to another status, such as ``under_review``, ``won`` or ``lost``."""
    dispute = world.find("dispute", identifier)
    before, dispute["status"] = dispute["status"], status
    if status in {"won", "lost", "warning_closed", "prevented"}:
        dispute["is_charge_refundable"] = status == "warning_closed"
        world.emit("charge.dispute.closed", dispute)
        if status == "won":
            _move_money(world, dispute, dispute["amount"])
            world.emit("charge.dispute.funds_reinstated", dispute)
    else:
        world.emit("charge.dispute.updated", dispute, status=before)
        if before.startswith("warning") and not status.startswith("warning"):
            dispute["is_charge_refundable"] = False
            _move_money(world, dispute, -dispute["amount"])
            world.emit("charge.dispute.funds_withdrawn", dispute)
    return dispute


def update_dispute(world: World, identifier: str, params: dict[str, Any]) -> Obj:
    """Answer ``POST /v1/disputes/{id}``: evidence, and its submission."""
    dispute = world.find("dispute", identifier)
    dispute["evidence"].update(params.get("evidence") or {})
    dispute["metadata"].update(params.get("metadata") or {})
    if params.get("submit"):
        dispute["evidence_details"].update(has_evidence=True, submission_count=1)
        return move_dispute(world, identifier, "under_review")
    world.emit("charge.dispute.updated", dispute)
    return dispute


def warn_of_fraud(world: World, charge_id: str) -> Obj:
    """Let the card network warn about a charge."""
    charge = world.find("charge", charge_id)
    warning = world.add(
        id=world.new_id("issfr_1"),
        object="radar.early_fraud_warning",
        actionable=not charge["refunded"] and not charge["disputed"],
        charge=charge_id,
        fraud_type="made_with_stolen_card",
        payment_intent=charge["payment_intent"],
    )
    world.emit("radar.early_fraud_warning.created", warning)
    return warning


def _move_money(world: World, dispute: Obj, amount: int) -> None:
    booked = book(world, dispute, amount, kind="adjustment")
    dispute["balance_transactions"].append(booked)


def _charge_to_refund(world: World, params: dict[str, Any]) -> Obj:
    if ("charge" in params) == ("payment_intent" in params):
        raise StripeRefusal(
            "One of the following params should be provided: payment_intent or charge."
        )
    if "charge" in params:
        charge = world.find("charge", params["charge"], param="charge")
    else:
        intent = world.find("payment_intent", params["payment_intent"], param="payment_intent")
        if intent["status"] != "succeeded":
            raise StripeRefusal(
                f"This PaymentIntent ({intent['id']}) does not have a successful charge to "
                "refund.",
                code="payment_intent_unexpected_state",
            )
        charge = world.find("charge", intent["latest_charge"])
    if charge["status"] != "succeeded":
        raise StripeRefusal(f"Charge {charge['id']} is not refundable.")
    return charge


def _check_amount(amount: int, left: int, currency: str) -> None:
    if amount < 1:
        raise StripeRefusal(
            "Invalid positive integer", code="parameter_invalid_integer", param="amount"
        )
    check_precision(amount, currency, param="amount")
    if amount > left:
        raise StripeRefusal(
            f"Refund amount ({money(amount, currency)}) is greater than unrefunded amount on "
            f"charge ({money(left, currency)})",
            param="amount",
        )


def _recount(world: World, charge: Obj) -> None:
    refunds = world.every("refund", charge=charge["id"])
    charge["amount_refunded"] = sum(r["amount"] for r in refunds if r["status"] in _REFUNDED)
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]


def _announce(world: World, refund: Obj) -> None:
    world.emit("refund.updated", refund)
    world.emit("charge.refund.updated", refund)
