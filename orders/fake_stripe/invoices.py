"""What does a subscription bill, and was it paid?"""

from typing import Any

from orders.fake_stripe.cards import Behavior
from orders.fake_stripe.catalog import discounted
from orders.fake_stripe.clock import DAY
from orders.fake_stripe.payments import Outcome, attempt, new_intent
from orders.fake_stripe.refusals import StripeRefusal
from orders.fake_stripe.world import Obj, World, a_list

#: Days between one failed attempt and the next; after the last the subscription ends.
RETRY_DAYS = (3, 5, 7)


def build_invoice(
    world: World, subscription: Obj, reason: str, lines: list[Obj], identifier: str
) -> Obj:
    """Return an invoice over ``lines``, not stored: a preview is never more than this."""
    subtotal = sum(line["amount"] for line in lines)
    total = (
        discounted(world, subtotal, _live_coupon(world, subscription))
        if subtotal > 0
        else subtotal
    )
    due = max(total, 0)
    return {
        **_blank(),
        "id": identifier,
        "object": "invoice",
        "amount_due": due,
        "amount_remaining": due,
        "billing_reason": reason,
        "created": world.now(),
        "currency": subscription["currency"],
        "customer": subscription["customer"],
        "lines": a_list(lines, f"/v1/invoices/{identifier}/lines"),
        "parent": {
            "type": "subscription_details",
            "quote_details": None,
            "subscription_details": {
                "metadata": dict(subscription["metadata"]),
                "subscription": subscription["id"],
            },
        },
        "period_start": min(line["period"]["start"] for line in lines),
        "period_end": max(line["period"]["end"] for line in lines),
        "subtotal": subtotal,
        "total": total,
    }


def _blank() -> Obj:
    """Return what every new invoice says alike."""
    return {
        "amount_overpaid": 0,
        "amount_paid": 0,
        "amount_shipping": 0,
        "attempt_count": 0,
        "attempted": False,
        "auto_advance": True,
        "automatic_tax": {"enabled": False, "status": None},
        "automatically_finalizes_at": None,
        "collection_method": "charge_automatically",
        "default_payment_method": None,
        "default_tax_rates": [],
        "description": None,
        "discounts": [],
        "due_date": None,
        "ending_balance": None,
        "hosted_invoice_url": None,
        "issuer": {"type": "self"},
        "livemode": False,
        "metadata": {},
        "next_payment_attempt": None,
        "number": None,
        "payment_settings": {"default_mandate": None},
        "pre_payment_credit_notes_amount": 0,
        "post_payment_credit_notes_amount": 0,
        "starting_balance": 0,
        "status": "draft",
        "status_transitions": {
            "finalized_at": None,
            "marked_uncollectible_at": None,
            "paid_at": None,
            "voided_at": None,
        },
    }


def new_line(
    world: World,
    subscription: Obj,
    item: Obj,
    price: Obj,
    amount: int,
    period: tuple[int, int],
    *,
    is_proration: bool = False,
) -> Obj:
    """Return one line of an invoice for an item at a price."""
    return {
        "id": world.new_id("il_1"),
        "object": "line_item",
        "amount": amount,
        "currency": subscription["currency"],
        "description": world.find("product", price["product"])["name"],
        "discount_amounts": [],
        "discountable": not is_proration,
        "discounts": [],
        "invoice": None,
        "livemode": False,
        "metadata": dict(subscription["metadata"]),
        "parent": {
            "type": "subscription_item_details",
            "invoice_item_details": None,
            "subscription_item_details": {
                "invoice_item": None,
                "proration": is_proration,
                "proration_details": None,
                "subscription": subscription["id"],
                "subscription_item": item["id"],
            },
        },
        "period": {"start": period[0], "end": period[1]},
        "pricing": {
            "type": "price_details",
            "price_details": {"price": price["id"], "product": price["product"]},
            "unit_amount_decimal": price["unit_amount_decimal"],
        },
        "quantity": item["quantity"],
        "subtotal": amount,
        "taxes": [],
    }


def new_invoice(world: World, subscription: Obj, reason: str, lines: list[Obj]) -> Obj:
    """Store a draft invoice."""
    invoice = build_invoice(world, subscription, reason, lines, world.new_id("in_1"))
    world.objects[invoice["id"]] = invoice
    for line in lines:
        line["invoice"] = invoice["id"]
    subscription["latest_invoice"] = invoice["id"]
    _count_coupon(world, subscription)
    world.emit("invoice.created", invoice)
    return invoice


