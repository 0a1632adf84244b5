"""Orders: the list, one of them, its ways to pay, its receipt."""

from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from entitlements.selectors import Holding
from orders.gateways.protocol import PaymentLink
from orders.services.shipping import Shipping
from orders.ways import Way
from telegram_bot.answers import Button, Screen
from telegram_bot.callbacks import (
    AskSupport,
    CancelOrder,
    CheckPayment,
    GetAgain,
    GiveOrder,
    Pay,
    PayAnew,
    PayDemo,
    RenewAnew,
    ShowAccount,
    ShowOrder,
    ShowOrders,
    ShowPrice,
    ShowReceipt,
    ShowRenewal,
    ShowTier,
)
from telegram_bot.keyboards import back, key, link, pages, stacked, to_menu, to_shop
from telegram_bot.order_cards import OrderCard, OrderPage
from telegram_bot.presenters import deliveries
from telegram_bot.presenters.gates import join_keys
from telegram_bot.presenters.gift_cards import back_on_card, by_card, card_keys, why_no_card
from telegram_bot.presenters.renewals import renewals_key
from telegram_bot.presenters.wording import (
    Html,
    day,
    fill,
    last_day,
    lines,
    months,
    paragraphs,
    plain,
    price,
    units,
)
from telegram_bot.purchases import Elsewhere
from telegram_bot.receipts import Brought
from telegram_bot.visit import Visit

_STATUS: Final[dict[str, str]] = {
    "pending": gettext_noop("🕓 waiting for payment"),
    "paid": gettext_noop("✅ paid"),
    "fulfilled": gettext_noop("✅ paid and delivered"),
    "partially_refunded": gettext_noop("↩️ partly refunded"),
    "refunded": gettext_noop("↩️ refunded"),
    "cancelled": gettext_noop("✖️ cancelled"),
    "expired": gettext_noop("⌛ expired unpaid"),
}
_MARK: Final[dict[str, str]] = {name: words.split()[0] for name, words in _STATUS.items()}

#: How a way to pay is called; an unknown one keeps its gateway's own label.
_WAYS: Final[dict[str, str]] = {
    "stars": gettext_noop("⭐ Telegram Stars"),
    "stripe": gettext_noop("💳 Card"),
    "demo": gettext_noop("🧪 Demo payment, no money moves"),
}


def order_list(visit: Visit, shown: OrderPage) -> Screen:
    """List a customer's orders, newest first."""
    if not shown.orders and not shown.page:
        return Screen(
            text=_("You have no orders yet. That is easily changed."),
            keyboard=(to_shop(), to_menu()),
        )
    to = [ShowOrders(page=shown.page - 1), ShowOrders(page=shown.page + 1)]
    return Screen(
        text=fill(_("📦 <b>My orders</b>")),
        keyboard=(
            *stacked(_order_key(visit, card) for card in shown.orders),
            *pages(page=shown.page, has_next=shown.has_next, to=to),
            *renewals_key(shown.renewals),
            to_menu(),
        ),
    )


def order(visit: Visit, card: OrderCard) -> Screen:
    """Show one order: a waiting one with its ways to pay, a paid one with its receipt."""
    if card.is_pending:
        return _waiting(visit, card)
    gift = [_give(card)] if card.is_gift and card.status in ("paid", "fulfilled") else []
    keys = [key(_("🧾 Receipt"), ShowReceipt(order_id=card.id))] if card.is_paid else []
    keys += _renewal(card) + _get_again(card) + _parcel_keys(card)
    keys += [key(_("💬 Ask about this order"), AskSupport(order_id=card.id))]
    again = _buy_again(visit, card)
    return Screen(
        text=paragraphs(
            _heading(card),
            _contents(visit, card),
            _amounts(card),
            _(_STATUS[card.status]),
            deliveries.parcel(card.shipping) if card.shipping else "",
        ),
        keyboard=(*stacked([*gift, *keys, *again]), back(ShowOrders())),
    )


def pay_here(visit: Visit, card: OrderCard, opened: PaymentLink) -> Screen:
    """Lead to a payment page."""
    return Screen(
        text=paragraphs(
            _heading(card),
            _contents(visit, card),
            fill(_("To pay: <b>{total}</b>"), total=price(card.total)),
            _("The button opens the payment page. Come back here afterwards."),
        ),
        keyboard=(
            (link(_("💳 Pay {total}").format(total=price(card.total)), opened.url),),
            (key(_("🔄 I have paid"), CheckPayment(order_id=card.id)),),
            back(ShowOrder(order_id=card.id)),
        ),
    )


