"""What happens to a running subscription that is put on another plan?"""

from copy import deepcopy
from typing import Any

from orders.fake_stripe.cards import behavior_of
from orders.fake_stripe.clock import DAY
from orders.fake_stripe.invoices import (
    build_invoice,
    charge_invoice,
    finalize,
    new_invoice,
    new_line,
    void_invoice,
)
from orders.fake_stripe.payments import Outcome
from orders.fake_stripe.refusals import StripeRefusal
from orders.fake_stripe.subscriptions import (
    ENDED,
    after_attempt,
    period_end,
    period_lines,
    release,
    set_items,
)
from orders.fake_stripe.world import Obj, World

_PLAIN_FIELDS = ("default_payment_method", "description")

#: One item on another price: the item, the price, the quantity.
Change = tuple[Obj, Obj, int]


def update_subscription(world: World, identifier: str, params: dict[str, Any]) -> Obj:
    """Answer ``POST /v1/subscriptions/{id}``."""
    subscription = world.find("subscription", identifier)
    if subscription["status"] in ENDED and params.keys() - {"metadata", "expand"}:
        raise StripeRefusal(
            "A canceled subscription can only update its cancellation_details and metadata."
        )
    subscription["metadata"].update(params.get("metadata") or {})
    for name in _PLAIN_FIELDS:
        if name in params:
            subscription[name] = params[name]
    if "cancel_at_period_end" in params:
        _cancel_later(world, subscription, is_wanted=params["cancel_at_period_end"])
    changes = _changes(world, subscription, params.get("items") or [])
    if changes:
        _change_plan(world, subscription, changes, params)
    world.emit("customer.subscription.updated", subscription)
    return subscription


def preview_invoice(world: World, params: dict[str, Any]) -> Obj:
    """Answer ``POST /v1/invoices/create_preview`` for a change of a subscription."""
    subscription = world.find("subscription", params.get("subscription"), param="subscription")
    details = params.get("subscription_details") or {}
    changes = _changes(world, subscription, details.get("items") or [])
    behavior = details.get("proration_behavior", "create_prorations")
    lines = [] if behavior == "none" else proration_lines(world, subscription, changes, details)
    if behavior != "always_invoice":
        # The next invoice bills a whole period at the new price.
        changed = deepcopy(subscription)
        renewed = _changes(world, changed, details.get("items") or [])
        set_items(world, changed, renewed)
        lines = period_lines(world, changed) + lines
    return build_invoice(world, subscription, "upcoming", lines, world.new_id("upcoming_in_1"))


def proration_lines(
    world: World, subscription: Obj, changes: list[Change], params: dict[str, Any]
) -> list[Obj]:
    """Return the credit for the unused time and the charge for it at the new price."""
    lines = []
    for item, price, quantity in changes:
        start, end = item["current_period_start"], item["current_period_end"]
        at = params.get("proration_date", world.now())
        if not start <= at <= end:
            raise StripeRefusal(
                "Cannot specify `proration_date` outside of the current period.",
                param="proration_date",
            )
        span = (at, end)
        old = item["price"]["unit_amount"] * item["quantity"]
        new = price["unit_amount"] * quantity
        for amount, of in (
            (-_part(old, span, start), item["price"]),
            (_part(new, span, start), price),
        ):
            lines.append(
                new_line(world, subscription, item, of, amount, span, is_proration=True)
            )
    return lines


def create_schedule(world: World, params: dict[str, Any]) -> Obj:
    """Answer ``POST /v1/subscription_schedules`` with ``from_subscription``."""
    subscription = world.find(
        "subscription", params.get("from_subscription"), param="from_subscription"
    )
    if subscription["schedule"]:
        raise StripeRefusal(
            "You cannot migrate a subscription that is already attached to a schedule: "
            f"{subscription['schedule']}"
        )
    first = subscription["items"]["data"][0]
    now_phase = {
        "items": [
            {"price": first["price"]["id"], "quantity": first["quantity"], "metadata": {}}
        ],
        "start_date": first["current_period_start"],
        "end_date": first["current_period_end"],
        "metadata": {},
        "proration_behavior": "create_prorations",
    }
    schedule = world.add(
        id=world.new_id("sub_sched_1"),
        object="subscription_schedule",
        billing_mode={"type": "flexible"},
        canceled_at=None,
        completed_at=None,
        current_phase={
            "start_date": now_phase["start_date"],
            "end_date": now_phase["end_date"],
        },
        customer=subscription["customer"],
        default_settings={},
        end_behavior="release",
        metadata=dict(params.get("metadata") or {}),
        pause_schedules=[],
        phases=[now_phase],
        released_at=None,
        released_subscription=None,
        status="active",
        subscription=subscription["id"],
    )
    subscription["schedule"] = schedule["id"]
    world.emit("subscription_schedule.created", schedule)
    return schedule


