"""Who carries the fake's events to the endpoints, and its state to a file?"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from orders.fake_stripe.api import Api
from orders.fake_stripe.checkout_pages import API
from orders.fake_stripe.scheduler import run_due

logger = logging.getLogger(__name__)

STATE_FILE: web.AppKey[Path] = web.AppKey("fake_stripe_state_file", Path)
#: Seconds between two looks at the queue.
PAUSE = 0.2
_TIMEOUT = aiohttp.ClientTimeout(total=15)
_AT_ONCE = 5


async def deliver_always(app: web.Application) -> AsyncIterator[None]:
    """Carry events while the application runs."""
    task = asyncio.create_task(_rounds(app))
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    save(app[API], app.get(STATE_FILE))


async def _rounds(app: web.Application) -> None:
    api, seen = app[API], -1
    async with aiohttp.ClientSession(timeout=_TIMEOUT) as http:
        while True:
            try:
                await deliver_due(api, http)
                if (size := _size(api)) != seen:
                    save(api, app.get(STATE_FILE))
                    seen = size
            except Exception:  # process boundary: the post must go on
                logger.exception("the fake's post stumbled")
            await asyncio.sleep(PAUSE)


async def deliver_due(api: Api, http: aiohttp.ClientSession) -> int:
    """Send what is due now, in small batches that keep the order of their beginnings."""
    with api.world.lock:
        run_due(api.world)
        due = api.postman.due()
    for at in range(0, len(due), _AT_ONCE):
        await asyncio.gather(*(_deliver(api, http, each) for each in due[at : at + _AT_ONCE]))
    return len(due)


async def _deliver(api: Api, http: aiohttp.ClientSession, delivery: dict[str, Any]) -> None:
    message = api.postman.message(delivery)
    try:
        async with http.post(message.url, data=message.body, headers=message.headers) as answer:
            status = answer.status
    except (aiohttp.ClientError, TimeoutError) as problem:
        logger.info("no answer from %s: %r", message.url, problem)
        status = 0
    with api.world.lock:
        api.postman.answered(delivery, status)


def save(api: Api, path: Path | None) -> None:
    """Write the whole state, so that a restart goes on where it was."""
    if path is None:
        return
    world = api.world
    with world.lock:
        text = json.dumps(
            {
                "offset": world.clock.offset,
                "lag": world.lag,
                "objects": list(world.objects.values()),
                "hidden": world.hidden,
                "replays": world.replays,
                "deliveries": world.deliveries,
            }
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".tmp")
    fresh.write_text(text)
    fresh.replace(path)


def load(api: Api, path: Path | None) -> bool:
    """Read a state written before; False when there is none."""
    if path is None or not path.exists():
        return False
    held = json.loads(path.read_text())
    world = api.world
    world.clock.offset, world.lag = held["offset"], held["lag"]
    world.objects = {each["id"]: each for each in held["objects"]}
    world.hidden, world.replays = held["hidden"], held["replays"]
    world.deliveries = held["deliveries"]
    return True


def _size(api: Api) -> int:
    """Nearly every change leaves an event, a delivery or a request behind."""
    world = api.world
    attempts: int = sum(each["attempts"] for each in world.deliveries)
    return len(world.objects) + api.count + world.clock.offset + attempts
