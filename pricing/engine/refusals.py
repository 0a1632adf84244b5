"""Why does a promo code not apply? Stable reasons; their words are in ``explain_text``."""

from __future__ import annotations

from typing import Final

from pricing.engine.book import PriceBook, PromotionBook, TierBook
from pricing.engine.discounts import limits_of
from pricing.engine.values import Coupon, CouponLimit, QuoteRequest

REASONS: Final = (
    "unknown",
    "not_active",
    "not_started",
    "ended",
    "not_yours",
    "staff_only",
    "first_purchase_only",
    "not_in_region",
    "not_for_this",
    "not_in_currency",
    "used_up",
    "used_by_you",
    "better_offer",
    "gives_nothing",
)


def why_refused(request: QuoteRequest, book: PriceBook, tier: TierBook, currency: str) -> str:
    """Return the first reason against the request's code, or nothing.

    Only the calculation shows ``better_offer``, ``gives_nothing``, and ``used_up`` where a
    budget has something left, but less than the code would give.
    """
    coupon = request.coupon
    if coupon is None:
        return "unknown"
    promotion = book.promotion(coupon.promotion_id)
    if promotion is None:
        return "unknown"
    reason = _against_time(request, promotion, coupon) or _against_buyer(
        request, promotion, coupon
    )
    if reason:
        return reason
    key = ("scope", promotion.id, tier.id, request.region, currency)
    reason = book.recall(key)
    if reason is None:
        reason = book.keep(key, _against_scope(promotion, tier, request.region, currency))
    limits = limits_of(promotion, request)
    if reason or not limits:
        return reason
    return _against_limits(limits, request, currency)


def why_refused_everywhere(request: QuoteRequest, book: PriceBook) -> str:
    """Return the first reason against the request's code whatever is bought, or nothing."""
    coupon = request.coupon
    promotion = book.promotion(coupon.promotion_id) if coupon else None
    if coupon is None or promotion is None:
        return "unknown"
    # Money of a budget may be left in another currency.
    uses = tuple(each for each in limits_of(promotion, request) if each.kind != "budget")
    return (
        _against_time(request, promotion, coupon)
        or _against_buyer(request, promotion, coupon)
        or _against_limits(uses, request, "")
    )


def _against_time(request: QuoteRequest, promotion: PromotionBook, coupon: Coupon) -> str:
    if not (promotion.is_active and coupon.is_active):
        return "not_active"
    if promotion.starts_at is not None and request.at < promotion.starts_at:
        return "not_started"
    if promotion.ends_at is not None and request.at >= promotion.ends_at:
        return "ended"
    return ""


def _against_buyer(request: QuoteRequest, promotion: PromotionBook, coupon: Coupon) -> str:
    buyer = request.buyer
    if coupon.customer_id is not None and coupon.customer_id != buyer.customer_id:
        return "not_yours"
    if promotion.staff_only and not buyer.is_staff:
        return "staff_only"
    if promotion.first_purchase_only and not buyer.is_first_purchase:
        return "first_purchase_only"
    return ""


def _against_scope(promotion: PromotionBook, tier: TierBook, region: str, currency: str) -> str:
    if promotion.regions and region not in promotion.regions:
        return "not_in_region"
    if not promotion.covers(tier, region):
        return "not_for_this"
    known = promotion.caps if promotion.percent_bps else promotion.amounts
    if (known or not promotion.percent_bps) and currency not in known:
        return "not_in_currency"
    return ""


def _against_limits(
    limits: tuple[CouponLimit, ...], request: QuoteRequest, currency: str
) -> str:
    budgets = [limit.currency for limit in limits if limit.kind == "budget"]
    if budgets and currency not in budgets:
        return "not_in_currency"
    left = dict(request.limits_left)
    for limit in limits:
        if left.get(limit.limit_id, 1) > 0 or limit.currency not in ("", currency):
            continue
        return "used_by_you" if limit.kind == "customer" else "used_up"
    return ""