def update_schedule(world: World, identifier: str, params: dict[str, Any]) -> Obj:
    """Answer ``POST /v1/subscription_schedules/{id}``; phases must join without a gap."""
    schedule = world.find("subscription_schedule", identifier)
    if schedule["status"] != "active":
        raise StripeRefusal(
            f"You cannot update a subscription schedule that is {schedule['status']}."
        )
    if "phases" in params:
        phases = [dict(phase) for phase in params["phases"]]
        for before, phase in zip(phases, phases[1:], strict=False):
            phase.setdefault("start_date", before.get("end_date"))
            if phase["start_date"] != before.get("end_date"):
                raise StripeRefusal(
                    "The start date of a phase must be the end of the one before."
                )
        for phase in phases:
            for item in phase["items"]:
                world.find("price", item.get("price"), param="phases[items][price]")
        schedule["phases"] = phases
    schedule["metadata"].update(params.get("metadata") or {})
    schedule["end_behavior"] = params.get("end_behavior", schedule["end_behavior"])
    world.emit("subscription_schedule.updated", schedule)
    return schedule


def release_schedule(world: World, identifier: str, params: dict[str, Any]) -> Obj:
    """Answer ``POST /v1/subscription_schedules/{id}/release``."""
    schedule = world.find("subscription_schedule", identifier)
    if schedule["status"] != "active":
        raise StripeRefusal(
            f"You cannot release a subscription schedule that is {schedule['status']}."
        )
    release(world, schedule)
    return schedule


def expire_update(world: World, subscription: Obj) -> None:
    """Give up on an update whose invoice was not paid within its 23 hours."""
    waiting = world.note(subscription["id"]).get("waiting")
    world.note(subscription["id"], waiting=None)
    subscription["pending_update"] = None
    if waiting and world.objects[waiting["invoice"]]["status"] == "open":
        void_invoice(world, waiting["invoice"], {})
    world.emit("customer.subscription.pending_update_expired", subscription)


def _cancel_later(world: World, subscription: Obj, *, is_wanted: bool) -> None:
    if subscription["schedule"]:
        raise StripeRefusal(
            "The subscription is managed by the subscription schedule "
            f"`{subscription['schedule']}`, and updating any cancelation behavior directly is "
            "not allowed. Please update the schedule instead."
        )
    subscription.update(
        cancel_at_period_end=is_wanted,
        cancel_at=period_end(subscription) if is_wanted else None,
        canceled_at=world.now() if is_wanted else None,
    )
    reason = "cancellation_requested" if is_wanted else None
    subscription["cancellation_details"]["reason"] = reason


def _changes(world: World, subscription: Obj, items: list[dict[str, Any]]) -> list[Change]:
    held = {item["id"]: item for item in subscription["items"]["data"]}
    changes = []
    for index, wanted in enumerate(items):
        item = held.get(wanted.get("id", ""))
        if item is None:
            raise StripeRefusal("No such subscription item", param=f"items[{index}][id]")
        price = world.find("price", wanted.get("price"), param=f"items[{index}][price]")
        if price["currency"] != subscription["currency"]:
            raise StripeRefusal(
                "The price specified only supports `"
                f"{price['currency']}`. This doesn't match the expected currency: "
                f"`{subscription['currency']}`.",
                param=f"items[{index}][price]",
            )
        changes.append((item, price, wanted.get("quantity", item["quantity"])))
    return changes


def _change_plan(
    world: World, subscription: Obj, changes: list[Change], params: dict[str, Any]
) -> None:
    behavior = params.get("proration_behavior", "create_prorations")
    if behavior == "none":
        set_items(world, subscription, changes)
        return
    lines = proration_lines(world, subscription, changes, params)
    if behavior == "create_prorations":
        kept = world.note(subscription["id"])
        kept["pending_lines"] = kept.get("pending_lines", []) + lines
        set_items(world, subscription, changes)
        return
    _invoice_now(world, subscription, changes, lines, params)


def _invoice_now(
    world: World,
    subscription: Obj,
    changes: list[Change],
    lines: list[Obj],
    params: dict[str, Any],
) -> None:
    """Bill a change at once; under ``pending_if_incomplete`` it waits for the money."""
    invoice = new_invoice(world, subscription, "subscription_update", lines)
    finalize(world, invoice)
    method = world.objects[subscription["default_payment_method"]]
    outcome = charge_invoice(world, invoice, method, behavior_of(world, method["id"]))
    if outcome is Outcome.SUCCEEDED:
        set_items(world, subscription, changes)
        after_attempt(world, invoice, outcome)
        return
    if params.get("payment_behavior") != "pending_if_incomplete":
        set_items(world, subscription, changes)
        subscription["status"] = "past_due"
        return
    stored = [[item["id"], price["id"], quantity] for item, price, quantity in changes]
    world.note(subscription["id"], waiting={"invoice": invoice["id"], "changes": stored})
    subscription["pending_update"] = {
        "billing_cycle_anchor": None,
        "expires_at": world.now() + DAY - 3600,
        "subscription_items": [item for item, _price, _quantity in changes],
        "trial_end": None,
        "trial_from_plan": None,
    }


def _part(amount: int, span: tuple[int, int], start: int) -> int:
    """Return the share of ``amount`` that falls into ``span`` of a period, half up."""
    length = span[1] - start
    return (2 * amount * (span[1] - span[0]) + length) // (2 * length)
