"""What comes off the list price? Steps 7 to 9: volume, affiliate, promotions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pricing.engine.book import (
    BPS,
    AffiliateBook,
    PriceBook,
    PromotionBook,
    TierBook,
    Volume,
)
from pricing.engine.running import Running, what_is_left
from pricing.engine.values import Buyer, Coupon, CouponLimit, QuoteRequest


def volume_of(
    book: PriceBook, table: int | None, asked: int, guarded_to: int | None = None
) -> Volume:
    """Return what ``asked`` counts for: months under table None, units under a product's table.

    More must never cost less: 11 months at 10 % off would cost more than 12 at 20 % off. So
    nobody pays more than the next threshold would cost, whatever the table says; but for one
    beyond ``guarded_to``, which nobody could order instead.
    """
    steps = book.volume if table is None else book.quantity.get(table, ())
    unit = "months" if table is None else "quantity"
    if guarded_to is not None:
        steps = tuple(step for step in steps if step[0] <= guarded_to)
    return _count(steps, asked, unit)


def _count(steps: tuple[tuple[int, int], ...], asked: int, unit: str) -> Volume:
    bps = threshold = 0
    ahead = []
    for least, off in steps:
        if least <= asked:
            bps, threshold = off, least
        else:
            ahead.append((least * (BPS - off), least))
    counted = asked * (BPS - bps)
    guard_counted, guard = min([(counted, asked), *ahead])
    facts = {"bps": bps, f"from_{unit}": threshold}
    return Volume(counted, bps, facts, guard_counted, {unit: guard} if guard != asked else None)


def lower_by_volume(running: Running, volume: Volume, codes: tuple[str, str]) -> None:
    """Apply a table to an amount for so many; ``codes`` are the discount's and the guard's."""
    if volume.bps:
        running.lower(codes[0], volume.bps, volume.facts)
    if volume.guard_facts is not None:
        # asked * unit price * (1 - bps) is `counted`; the next threshold's is `guard_counted`.
        running.move(
            codes[1],
            running.numerator * volume.guard_counted,
            running.denominator * volume.counted,
            volume.guard_facts,
        )


def lower_for_referred(running: Running, terms: AffiliateBook, buyer: Buyer) -> None:
    """Apply the affiliate discount where the buyer was referred."""
    if not (buyer.is_referred and terms.is_active):
        return
    if terms.first_purchase_only and not buyer.is_first_purchase:
        return
    bps = terms.discount_bps
    if buyer.affiliate_id is not None and terms.overrides:
        bps = terms.overrides.get(buyer.affiliate_id, bps)
    if bps:
        running.lower("affiliate", bps, {"bps": bps})


@dataclass(slots=True)
class Taken:
    """What the promotions of one quote did."""

    reservations: tuple[tuple[int, int], ...] = ()
    coupon_fits: bool = True
    coupon_won: bool = False
    coupon_gave: bool = False


def lower_by_promotions(
    running: Running, request: QuoteRequest, book: PriceBook, tier: TierBook
) -> Taken:
    """Apply the promotions that fit, each on what the ones before it left.

    Of an exclusion group only the best one applies. What a promotion takes beyond the least
    that discounts may bring the price to gives nothing and reserves nothing.
    """
    taken = Taken()
    coupon = request.coupon
    wanted = coupon.promotion_id if coupon else 0
    left = dict(request.limits_left) if request.limits_left else {}
    for group in _groups_for(book, tier, request.region, wanted):
        best = None
        for promotion in group:
            if not is_open(promotion, request):
                continue
            offer = _offer(running, promotion)
            if offer is None:
                continue
            limits = limits_of(promotion, request)
            if limits and not _fits(running, limits, offer, left):
                taken.coupon_fits &= promotion.id != wanted
                continue
            if best is None or offer[0] * best[1][1] < best[1][0] * offer[1]:
                best = (promotion, offer, limits)
        if best is not None:
            _take(running, coupon, best[0], best[1], best[2], taken)
    return taken


def is_open(promotion: PromotionBook, request: QuoteRequest) -> bool:
    """Say whether schedule and buyer allow the promotion; scope is settled before."""
    at, buyer = request.at, request.buyer
    return (
        promotion.is_active
        and (promotion.starts_at is None or promotion.starts_at <= at)
        and (promotion.ends_at is None or at < promotion.ends_at)
        and (buyer.is_first_purchase or not promotion.first_purchase_only)
        and (buyer.is_staff or not promotion.staff_only)
    )


def limits_of(promotion: PromotionBook, request: QuoteRequest) -> tuple[CouponLimit, ...]:
    """Return the promotion's limits and, where it came by a code, the code's own."""
    coupon = request.coupon
    if coupon is None or coupon.promotion_id != promotion.id:
        return promotion.limits
    return (*promotion.limits, *coupon.limits)


def _groups_for(
    book: PriceBook, tier: TierBook, region: str, wanted: int
) -> tuple[tuple[PromotionBook, ...], ...]:
    key = ("groups", tier.id, region, wanted)
    found: tuple[tuple[PromotionBook, ...], ...] | None = book.recall(key)
    if found is None:
        found = book.keep(key, _groups(book, tier, region, wanted))
    return found


def _groups(
    book: PriceBook, tier: TierBook, region: str, wanted: int
) -> tuple[tuple[PromotionBook, ...], ...]:
    """Return the promotions in scope, by exclusion group, in an order that no id decides.

    Only ``priority`` and ``key``, both typed by staff, order them: entering the same rules in
    another order changes no price.
    """
    groups: dict[tuple[str, str], list[PromotionBook]] = {}
    for promotion in sorted(book.promotions, key=lambda each: (each.priority, each.key)):
        if promotion.needs_code and promotion.id != wanted:
            continue
        if promotion.covers(tier, region):
            alone = "" if promotion.group else promotion.key
            groups.setdefault((promotion.group, alone), []).append(promotion)
    return tuple(tuple(members) for members in groups.values())


def _offer(running: Running, promotion: PromotionBook) -> tuple[int, int] | None:
    """Return the exact amount that would remain; None in a currency the rule lacks."""
    numerator, denominator = running.numerator, running.denominator
    if not promotion.percent_bps:
        amount = promotion.amounts.get(running.currency)
        if amount is None:
            return None
        return max(numerator - amount * denominator, 0), denominator
    if promotion.caps:
        cap = promotion.caps.get(running.currency)
        if cap is None:
            return None
        if numerator * promotion.percent_bps > cap * denominator * BPS:
            return numerator - cap * denominator, denominator
    left, whole = what_is_left(promotion.percent_bps)
    return numerator * left, denominator * whole


def _fits(
    running: Running,
    limits: tuple[CouponLimit, ...],
    offer: tuple[int, int],
    left: dict[int, int],
) -> bool:
    """Say whether every limit has room for it."""
    cut = running.shown - (2 * offer[0] + offer[1]) // (2 * offer[1])
    budgets = [limit.currency for limit in limits if limit.kind == "budget"]
    if budgets and running.currency not in budgets:
        return False
    for limit_id, needed in _needs(limits, running.currency, cut):
        if left.get(limit_id, needed) < needed:
            return False
    return True


def _needs(
    limits: tuple[CouponLimit, ...], currency: str, cut: int
) -> tuple[tuple[int, int], ...]:
    """Return how much of each limit one use takes: one use, or the money of this currency."""
    return tuple(
        (limit.limit_id, cut if limit.kind == "budget" else 1)
        for limit in limits
        if limit.kind != "budget" or limit.currency == currency
    )


def _take(
    running: Running,
    coupon: Coupon | None,
    promotion: PromotionBook,
    offer: tuple[int, int],
    limits: tuple[CouponLimit, ...],
    taken: Taken,
) -> None:
    before, least = running.shown, running.least
    detail = _facts(promotion)
    by_code = coupon is not None and coupon.promotion_id == promotion.id
    if coupon is not None and by_code:
        detail["promo_code"] = coupon.code
    running.move("promo_code" if by_code else "promotion", offer[0], offer[1], detail)
    after = running.shown
    gave = (before if before > least else least) - (after if after > least else least)
    if by_code:
        taken.coupon_won, taken.coupon_gave = True, gave > 0
    if limits and gave > 0:
        taken.reservations += _needs(limits, running.currency, gave)


def _facts(promotion: PromotionBook) -> dict[str, int | str | bool | Mapping[str, str]]:
    facts: dict[str, int | str | bool | Mapping[str, str]] = {
        "promotion": promotion.id,
        "key": promotion.key,
        "name": promotion.name,
    }
    if promotion.names:
        facts["names"] = promotion.names
    if promotion.percent_bps:
        facts["bps"] = promotion.percent_bps
    return facts


__all__ = [
    "Taken",
    "is_open",
    "limits_of",
    "lower_by_promotions",
    "lower_by_volume",
    "lower_for_referred",
    "volume_of",
]
