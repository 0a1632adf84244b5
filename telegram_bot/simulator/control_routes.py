"""The face that tests and the chat page drive: clock, faults, log, groups, the whole."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict, fields

import orjson
from aiohttp import web

from telegram_bot.simulator import ledger
from telegram_bot.simulator.core import Core, Timing
from telegram_bot.simulator.errors import ActionRefused
from telegram_bot.simulator.groups import create_group, migrate, new_link, set_bot_place
from telegram_bot.simulator.keys import CORE, DELIVERY, TIMELINE
from telegram_bot.simulator.methods.webhook import webhook_as_json
from telegram_bot.simulator.people import add_cast
from telegram_bot.simulator.state import Json
from telegram_bot.simulator.updates import put
from telegram_bot.simulator.views import snapshot

routes = web.RouteTableDef()
Handler = Callable[[web.Request], Awaitable[object]]
DAY, MONTH = 86_400, 2_592_000


def as_json(value: object, status: int = 200) -> web.Response:
    """Answer JSON."""
    body = orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS)
    return web.Response(status=status, body=body, content_type="application/json")


async def read_json(request: web.Request) -> Json:
    """The JSON object of a request.

    Asking for this content type keeps other web pages out: a browser would have to ask for
    leave first, and gets none.

    Raises:
        ActionRefused: it is none.
    """
    if request.content_type != "application/json":
        raise ActionRefused("Send JSON with Content-Type: application/json.")
    try:
        value = json.loads(await request.read() or b"{}")
    except ValueError as error:
        raise ActionRefused(f"This is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise ActionRefused("Send a JSON object.")
    return value


@routes.get("/control/snapshot")
async def get_snapshot(request: web.Request) -> web.Response:
    """All that the page shows."""
    return as_json(snapshot(request.app[CORE]))


@routes.get("/control/events")
async def stream_events(request: web.Request) -> web.StreamResponse:
    """Changes as they happen, as server-sent events."""
    core = request.app[CORE]
    stream = web.StreamResponse(
        headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
    )
    # Listening starts before the page learns that it does: it then asks for the snapshot.
    with core.hub.listening() as events:
        await stream.prepare(request)
        await stream.write(b"retry: 1000\n\n")
        while (event := await events.get())["kind"] != "bye":
            line = orjson.dumps(event, option=orjson.OPT_NON_STR_KEYS)
            await stream.write(b"data: " + line + b"\n\n")
    return stream


@routes.post("/control/reset")
async def reset(request: web.Request) -> web.Response:
    """Forget everything; ``cast`` brings the four ready-made people back."""
    core, wish = request.app[CORE], await read_json(request)
    core.reset()
    if wish.get("cast", False):
        add_cast(core)
    return as_json({"ok": True})


def _time(core: Core) -> web.Response:
    return as_json({"now": core.clock.now(), "offset": core.clock.offset})


@routes.get("/control/clock")
async def get_clock(request: web.Request) -> web.Response:
    """What time it is."""
    return _time(request.app[CORE])


@routes.post("/control/clock")
async def advance_clock(request: web.Request) -> web.Response:
    """Let time go by: ``seconds``, ``days`` and ``months`` of 30 days add up."""
    wish = await read_json(request)
    seconds = (
        float(wish.get("seconds", 0))
        + DAY * float(wish.get("days", 0))
        + MONTH * float(wish.get("months", 0))
    )
    if seconds < 0:
        raise ActionRefused("Time goes forward only.")
    await request.app[TIMELINE].advance(seconds)
    return _time(request.app[CORE])


@routes.get("/control/timing")
async def get_timing(request: web.Request) -> web.Response:
    """How long things take."""
    return as_json(asdict(request.app[CORE].timing))


@routes.post("/control/timing")
async def set_timing(request: web.Request) -> web.Response:
    """Change how long things take."""
    timing, wish = request.app[CORE].timing, await read_json(request)
    known = {field.name for field in fields(Timing)}
    for name, value in wish.items():
        if name not in known:
            raise ActionRefused(f"There is no timing {name!r}; there are {', '.join(known)}.")
        setattr(timing, name, float(value))
    return as_json(asdict(timing))


@routes.post("/control/settle")
async def settle(request: web.Request) -> web.Response:
    """Wait until every update was delivered or waits for another attempt."""
    wish = await read_json(request)
    is_settled = await request.app[DELIVERY].settle(float(wish.get("seconds", 5)))
    return as_json({"settled": is_settled})


@routes.get("/control/log")
async def get_log(request: web.Request) -> web.Response:
    """The inspector's lines, oldest first; ``kind`` is "call" or "update"."""
    wanted = request.query.get("kind", "")
    return as_json(
        [asdict(entry) for entry in request.app[CORE].log if wanted in ("", entry.kind)]
    )


@routes.get("/control/pending")
async def get_pending(request: web.Request) -> web.Response:
    """Updates that the bot has not taken yet."""
    return as_json([asdict(update) for update in request.app[CORE].state.updates.values()])


@routes.get("/control/webhook")
async def get_webhook(request: web.Request) -> web.Response:
    """The webhook as getWebhookInfo shows it."""
    return as_json(webhook_as_json(request.app[CORE]))


