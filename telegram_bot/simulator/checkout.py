"""How does somebody pay: from the Pay button to the message that says so?"""

import asyncio
from dataclasses import dataclass, field

from telegram_bot.simulator.core import Core, user_as_json
from telegram_bot.simulator.errors import ActionRefused, bad_request
from telegram_bot.simulator.ledger import record_income, service_message
from telegram_bot.simulator.state import Charge, Invoice, Json, Subscription, User
from telegram_bot.simulator.updates import enqueue

TOO_OLD = "query is too old and response timeout expired or query ID is invalid"
ZERO_DECIMAL = frozenset({"JPY", "KRW", "VND", "CLP", "ISK", "UGX"})
SIGNS = {"USD": "$", "EUR": "€", "GBP": "£"}


@dataclass(slots=True)
class PaymentForm:
    """What a buyer fills in before paying; Stars need nothing of it."""

    name: str = ""
    phone_number: str = ""
    email: str = ""
    address: Json = field(default_factory=dict)
    shipping_option_id: str = ""
    tip: int = 0


@dataclass(frozen=True, slots=True)
class Paid:
    """A payment that went through."""

    charge_id: str
    amount: int
    currency: str


def price_text(amount: int, currency: str) -> str:
    """A price for the Pay button, as the app writes it."""
    if currency in ZERO_DECIMAL:
        return f"{amount:,} {currency}"
    number = f"{amount // 100:,}.{amount % 100:02d}"
    return f"{SIGNS[currency]}{number}" if currency in SIGNS else f"{number} {currency}"


def link_of(invoice: Invoice) -> str:
    """The address that opens an invoice."""
    return f"https://t.me/${invoice.id}"


def invoice_by_link(core: Core, address: str) -> Invoice:
    """The invoice that an address opens.

    Raises:
        ActionRefused: it opens none.
    """
    invoice = core.state.invoices.get(address.rpartition("$")[2])
    if invoice is None:
        raise ActionRefused("This invoice link is invalid.")
    return invoice


def answer(core: Core, kind: str, query_id: str, values: Json) -> None:
    """Hand the bot's answer to whoever waits for it.

    Raises:
        ApiError: nobody waits: it was answered before, or too late.
    """
    future = core.questions.pop((kind, query_id), None)
    if future is None or future.done():
        raise bad_request(TOO_OLD)
    future.set_result(values)


async def _ask(core: Core, kind: str, body: Json, seconds: float) -> Json:
    key = (kind, str(body["id"]))
    future = asyncio.get_running_loop().create_future()
    core.questions[key] = future
    enqueue(core, kind, body)
    try:
        return await asyncio.wait_for(future, seconds)
    except TimeoutError as error:
        raise ActionRefused("The bot did not answer in time. You were not charged.") from error
    finally:
        core.questions.pop(key, None)


def check_payable(core: Core, user: User, invoice: Invoice) -> None:
    """Refuse what the app would not even open.

    Raises:
        ActionRefused: the invoice was paid, or the buyer lacks Stars.
    """
    if invoice.is_paid:
        raise ActionRefused("This invoice has already been paid.")
    if invoice.chat_id and core.message(invoice.chat_id, invoice.message_id) is None:
        raise ActionRefused("This invoice was deleted.")
    if invoice.currency == "XTR" and user.stars < invoice.total:
        missing = invoice.total - user.stars
        raise ActionRefused(f"You need {missing} more Stars to pay this.")


async def shipping_options(
    core: Core, *, user: User, invoice: Invoice, address: Json
) -> list[Json]:
    """Ask the bot how it would ship to an address.

    Raises:
        ActionRefused: it does not, or did not answer.
    """
    body: Json = {
        "id": core.secret_id(),
        "from": user_as_json(user),
        "invoice_payload": invoice.payload,
        "shipping_address": address,
    }
    reply = await _ask(core, "shipping_query", body, core.timing.shipping_seconds)
    if not reply["ok"]:
        raise ActionRefused(str(reply["error_message"]))
    options: list[Json] = reply["shipping_options"]
    return options


