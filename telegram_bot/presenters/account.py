"""The account: tier, entitlements with their last day, the link for friends."""

from urllib.parse import quote

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from entitlements.selectors import Holding
from telegram_bot.accounts import Account, Renewal
from telegram_bot.answers import Button, Keyboard, Screen
from telegram_bot.callbacks import (
    SetRenewal,
    ShowAccount,
    ShowAffiliate,
    ShowGiftCards,
    ShowLanguages,
    ShowOrders,
    ShowRenewal,
)
from telegram_bot.keyboards import back, key, link, stacked, to_menu, to_shop
from telegram_bot.presenters.access import account_keys, tier_title
from telegram_bot.presenters.gates import join_keys
from telegram_bot.presenters.orders import what_is_held
from telegram_bot.presenters.regions import region_name
from telegram_bot.presenters.wording import (
    Html,
    bold,
    fill,
    last_day,
    level_name,
    lines,
    paragraphs,
    percent,
    price,
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
            *stacked(_renewal_key(visit, each) for each in shown.renewals),
            *stacked(
                account_keys(
                    seats=shown.seats, gifts=shown.gifts, has_history=shown.has_history
                )
            ),
            *_keys(address),
        ),
    )


def renewal(visit: Visit, shown: Renewal) -> Screen:
    """Show a renewal agreement, with what can be done about it."""
    change = SetRenewal(subscription_id=shown.id, renews=not shown.will_renew)
    if shown.will_renew:
        switch = key(_("⏹ Stop renewing"), change)
    else:
        switch = key(_("🔁 Renew again"), change, style="success")
    pay = ((link(_("💳 Pay now"), shown.fix_url),),) if shown.fix_url else ()
    return Screen(
        text=paragraphs(bold(tier_title(visit, shown.tier_id)), _renewal_text(shown)),
        keyboard=(*pay, (switch,), back(ShowAccount())),
    )


def _renewal_text(shown: Renewal) -> str:
    when = last_day(shown.renews_at) if shown.renews_at else ""
    if shown.is_past_due:
        return _("The last renewal could not be charged. Please check your way of paying.")
    if not shown.will_renew:
        return fill(_("It ends after {day} and is not renewed."), day=when)
    text = _("It renews by itself after {day} for {price}.")
    return fill(text, day=when, price=price(shown.price))


def _renewal_key(visit: Visit, shown: Renewal) -> Button:
    mark = "⚠️" if shown.is_past_due else "🔁" if shown.will_renew else "⏹"
    return key(
        f"{mark} {tier_title(visit, shown.tier_id)}", ShowRenewal(subscription_id=shown.id)
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