@routes.get("/control/faults")
async def get_faults(request: web.Request) -> web.Response:
    """The faults that may still strike."""
    return as_json(request.app[CORE].faults.all())


@routes.post("/control/faults")
async def add_fault(request: web.Request) -> web.Response:
    """Switch a fault on."""
    core, wish = request.app[CORE], await read_json(request)
    where, kind = wish.pop("where", ""), str(wish.pop("kind", ""))
    if where not in ("api", "delivery"):
        raise ActionRefused('A fault is "where": "api" or "delivery".')
    try:
        fault = core.faults.add(where, kind, **wish)
    except ValueError as error:
        raise ActionRefused(str(error)) from error
    core.hub.publish("faults", faults=core.faults.all())
    return as_json(fault.as_json())


@routes.delete("/control/faults")
async def clear_faults(request: web.Request) -> web.Response:
    """Switch all faults off, or the one with ``id``."""
    core = request.app[CORE]
    if "id" in request.query:
        core.faults.remove(int(request.query["id"]))
    else:
        core.faults.clear()
    core.hub.publish("faults", faults=core.faults.all())
    return as_json(core.faults.all())


@routes.get("/control/ledger")
async def get_ledger(request: web.Request) -> web.Response:
    """Charges, subscriptions and Star transactions."""
    state = request.app[CORE].state
    return as_json(
        {
            "charges": [asdict(charge) for charge in state.charges.values()],
            "subscriptions": [asdict(one) for one in state.subscriptions.values()],
            "transactions": state.transactions,
            "bot_stars": state.bot.stars,
        }
    )


@routes.post("/control/charges/{id}/charge_back")
async def charge_back(request: web.Request) -> web.Response:
    """Take a payment back behind the bot's back; ``announced`` decides about the message."""
    core, wish = request.app[CORE], await read_json(request)
    charge = core.state.charges.get(request.match_info["id"])
    if charge is None or charge.refunded_at or charge.currency != "XTR":
        raise ActionRefused("There is no such payment in Stars, or it was given back.")
    ledger.charge_back(core, charge, is_announced=bool(wish.get("announced", True)))
    return as_json(asdict(charge))


def _owner(core: Core, wish: Json) -> int:
    if "owner_id" in wish:
        return core.user(int(wish["owner_id"])).id
    if not core.state.users:
        raise ActionRefused("Add somebody first: a channel needs an owner.")
    return next(iter(core.state.users))


@routes.post("/control/groups")
async def add_group(request: web.Request) -> web.Response:
    """Found a channel or supergroup, with the bot as administrator unless told otherwise."""
    core, wish = request.app[CORE], await read_json(request)
    kind = wish.get("type", "channel")
    if kind not in ("channel", "supergroup", "group") or not str(wish.get("title", "")).strip():
        raise ActionRefused('A chat has a title and is a "channel", "supergroup" or "group".')
    group = create_group(
        core,
        title=str(wish["title"]).strip(),
        kind=kind,
        owner_id=_owner(core, wish),
        username=str(wish.get("username", "")),
    )
    status = wish.get("bot_status", "administrator")
    if status != "left":
        set_bot_place(core, group_id=group.id, status=status, rights=wish.get("rights", {}))
    return as_json(asdict(group))


@routes.post("/control/groups/{id}/bot")
async def place_bot(request: web.Request) -> web.Response:
    """Let the owner promote, demote or remove the bot."""
    core, wish = request.app[CORE], await read_json(request)
    status = wish.get("status", "administrator")
    if status not in ("administrator", "member", "left", "kicked"):
        raise ActionRefused("The bot is administrator, member, left or kicked.")
    group = set_bot_place(
        core,
        group_id=int(request.match_info["id"]),
        status=status,
        rights=wish.get("rights", {}),
    )
    return as_json(asdict(group))


@routes.post("/control/groups/{id}/migrate")
async def migrate_group(request: web.Request) -> web.Response:
    """Make a basic group a supergroup."""
    await read_json(request)
    group = migrate(request.app[CORE], group_id=int(request.match_info["id"]))
    return as_json(asdict(group))


@routes.post("/control/updates")
async def inject_update(request: web.Request) -> web.Response:
    """Queue an update of any ``kind`` and ``body``, also one that no Telegram would send."""
    core, wish = request.app[CORE], await read_json(request)
    if not isinstance(wish.get("kind"), str) or not isinstance(wish.get("body"), dict):
        raise ActionRefused('An update has a "kind" and a "body", which is an object.')
    return as_json(asdict(put(core, wish["kind"], wish["body"])))


@routes.post("/control/groups/{id}/links")
async def add_link(request: web.Request) -> web.Response:
    """Let the owner make an invite link, one the bot knows nothing of."""
    core, wish = request.app[CORE], await read_json(request)
    group = core.state.groups.get(int(request.match_info["id"]))
    if group is None:
        raise ActionRefused("There is no such chat.")
    link = new_link(core, group, creator_id=group.owner_id, **wish)
    return as_json(asdict(link))
