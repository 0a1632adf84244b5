"""What does the API answer to one request?

The order of the real thing: key, version, shape, idempotency, work. Everything passes through
``Api.answer``, whichever adapter carries it.
"""

import hashlib
import json
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any

from orders.fake_stripe import (
    catalog,
    changes,
    deliveries,
    invoices,
    payments,
    portal,
    refunds,
    sessions,
    subscriptions,
)
from orders.fake_stripe.deliveries import Postman
from orders.fake_stripe.faults import FaultKind, Faults, NoAnswer
from orders.fake_stripe.forms import decode_form
from orders.fake_stripe.listings import expanded, page
from orders.fake_stripe.refusals import StripeRefusal, missing
from orders.fake_stripe.scheduler import run_due
from orders.fake_stripe.shapes import SHAPES, typed
from orders.fake_stripe.world import API_VERSION, Obj, World

Params = dict[str, Any]

CREATE: Mapping[str, Callable[[World, Params], Obj]] = {
    "POST /v1/billing_portal/sessions": portal.create_portal,
    "POST /v1/checkout/sessions": sessions.create_session,
    "POST /v1/coupons": catalog.create_coupon,
    "POST /v1/customers": catalog.create_customer,
    "POST /v1/invoices/create_preview": changes.preview_invoice,
    "POST /v1/prices": catalog.create_price,
    "POST /v1/products": catalog.create_product,
    "POST /v1/refunds": refunds.create_refund,
    "POST /v1/subscription_schedules": changes.create_schedule,
    "POST /v1/webhook_endpoints": deliveries.create_endpoint,
}

ACT: Mapping[str, Callable[[World, str, Params], Obj]] = {
    "POST /v1/checkout/sessions/{id}/expire": sessions.expire_session,
    "POST /v1/customers/{id}": catalog.update_customer,
    "DELETE /v1/customers/{id}": subscriptions.delete_customer,
    "POST /v1/disputes/{id}": refunds.update_dispute,
    "POST /v1/disputes/{id}/close": lambda world, identifier, _params: refunds.move_dispute(
        world, identifier, "lost"
    ),
    "POST /v1/invoices/{id}/pay": subscriptions.pay_invoice,
    "POST /v1/invoices/{id}/void": invoices.void_invoice,
    "POST /v1/payment_intents/{id}/cancel": payments.cancel_intent,
    "POST /v1/subscription_schedules/{id}": changes.update_schedule,
    "POST /v1/subscription_schedules/{id}/release": changes.release_schedule,
    "POST /v1/subscriptions/{id}": changes.update_subscription,
    "DELETE /v1/subscriptions/{id}": subscriptions.cancel_subscription,
    "POST /v1/webhook_endpoints/{id}": deliveries.update_endpoint,
    "DELETE /v1/webhook_endpoints/{id}": deliveries.delete_endpoint,
}

#: The kind of object behind each path that is only read.
KINDS: Mapping[str, str] = {
    "/v1/balance_transactions": "balance_transaction",
    "/v1/charges": "charge",
    "/v1/checkout/sessions": "checkout.session",
    "/v1/coupons": "coupon",
    "/v1/customers": "customer",
    "/v1/disputes": "dispute",
    "/v1/events": "event",
    "/v1/invoice_payments": "invoice_payment",
    "/v1/invoices": "invoice",
    "/v1/payment_intents": "payment_intent",
    "/v1/prices": "price",
    "/v1/products": "product",
    "/v1/radar/early_fraud_warnings": "radar.early_fraud_warning",
    "/v1/refunds": "refund",
    "/v1/subscription_schedules": "subscription_schedule",
    "/v1/subscriptions": "subscription",
    "/v1/webhook_endpoints": "webhook_endpoint",
}


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came; header names in lower case, ``path`` without the prefix."""

    method: str
    path: str
    query: str = ""
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer to send."""

    status: int
    body: str
    headers: Mapping[str, str]


