"""Where a parcel goes and how it is sent: settled before the order is paid."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction

from catalog.models import Product
from delivery.errors import UnknownParcel
from delivery.models import Parcel, ShippingOption
from delivery.services.parcels import choose_option, give_address, shipping_options
from orders.errors import OrderIsClosed
from orders.locking import lock_order
from orders.models import Order, OrderLine, Payment
from orders.recording import record_order
from orders.services.closing import close_payments
from orders.services.settling import deliver_order
from shopbot.kernel.models import Event
from shopbot.kernel.money import Money

#: Names a line of an order that pays for sending the others.
SHIPPING: Final = "shipping_option"


@dataclass(frozen=True, slots=True)
class ShippingChoice:
    """One way of sending, with what it costs."""

    id: int
    name: str
    price: Money


@dataclass(frozen=True, slots=True)
class Shipping:
    """What an order's parcel still needs, and how far it has come."""

    status: str
    address: str
    carrier: str
    tracking_number: str
    chosen: ShippingChoice | None
    choices: tuple[ShippingChoice, ...]

    @property
    def is_settled(self) -> bool:
        """The order can be paid: it is known where the parcel goes, and how."""
        return bool(self.address) and (self.chosen is not None or not self.choices)


def shipping_of(order: Order) -> Shipping | None:
    """Return the state of an order's parcel, None where nothing is sent; two queries."""
    sources = [line.source for line in order.sold if _is_sent(line)]
    if not sources:
        return None
    parcel = Parcel.objects.select_related("option").filter(source__in=sources).first()
    if parcel is None:
        return None
    choices: tuple[ShippingChoice, ...] = ()
    if parcel.status == Parcel.Status.UNPAID:
        offered = shipping_options(region=order.region, currency=order.currency)
        choices = tuple(_choice(option) for option in offered)
    return Shipping(
        status=parcel.status,
        address=parcel.address,
        carrier=parcel.carrier,
        tracking_number=parcel.tracking_number,
        chosen=None if parcel.option is None else _choice(parcel.option),
        choices=choices,
    )


@transaction.atomic
def give_order_address(*, order_id: int, customer_id: int, address: str, now: datetime) -> None:
    """Write down where an order's parcel goes; possible until it is packed.

    Raises:
        UnknownParcel: the customer has no such order, or nothing in it is sent.
        AddressNeeded: the text holds no address.
        ParcelHasLeft: it is packed already.
    """
    give_address(
        parcel_id=_parcel(order_id, customer_id).pk,
        customer_id=customer_id,
        address=address,
        actor=f"customer:{customer_id}",
        now=now,
    )


def choose_shipping(*, order_id: int, customer_id: int, option_id: int, now: datetime) -> None:
    """Choose how an unpaid order is sent: its price becomes a line of the order.

    Safe to repeat; another choice replaces the first. First closes what is open at providers,
    outside of every transaction: those payments are for another sum.

    Raises:
        UnknownParcel: the customer has no such order, or nothing in it is sent.
        UnknownShipping: this way is not offered for the order.
        OrderIsClosed: it is paid, or can no longer be.
        GatewayError: a provider was not reached; nothing changed.
    """
    _parcel(order_id, customer_id)
    close_payments(order_id=order_id, now=now)
    _choose(order_id, customer_id, option_id, now)


def fulfill_shipped(event: Event) -> None:
    """Note an order as delivered once its parcel has left; consumes ``parcel.shipped``."""
    line = OrderLine.objects.get(pk=int(str(event.data["source"]).rpartition(":")[2]))
    paid = Order.objects.filter(pk=line.order_id, status=Order.Status.PAID)
    if paid.exists():
        deliver_order(order_id=line.order_id, actor="delivery", now=event.happened_at)


@transaction.atomic
def _choose(order_id: int, customer_id: int, option_id: int, now: datetime) -> None:
    order = lock_order(order_id)
    is_paying = Payment.objects.payable().filter(order=order).exists()
    if order.status != Order.Status.PENDING or order.expires_at <= now or is_paying:
        raise OrderIsClosed(f"order {order.number} is {order.status}", status=order.status)
    option = choose_option(
        parcel=_parcel(order_id, customer_id),
        option_id=option_id,
        region=order.region,
        currency=order.currency,
    )
    lines = list(order.lines.all())
    for line in lines:
        if SHIPPING in line.terms:
            order.total_minor -= line.total_minor
            line.delete()
    _write_line(order, lines[0], option)
    order.total_minor += option.price_minor
    order.save(update_fields=["total_minor"])
    record_order(
        "order.shipping_chosen",
        order,
        actor=f"customer:{customer_id}",
        now=now,
        option_id=option.pk,
        price_minor=option.price_minor,
    )


def _write_line(order: Order, sent: OrderLine, option: ShippingOption) -> None:
    OrderLine.objects.create(
        order=order,
        tier_id=sent.tier_id,
        product_name="Shipping",
        tier_name=option.name,
        level=sent.level,
        goods_type=sent.goods_type,
        billing_period="once",
        unit_minor=option.price_minor,
        total_minor=option.price_minor,
        terms={SHIPPING: option.pk, "grants": [], "grace_days": 0, "delivers": False},
    )


def _parcel(order_id: int, customer_id: int) -> Parcel:
    lines = OrderLine.objects.filter(order_id=order_id, order__customer_id=customer_id)
    sources = [line.source for line in lines]
    parcel = Parcel.objects.filter(source__in=sources).first()
    if parcel is None:
        raise UnknownParcel(f"order {order_id} sends no parcel", order_id=order_id)
    return parcel


def _is_sent(line: OrderLine) -> bool:
    return line.goods_type == Product.GoodsType.PHYSICAL and SHIPPING not in line.terms


def _choice(option: ShippingOption) -> ShippingChoice:
    return ShippingChoice(option.pk, str(option.name), option.price)
