"""What does the chat page show?"""

from dataclasses import asdict

from telegram_bot.simulator.checkout import link_of, price_text
from telegram_bot.simulator.core import Core, bot_as_user
from telegram_bot.simulator.methods.bot import commands_for
from telegram_bot.simulator.methods.webhook import webhook_as_json
from telegram_bot.simulator.state import Invoice, Json, User


def user_view(core: Core, user: User) -> Json:
    """A person with what their app shows around the chat."""
    language = user.language_code.partition("-")[0]
    buttons, descriptions = core.state.bot.menu_buttons, core.state.bot.descriptions
    return {
        **asdict(user),
        "commands": commands_for(core, user.id, user.language_code),
        "menu_button": buttons.get(user.id, buttons.get(0, {"type": "commands"})),
        "description": descriptions.get(language, descriptions.get("", "")),
        "subscriptions": [
            {**asdict(one), "title": core.state.invoices[one.invoice_id].title}
            for one in core.state.subscriptions.values()
            if one.user_id == user.id
        ],
        "charges": [
            asdict(charge)
            for charge in core.state.charges.values()
            if charge.user_id == user.id
        ],
    }


def invoice_as_json(invoice: Invoice) -> Json:
    """An invoice as the payment sheet shows it."""
    return {
        **asdict(invoice),
        "total": invoice.total,
        "price_text": price_text(invoice.total, invoice.currency),
        "link": link_of(invoice),
    }


def snapshot(core: Core) -> Json:
    """Everything, for a page that has just been opened."""
    state = core.state
    return {
        "bot": {**bot_as_user(core), "stars": state.bot.stars},
        "now": core.clock.now(),
        "offset": core.clock.offset,
        "users": [user_view(core, user) for user in state.users.values()],
        "groups": [asdict(group) for group in state.groups.values()],
        "messages": [
            asdict(message) for chat in state.messages.values() for message in chat.values()
        ],
        "invoices": {
            invoice.id: invoice_as_json(invoice) for invoice in state.invoices.values()
        },
        "reply_keyboards": state.reply_keyboards,
        "log": [asdict(entry) for entry in core.log],
        "faults": core.faults.all(),
        "webhook": webhook_as_json(core),
    }
