"""What does a screen about access ask of the shop? One synchronous block each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from catalog.snapshot import TierView
from entitlements.errors import GiftIsOwn, UnknownGift, UnknownInvite
from entitlements.explain import Explanation, explain, explain_held
from entitlements.models import EntitlementType, GiftCode, Grant, TierGrant
from entitlements.selectors import Holding, active_entitlements, holdings
from entitlements.services import (
    accept_seat,
    invite_to_seat,
    redeem_gift,
    remove_seat,
    start_trial,
    tier_grants,
)
from entitlements.sharing_views import (
    GiftView,
    SeatMember,
    SeatsView,
    gifts_given_by,
    may_try,
    seats_of,
)
from orders.errors import NotAGift
from orders.gifts import Purpose
from orders.models import OrderLine
from orders.quoting import Wish
from orders.services.placing import place_order
from pricing.engine.values import Quote
from telegram_bot import purchases
from telegram_bot.callbacks import BuyGift, ShowGiftOffer
from telegram_bot.errors import StaleButton
from telegram_bot.order_cards import OrderCard, with_ways
from telegram_bot.visit import Visit


@dataclass(frozen=True, slots=True)
class Why:
    """Why a customer has something or not, and the tier that would bring more of it.

    ``type_id`` names it in buttons. ``tier_id`` is None where buying does not help.
    """

    type_id: int
    explanation: Explanation
    tier_id: int | None


@dataclass(frozen=True, slots=True)
class Known:
    """Something a customer has or once had."""

    type_id: int
    name: str
    has_access: bool


@dataclass(frozen=True, slots=True)
class Received:
    """What a gift or a seat has brought, for the words about it; a seat has no tier."""

    holdings: tuple[Holding, ...]
    tier_id: int | None = None
    months: int | None = None


def trials(*, customer_id: int, tiers: Sequence[TierView]) -> tuple[TierView, ...]:
    """Return the tiers that the customer may try; three queries for each that has a trial."""
    return tuple(tier for tier in tiers if tier.trial_days and may_try(customer_id, tier.id))


def try_tier(*, visit: Visit, tier_id: int) -> datetime:
    """Begin a trial and return when it ends.

    Raises:
        ShopError: what ``start_trial`` refuses.
    """
    actor = f"customer:{visit.customer_id}"
    grants = start_trial(
        customer_id=visit.customer_id, tier_id=tier_id, now=visit.at, actor=actor
    )
    return max(grant.ends_at for grant in grants if grant.ends_at is not None)


def known(*, customer_id: int, at: datetime) -> tuple[Known, ...]:
    """Return everything that the customer was ever given, by code; four queries."""
    found = explain_held(customer_id, at)
    codes = [each.code for each in found]
    ids = dict(EntitlementType.objects.filter(code__in=codes).values_list("code", "pk"))
    return tuple(Known(ids[each.code], each.name, each.has_access) for each in found)


def why(*, visit: Visit, type_id: int) -> Why:
    """Explain what the customer has of an entitlement; a fixed number of queries.

    Raises:
        StaleButton: no such entitlement.
    """
    entitlement = EntitlementType.objects.filter(pk=type_id).first()
    if entitlement is None:
        raise StaleButton(f"no entitlement {type_id}")
    found = explain(visit.customer_id, entitlement.code, visit.at)
    helps = found.verdict not in {"blocked", "switched_off"} and not _is_endless(visit, type_id)
    return Why(type_id, found, _tier_for(visit, type_id) if helps else None)


def _is_endless(visit: Visit, type_id: int) -> bool:
    """What is for life, or another one's seat, the customer cannot renew."""
    return any(
        held.is_active and (held.ends_at is None or held.is_seat)
        for held in holdings(visit.customer_id, visit.at)
        if held.type_id == type_id
    )


def _tier_for(visit: Visit, type_id: int) -> int | None:
    """Return the tier the customer had last, else the lowest on sale that gives it."""
    own = Grant.objects.filter(
        customer_id=visit.customer_id, type_id=type_id, follows__isnull=True
    )
    had = own.exclude(tier=None).order_by("-access_until", "-pk")
    selling = TierGrant.objects.filter(type_id=type_id).values_list("tier_id", flat=True)
    on_sale = [each for each in selling if visit.catalog.is_on_sale(each, visit.at)]
    last = had.values_list("tier_id", flat=True).first()
    if last is not None and visit.catalog.is_on_sale(last, visit.at):
        return int(last)
    return min(on_sale, key=lambda each: visit.catalog.tier(each).rank, default=None)


