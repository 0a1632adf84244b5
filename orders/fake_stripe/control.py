"""How does a tester play bank, calendar and network?

Each address takes a form or JSON. A browser is led back to the control page; a program that
asks for JSON gets the object that it changed.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from orders.fake_stripe import portal, refunds, scheduler, screens, sessions
from orders.fake_stripe.api import Api
from orders.fake_stripe.cards import Behavior
from orders.fake_stripe.checkout_pages import API
from orders.fake_stripe.clock import DAY
from orders.fake_stripe.currencies import money
from orders.fake_stripe.deliveries import Mood
from orders.fake_stripe.faults import FaultKind
from orders.fake_stripe.refusals import StripeRefusal
from orders.fake_stripe.subscriptions import period_end
from orders.fake_stripe.world import Obj

PREFIX = "/stripe-control"
_SHOWN = 15


def add_routes(app: web.Application) -> None:
    """Put the controls under ``/stripe-control``."""
    app.add_routes(
        [
            web.get(PREFIX, show),
            web.get(f"{PREFIX}/", show),
            web.get(f"{PREFIX}/state", state),
            web.post(f"{PREFIX}/clock", move_clock),
            web.post(f"{PREFIX}/faults", ask_fault),
            web.post(f"{PREFIX}/delivery", set_delivery),
            web.post(f"{PREFIX}/disputes", open_dispute),
            web.post(f"{PREFIX}/disputes/{{id}}", move_dispute),
            web.post(f"{PREFIX}/refunds", refund),
            web.post(f"{PREFIX}/refunds/{{id}}/fail", fail_refund),
            web.post(f"{PREFIX}/early_fraud_warnings", warn),
            web.post(f"{PREFIX}/sessions/{{id}}", settle),
            web.post(f"{PREFIX}/sessions/{{id}}/pay", pay),
            web.post(f"{PREFIX}/customers/{{id}}", change_card),
            web.post(f"{PREFIX}/events/{{id}}", resend),
        ]
    )


async def move_clock(request: web.Request) -> web.StreamResponse:
    """Move time ahead by ``advance_days`` or ``advance_seconds``."""
    said = await _said(request)
    seconds = int(float(said.get("advance_days", 0)) * DAY) + int(
        said.get("advance_seconds", 0)
    )
    api = request.app[API]
    with api.world.lock:
        # The shop's own clock stays where it is.
        api.world.lag += seconds
        done = scheduler.advance(api.world, seconds)
    return _done(request, {"now": api.world.now(), "done": done})


async def ask_fault(request: web.Request) -> web.StreamResponse:
    """Let the next request fail: ``operation`` prefix, ``kind``, ``times``."""
    said = await _said(request)
    fault = FaultKind(said["kind"])
    request.app[API].faults.ask(
        str(said.get("operation", "")), fault, times=int(said.get("times", 1))
    )
    return _done(request, {"kind": fault.value})


async def set_delivery(request: web.Request) -> web.StreamResponse:
    """Set the ``mood`` of the post, and a ``delay`` in seconds."""
    said = await _said(request)
    postman = request.app[API].postman
    postman.mood = Mood(said.get("mood", Mood.NORMAL))
    postman.delay = int(said.get("delay", 0))
    return _done(request, {"mood": postman.mood.value, "delay": postman.delay})


async def open_dispute(request: web.Request) -> web.StreamResponse:
    """Open a dispute about ``charge``; an ``inquiry`` if asked."""
    said = await _said(request)
    return _act(
        request,
        lambda api: refunds.open_dispute(
            api.world,
            str(said["charge"]),
            amount=int(said["amount"]) if said.get("amount") else None,
            reason=str(said.get("reason", "fraudulent")),
            is_inquiry=bool(said.get("inquiry")),
        ),
    )


async def move_dispute(request: web.Request) -> web.StreamResponse:
    """Bring a dispute to a ``status``."""
    said, name = await _said(request), request.match_info["id"]
    return _act(request, lambda api: refunds.move_dispute(api.world, name, str(said["status"])))


async def refund(request: web.Request) -> web.StreamResponse:
    """Refund a charge as somebody in the dashboard would."""
    said = await _said(request)
    params: dict[str, Any] = {"charge": str(said["charge"])}
    if said.get("amount"):
        params["amount"] = int(said["amount"])
    return _act(request, lambda api: refunds.create_refund(api.world, params))


async def fail_refund(request: web.Request) -> web.StreamResponse:
    """Let a refund come back from the bank."""
    name = request.match_info["id"]
    return _act(request, lambda api: refunds.fail_refund(api.world, name))


async def warn(request: web.Request) -> web.StreamResponse:
    """Let the card network warn of fraud with a ``charge``."""
    said = await _said(request)
    return _act(request, lambda api: refunds.warn_of_fraud(api.world, str(said["charge"])))


async def settle(request: web.Request) -> web.StreamResponse:
    """Let a delayed payment arrive, or fail."""
    said, name = await _said(request), request.match_info["id"]
    succeeded = bool(said.get("succeeded"))
    return _act(request, lambda api: sessions.settle(api.world, name, succeeded=succeeded))


async def pay(request: web.Request) -> web.StreamResponse:
    """Pay a session with a ``card``, without a browser."""
    said, name = await _said(request), request.match_info["id"]
    card = Behavior(said.get("card", Behavior.SUCCEEDS))

    def work(api: Api) -> Obj:
        sessions.pay(api.world, name, card)
        return api.world.objects[name]

    return _act(request, work)


async def change_card(request: web.Request) -> web.StreamResponse:
    """Put a customer's subscriptions on another ``card``."""
    said, name = await _said(request), request.match_info["id"]
    card = Behavior(said["card"])
    return _act(request, lambda api: portal.change_card(api.world, name, card))


