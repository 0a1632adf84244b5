"""Which price book holds now? Read once per version, in a fixed number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import cast

from django.db.models import Max, Prefetch, QuerySet

from catalog.models import Category, ProductTier
from catalog.snapshot import FALLBACK_LANGUAGE, texts_of
from pricing.engine.book import (
    AffiliateBook,
    ArmBook,
    CurrencyBook,
    ExperimentBook,
    PriceBook,
    PricePoint,
    PromotionBook,
    RateBook,
    RegionBook,
    TierBook,
)
from pricing.engine.values import CouponLimit
from pricing.models import (
    Affiliate,
    AffiliateProgram,
    CurrencySetting,
    Experiment,
    FxRate,
    LocalPrice,
    PriceVersion,
    PricingRules,
    PromoLimit,
    Promotion,
    QuantityStep,
    Region,
    VersionPrice,
    VolumeStep,
)
from shopbot.kernel.money import exponent
from shopbot.kernel.versions import VersionedCache


def price_book() -> PriceBook:
    """Return the price book in force: one query, plus the load when a price has changed."""
    return _cache.get()


def price_book_at(version: int) -> PriceBook:
    """Return the book of a version the caller has just read: no query while it holds."""
    return _cache.get_at(version)


def price_book_at_hand(version: int) -> PriceBook | None:
    """Return the book if this process holds that version already; never a query."""
    return _cache.at_hand(version)


def load_price_book(version: int) -> PriceBook:
    """Read the whole price book; the number of queries does not depend on its size."""
    rules = PricingRules.objects.first() or PricingRules()
    rates = _rates()
    tiers = _tiers(list(_published()))
    regions = _regions()
    used = {tier.currency for tier in tiers.values()} | set(rates)
    used |= {region.currency for region in regions.values()} | {"EUR"}
    used |= {code for tier in tiers.values() for point in tier.prices for code in point.amounts}
    experiments = _experiments()
    used |= {test.ended_in for tests in experiments.values() for test in tests if test.ended_in}
    return PriceBook(
        version=version,
        tiers=tiers,
        regions=regions,
        currencies=_currencies(used),
        rates=rates,
        volume=tuple(
            VolumeStep.objects.order_by("months").values_list("months", "discount_bps")
        ),
        quantity=_quantity_tables(),
        affiliate=_affiliate_terms(),
        promotions=_promotions(),
        experiments=experiments,
        max_discount_bps=rules.max_discount_bps,
        stale_after_days=rules.stale_after_days,
        rates_checked_on=_checked_on() if rules.stale_after_days else {},
    )


def book_with_version(version_id: int, present: PriceBook) -> PriceBook:
    """Return ``present`` as if one price list, published or not, held for everybody."""
    others = _published().exclude(pk=version_id)
    wanted = PriceVersion.objects.get(pk=version_id)
    # A point without a start is in force at every moment, and the last one wins.
    wanted.valid_from = None
    return replace(present, tiers=_tiers([*others, wanted]), _kept={})


def _published() -> QuerySet[PriceVersion]:
    published = PriceVersion.objects.filter(status=PriceVersion.Status.PUBLISHED)
    return published.order_by("valid_from", "pk")


def _tiers(versions: Sequence[PriceVersion]) -> dict[int, TierBook]:
    local = _amounts(
        LocalPrice.objects.values_list("pk", "tier_id", "currency", "amount_minor")
    )
    listed = _amounts(
        VersionPrice.objects.filter(
            version__in=[version.pk for version in versions]
        ).values_list("version_id", "tier_id", "currency", "amount_minor")
    )
    above = _categories_above()
    tiers = {}
    for tier in ProductTier.objects.select_related("product"):
        product = tier.product
        categories = above.get(product.category_id)
        amounts = {tier.currency: tier.base_price_minor}
        for standing in local.get(tier.pk, ()):
            amounts.update(standing[1])
        tiers[tier.pk] = TierBook(
            id=tier.pk,
            product_id=product.pk,
            categories=categories or (product.category_id,),
            path=f"{product.slug}/{tier.level}",
            currency=tier.currency,
            is_monthly=tier.billing_period == ProductTier.BillingPeriod.MONTH,
            is_sold=tier.is_active and product.is_active and categories is not None,
            sold_from=product.visible_from,
            sold_until=product.visible_until,
            max_quantity=tier.max_quantity,
            floor_minor=tier.floor_price_minor,
            prices=_points(versions, amounts, dict(listed.get(tier.pk, ()))),
            guarded_to=tier.max_quantity,
        )
    return tiers


def _amounts(
    rows: Iterable[tuple[int, int, str, int]],
) -> dict[int, list[tuple[int, dict[str, int]]]]:
    """Return, per tier, what each owner row (a version, a local price) sets."""
    per_tier: dict[int, dict[int, dict[str, int]]] = defaultdict(lambda: defaultdict(dict))
    for owner_id, tier_id, currency, amount_minor in rows:
        per_tier[tier_id][owner_id][currency] = amount_minor
    return {tier_id: list(owners.items()) for tier_id, owners in per_tier.items()}


def _points(
    versions: Sequence[PriceVersion],
    amounts: Mapping[str, int],
    listed: Mapping[int, Mapping[str, int]],
) -> tuple[PricePoint, ...]:
    """Return a tier's prices in the order of their start, each one complete."""
    points = [PricePoint(None, None, None, amounts)]
    for version in versions:
        if version.pk in listed:
            amounts = {**amounts, **listed[version.pk]}
            points.append(PricePoint(version.pk, version.valid_from, version.moves_at, amounts))
    return tuple(points)