def gift_price(*, visit: Visit, data: ShowGiftOffer) -> Quote:
    """Price a gift: what the giver owns does not count.

    Raises:
        NotAGift: the tier gives no access.
        ShopError: pricing's own refusals.
    """
    if not tier_grants(data.tier_id):
        raise NotAGift(f"tier {data.tier_id} gives no access", tier_id=data.tier_id)
    return purchases.priced(visit=visit, wish=_gift(visit, data))


def order_gift(*, visit: Visit, data: BuyGift) -> OrderCard:
    """Place the order that a gift's price screen offered; the same button places it once."""
    order = place_order(
        customer_id=visit.customer_id,
        wish=_gift(visit, data),
        expected_fingerprint=data.fingerprint,
        placement_key=f"tg:g:{data.nonce}:{data.fingerprint}",
        now=visit.at,
    )
    return with_ways(order)


def _gift(visit: Visit, data: ShowGiftOffer | BuyGift) -> Wish:
    return Wish(
        tier_id=data.tier_id,
        months=data.months,
        promo_code=visit.talk.promo_code if data.with_code else None,
        purpose=Purpose.GIFT,
    )


def own_gift(*, visit: Visit, gift_id: int) -> GiftView:
    """Return a gift that the customer paid for.

    Raises:
        UnknownGift: no such gift, somebody else's, or withdrawn.
    """
    for gift in gifts_given_by(visit.customer_id, visit.at):
        if gift.gift_id == gift_id:
            return gift
    raise UnknownGift(f"customer {visit.customer_id} gave no gift {gift_id}")


def gift_of_order(*, visit: Visit, order_id: int) -> GiftView:
    """Return the gift that one of the customer's orders paid for.

    Raises:
        UnknownGift: there is none.
    """
    lines = OrderLine.objects.filter(order_id=order_id, order__customer_id=visit.customer_id)
    sources = [line.source for line in lines]
    gift_id = GiftCode.objects.filter(source__in=sources).values_list("pk", flat=True).first()
    return own_gift(visit=visit, gift_id=gift_id or 0)


def open_gift(*, visit: Visit, code: str) -> Received:
    """Redeem a gift for the customer who opened its link.

    Raises:
        ShopError: what ``redeem_gift`` refuses; the giver of an open gift hears ``GiftIsOwn``.
    """
    gift = GiftCode.objects.filter(code=code).first()
    if gift is not None and gift.giver_id == visit.customer_id:
        raise GiftIsOwn(f"gift {gift.pk} is customer {visit.customer_id}'s own")
    redeem_gift(code=code, customer_id=visit.customer_id, now=visit.at)
    held = active_entitlements(visit.customer_id, visit.at)
    if gift is None:
        return Received(held)
    return Received(held, gift.tier_id, gift.months)


def own_seats(*, visit: Visit, pool_id: int) -> SeatsView:
    """Return one of the customer's groups of seats.

    Raises:
        StaleButton: no such one, or somebody else's.
    """
    for seats in seats_of(visit.customer_id, visit.at):
        if seats.pool_id == pool_id:
            return seats
    raise StaleButton(f"customer {visit.customer_id} has no seats {pool_id}")


def own_seat(*, visit: Visit, seat_id: int) -> tuple[SeatsView, SeatMember]:
    """Return a seat or an open link of the customer's, with the seats it is one of.

    Raises:
        UnknownInvite: no such one, somebody else's, or withdrawn.
    """
    for seats in seats_of(visit.customer_id, visit.at):
        for member in seats.members:
            if member.seat_id == seat_id:
                return seats, member
    raise UnknownInvite(f"customer {visit.customer_id} has no seat {seat_id}")


def invite(*, visit: Visit, pool_id: int) -> tuple[SeatsView, SeatMember]:
    """Make a link for one seat.

    Raises:
        NoSeats: the customer has none there now.
    """
    made = invite_to_seat(owner_id=visit.customer_id, pool_id=pool_id, now=visit.at)
    return own_seat(visit=visit, seat_id=made.pk)


def remove(*, visit: Visit, seat_id: int) -> SeatsView:
    """Withdraw a link or end a member's access, and return the seats as they are then.

    Raises:
        UnknownInvite: the customer has no such seat.
    """
    seats, _member = own_seat(visit=visit, seat_id=seat_id)
    actor = f"customer:{visit.customer_id}"
    remove_seat(owner_id=visit.customer_id, seat_id=seat_id, actor=actor, now=visit.at)
    return own_seats(visit=visit, pool_id=seats.pool_id)


def take_seat(*, visit: Visit, code: str) -> Received:
    """Take the seat of an invitation.

    Raises:
        ShopError: what ``accept_seat`` refuses.
    """
    accept_seat(code=code, customer_id=visit.customer_id, now=visit.at)
    return Received(active_entitlements(visit.customer_id, visit.at))