async def resend(request: web.Request) -> web.StreamResponse:
    """Deliver an event once more."""
    name = request.match_info["id"]

    def work(api: Api) -> Obj:
        api.postman.resend(name)
        return api.world.objects[name]

    return _act(request, work)


async def state(request: web.Request) -> web.Response:
    """Return everything that the account holds."""
    api = request.app[API]
    kinds: dict[str, list[Obj]] = {}
    with api.world.lock:
        for held in api.world.objects.values():
            kinds.setdefault(held["object"], []).append(held)
    waiting = [d for d in api.world.deliveries if d["status"] == "waiting"]
    return web.json_response({"now": api.world.now(), "objects": kinds, "deliveries": waiting})


async def show(request: web.Request) -> web.Response:
    """Show the control page."""
    api = request.app[API]
    with api.world.lock:
        scheduler.run_due(api.world)
        page = screens.control(
            api.world,
            control=PREFIX,
            said=request.query.get("said", ""),
            now=_time(api.world.now()),
            waiting=sum(d["status"] == "waiting" for d in api.world.deliveries),
            mood=api.postman.mood.value,
            moods=[mood.value for mood in Mood],
            faults=[kind.value for kind in FaultKind],
            charges=[_charge(api, held) for held in _latest(api, "charge")],
            delayed=[
                {"id": held["id"], "amount": money(held["amount_total"], held["currency"])}
                for held in _latest(api, "checkout.session")
                if held["status"] == "complete" and held["payment_status"] == "unpaid"
            ],
            subscriptions=[_subscription(held) for held in _latest(api, "subscription")],
            events=[_event(held) for held in _latest(api, "event")],
        )
    return web.Response(text=page, content_type="text/html")


async def _said(request: web.Request) -> dict[str, Any]:
    if request.content_type == "application/json":
        read: dict[str, Any] = json.loads(await request.text() or "{}")
        return read
    return dict(await request.post())


def _act(request: web.Request, work: Any) -> web.StreamResponse:
    api = request.app[API]
    try:
        with api.world.lock:
            return _done(request, work(api))
    except StripeRefusal as refusal:
        return web.json_response(refusal.body(), status=refusal.status)


def _done(request: web.Request, changed: dict[str, Any]) -> web.StreamResponse:
    if "text/html" in request.headers.get("Accept", ""):
        raise web.HTTPSeeOther(f"{PREFIX}/?said=Done")
    return web.json_response(changed)


def _latest(api: Api, kind: str) -> list[Obj]:
    return api.world.every(kind)[-_SHOWN:][::-1]


def _charge(api: Api, held: Obj) -> dict[str, Any]:
    disputes = api.world.every("dispute", charge=held["id"])
    is_open = [
        d["id"] for d in disputes if d["status"] not in {"won", "lost", "warning_closed"}
    ]
    state = disputes[-1]["status"].replace("_", " ") if disputes else held["status"]
    good = held["paid"] and not disputes
    return {
        "id": held["id"],
        "amount": money(held["amount"], held["currency"]),
        "refunded": money(held["amount_refunded"], held["currency"]),
        "state": state,
        "tone": "" if good else "bad",
        "may_dispute": held["paid"] and not disputes and not held["refunded"],
        "dispute": is_open[0] if is_open else "",
    }


def _subscription(held: Obj) -> dict[str, Any]:
    return {
        "id": held["id"],
        "customer": held["customer"],
        "state": held["status"].replace("_", " "),
        "tone": "" if held["status"] in {"active", "trialing"} else "bad",
        "until": _time(period_end(held)),
    }


def _event(held: Obj) -> dict[str, Any]:
    return {
        "id": held["id"],
        "type": held["type"],
        "about": held["data"]["object"]["id"],
        "state": "waiting" if held["pending_webhooks"] else "delivered",
    }


def _time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, tz=UTC).strftime("%Y-%m-%d %H:%M")
