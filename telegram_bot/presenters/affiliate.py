"""What a customer's link has brought: numbers, balances, the account line by line."""

from collections.abc import Iterable
from typing import Final
from urllib.parse import quote

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from pricing.selectors import Statement, StatementLine
from shopbot.kernel.money import Money
from telegram_bot.affiliates import StatementPage, qr_picture
from telegram_bot.answers import Photo, Screen
from telegram_bot.callbacks import ShowAffiliate, ShowStatement
from telegram_bot.keyboards import back, key, link, pages, to_menu
from telegram_bot.presenters.account import referral_address
from telegram_bot.presenters.wording import Html, day, fill, lines, paragraphs, percent, price
from telegram_bot.visit import Visit

_KINDS: Final = {
    "earned": gettext_noop("Commission"),
    "reversed": gettext_noop("Taken back after a refund"),
    "restored": gettext_noop("Given back: the refund failed"),
    "paid": gettext_noop("Paid out"),
    "returned": gettext_noop("Payout cancelled"),
}


def affiliate(visit: Visit, found: Statement, *, bot_username: str) -> Photo | Screen:
    """Show the link with its QR code, and what it has brought."""
    address = referral_address(bot_username, visit.visitor.referral_code)
    screen = Screen(
        text=paragraphs(
            fill(_("🤝 <b>Bring friends</b>")),
            _terms(visit),
            Html(f"<code>{address}</code>") if address else "",
            _numbers(found),
            _balances(found),
        ),
        keyboard=(
            *(((link(_("🎁 Share the link"), _share(address)),),) if address else ()),
            (key(_("📒 Statement"), ShowStatement()),),
            to_menu(),
        ),
    )
    return Photo(qr_picture(address), screen) if address else screen


def statement(shown: StatementPage) -> Screen:
    """Show a page of the account."""
    to = [ShowStatement(page=shown.page - 1), ShowStatement(page=shown.page + 1)]
    listed = lines(_line(each) for each in shown.lines)
    return Screen(
        text=paragraphs(
            fill(_("📒 <b>Statement</b>")), listed or _("Nothing has been earned yet.")
        ),
        keyboard=(
            *pages(page=shown.page, has_next=shown.has_next, to=to),
            back(ShowAffiliate()),
        ),
    )


def _terms(visit: Visit) -> str:
    terms = visit.book.affiliate
    if not terms.is_active:
        return _("The program is closed at the moment; what you have earned stays yours.")
    save = terms.overrides.get(visit.customer_id, terms.discount_bps)
    return fill(
        _("Friends who come by your link save {percent}, and you earn on what they pay."),
        percent=percent(save),
    )


def _numbers(found: Statement) -> Html:
    return lines(
        (
            fill(_("Clicks: <b>{count}</b>"), count=found.clicks),
            fill(_("Sales: <b>{count}</b>"), count=found.sales),
        )
    )


def _balances(found: Statement) -> Html:
    return lines(
        (
            fill(_("On hold: <b>{amount}</b>"), amount=_sums(found.held)),
            fill(_("To be paid: <b>{amount}</b>"), amount=_sums(found.available)),
            fill(_("Being paid: <b>{amount}</b>"), amount=_sums(found.on_the_way)),
            fill(_("Paid: <b>{amount}</b>"), amount=_sums(found.paid)),
        )
    )


def _sums(amounts: Iterable[Money]) -> str:
    return " · ".join(price(amount) for amount in amounts) or "–"


def _line(shown: StatementLine) -> Html:
    text = fill(
        "{day} · {kind}: <b>{amount}</b>",
        day=day(shown.created_at),
        kind=_(_KINDS[shown.kind]),
        amount=price(shown.amount),
    )
    if shown.kind != "earned" or shown.matures_at <= shown.created_at:
        return text
    held = fill(_("on hold until {day}"), day=day(shown.matures_at))
    return Html(f"{text} ({held})")


def _share(address: str) -> str:
    return f"https://t.me/share/url?url={quote(address, safe='')}"
