"""Parcels: addressed, packed, shipped, arrived."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db import transaction

from delivery.errors import AddressNeeded, ParcelHasLeft, UnknownParcel, UnknownShipping
from delivery.lines import Line
from delivery.models import Parcel, ShippingOption
from shopbot.kernel.errors import IllegalTransition
from shopbot.kernel.events import record

_OPEN: Final = (Parcel.Status.UNPAID, Parcel.Status.TO_PACK)
_LONGEST: Final = 600


def expect_parcel(*, customer_id: int, line: Line, now: datetime) -> Parcel:
    """Note that an unpaid line would send a parcel; safe to repeat."""
    parcel, is_new = Parcel.objects.get_or_create(
        source=line.source,
        defaults={
            "customer_id": customer_id,
            "tier_id": line.tier_id,
            "quantity": line.quantity,
            "created_at": now,
        },
    )
    if not is_new and parcel.status == Parcel.Status.CANCELLED:
        _move(parcel, Parcel.Status.UNPAID)
    return parcel


def pack_parcel(*, customer_id: int, line: Line, actor: str, now: datetime) -> None:
    """Put the parcel of a paid line on staff's list; safe to repeat."""
    parcel = expect_parcel(customer_id=customer_id, line=line, now=now)
    if parcel.status == Parcel.Status.UNPAID:
        _move(parcel, Parcel.Status.TO_PACK)
        _record("parcel.to_pack", parcel, actor, now)


def cancel_parcel(*, source: str, now: datetime) -> None:
    """Keep back a parcel that has not left; one that has stays as it is."""
    held = Parcel.objects.filter(source=source)
    held.filter(
        status__in=[Parcel.Status.UNPAID, Parcel.Status.TO_PACK, Parcel.Status.PACKED]
    ).update(status=Parcel.Status.CANCELLED)


def send_parcel_after_all(*, source: str) -> None:
    """Put a parcel back on staff's list that was kept back though it is paid."""
    kept = Parcel.objects.filter(source=source, status=Parcel.Status.CANCELLED)
    kept.update(status=Parcel.Status.TO_PACK)


@transaction.atomic
def give_address(
    *, parcel_id: int, customer_id: int, address: str, actor: str, now: datetime
) -> Parcel:
    """Write down where a parcel goes; possible until it is packed.

    Raises:
        UnknownParcel: no such parcel, or somebody else's.
        AddressNeeded: the text holds no address.
        ParcelHasLeft: it is packed already.
    """
    parcel = _locked(parcel_id, customer_id)
    text = "\n".join(part.strip() for part in address.splitlines() if part.strip())
    if len(text) < 10:
        raise AddressNeeded("an address needs a name, a street, a town and a country")
    if parcel.status not in _OPEN:
        raise ParcelHasLeft(f"parcel {parcel_id} is {parcel.status}")
    parcel.address = text[:_LONGEST]
    parcel.save(update_fields=["address"])
    _record("parcel.addressed", parcel, actor, now)
    return parcel


def choose_option(
    *, parcel: Parcel, option_id: int, region: str, currency: str
) -> ShippingOption:
    """Note the way of sending on a parcel that is not paid; its price is the caller's to add.

    Raises:
        UnknownShipping: it is not offered for this region and currency.
    """
    options = shipping_options(region=region, currency=currency)
    option = next((each for each in options if each.pk == option_id), None)
    if option is None or parcel.status != Parcel.Status.UNPAID:
        raise UnknownShipping(f"shipping {option_id} is not offered here")
    parcel.option = option
    parcel.save(update_fields=["option"])
    return option


def shipping_options(*, region: str, currency: str) -> list[ShippingOption]:
    """Return the ways of sending to a region, those of the region alone where it has any."""
    offered = ShippingOption.objects.filter(is_active=True, currency=currency)
    found = list(offered.filter(region__in=[region, ""]))
    return [each for each in found if each.region] or found


@transaction.atomic
def mark_packed(*, parcel_id: int, actor: str, now: datetime) -> None:
    """Note that a parcel is packed.

    Raises:
        AddressNeeded: the customer has given no address.
        IllegalTransition: it is not waiting to be packed.
    """
    parcel = _addressed(parcel_id)
    _move(parcel, Parcel.Status.PACKED)
    _record("parcel.packed", parcel, actor, now)


@transaction.atomic
def ship(
    *, parcel_id: int, carrier: str, tracking_number: str, actor: str, now: datetime
) -> None:
    """Note that a parcel has left; the customer is told with its number.

    Raises:
        AddressNeeded: the customer has given no address.
        IllegalTransition: it is not paid, or has left already.
    """
    parcel = _addressed(parcel_id)
    parcel.carrier, parcel.tracking_number = carrier.strip(), tracking_number.strip()
    parcel.shipped_at = now
    _move(parcel, Parcel.Status.SHIPPED, "carrier", "tracking_number", "shipped_at")
    _record("parcel.shipped", parcel, actor, now)


@transaction.atomic
def mark_delivered(*, parcel_id: int, actor: str, now: datetime) -> None:
    """Note that a parcel has arrived.

    Raises:
        IllegalTransition: it has not been shipped.
    """
    parcel = _locked(parcel_id)
    parcel.delivered_at = now
    _move(parcel, Parcel.Status.DELIVERED, "delivered_at")
    _record("parcel.delivered", parcel, actor, now)


def _addressed(parcel_id: int) -> Parcel:
    parcel = _locked(parcel_id)
    if not parcel.address:
        raise AddressNeeded(f"parcel {parcel_id} has no address yet")
    return parcel


def _locked(parcel_id: int, customer_id: int | None = None) -> Parcel:
    rows = Parcel.objects.select_for_update(of=("self",)).filter(pk=parcel_id)
    parcel = (
        rows.first() if customer_id is None else rows.filter(customer_id=customer_id).first()
    )
    if parcel is None:
        raise UnknownParcel(f"no parcel {parcel_id}", parcel_id=parcel_id)
    return parcel


def _move(parcel: Parcel, to: Parcel.Status, *changed: str) -> None:
    if to not in Parcel.NEXT[Parcel.Status(parcel.status)]:
        raise IllegalTransition(f"a parcel that is {parcel.status} cannot become {to}")
    parcel.status = to
    parcel.save(update_fields=["status", *changed])


def _record(kind: str, parcel: Parcel, actor: str, now: datetime) -> None:
    record(
        kind,
        subject=parcel.subject,
        actor=actor,
        at=now,
        customer_id=parcel.customer_id,
        source=parcel.source,
    )
