"""How is an update taken in? Stored before anything, handled at once, answered, marked done.

One function serves the Django view, the raw ASGI route and polling. Whatever line the process
dies at, the update is either not yet stored, and Telegram sends it again, or stored and not
marked done, and the retry sweep handles it again. Handling is idempotent.
"""

import logging
import traceback
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import orjson
from django.db import DatabaseError, InterfaceError
from pydantic import ValidationError

from customers.services import mark_bot_blocked
from shopbot.kernel.errors import InvalidInput
from telegram_bot import inbox
from telegram_bot.answers import Call
from telegram_bot.api_answers import TelegramRefused, TelegramSilent
from telegram_bot.bots import bot_of_loop, call_telegram
from telegram_bot.bridge import in_db
from telegram_bot.delivery import answer_to_button, deliver
from telegram_bot.dispatcher import dispatcher
from telegram_bot.done_marks import note_done
from telegram_bot.envelope import Envelope, read_envelope
from telegram_bot.models import TelegramUpdate
from telegram_bot.presenters import refusals
from telegram_bot.visit import Visit
from telegram_bot.visiting import Taken, take, take_again

logger = logging.getLogger(__name__)

#: Telegram honors this instead of its own backoff; most outages of a database are shorter.
RETRY_AFTER_SECONDS: Final = 5


@dataclass(frozen=True, slots=True)
class Answer:
    """What the webhook answers. ``done_pk`` is marked once the answer is on its way."""

    status: int
    body: bytes = b""
    retry_after: int | None = None
    done_pk: int | None = None


@dataclass(frozen=True, slots=True)
class Handled:
    """One attempt: the call left for the response, and whether the update is finished with."""

    call: Call | None
    is_done: bool


async def accept(*, bot_id: int, body: bytes, now: datetime) -> Answer:
    """Store one update, handle it, and say what to answer.

    Idempotent by the update's number: a repeat is answered 200 and changes nothing; only a
    question before a payment is answered again, since the first answer may have been lost.
    Call ``answered`` with the result when it has been sent.
    """
    try:
        envelope = read_envelope(body)
    except InvalidInput as problem:
        logger.warning("an update was refused: %s", problem)
        return Answer(400)
    try:
        taken = await take(bot_id=bot_id, envelope=envelope, body=body, now=now)
    except (DatabaseError, InterfaceError):
        logger.exception("update %s could not be stored", envelope.update_id)
        return Answer(503, retry_after=RETRY_AFTER_SECONDS)
    if taken.pk is None and envelope.kind != "pre_checkout_query":
        return Answer(200)
    handled = await _handle(taken, envelope, now)
    return Answer(
        200,
        body=response_body(handled.call) if handled.call else b"",
        done_pk=taken.pk if handled.is_done else None,
    )


async def answered(answer: Answer, *, now: datetime) -> None:
    """Mark the update done, now that its answer is on its way."""
    if answer.done_pk is not None:
        await note_done(answer.done_pk, now=now)


async def retry(row: TelegramUpdate, *, now: datetime) -> bool:
    """Handle a stored update again; True when it is finished with now."""
    envelope = read_envelope(row.body.encode())
    taken = await in_db(take_again)(bot_id=row.bot_id, pk=row.pk, envelope=envelope, now=now)
    handled = await _handle(taken, envelope, now)
    # An attempt that failed again says nothing: one apology is enough.
    if handled.call is not None and handled.is_done:
        await call_quietly(handled.call)
    if handled.is_done:
        await in_db(inbox.mark_done)(pks=[row.pk], now=now)
    return handled.is_done


async def call_quietly(call: Call) -> None:
    """Make a call as the webhook's response would: nobody hears of its errors."""
    try:
        await call_telegram(call.method, dict(call.params))
    except (TelegramRefused, TelegramSilent) as problem:
        logger.info("the answer did not arrive: %s", problem)


def response_body(call: Call) -> bytes:
    """Return the JSON that makes Telegram carry a call out."""
    return orjson.dumps({"method": call.method, **call.params})


async def _handle(taken: Taken, envelope: Envelope, now: datetime) -> Handled:
    try:
        if taken.problem is not None:
            raise taken.problem
        result = await dispatcher().answer(bot_of_loop(), envelope, taken.visit)
        return Handled(call=await deliver(envelope, result), is_done=True)
    except TelegramRefused as refusal:
        return await _refused(taken, envelope, refusal, now)
    except ValidationError as problem:
        # Telegram is ahead of this aiogram: no repetition before an upgrade will help.
        logger.error("update %s is not understood: %s", envelope.update_id, problem)
        await _keep(taken, inbox.bury, error=f"not understood: {problem}")
        return Handled(call=None, is_done=False)
    except Exception as problem:  # process boundary: kept with the update and tried again
        logger.exception("update %s failed", envelope.update_id)
        return await _failed(taken, envelope, problem, now)


async def _refused(
    taken: Taken, envelope: Envelope, refusal: TelegramRefused, now: datetime
) -> Handled:
    if refusal.is_unreachable:
        if envelope.user_id is not None:
            await in_db(mark_bot_blocked)(telegram_id=envelope.user_id, now=now)
        return Handled(call=None, is_done=True)
    logger.warning("update %s: %s", envelope.update_id, refusal)
    pause = timedelta(seconds=refusal.retry_after) if refusal.retry_after else None
    await _keep(taken, inbox.mark_failed, error=str(refusal), now=now, after=pause)
    return Handled(call=None, is_done=False)


async def _failed(
    taken: Taken, envelope: Envelope, problem: Exception, now: datetime
) -> Handled:
    error = "".join(traceback.format_exception(problem))[-2000:]
    if envelope.kind == "pre_checkout_query":
        # Its ten seconds are over before any retry: decline now, let staff see why.
        await _keep(taken, inbox.bury, error=error)
    else:
        await _keep(taken, inbox.mark_failed, error=error, now=now)
    return Handled(call=_apology(envelope, taken.visit), is_done=False)


async def _keep(taken: Taken, write: object, **details: object) -> None:
    """Write what went wrong; a database that is away now leaves the row to its lease."""
    if taken.pk is None:
        return
    try:
        await in_db(write)(pk=taken.pk, **details)  # type: ignore[arg-type]
    except (DatabaseError, InterfaceError):
        logger.exception("what went wrong with inbox row %s could not be kept", taken.pk)


def _apology(envelope: Envelope, visit: Visit | None) -> Call | None:
    text = refusals.apology(visit.language if visit else "en")
    if envelope.kind == "callback_query":
        return answer_to_button(envelope.event, text, is_alert=True)
    if envelope.kind == "pre_checkout_query":
        params = {"pre_checkout_query_id": str(envelope.event.get("id", "")), "ok": False}
        return Call("answerPreCheckoutQuery", {**params, "error_message": text})
    if envelope.kind == "message" and envelope.is_private:
        return Call("sendMessage", {"chat_id": envelope.chat_id, "text": text})
    return None
