"""The price book: what it reads, how often, and what raises its version."""

from datetime import UTC, datetime, timedelta
from time import process_time

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from catalog.models import Category, Product, ProductTier
from pricing.book import book_with_version, load_price_book, price_book, price_book_at
from pricing.engine import quote
from pricing.engine.values import QuoteRequest
from pricing.models import (
    Affiliate,
    AffiliateProgram,
    CurrencySetting,
    Experiment,
    FxRate,
    LimitCounter,
    LocalPrice,
    PriceVersion,
    PricingRules,
    Promotion,
    QuantityStep,
    Region,
    Reservation,
    VolumeStep,
)
from pricing.selectors import regions
from shopbot.kernel.versions import current_version
from tests.catalog.factories import make_category, make_product, make_tier
from tests.pricing.rows import make_code, make_experiment, make_promotion


def queries_of_a_load():
    with CaptureQueriesContext(connection) as caught:
        load_price_book(1)
    return len(caught)


def make_more(number):
    """Add one row to every table that the book is read from."""
    product = make_product(tiers=("premium", "vip"))
    tier = product.tiers.first()
    LocalPrice.objects.create(tier=tier, currency="EUR", amount_minor=1)
    QuantityStep.objects.create(product=product, min_quantity=2, discount_bps=100)
    Region.objects.create(code=f"X{chr(65 + number)}", name="X", currency="USD")
    promotion = make_promotion(amounts={"USD": 100}, limits={"total": 5})
    promotion.tiers.add(tier)
    promotion.categories.add(product.category)
    promotion.products.add(product)
    promotion.regions.add(Region.objects.get(code="US"))
    make_experiment(tier)
    version = PriceVersion.objects.create(name="Next")
    version.prices.create(tier=tier, currency="USD", amount_minor=1)


def test_a_load_costs_the_same_number_of_queries_for_any_size(tier):
    PricingRules.objects.update(stale_after_days=5)
    make_more(0)
    few = queries_of_a_load()
    for number in range(1, 6):
        make_more(number)

    assert queries_of_a_load() == few
    assert few <= 24


def test_is_read_once_per_version(tier, django_assert_num_queries):
    first = price_book()

    with django_assert_num_queries(1):
        assert price_book() is first
    with django_assert_num_queries(0):
        assert price_book_at(first.version) is first


def changes_of_prices(tier):
    """Name every change that must raise the version."""
    yield "tier", lambda: ProductTier.objects.update(base_price_minor=1)
    yield "product", lambda: Product.objects.update(is_active=False)
    yield "category", lambda: Category.objects.update(is_active=False)
    yield "region", lambda: Region.objects.update(markup_bps=1)
    yield "currency", lambda: CurrencySetting.objects.filter(code="EUR").update(charm="none")
    yield "rate", lambda: FxRate.objects.filter(currency="USD").update(rate=2)
    yield "volume", lambda: VolumeStep.objects.all().delete()
    yield "quantity", lambda: QuantityStep.objects.create(min_quantity=2, discount_bps=1)
    yield "rules", lambda: PricingRules.objects.update(max_discount_bps=1)
    yield "program", lambda: AffiliateProgram.objects.update(discount_bps=1)
    yield "local price", lambda: tier.local_prices.create(currency="EUR", amount_minor=1)
    yield "version", lambda: PriceVersion.objects.create(name="Next")


def test_every_change_of_a_price_raises_the_version(tier, customer):
    raised = {}
    for name, change in changes_of_prices(tier):
        before = current_version("pricing")
        change()
        raised[name] = current_version("pricing") > before

    assert [name for name, is_raised in raised.items() if not is_raised] == []


def test_every_change_of_a_promotion_raises_the_version(tier, customer):
    promotion = make_promotion()
    steps = [
        lambda: promotion.tiers.add(tier),
        lambda: promotion.products.add(tier.product),
        lambda: promotion.categories.add(tier.product.category),
        lambda: promotion.regions.add(Region.objects.get(code="US")),
        lambda: promotion.amounts.create(currency="USD", amount_minor=1),
        lambda: promotion.limits.create(kind="total", allowed=1),
        lambda: Promotion.objects.update(is_active=False),
        lambda: Affiliate.objects.create(customer=customer),
        lambda: make_experiment(tier),
    ]
    versions = [current_version("pricing")]
    for step in steps:
        step()
        versions.append(current_version("pricing"))

    assert versions == sorted(set(versions))


