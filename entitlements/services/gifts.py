"""Let one customer pay and another one hold."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from entitlements.errors import GiftIsHeld, GiftIsOver, GiftIsOwn, GiftIsUsed, UnknownGift
from entitlements.locking import lock_customer, lock_customers
from entitlements.models import Block, GiftCode, Grant
from entitlements.services.granting import grant_all, grants_for_tier
from shopbot.kernel.events import record


@transaction.atomic
def create_gift(
    *,
    tier_id: int,
    months: int | None,
    source: str,
    giver_id: int | None,
    actor: str,
    now: datetime,
    expires_at: datetime | None = None,
) -> GiftCode:
    """Make the code of a gift that ``source`` paid for. Safe to repeat: one gift per source."""
    gift, is_new = GiftCode.objects.get_or_create(
        source=source,
        defaults={
            "tier_id": tier_id,
            "months": months,
            "giver_id": giver_id,
            "created_at": now,
            "expires_at": expires_at,
        },
    )
    if is_new:
        _record("gift.created", gift, actor=actor, now=now, customer_id=giver_id)
    return gift


@transaction.atomic
def redeem_gift(*, code: str, customer_id: int, now: datetime) -> list[Grant]:
    """Grant a gift to the customer who opened its link.

    Safe to repeat: who redeemed it gets the same grants again. One UPDATE decides between two
    who redeem at once. Locks the customer, and whoever gives it.

    Raises:
        UnknownGift: no gift has this code, or it was withdrawn.
        GiftIsUsed: somebody else has redeemed it.
        GiftIsOver: it was not redeemed in time.
        GiftIsOwn: the customer is who gives it.
        GiftIsHeld: whoever gives it is blocked.
        UnknownCustomer: no such customer.
    """
    gift = GiftCode.objects.filter(code=code, cancelled_at__isnull=True).first()
    if gift is None:
        raise UnknownGift("no gift has this code")
    if gift.redeemed_by_id is None:
        # Under the giver's lock, or a dispute of this moment would miss what it is to suspend.
        lock_customers({customer_id, gift.giver_id or customer_id})
        _check_giver(gift, customer_id, now=now)
    else:
        lock_customer(customer_id)
    if _claim(gift.pk, customer_id, now=now):
        actor = f"customer:{customer_id}"
        _record("gift.redeemed", gift, actor=actor, now=now, customer_id=customer_id)
    else:
        _check_claimed_by(gift.pk, customer_id)
    new = grants_for_tier(tier_id=gift.tier_id, source=gift.grant_source, months=gift.months)
    actor = f"customer:{customer_id}"
    return grant_all(customer_id=customer_id, grants=new, now=now, actor=actor)


def _check_giver(gift: GiftCode, customer_id: int, *, now: datetime) -> None:
    if gift.giver_id == customer_id:
        raise GiftIsOwn(f"gift {gift.pk} is customer {customer_id}'s own", gift_id=gift.pk)
    # What a stolen card paid for must not be carried over to a second account.
    held = Block.objects.standing(now).on_everything()
    if held.filter(customer__gifts_given=gift).exists():
        raise GiftIsHeld(f"the giver of gift {gift.pk} is blocked", gift_id=gift.pk)


def _claim(gift_id: int, customer_id: int, *, now: datetime) -> bool:
    open_gift = GiftCode.objects.filter(
        Q(expires_at__isnull=True) | Q(expires_at__gt=now),
        pk=gift_id,
        redeemed_at__isnull=True,
        cancelled_at__isnull=True,
    )
    return open_gift.update(redeemed_by_id=customer_id, redeemed_at=now) == 1


def _check_claimed_by(gift_id: int, customer_id: int) -> None:
    """Say why a gift could not be claimed; pass if this customer has it already."""
    gift = GiftCode.objects.get(pk=gift_id)
    if gift.redeemed_by_id == customer_id:
        return
    if gift.cancelled_at is not None:
        raise UnknownGift(f"gift {gift_id} was withdrawn", gift_id=gift_id)
    if gift.redeemed_by_id is not None:
        raise GiftIsUsed(f"gift {gift_id} was redeemed", gift_id=gift_id)
    raise GiftIsOver(f"gift {gift_id} was not redeemed in time", gift_id=gift_id)


@transaction.atomic
def cancel_gift(*, gift_id: int, actor: str, now: datetime) -> bool:
    """Withdraw a gift that nobody has redeemed, for good; False when it is redeemed or so.

    Also one that was withdrawn with its payment: it stays withdrawn if the money comes back.
    """
    is_open = Q(cancelled_at__isnull=True) | Q(is_cancelled_by_source=True)
    unused = GiftCode.objects.filter(is_open, pk=gift_id, redeemed_at__isnull=True)
    if not unused.update(cancelled_at=now, is_cancelled_by_source=False):
        return False
    gift = GiftCode.objects.get(pk=gift_id)
    _record("gift.cancelled", gift, actor=actor, now=now, customer_id=gift.giver_id)
    return True


@transaction.atomic
def reopen_gifts(*, sources: Sequence[str], actor: str, now: datetime) -> int:
    """Let gifts be redeemed after all that were withdrawn with these; return how many.

    For money that came back to the shop after it had been lost. What staff withdrew stays
    withdrawn. Safe to repeat.
    """
    withdrawn = GiftCode.objects.filter(source__in=sources, is_cancelled_by_source=True)
    gifts = list(withdrawn.order_by("pk"))
    withdrawn.update(cancelled_at=None, is_cancelled_by_source=False)
    for gift in gifts:
        _record("gift.reopened", gift, actor=actor, now=now, customer_id=gift.giver_id)
    return len(gifts)


def _record(
    kind: str, gift: GiftCode, *, actor: str, now: datetime, customer_id: int | None
) -> None:
    record(
        kind,
        subject=f"gift:{gift.pk}",
        actor=actor,
        at=now,
        customer_id=customer_id,
        tier_id=gift.tier_id,
        months=gift.months,
        source=gift.source,
        giver_id=gift.giver_id,
    )
