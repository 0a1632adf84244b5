"""How does a code, file or text look in the chat, and what is said of parcels and stock?"""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from delivery.selectors import Thing
from telegram_bot.answers import Params, Screen
from telegram_bot.callbacks import ShowOrder, ShowTier
from telegram_bot.keyboards import key, to_shop
from telegram_bot.presenters.wording import bold, fill, lines, paragraphs, plain
from telegram_bot.screen_json import screen_params


def message(thing: Thing) -> Params:
    """Write a code or a text as a message; a tap copies the code."""
    code = fill("🔑 <code>{secret}</code>", secret=thing.secret) if thing.secret else ""
    return screen_params(Screen(text=paragraphs(bold(thing.title), code, plain(thing.text))))


def caption(thing: Thing) -> Params:
    """Write what stands below a file."""
    return {"caption": bold(thing.title), "parse_mode": "HTML"}


def on_its_way(count: int) -> str:
    """Answer "Get it again"."""
    if not count:
        return _("There is nothing to send for this order.")
    text = ngettext(
        "📥 One moment: {count} message is on its way.",
        "📥 One moment: {count} messages are on their way.",
        count,
    )
    return text.format(count=count)


def will_tell() -> str:
    """Promise to write when something is back."""
    return _("🔔 I will write to you as soon as it is back.")


def back_in_stock(title: str, tier_id: int) -> Screen:
    """Say that something can be bought again."""
    return Screen(
        text=fill(_("🔔 <b>{name}</b> is back."), name=title),
        keyboard=(
            (key(_("🛍 Have a look"), ShowTier(tier_id=tier_id), style="success"),),
            to_shop(),
        ),
    )


def code_is_late(title: str) -> Screen:
    """Say that what was paid for follows."""
    return Screen(
        text=paragraphs(
            bold(title),
            _("Your purchase is safe. A person is preparing it; I will send it to you here."),
        )
    )


def parcel_shipped(number: str, order_id: int, carrier: str, tracking: str) -> Screen:
    """Say that a parcel has left."""
    said = [
        fill(_("Carrier: {carrier}"), carrier=carrier) if carrier else "",
        fill(_("Tracking number: <code>{number}</code>"), number=tracking) if tracking else "",
    ]
    return Screen(
        text=paragraphs(
            fill(_("📦 Order {number} is on its way to you."), number=number),
            lines(part for part in said if part),
        ),
        keyboard=((key(_("📦 Order"), ShowOrder(order_id=order_id)),),),
    )


def parcel_delivered(number: str) -> Screen:
    """Say that a parcel has arrived."""
    return Screen(text=fill(_("📬 Order {number} has arrived. Enjoy it!"), number=number))


def stock_is_low(title: str, left: int, url: str) -> str:
    """Tell staff, in their chat."""
    return f"⚠️ {title}: {left} codes left. {url}"


def delivery_has_failed(delivery_id: int, error: str, url: str) -> str:
    """Tell staff, in their chat."""
    return f"⚠️ Delivery {delivery_id} failed: {error} {url}"
