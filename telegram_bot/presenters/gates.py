"""What customers and staff read about gated chats."""

from django.utils.translation import gettext as _

from telegram_bot.answers import Button, Keyboard, Screen
from telegram_bot.callbacks import ShowAccount, ShowProduct, ShowTier
from telegram_bot.gates.selectors import OpenChat
from telegram_bot.keyboards import key, link, to_shop
from telegram_bot.presenters.wording import Html, bold, fill, paragraphs
from telegram_bot.visit import Visit


def declined(visit: Visit, title: str, tier_ids: tuple[int, ...]) -> Screen:
    """Say kindly why somebody was not let in, with the way to buy it."""
    return Screen(
        text=paragraphs(
            fill(_("🔒 <b>{title}</b> is for subscribers."), title=title),
            _(
                "You have no access to it at present, so we could not let you in. "
                "Once you have it, the same link opens the door."
            ),
        ),
        keyboard=(
            *_buy(visit, tier_ids),
            (key(_("👤 Account"), ShowAccount()),),
            to_shop(),
        ),
    )


def _buy(visit: Visit, tier_ids: tuple[int, ...]) -> Keyboard:
    on_sale = [each for each in tier_ids if visit.catalog.is_on_sale(each, visit.at)]
    if not on_sale:
        return ()
    products = {visit.catalog.tier(each).product_id for each in on_sale}
    if len(products) == 1:
        to = ShowProduct(product_id=products.pop())
        return ((key(_("🛒 Get access"), to, style="success"),),)
    return ((key(_("🛒 Get access"), ShowTier(tier_id=on_sale[0]), style="success"),),)


def removed(title: str, tier_id: int | None) -> Screen:
    """Say that somebody was taken out of a chat."""
    again: Keyboard = ()
    if tier_id is not None:
        again = ((key(_("🔁 Renew"), ShowTier(tier_id=tier_id), style="success"),),)
    return Screen(
        text=paragraphs(
            fill(
                _("👋 Your access to <b>{title}</b> has ended, so you have left it."),
                title=title,
            ),
            _("Once you have access again, the same link lets you back in."),
        ),
        keyboard=(*again, to_shop()),
    )


def asked_back(title: str, invite_link: str) -> Screen:
    """Ask somebody back who paid at the very moment of being taken out."""
    door: Keyboard = ((_join(OpenChat(title, invite_link)),),) if invite_link else ()
    return Screen(
        text=paragraphs(
            fill(
                _("👋 You have access to <b>{title}</b>: welcome back!"),
                title=title,
            ),
            _(
                "It was renewed at the very moment your old time ran out, so the chat let you "
                "go. The same link lets you back in."
            ),
        ),
        keyboard=(*door, to_shop()),
    )


def join_keys(chats: tuple[OpenChat, ...]) -> Keyboard:
    """Return the buttons that lead into a customer's chats."""
    return tuple((_join(chat),) for chat in chats)


def _join(chat: OpenChat) -> Button:
    return link(_("💬 Open {title}").format(title=chat.title[:40]), chat.invite_link)


def alert(kind: str, title: str, detail: str) -> Screen:
    """Tell staff of a gated chat; in English, as the admin is."""
    heads = {
        "gate.found": "🆕 The bot administers {title} now. Bind it in the admin to guard it.",
        "gate.problem": "⚠️ The bot can no longer guard {title}.",
        "gate.mended": "✅ The bot guards {title} again.",
        "gate.migrated": "🔀 {title} has become a supergroup; its new link is being made.",
        "gate.removal_failing": "⚠️ Somebody cannot be removed from {title}; it is tried again.",
    }
    head = fill(heads[kind], title=bold(title))
    return Screen(
        text=paragraphs(head, fill("{detail}", detail=detail) if detail else Html(""))
    )
