"""Quoting: look up what a question refers to, ask the engine, remember what was shown."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime

from django.db.models import F, FilteredRelation, OuterRef, Q, Subquery, Value

from customers.models import Customer
from pricing.book import price_book
from pricing.engine import (
    Buyer,
    Coupon,
    CouponLimit,
    PriceBook,
    PromoRefused,
    Quote,
    QuoteRequest,
)
from pricing.engine import quote as calculate
from pricing.engine.book import PromotionBook
from pricing.engine.listing import arm_in
from pricing.engine.refusals import why_refused_everywhere
from pricing.engine.replay import inputs_of
from pricing.engine.values import ArmUse
from pricing.models import Exposure, PromoCode, PromoLimit, Reservation, StoredQuote
from shopbot.kernel.statements import insert_missing


def quote_offer(*, request: QuoteRequest) -> Quote:
    """Price a request with the book in force: what ``place_order`` will charge.

    One query; more only where a promo code, a limited promotion or an experiment is involved.
    A price shown under an experiment is remembered, so the customer never sees another one.

    Raises:
        UnknownTier: no such tier.
        UnknownRegion: no such region.
        UnknownCurrency: not a currency of the shop.
        BadTerms: months or quantity outside of what the tier is sold for.
        NotForSale: the tier is off, or outside of its schedule.
        NoRate: an exchange rate is missing or too old.
        PromoRefused: the promo code does not apply; ``reason`` says why.
    """
    return quote_with_book(request=request, book=price_book())


def quote_with_book(
    *, request: QuoteRequest, book: PriceBook, instead_of: str | None = None
) -> Quote:
    """Price a request with a book the caller has; otherwise as ``quote_offer``.

    What the holder ``instead_of`` (such as ``order:17``) has reserved counts as free.
    """
    asked = complete(request=request, book=book, instead_of=instead_of)
    made = calculate(asked, book)
    remember_shown(quote=made)
    return made


def remember_shown(*, quote: Quote) -> None:
    """Note the arm whose price a customer is shown, so that they never see another one.

    Safe to repeat: for whoever shows a price after what it was made in was rolled back.
    """
    buyer = quote.request.buyer
    if quote.experiment is not None and buyer.customer_id is not None:
        _remember_arm(quote.experiment, quote.request, buyer.customer_id)


def show_arms(
    *, customer_id: int, tier_ids: Collection[int], book: PriceBook, now: datetime
) -> tuple[tuple[int, int], ...]:
    """Return the arms of tests on these tiers that a customer was shown, or is shown now.

    For screens that price many offers at once: each price shown is remembered. At most two
    queries, none where nothing is tested.
    """
    tested = {key: book.experiments[key] for key in tier_ids if key in book.experiments}
    if not tested:
        return ()
    ids = [each.id for experiments in tested.values() for each in experiments]
    shown = Exposure.objects.filter(customer_id=customer_id, experiment__in=ids)
    arms = dict(shown.order_by("experiment_id").values_list("experiment_id", "arm_id"))
    buyer = Buyer(customer_id=customer_id, arms=tuple(arms.items()))
    found = [arm_in(experiments, buyer, now) for experiments in tested.values()]
    drawn = {test.id: arm.id for test, arm in filter(None, found) if test.id not in arms}
    _write_exposures(customer_id, drawn, now)
    return (*arms.items(), *drawn.items())


def preview(*, request: QuoteRequest, book: PriceBook) -> Quote:
    """Price a request for staff: as ``quote_with_book``, but nobody has been shown anything."""
    return calculate(complete(request=request, book=book), book)


def complete(
    *, request: QuoteRequest, book: PriceBook, instead_of: str | None = None
) -> QuoteRequest:
    """Return the request with the facts that live outside of the price book."""
    if request.promo_code is not None and request.coupon is None:
        request = replace(request, coupon=find_coupon(request.promo_code))
    if _asks_for_staff(book):
        buyer = replace(request.buyer, is_staff=_is_staff(request.buyer))
        request = replace(request, buyer=buyer)
    limits = _limits_in_question(request, book)
    if limits:
        request = replace(
            request,
            limits_left=free_of_limits(
                limit_ids=limits,
                customer_id=request.buyer.customer_id,
                instead_of=instead_of,
            ),
        )
    customer_id = request.buyer.customer_id
    experiments = book.experiments.get(request.tier_id)
    if experiments and customer_id is not None:
        shown = Exposure.objects.filter(
            customer_id=customer_id, experiment__in=[each.id for each in experiments]
        )
        arms = tuple(shown.order_by("experiment_id").values_list("experiment_id", "arm_id"))
        request = replace(request, buyer=replace(request.buyer, arms=arms))
    return request


def _asks_for_staff(book: PriceBook) -> bool:
    return book.remember("staff-only", lambda: any(p.staff_only for p in book.promotions))


def _is_staff(buyer: Buyer) -> bool:
    if buyer.is_staff or buyer.customer_id is None:
        return buyer.is_staff
    return Customer.objects.filter(pk=buyer.customer_id, is_staff=True).exists()


def check_code(*, text: str, buyer: Buyer, region: str, now: datetime) -> None:
    """Refuse a promo code that gives this buyer nothing, whatever they choose.

    Raises:
        PromoRefused: it does not exist, is over, is used up, or is for somebody else.
    """
    book = price_book()
    asked = QuoteRequest(
        tier_id=0, months=1, region=region, at=now, buyer=buyer, promo_code=text
    )
    reason = why_refused_everywhere(complete(request=asked, book=book), book)
    if reason:
        raise PromoRefused(reason, code=text)


def normalized_code(text: str) -> str:
    """Return a promo code as it is stored: without spaces, in capital letters."""
    return "".join(text.split()).upper()


def find_coupon(text: str) -> Coupon | None:
    """Return the promo code somebody typed, None for an unknown one; two queries."""
    code = PromoCode.objects.filter(code=normalized_code(text)).first()
    if code is None:
        return None
    limits = PromoLimit.objects.filter(code=code.pk).order_by("pk")
    return Coupon(
        code=code.code,
        promotion_id=code.promotion_id,
        is_active=code.is_active,
        customer_id=code.customer_id,
        limits=tuple(CouponLimit(each.pk, each.kind, each.currency) for each in limits),
    )


def store_quote(*, quote: Quote, key: str, now: datetime) -> None:
    """Keep a promised price with everything it was made from, so that it can be replayed.

    Safe to repeat: the first price stored under ``key`` (such as ``order:17``) stays.
    """
    insert_missing(
        StoredQuote(
            key=key,
            inputs=inputs_of(quote).decode(),
            result=quote.as_json().decode(),
            created_at=now,
        )
    )


def store_answer(*, quote: Quote, now: datetime) -> str:
    """Keep a price that a program was told, and return the key it is kept under.

    A program may ask every second, and what was promised is never deleted. So one answer to one
    question is kept once a day, as first told on it; any difference in the price, its lines or
    the price book is another answer.
    """
    asked = quote.request
    question = (now.date().isoformat(), asked.buyer.customer_id, asked.promo_code)
    told = hashlib.sha256(repr(question).encode() + quote.as_json()).hexdigest()
    key = f"api:{told[:32]}"
    store_quote(quote=quote, key=key, now=now)
    return key


def _limits_in_question(request: QuoteRequest, book: PriceBook) -> list[int]:
    if not book.promotions:
        return []
    tier = book.tiers.get(request.tier_id)
    coupon = request.coupon
    wanted = coupon.promotion_id if coupon else 0
    in_scope: tuple[PromotionBook, ...] = book.remember(
        ("limited", tier and tier.id, request.region, wanted),
        lambda: tuple(
            each
            for each in book.promotions
            if each.id == wanted
            or (tier and not each.needs_code and each.covers(tier, request.region))
        ),
    )
    found = [limit.limit_id for each in in_scope for limit in each.limits]
    if coupon is not None:
        found.extend(limit.limit_id for limit in coupon.limits)
    return found


def free_of_limits(
    *, limit_ids: Collection[int], customer_id: int | None, instead_of: str | None = None
) -> tuple[tuple[int, int], ...]:
    """Return how much of each limit is free, or would be without one holder; one query.

    Limits by customer have counters with a customer, all others one counter without.
    """
    mine = Q(counters__customer__isnull=True)
    if customer_id is not None:
        mine |= Q(counters__customer=customer_id)
    limits = PromoLimit.objects.filter(pk__in=limit_ids).annotate(
        mine=FilteredRelation("counters", condition=mine),
        taken=F("mine__taken"),
        returned=_reserved_by(instead_of) if instead_of else Value(0),
    )
    rows = limits.order_by("pk").values_list("pk", "allowed", "taken", "returned")
    return tuple(
        (pk, max(allowed - (taken or 0) + (returned or 0), 0))
        for pk, allowed, taken, returned in rows
    )


def _reserved_by(holder: str) -> Subquery:
    """Return what a holder has of the limit in question: at most one row."""
    reserved = Reservation.objects.filter(
        limit=OuterRef("pk"), holder=holder, status=Reservation.Status.RESERVED
    )
    return Subquery(reserved.values("amount")[:1])


def _remember_arm(arm: ArmUse, asked: QuoteRequest, customer_id: int) -> None:
    if any(experiment_id == arm.experiment_id for experiment_id, _ in asked.buyer.arms):
        return
    _write_exposures(customer_id, {arm.experiment_id: arm.arm_id}, asked.at)


def _write_exposures(customer_id: int, arms: Mapping[int, int], at: datetime) -> None:
    rows = [
        Exposure(
            experiment_id=experiment_id, arm_id=arm_id, customer_id=customer_id, shown_at=at
        )
        for experiment_id, arm_id in arms.items()
    ]
    if rows:
        Exposure.objects.bulk_create(rows, ignore_conflicts=True)
