"""Which updates does the bot get, in which queue, and until when?"""

import random

from telegram_bot.simulator.core import Core
from telegram_bot.simulator.spec import load_spec
from telegram_bot.simulator.state import Json, PendingUpdate

DAY = 86_400
WEEK = 7 * DAY
# Kinds that a bot gets only when it asks for them by name.
MUST_BE_ASKED_FOR = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
LIFETIME_SECONDS = {
    "callback_query": 150,
    "shipping_query": 150,
    "pre_checkout_query": 150,
    "inline_query": 30,
    "chosen_inline_result": 30,
}
# Telegram numbers its queues: those of a person are set apart from chats by these offsets.
PERSONAL_QUEUES = {
    "inline_query": 1,
    "chosen_inline_result": 2,
    "callback_query": 3,
    "shipping_query": 4,
    "pre_checkout_query": 4,
    "chat_member": 6,
    "chat_join_request": 6,
    "purchased_paid_media": 12,
    "subscription": 13,
}


def known_kinds() -> frozenset[str]:
    """Every kind of update that the Bot API has."""
    return frozenset(load_spec().types["Update"].fields) - {"update_id"}


def chosen_kinds(names: list[str]) -> list[str]:
    """What an allowed_updates list means: unknown names are ignored, none left is default."""
    return [name for name in names if name in known_kinds()]


def is_wanted(core: Core, kind: str) -> bool:
    """Whether the bot asked for updates of this kind."""
    allowed = core.state.webhook.allowed_updates
    if not allowed:
        return kind not in MUST_BE_ASKED_FOR
    return kind in allowed


def queue_of(kind: str, body: Json) -> str:
    """The queue whose updates are delivered one after another."""
    number = PERSONAL_QUEUES.get(kind)
    if number is not None:
        person = body.get("from") or body.get("user") or {}
        if kind == "chat_member":
            person = body["new_chat_member"]["user"]
        return f"user:{person.get('id')}:{number}"
    chat = body.get("chat", {}).get("id")
    return f"chat:{chat}:5" if kind == "my_chat_member" else f"chat:{chat}"


def _next_update_id(core: Core) -> int:
    """Ids are sequential; after a week without updates the next one is random."""
    state, now = core.state, core.clock.now()
    if now - state.last_update_at > WEEK:
        state.next_update_id = random.randint(10_000_000, 900_000_000)  # noqa: S311
    state.last_update_at = now
    state.next_update_id += 1
    return state.next_update_id - 1


def enqueue(core: Core, kind: str, body: Json) -> PendingUpdate | None:
    """Queue an update for the bot; None when the bot did not ask for its kind."""
    return put(core, kind, body) if is_wanted(core, kind) else None


def put(core: Core, kind: str, body: Json) -> PendingUpdate:
    """Queue an update, whether the bot asked for its kind or not."""
    now = core.clock.now()
    update_id = _next_update_id(core)
    update = PendingUpdate(
        update_id=update_id,
        kind=kind,
        queue=queue_of(kind, body),
        body={"update_id": update_id, kind: body},
        created_at=now,
        expires_at=now + LIFETIME_SECONDS.get(kind, DAY),
        rank=update_id,
    )
    core.state.updates[update_id] = update
    core.log_entry("update", kind, request=update.body, source=update.queue)
    core.changed("queued", update_id=update_id)
    return update
