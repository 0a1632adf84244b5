"""Which events go to which endpoint, when, how often, and in what form?

Endpoints and the queue live here; posting is the adapters' work: they ask ``due``, send what
``message`` returns, and report the answer to ``answered``.
"""

import json
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from stripe import WebhookSignature

from orders.fake_stripe.clock import DAY
from orders.fake_stripe.refusals import StripeRefusal
from orders.fake_stripe.world import API_VERSION, Obj, World

#: Seconds before each repeat of a delivery that was not answered with 2xx.
BACKOFF = (60, 300, 1800, 7200, 18_000, 36_000, DAY, DAY)
#: No endpoint may listen to everything *and* to single events.
EVERYTHING = "*"


class Mood(StrEnum):
    """How the post behaves for the events of the moment."""

    NORMAL = "normal"
    HELD = "held"
    LOST = "lost"
    TWICE = "twice"
    REVERSED = "reversed"
    SHUFFLED = "shuffled"


@dataclass(frozen=True, slots=True)
class Message:
    """One signed request to an endpoint."""

    url: str
    body: bytes
    headers: Mapping[str, str]


class Postman:
    """The queue of deliveries of one world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.mood = Mood.NORMAL
        self.delay = 0
        world.listeners.append(self._queue)

    def add_endpoint(self, url: str, secret: str, *, payload: str = "snapshot") -> Obj:
        """Register an endpoint whose secret is known beforehand, for every event.

        ``payload`` is ``snapshot`` or ``thin``.
        """
        params = {"url": url, "enabled_events": [EVERYTHING], "api_version": API_VERSION}
        endpoint = create_endpoint(self.world, params)
        self.world.note(endpoint["id"], secret=secret, payload=payload)
        return endpoint

    def due(self) -> list[dict[str, Any]]:
        """Return the deliveries to send now, in the order that the mood wants."""
        now = self.world.clock.now()
        waiting = [
            delivery
            for delivery in self.world.deliveries
            if delivery["status"] == "waiting" and delivery["due"] <= now
        ]
        if self.mood is Mood.HELD:
            return []
        if self.mood is Mood.REVERSED:
            waiting.reverse()
        if self.mood is Mood.SHUFFLED:
            random.Random(len(waiting)).shuffle(waiting)  # noqa: S311
        return waiting

    def message(self, delivery: dict[str, Any], *, age: int = 0) -> Message:
        """Return the signed request; ``age`` is for how many seconds ago it was signed."""
        endpoint = self.world.objects[delivery["endpoint"]]
        kept = self.world.note(endpoint["id"])
        event = self.world.objects[delivery["event"]]
        shape = thin(event) if kept.get("payload") == "thin" else snapshot(event, endpoint)
        body = json.dumps(shape, indent=2)
        signed_at = int(time.time()) - age
        signature = WebhookSignature.generate_signature_header(body, kept["secret"], signed_at)
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Stripe-Signature": signature,
            "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        }
        return Message(url=endpoint["url"], body=body.encode(), headers=headers)

    def answered(self, delivery: dict[str, Any], status: int) -> None:
        """Record an endpoint's answer (0: none) and plan the repeat after a bad one."""
        delivery["attempts"] += 1
        delivery["answer"] = status
        if 200 <= status < 300:
            delivery["status"] = "delivered"
            event = self.world.objects[delivery["event"]]
            event["pending_webhooks"] = max(event["pending_webhooks"] - 1, 0)
        elif delivery["attempts"] > len(BACKOFF):
            delivery["status"] = "given_up"
        else:
            delivery["due"] = self.world.clock.now() + BACKOFF[delivery["attempts"] - 1]

    def resend(self, event_id: str) -> None:
        """Send an event again to every endpoint that wants it."""
        self._deliver(self.world.find("event", event_id))

    def _queue(self, event: Obj) -> None:
        for _ in range(2 if self.mood is Mood.TWICE else 1):
            self._deliver(event)

    def _deliver(self, event: Obj) -> None:
        for endpoint in self.world.every("webhook_endpoint", status="enabled"):
            wanted = endpoint["enabled_events"]
            if EVERYTHING not in wanted and event["type"] not in wanted:
                continue
            event["pending_webhooks"] += 1
            self.world.deliveries.append(
                {
                    "event": event["id"],
                    "endpoint": endpoint["id"],
                    "due": self.world.clock.now() + self.delay,
                    "attempts": 0,
                    "answer": None,
                    "status": "lost" if self.mood is Mood.LOST else "waiting",
                }
            )


def snapshot(event: Obj, endpoint: Obj) -> Obj:
    """Return the event with its object, as an endpoint of some API version gets it."""
    return {**event, "api_version": endpoint["api_version"] or API_VERSION}


def thin(event: Obj) -> Obj:
    """Return the event that only names its object (API v1 resources, 2026-09-30)."""
    subject = event["data"]["object"]
    created = datetime.fromtimestamp(event["created"], tz=UTC)
    kind = subject["object"]
    return {
        "id": "evt_test_65" + event["id"][5:],
        "object": "v2.core.event",
        "type": f"v1.{event['type']}",
        "livemode": False,
        "created": created.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "related_object": {
            "id": subject["id"],
            "type": kind,
            "url": f"/v1/{kind.replace('.', '/')}s/{subject['id']}",
        },
        "snapshot_event": event["id"],
    }


def create_endpoint(world: World, params: dict[str, Any]) -> Obj:
    """Answer ``POST /v1/webhook_endpoints``; the secret is shown only here."""
    if not params["url"].startswith(("https://", "http://127.0.0.1", "http://localhost")):
        raise StripeRefusal(
            "Invalid URL: URLs must be publicly accessible.", code="url_invalid", param="url"
        )
    endpoint = world.add(
        id=world.new_id("we_1"),
        object="webhook_endpoint",
        api_version=params.get("api_version"),
        application=None,
        description=params.get("description"),
        enabled_events=list(params["enabled_events"]),
        metadata=dict(params.get("metadata") or {}),
        status="enabled",
        url=params["url"],
    )
    secret = world.new_id("whsec", 32)
    world.note(endpoint["id"], secret=secret)
    return {**endpoint, "secret": secret}


def update_endpoint(world: World, identifier: str, params: dict[str, Any]) -> Obj:
    """Answer ``POST /v1/webhook_endpoints/{id}``; the API version cannot be changed."""
    endpoint = world.find("webhook_endpoint", identifier)
    for name in ("url", "description", "enabled_events"):
        if name in params:
            endpoint[name] = params[name]
    if "disabled" in params:
        endpoint["status"] = "disabled" if params["disabled"] else "enabled"
    endpoint["metadata"].update(params.get("metadata") or {})
    return endpoint


def delete_endpoint(world: World, identifier: str, params: dict[str, Any]) -> Obj:
    """Answer ``DELETE /v1/webhook_endpoints/{id}``."""
    world.find("webhook_endpoint", identifier)
    del world.objects[identifier]
    return {"id": identifier, "object": "webhook_endpoint", "deleted": True}
