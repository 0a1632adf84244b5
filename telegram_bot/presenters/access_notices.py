"""What the bot writes of its own accord about access."""

from datetime import datetime
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from telegram_bot.answers import Keyboard, Screen
from telegram_bot.callbacks import (
    AskSupport,
    ShowAccount,
    ShowGift,
    ShowPrice,
    ShowSeats,
    ShowTier,
)
from telegram_bot.keyboards import key, to_shop
from telegram_bot.presenters.wording import Html, fill, last_day, level_name, paragraphs

_BLOCKS: Final[dict[str, str]] = {
    "dispute": gettext_noop("⏸ Your access is on hold: a payment of yours is disputed."),
}
_BLOCKED: Final = gettext_noop("⏸ Your access is on hold.")


def expiring(
    name: str, ends_at: datetime, days_left: int, *, then: str, renew: Keyboard
) -> Screen:
    """Remind of the end of something; ``then`` is the level that remains, "" for none."""
    ends = ngettext(
        "⏳ <b>{name}</b> ends in {count} day.",
        "⏳ <b>{name}</b> ends in {count} days.",
        days_left,
    )
    return Screen(
        text=paragraphs(
            fill(ends, name=name, count=days_left),
            fill(_("The last day is {day}."), day=last_day(ends_at)),
            _remains(then),
        ),
        keyboard=renew,
    )


def expired(name: str, grace_until: datetime | None, *, then: str, renew: Keyboard) -> Screen:
    """Say that something has run out, and how long it may still be used."""
    grace = ""
    if grace_until is not None:
        grace = fill(_("Your access goes on until {day}."), day=last_day(grace_until))
    return Screen(
        text=paragraphs(
            fill(_("⌛ <b>{name}</b> has run out."), name=name), grace, _remains(then)
        ),
        keyboard=renew,
    )


def lowered(name: str, *, level: str, then: str) -> Screen:
    """Say that the higher level has ended before its time, and what remains."""
    return Screen(
        text=paragraphs(_ended(name, level), _remains(then)),
        keyboard=((key(_("💬 Ask about a payment"), AskSupport()),), to_shop()),
    )


def grace_ended(name: str, *, level: str, then: str, renew: Keyboard) -> Screen:
    """Say that the days to pay late are over."""
    return Screen(
        text=paragraphs(
            _ended(name, level),
            _remains(then) or _("You can have it again at any time."),
        ),
        keyboard=renew,
    )


def gift_ready(title: str, gift_id: int) -> Screen:
    """Tell who paid for a gift where its link is."""
    give = key(_("🎁 Give it away"), ShowGift(gift_id=gift_id), style="success")
    return Screen(
        text=paragraphs(
            fill(_("🎁 Your gift is ready: <b>{title}</b>"), title=title),
            _("Take its link and pass it on."),
        ),
        keyboard=((give,),),
    )


def gift_arrived(title: str, friend: str) -> Screen:
    """Tell who gave it that a gift was opened."""
    return Screen(
        text=fill(
            _("🎁 Your gift has arrived: <b>{friend}</b> has opened it.\n{title}"),
            friend=friend,
            title=title,
        ),
        keyboard=((key(_("👤 Account"), ShowAccount()),),),
    )


def seat_taken(name: str, member: str, pool_id: int) -> Screen:
    """Tell the owner who took a seat."""
    return Screen(
        text=fill(
            _("👥 <b>{member}</b> has taken a seat in <b>{name}</b>."), member=member, name=name
        ),
        keyboard=((key(_("👥 Seats"), ShowSeats(pool_id=pool_id)),),),
    )


def seat_lost(name: str) -> Screen:
    """Tell a member that the seat is gone."""
    return Screen(
        text=fill(_("👥 Your seat in <b>{name}</b> has ended."), name=name),
        keyboard=((key(_("👤 Account"), ShowAccount()),), to_shop()),
    )


def blocked(kind: str) -> Screen:
    """Say that access is on hold, and whom to ask."""
    return Screen(
        text=paragraphs(
            fill(_(_BLOCKS.get(kind, _BLOCKED))), _("Write to us, and we will sort it out.")
        ),
        keyboard=((key(_("💬 Ask about a payment"), AskSupport()),),),
    )


def gift_on_hold() -> Screen:
    """Say that a gift waits for its payment, and that nothing else does."""
    return Screen(
        text=paragraphs(
            fill(_("⏸ A gift you received is on hold: its payment is being checked.")),
            _("Whatever else you have stays as it is."),
        ),
        keyboard=((key(_("👤 Account"), ShowAccount()),),),
    )


def unblocked(*, is_last: bool) -> Screen:
    """Say that one reason for holding access is gone, and whether it was the last."""
    text = (
        _("▶️ Your access is no longer on hold. Thank you for your patience.")
        if is_last
        else _("One reason why your access is on hold is gone; another one still stands.")
    )
    return Screen(text=text, keyboard=((key(_("👤 Account"), ShowAccount()),),))


def renew_keys(tier_id: int | None, *, is_monthly: bool) -> Keyboard:
    """Return the way to more of what ends, or to the shop."""
    if tier_id is None:
        return (to_shop(),)
    data = ShowTier(tier_id=tier_id) if is_monthly else ShowPrice(tier_id=tier_id, months=1)
    return ((key(_("🔁 Renew"), data, style="success"),), to_shop())


def _ended(name: str, level: str) -> Html:
    return fill(
        _("⌛ Your {level} access to <b>{name}</b> has ended."),
        level=level_name(level),
        name=name,
    )


def _remains(level: str) -> Html:
    if not level:
        return Html("")
    return fill(_("You still have {level}."), level=level_name(level))
