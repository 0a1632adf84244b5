"""The account: tier, entitlements with their last day, the link for friends."""

from urllib.parse import quote

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from entitlements.selectors import Holding
from telegram_bot.accounts import Account
from telegram_bot.answers import Keyboard, Screen
from telegram_bot.callbacks import (
    ShowAffiliate,
    ShowGiftCards,
    ShowLanguages,
    ShowOrders,
)
from telegram_bot.keyboards import key, link, stacked, to_menu, to_shop
from telegram_bot.presenters.access import account_keys
from telegram_bot.presenters.gates import join_keys
from telegram_bot.presenters.orders import what_is_held
from telegram_bot.presenters.regions import region_name
from telegram_bot.presenters.renewals import renewals_key
from telegram_bot.presenters.wording import (
    Html,
    bold,
    fill,
    level_name,
    lines,
    paragraphs,
    percent,
)
from telegram_bot.visit import Visit


def account(visit: Visit, shown: Account, *, bot_username: str) -> Screen:
    """Show what a customer has."""
    address = referral_address(bot_username, visit.visitor.referral_code)
    return Screen(
        text=paragraphs(
            fill(_("👤 <b>Account</b>")),
            fill(_("Your tier: <b>{tier}</b>"), tier=level_name(shown.level)),
            _held(shown.holdings),
            _region(visit),
            _friends(visit, shown.friends, address),
        ),
        keyboard=(
            *join_keys(shown.chats),
            *renewals_key(shown.renewals),
            *stacked(
                account_keys(
                    seats=shown.seats, gifts=shown.gifts, has_history=shown.has_history
                )
            ),
            *_keys(address),
        ),
    )


def referral_address(bot_username: str, code: str) -> str:
    """Return the link that brings friends, "" while the bot's own name is unknown."""
    return f"https://t.me/{bot_username}?start=r_{code}" if bot_username else ""


def _held(found: tuple[Holding, ...]) -> str:
    if not found:
        return _("You hold nothing yet.")
    active = tuple(each for each in found if each.is_active)
    suspended = (each for each in found if each.is_blocked)
    parts: list[str] = [bold(_("What you have")), what_is_held(active)] if active else []
    parts += [
        fill(_("• {name}: on hold, see /paysupport"), name=each.name) for each in suspended
    ]
    return lines(parts)


def _region(visit: Visit) -> Html:
    region = visit.visitor.region
    if not region:
        return Html("")
    return fill(_("Region: {region}"), region=region_name(visit, region))


def _friends(visit: Visit, count: int, address: str) -> str:
    terms = visit.book.affiliate
    if not terms.is_active or not address:
        return ""
    invite = fill(
        _("🎁 Invite friends: they save {percent} with your link.\n{address}"),
        percent=percent(terms.discount_bps),
        address=address,
    )
    if not count:
        return invite
    came = ngettext("{count} friend has come.", "{count} friends have come.", count)
    return lines((invite, fill(came, count=count)))


def _keys(address: str) -> Keyboard:
    share = f"https://t.me/share/url?url={quote(address, safe='')}"
    return (
        *(((link(_("🎁 Share the link"), share),),) if address else ()),
        (key(_("🤝 Bring friends"), ShowAffiliate()), key(_("🎫 Gift cards"), ShowGiftCards())),
        (key(_("📦 My orders"), ShowOrders()), key(_("🌍 Language"), ShowLanguages())),
        to_shop(),
        to_menu(),
    )