def pay_demo(visit: Visit, card: OrderCard) -> Screen:
    """Offer to pay without money, and say so."""
    label = _("🧪 Pay {total} – demo").format(total=price(card.total))
    return Screen(
        text=paragraphs(
            _heading(card),
            _contents(visit, card),
            fill(_("To pay: <b>{total}</b>"), total=price(card.total)),
            _("🧪 This is a demo. No money moves; everything else is as it will be."),
        ),
        keyboard=(
            (key(label, PayDemo(order_id=card.id), style="success"),),
            back(ShowOrder(order_id=card.id)),
        ),
    )


def in_other_currency(visit: Visit, found: Elsewhere) -> Screen:
    """Ask whether the price in the currency of a way is welcome."""
    card, way, quote = found.card, found.way, found.quote
    anew = (RenewAnew if found.renews else PayAnew)(
        order_id=card.id,
        gateway=way.gateway,
        fingerprint=quote.fingerprint,
        nonce=visit.nonce,
    )
    return Screen(
        text=paragraphs(
            _heading(card),
            _contents(visit, card),
            fill(
                _("{way}: <b>{total}</b> instead of {before}"),
                way=_way_name(way),
                total=price(quote.total),
                before=price(card.total),
            ),
            _("It renews by itself each month at this price.") if found.renews else "",
        ),
        keyboard=(
            (key(_("✅ Pay {total}").format(total=price(quote.total)), anew, style="success"),),
            back(ShowOrder(order_id=card.id)),
        ),
    )


def not_paid_yet() -> str:
    """Answer "I have paid" when the money has not come."""
    return _("No payment has arrived yet. It can take a minute; I will write to you.")


def paid(visit: Visit, card: OrderCard, brought: Brought) -> Screen:
    """Say that an order is paid, and what the customer has now."""
    if card.is_gift:
        return _gift_paid(visit, card)
    return Screen(
        text=paragraphs(
            fill(_("🎉 <b>Thank you! It is yours.</b>")),
            _contents(visit, card),
            what_is_held(brought.holdings),
        ),
        keyboard=(
            *join_keys(brought.chats),
            (key(_("🧾 Receipt"), ShowReceipt(order_id=card.id)),),
            (key(_("👤 Account"), ShowAccount()),),
            to_shop(),
        ),
    )


def _gift_paid(visit: Visit, card: OrderCard) -> Screen:
    return Screen(
        text=paragraphs(
            fill(_("🎉 <b>Thank you! The gift is ready.</b>")),
            _contents(visit, card),
            _("Take its link and pass it on."),
        ),
        keyboard=(
            (_give(card),),
            (key(_("🧾 Receipt"), ShowReceipt(order_id=card.id)),),
            to_shop(),
        ),
    )


def _give(card: OrderCard) -> Button:
    return key(_("🎁 Give it away"), GiveOrder(order_id=card.id), style="success")


def really_cancel(visit: Visit, card: OrderCard) -> Screen:
    """Ask before an order is cancelled."""
    sure = CancelOrder(order_id=card.id, is_sure=True)
    return Screen(
        text=paragraphs(_heading(card), _contents(visit, card), _("Cancel this order?")),
        keyboard=(
            (key(_("✖️ Yes, cancel it"), sure, style="danger"),),
            back(ShowOrder(order_id=card.id)),
        ),
    )


def cancelled(visit: Visit, card: OrderCard) -> Screen:
    """Say that an order is cancelled."""
    return Screen(
        text=fill(_("Order {number} is cancelled. Nothing was charged."), number=card.number),
        keyboard=(*stacked(_buy_again(visit, card)), to_shop(), to_menu()),
    )


def amount_bought(card: OrderCard) -> str:
    """Say how much of it was bought."""
    said = [_("🎁 as a gift")] if card.is_gift else []
    said += [months(card.months)] if card.months else []
    if card.quantity > 1:
        said.append(units(card.quantity))
    return " · ".join(said)


def what_is_held(holdings: tuple[Holding, ...]) -> Html:
    """List entitlements with their last day."""
    return lines(_held(holding) for holding in holdings)


def _held(holding: Holding) -> Html:
    if holding.ends_at is None:
        return fill(_("• {name}: for good"), name=holding.name)
    if holding.in_grace and holding.grace_until is not None:
        return fill(
            _("• {name}: ran out, access goes on until {day}"),
            name=holding.name,
            day=last_day(holding.grace_until),
        )
    return fill(_("• {name}: until {day}"), name=holding.name, day=last_day(holding.ends_at))


