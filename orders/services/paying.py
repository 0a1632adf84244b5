"""Open a way to pay an order: the row first, then the provider, then what it answered."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from customers.models import Customer
from orders.credit import has_lost_credit
from orders.errors import AlreadySubscribed, CannotRenew, OrderIsClosed
from orders.gateways.protocol import Gateway, PayableOrder, PaymentLink, RecurringTerms
from orders.gateways.registry import gateway as gateway_named
from orders.gifts import is_gift
from orders.locking import lock_order, lock_payment
from orders.models import Order, OrderLine, Payment, Subscription
from orders.quoting import Wish, facts_of, list_price
from orders.references import return_page
from orders.ways import require_way
from shopbot.kernel.events import record
from shopbot.kernel.money import STARS

# How long stock and price are held beyond the last moment in which a provider takes money.
SLACK: Final = timedelta(minutes=5)

# A Stars subscription charges every 2 592 000 seconds.
STARS_PERIOD_DAYS: Final = 30


@dataclass(frozen=True, slots=True)
class _Prepared:
    payment_id: int
    payable: PayableOrder
    link: PaymentLink | None


def open_payment(*, order_id: int, gateway: str, now: datetime) -> PaymentLink:
    """Return where, or with which invoice, a pending order is paid once.

    Safe to repeat: an attempt that is still open is returned again, and one that the provider
    may have heard of is repeated under the same key. Calls the provider outside of every
    transaction, so it refuses to run inside one.

    Raises:
        UnknownOrder: no such order.
        OrderIsClosed: it can no longer be paid.
        WayNotAllowed: this gateway may not sell it.
        GatewayError: the provider refused (permanent) or was not reached.
    """
    provider = gateway_named(gateway)
    prepared = _prepare_once(order_id=order_id, gateway=provider, now=now)
    if prepared.link is not None:
        return prepared.link
    link = provider.open(prepared.payable)
    _remember(payment_id=prepared.payment_id, link=link, now=now)
    return link


def open_subscription(*, order_id: int, gateway: str, now: datetime) -> PaymentLink:
    """Return where a pending order is paid such that it renews by itself afterwards.

    Safe to repeat, like ``open_payment``, and like it outside of every transaction.

    Raises:
        UnknownOrder: no such order.
        OrderIsClosed: it can no longer be paid.
        WayNotAllowed: this gateway may not sell it.
        CannotRenew: the gateway or the order is not fit for renewing.
        AlreadySubscribed: the customer renews this tier already.
        GatewayError: the provider refused (permanent) or was not reached.
    """
    provider = gateway_named(gateway)
    prepared = _prepare_renewing(order_id=order_id, gateway=provider, now=now)
    if prepared.link is not None:
        return prepared.link
    link = provider.subscribe(prepared.payable)
    _remember(payment_id=prepared.payment_id, link=link, now=now)
    return link


@transaction.atomic(durable=True)
def _prepare_once(*, order_id: int, gateway: Gateway, now: datetime) -> _Prepared:
    order, line = _payable(order_id, gateway, now)
    payment = _attempt(order, gateway.name, subscription=None, now=now)
    return _Prepared(payment.pk, _describe(order, line, payment, now), _link(payment))


@transaction.atomic(durable=True)
def _prepare_renewing(*, order_id: int, gateway: Gateway, now: datetime) -> _Prepared:
    order, line = _payable(order_id, gateway, now)
    terms = _terms(order, line, gateway, now)
    subscription = _agreement(order, line, gateway, terms, now)
    payment = _attempt(order, gateway.name, subscription=subscription, now=now)
    payable = replace(_describe(order, line, payment, now), recurring=terms)
    return _Prepared(payment.pk, payable, _link(payment))


def _payable(order_id: int, gateway: Gateway, now: datetime) -> tuple[Order, OrderLine]:
    order = lock_order(order_id)
    if order.status != Order.Status.PENDING or order.expires_at <= now:
        raise OrderIsClosed(f"order {order.number} is {order.status}", status=order.status)
    if has_lost_credit(order=order):
        raise OrderIsClosed("what made it cheaper went back", status=order.status)
    line = order.lines.all()[0]
    require_way(order=order, lines=[line], gateway=gateway)
    return order, line


def _attempt(
    order: Order, gateway: str, *, subscription: Subscription | None, now: datetime
) -> Payment:
    """Return the attempt that is still open, else a new one."""
    still_open = order.payments.filter(
        gateway=gateway,
        status=Payment.Status.OPEN,
        subscription=subscription,
        amount_minor=order.total_minor,
    )
    found = still_open.exclude(expires_at__lte=now).order_by("-pk").first()
    if found is not None:
        return found
    payment = Payment.objects.create(
        order=order,
        customer_id=order.customer_id,
        gateway=gateway,
        amount_minor=order.total_minor,
        currency=order.currency,
        subscription=subscription,
        starts_subscription=subscription is not None,
        opened_at=now,
        expires_at=order.expires_at,
    )
    record(
        "payment.opened",
        subject=payment.subject,
        actor=f"customer:{order.customer_id}",
        at=now,
        customer_id=order.customer_id,
        order_id=order.pk,
        gateway=gateway,
        amount_minor=payment.amount_minor,
        currency=payment.currency,
    )
    return payment


def _link(payment: Payment) -> PaymentLink | None:
    if not payment.url and payment.invoice is None:
        return None
    return PaymentLink(
        external_id=payment.external_id,
        url=payment.url,
        invoice=payment.invoice,
        expires_at=payment.expires_at,
        refs=payment.refs(),
    )


def _describe(order: Order, line: OrderLine, payment: Payment, now: datetime) -> PayableOrder:
    customer = order.customer
    page = return_page(payment)
    with override(customer.language):
        description = _("Order %(number)s") % {"number": order.number}
        if line.months:
            period = ngettext("%(count)d month", "%(count)d months", line.months)
            description = f"{description}, {period % {'count': line.months}}"
    return PayableOrder(
        order_id=order.pk,
        number=order.number,
        payment_key=payment.key,
        amount=order.total,
        title=str(line),
        description=description,
        language=customer.language,
        goods_type=line.goods_type,
        customer_id=customer.pk,
        telegram_id=customer.telegram_id,
        expires_at=order.expires_at,
        return_url=page,
        cancel_url=page,
        provider_customer_id=(
            customer.stripe_customer_id if payment.gateway == "stripe" else ""
        ),
    )


def _terms(order: Order, line: OrderLine, gateway: Gateway, now: datetime) -> RecurringTerms:
    """Say what renewals will cost: the same without the code and the credit of this order."""
    capabilities = gateway.capabilities
    if is_gift(line):
        raise CannotRenew("a gift is given once")
    if not capabilities.recurring or line.months not in capabilities.recurring_months:
        raise CannotRenew(f"{gateway.name} cannot renew every {line.months} months")
    wish = Wish(
        tier_id=line.tier_id,
        months=line.months,
        quantity=line.quantity,
        currency=order.currency,
    )
    facts = replace(facts_of(order.customer, is_first_purchase=False), region=order.region)
    price = list_price(facts=facts, wish=wish, now=now).total
    if order.currency == STARS and price != order.total:
        raise CannotRenew("Stars renew at the first price, so it must be the plain one")
    return RecurringTerms(months=line.months, price=price)


def _agreement(
    order: Order, line: OrderLine, gateway: Gateway, terms: RecurringTerms, now: datetime
) -> Subscription:
    """Return the agreement that paying this order begins: one per order and gateway."""
    renewing = Subscription.objects.renewing(now).filter(customer_id=order.customer_id)
    if renewing.filter(tier__product_id=line.tier.product_id).exists():
        raise AlreadySubscribed("the customer renews this product already")
    begun = order.payments.filter(gateway=gateway.name, starts_subscription=True)
    attempt = begun.select_related("subscription").order_by("-pk").first()
    if attempt is not None and attempt.subscription is not None:
        return attempt.subscription
    counts_days = order.currency == STARS
    return Subscription.objects.create(
        customer_id=order.customer_id,
        tier_id=line.tier_id,
        gateway=gateway.name,
        price_minor=terms.price.minor,
        currency=terms.price.currency,
        months=0 if counts_days else terms.months,
        days=STARS_PERIOD_DAYS if counts_days else 0,
        started_at=now,
    )


@transaction.atomic(durable=True)
def _remember(*, payment_id: int, link: PaymentLink, now: datetime) -> None:
    """Keep what the provider answered, and hold the order for as long as it takes money."""
    payment = lock_payment(payment_id)
    payment.external_id = payment.external_id or link.external_id
    payment.intent_id = payment.intent_id or link.refs.intent_id
    payment.url, payment.expires_at = link.url, link.expires_at or payment.expires_at
    payment.invoice = None if link.invoice is None else dict(link.invoice)
    payment.save(update_fields=["external_id", "intent_id", "url", "expires_at", "invoice"])
    _remember_customer(payment, link)
    order = payment.order
    if order is None or order.status != Order.Status.PENDING or link.expires_at is None:
        return
    if link.expires_at > order.expires_at:
        order.expires_at = link.expires_at + SLACK
        order.save(update_fields=["expires_at"])


def _remember_customer(payment: Payment, link: PaymentLink) -> None:
    """Keep the provider's name of the customer, also when it had to make a new one."""
    if payment.gateway == "stripe" and link.refs.customer_id:
        named = Customer.objects.filter(pk=payment.customer_id or 0)
        named.exclude(stripe_customer_id=link.refs.customer_id).update(
            stripe_customer_id=link.refs.customer_id
        )
