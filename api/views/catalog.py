"""What is on sale, and what would it cost?"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from api.kit import ShopView, customer_of
from api.models import Scope
from api.serializers import CatalogOut, QuoteIn, QuoteOut
from catalog.snapshot import CatalogSnapshot, CategoryView, ProductView, catalog_snapshot
from orders.quoting import quote_for_customer
from pricing.book import price_book
from pricing.engine import Buyer, Quote, QuoteRequest
from pricing.engine.errors import UnknownTier
from pricing.engine.listing import price_point
from pricing.explain_text import explain
from pricing.services.quoting import quote_offer, store_answer
from shopbot.kernel import clock
from shopbot.kernel.errors import InvalidInput
from shopbot.kernel.money import Money

_LANGUAGE = OpenApiParameter(
    "language", str, enum=[code for code, _ in settings.LANGUAGES], default="en"
)


def language_of(request: Request) -> str:
    """Return the language asked for.

    Raises:
        InvalidInput: the shop does not speak it.
    """
    language = request.query_params.get("language", "en")
    if language not in dict(settings.LANGUAGES):
        raise InvalidInput(f"the shop does not speak {language!r}", parameter="language")
    return language


class CatalogApi(ShopView):
    """The catalog."""

    scope = Scope.CATALOG

    @extend_schema(operation_id="catalog", parameters=[_LANGUAGE], responses=CatalogOut)
    def get(self, request: Request) -> Response:
        """List what is on sale now, in one language."""
        language, now, shop = language_of(request), clock.now(), catalog_snapshot()
        products = [each for each in shop.products.values() if each.is_visible(now)]
        stocked = {step.id for each in products for step in shop.path(each.category_id)}
        shelves = [shelf for shelf in shop.categories.values() if shelf.id in stocked]
        prices = _prices_in_force(products, now)
        return Response(
            {
                "version": shop.version,
                "categories": [_category(shop, shelf, language) for shelf in shelves],
                "products": [_product(shop, each, language, prices) for each in products],
            }
        )


def _category(shop: CatalogSnapshot, shelf: CategoryView, language: str) -> dict[str, Any]:
    return {
        "slug": shelf.slug,
        "name": shop.text(shelf.names, language),
        "icon": shelf.icon,
        "parent": shop.categories[shelf.parent_id].slug if shelf.parent_id else None,
    }


def _product(
    shop: CatalogSnapshot, product: ProductView, language: str, prices: Mapping[int, Money]
) -> dict[str, Any]:
    return {
        "slug": product.slug,
        "name": shop.text(product.names, language),
        "description": shop.text(product.descriptions, language),
        "features": list(shop.points(product, language)),
        "category": shop.categories[product.category_id].slug,
        "goods_type": product.goods_type,
        "tiers": [
            {
                "offer": f"{product.slug}/{tier.level}",
                "level": tier.level,
                "name": shop.text(tier.names, language),
                "base_price_minor": prices[tier.id].minor,
                "currency": prices[tier.id].currency,
                "is_monthly": tier.is_monthly,
            }
            for tier in product.tiers
        ],
    }


def _prices_in_force(products: Iterable[ProductView], now: datetime) -> dict[int, Money]:
    """Return what quotes begin with: the price of the list in force, else the tier's own."""
    prices = {tier.id: tier.base_price for each in products for tier in each.tiers}
    for tier_id, tier in price_book().tiers.items():
        if tier_id in prices:
            amounts = price_point(tier, now, None).amounts
            prices[tier_id] = Money(amounts[tier.currency], tier.currency)
    return prices


class QuoteApi(ShopView):
    """Prices with their reasons."""

    scope = Scope.CATALOG

    @extend_schema(
        operation_id="quote", parameters=[_LANGUAGE], request=QuoteIn, responses=QuoteOut
    )
    def post(self, request: Request) -> Response:
        """Price an offer for a customer or a region, and keep the price for replay."""
        language, wish, now = language_of(request), self.read(QuoteIn, request), clock.now()
        quote = _quote(wish, now)
        key = store_answer(quote=quote, now=now)
        body = quote.as_dict()
        return Response(
            {
                "quote": key,
                "total_minor": body["total_minor"],
                "currency": body["currency"],
                "fingerprint": body["fingerprint"],
                "lines": body["lines"],
                "explanation": list(explain(quote, language)),
            }
        )


def _quote(wish: dict[str, Any], now: datetime) -> Quote:
    try:
        tier = catalog_snapshot().tier_by_slug(wish["offer"])
    except KeyError:
        raise UnknownTier(
            f"no offer is called {wish['offer']!r}", offer=wish["offer"]
        ) from None
    if "telegram_id" in wish:
        return quote_for_customer(
            customer_id=customer_of(wish["telegram_id"]).pk,
            tier_id=tier.id,
            months=wish["months"],
            quantity=wish["quantity"],
            currency=wish.get("currency"),
            promo_code=wish.get("promo_code"),
            now=now,
        )
    return quote_offer(
        request=QuoteRequest(
            tier_id=tier.id,
            months=wish["months"],
            quantity=wish["quantity"],
            region=wish["region"],
            currency=wish.get("currency"),
            promo_code=wish.get("promo_code"),
            buyer=Buyer(),
            at=now,
        )
    )
