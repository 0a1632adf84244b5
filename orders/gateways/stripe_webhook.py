"""Did Stripe send this, and what does it speak of?"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import stripe

from orders.gateways.protocol import BadSignature, PaymentNotice
from orders.gateways.stripe_events import API_VERSION, BY_OBJECT, EVENTS, moment, notice

logger = logging.getLogger(__name__)

#: Seconds after which a signature is too old to be believed.
TOLERANCE: Final = 300
_HEADER: Final = "stripe-signature"
_THIN: Final = "v2.core.event"


def verified(body: bytes, headers: Mapping[str, str], secrets: Sequence[str]) -> dict[str, Any]:
    """Return the JSON of a delivery that one of the endpoint's secrets has signed.

    Raises:
        BadSignature: nobody who knows a secret sent this within the last five minutes.
    """
    signature = next((v for name, v in headers.items() if name.lower() == _HEADER), "")
    # What is not plain text makes the SDK's comparison fail with a TypeError.
    if not signature.isascii() or not any(_is_signed(body, signature, s) for s in secrets):
        raise BadSignature("the body is not signed with a secret of this endpoint")
    try:
        event = json.loads(body)
    except ValueError:
        raise BadSignature("the body is signed and no JSON") from None
    if not isinstance(event, dict):
        raise BadSignature("the body is signed and no event")
    return event


def named(event: Mapping[str, Any], client: stripe.StripeClient) -> PaymentNotice | None:
    """Name what an event speaks of; None when it concerns no payment.

    A thin event holds no more than an id, so its object is fetched; this raises the SDK's own
    errors.
    """
    kind = str(event.get("type", "")).removeprefix("v1.")
    if kind not in EVENTS:
        return None
    if event.get("object") == _THIN:
        return _named_thin(kind, event, client)
    if event.get("api_version") != API_VERSION:
        logger.warning(
            "stripe event %s has version %s, not %s: run stripe_setup",
            event.get("id"),
            event.get("api_version"),
            API_VERSION,
        )
    subject = event["data"]["object"]
    return notice(kind, str(event["id"]), subject, occurred_at=moment(int(event["created"])))


def _named_thin(
    kind: str, event: Mapping[str, Any], client: stripe.StripeClient
) -> PaymentNotice | None:
    related = event.get("related_object") or {}
    if related.get("type") not in BY_OBJECT:
        return None
    answer = client.raw_request(
        "get", related["url"], headers={"Stripe-Request-Trigger": f"event={event['id']}"}
    )
    subject = json.loads(answer.body)
    occurred_at = datetime.fromisoformat(str(event["created"])).astimezone(UTC)
    # The same fact may also be delivered in full: both have the name of the full event.
    event_id = str(event.get("snapshot_event") or event["id"])
    return notice(kind, event_id, subject, occurred_at=occurred_at)


def _is_signed(body: bytes, signature: str, secret: str) -> bool:
    try:
        return bool(
            stripe.WebhookSignature.verify_header(body, signature, secret, tolerance=TOLERANCE)
        )
    except (stripe.SignatureVerificationError, UnicodeDecodeError):
        return False
