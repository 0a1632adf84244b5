"""How are many objects listed, filtered, paged, and expanded?"""

from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

from orders.fake_stripe.invoices import payments_of
from orders.fake_stripe.refusals import StripeRefusal, missing
from orders.fake_stripe.sessions import line_items
from orders.fake_stripe.world import Obj, World, a_list

_DEEPEST = 4

#: Lists that are part of an object only when asked for.
INCLUDED: Mapping[tuple[str, str], Callable[[World, Obj], Obj]] = {
    ("checkout.session", "line_items"): line_items,
    ("charge", "refunds"): lambda world, charge: a_list(
        list(reversed(world.every("refund", charge=charge["id"]))),
        f"/v1/charges/{charge['id']}/refunds",
    ),
    ("invoice", "payments"): lambda world, invoice: a_list(
        payments_of(world, invoice), f"/v1/invoice_payments?invoice={invoice['id']}"
    ),
}

#: Fields that hold the id of another object.
_REFERENCES = frozenset(
    """
    balance_transaction charge customer default_payment_method invoice latest_charge
    latest_invoice payment_intent payment_method product schedule source subscription
    failure_balance_transaction
    """.split()  # noqa: SIM905
)


def page(world: World, kind: str, url: str, params: dict[str, Any]) -> Obj:
    """Return one page of the objects of a kind, newest first."""
    held = [obj for obj in reversed(world.every(kind)) if _matches(obj, params)]
    limit = params.get("limit", 10)
    if not 1 <= limit <= 100:
        raise StripeRefusal("Invalid limit: must be between 1 and 100", param="limit")
    ids = [obj["id"] for obj in held]
    if "starting_after" in params:
        if params["starting_after"] not in ids:
            raise missing(kind, params["starting_after"], param="starting_after")
        held = held[ids.index(params["starting_after"]) + 1 :]
    return a_list(held[:limit], url, has_more=len(held) > limit)


def expanded(world: World, answer: Obj, paths: list[str]) -> Obj:
    """Return a copy of an answer with the named references replaced by their objects."""
    copy = deepcopy(answer)
    for path in paths:
        steps = path.split(".")
        if len(steps) - (steps[0] == "data") > _DEEPEST:
            raise StripeRefusal(
                "You cannot expand more than 4 levels of a property.", param="expand"
            )
        _expand(world, copy, steps, path)
    return copy


def _expand(world: World, holder: Obj, steps: list[str], path: str) -> None:
    if not steps:
        return
    step, rest = steps[0], steps[1:]
    include = INCLUDED.get((holder.get("object", ""), step))
    if include is not None and step not in holder:
        holder[step] = deepcopy(include(world, holder))
    elif step not in holder:
        raise StripeRefusal(f"This property cannot be expanded ({path}).", param="expand")
    value = holder[step]
    if isinstance(value, str) and step in _REFERENCES:
        value = holder[step] = deepcopy(world.objects[value])
    for inner in value if isinstance(value, list) else [value]:
        if isinstance(inner, dict):
            _expand(world, inner, rest, path)


def _matches(obj: Obj, params: dict[str, Any]) -> bool:
    created = params.get("created", {})
    bounds = {"gte": created, "lte": created} if isinstance(created, int) else created
    if not _within(obj["created"], bounds):
        return False
    return all(_equal(obj, name, value) for name, value in params.items())


def _within(moment: int, bounds: Mapping[str, int]) -> bool:
    return (
        moment >= bounds.get("gte", moment)
        and moment <= bounds.get("lte", moment)
        and (moment > bounds["gt"] if "gt" in bounds else True)
        and (moment < bounds["lt"] if "lt" in bounds else True)
    )


#: Filters that ask for something else than one field being equal.
_FILTERS: Mapping[str, Callable[[Obj, Any], bool]] = {
    "lookup_keys": lambda obj, value: obj["lookup_key"] in value,
    "types": lambda obj, value: obj["type"] in value,
    "delivery_success": lambda obj, value: (obj["pending_webhooks"] == 0) is value,
    "payment": lambda obj, value: (
        obj["payment"]["payment_intent"] == value.get("payment_intent")
    ),
}
_NO_FILTERS = frozenset({"created", "limit", "starting_after", "expand"})


def _equal(obj: Obj, name: str, value: Any) -> bool:
    if name in _NO_FILTERS or (name == "status" and value == "all"):
        return True
    if name in _FILTERS:
        return bool(_FILTERS[name](obj, value))
    if name == "subscription" and obj["object"] == "invoice":
        return bool(obj["parent"]["subscription_details"]["subscription"] == value)
    return bool(obj.get(name) == value)
