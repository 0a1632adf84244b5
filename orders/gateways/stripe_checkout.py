"""How is a checkout session asked for, found again and closed?"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import stripe
from stripe.params.checkout import (
    SessionCreateParams,
    SessionCreateParamsDiscount,
    SessionCreateParamsLineItem,
    SessionCreateParamsLineItemPriceDataProductData,
)

from orders.gateways.protocol import (
    GatewayError,
    PayableOrder,
    PaymentLink,
    PaymentReference,
    RecurringTerms,
    Refs,
)
from orders.gateways.stripe_client import is_missing
from orders.gateways.stripe_currencies import to_stripe
from orders.gateways.stripe_events import ORDER_ID, PAYMENT_KEY, moment

#: Stripe's bounds are 30 minutes and 24 hours; the rest is for clocks that disagree.
_SHORTEST: Final = timedelta(minutes=31)
_LONGEST: Final = timedelta(hours=23, minutes=59)

#: The hosted page's word for each of the shop's languages.
_LOCALES: Final = frozenset({"en", "ru", "de", "es"})
_MOST_SEEN: Final = 500


class Checkout:
    """Opens and finds checkout sessions; its methods raise the SDK's own errors."""

    def __init__(self, client: stripe.StripeClient) -> None:
        self._v1 = client.v1

    def open(self, order: PayableOrder, *, now: datetime) -> PaymentLink:
        """Create the session of an order's payment, or find the one created before."""
        customer = order.provider_customer_id or self._new_customer(order)
        key = f"session-{order.payment_key}"
        try:
            session = self._create(order, customer, key, now)
        except stripe.InvalidRequestError as error:
            if not is_missing(error, "customer"):
                raise
            # Deleted in the dashboard, or the shop moved to another account.
            customer = self._new_customer(order, instead_of=customer)
            session = self._create(order, customer, f"{key}-{customer}", now)
        return PaymentLink(
            external_id=session.id,
            url=session.url or "",
            expires_at=moment(session.expires_at),
            refs=Refs(
                payment_key=str(order.payment_key),
                order_id=order.order_id,
                external_id=session.id,
                customer_id=customer,
            ),
        )

    def find(self, payment: PaymentReference, *, now: datetime) -> str:
        """Return the session of a payment, "" when it has none.

        One whose creation was never answered is found by the key that it carries.
        """
        if payment.refs.external_id.startswith("cs_"):
            return payment.refs.external_id
        if payment.refs.intent_id:
            listed = self._v1.checkout.sessions.list(
                {"payment_intent": payment.refs.intent_id, "limit": 1}
            )
            return listed.data[0].id if listed.data else ""
        since = min(payment.expires_at or now, now) - timedelta(hours=25)
        recent = self._v1.checkout.sessions.list(
            {"created": {"gte": int(since.timestamp())}, "limit": 100}
        )
        return self._named(recent, str(payment.payment_key))

    def _create(
        self, order: PayableOrder, customer: str, key: str, now: datetime
    ) -> stripe.checkout.Session:
        params = self._params(order, customer, now)
        try:
            return self._v1.checkout.sessions.create(params, {"idempotency_key": key})
        except stripe.IdempotencyError:
            # The same payment was opened before, with an earlier hour of expiry.
            mine = self._v1.checkout.sessions.list({"customer": customer, "limit": 100})
            found = self._named(mine, str(order.payment_key))
            if not found:
                raise
            return self._v1.checkout.sessions.retrieve(found)

    def _params(self, order: PayableOrder, customer: str, now: datetime) -> SessionCreateParams:
        names = {PAYMENT_KEY: str(order.payment_key), ORDER_ID: str(order.order_id)}
        params: SessionCreateParams = {
            "customer": customer,
            "client_reference_id": str(order.payment_key),
            "metadata": {**names, "number": order.number},
            "line_items": [_line(order)],
            "success_url": order.return_url,
            "cancel_url": order.cancel_url,
            "expires_at": _expires_at(order, now),
            "locale": order.language if order.language in _LOCALES else "auto",
            # Else the buyer may be charged in a currency that the shop never named.
            "adaptive_pricing": {"enabled": False},
        }
        if order.recurring is None:
            params["mode"] = "payment"
            params["payment_intent_data"] = {
                "metadata": names,
                "description": f"{order.title} ({order.number})",
            }
            return params
        params["mode"] = "subscription"
        params["subscription_data"] = {"metadata": names, "description": order.title}
        if order.recurring.trial_days:
            params["subscription_data"]["trial_period_days"] = order.recurring.trial_days
        discounts = self._discounts(order, order.recurring)
        if discounts:
            params["discounts"] = discounts
        return params

    def _discounts(
        self, order: PayableOrder, terms: RecurringTerms
    ) -> list[SessionCreateParamsDiscount]:
        """A cheaper first charge is a coupon, so that renewals show the list price."""
        if terms.trial_days or order.amount == terms.price:
            return []
        if order.amount > terms.price:
            raise GatewayError(
                f"the first charge {order.amount} exceeds the renewals' {terms.price}",
                permanent=True,
            )
        coupon = self._v1.coupons.create(
            {
                "amount_off": to_stripe(terms.price) - to_stripe(order.amount),
                "currency": order.amount.currency.lower(),
                "duration": "once",
                "max_redemptions": 1,
                "name": order.number,
                "metadata": {PAYMENT_KEY: str(order.payment_key)},
            },
            {"idempotency_key": f"coupon-{order.payment_key}"},
        )
        return [{"coupon": coupon.id}]

    def _new_customer(self, order: PayableOrder, *, instead_of: str = "") -> str:
        """Create the customer once: the key is the shop's own customer, not the payment."""
        suffix = f"-after-{instead_of}" if instead_of else ""
        made = self._v1.customers.create(
            {
                "metadata": {
                    "shopbot_customer": str(order.customer_id),
                    "telegram_id": str(order.telegram_id),
                }
            },
            {"idempotency_key": f"customer-{order.customer_id}{suffix}"},
        )
        return made.id

    def _named(
        self, listed: stripe.ListObject[stripe.checkout.Session], payment_key: str
    ) -> str:
        for seen, session in enumerate(listed.auto_paging_iter()):
            if session.client_reference_id == payment_key:
                return session.id
            if seen >= _MOST_SEEN:
                break
        return ""


def _line(order: PayableOrder) -> SessionCreateParamsLineItem:
    product: SessionCreateParamsLineItemPriceDataProductData = {"name": order.title}
    if order.description:
        product["description"] = order.description
    terms = order.recurring
    price = order.amount if terms is None else terms.price
    line: SessionCreateParamsLineItem = {
        "quantity": 1,
        "price_data": {
            "currency": price.currency.lower(),
            "unit_amount": to_stripe(price),
            "product_data": product,
        },
    }
    if terms is not None:
        line["price_data"]["recurring"] = {"interval": "month", "interval_count": terms.months}
    return line


def _expires_at(order: PayableOrder, now: datetime) -> int:
    wanted = max(order.expires_at, now + _SHORTEST)
    return int(min(wanted, now + _LONGEST).timestamp())