class Api:
    """One account of the fake behind the wire format."""

    def __init__(self, world: World | None = None, *, api_key: str = "") -> None:
        self.world = world or World()
        self.postman = Postman(self.world)
        self.faults = Faults()
        #: The latest requests, and how many there were in all.
        self.requests: deque[Request] = deque(maxlen=5000)
        self.count = 0
        #: Empty: every test key is let in.
        self.api_key = api_key

    def answer(self, request: Request) -> Answer:
        """Answer one request.

        Raises:
            NoAnswer: a test asked for a broken connection.
        """
        with self.world.lock:
            self.requests.append(request)
            self.count += 1
            run_due(self.world)
            fault = self.faults.take(f"{request.method} {request.path}")
            if fault is FaultKind.TIMEOUT_BEFORE:
                raise NoAnswer
            if fault in {FaultKind.ERROR_500, FaultKind.TOO_MANY, FaultKind.CONFLICT}:
                return self._failed(int(str(fault)))
            answer = self._answer(request)
            if fault is FaultKind.TIMEOUT_AFTER:
                raise NoAnswer
            return answer

    def _answer(self, request: Request) -> Answer:
        self.world.request_id = self.world.new_id("req", 14)
        try:
            self._check_headers(request)
            operation, identifier = route(request.method, request.path)
            params = typed(operation, decode_form(request.body or request.query))
            check_metadata(params)
            return self._once(request, operation, identifier, params)
        except StripeRefusal as refusal:
            return self._answered(refusal.status, refusal.body())
        finally:
            self.world.request_id = self.world.request_key = None

    def _once(
        self, request: Request, operation: str, identifier: str, params: Params
    ) -> Answer:
        """Do the work, or repeat the answer to the same idempotency key."""
        key = request.headers.get("idempotency-key", "")
        if request.method != "POST" or not key:
            return self._done(operation, identifier, params)
        print_ = hashlib.sha256(f"{request.path}\n{request.body}".encode()).hexdigest()
        before = self.world.replays.get(key)
        if before is None:
            self.world.request_key = key
            answer = self._done(operation, identifier, params)
            self.world.replays[key] = {
                "print": print_,
                "status": answer.status,
                "body": answer.body,
            }
            return answer
        if before["print"] != print_:
            raise StripeRefusal(
                "Keys for idempotent requests can only be used with the same parameters they "
                f"were first used with. Try using a key other than '{key}' if you meant to "
                "execute a different request.",
                kind="idempotency_error",
            )
        answer = self._answered(before["status"], json.loads(before["body"]))
        return Answer(
            answer.status, answer.body, {**answer.headers, "Idempotent-Replayed": "true"}
        )

    def _done(self, operation: str, identifier: str, params: Params) -> Answer:
        try:
            answer = perform(self.world, operation, identifier, params)
            shown = expanded(self.world, answer, params.get("expand") or [])
            return self._answered(200, shown)
        except StripeRefusal as refusal:
            return self._answered(refusal.status, refusal.body())

    def _check_headers(self, request: Request) -> None:
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        if scheme != "Bearer" or not key:
            raise StripeRefusal(
                "You did not provide an API key. You need to provide your API key in the "
                "Authorization header, using Bearer auth (e.g. 'Authorization: Bearer "
                "YOUR_SECRET_KEY').",
                status=401,
            )
        if not key.startswith("sk_test_") or (self.api_key and key != self.api_key):
            raise StripeRefusal(f"Invalid API Key provided: {key[:8]}****", status=401)
        version = request.headers.get("stripe-version")
        if version != API_VERSION:
            raise StripeRefusal(
                f"Invalid Stripe API version: {version}. This account speaks {API_VERSION}."
            )

    def _failed(self, status: int) -> Answer:
        kind = "api_error" if status == 500 else "invalid_request_error"
        code = {429: "rate_limit", 409: "lock_timeout"}.get(status, "")
        refusal = StripeRefusal("Something went wrong on our end.", kind=kind, code=code)
        return self._answered(status, refusal.body())

    def _answered(self, status: int, body: Obj) -> Answer:
        headers = {
            "Content-Type": "application/json",
            "Date": formatdate(self.world.now() - self.world.lag, usegmt=True),
            "Request-Id": self.world.request_id or "req_none",
            "Stripe-Version": API_VERSION,
        }
        return Answer(status, json.dumps(body), headers)


def route(method: str, path: str) -> tuple[str, str]:
    """Return the operation that a path names, and the id in it ("" when none).

    Raises:
        StripeRefusal: there is no such operation here.
    """
    if f"{method} {path}" in SHAPES:
        return f"{method} {path}", ""
    parts = path.split("/")
    for at in (len(parts) - 1, len(parts) - 2):
        pattern = "/".join([*parts[:at], "{id}", *parts[at + 1 :]])
        if f"{method} {pattern}" in SHAPES:
            return f"{method} {pattern}", parts[at]
    raise StripeRefusal(f"Unrecognized request URL ({method}: {path}).", status=404)


def perform(world: World, operation: str, identifier: str, params: Params) -> Obj:
    """Carry out one operation whose parameters were read already."""
    if operation in CREATE:
        return CREATE[operation](world, params)
    if operation in ACT:
        return ACT[operation](world, identifier, params)
    path = operation.removeprefix("GET ")
    if path == "/v1/account":
        return portal.account(world)
    if path.endswith("/line_items"):
        return sessions.line_items(world, world.find("checkout.session", identifier))
    if not identifier:
        return page(world, KINDS[path], path, params)
    return _retrieved(world, KINDS[path.removesuffix("/{id}")], identifier)


def check_metadata(params: Params) -> None:
    """Refuse metadata beyond 50 keys of 40 characters with values of 500."""
    for name, value in params.items():
        if name == "metadata" and isinstance(value, dict):
            too_long = [k for k, v in value.items() if len(k) > 40 or len(v) > 500]
            if len(value) > 50 or too_long:
                raise StripeRefusal("Metadata is too large.", param="metadata")
        elif isinstance(value, dict):
            check_metadata(value)


def _retrieved(world: World, kind: str, identifier: str) -> Obj:
    found = world.objects.get(identifier)
    if kind == "customer" and found is not None and found["object"] == "deleted_customer":
        return {"id": identifier, "object": "customer", "deleted": True}
    if found is None or found["object"] != kind:
        raise missing(kind, identifier)
    return found
