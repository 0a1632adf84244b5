"""Trials, gifts, seats, and why somebody has access or not."""

from dataclasses import replace
from datetime import datetime
from urllib.parse import quote

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.snapshot import TierView
from entitlements.explain_text import explanation_text
from entitlements.sharing_views import GiftView, SeatMember, SeatsView
from telegram_bot.access import Known, Received, Why
from telegram_bot.answers import Button, Keyboard, Row, Screen
from telegram_bot.callbacks import (
    AskSupport,
    BuyGift,
    ExplainAccess,
    InviteToSeat,
    RemoveSeat,
    ShowAccess,
    ShowAccount,
    ShowGift,
    ShowGifts,
    ShowPrice,
    ShowSeat,
    ShowSeats,
    ShowTier,
    StartTrial,
)
from telegram_bot.keyboards import back, key, link, pages, stacked, to_shop
from telegram_bot.presenters.orders import what_is_held
from telegram_bot.presenters.shop import Shown
from telegram_bot.presenters.titles import tier_title
from telegram_bot.presenters.wording import (
    Html,
    fill,
    last_day,
    lines,
    months,
    paragraphs,
    plain,
    price,
)
from telegram_bot.visit import Visit

#: More would not fit on a phone without scrolling.
PAGE_SIZE = 8


def with_trials(visit: Visit, screen: Screen, tiers: tuple[TierView, ...]) -> Screen:
    """Put a key for each trial above the others."""
    keys = stacked(_trial_key(visit, tier, is_only=len(tiers) == 1) for tier in tiers)
    return replace(screen, keyboard=(*keys, *screen.keyboard))


def _trial_key(visit: Visit, tier: TierView, *, is_only: bool) -> Button:
    text = ngettext(
        "🎁 Try {count} day for free", "🎁 Try {count} days for free", tier.trial_days
    )
    label = text.format(count=tier.trial_days)
    if not is_only:
        label = f"{label} · {visit.catalog.text(tier.names, visit.language)}"
    return key(label, StartTrial(tier_id=tier.id), style="success")


def trial_begun(visit: Visit, tier: TierView, ends_at: datetime) -> Screen:
    """Say until when a trial lasts, and that it costs nothing."""
    return Screen(
        text=paragraphs(
            fill(_("🎁 <b>Your trial has begun.</b>")),
            plain(tier_title(visit, tier.id)),
            fill(_("It lasts until {day}."), day=last_day(ends_at)),
            _("It costs nothing and ends by itself."),
        ),
        keyboard=(_buy_row(visit, tier.id, _("🛒 Buy")), _account_row(), to_shop()),
    )


def account_keys(
    *, seats: tuple[SeatsView, ...], gifts: int, has_history: bool
) -> tuple[Button, ...]:
    """Return the account's keys to what stands on this page's screens."""
    keys = [
        key(
            _("👥 Seats {taken} of {seats} · {name}").format(
                taken=_taken(each), seats=each.seats, name=each.name
            ),
            ShowSeats(pool_id=each.pool_id),
        )
        for each in seats
        if each.seats or each.members
    ]
    if gifts:
        keys.append(key(_("🎁 Gifts given: {count}").format(count=gifts), ShowGifts()))
    if has_history:
        keys.append(key(_("❓ Why do I have access, or not?"), ShowAccess()))
    return tuple(keys)


def known(found: tuple[Known, ...]) -> Screen:
    """List what a customer has or had, each with its explanation behind a key."""
    keys = (
        key(
            f"{'✅' if each.has_access else '✖️'} {each.name}",
            ExplainAccess(type_id=each.type_id),
        )
        for each in found
    )
    text = _("What would you like explained?") if found else _("You hold nothing yet.")
    return Screen(text=text, keyboard=(*stacked(keys), back(ShowAccount())))


