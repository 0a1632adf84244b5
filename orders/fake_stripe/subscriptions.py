"""How does a subscription begin, renew, change and end?"""

from typing import Any

from orders.fake_stripe.cards import Behavior, behavior_of
from orders.fake_stripe.clock import DAY, add_periods
from orders.fake_stripe.invoices import (
    charge_invoice,
    collected,
    finalize,
    method_of,
    new_invoice,
    new_line,
    schedule_retry,
    subscription_id,
)
from orders.fake_stripe.payments import Outcome
from orders.fake_stripe.refusals import StripeRefusal
from orders.fake_stripe.world import Obj, World, a_list

#: Nothing more will be charged in these.
ENDED = frozenset({"canceled", "incomplete_expired"})
#: Between the start of a period and the charge for it Stripe leaves time to edit the invoice.
DRAFT_SECONDS = 3600
#: How many invoices a coupon of each duration discounts, at most.
_MANY = 10_000


def start(
    world: World,
    *,
    customer: str,
    prices: list[tuple[Obj, int]],
    method: Obj,
    data: dict[str, Any],
    coupon: str | None,
) -> Obj:
    """Store a subscription; ``data`` is a session's ``subscription_data``."""
    now, identifier = world.now(), world.new_id("sub_1")
    trial_days = data.get("trial_period_days") or 0
    trial_end = now + trial_days * DAY if trial_days else None
    recurring = prices[0][0]["recurring"]
    end = trial_end or add_periods(now, recurring["interval"], recurring["interval_count"])
    subscription = world.add(
        id=identifier,
        object="subscription",
        **_blank(),
        billing_cycle_anchor=trial_end or now,
        currency=prices[0][0]["currency"],
        customer=customer,
        default_payment_method=method["id"],
        description=data.get("description"),
        items=a_list(
            [_new_item(world, identifier, price, count, (now, end)) for price, count in prices],
            f"/v1/subscription_items?subscription={identifier}",
        ),
        metadata=dict(data.get("metadata") or {}),
        start_date=now,
        status="trialing" if trial_end else "incomplete",
        trial_end=trial_end,
        trial_start=now if trial_end else None,
    )
    world.note(
        identifier,
        # Periods since the anchor; a trial comes before it.
        periods=0 if trial_end else 1,
        coupon=coupon,
        coupon_uses=_uses(world, coupon),
    )
    return subscription


def _blank() -> Obj:
    """Return what every new subscription says alike."""
    return {
        "automatic_tax": {"enabled": False, "disabled_reason": None, "liability": None},
        "billing_mode": {"type": "flexible"},
        "billing_schedules": [],
        "cancel_at": None,
        "cancel_at_period_end": False,
        "canceled_at": None,
        "cancellation_details": {"comment": None, "feedback": None, "reason": None},
        "collection_method": "charge_automatically",
        "default_tax_rates": [],
        "discounts": [],
        "ended_at": None,
        "invoice_settings": {"account_tax_ids": None, "issuer": {"type": "self"}},
        "latest_invoice": None,
        "pending_update": None,
        "schedule": None,
    }


def bill_first(world: World, subscription: Obj, method: Obj, behavior: Behavior) -> Outcome:
    """Issue and collect the first invoice (over nothing while a trial runs)."""
    is_trial = subscription["status"] == "trialing"
    lines = period_lines(world, subscription, is_free=is_trial)
    invoice = new_invoice(world, subscription, "subscription_create", lines)
    finalize(world, invoice)
    outcome = charge_invoice(world, invoice, method, behavior)
    if outcome is Outcome.SUCCEEDED and not is_trial:
        subscription["status"] = "active"
    world.emit("customer.subscription.created", subscription)
    return outcome


def first_payment_arrived(world: World, subscription: Obj) -> None:
    """Let a subscription begin whose first payment took days."""
    subscription["status"] = "active"
    collected(world, world.objects[subscription["latest_invoice"]])


