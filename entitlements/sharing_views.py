"""What can a customer share or try? Reads for the screens about seats, gifts and trials."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Q

from catalog.models import ProductTier
from entitlements.models import GiftCode, Grant, SeatInvite, SeatPool, TierGrant
from entitlements.services.trials import trial_source


@dataclass(frozen=True, slots=True)
class SeatMember:
    """One seat that is taken, or a link that still can be."""

    seat_id: int
    name: str
    code: str
    is_taken: bool


@dataclass(frozen=True, slots=True)
class SeatsView:
    """The seats of an owner at one level of one entitlement, with who sits on them."""

    pool_id: int
    code: str
    name: str
    level: str
    seats: int
    members: tuple[SeatMember, ...]

    @property
    def free(self) -> int:
        """How many more people can join now."""
        return max(self.seats - sum(member.is_taken for member in self.members), 0)


@dataclass(frozen=True, slots=True)
class GiftView:
    """A gift that a customer paid for, and what became of it."""

    gift_id: int
    code: str
    tier_id: int
    months: int | None
    is_redeemed: bool
    is_open: bool


def seats_of(owner_id: int, at: datetime) -> tuple[SeatsView, ...]:
    """Return the seats a customer owns now, by entitlement and level; three queries.

    A pool whose grants are over is listed with no seats, so that its members can be seen.
    """
    pools = SeatPool.objects.filter(owner_id=owner_id).select_related("type")
    running = Grant.objects.live().filter(
        Q(ends_at__isnull=True) | Q(ends_at__gt=at),
        customer_id=owner_id,
        seats__gt=0,
        starts_at__lte=at,
        access_until__gt=at,
    )
    counts: dict[tuple[int, str], int] = {}
    for grant in running:
        key = (grant.type_id, grant.level)
        counts[key] = max(counts.get(key, 0), grant.seats)
    members = _members(owner_id, at)
    return tuple(
        SeatsView(
            pool_id=pool.pk,
            code=pool.type.code,
            name=pool.type.name,
            level=pool.level,
            seats=counts.get((pool.type_id, pool.level), 0),
            members=tuple(members.get(pool.pk, ())),
        )
        for pool in pools.order_by("type__code", "pk")
    )


def _members(owner_id: int, at: datetime) -> dict[int, list[SeatMember]]:
    """Return taken seats and links that can be accepted, by pool, in the order taken."""
    open_or_taken = SeatInvite.objects.filter(
        Q(accepted_at__isnull=False) | Q(expires_at__gt=at),
        pool__owner_id=owner_id,
        removed_at__isnull=True,
    )
    found: dict[int, list[SeatMember]] = {}
    in_order = F("accepted_at").asc(nulls_last=True)
    for invite in open_or_taken.select_related("member").order_by(in_order, "pk"):
        name = invite.member.display_name if invite.member else ""
        found.setdefault(invite.pool_id, []).append(
            SeatMember(
                seat_id=invite.pk,
                name=name,
                code=invite.code,
                is_taken=invite.member_id is not None,
            )
        )
    return found


def gifts_given_by(giver_id: int, at: datetime) -> tuple[GiftView, ...]:
    """Return the gifts a customer paid for, the latest first; one query."""
    gifts = GiftCode.objects.filter(giver_id=giver_id, cancelled_at__isnull=True)
    return tuple(
        GiftView(
            gift_id=gift.pk,
            code=gift.code,
            tier_id=gift.tier_id,
            months=gift.months,
            is_redeemed=gift.redeemed_at is not None,
            is_open=gift.redeemed_at is None
            and (gift.expires_at is None or gift.expires_at > at),
        )
        for gift in gifts.order_by("-pk")
    )


def may_try(customer_id: int, tier_id: int) -> bool:
    """Tell whether a trial of a tier can be offered to a customer; three queries at most."""
    tier = ProductTier.objects.filter(pk=tier_id, trial_days__gt=0).first()
    if tier is None or not TierGrant.objects.filter(tier_id=tier_id).exists():
        return False
    source = trial_source(product_id=tier.product_id, customer_id=customer_id)
    return not Grant.objects.filter(source=source).exists()
