"""How does one payment, or one subscription, stand at Stripe now?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

import stripe

from orders.gateways.protocol import (
    ChargeState,
    DisputeState,
    PaymentStatus,
    ProviderState,
    Refs,
    RefundState,
    SubscriptionState,
    SubscriptionStatus,
)
from orders.gateways.stripe_currencies import CURRENCIES, from_stripe
from orders.gateways.stripe_events import PAYMENT_KEY, moment
from orders.gateways.stripe_reading import (
    card_country,
    charge_reason,
    dispute_state,
    failure_of,
    identifier,
    invoice_intent,
    invoice_period_end,
    invoice_price,
    invoice_status,
    metadata_of,
    next_phase,
    paid_at,
    refund_state,
    session_status,
    subscription_status,
    tier_of,
)
from shopbot.kernel.money import Money

#: How far back the charges of a subscription are listed; the shop has the older ones.
CHARGES_SINCE: Final = timedelta(days=100)
_PAGE: Final = 100
_CHARGE: Final = "latest_charge.balance_transaction"


@dataclass(frozen=True, slots=True)
class _Money:
    """What a payment intent says about the money it took."""

    intent: stripe.PaymentIntent | None
    charge_id: str = ""
    paid_at: datetime | None = None
    fee: Money | None = None
    refunds: tuple[RefundState, ...] = ()
    disputes: tuple[DisputeState, ...] = ()
    card_country: str = ""


class StateReader:
    """Asks Stripe for states; its methods raise the SDK's own errors."""

    def __init__(self, client: stripe.StripeClient) -> None:
        self._v1 = client.v1
        # A price never changes once made, and each renewal names one.
        self._price_of = lru_cache(maxsize=512)(self._read_price)

    def session(self, session_id: str, *, now: datetime) -> ProviderState:
        """Read a checkout session with everything that came of it."""
        session = self._v1.checkout.sessions.retrieve(session_id)
        if session.mode == "subscription":
            return self._subscribing(session, now=now)
        intent_id = identifier(session.payment_intent)
        money = self._money(intent_id)
        status = session_status(session, money.intent)
        return ProviderState(
            status=status,
            paid=_total(session) if status is PaymentStatus.PAID else None,
            paid_at=(money.paid_at or now) if status is PaymentStatus.PAID else None,
            charge_id=money.charge_id,
            refs=_session_refs(session, intent_id=intent_id, charge_id=money.charge_id),
            refunds=money.refunds,
            disputes=money.disputes,
            fee=money.fee,
            failure=failure_of(money.intent),
            card_country=money.card_country,
        )

    def invoice(self, invoice_id: str) -> ProviderState:
        """Read one invoice of a subscription as a payment of its own."""
        invoice = self._v1.invoices.retrieve(invoice_id, {"expand": ["payments"]})
        money = self._money(invoice_intent(invoice))
        is_paid = invoice_status(invoice) is PaymentStatus.PAID
        return ProviderState(
            status=invoice_status(invoice),
            paid=from_stripe(invoice.amount_paid, invoice.currency) if is_paid else None,
            paid_at=paid_at(invoice) if is_paid else None,
            charge_id=money.charge_id,
            refs=_invoice_refs(invoice, money.charge_id),
            refunds=money.refunds,
            disputes=money.disputes,
            fee=money.fee,
            failure=failure_of(money.intent),
            card_country=money.card_country,
        )

    def intent(self, intent_id: str) -> ProviderState:
        """Read a payment intent whose session is not known."""
        money = self._money(intent_id)
        intent = money.intent
        if intent is None:
            return ProviderState(status=PaymentStatus.OPEN)
        is_paid = intent.status == "succeeded"
        statuses = {
            "succeeded": PaymentStatus.PAID,
            "processing": PaymentStatus.PROCESSING,
            "canceled": PaymentStatus.CANCELLED,
        }
        return ProviderState(
            status=statuses.get(intent.status, PaymentStatus.OPEN),
            paid=from_stripe(intent.amount_received, intent.currency) if is_paid else None,
            paid_at=money.paid_at if is_paid else None,
            charge_id=money.charge_id,
            refs=Refs(
                payment_key=metadata_of(intent, PAYMENT_KEY),
                intent_id=intent.id,
                charge_id=money.charge_id,
                customer_id=identifier(intent.customer),
            ),
            refunds=money.refunds,
            disputes=money.disputes,
            fee=money.fee,
            failure=failure_of(intent),
            card_country=money.card_country,
        )

    def subscription(self, subscription_id: str, *, now: datetime) -> SubscriptionState:
        """Read a subscription with its recent completed charges."""
        held = self._v1.subscriptions.retrieve(
            subscription_id, {"expand": ["latest_invoice", "schedule"]}
        )
        latest = (
            held.latest_invoice if isinstance(held.latest_invoice, stripe.Invoice) else None
        )
        status = subscription_status(held.status)
        items = held["items"].data
        has_debt = latest is not None and latest.status == "open" and latest.attempted
        planned = self._planned(held)
        return SubscriptionState(
            external_id=held.id,
            status=status,
            current_period_end=_paid_until(items, latest),
            will_renew=_will_renew(held, status),
            charges=self._charges(held.id, now=now),
            tier_id=tier_of(items[0].price) if items else None,
            price=_amount(items[0].price) if items else None,
            next_tier_id=tier_of(planned),
            next_price=_amount(planned),
            action_url=(latest.hosted_invoice_url or "") if latest and has_debt else "",
            next_attempt_at=(
                moment(latest.next_payment_attempt)
                if latest and has_debt and latest.next_payment_attempt
                else None
            ),
        )

    def refunds(self, intent_id: str) -> tuple[RefundState, ...]:
        """List every refund of a payment intent, oldest first."""
        listed = self._v1.refunds.list({"payment_intent": intent_id, "limit": _PAGE})
        return tuple(refund_state(refund) for refund in listed.auto_paging_iter())[::-1]

    def _subscribing(self, session: stripe.checkout.Session, *, now: datetime) -> ProviderState:
        """The payment that begins a subscription: its first invoice is its money."""
        invoice_id = identifier(session.invoice)
        first = self.invoice(invoice_id) if invoice_id else None
        status = session_status(session, None)
        subscription_id = identifier(session.subscription)
        subscription = self.subscription(subscription_id, now=now) if subscription_id else None
        if (
            status is PaymentStatus.PROCESSING
            and subscription is not None
            and subscription.status is SubscriptionStatus.ENDED
        ):
            status = PaymentStatus.FAILED
        is_paid = status is PaymentStatus.PAID
        return ProviderState(
            status=status,
            paid=_total(session) if is_paid else None,
            paid_at=(first.paid_at if first and first.paid_at else now) if is_paid else None,
            charge_id=first.charge_id if first else "",
            refs=_session_refs(
                session,
                intent_id=first.refs.intent_id if first else "",
                charge_id=first.charge_id if first else "",
            ),
            refunds=first.refunds if first else (),
            disputes=first.disputes if first else (),
            subscription=subscription,
            fee=first.fee if first else None,
            failure=first.failure if first else "",
            card_country=first.card_country if first else "",
        )

    def _charges(self, subscription_id: str, *, now: datetime) -> tuple[ChargeState, ...]:
        since = int((now - CHARGES_SINCE).timestamp())
        listed = self._v1.invoices.list(
            {
                "subscription": subscription_id,
                "status": "paid",
                "created": {"gte": since},
                "limit": _PAGE,
                "expand": ["data.payments"],
            }
        )
        charges = [self._charge(invoice) for invoice in listed.auto_paging_iter()]
        return tuple(reversed(charges))

    def _charge(self, invoice: stripe.Invoice) -> ChargeState:
        money = self._money(invoice_intent(invoice))
        return ChargeState(
            external_id=invoice.id,
            reason=charge_reason(invoice.billing_reason),
            paid=from_stripe(invoice.amount_paid, invoice.currency),
            paid_at=paid_at(invoice),
            period_end=invoice_period_end(invoice),
            tier_id=tier_of(self._price_of(invoice_price(invoice))),
            refs=_invoice_refs(invoice, money.charge_id),
            refunds=money.refunds,
            disputes=money.disputes,
        )

    def _money(self, intent_id: str) -> _Money:
        if not intent_id:
            return _Money(intent=None)
        intent = self._v1.payment_intents.retrieve(intent_id, {"expand": [_CHARGE]})
        charge = intent.latest_charge
        if not isinstance(charge, stripe.Charge) or not charge.paid:
            return _Money(intent=intent)
        booked = charge.balance_transaction
        return _Money(
            intent=intent,
            charge_id=charge.id,
            paid_at=moment(charge.created),
            fee=_fee(booked) if isinstance(booked, stripe.BalanceTransaction) else None,
            refunds=self.refunds(intent_id),
            disputes=self._disputes(intent_id) if charge.disputed else (),
            card_country=card_country(charge),
        )

    def _disputes(self, intent_id: str) -> tuple[DisputeState, ...]:
        listed = self._v1.disputes.list({"payment_intent": intent_id, "limit": _PAGE})
        return tuple(dispute_state(dispute) for dispute in listed.auto_paging_iter())[::-1]

    def _planned(self, held: stripe.Subscription) -> stripe.Price | None:
        phase = next_phase(held)
        return None if phase is None else self._price_of(identifier(phase["items"][0].price))

    def _read_price(self, price_id: str) -> stripe.Price | None:
        return self._v1.prices.retrieve(price_id) if price_id else None