def period_lines(world: World, subscription: Obj, *, is_free: bool = False) -> list[Obj]:
    """Return the lines that bill the present period of every item."""
    return [
        new_line(
            world,
            subscription,
            item,
            item["price"],
            0 if is_free else item["price"]["unit_amount"] * item["quantity"],
            (item["current_period_start"], item["current_period_end"]),
        )
        for item in subscription["items"]["data"]
    ]


def period_end(subscription: Obj) -> int:
    """Return when the present period of the last item ends."""
    return max(int(item["current_period_end"]) for item in subscription["items"]["data"])


def renew(world: World, subscription: Obj) -> None:
    """Begin the next period with a draft invoice, or end what was to end."""
    if subscription["cancel_at_period_end"]:
        end(world, subscription)
        return
    start_at = period_end(subscription)
    _apply_schedule(world, subscription, start_at)
    _move_period(world, subscription, start_at)
    if subscription["status"] == "trialing":
        subscription["status"] = "active"
    kept = world.note(subscription["id"])
    lines = period_lines(world, subscription) + kept.pop("pending_lines", [])
    invoice = new_invoice(world, subscription, "subscription_cycle", lines)
    invoice["automatically_finalizes_at"] = world.now() + DRAFT_SECONDS
    world.emit("customer.subscription.updated", subscription)


def collect(world: World, invoice: Obj) -> None:
    """Charge an invoice by itself, the first time or again, and move the subscription."""
    if invoice["status"] == "draft":
        finalize(world, invoice)
    subscription = world.objects[subscription_id(invoice)]
    method_id = subscription["default_payment_method"]
    method = world.objects[method_id]
    outcome = charge_invoice(world, invoice, method, behavior_of(world, method_id))
    after_attempt(world, invoice, outcome)


def after_attempt(world: World, invoice: Obj, outcome: Outcome) -> None:
    """Let a subscription follow what happened to its invoice."""
    subscription = world.objects[subscription_id(invoice)]
    if subscription["status"] in ENDED:
        return
    before = subscription["status"]
    if outcome is Outcome.SUCCEEDED:
        _settle_update(world, subscription, invoice)
        subscription["status"] = "trialing" if before == "trialing" else "active"
    elif outcome is Outcome.FAILED and invoice["billing_reason"] != "subscription_update":
        subscription["status"] = "past_due"
        if not schedule_retry(world, invoice):
            end(world, subscription, reason="payment_failed")
            return
    world.emit("customer.subscription.updated", subscription, status=before)


def pay_invoice(world: World, identifier: str, params: dict[str, Any]) -> Obj:
    """Answer ``POST /v1/invoices/{id}/pay``."""
    invoice = world.find("invoice", identifier)
    if invoice["status"] == "paid":
        raise StripeRefusal("Invoice is already paid", code="invoice_already_paid")
    if invoice["status"] != "open":
        raise StripeRefusal(f"Invoice is {invoice['status']} and cannot be paid")
    method_id = params.get("payment_method") or method_of(world, invoice)
    method = world.find("payment_method", method_id, param="payment_method")
    outcome = charge_invoice(world, invoice, method, behavior_of(world, method["id"]))
    if outcome is Outcome.FAILED:
        raise StripeRefusal(
            "Your card was declined.", status=402, kind="card_error", code="card_declined"
        )
    after_attempt(world, invoice, outcome)
    return invoice


def end(world: World, subscription: Obj, *, reason: str = "cancellation_requested") -> None:
    """Cancel now and for good; what was paid is not given back."""
    now = world.now()
    subscription.update(
        status="canceled", ended_at=now, canceled_at=subscription["canceled_at"] or now
    )
    subscription["cancellation_details"]["reason"] = reason
    world.emit("customer.subscription.deleted", subscription)


def cancel_subscription(world: World, identifier: str, params: dict[str, Any]) -> Obj:
    """Answer ``DELETE /v1/subscriptions/{id}``."""
    subscription = world.find("subscription", identifier)
    if subscription["status"] in ENDED:
        raise StripeRefusal(
            f"No such subscription: '{identifier}'", status=404, code="resource_missing"
        )
    end(world, subscription)
    return subscription


