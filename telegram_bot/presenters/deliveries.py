"""How does a code, file or text look in the chat, and what is said of parcels and stock?"""

from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from delivery.selectors import Thing
from orders.services.shipping import Shipping, ShippingChoice
from telegram_bot.answers import Button, Params, Screen
from telegram_bot.callbacks import AskAddress, ChooseShipping, ShowOrder, ShowTier
from telegram_bot.keyboards import back, key, to_shop
from telegram_bot.presenters.wording import bold, fill, lines, paragraphs, plain, price
from telegram_bot.screen_json import screen_params

_PARCEL: Final[dict[str, str]] = {
    "to_pack": gettext_noop("📦 being packed"),
    "packed": gettext_noop("📦 packed"),
    "shipped": gettext_noop("🚚 on its way to you"),
    "delivered": gettext_noop("📬 delivered"),
}


def message(thing: Thing) -> Params:
    """Write a code or a text as a message; a tap copies the code."""
    code = fill("🔑 <code>{secret}</code>", secret=thing.secret) if thing.secret else ""
    hint = _("Pass the code on, or redeem it yourself: /giftcard") if thing.is_gift_card else ""
    text = paragraphs(bold(thing.title), code, plain(thing.text), hint)
    return screen_params(Screen(text=text))


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


def type_the_address(order_id: int) -> Screen:
    """Ask where a parcel goes."""
    return Screen(
        text=paragraphs(
            _("📮 Where shall we send it?"),
            _("Please write name, street, town, postcode and country in one message."),
        ),
        keyboard=(back(ShowOrder(order_id=order_id)),),
    )


def parcel(shipping: Shipping) -> str:
    """Say where a parcel goes and how far it has come."""
    said = [
        fill(_("📮 {address}"), address=shipping.address) if shipping.address else "",
        _shipping_cost(shipping.chosen) if shipping.chosen else "",
        _(_PARCEL[shipping.status]) if shipping.status in _PARCEL else "",
        fill(_("Carrier: {carrier}"), carrier=shipping.carrier) if shipping.carrier else "",
        _tracking(shipping.tracking_number),
    ]
    return lines(part for part in said if part)


def parcel_keys(order_id: int, shipping: Shipping) -> list[Button]:
    """Offer what can still be settled about a parcel."""
    keys = []
    if shipping.status in ("unpaid", "to_pack"):
        label = _("📮 Change the address") if shipping.address else _("📮 Give the address")
        keys.append(key(label, AskAddress(order_id=order_id)))
    for choice in shipping.choices:
        mark = "✅" if choice == shipping.chosen else "🚚"
        label = f"{mark} {choice.name} · {price(choice.price)}"
        keys.append(key(label, ChooseShipping(order_id=order_id, option_id=choice.id)))
    return keys


def _shipping_cost(chosen: ShippingChoice) -> str:
    return fill("🚚 {name}: {price}", name=chosen.name, price=price(chosen.price))


def _tracking(number: str) -> str:
    if not number:
        return ""
    return fill(_("Tracking number: <code>{number}</code>"), number=number)


def parcel_shipped(number: str, order_id: int, carrier: str, tracking: str) -> Screen:
    """Say that a parcel has left."""
    said = [
        fill(_("Carrier: {carrier}"), carrier=carrier) if carrier else "",
        _tracking(tracking),
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
