"""Shop, category, product, tier, price: drawn from the catalog and the price book alone."""

from catalog.snapshot import ProductView, TierView
from orders.quoting import Wish
from telegram_bot import offers
from telegram_bot.answers import Screen
from telegram_bot.browsing import Browsing
from telegram_bot.callbacks import (
    ShowCategory,
    ShowPrice,
    ShowProduct,
    ShowShop,
    ShowTier,
    ShowWhy,
)
from telegram_bot.errors import StaleButton
from telegram_bot.images import image_url
from telegram_bot.presenters import shop as present
from telegram_bot.visit import Visit

browsing = Browsing(name=__name__)


@browsing.command("shop")
def shop_command(visit: Visit) -> Screen:
    """Open the shop."""
    return present.shop(visit, visit.catalog.roots(visit.at))


@browsing.button(ShowShop)
def show_shop(visit: Visit, _data: ShowShop) -> Screen:
    """Open the shop."""
    return present.shop(visit, visit.catalog.roots(visit.at))


@browsing.button(ShowCategory)
def show_category(visit: Visit, data: ShowCategory) -> Screen:
    """Show what stands in a category."""
    shown = visit.catalog.categories.get(data.category_id)
    if shown is None:
        raise StaleButton(f"no category {data.category_id}")
    return present.category(
        visit,
        shown,
        children=visit.catalog.children(shown.id, visit.at),
        products=visit.catalog.products_in(shown.id, visit.at),
        page=max(data.page, 0),
    )


@browsing.shortcut(ShowProduct)
def show_product(visit: Visit, data: ShowProduct) -> Screen | None:
    """Show a product and its tiers; one to be tried or under test is ``access``'s."""
    product = visible_product(visit, data.product_id)
    return None if _needs_database(visit, product) else product_screen(visit, product)


@browsing.shortcut(ShowTier)
def show_tier(visit: Visit, data: ShowTier) -> Screen | None:
    """Ask for how long; one to be tried, under test or in a limited offer is ``access``'s."""
    product, tier = offered(visit, data.tier_id)
    if _needs_database(visit, product) or offers.has_promotions_for_some(visit.book):
        return None
    if not tier.is_monthly:
        return product_screen(visit, product)
    return present.tier(visit, product, tier, offers.month_quotes(visit, tier))


@browsing.shortcut(ShowPrice)
def show_price(visit: Visit, data: ShowPrice) -> Screen | None:
    """Show a price that depends on nothing but the visit; others are ``checkout``'s."""
    found = _quoted(visit, data)
    return None if found is None else present.offer(visit, found)


@browsing.shortcut(ShowWhy)
def show_why(visit: Visit, data: ShowWhy) -> Screen | None:
    """Explain such a price."""
    found = _quoted(visit, data)
    return None if found is None else present.why(visit, found)


def product_screen(visit: Visit, product: ProductView) -> Screen:
    """Draw a product; deep links end here too."""
    return present.product(
        visit,
        product,
        offers.tier_offers(visit, product),
        image_url=image_url(product.image),
    )


def visible_product(visit: Visit, product_id: int) -> ProductView:
    """Return a product that is on show.

    Raises:
        StaleButton: it is not, or not any more.
    """
    product = visit.catalog.products.get(product_id)
    if product is None or not product.is_visible(visit.at):
        raise StaleButton(f"no product {product_id}")
    return product


def offered(visit: Visit, tier_id: int) -> tuple[ProductView, TierView]:
    """Return a tier that is on sale, with its product.

    Raises:
        StaleButton: it is not, or not any more.
    """
    if not visit.catalog.is_on_sale(tier_id, visit.at):
        raise StaleButton(f"no tier {tier_id}")
    tier = visit.catalog.tier(tier_id)
    return visit.catalog.product(tier.product_id), tier


def _needs_database(visit: Visit, product: ProductView) -> bool:
    has_trial = any(tier.trial_days for tier in product.tiers)
    return has_trial or offers.is_tested(visit, product.tiers)


def _quoted(visit: Visit, data: ShowPrice | ShowWhy) -> present.Shown | None:
    if data.with_code or offers.needs_database(visit, data.tier_id):
        return None
    product, tier = offered(visit, data.tier_id)
    wish = Wish(tier_id=data.tier_id, months=data.months, quantity=data.quantity)
    return present.Shown(product, tier, offers.quote_from_visit(visit, wish))