def delete_customer(world: World, identifier: str, params: dict[str, Any]) -> Obj:
    """Answer ``DELETE /v1/customers/{id}``: what they renewed ends at once."""
    customer = world.find("customer", identifier)
    for held in world.every("subscription", customer=identifier):
        if held["status"] not in ENDED:
            end(world, held)
    customer["object"] = "deleted_customer"
    world.emit("customer.deleted", {**customer, "object": "customer"})
    return {"id": identifier, "object": "customer", "deleted": True}


def set_items(world: World, subscription: Obj, changes: list[tuple[Obj, Obj, int]]) -> None:
    """Put items on other prices: ``(item, price, quantity)``."""
    for item, price, quantity in changes:
        item.update(price=price, plan=_plan(price), quantity=quantity)


def _settle_update(world: World, subscription: Obj, invoice: Obj) -> None:
    """Apply an update that waited for its invoice to be paid."""
    waiting = world.note(subscription["id"]).get("waiting")
    if not waiting or waiting["invoice"] != invoice["id"]:
        return
    items = {item["id"]: item for item in subscription["items"]["data"]}
    changes = [
        (items[item_id], world.objects[price_id], quantity)
        for item_id, price_id, quantity in waiting["changes"]
    ]
    set_items(world, subscription, changes)
    world.note(subscription["id"], waiting=None)
    subscription["pending_update"] = None
    world.emit("customer.subscription.pending_update_applied", subscription)


def _apply_schedule(world: World, subscription: Obj, start_at: int) -> None:
    schedule = world.objects.get(subscription["schedule"] or "")
    if schedule is None:
        return
    due = [phase for phase in schedule["phases"] if phase["start_date"] <= start_at]
    wanted = due[-1]["items"][0]
    item = subscription["items"]["data"][0]
    price = world.find("price", wanted["price"])
    set_items(world, subscription, [(item, price, wanted.get("quantity") or 1)])
    subscription["metadata"].update(due[-1].get("metadata") or {})
    if due[-1] is schedule["phases"][-1]:
        release(world, schedule)


def release(world: World, schedule: Obj) -> None:
    """Detach a schedule from its subscription, which lives on."""
    subscription = world.objects[schedule["subscription"]]
    schedule.update(
        status="released",
        released_at=world.now(),
        released_subscription=subscription["id"],
        subscription=None,
    )
    subscription["schedule"] = None
    world.emit("subscription_schedule.released", schedule)


def _move_period(world: World, subscription: Obj, start_at: int) -> None:
    """Count from the anchor, not from the last end: 31 January, 28 February, 31 March."""
    kept = world.note(subscription["id"])
    kept["periods"] += 1
    recurring = subscription["items"]["data"][0]["price"]["recurring"]
    steps = kept["periods"] * recurring["interval_count"]
    end_at = add_periods(subscription["billing_cycle_anchor"], recurring["interval"], steps)
    for item in subscription["items"]["data"]:
        item.update(current_period_start=start_at, current_period_end=end_at)


def _new_item(
    world: World, subscription: str, price: Obj, quantity: int, period: tuple[int, int]
) -> Obj:
    return {
        "id": world.new_id("si", 14),
        "object": "subscription_item",
        "billing_thresholds": None,
        "created": world.now(),
        "current_period_start": period[0],
        "current_period_end": period[1],
        "discounts": [],
        "metadata": {},
        "plan": _plan(price),
        "price": price,
        "quantity": quantity,
        "subscription": subscription,
        "tax_rates": [],
    }


def _plan(price: Obj) -> Obj:
    return {
        "id": price["id"],
        "object": "plan",
        "active": True,
        "amount": price["unit_amount"],
        "currency": price["currency"],
        "interval": price["recurring"]["interval"],
        "interval_count": price["recurring"]["interval_count"],
        "product": price["product"],
    }


def _uses(world: World, coupon: str | None) -> int:
    if coupon is None:
        return 0
    held = world.find("coupon", coupon)
    if held["duration"] == "once":
        return 1
    return int(held["duration_in_months"]) if held["duration"] == "repeating" else _MANY
