"""Which of Stripe's events does the shop listen to, and what does each name?

``EVENTS`` is the only list: the webhook understands these, ``stripe_setup`` subscribes to
these, and ``stripe_check`` compares the endpoint with these.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from orders.gateways.protocol import CUSTOMER_DELETED, GatewayError, PaymentNotice, Refs
from orders.gateways.stripe_currencies import from_stripe
from shopbot.kernel.money import Money

#: The version that the SDK's types and the tables here are written for.
API_VERSION: Final = "2026-10-28.endive"

#: The name of the gateway, and the provider of its notices.
NAME: Final = "stripe"

# Names of our metadata; a prefix, because other programs write on the same account.
PAYMENT_KEY: Final = "shopbot_payment"
ORDER_ID: Final = "shopbot_order"
REFUND_KEY: Final = "shopbot_refund"
TIER_ID: Final = "shopbot_tier"

Json = Mapping[str, Any]


def reference(value: Any) -> str:
    """Return the id in a field that holds an id, the whole object, or nothing."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return str(value.get("id") or "")
    return ""


def _ours(metadata: Any) -> tuple[str, int | None]:
    known = metadata if isinstance(metadata, Mapping) else {}
    order = str(known.get(ORDER_ID) or "")
    return str(known.get(PAYMENT_KEY) or ""), int(order) if order.isdecimal() else None


def _session(body: Json) -> Refs:
    key, order_id = _ours(body.get("metadata"))
    return Refs(
        payment_key=key,
        order_id=order_id,
        external_id=reference(body),
        intent_id=reference(body.get("payment_intent")),
        subscription_id=reference(body.get("subscription")),
        customer_id=reference(body.get("customer")),
    )


def _intent(body: Json) -> Refs:
    key, order_id = _ours(body.get("metadata"))
    # Each failed attempt has a charge too; only the one that succeeded is the payment's.
    is_paid = body.get("status") == "succeeded"
    return Refs(
        payment_key=key,
        order_id=order_id,
        intent_id=reference(body),
        charge_id=reference(body.get("latest_charge")) if is_paid else "",
        customer_id=reference(body.get("customer")),
    )


def _charge(body: Json) -> Refs:
    key, order_id = _ours(body.get("metadata"))
    return Refs(
        payment_key=key,
        order_id=order_id,
        intent_id=reference(body.get("payment_intent")),
        charge_id=reference(body),
        customer_id=reference(body.get("customer")),
    )


def _of_charge(body: Json) -> Refs:
    """Refunds, disputes and warnings point to the charge that they are about."""
    key, order_id = _ours(body.get("metadata"))
    return Refs(
        payment_key=key,
        order_id=order_id,
        intent_id=reference(body.get("payment_intent")),
        charge_id=reference(body.get("charge")),
    )


def _invoice(body: Json) -> Refs:
    details = (body.get("parent") or {}).get("subscription_details") or {}
    key, order_id = _ours(details.get("metadata"))
    return Refs(
        payment_key=key,
        order_id=order_id,
        external_id=reference(body),
        subscription_id=reference(details.get("subscription")),
        customer_id=reference(body.get("customer")),
    )


def _customer(body: Json) -> Refs:
    return Refs(customer_id=reference(body))


def _subscription(body: Json) -> Refs:
    key, order_id = _ours(body.get("metadata"))
    return Refs(
        payment_key=key,
        order_id=order_id,
        subscription_id=reference(body),
        customer_id=reference(body.get("customer")),
    )


#: Event kind -> how its object names a payment.
EVENTS: Final[Mapping[str, Callable[[Json], Refs]]] = {
    "checkout.session.completed": _session,
    "checkout.session.async_payment_succeeded": _session,
    "checkout.session.async_payment_failed": _session,
    "checkout.session.expired": _session,
    "payment_intent.succeeded": _intent,
    "payment_intent.processing": _intent,
    "payment_intent.payment_failed": _intent,
    "payment_intent.canceled": _intent,
    "charge.refunded": _charge,
    "charge.refund.updated": _of_charge,
    "refund.created": _of_charge,
    "refund.updated": _of_charge,
    "refund.failed": _of_charge,
    "charge.dispute.created": _of_charge,
    "charge.dispute.updated": _of_charge,
    "charge.dispute.funds_withdrawn": _of_charge,
    "charge.dispute.funds_reinstated": _of_charge,
    "charge.dispute.closed": _of_charge,
    "radar.early_fraud_warning.created": _of_charge,
    "invoice.paid": _invoice,
    "invoice.payment_failed": _invoice,
    "invoice.payment_action_required": _invoice,
    CUSTOMER_DELETED: _customer,
    "customer.subscription.created": _subscription,
    "customer.subscription.updated": _subscription,
    "customer.subscription.deleted": _subscription,
    "customer.subscription.paused": _subscription,
    "customer.subscription.resumed": _subscription,
    "customer.subscription.pending_update_applied": _subscription,
    "customer.subscription.pending_update_expired": _subscription,
}

#: The same by the kind of object: for thin events, and for what reconciliation lists.
BY_OBJECT: Final[Mapping[str, Callable[[Json], Refs]]] = {
    "checkout.session": _session,
    "payment_intent": _intent,
    "charge": _charge,
    "refund": _of_charge,
    "dispute": _of_charge,
    "radar.early_fraud_warning": _of_charge,
    "invoice": _invoice,
    "subscription": _subscription,
    "customer": _customer,
}

#: Where each kind of object names the money that it speaks of.
_AMOUNT_FIELDS: Final[Mapping[str, str]] = {
    "checkout.session": "amount_total",
    "payment_intent": "amount_received",
    "charge": "amount",
    "refund": "amount",
    "dispute": "amount",
    "invoice": "amount_paid",
}


def notice(kind: str, event_id: str, subject: Json, *, occurred_at: datetime) -> PaymentNotice:
    """Name what an object says; ``subject`` is its whole JSON."""
    word = str(subject.get("object", ""))
    named = BY_OBJECT[word](subject)
    return PaymentNotice(
        provider=NAME,
        event_id=event_id,
        kind=kind,
        refs=named,
        # Ids and states only: nothing personal is kept.
        body={
            "object": word,
            "id": reference(subject),
            **{name: subject[name] for name in ("status", "payment_status") if name in subject},
        },
        occurred_at=occurred_at,
        amount=_amount(word, subject),
        is_ours=bool(named.payment_key),
    )


def moment(seconds: int) -> datetime:
    """Return Stripe's Unix seconds as a moment."""
    return datetime.fromtimestamp(seconds, tz=UTC)


def _amount(word: str, subject: Json) -> Money | None:
    number, currency = subject.get(_AMOUNT_FIELDS.get(word, "")), subject.get("currency")
    if not isinstance(number, int) or not isinstance(currency, str):
        return None
    try:
        return from_stripe(number, currency)
    except GatewayError:
        # A foreign currency on a shared account must not stop the notice itself.
        return None
