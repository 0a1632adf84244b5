"""What every gateway promises, as a suite that each of them plugs a provider into.

A ``Provider`` is a gateway with somebody on the other side: a customer who pays, a clerk who
refunds at the provider. Add yours to ``PROVIDERS`` of ``test_contract``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from orders.gateways.protocol import (
    Gateway,
    PayableOrder,
    PaymentLink,
    PaymentNotice,
    PaymentReference,
    RecurringTerms,
    RefundRequest,
    SubscriptionReference,
)
from shopbot.kernel.money import Money

START = datetime(2027, 1, 31, 12, 0, tzinfo=UTC)


class Provider(ABC):
    """A gateway, and what happens on the other side of it."""

    name: str
    price = Money(2000, "USD")

    @property
    @abstractmethod
    def gateway(self) -> Gateway:
        """The gateway under test."""

    @abstractmethod
    def now(self) -> datetime:
        """The provider's time."""

    @abstractmethod
    def pay(self, payment: PaymentReference, link: PaymentLink) -> None:
        """Let the customer pay at once."""

    @abstractmethod
    def refund_there(self, payment: PaymentReference) -> None:
        """Let somebody refund everything at the provider."""

    @abstractmethod
    def deliveries(self) -> list[tuple[bytes, dict[str, str]]]:
        """Take what the provider has to say."""

    def payable(self) -> PayableOrder:
        """An order that can be paid."""
        return PayableOrder(
            order_id=17,
            number="7K3M-Q9TX",
            payment_key=uuid4(),
            amount=self.price,
            title="Signals – Premium",
            description="Order 7K3M-Q9TX, 1 month",
            language="en",
            goods_type="digital",
            customer_id=5,
            telegram_id=4242,
            expires_at=self.now() + timedelta(minutes=45),
            return_url="https://shop.example/payments/return/x/",
            cancel_url="https://shop.example/payments/return/x/",
        )

    def reference(
        self, order: PayableOrder, link: PaymentLink, notices: tuple[PaymentNotice, ...] = ()
    ) -> PaymentReference:
        """How the shop names the payment, with what it was told so far."""
        return PaymentReference(
            payment_key=order.payment_key,
            refs=replace(link.refs, external_id=link.external_id or link.refs.external_id),
            amount=order.amount,
            telegram_id=order.telegram_id,
            expires_at=order.expires_at,
            notices=notices,
        )

    def told(self) -> tuple[PaymentNotice, ...]:
        """Read every delivery, as the webhook does."""
        read = (self.gateway.read(body, headers) for body, headers in self.deliveries())
        return tuple(notice for notice in read if notice is not None)

    def opened(self) -> tuple[PaymentReference, PaymentLink]:
        """An order whose payment is open."""
        order = self.payable()
        link = self.gateway.open(order)
        return self.reference(order, link), link

    def paid(self) -> PaymentReference:
        """A payment that was paid, and of which the shop was told."""
        return self._paid(*self.opened())

    def renewing(self) -> tuple[PaymentReference, SubscriptionReference]:
        """An agreement whose first charge was paid."""
        terms = RecurringTerms(months=1, price=self.price)
        order = replace(self.payable(), recurring=terms)
        link = self.gateway.subscribe(order)
        payment = self._paid(self.reference(order, link), link)
        agreed = self.gateway.fetch(payment).subscription
        assert agreed is not None
        return payment, SubscriptionReference(
            key=uuid4(),
            external_id=agreed.external_id,
            provider_customer_id=link.refs.customer_id,
            telegram_id=order.telegram_id,
            first_payment=payment.refs,
        )

    def _paid(self, payment: PaymentReference, link: PaymentLink) -> PaymentReference:
        self.pay(payment, link)
        payment = replace(payment, notices=self.told())
        state = self.gateway.fetch(payment)
        refs = replace(
            payment.refs,
            external_id=state.refs.external_id or payment.refs.external_id,
            intent_id=state.refs.intent_id,
            charge_id=state.charge_id or state.refs.charge_id,
        )
        return replace(payment, refs=refs)

    def request(
        self, payment: PaymentReference, minor: int, *, key: UUID | None = None
    ) -> RefundRequest:
        """Ask for money back."""
        amount = Money(minor, payment.amount.currency)
        return RefundRequest(
            key=key or uuid4(),
            payment=payment,
            amount=amount,
            is_full=amount == payment.amount,
            reason="asked for it",
        )