def _waiting(visit: Visit, card: OrderCard) -> Screen:
    if card.shipping is not None and not card.shipping.is_settled:
        return _unaddressed(visit, card, card.shipping)
    ways = [_way_key(card, way) for way in card.ways]
    ways = card_keys(card) + ways
    ways += [_renewing_key(card, way) for way in card.ways if way.may_renew]
    how = _("How would you like to pay?") if ways else _no_way()
    return Screen(
        text=paragraphs(
            _heading(card),
            _contents(visit, card),
            lines(
                filter(None, (by_card(card), fill("<b>{total}</b>", total=price(card.total))))
            ),
            deliveries.parcel(card.shipping) if card.shipping else "",
            _hold(visit, card),
            why_no_card(card),
            how,
        ),
        keyboard=(
            *stacked([*ways, *_parcel_keys(card)]),
            (key(_("✖️ Cancel the order"), CancelOrder(order_id=card.id)),),
            back(ShowOrders()),
        ),
    )


def _hold(visit: Visit, card: OrderCard) -> Html:
    left = max(int((card.expires_at - visit.at).total_seconds()) // 60, 1)
    text = ngettext(
        "The price is yours for {count} minute.",
        "The price is yours for {count} minutes.",
        left,
    )
    return fill(text, count=left)


def _no_way() -> str:
    return _("There is no way to pay for this at the moment. Please write to us: /paysupport")


def _way_name(way: Way) -> str:
    return _(_WAYS[way.gateway]) if way.gateway in _WAYS else way.label


def _way_key(card: OrderCard, way: Way) -> Button:
    name = _way_name(way)
    label = (
        _("{way} (test)").format(way=name) if way.is_test and way.gateway != "demo" else name
    )
    return key(label, Pay(order_id=card.id, gateway=way.gateway))


def _renewing_key(card: OrderCard, way: Way) -> Button:
    label = _("🔁 {way}, renews by itself").format(way=_way_name(way))
    return key(label, Pay(order_id=card.id, gateway=way.gateway, renews=True))


def _order_key(visit: Visit, card: OrderCard) -> Button:
    label = f"{_MARK[card.status]} {card.title(visit.language)} · {price(card.total)}"
    return key(label, ShowOrder(order_id=card.id))


def _heading(card: OrderCard) -> Html:
    return fill(_("<b>Order {number}</b>"), number=card.number)


def _contents(visit: Visit, card: OrderCard) -> Html:
    bought = amount_bought(card)
    return lines(filter(None, (plain(card.title(visit.language)), bought)))


def _amounts(card: OrderCard) -> Html:
    return lines([*sums(card), fill(_("Ordered on {day}"), day=day(card.placed_at))])


def sums(card: OrderCard) -> list[Html]:
    """Say who paid how much of it, and what went back."""
    said = [by_card(card), fill(_("Total: <b>{total}</b>"), total=price(card.total))]
    if card.refunded:
        said.append(fill(_("Refunded: {amount}"), amount=price(card.refunded)))
    return [part for part in (*said, back_on_card(card)) if part]


def _unaddressed(visit: Visit, card: OrderCard, shipping: Shipping) -> Screen:
    """Settle where the parcel goes and how, before it is paid."""
    return Screen(
        text=paragraphs(
            _heading(card),
            _contents(visit, card),
            fill("<b>{total}</b>", total=price(card.total)),
            deliveries.parcel(shipping),
            _("Where shall we send it, and how?"),
        ),
        keyboard=(
            *stacked(_parcel_keys(card)),
            (key(_("✖️ Cancel the order"), CancelOrder(order_id=card.id)),),
            back(ShowOrders()),
        ),
    )


def _parcel_keys(card: OrderCard) -> list[Button]:
    return deliveries.parcel_keys(card.id, card.shipping) if card.shipping else []


def _renewal(card: OrderCard) -> list[Button]:
    if card.subscription_id is None or not card.is_paid:
        return []
    return [key(_("🔁 Renewal"), ShowRenewal(subscription_id=card.subscription_id))]


def _get_again(card: OrderCard) -> list[Button]:
    if not card.brings or not card.is_paid or card.status == "refunded":
        return []
    return [key(_("📥 Get it again"), GetAgain(order_id=card.id))]


def _buy_again(visit: Visit, card: OrderCard) -> list[Button]:
    if not visit.catalog.is_on_sale(card.tier_id, visit.at):
        return []
    again = (
        ShowTier(tier_id=card.tier_id)
        if card.months
        else ShowPrice(tier_id=card.tier_id, months=1)
    )
    return [key(_("🔁 Buy again"), again)]