def _categories_above() -> dict[int, tuple[int, ...]]:
    """Return each open category with all it stands in; one hidden anywhere above is absent."""
    parents = {
        pk: (parent_id, is_active)
        for pk, parent_id, is_active in Category.objects.values_list(
            "pk", "parent_id", "is_active"
        )
    }
    found: dict[int, tuple[int, ...]] = {}
    for start in parents:
        chain: list[int] = []
        at: int | None = start
        while at is not None and at not in chain and parents[at][1]:
            chain.append(at)
            at = parents[at][0]
        if at is None:
            found[start] = tuple(chain)
    return found


def _regions() -> dict[str, RegionBook]:
    rows = Region.objects.order_by("position", "code")
    return {
        row.code: RegionBook(row.code, row.name, row.currency, row.markup_bps, row.is_active)
        for row in rows
    }


def _currencies(used: Iterable[str]) -> dict[str, CurrencyBook]:
    found = {}
    settings = {row.code: row for row in CurrencySetting.objects.all()}
    for code in sorted({*used, *settings}):
        step, offset = settings[code].form if code in settings else (1, 0)
        found[code] = CurrencyBook(code, exponent(code), step, offset)
    return found


def _rates() -> dict[str, tuple[RateBook, ...]]:
    """Return every rate that prices ever used: a price of any past moment can be told again."""
    found: dict[str, list[RateBook]] = defaultdict(list)
    used = FxRate.objects.filter(status=FxRate.Status.APPLIED).order_by("applied_at", "pk")
    for row in used:
        found[row.currency].append(_rate(row))
    return {currency: tuple(rates) for currency, rates in found.items()}


def _rate(row: FxRate) -> RateBook:
    ratio = Fraction(row.rate)
    return RateBook(
        row.pk,
        row.base,
        row.currency,
        ratio.numerator,
        ratio.denominator,
        row.rate_date,
        row.source,
        # The database holds: applied if and only if there is a start.
        cast(datetime, row.applied_at),
        row.override_until,
    )


