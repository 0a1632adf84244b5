"""What goes by post: addressed and priced before it is paid, then packed, shipped, told."""

from __future__ import annotations

from datetime import timedelta

import pytest

from delivery.errors import AddressNeeded, ParcelHasLeft, UnknownParcel, UnknownShipping
from delivery.models import Parcel, ShippingOption
from delivery.services.parcels import give_address, mark_delivered, mark_packed, ship
from orders.errors import OrderIsClosed
from orders.handing_over import give_delivery_again, take_delivery_back
from orders.models import Order
from orders.services.closing import expire_order
from orders.services.shipping import choose_shipping, give_order_address, shipping_of
from shopbot.kernel.errors import IllegalTransition
from shopbot.kernel.events import relay
from telegram_bot.models import OutgoingMessage

pytestmark = pytest.mark.django_db

ADDRESS = "Ada Lovelace\n1 High Street\nLondon W1\nUnited Kingdom"


@pytest.fixture
def mug(make_tier):
    return make_tier(billing_period="once", goods_type="physical")


@pytest.fixture
def options():
    def make(name, price, **fields):
        wanted = {"region": "US", "currency": "USD", **fields}
        return ShippingOption.objects.create(name=name, price_minor=price, **wanted)

    return {
        "post": make("Post", 300),
        "fast": make("Courier", 900),
        "eu": make("EU", 1, region="EU"),
    }


@pytest.fixture
def order(place, mug):
    return place(tier=mug)


@pytest.fixture
def say(customer, now):
    """Settle address and way of an order."""

    def settle(order, option=None):
        give_order_address(order_id=order.pk, customer_id=customer.pk, address=ADDRESS, now=now)
        if option is not None:
            choose_shipping(
                order_id=order.pk, customer_id=customer.pk, option_id=option.pk, now=now
            )
        order.refresh_from_db()

    return settle


def test_shipping_is_a_line_of_the_order_and_paid_with_it(order, say, options, pay):
    say(order, options["post"])

    assert order.total_minor == 2300
    sent, postage = order.lines.all()
    assert (postage.product_name, postage.tier_name, postage.total_minor) == (
        "Shipping",
        "Post",
        300,
    )
    paid = pay(order)
    assert (paid.status, paid.paid_minor) == ("paid", 2300)
    parcel = Parcel.objects.get()
    assert (parcel.source, parcel.status) == (sent.source, "to_pack")


def test_another_choice_replaces_the_first(order, say, options):
    say(order, options["post"])
    say(order, options["fast"])
    say(order, options["fast"])

    assert order.total_minor == 2900
    assert [line.tier_name for line in order.lines.all()][1:] == ["Courier"]


def test_a_payment_that_is_open_for_the_old_sum_is_closed(order, say, options, open_demo):
    payment = open_demo(order)

    say(order, options["post"])

    payment.refresh_from_db()
    assert payment.status == "cancelled"


def test_only_what_is_offered_for_the_region_is_chosen(order, say, options):
    with pytest.raises(UnknownShipping):
        say(order, options["eu"])

    assert order.lines.count() == 1
    assert Order.objects.get().total_minor == 2000
    assert [choice.name for choice in shipping_of(order).choices] == ["Post", "Courier"]


def test_a_paid_order_keeps_its_price(order, say, options, pay, customer, now):
    say(order, options["post"])
    pay(order)

    with pytest.raises(OrderIsClosed):
        choose_shipping(
            order_id=order.pk,
            customer_id=customer.pk,
            option_id=options["fast"].pk,
            now=now,
        )

    assert Order.objects.get().total_minor == 2300


def test_nobody_addresses_what_another_ordered(order, make_customer, now):
    with pytest.raises(UnknownParcel):
        give_order_address(
            order_id=order.pk, customer_id=make_customer().pk, address=ADDRESS, now=now
        )

    assert Parcel.objects.get().address == ""