def test_selling_and_making_codes_raises_no_version(tier, customer, now):
    promotion = make_promotion(trigger="code", limits={"total": 9})
    before = current_version("pricing")

    make_code(promotion)
    LimitCounter.objects.create(limit=promotion.limits.get(), taken=1)
    Reservation.objects.create(
        limit=promotion.limits.get(), holder="order:1", amount=1, reserved_at=now
    )

    assert current_version("pricing") == before


def test_hidden_things_are_not_for_sale(shop):
    hidden_above = make_category(is_active=False)
    tiers = {
        "open": make_tier(),
        "tier off": make_tier(is_active=False),
        "product off": make_tier(product=make_product(is_active=False, tiers=())),
        "category off": make_tier(
            product=make_product(category=make_category(is_active=False), tiers=())
        ),
        "category above off": make_tier(
            product=make_product(category=make_category(parent=hidden_above), tiers=())
        ),
    }

    book = price_book()

    assert [name for name, tier in tiers.items() if book.tiers[tier.pk].is_sold] == ["open"]


def test_a_promotion_of_a_category_covers_what_stands_deeper_in_it(shop):
    top = make_category()
    inside = make_product(category=make_category(parent=top)).tiers.get()
    outside = make_tier()
    make_promotion().categories.add(top)

    book = price_book()

    covered = [
        tier.pk
        for tier in (inside, outside)
        if book.promotions[0].covers(book.tiers[tier.pk], "US")
    ]
    assert covered == [inside.pk]


def test_a_draft_can_be_tried_as_if_it_were_in_force(tier, now):
    published = PriceVersion.objects.create(name="Later")
    published.prices.create(tier=tier, currency="USD", amount_minor=2500)
    PriceVersion.objects.filter(pk=published.pk).update(
        status="published",
        published_at=now,
        published_by="staff:1",
        valid_from=now + timedelta(days=9),
    )
    draft = PriceVersion.objects.create(name="Draft")
    draft.prices.create(tier=tier, currency="EUR", amount_minor=1111)
    make_tier()
    present = price_book()

    def total(book, region):
        request = QuoteRequest(tier_id=tier.pk, months=1, region=region, at=now)
        return quote(request, book).total_minor

    assert total(present, "US") == 2000
    assert total(book_with_version(published.pk, present), "US") == 2500
    assert total(book_with_version(draft.pk, present), "EU") == 1111


@pytest.fixture
def large_shop(shop):
    """1,000 tiers, 20 regions, 200 promotions."""
    category = make_category()
    products = Product.objects.bulk_create(
        Product(category=category, name=f"P{n}", slug=f"bulk-{n}", is_active=True)
        for n in range(250)
    )
    ProductTier.objects.bulk_create(
        ProductTier(product=product, level=level, name=level, base_price_minor=2000)
        for product in products
        for level in ("free", "premium", "vip", "enterprise")
    )
    Region.objects.bulk_create(
        Region(code=f"R{chr(65 + n)}", name="R", currency="USD") for n in range(16)
    )
    Promotion.objects.bulk_create(
        Promotion(name=f"Rule {n}", key=f"rule-{n}", percent_bps=100) for n in range(200)
    )


def test_a_large_book_loads_once_per_version_and_in_a_second(large_shop):
    started = process_time()
    book = price_book()
    spent = process_time() - started

    assert (len(book.tiers), len(book.regions), len(book.promotions)) == (1000, 20, 200)
    assert price_book() is book
    assert spent < 2


def test_customers_choose_among_the_regions_that_are_open(shop, django_assert_num_queries):
    Region.objects.filter(code="ASIA").update(is_active=False)
    price_book()

    with django_assert_num_queries(1):
        found = regions()

    assert [(each.code, each.name, each.currency) for each in found] == [
        ("US", "United States", "USD"),
        ("GB", "United Kingdom", "GBP"),
        ("EU", "European Union", "EUR"),
    ]


@pytest.mark.parametrize("language", ["en", "ru"])
def test_a_promotions_names_do_not_depend_on_who_read_the_book(shop, language):
    make_promotion(name_en="Spring", name_de="Frühling", name_es="")

    with override(language):
        [found] = load_price_book(1).promotions

    assert (found.name, found.names) == ("Spring", {"de": "Frühling"})


def test_an_experiment_that_ends_with_the_calendar_stops_no_sale(tier, now):
    running = make_experiment(tier)
    end = datetime(9999, 12, 31, 23, tzinfo=UTC)
    Experiment.objects.filter(pk=running.pk).update(ends_at=end, honored_days=30)

    [found] = load_price_book(1).experiments[tier.pk]

    assert (found.ends_at, found.honored_until) == (end, end)