def finalize(world: World, invoice: Obj) -> None:
    """Make a draft payable: it gets its number and its page."""
    customer = world.objects[invoice["customer"]]
    number = customer["next_invoice_sequence"]
    customer["next_invoice_sequence"] = number + 1
    invoice.update(
        status="open",
        number=f"{customer['invoice_prefix']}-{number:04d}",
        hosted_invoice_url=f"{world.pay_url}/invoice/{invoice['id']}",
        automatically_finalizes_at=None,
    )
    invoice["status_transitions"]["finalized_at"] = world.now()
    world.emit("invoice.finalized", invoice)


def charge_invoice(world: World, invoice: Obj, method: Obj, behavior: Behavior) -> Outcome:
    """Try to collect an open invoice from a payment method."""
    if invoice["amount_due"] == 0:
        _mark_paid(world, invoice, amount=0)
        return Outcome.SUCCEEDED
    intent = _intent_of(world, invoice)
    invoice.update(attempted=True, attempt_count=invoice["attempt_count"] + 1)
    outcome = attempt(world, intent, method, behavior)
    if outcome is Outcome.SUCCEEDED:
        _mark_paid(world, invoice, amount=invoice["amount_due"])
    elif outcome is Outcome.FAILED:
        world.emit("invoice.payment_failed", invoice)
    elif outcome is Outcome.REQUIRES_ACTION:
        world.emit("invoice.payment_action_required", invoice)
    return outcome


def collected(world: World, invoice: Obj) -> None:
    """Record that an attempt begun earlier brought the money."""
    _mark_paid(world, invoice, amount=invoice["amount_due"])


def schedule_retry(world: World, invoice: Obj) -> bool:
    """Plan the next attempt; False when there is none left."""
    failed = invoice["attempt_count"]
    if failed > len(RETRY_DAYS):
        invoice["next_payment_attempt"] = None
        return False
    invoice["next_payment_attempt"] = world.now() + RETRY_DAYS[failed - 1] * DAY
    return True


def void_invoice(world: World, identifier: str, params: dict[str, Any]) -> Obj:
    """Answer ``POST /v1/invoices/{id}/void``."""
    invoice = world.find("invoice", identifier)
    if invoice["status"] not in {"open", "uncollectible"}:
        raise StripeRefusal(
            f"You can only void open invoices; this one is {invoice['status']}."
        )
    invoice.update(status="void", next_payment_attempt=None)
    invoice["status_transitions"]["voided_at"] = world.now()
    world.emit("invoice.voided", invoice)
    return invoice


def method_of(world: World, invoice: Obj) -> str | None:
    """Return the payment method that an invoice is collected from."""
    subscription = world.objects[subscription_id(invoice)]
    default: str | None = subscription["default_payment_method"]
    return default


def subscription_id(invoice: Obj) -> str:
    """Return the subscription that an invoice bills."""
    identifier: str = invoice["parent"]["subscription_details"]["subscription"]
    return identifier


def payments_of(world: World, invoice: Obj) -> list[Obj]:
    """Return the invoice payments of one invoice, oldest first."""
    return world.every("invoice_payment", invoice=invoice["id"])


def _intent_of(world: World, invoice: Obj) -> Obj:
    """One intent per invoice: each attempt adds a charge to it."""
    for payment in payments_of(world, invoice):
        return world.objects[payment["payment"]["payment_intent"]]
    intent = new_intent(
        world,
        amount=invoice["amount_due"],
        currency=invoice["currency"],
        customer=invoice["customer"],
        data={"description": "Subscription update"},
    )
    world.add(
        id=world.new_id("inpay_1"),
        object="invoice_payment",
        amount_paid=None,
        amount_requested=invoice["amount_due"],
        currency=invoice["currency"],
        invoice=invoice["id"],
        is_default=True,
        payment={"type": "payment_intent", "payment_intent": intent["id"]},
        status="open",
        status_transitions={"canceled_at": None, "paid_at": None},
    )
    return intent


def _mark_paid(world: World, invoice: Obj, *, amount: int) -> None:
    invoice.update(
        status="paid",
        amount_paid=amount,
        amount_remaining=0,
        attempted=True,
        auto_advance=False,
        next_payment_attempt=None,
    )
    invoice["status_transitions"]["paid_at"] = world.now()
    for payment in payments_of(world, invoice):
        payment.update(status="paid", amount_paid=amount)
        payment["status_transitions"]["paid_at"] = world.now()
        world.emit("invoice_payment.paid", payment)
    world.emit("invoice.paid", invoice)
    world.emit("invoice.payment_succeeded", invoice)


def _live_coupon(world: World, subscription: Obj) -> str | None:
    kept = world.hidden.get(subscription["id"], {})
    coupon: str | None = kept.get("coupon")
    if coupon is None or kept.get("coupon_uses", 0) <= 0:
        return None
    return coupon


def _count_coupon(world: World, subscription: Obj) -> None:
    kept = world.note(subscription["id"])
    if kept.get("coupon_uses", 0) > 0:
        kept["coupon_uses"] -= 1