def test_a_word_is_no_address(order, customer, now):
    with pytest.raises(AddressNeeded):
        give_order_address(order_id=order.pk, customer_id=customer.pk, address=" x ", now=now)

    assert Parcel.objects.get().address == ""


def test_an_order_that_expires_sends_nothing(order, now):
    expire_order(order_id=order.pk, now=now + timedelta(hours=1))

    assert Parcel.objects.get().status == "cancelled"


def test_a_parcel_is_packed_shipped_and_arrives(order, say, pay, customer, now):
    say(order)
    pay(order)
    parcel = Parcel.objects.get()

    mark_packed(parcel_id=parcel.pk, actor="staff:7", now=now)
    with pytest.raises(ParcelHasLeft):
        give_address(
            parcel_id=parcel.pk,
            customer_id=customer.pk,
            address="Somewhere else entirely",
            actor="staff:7",
            now=now,
        )
    ship(parcel_id=parcel.pk, carrier="DHL", tracking_number=" 42 ", actor="staff:7", now=now)
    relay(now=now)

    order.refresh_from_db()
    assert order.status == "fulfilled"
    said = [row.params["text"] for row in OutgoingMessage.objects.all()]
    (told,) = [text for text in said if "on its way" in text]
    assert "DHL" in told
    assert "<code>42</code>" in told
    mark_delivered(parcel_id=parcel.pk, actor="staff:7", now=now)
    relay(now=now)
    parcel.refresh_from_db()
    assert (parcel.status, parcel.address) == ("delivered", ADDRESS)
    said = [row.params["text"] for row in OutgoingMessage.objects.all()]
    assert len([text for text in said if "has arrived" in text]) == 1


def test_a_refund_keeps_back_a_parcel_and_its_end_sends_it_after_all(order, say, pay, now):
    say(order)
    pay(order)
    lines = list(order.lines.all())

    take_delivery_back(lines=lines, actor="staff:7", now=now)
    assert Parcel.objects.get().status == "cancelled"
    give_delivery_again(lines=lines, actor="staff:7", now=now)
    assert Parcel.objects.get().status == "to_pack"


def test_a_refund_does_not_call_back_what_has_left(order, say, pay, now):
    say(order)
    pay(order)
    _ship(parcel_id=Parcel.objects.get().pk, actor="staff:7", now=now)

    take_delivery_back(lines=list(order.lines.all()), actor="staff:7", now=now)

    assert Parcel.objects.get().status == "shipped"


def test_what_is_not_paid_is_not_shipped(order, say, now):
    say(order)

    with pytest.raises(IllegalTransition):
        ship(
            parcel_id=Parcel.objects.get().pk,
            carrier="",
            tracking_number="1",
            actor="staff:7",
            now=now,
        )

    assert Parcel.objects.get().status == "unpaid"


MOVES = [(before, after) for before in Parcel.Status.values for after in Parcel.Status.values]


@pytest.mark.parametrize(("before", "after"), MOVES)
def test_a_parcel_moves_only_as_its_table_says(before, after, order, now):
    move = {"packed": mark_packed, "delivered": mark_delivered}.get(after)
    if after == "shipped":
        move = _ship
    if move is None:
        return
    times = {"shipped_at": now if before in ("shipped", "delivered") else None}
    times["delivered_at"] = now if before == "delivered" else None
    Parcel.objects.update(status=before, address=ADDRESS, **times)
    parcel = Parcel.objects.get()

    if after in Parcel.NEXT[Parcel.Status(before)]:
        move(parcel_id=parcel.pk, actor="staff:7", now=now)
    else:
        with pytest.raises(IllegalTransition):
            move(parcel_id=parcel.pk, actor="staff:7", now=now)

    parcel.refresh_from_db()
    legal = after in Parcel.NEXT[Parcel.Status(before)]
    assert parcel.status == (after if legal else before)


def _ship(*, parcel_id, actor, now):
    ship(parcel_id=parcel_id, carrier="", tracking_number="1", actor=actor, now=now)