def _order_info(invoice: Invoice, form: PaymentForm) -> Json:
    info: Json = {}
    for option, name, value in (
        ("need_name", "name", form.name),
        ("need_phone_number", "phone_number", form.phone_number),
        ("need_email", "email", form.email),
        ("need_shipping_address", "shipping_address", form.address),
    ):
        if not invoice.options.get(option):
            continue
        if not value:
            raise ActionRefused(f"Please fill in: {name.replace('_', ' ')}.")
        info[name] = value
    return info


async def _shipping_price(core: Core, user: User, invoice: Invoice, form: PaymentForm) -> int:
    if not invoice.options.get("is_flexible"):
        return 0
    options = await shipping_options(core, user=user, invoice=invoice, address=form.address)
    for option in options:
        if option["id"] == form.shipping_option_id:
            return sum(int(price["amount"]) for price in option["prices"])
    raise ActionRefused("Please choose how it shall be shipped.")


async def pay(core: Core, *, user: User, invoice: Invoice, form: PaymentForm) -> Paid:
    """Pay an invoice: the bot is asked first and has ten seconds.

    Raises:
        ActionRefused: it cannot be paid, the bot refused, or did not answer. Nobody is charged.
    """
    check_payable(core, user, invoice)
    is_stars = invoice.currency == "XTR"
    info = {} if is_stars else _order_info(invoice, form)
    extra = 0 if is_stars else form.tip + await _shipping_price(core, user, invoice, form)
    terms: Json = {
        "currency": invoice.currency,
        "total_amount": invoice.total + extra,
        "invoice_payload": invoice.payload,
    }
    if info:
        terms["order_info"] = info
    if form.shipping_option_id:
        terms["shipping_option_id"] = form.shipping_option_id
    query = {"id": core.secret_id(), "from": user_as_json(user), **terms}
    reply = await _ask(core, "pre_checkout_query", query, core.timing.pre_checkout_seconds)
    if not reply["ok"]:
        raise ActionRefused(str(reply["error_message"]))
    # Somebody may have paid it on another device while the bot was thinking.
    check_payable(core, user, invoice)
    return _settle(core, user, invoice, terms)


def _settle(core: Core, user: User, invoice: Invoice, terms: Json) -> Paid:
    charge = Charge(
        id=core.secret_id("stx_" if invoice.currency == "XTR" else "ch_"),
        user_id=user.id,
        amount=terms["total_amount"],
        currency=invoice.currency,
        payload=invoice.payload,
        at=core.clock.now(),
    )
    if invoice.chat_id:
        invoice.is_paid = True
        core.changed("invoice", invoice_id=invoice.id, is_paid=True)
    recurring: Json = {}
    if invoice.subscription_period:
        subscription = _subscribe(core, user, invoice, charge)
        recurring = {
            "subscription_expiration_date": int(subscription.expires_at),
            "is_recurring": True,
            "is_first_recurring": True,
        }
    record_income(core, charge)
    tell_payment(core, user, charge, {**terms, **recurring})
    return Paid(charge.id, charge.amount, charge.currency)


def _subscribe(core: Core, user: User, invoice: Invoice, charge: Charge) -> Subscription:
    subscription = Subscription(
        id=charge.id,
        user_id=user.id,
        invoice_id=invoice.id,
        amount=charge.amount,
        payload=charge.payload,
        period=invoice.subscription_period,
        expires_at=charge.at + invoice.subscription_period,
    )
    core.state.subscriptions[subscription.id] = subscription
    charge.subscription_id = subscription.id
    core.changed("subscription")
    return subscription


def tell_payment(core: Core, user: User, charge: Charge, terms: Json) -> None:
    """Write successful_payment into the chat."""
    content: Json = {
        "successful_payment": {
            **terms,
            "telegram_payment_charge_id": charge.id,
            "provider_payment_charge_id": f"{user.id}_{charge.id[-8:]}",
        }
    }
    # Paying by link is a first contact too: from here on the bot may write.
    user.has_started = True
    service_message(core, user, content, is_from_bot=False)
    core.changed("ledger")
