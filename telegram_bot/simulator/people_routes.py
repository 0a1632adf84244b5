"""The face that tests and the chat page drive: what people do."""

from dataclasses import asdict, fields

from aiohttp import web

from telegram_bot.simulator import checkout, people, subscriptions
from telegram_bot.simulator.checkout import PaymentForm
from telegram_bot.simulator.control_routes import as_json, read_json
from telegram_bot.simulator.core import Core
from telegram_bot.simulator.errors import ActionRefused
from telegram_bot.simulator.groups import join, leave
from telegram_bot.simulator.keys import CORE
from telegram_bot.simulator.state import Invoice, Json, Message, User
from telegram_bot.simulator.views import invoice_as_json, user_view

routes = web.RouteTableDef()
LONGEST_WAIT = 60
CHANGEABLE = {
    "first_name": str, "last_name": str, "username": str, "language_code": str, "bio": str,
    "phone_number": str, "stars": int, "is_premium": bool, "read_up_to": int,
}  # fmt: skip


def _who(request: web.Request) -> tuple[Core, User]:
    core = request.app[CORE]
    return core, core.user(int(request.match_info["user"]))


def _actor(request: web.Request) -> tuple[Core, User]:
    """Whoever acts; what the bot shows from here on is news to them."""
    core, user = _who(request)
    core.marks[user.id] = core.number()
    return core, user


@routes.get("/control/users")
async def list_people(request: web.Request) -> web.Response:
    """Everybody."""
    core = request.app[CORE]
    return as_json([user_view(core, user) for user in core.state.users.values()])


@routes.post("/control/users")
async def add_person(request: web.Request) -> web.Response:
    """Add somebody; with ``reuse`` a person of this first name or id is returned if known."""
    core, wish = request.app[CORE], await read_json(request)
    user_id, name = int(wish.get("id", 0)), str(wish.get("first_name", ""))
    if wish.get("reuse"):
        for user in core.state.users.values():
            if user.id == user_id or (not user_id and user.first_name == name):
                return as_json(user_view(core, user))
    user = people.add_person(
        core,
        first_name=name,
        last_name=str(wish.get("last_name", "")),
        username=str(wish.get("username", "")),
        language_code=str(wish.get("language", "en")),
        stars=int(wish.get("stars", 2500)),
        user_id=user_id,
    )
    return as_json(user_view(core, user))


@routes.post("/control/users/{user}")
async def change_person(request: web.Request) -> web.Response:
    """Change somebody's name, language, Stars, or what they have read."""
    core, user = _who(request)
    for name, value in (await read_json(request)).items():
        if name not in CHANGEABLE:
            raise ActionRefused(f"{name!r} can't be changed.")
        setattr(user, name, CHANGEABLE[name](value))
    core.changed("user", user_id=user.id)
    return as_json(user_view(core, user))


@routes.post("/control/users/{user}/send")
async def send(request: web.Request) -> web.Response:
    """Write ``text`` to the bot, or into the chat ``chat_id``."""
    core, user = _actor(request)
    wish = await read_json(request)
    chat_id, text = int(wish.get("chat_id", user.id)), str(wish.get("text", ""))
    if wish.get("contact"):
        return as_json(asdict(people.send_contact(core, user)))
    if chat_id == user.id:
        return as_json(asdict(people.send_text(core, user, text)))
    return as_json(asdict(people.send_to_group(core, user, chat_id, text)))


@routes.post("/control/users/{user}/start")
async def start(request: web.Request) -> web.Response:
    """Press Start."""
    core, user = _actor(request)
    wish = await read_json(request)
    return as_json(asdict(people.start(core, user, str(wish.get("parameter", "")))))


@routes.post("/control/users/{user}/block")
async def block(request: web.Request) -> web.Response:
    """Block or unblock the bot."""
    core, user = _actor(request)
    wish = await read_json(request)
    people.set_blocked(core, user, is_blocked=bool(wish.get("blocked", True)))
    return as_json(user_view(core, user))


def _chat_messages(core: Core, chat_id: int) -> list[Message]:
    return list(core.state.messages.get(chat_id, {}).values())


def _message_with_button(core: Core, chat_id: int, wish: Json) -> tuple[Message, Json]:
    """The latest message, or the one with ``message_id``, that has the wanted button."""
    for message in reversed(_chat_messages(core, chat_id)):
        if wish.get("message_id") not in (None, message.message_id):
            continue
        if "row" in wish:
            rows = message.body.get("reply_markup", {}).get("inline_keyboard", [])
            return message, rows[int(wish["row"])][int(wish.get("column", 0))]
        button = people.find_button(message, text=str(wish.get("text", "")))
        if button is not None:
            return message, button
    raise ActionRefused(f"No message has a button {wish.get('text', '')!r}.")


@routes.post("/control/users/{user}/press")
async def press(request: web.Request) -> web.Response:
    """Press an inline button, named by text or by place; or send ``data`` no button carries.

    With ``wait`` seconds, the answer includes what the bot said to it.
    """
    core, user = _actor(request)
    wish = await read_json(request)
    chat_id = int(wish.get("chat_id", user.id))
    if "data" in wish:
        button: Json = {"callback_data": str(wish["data"])}
        message_id = int(wish.get("message_id", 0))
    else:
        message, button = _message_with_button(core, chat_id, wish)
        message_id = message.message_id
    if "callback_data" not in button:
        return as_json(await _press_otherwise(core, button, chat_id, message_id))
    callback = people.press_callback(
        core, user, chat_id=chat_id, message_id=message_id, data=button["callback_data"]
    )
    seconds = min(float(wish.get("wait", 0)), LONGEST_WAIT)
    await core.hub.wait_for(lambda: callback.answer, seconds)
    return as_json({"callback_id": callback.id, "answer": callback.answer})