def why(visit: Visit, shown: Why) -> Screen:
    """Explain access, with a way to more of it where that helps."""
    found = shown.explanation
    had_it = any(reason.code != "never_granted" for reason in found.reasons)
    keys: Keyboard = ()
    if found.verdict == "blocked":
        keys = ((key(_("💬 Ask about a payment"), AskSupport()),),)
    elif shown.tier_id is not None:
        label = _("🔁 Renew") if had_it else _("🛒 Buy")
        keys = (_buy_row(visit, shown.tier_id, label),)
    return Screen(
        text=plain(explanation_text(found, visit.language)),
        keyboard=(*keys, back(ShowAccess())),
    )


def gift_offer(visit: Visit, shown: Shown, *, note: str = "") -> Screen:
    """Show what a gift costs and how it is given."""
    asked = shown.quote
    buy = BuyGift(
        tier_id=asked.tier_id,
        months=asked.months,
        with_code=shown.with_code,
        fingerprint=asked.fingerprint,
        nonce=visit.nonce,
    )
    up = ShowPrice(tier_id=asked.tier_id, months=asked.months, with_code=shown.with_code)
    label = _("🎁 Buy the gift for {price}").format(price=price(asked.total))
    return Screen(
        text=paragraphs(
            plain(note),
            fill(_("🎁 <b>A gift</b>")),
            _contents(visit, asked.tier_id, shown.tier.is_monthly and asked.months),
            fill("<b>{total}</b>", total=price(asked.total)),
            _("You get a link. Whoever opens it first has the gift, from that day on."),
        ),
        keyboard=((key(label, buy, style="success"),), back(up)),
    )


def gift_price_has_changed(visit: Visit, shown: Shown) -> Screen:
    """Show the present price instead of charging another than was shown."""
    note = _("The price has changed since you saw it. Nothing was ordered yet.")
    return gift_offer(visit, shown, note=note)


def gifts(visit: Visit, found: tuple[GiftView, ...]) -> Screen:
    """List gifts with what became of them; those that wait have a key."""
    if not found:
        return Screen(text=_("You have given no gifts yet."), keyboard=(back(ShowAccount()),))
    shown = found[:PAGE_SIZE]
    keys = (
        key(f"🎁 {_gift_title(visit, each)}", ShowGift(gift_id=each.gift_id))
        for each in shown
        if each.is_open
    )
    said = (
        fill("• {title}: {state}", title=_gift_title(visit, each), state=_state(each))
        for each in shown
    )
    return Screen(
        text=paragraphs(fill(_("🎁 <b>Gifts you have given</b>")), lines(said)),
        keyboard=(*stacked(keys), back(ShowAccount())),
    )


def gift(visit: Visit, shown: GiftView, *, bot_username: str) -> Screen:
    """Show a gift; while it waits, with the link to pass on."""
    address = deep_link(bot_username, "g", shown.code) if shown.is_open else ""
    how = fill(
        _("Pass this link on. Whoever opens it first has the gift:\n{address}"),
        address=address,
    )
    words = _("A gift for you: {title}").format(title=_gift_title(visit, shown))
    return Screen(
        text=paragraphs(
            fill(_("🎁 <b>A gift</b>")),
            plain(_gift_title(visit, shown)),
            how if address else plain(_state(shown)),
        ),
        keyboard=(*_share(_("🎁 Send the gift"), address, words), back(ShowGifts())),
    )


def gift_received(visit: Visit, found: Received) -> Screen:
    """Welcome somebody to a gift, with what they have now."""
    what = "" if found.tier_id is None else _contents(visit, found.tier_id, found.months)
    return Screen(
        text=paragraphs(
            fill(_("🎁 <b>A gift for you!</b>")), what, what_is_held(found.holdings)
        ),
        keyboard=(_account_row(), to_shop()),
    )


