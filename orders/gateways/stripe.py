"""Card payments: Stripe behind the shop's protocol."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import ClassVar, Final

import stripe
from django.conf import settings

from orders.gateways.protocol import (
    Capabilities,
    ChangePage,
    GatewayError,
    Moved,
    PayableOrder,
    PaymentLink,
    PaymentNotice,
    PaymentReference,
    PaymentStatus,
    PlanChange,
    PlanPreview,
    ProviderState,
    RefundRequest,
    RefundState,
    SubscriptionReference,
    SubscriptionState,
)
from orders.gateways.stripe_changes import ChangeLister
from orders.gateways.stripe_checkout import Checkout
from orders.gateways.stripe_client import asking, build_client
from orders.gateways.stripe_currencies import CURRENCIES, LARGEST, to_stripe
from orders.gateways.stripe_events import NAME, PAYMENT_KEY, REFUND_KEY
from orders.gateways.stripe_reading import charge_moved, refund_state
from orders.gateways.stripe_recurring import Recurring
from orders.gateways.stripe_states import StateReader
from orders.gateways.stripe_webhook import named, verified
from shopbot.kernel.clock import now as real_now

#: What Stripe itself understands; anything else is said in the metadata.
_REASONS: Final = frozenset({"duplicate", "fraudulent", "requested_by_customer"})
_LONGEST_NOTE: Final = 500


class StripeGateway:
    """One Stripe account with hosted checkout pages."""

    name: ClassVar[str] = NAME
    label: ClassVar[str] = "Card"

    def __init__(
        self,
        *,
        api_key: str,
        webhook_secrets: Sequence[str],
        api_url: str = "",
        http_client: stripe.HTTPClient | None = None,
        now: Callable[[], datetime] = real_now,
    ) -> None:
        self.client = build_client(api_key, api_url=api_url, http_client=http_client)
        self._is_test = not api_key.startswith(("sk_live_", "rk_live_"))
        self._secrets = tuple(webhook_secrets)
        self._now = now
        self._checkout = Checkout(self.client)
        self._reader = StateReader(self.client)
        self._recurring = Recurring(self.client)
        self._changes = ChangeLister(self.client)

    @property
    def capabilities(self) -> Capabilities:
        """What Stripe can do for this shop."""
        return Capabilities(
            currencies=CURRENCIES,
            min_minor=50,
            max_minor=LARGEST,
            recurring=True,
            recurring_months=frozenset(range(1, 37)),
            plan_changes=True,
            customer_portal=True,
            signs_messages=True,
        )

    @property
    def is_test(self) -> bool:
        """Whether the key is of Stripe's test mode, or of a stand-in."""
        return self._is_test

    def open(self, order: PayableOrder) -> PaymentLink:
        """Prepare the hosted page of one payment."""
        with asking("open a checkout"):
            return self._checkout.open(order, now=self._now())

    def subscribe(self, order: PayableOrder) -> PaymentLink:
        """Prepare the hosted page that begins a subscription."""
        if order.recurring is None:
            raise GatewayError("a subscription needs its terms", permanent=True)
        return self.open(order)

    def read(self, body: bytes, headers: Mapping[str, str]) -> PaymentNotice | None:
        """Verify a delivery, and name it; the other mode's events name nothing."""
        event = verified(body, headers, self._secrets)
        if bool(event.get("livemode")) is self._is_test:
            return None
        with asking("show the object of an event"):
            return named(event, self.client)

    def fetch(self, payment: PaymentReference) -> ProviderState:
        """Ask how a payment stands, by the best name that it has."""
        refs, now = payment.refs, self._now()
        with asking("show a payment"):
            if refs.external_id.startswith("in_"):
                return self._reader.invoice(refs.external_id)
            session_id = self._checkout.find(payment, now=now)
            if session_id:
                return self._reader.session(session_id, now=now)
            if refs.intent_id:
                return self._reader.intent(refs.intent_id)
        # Stripe never heard of it: nobody can pay it, and once it is old nobody will.
        is_over = payment.expires_at is not None and payment.expires_at <= now
        return ProviderState(status=PaymentStatus.EXPIRED if is_over else PaymentStatus.OPEN)

    def refund(self, request: RefundRequest) -> RefundState:
        """Give money back once per key, even after Stripe forgot the key (24 hours)."""
        intent_id = request.payment.refs.intent_id or self.fetch(request.payment).refs.intent_id
        if not intent_id:
            raise GatewayError("nothing was paid that could go back", permanent=True)
        amount = to_stripe(request.amount)
        key = str(request.key)
        with asking("refund"):
            for made in self._reader.refunds(intent_id):
                if made.key == key:
                    return made
            refund = self.client.v1.refunds.create(
                {
                    "payment_intent": intent_id,
                    "amount": amount,
                    "reason": (
                        request.reason
                        if request.reason in _REASONS
                        else "requested_by_customer"
                    ),
                    "metadata": {
                        REFUND_KEY: key,
                        PAYMENT_KEY: str(request.payment.payment_key),
                        "reason": request.reason[:_LONGEST_NOTE],
                    },
                },
                {"idempotency_key": f"refund-{key}"},
            )
        return refund_state(refund)

    def cancel(self, payment: PaymentReference) -> ProviderState:
        """Close the hosted page; whoever was faster has paid, and the state says so."""
        with asking("close a checkout"):
            session_id = self._checkout.find(payment, now=self._now())
            if session_id:
                try:
                    self.client.v1.checkout.sessions.expire(session_id)
                except stripe.InvalidRequestError as error:
                    # Not open any more: the state below tells why.
                    if error.http_status != 400:
                        raise
        return self.fetch(payment)

    def list_changes(self, *, since: datetime, cursor: str) -> ChangePage:
        """Page through events, sessions, refunds, disputes and invoices."""
        with asking("list what happened"):
            return self._changes.page(since=since, cursor=cursor)

    def moved(self, *, since: datetime) -> Sequence[Moved]:
        """List the charges of the account, each with what went back of it."""
        with asking("list charges"):
            listed = self.client.v1.charges.list(
                {"created": {"gte": int(since.timestamp())}, "limit": 100}
            )
            return [charge_moved(each) for each in listed.auto_paging_iter() if each.paid]

    def preview_change(self, change: PlanChange) -> PlanPreview:
        """Say what another plan would cost now."""
        with asking("preview a change of plan"):
            return self._recurring.preview(change, now=self._now())

    def change_plan(self, preview: PlanPreview) -> SubscriptionState:
        """Carry a previewed change out; an unpaid one waits at ``action_url``."""
        with asking("change a plan"):
            self._recurring.carry_out(preview)
        return self.fetch_subscription(preview.change.subscription)

    def fetch_subscription(self, subscription: SubscriptionReference) -> SubscriptionState:
        """Ask how a subscription stands."""
        with asking("show a subscription"):
            return self._reader.subscription(subscription.external_id, now=self._now())

    def cancel_subscription(self, subscription: SubscriptionReference) -> SubscriptionState:
        """Renew no more."""
        return self._switch_renewal(subscription, self._recurring.stop_renewing)

    def resume_subscription(self, subscription: SubscriptionReference) -> SubscriptionState:
        """Renew again."""
        return self._switch_renewal(subscription, self._recurring.renew_again)

    def portal_url(self, subscription: SubscriptionReference, *, return_url: str) -> str:
        """Open a session of the customer portal."""
        with asking("open the customer portal"):
            portal = self.client.v1.billing_portal.sessions.create(
                {"customer": subscription.provider_customer_id, "return_url": return_url}
            )
        return portal.url

    def _switch_renewal(
        self, subscription: SubscriptionReference, switch: Callable[[str], None]
    ) -> SubscriptionState:
        with asking("change a renewal"):
            switch(subscription.external_id)
        return self.fetch_subscription(subscription)


def from_settings() -> StripeGateway:
    """Return the gateway of the shop's own keys; ``STRIPE_WEBHOOK_SECRET`` may list several."""
    return _built(
        settings.STRIPE_SECRET_KEY, settings.STRIPE_WEBHOOK_SECRET, settings.STRIPE_API_URL
    )


@lru_cache(maxsize=4)
def _built(api_key: str, secrets: str, api_url: str) -> StripeGateway:
    """One per set of keys: connections and known prices are kept."""
    listed = [secret.strip() for secret in secrets.split(",") if secret.strip()]
    return StripeGateway(api_key=api_key, webhook_secrets=listed, api_url=api_url)
