"""What does a customer hear of access that begins, ends, is shared or held back?"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from catalog.snapshot import catalog_snapshot
from customers.models import Customer
from entitlements.models import Block, EntitlementType, GiftCode, Grant, SeatPool
from entitlements.selectors import active_entitlements, has_entitlement
from entitlements.services.seats import SEAT_REMOVED
from orders.services.disputing import LOST_REASON
from shopbot.kernel.models import Event
from telegram_bot.answers import Keyboard, Screen
from telegram_bot.presenters import access_notices, notices
from telegram_bot.presenters.wording import months

#: Said in the words of ``seat.removed`` and ``order.dispute_lost``.
_TOLD_OTHERWISE: Final = frozenset({SEAT_REMOVED, LOST_REASON})

Writer = Callable[[Event, Customer], Screen | None]

#: Where an event is not for the customer it is about: who hears of it instead.
HEARERS: Final[Mapping[str, str]] = {"gift.redeemed": "giver_id", "seat.removed": "member_id"}


def hearer_of(event: Event) -> int | None:
    """Return the number of the customer who is to hear of an event."""
    field = HEARERS.get(event.kind)
    return event.customer_id if field is None else event.data.get(field)


def _expiring(event: Event, customer: Customer) -> Screen | None:
    grant = _grant(event)
    if grant is None or grant.ends_at is None:
        return None
    return access_notices.expiring(
        grant.type.name,
        grant.ends_at,
        int(event.data["days"]),
        then=event.data.get("then_level") or "",
        renew=_renew(event, grant),
    )


def _expired(event: Event, customer: Customer) -> Screen | None:
    grant = _grant(event)
    if grant is None:
        return None
    return access_notices.expired(
        grant.type.name,
        _moment(event.data.get("grace_until"), after=event.happened_at),
        then=event.data.get("then_level") or "",
        renew=_renew(event, grant),
    )


def _grace_ended(event: Event, customer: Customer) -> Screen | None:
    grant = _grant(event)
    if grant is None:
        return None
    return access_notices.grace_ended(
        grant.type.name,
        level=grant.level,
        then=event.data.get("then_level") or "",
        renew=_renew(event, grant),
    )


def _revoked(event: Event, customer: Customer) -> Screen | None:
    row = _grant(event)
    is_gift = row is not None and row.source.startswith("gift:")
    # The words about a lost dispute are for who paid, not for who holds the gift.
    if event.data.get("reason") in _TOLD_OTHERWISE and not is_gift:
        return None
    if row is not None and row.access_until < event.happened_at:
        return None  # it had run out before
    code, level = str(event.data.get("code", "")), event.data.get("level")
    found = EntitlementType.objects.filter(code=code).first()
    # Refunded or upgraded time beside time that goes on: nothing has ended for the customer.
    if found is None or has_entitlement(customer.pk, code, event.happened_at, level):
        return None
    held = {
        each.code: each.level for each in active_entitlements(customer.pk, event.happened_at)
    }
    if code in held and level:
        return access_notices.lowered(found.name, level=level, then=held[code])
    return notices.revoked(found.name)


def _gift_ready(event: Event, customer: Customer) -> Screen | None:
    gift = _gift(event)
    if gift is None:
        return None
    return access_notices.gift_ready(_gift_title(gift), gift.pk)


def _gift_arrived(event: Event, customer: Customer) -> Screen | None:
    gift = _gift(event)
    if gift is None or gift.redeemed_by is None:
        return None
    title = _gift_title(gift)
    return access_notices.gift_arrived(title, gift.redeemed_by.display_name)


def _seat_taken(event: Event, customer: Customer) -> Screen | None:
    pool = _pool(event)
    member = Customer.objects.filter(pk=event.data.get("member_id")).first()
    if pool is None or member is None:
        return None
    return access_notices.seat_taken(pool.type.name, member.display_name, pool.pk)


def _seat_lost(event: Event, customer: Customer) -> Screen | None:
    pool = _pool(event)
    return None if pool is None else access_notices.seat_lost(pool.type.name)


def _blocked(event: Event, customer: Customer) -> Screen | None:
    if event.data.get("only_source"):
        return access_notices.gift_on_hold()
    return access_notices.blocked(str(event.data.get("block", "")))


def _unblocked(event: Event, customer: Customer) -> Screen | None:
    if event.data.get("reason") in _TOLD_OTHERWISE:
        return None
    standing = Block.objects.standing(event.happened_at).filter(customer_id=customer.pk)
    return access_notices.unblocked(is_last=not standing.exists())


def _grant(event: Event) -> Grant | None:
    return Grant.objects.select_related("type").filter(pk=_number(event)).first()


def _gift(event: Event) -> GiftCode | None:
    gifts = GiftCode.objects.select_related("redeemed_by", "tier__product")
    return gifts.filter(pk=_number(event)).first()


def _pool(event: Event) -> SeatPool | None:
    pools = SeatPool.objects.select_related("type")
    return pools.filter(pk=event.data.get("pool_id")).first()


def _number(event: Event) -> int:
    return int(event.subject.rpartition(":")[2])


def _moment(written: str | None, *, after: datetime) -> datetime | None:
    found = datetime.fromisoformat(written) if written else None
    return found if found is not None and found > after else None


def _gift_title(gift: GiftCode) -> str:
    parts = [gift.tier.product.name, gift.tier.name]
    if gift.months:
        parts.append(months(gift.months))
    return " · ".join(parts)


def _renew(event: Event, grant: Grant) -> Keyboard:
    """Lead to the tier that would renew a grant; a seat is its owner's to renew."""
    catalog, tier_id = catalog_snapshot(), grant.tier_id
    is_own = grant.follows_id is None and tier_id is not None
    if tier_id is None or not is_own or not catalog.is_on_sale(tier_id, event.happened_at):
        return access_notices.renew_keys(None, is_monthly=False)
    return access_notices.renew_keys(tier_id, is_monthly=catalog.tier(tier_id).is_monthly)


WRITERS: Final[dict[str, Writer]] = {
    "grant.expiring": _expiring,
    "grant.expired": _expired,
    "grant.grace_ended": _grace_ended,
    "grant.revoked": _revoked,
    "gift.created": _gift_ready,
    "gift.redeemed": _gift_arrived,
    "seat.accepted": _seat_taken,
    "seat.removed": _seat_lost,
    "block.placed": _blocked,
    "block.lifted": _unblocked,
}