def seats(shown: SeatsView, *, page: int) -> Screen:
    """Show who sits on which seat, and which links are open."""
    first = page * PAGE_SIZE
    to = [ShowSeats(pool_id=shown.pool_id, page=turn) for turn in (page - 1, page + 1)]
    keys = [_seat_key(each) for each in shown.members]
    may_invite = _taken(shown) < shown.seats and len(shown.members) < shown.seats
    invite = key(_("➕ Invite"), InviteToSeat(pool_id=shown.pool_id), style="success")
    counted = ngettext(
        "{taken} of {count} seat is taken.",
        "{taken} of {count} seats are taken.",
        shown.seats,
    )
    return Screen(
        text=paragraphs(
            fill("👥 <b>{name}</b>", name=shown.name),
            fill(counted, taken=_taken(shown), count=shown.seats),
        ),
        keyboard=(
            *stacked(keys[first : first + PAGE_SIZE]),
            *pages(page=page, has_next=len(keys) > first + PAGE_SIZE, to=to),
            *(((invite,),) if may_invite else ()),
            back(ShowAccount()),
        ),
    )


def seat(shown: SeatsView, member: SeatMember, *, bot_username: str) -> Screen:
    """Show one member with a way to remove them, or an open link to pass on."""
    away = RemoveSeat(seat_id=member.seat_id)
    up = back(ShowSeats(pool_id=shown.pool_id))
    if member.is_taken:
        return Screen(
            text=fill(
                _("<b>{member}</b> shares <b>{name}</b> with you."),
                member=member.name,
                name=shown.name,
            ),
            keyboard=((key(_("✖️ Remove"), away, style="danger"),), up),
        )
    address = deep_link(bot_username, "s", member.code)
    words = _("A seat for you: {name}").format(name=shown.name)
    return Screen(
        text=fill(
            _("This link is good for one person, for 14 days:\n{address}"), address=address
        ),
        keyboard=(
            *_share(_("👥 Send the link"), address, words),
            (key(_("✖️ Withdraw the link"), away, style="danger"),),
            up,
        ),
    )


def seat_taken(found: Received) -> Screen:
    """Welcome a member, with what they have now."""
    return Screen(
        text=paragraphs(fill(_("👥 <b>You have a seat.</b>")), what_is_held(found.holdings)),
        keyboard=(_account_row(), to_shop()),
    )


def deep_link(bot_username: str, kind: str, code: str) -> str:
    """Return the link that opens this chat with a code, "" while the bot's name is unknown."""
    return f"https://t.me/{bot_username}?start={kind}_{code}" if bot_username else ""


def _contents(visit: Visit, tier_id: int, count: int | None) -> Html:
    said = [plain(tier_title(visit, tier_id))]
    if count:
        said.append(plain(months(count)))
    return lines(said)


def _gift_title(visit: Visit, shown: GiftView) -> str:
    title = tier_title(visit, shown.tier_id)
    return f"{title} · {months(shown.months)}" if shown.months else title


def _state(shown: GiftView) -> str:
    if shown.is_redeemed:
        return _("it has arrived")
    return _("it waits to be opened") if shown.is_open else _("it was not opened in time")


def _seat_key(member: SeatMember) -> Button:
    label = f"👤 {member.name}" if member.is_taken else _("🔗 An open link")
    return key(label, ShowSeat(seat_id=member.seat_id))


def _taken(shown: SeatsView) -> int:
    return sum(member.is_taken for member in shown.members)


def _share(label: str, address: str, words: str) -> Keyboard:
    if not address:
        return ()
    url = f"https://t.me/share/url?url={quote(address, safe='')}&text={quote(words, safe='')}"
    return ((link(label, url),),)


def _buy_row(visit: Visit, tier_id: int, label: str) -> Row:
    is_monthly = visit.catalog.tier(tier_id).is_monthly
    data = ShowTier(tier_id=tier_id) if is_monthly else ShowPrice(tier_id=tier_id, months=1)
    return (key(label, data, style="success"),)


def _account_row() -> Row:
    return (key(_("👤 Account"), ShowAccount()),)
