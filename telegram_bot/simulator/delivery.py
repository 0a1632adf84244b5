"""How do updates reach the bot's webhook: in order, again when refused, and not forever?

One update is in flight per queue; queues run side by side up to ``max_connections``.
"""

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass

import aiohttp

from telegram_bot.simulator.core import Core, LogEntry
from telegram_bot.simulator.parameters import Parameters
from telegram_bot.simulator.replies import read_reply
from telegram_bot.simulator.state import PendingUpdate

LONGEST_PAUSE = (60.0, 120.0)
LONGEST_RETRY_AFTER = 3600
# After this long without a success the server keeps a single connection.
PATIENCE_SECONDS = 10
GONE_SECONDS = 23 * 3600
REPLY_LIMIT = 1 << 20
OUT_OF_ORDER_WAIT = 3.0

Caller = Callable[[str, Parameters, str], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one attempt to deliver came to; code 0 means nobody answered."""

    code: int
    error: str = ""
    retry_after: int | None = None
    body: bytes = b""
    content_type: str = ""

    @property
    def is_success(self) -> bool:
        """Any 2xx."""
        return 200 <= self.code <= 299


def pause_before(attempts: int) -> float:
    """Seconds before the next attempt: none at first, then 2, 4, 8… up to a minute or two."""
    if attempts <= 1:
        return 0
    if attempts > 7:
        return random.uniform(*LONGEST_PAUSE)  # noqa: S311
    return min(2.0 ** (attempts - 1), random.uniform(*LONGEST_PAUSE))  # noqa: S311


class Delivery:
    """Delivers the pending updates of one bot to its webhook."""

    def __init__(self, core: Core, call: Caller) -> None:
        self._core = core
        self._call = call
        self._workers: dict[str, asyncio.Task[None]] = {}
        self._in_flight = 0
        # Workers between taking an update and obeying the call in its answer.
        self._busy = 0
        self._last_success = time.monotonic()
        self._session: aiohttp.ClientSession | None = None

    async def run(self) -> None:
        """Deliver until cancelled."""
        async with aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0), auto_decompress=True
        ) as session:
            self._session = session
            with self._core.hub.listening() as events:
                try:
                    self._wake()
                    while True:
                        event = await events.get()
                        if event["kind"] in ("queued", "webhook", "reset", "resync"):
                            self._wake()
                finally:
                    for worker in list(self._workers.values()):
                        worker.cancel()

    def _wake(self) -> None:
        if not self._core.state.webhook.url:
            return
        for queue in {update.queue for update in self._core.state.updates.values()}:
            if queue not in self._workers:
                self._workers[queue] = asyncio.create_task(self._work(queue))

    def _head(self, queue: str) -> PendingUpdate | None:
        if not self._core.state.webhook.url:
            return None
        waiting = [one for one in self._core.state.updates.values() if one.queue == queue]
        return min(waiting, key=lambda one: one.rank, default=None)

    async def _work(self, queue: str) -> None:
        clock = self._core.clock
        try:
            while (update := self._head(queue)) is not None:
                if update.expires_at <= clock.now():
                    self._finish(update, "expired")
                elif update.retry_at > clock.now():
                    await clock.sleep_until(min(update.retry_at, update.expires_at))
                else:
                    self._busy += 1
                    try:
                        await self._deliver(update)
                    finally:
                        self._busy -= 1
                        self._core.hub.publish("idle")
        finally:
            del self._workers[queue]
            self._core.hub.publish("delivered")

    async def _deliver(self, update: PendingUpdate) -> None:
        fault = self._core.strike("delivery", update.kind)
        if fault is not None and fault.kind == "drop":
            self._finish(update, "dropped")
            return
        if fault is not None and fault.kind == "out_of_order":
            await self._let_another_pass(update)
            return
        if fault is not None and fault.kind == "delay":
            await asyncio.sleep(fault.seconds)
        copies = fault.copies if fault is not None and fault.kind == "duplicate" else 1
        async with self._connection():
            outcomes = await asyncio.gather(*(self._post(update) for _ in range(copies)))
        is_lost = fault is not None and fault.kind == "lost_response"
        if is_lost and outcomes[0].is_success:
            outcomes = [Outcome(0, "Connection closed: the response was lost on request")]
        self._judge(update, outcomes[0])
        for outcome in outcomes:
            if outcome.is_success:
                await self._obey_reply(outcome)

    async def _let_another_pass(self, update: PendingUpdate) -> None:
        """Step behind the next update of this queue, which may still have to happen."""
        waiting = self._core.state.updates

        def next_one() -> PendingUpdate | None:
            behind = [
                one
                for one in waiting.values()
                if one.queue == update.queue and one.rank > update.rank
            ]
            return min(behind, key=lambda one: one.rank, default=None)

        other = await self._core.hub.wait_for(next_one, OUT_OF_ORDER_WAIT)
        if other is not None:
            update.rank = other.rank + 0.5

    @contextlib.asynccontextmanager
    async def _connection(self) -> AsyncIterator[None]:
        def free() -> bool | None:
            is_troubled = time.monotonic() - self._last_success > PATIENCE_SECONDS
            has_failed = any(one.attempts for one in self._core.state.updates.values())
            most = 1 if is_troubled and has_failed else self._core.state.webhook.max_connections
            return True if self._in_flight < most else None

        while await self._core.hub.wait_for(free, 5) is None:
            continue
        self._in_flight += 1
        try:
            yield
        finally:
            self._in_flight -= 1
            self._core.hub.publish("connection")

    async def _post(self, update: PendingUpdate) -> Outcome:
        webhook, entry = self._core.state.webhook, self._entry(update)
        if self._session is None:
            raise RuntimeError("delivery has not been started")
        headers = {"Accept-Encoding": "gzip, deflate"}
        if webhook.secret_token:
            headers["X-Telegram-Bot-Api-Secret-Token"] = webhook.secret_token
        started = time.monotonic()
        try:
            async with self._session.post(
                webhook.url,
                json=update.body,
                headers=headers,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=self._core.timing.response_seconds),
            ) as response:
                outcome = Outcome(
                    code=response.status,
                    error=f"Wrong response from the webhook: {response.status} "
                    f"{response.reason}",
                    retry_after=_retry_after(response.headers.get("Retry-After", "")),
                    body=await response.content.read(REPLY_LIMIT),
                    content_type=response.headers.get("Content-Type", ""),
                )
        except TimeoutError:
            outcome = Outcome(0, "Read timeout expired")
        except (aiohttp.ClientError, OSError) as error:
            reason = (
                "Connection refused" if isinstance(error, OSError) else type(error).__name__
            )
            outcome = Outcome(0, reason)
        self._note(entry, outcome, (time.monotonic() - started) * 1000)
        return outcome

    def _note(self, entry: LogEntry | None, outcome: Outcome, milliseconds: float) -> None:
        if entry is None:
            return
        entry.code, entry.milliseconds = outcome.code, round(milliseconds, 1)
        entry.attempts.append(
            {
                "at": self._core.clock.now(),
                "code": outcome.code,
                "milliseconds": round(milliseconds, 1),
                "error": "" if outcome.is_success else outcome.error,
                "answer": outcome.body.decode(errors="replace")[:4000],
            }
        )
        self._core.show(entry)

    def _entry(self, update: PendingUpdate) -> LogEntry | None:
        for entry in reversed(self._core.log):
            if entry.kind == "update" and entry.request.get("update_id") == update.update_id:
                return entry
        return None

    def _judge(self, update: PendingUpdate, outcome: Outcome) -> None:
        """Forget an update that arrived; plan the next attempt for one that did not."""
        if outcome.is_success:
            self._last_success = time.monotonic()
            self._core.state.webhook.gone_since = 0
            self._finish(update, "delivered")
            return
        now = self._core.clock.now()
        update.attempts += 1
        pause = pause_before(update.attempts)
        if outcome.retry_after is not None:
            pause = outcome.retry_after
        update.retry_at = now + pause * self._core.timing.retry_scale
        webhook = self._core.state.webhook
        webhook.last_error_date, webhook.last_error_message = int(now), outcome.error
        self._give_up_on_a_webhook_that_is_gone(outcome, now)
        if entry := self._entry(update):
            entry.status = "retrying"
            self._core.show(entry)
        self._core.changed("failed", update_id=update.update_id)

    def _give_up_on_a_webhook_that_is_gone(self, outcome: Outcome, now: float) -> None:
        webhook = self._core.state.webhook
        if outcome.code != 410:
            webhook.gone_since = 0
        elif not webhook.gone_since:
            webhook.gone_since = now
        elif now - webhook.gone_since >= GONE_SECONDS:
            webhook.url = ""
            self._core.changed("webhook")

    def _finish(self, update: PendingUpdate, status: str) -> None:
        self._core.state.updates.pop(update.update_id, None)
        if entry := self._entry(update):
            entry.status = status
            self._core.show(entry)
        self._core.changed(status, update_id=update.update_id)

    async def _obey_reply(self, outcome: Outcome) -> None:
        """Make the one call that an answer to an update may carry."""
        reply = read_reply(outcome.body, outcome.content_type)
        if reply is not None:
            await self._call(*reply, "webhook reply")

    def _has_work(self) -> Iterator[PendingUpdate]:
        now = self._core.clock.now()
        for queue in {update.queue for update in self._core.state.updates.values()}:
            head = self._head(queue)
            if head is not None and head.retry_at <= now:
                yield head

    async def settle(self, seconds: float) -> bool:
        """Wait until every update was delivered or waits for its next attempt.

        Returns:
            Whether that came to pass within ``seconds``.
        """

        def is_quiet() -> bool | None:
            if self._busy or any(True for _ in self._has_work()):
                return None
            return True

        return await self._core.hub.wait_for(is_quiet, seconds) is not None


def _retry_after(header: str) -> int | None:
    if not header.isascii() or not header.isdigit():
        return None
    seconds = int(header)
    return seconds if seconds <= LONGEST_RETRY_AFTER else None