async def _press_otherwise(core: Core, button: Json, chat_id: int, message_id: int) -> Json:
    if button.get("pay"):
        message = core.message(chat_id, message_id)
        return {"invoice_id": message.invoice_id if message else ""}
    if "url" in button:
        return {"url": button["url"]}
    if "copy_text" in button:
        return {"copied": button["copy_text"]["text"]}
    raise ActionRefused("The simulator does not act out this kind of button.")


def _invoice(core: Core, chat_id: int, wish: Json) -> Invoice:
    """The invoice by link, id or message; else the latest unpaid one of the chat."""
    if wish.get("link"):
        return checkout.invoice_by_link(core, str(wish["link"]))
    if wish.get("invoice_id"):
        return checkout.invoice_by_link(core, f"${wish['invoice_id']}")
    for message in reversed(_chat_messages(core, chat_id)):
        if not message.invoice_id or wish.get("message_id") not in (None, message.message_id):
            continue
        invoice = core.state.invoices[message.invoice_id]
        if wish.get("message_id") is not None or not invoice.is_paid:
            return invoice
    raise ActionRefused("There is no invoice to pay.")


@routes.post("/control/users/{user}/invoice")
async def show_invoice(request: web.Request) -> web.Response:
    """What a payment sheet shows."""
    core, user = _who(request)
    return as_json(invoice_as_json(_invoice(core, user.id, await read_json(request))))


def _form(wish: Json) -> PaymentForm:
    known = {field.name for field in fields(PaymentForm)}
    return PaymentForm(**{name: value for name, value in wish.items() if name in known})


@routes.post("/control/users/{user}/pay")
async def pay(request: web.Request) -> web.Response:
    """Pay an invoice; a refusal is an answer too, with ``ok`` false and the reason."""
    core, user = _actor(request)
    wish = await read_json(request)
    invoice = _invoice(core, int(wish.get("chat_id", user.id)), wish)
    try:
        paid = await checkout.pay(core, user=user, invoice=invoice, form=_form(wish))
    except ActionRefused as refusal:
        return as_json({"ok": False, "error": str(refusal)})
    return as_json({"ok": True, **asdict(paid)})


@routes.post("/control/users/{user}/shipping")
async def ask_shipping(request: web.Request) -> web.Response:
    """Ask the bot how it ships to ``address``."""
    core, user = _who(request)
    wish = await read_json(request)
    invoice = _invoice(core, user.id, wish)
    options = await checkout.shipping_options(
        core, user=user, invoice=invoice, address=wish.get("address", {})
    )
    return as_json(options)


@routes.post("/control/users/{user}/join")
async def join_group(request: web.Request) -> web.Response:
    """Follow an invite link."""
    core, user = _actor(request)
    wish = await read_json(request)
    return as_json({"outcome": join(core, user=user, address=str(wish.get("link", "")))})


@routes.post("/control/users/{user}/leave")
async def leave_group(request: web.Request) -> web.Response:
    """Leave a channel or group, or take back the wish to join."""
    core, user = _actor(request)
    leave(core, user=user, group_id=int((await read_json(request)).get("chat_id", 0)))
    return as_json({"ok": True})


ACTS = {
    "cancel": subscriptions.cancel,
    "resume": subscriptions.resume,
    "retry": subscriptions.retry,
}


@routes.post("/control/users/{user}/subscriptions/{id}/{act:cancel|resume|retry}")
async def change_subscription(request: web.Request) -> web.Response:
    """Cancel, resume or pay again a subscription."""
    core, user = _actor(request)
    subscription_id = request.match_info["id"]
    ACTS[request.match_info["act"]](core, user, subscription_id)
    return as_json(asdict(core.state.subscriptions[subscription_id]))


@routes.get("/control/users/{user}/messages")
async def list_messages(request: web.Request) -> web.Response:
    """The messages of the chat with the bot, or of ``chat_id``, oldest first."""
    core, user = _who(request)
    chat_id = int(request.query.get("chat_id", user.id))
    return as_json([asdict(message) for message in _chat_messages(core, chat_id)])


def _says(message: Message, text: str) -> bool:
    body = message.body
    invoice = body.get("invoice", {})
    shown = (body.get("text"), body.get("caption"), invoice.get("title"))
    return any(text.lower() in part.lower() for part in shown if part)


@routes.post("/control/users/{user}/wait")
async def wait(request: web.Request) -> web.Response:
    """Wait for a message of the bot with ``text``.

    It must have been sent or edited since this person acted last, unless ``fresh`` is false.
    """
    core, user = _who(request)
    wish = await read_json(request)
    text = str(wish.get("text", ""))
    after = core.marks.get(user.id, 0) if wish.get("fresh", True) else -1
    chat_id = int(wish.get("chat_id", user.id))

    def look() -> Message | None:
        for message in reversed(_chat_messages(core, chat_id)):
            if message.from_bot and message.version > after and _says(message, text):
                return message
        return None

    seconds = min(float(wish.get("seconds", 5)), LONGEST_WAIT)
    found = await core.hub.wait_for(look, seconds)
    return as_json(asdict(found) if found else None)