def _total(session: stripe.checkout.Session) -> Money:
    return from_stripe(session.amount_total or 0, session.currency or "")


def _fee(booked: stripe.BalanceTransaction) -> Money | None:
    if booked.currency.upper() not in CURRENCIES:
        # The payout's currency need not be one that the shop sells in.
        return None
    return from_stripe(booked.fee, booked.currency)


def _session_refs(session: stripe.checkout.Session, *, intent_id: str, charge_id: str) -> Refs:
    return Refs(
        payment_key=metadata_of(session, PAYMENT_KEY) or session.client_reference_id or "",
        external_id=session.id,
        intent_id=intent_id,
        charge_id=charge_id,
        subscription_id=identifier(session.subscription),
        customer_id=identifier(session.customer),
    )


def _invoice_refs(invoice: stripe.Invoice, charge_id: str) -> Refs:
    details = invoice.parent.subscription_details if invoice.parent else None
    return Refs(
        external_id=invoice.id,
        intent_id=invoice_intent(invoice),
        charge_id=charge_id,
        subscription_id=identifier(details.subscription) if details else "",
        customer_id=identifier(invoice.customer),
    )


def _paid_until(
    items: list[stripe.SubscriptionItem], latest: stripe.Invoice | None
) -> datetime | None:
    """Return until when a subscription is paid.

    Stripe moves the period on at its end whether or not anybody pays for the new one: while
    the invoice of a period is unpaid, the paid time ended where that period began.
    """
    if not items:
        return None
    is_unpaid = latest is not None and latest.status not in {"paid", "void"}
    if latest is None or not is_unpaid or latest.billing_reason == "subscription_update":
        return moment(max(item.current_period_end for item in items))
    if latest.billing_reason == "subscription_create":
        return None
    return moment(min(item.current_period_start for item in items))


def _amount(price: stripe.Price | None) -> Money | None:
    """Return what a renewal charges; an upgrade that is not paid yet is not in the items."""
    if price is None or price.unit_amount is None:
        return None
    return from_stripe(price.unit_amount, price.currency)


def _will_renew(held: stripe.Subscription, status: SubscriptionStatus) -> bool:
    is_ending = held.cancel_at_period_end or held.cancel_at is not None
    return not is_ending and status is not SubscriptionStatus.ENDED
