"""The way to a price: shop, category, product, tier, months."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from catalog.snapshot import CategoryView, ProductView, TierView
from pricing.engine.values import Quote
from pricing.explain_text import explain
from shopbot.kernel.money import Money
from telegram_bot.answers import Button, Keyboard, Screen
from telegram_bot.callbacks import (
    AskCode,
    Checkout,
    ShowCategory,
    ShowGiftOffer,
    ShowPrice,
    ShowProduct,
    ShowShop,
    ShowTier,
    ShowWhy,
)
from telegram_bot.keyboards import back, in_pairs, key, pages, stacked, to_menu, to_shop
from telegram_bot.presenters.wording import (
    Html,
    bold,
    fill,
    lines,
    months,
    paragraphs,
    percent,
    plain,
    price,
    units,
)
from telegram_bot.visit import Visit

#: More would not fit on a phone without scrolling.
PAGE_SIZE = 8


@dataclass(frozen=True, slots=True)
class TierOffer:
    """A tier with what one unit of it costs here; None where it cannot be priced."""

    tier: TierView
    unit: Money | None


@dataclass(frozen=True, slots=True)
class Shown:
    """What a price screen is about."""

    product: ProductView
    tier: TierView
    quote: Quote
    with_code: bool = False


def shop(visit: Visit, categories: Sequence[CategoryView]) -> Screen:
    """Show the top of the shop."""
    if not categories:
        return Screen(
            text=_("The shelves are empty just now. Please look in again soon."),
            keyboard=(to_menu(),),
        )
    return Screen(
        text=paragraphs(fill(_("🛍 <b>Shop</b>")), _("What are you looking for?")),
        keyboard=(*in_pairs([_category_key(visit, c) for c in categories]), to_menu()),
    )


def category(
    visit: Visit,
    shown: CategoryView,
    *,
    children: Sequence[CategoryView],
    products: Sequence[ProductView],
    page: int,
) -> Screen:
    """Show one category: what is within it first, then its products, page by page."""
    buttons = [_category_key(visit, child) for child in children]
    buttons += [
        key(
            visit.catalog.text(product.names, visit.language),
            ShowProduct(product_id=product.id),
        )
        for product in products
    ]
    first = page * PAGE_SIZE
    to = [ShowCategory(category_id=shown.id, page=number) for number in (page - 1, page + 1)]
    description = visit.catalog.text(shown.descriptions, visit.language)
    return Screen(
        text=paragraphs(_title(shown.icon, visit, shown), plain(description)),
        keyboard=(
            *stacked(buttons[first : first + PAGE_SIZE]),
            *pages(page=page, has_next=len(buttons) > first + PAGE_SIZE, to=to),
            back(_above(shown.parent_id)),
        ),
    )


def product(
    visit: Visit, shown: ProductView, offers: Sequence[TierOffer], *, image_url: str
) -> Screen:
    """Show one product with what it brings and a key for each tier."""
    language = visit.language
    points = (plain(f"• {point}") for point in visit.catalog.points(shown, language))
    return Screen(
        text=paragraphs(
            bold(visit.catalog.text(shown.names, language)),
            plain(visit.catalog.text(shown.descriptions, language)),
            lines(points),
        ),
        keyboard=(
            *stacked(_tier_key(visit, offer) for offer in offers),
            back(ShowCategory(category_id=shown.category_id)),
        ),
        image_url=image_url,
    )


def tier(
    visit: Visit, shown: ProductView, offered: TierView, quotes: Sequence[Quote]
) -> Screen:
    """Ask for how long, with each price and what it saves."""
    buttons = [_months_key(visit, offered, quote) for quote in quotes]
    return Screen(
        text=paragraphs(_offer_title(visit, shown, offered), _("For how long?")),
        keyboard=(*stacked(buttons), back(ShowProduct(product_id=shown.id))),
    )


def offer(visit: Visit, shown: Shown, *, note: str = "") -> Screen:
    """Show a price that can be ordered; ``note`` says first what has changed."""
    quote = shown.quote
    return Screen(
        text=paragraphs(
            plain(note),
            lines(
                filter(
                    None,
                    (
                        _offer_title(visit, shown.product, shown.tier),
                        _term(shown.tier, quote),
                    ),
                )
            ),
            fill("<b>{total}</b>", total=price(quote.total)),
            _saving(shown.tier, quote),
        ),
        keyboard=_offer_keys(visit, shown),
    )


def why(visit: Visit, shown: Shown) -> Screen:
    """Explain a price line by line; the lines sum to it."""
    *steps, total = explain(shown.quote, visit.language)
    return Screen(
        text=paragraphs(
            fill(_("<b>Why this price?</b>")),
            _offer_title(visit, shown.product, shown.tier),
            lines(plain(step) for step in steps),
            bold(total),
        ),
        keyboard=(back(_asked(shown)),),
    )


def sold_out(visit: Visit, shown: ProductView) -> Screen:
    """Say that nothing is left of what was asked for."""
    return Screen(
        text=_("Sorry, that just sold out."),
        keyboard=(back(ShowProduct(product_id=shown.id)), to_shop()),
    )


def _above(parent_id: int | None) -> ShowShop | ShowCategory:
    return ShowShop() if parent_id is None else ShowCategory(category_id=parent_id)


def _category_key(visit: Visit, shown: CategoryView) -> Button:
    name = visit.catalog.text(shown.names, visit.language)
    return key(f"{shown.icon} {name}".strip(), ShowCategory(category_id=shown.id))


def _title(icon: str, visit: Visit, shown: CategoryView) -> Html:
    name = bold(visit.catalog.text(shown.names, visit.language))
    return Html(f"{plain(icon)} {name}".strip())


def _tier_key(visit: Visit, offered: TierOffer) -> Button:
    tier, unit = offered.tier, offered.unit
    name = visit.catalog.text(tier.names, visit.language)
    if unit is None:
        label = name
    elif not unit:
        label = _("{name} · free").format(name=name)
    elif tier.is_monthly:
        label = _("{name} · {price} / month").format(name=name, price=price(unit))
    else:
        label = f"{name} · {price(unit)}"
    if tier.is_monthly:
        return key(label, ShowTier(tier_id=tier.id))
    return key(label, _price_of(visit, tier, 1))


def _months_key(visit: Visit, offered: TierView, quote: Quote) -> Button:
    label = f"{months(quote.months)} · {price(quote.total)}"
    saved = _saved_bps(quote)
    if saved >= 100:
        label = f"{label} · −{percent(saved)}"
    return key(label, _price_of(visit, offered, quote.months))


def _price_of(visit: Visit, offered: TierView, months: int) -> ShowPrice:
    """Lead to a price, with the promo code that was given last."""
    with_code = bool(visit.talk.promo_code)
    return ShowPrice(tier_id=offered.id, months=months, with_code=with_code)


def _offer_title(visit: Visit, shown: ProductView, offered: TierView) -> Html:
    language = visit.language
    names = (
        visit.catalog.text(shown.names, language),
        visit.catalog.text(offered.names, language),
    )
    return bold(" · ".join(names))


def _term(offered: TierView, quote: Quote) -> str:
    said = [months(quote.months)] if offered.is_monthly else []
    if quote.quantity > 1:
        said.append(units(quote.quantity))
    return " · ".join(said)


def _asked(shown: Shown) -> ShowPrice:
    quote = shown.quote
    return ShowPrice(
        tier_id=quote.tier_id,
        months=quote.months,
        quantity=quote.quantity,
        with_code=shown.with_code,
    )


def _saved_bps(quote: Quote) -> int:
    if quote.base_minor <= 0 or quote.discount.minor <= 0:
        return 0
    return quote.discount.minor * 10_000 // quote.base_minor


def _saving(offered: TierView, quote: Quote) -> str:
    """Say what the discounts are worth, and what it comes to by the month."""
    said = []
    if _saved_bps(quote):
        said.append(
            _("You save {amount} ({percent}).").format(
                amount=price(quote.discount), percent=percent(_saved_bps(quote))
            )
        )
    if offered.is_monthly and quote.months > 1 and quote.total_minor % quote.months == 0:
        monthly = Money(quote.total_minor // quote.months, quote.currency)
        said.append(_("That is {price} a month.").format(price=price(monthly)))
    return " ".join(said)


def _offer_keys(visit: Visit, shown: Shown) -> Keyboard:
    quote = shown.quote
    wish = {"tier_id": quote.tier_id, "months": quote.months, "quantity": quote.quantity}
    buy = Checkout(
        **wish, with_code=shown.with_code, fingerprint=quote.fingerprint, nonce=visit.nonce
    )
    label = (
        _("✅ Buy for {price}").format(price=price(quote.total))
        if quote.total
        else _("✅ Get it for free")
    )
    up = (
        ShowTier(tier_id=quote.tier_id)
        if shown.tier.is_monthly
        else ShowProduct(product_id=shown.product.id)
    )
    return (
        (key(label, buy, style="success"),),
        *_quantity_keys(shown),
        (
            key(_("❓ Why this price?"), ShowWhy(**wish, with_code=shown.with_code)),
            key(_("🎟 I have a code"), AskCode(**wish)),
        ),
        *_gift_row(shown),
        back(up),
    )


def _gift_row(shown: Shown) -> Keyboard:
    """Offer it for somebody else, where one can be passed on by a link."""
    quote = shown.quote
    if quote.quantity > 1 or not quote.total or shown.product.goods_type == "physical":
        return ()
    asked = {"tier_id": quote.tier_id, "months": quote.months}
    return ((key(_("🎁 Buy as a gift"), ShowGiftOffer(**asked, with_code=shown.with_code)),),)


def _quantity_keys(shown: Shown) -> Keyboard:
    """Offer one less and one more, where more than one is sold at a time."""
    asked, most = _asked(shown), shown.tier.max_quantity
    steps = [
        number for number in (asked.quantity - 1, asked.quantity + 1) if 1 <= number <= most
    ]
    if most <= 1:
        return ()
    return (
        tuple(
            key(
                f"{'➖' if number < asked.quantity else '➕'} {units(number)}",
                asked.model_copy(update={"quantity": number}),
            )
            for number in steps
        ),
    )
