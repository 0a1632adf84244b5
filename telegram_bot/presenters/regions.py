"""Whose prices apply?"""

from typing import Final

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from telegram_bot.answers import Screen
from telegram_bot.callbacks import (
    BuyGift,
    Checkout,
    ChooseRegion,
    ConfirmRegion,
    ShowGiftOffer,
    ShowPrice,
)
from telegram_bot.keyboards import back, key, stacked, to_menu, to_shop
from telegram_bot.presenters.wording import Html, fill, paragraphs
from telegram_bot.visit import Visit

_NAMES: Final[dict[str, str]] = {
    "US": gettext_noop("🇺🇸 United States"),
    "GB": gettext_noop("🇬🇧 United Kingdom"),
    "EU": gettext_noop("🇪🇺 European Union"),
    "ASIA": gettext_noop("🌏 Asia"),
}


def region_name(visit: Visit, code: str) -> str:
    """Return a region's name; one that staff added keeps the name they gave it."""
    if code in _NAMES:
        return _(_NAMES[code])
    region = visit.book.regions.get(code)
    return region.name if region else code


def confirm(visit: Visit, wanted: Checkout | BuyGift) -> Screen:
    """Ask before the first order whether the guess is right."""
    name = region_name(visit, visit.region)
    yes = ConfirmRegion(region=visit.region, is_for_order=True)
    return Screen(
        text=paragraphs(
            fill(_("Prices depend on where you live. Is it <b>{region}</b>?"), region=name),
            _changeable(settings.REGION_CHANGE_DAYS),
        ),
        keyboard=(
            (key(_("✅ Yes, {region}").format(region=name), yes, style="success"),),
            (key(_("🌍 Another region"), ChooseRegion(is_for_order=True)),),
            back(_price_of(wanted)),
        ),
    )


def _price_of(wanted: Checkout | BuyGift) -> ShowPrice | ShowGiftOffer:
    if isinstance(wanted, BuyGift):
        return ShowGiftOffer(
            tier_id=wanted.tier_id, months=wanted.months, with_code=wanted.with_code
        )
    return ShowPrice(
        tier_id=wanted.tier_id,
        months=wanted.months,
        quantity=wanted.quantity,
        with_code=wanted.with_code,
    )


def _changeable(days: int) -> Html:
    text = ngettext(
        "You can change it again after {count} day.",
        "You can change it again after {count} days.",
        days,
    )
    return fill(text, count=days)


def choices(visit: Visit, asked: ChooseRegion) -> Screen:
    """Offer the regions; the one that holds is ticked."""
    keys = [
        key(
            f"{'✅ ' if code == visit.visitor.region else ''}{region_name(visit, code)}",
            ConfirmRegion(region=code, is_for_order=asked.is_for_order),
        )
        for code, region in visit.book.regions.items()
        if region.is_active
    ]
    return Screen(
        text=_("🌍 Where do you live? Prices and currency depend on it."),
        keyboard=(*stacked(keys), to_shop() if asked.is_for_order else to_menu()),
    )


def confirmed(visit: Visit) -> Screen:
    """Say which region holds now."""
    text = fill(_("Your region is {region}."), region=region_name(visit, visit.region))
    return Screen(text=text, keyboard=(to_shop(), to_menu()))