def _checked_on() -> dict[str, date]:
    """Return the day of the newest rate that the bank told, used or not."""
    heard = FxRate.objects.exclude(status=FxRate.Status.REJECTED).filter(
        source=FxRate.Source.ECB
    )
    newest = heard.values("currency").annotate(newest=Max("rate_date"))
    return dict(newest.values_list("currency", "newest"))


def _quantity_tables() -> dict[int, tuple[tuple[int, int], ...]]:
    """Return each product's own table, and the general one under 0."""
    tables: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for step in QuantityStep.objects.order_by("min_quantity"):
        tables[step.product_id or 0].append((step.min_quantity, step.discount_bps))
    return {key: tuple(steps) for key, steps in tables.items()}


def _affiliate_terms() -> AffiliateBook:
    program = AffiliateProgram.objects.first() or AffiliateProgram()
    own = Affiliate.objects.values_list("customer_id", "discount_bps")
    return AffiliateBook(
        is_active=program.is_active,
        discount_bps=program.discount_bps,
        first_purchase_only=program.first_purchase_only,
        overrides={customer_id: bps for customer_id, bps in own if bps is not None},
    )


def _promotions() -> tuple[PromotionBook, ...]:
    shared_limits = PromoLimit.objects.filter(code__isnull=True).order_by("pk")
    rows = Promotion.objects.prefetch_related(
        "amounts",
        "categories",
        "products",
        "tiers",
        "regions",
        Prefetch("limits", queryset=shared_limits),
    )
    return tuple(_promotion(row) for row in rows.order_by("priority", "key"))


def _promotion(row: Promotion) -> PromotionBook:
    names = dict(texts_of(row, "name"))
    amounts = {each.currency: each.amount_minor for each in row.amounts.all()}
    is_percent = row.kind == Promotion.Kind.PERCENT
    return PromotionBook(
        id=row.pk,
        key=row.key,
        # Not ``row.name``: that one is in the language of whoever reads the book.
        name=names.pop(FALLBACK_LANGUAGE, row.key),
        names=names,
        needs_code=row.trigger == Promotion.Trigger.CODE,
        percent_bps=row.percent_bps or 0,
        amounts={} if is_percent else amounts,
        caps=amounts if is_percent else {},
        priority=row.priority,
        group=row.group,
        is_active=row.is_active,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        categories=frozenset(each.pk for each in row.categories.all()),
        products=frozenset(each.pk for each in row.products.all()),
        tiers=frozenset(each.pk for each in row.tiers.all()),
        regions=frozenset(each.code for each in row.regions.all()),
        first_purchase_only=row.first_purchase_only,
        staff_only=row.staff_only,
        limits=tuple(
            CouponLimit(each.pk, each.kind, each.currency) for each in row.limits.all()
        ),
    )


def _experiments() -> dict[int, tuple[ExperimentBook, ...]]:
    found: dict[int, list[ExperimentBook]] = defaultdict(list)
    begun = Experiment.objects.exclude(status=Experiment.Status.DRAFT).prefetch_related("arms")
    for row in begun.order_by("pk"):
        arms = tuple(
            ArmBook(arm.pk, arm.name, arm.weight, arm.factor_bps) for arm in row.arms.all()
        )
        found[row.tier_id].append(
            ExperimentBook(
                row.pk,
                row.tier_id,
                row.salt,
                # The database holds: begun if and only if there is a start.
                cast(datetime, row.starts_at),
                row.ends_at,
                _honored_until(row),
                arms,
                row.ended_with,
                row.ended_in,
            )
        )
    return {tier_id: tuple(experiments) for tier_id, experiments in found.items()}


def _honored_until(row: Experiment) -> datetime | None:
    """Return until when shown prices are kept; an end in the year 9999 must stop no sale."""
    if row.ends_at is None:
        return None
    days_left = date.max.toordinal() - row.ends_at.toordinal()
    return row.ends_at + timedelta(days=min(row.honored_days, days_left))


_cache: VersionedCache[PriceBook] = VersionedCache("pricing", load_price_book)
