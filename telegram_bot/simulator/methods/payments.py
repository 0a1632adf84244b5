"""Invoices, checkouts, refunds, subscriptions, the ledger of Stars."""

from telegram_bot.simulator import checkout, ledger, rules
from telegram_bot.simulator.core import Core, require_user
from telegram_bot.simulator.errors import bad_request
from telegram_bot.simulator.methods.messages import keyboard_as_json, post
from telegram_bot.simulator.state import Invoice, Json
from telegram_bot.simulator.targets import writable_chat
from telegram_bot.simulator.validation import Checked

OPTIONS = (
    "need_name", "need_phone_number", "need_email", "need_shipping_address", "is_flexible",
    "photo_url", "max_tip_amount", "suggested_tip_amounts", "start_parameter",
)  # fmt: skip


def _new_invoice(core: Core, call: Checked) -> Invoice:
    rules.invoice(call)
    values = call.values
    return Invoice(
        id=core.secret_id("i"),
        title=values["title"],
        description=values["description"],
        payload=values["payload"],
        currency=values["currency"],
        prices=values["prices"],
        options={name: values[name] for name in OPTIONS if values.get(name)},
        subscription_period=values.get("subscription_period", 0),
    )


def send_invoice(core: Core, call: Checked) -> Json:
    """Send a message with a Pay button."""
    chat = writable_chat(core, call.values["chat_id"])
    invoice = _new_invoice(core, call)
    keyboard = keyboard_as_json(call, is_invoice=True) or _default_keyboard(invoice)
    core.state.invoices[invoice.id] = invoice
    content = {
        "invoice": {
            "title": invoice.title,
            "description": invoice.description,
            "start_parameter": call.values.get("start_parameter", ""),
            "currency": invoice.currency,
            "total_amount": invoice.total,
        },
        **keyboard,
    }
    sent = post(core, call, content, invoice_id=invoice.id)
    invoice.chat_id, invoice.message_id = chat.id, sent["message_id"]
    return sent


def _default_keyboard(invoice: Invoice) -> Json:
    price = (
        f"⭐️{invoice.total}"
        if invoice.currency == "XTR"
        else checkout.price_text(invoice.total, invoice.currency)
    )
    return {"reply_markup": {"inline_keyboard": [[{"text": f"Pay {price}", "pay": True}]]}}


def create_invoice_link(core: Core, call: Checked) -> str:
    """Make an invoice that anyone may open by its link, as often as they like."""
    if call.values.get("business_connection_id"):
        raise bad_request("BUSINESS_CONNECTION_INVALID")
    invoice = _new_invoice(core, call)
    core.state.invoices[invoice.id] = invoice
    core.changed("invoice", invoice_id=invoice.id, is_paid=False)
    return checkout.link_of(invoice)


def answer_pre_checkout_query(core: Core, call: Checked) -> bool:
    """Accept or refuse a payment that is about to be made."""
    rules.refusal_text(call.values)
    checkout.answer(
        core, "pre_checkout_query", call.values["pre_checkout_query_id"], call.values
    )
    return True


def answer_shipping_query(core: Core, call: Checked) -> bool:
    """Offer ways to ship, or refuse an address."""
    rules.shipping_answer(call.values)
    checkout.answer(core, "shipping_query", call.values["shipping_query_id"], call.values)
    return True


def refund_star_payment(core: Core, call: Checked) -> bool:
    """Give the Stars of one payment back, all of them."""
    require_user(core, call.values["user_id"])
    ledger.refund(
        core,
        user_id=call.values["user_id"],
        charge_id=call.values["telegram_payment_charge_id"],
    )
    return True


def edit_user_star_subscription(core: Core, call: Checked) -> bool:
    """Cancel a subscription's renewal, or let its owner resume it."""
    subscription = core.state.subscriptions.get(call.values["telegram_payment_charge_id"])
    if subscription is None or subscription.user_id != call.values["user_id"]:
        hint = "The charge id must be the one of the first payment."
        raise bad_request("CHARGE_ID_INVALID", hint=hint)
    subscription.is_canceled_by_bot = call.values["is_canceled"]
    core.changed("subscription")
    return True


def get_star_transactions(core: Core, call: Checked) -> Json:
    """A page of transactions, oldest first."""
    offset, limit = call.values.get("offset", 0), call.values.get("limit", 100)
    if offset < 0:
        raise bad_request('parameter "offset" must be non-negative')
    return {"transactions": ledger.transactions(core, offset=offset, limit=limit)}


def get_my_star_balance(core: Core, call: Checked) -> Json:
    """How many Stars the bot has."""
    return {"amount": core.state.bot.stars}
