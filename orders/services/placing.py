"""Turn a price that was shown into an order that holds it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.db.models import Case, Q, QuerySet, When

from catalog.models import Product, TierStock
from catalog.snapshot import CATALOG, CatalogSnapshot, TierView
from delivery.brings import brings_something, gift_card_terms
from entitlements.services.granting import grants_for_tier
from orders.errors import (
    NoCardByGiftCard,
    NotByGiftCard,
    NotForSale,
    PriceChanged,
    RegionNeeded,
    SoldOut,
)
from orders.gifts import Purpose, check_giftable
from orders.handing_over import hold_delivery
from orders.locking import lock_customer
from orders.models import Order, OrderLine, UpgradeCredit
from orders.prepaid import hold_gift_cards
from orders.quoting import Offer, Wish, facts_of, keeping_what_is_shown, promised_offer
from orders.services.settling import settle_free
from pricing.book import price_book_at
from pricing.engine.values import Quote
from pricing.services import reserve, store_quote
from shopbot.kernel.events import record
from shopbot.kernel.statements import NO_NUMBER, NO_TEXT, Rows, insert
from shopbot.kernel.versions import current_versions


@keeping_what_is_shown()
@transaction.atomic
def place_order(
    *,
    customer_id: int,
    wish: Wish,
    expected_fingerprint: str | None,
    placement_key: str,
    now: datetime,
) -> Order:
    """Hold a price, the stock and the discounts it needs, for as long as the order may be paid.

    Safe to repeat: the same ``placement_key`` of a customer is the same order, whatever else is
    asked. A waiting order priced as the first purchase makes every other one a later purchase,
    until it is cancelled or expires. An order with nothing left to pay is settled at once.
    ``expected_fingerprint`` names the quote that the customer confirmed; None when no person
    saw a price. Locks the customer.

    Raises:
        UnknownCustomer: no such customer.
        RegionNeeded: the customer has not confirmed a region.
        PriceChanged: the price is another one now; nothing was placed.
        NotForSale: the tier is not offered now.
        NotAGift: it is to be given, but more than one, or more than access.
        SoldOut: fewer units are left.
        NotByGiftCard: it is sent by post.
        NoCardByGiftCard: it is a gift card itself.
        ShopError: pricing's own refusals (``PromoRefused``, ``LimitReached``, …).
    """
    customer = lock_customer(customer_id)
    known_id, had_first = _known_order(customer_id, placement_key)
    if known_id is not None:
        return Order.objects.get(pk=known_id)
    if customer.region_confirmed_at is None:
        raise RegionNeeded("prices depend on the region, and it is not confirmed")
    versions = current_versions()
    offer = promised_offer(
        facts=facts_of(customer, is_first_purchase=not had_first),
        wish=wish,
        fingerprint=expected_fingerprint,
        book=price_book_at(versions["pricing"]),
        now=now,
    )
    if expected_fingerprint not in (None, offer.quote.fingerprint):
        raise PriceChanged(offer.quote)
    order = _write(customer_id, placement_key, offer.quote, now)
    catalog = CATALOG.get_at(versions["catalog"])
    line = _write_line(order, offer.quote, catalog, wish.purpose, customer.language)
    order.sold = (line,)
    _hold(order, line, offer, now)
    record(
        "order.placed",
        subject=order.subject,
        actor=f"customer:{customer_id}",
        at=now,
        customer_id=customer_id,
        number=order.number,
        total_minor=order.total_minor,
        currency=order.currency,
    )
    if not order.total_minor:
        settle_free(order=order, now=now)
    return order


def _known_order(customer_id: int, placement_key: str) -> tuple[int | None, bool]:
    """Return the order that this key has placed, and whether another was first; one query."""
    for known_id, key in _NEAREST.read(customer_id, placement_key):
        return (known_id, False) if key == placement_key else (None, True)
    return None, False


def _nearest(customer_id: int, placement_key: str) -> QuerySet[Order, tuple[int, str]]:
    same = Q(placement_key=placement_key)
    orders = Order.objects.filter(same) | Order.objects.first_purchases()
    nearest = Case(When(same, then=0), default=1)
    mine = orders.filter(customer_id=customer_id).order_by(nearest, "pk")
    return mine.values_list("pk", "placement_key")[:1]


_NEAREST: Final = Rows(_nearest, stand_ins=(NO_NUMBER, NO_TEXT))


def _write(customer_id: int, placement_key: str, quote: Quote, now: datetime) -> Order:
    order = Order(
        customer_id=customer_id,
        placement_key=placement_key,
        currency=quote.currency,
        base_minor=quote.base_minor,
        total_minor=quote.total_minor,
        region=quote.region,
        quote=quote.as_json().decode(),
        holds_first_purchase=quote.counts_on_first_purchase,
        placed_at=now,
        expires_at=now + timedelta(minutes=settings.ORDER_TTL_MINUTES),
    )
    return insert(order)


def _write_line(
    order: Order, quote: Quote, catalog: CatalogSnapshot, purpose: Purpose, language: str
) -> OrderLine:
    if not catalog.is_on_sale(quote.tier_id, order.placed_at):
        raise NotForSale(f"tier {quote.tier_id} is not offered now", tier_id=quote.tier_id)
    tier = catalog.tier(quote.tier_id)
    product = catalog.product(tier.product_id)
    line = OrderLine(
        order=order,
        tier_id=tier.id,
        product_name=catalog.text(product.names, language),
        tier_name=catalog.text(tier.names, language),
        level=tier.level,
        goods_type=product.goods_type,
        billing_period=tier.billing_period,
        quantity=quote.quantity,
        months=quote.months if tier.is_monthly else 0,
        unit_minor=quote.unit_minor,
        total_minor=quote.price.minor,
        terms=_terms(catalog, tier, quote) | {"purpose": purpose},
    )
    if purpose == Purpose.GIFT:
        check_giftable(line)
    if quote.gift and product.goods_type == Product.GoodsType.PHYSICAL:
        raise NotByGiftCard("how a parcel is sent, and its price, is chosen after the order")
    if quote.gift and line.terms.get("gift_card"):
        raise NoCardByGiftCard("its time would begin anew on the card that it buys")
    return insert(line)


def _terms(catalog: CatalogSnapshot, tier: TierView, quote: Quote) -> dict[str, Any]:
    """Write down what the line gives, so that later edits of the tier do not change it."""
    months = quote.months if tier.is_monthly else None
    given = grants_for_tier(
        tier_id=tier.id,
        source="",
        months=months,
        quantity=quote.quantity,
        catalog_version=catalog.version,
    )
    return {
        "grants": [
            {"type_id": each.type_id, "level": each.level, "seats": each.seats}
            for each in given
        ],
        "grace_days": tier.grace_days if tier.is_monthly else 0,
        "tracks_stock": tier.tracks_stock,
        "delivers": brings_something(tier_id=tier.id, catalog_version=catalog.version),
        "gift_card": gift_card_terms(tier_id=tier.id, catalog_version=catalog.version),
        "product_names": dict(catalog.product(tier.product_id).names),
        "tier_names": dict(tier.names),
    }


def _hold(order: Order, line: OrderLine, offer: Offer, now: datetime) -> None:
    """Claim what is scarce, as late as possible: stock, then discounts, then credit."""
    if line.terms["tracks_stock"] and not TierStock.objects.take(line.tier_id, line.quantity):
        raise SoldOut(f"tier {line.tier_id} is sold out", tier_id=line.tier_id)
    hold_delivery(order=order, line=line, now=now)
    reserve(quote=offer.quote, holder=order.holder, customer_id=order.customer_id, now=now)
    store_quote(quote=offer.quote, key=order.holder, now=now)
    hold_gift_cards(order=order, quote=offer.quote, now=now)
    if offer.credit:
        UpgradeCredit.objects.bulk_create(
            UpgradeCredit(
                order=order,
                line_id=part.line_id,
                amount_minor=part.amount.minor,
                currency=part.amount.currency,
                unused_seconds=part.unused_seconds,
                total_seconds=part.total_seconds,
                computed_at=part.computed_at,
                access_ends_at=part.access_ends_at,
            )
            for part in offer.credit
        )
