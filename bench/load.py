"""Send updates as Telegram does and measure what comes back. A process of its own.

Closed loop: ``connections`` customers, each waiting for its answer. Open loop: a fixed number
of updates a second, whatever the server does, so that a stall shows as waiting.
"""

import asyncio
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was sent and how it went; times in seconds."""

    sent: int
    failed: int
    seconds: float
    latencies: Sequence[float]

    def percentile(self, share: float) -> float:
        """Return the latency that ``share`` (0 to 1) of the requests stayed within."""
        ordered = sorted(self.latencies)
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else 0.0


#: A web server hangs up on who has been silent for five seconds.
KEPT_SECONDS = 3.0


class Connection:
    """One keep-alive connection that posts one request at a time."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port

    async def open(self) -> None:
        """Connect."""
        self._reader, self._writer = await asyncio.open_connection(self._host, self._port)

    async def post(self, head: bytes, body: bytes) -> int:
        """Post ``body`` and return the status."""
        self._writer.write(head % len(body) + body)
        answer = await self._reader.readuntil(b"\r\n\r\n")
        lowered = answer.lower()
        if b"content-length:" in lowered:
            size = int(lowered.partition(b"content-length:")[2].partition(b"\r\n")[0])
            if size:
                await self._reader.readexactly(size)
        elif b"chunked" in lowered:
            await self._reader.readuntil(b"0\r\n\r\n")
        return int(answer[9:12])

    def close(self) -> None:
        """Hang up."""
        self._writer.close()


def request_head(path: str, secret: str) -> bytes:
    """Return the head of a webhook request, with a place for the body's length."""
    return (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"X-Telegram-Bot-Api-Secret-Token: {secret}\r\nContent-Length: %d\r\n\r\n"
    ).encode()


async def closed_loop(
    *, port: int, head: bytes, bodies: Iterator[bytes], total: int, connections: int
) -> Outcome:
    """Send ``total`` bodies over ``connections``, each waiting for its answer."""
    latencies: list[float] = []
    failed = 0
    left = total

    async def customer() -> None:
        nonlocal failed, left
        line = Connection("127.0.0.1", port)
        await line.open()
        while left > 0:
            left -= 1
            started = time.perf_counter()
            failed += await line.post(head, next(bodies)) != 200
            latencies.append(time.perf_counter() - started)
        line.close()

    started = time.perf_counter()
    await asyncio.gather(*(customer() for _ in range(connections)))
    return Outcome(total, failed, time.perf_counter() - started, latencies)


async def open_loop(
    *, port: int, head: bytes, bodies: Iterator[bytes], total: int, rate: float
) -> Outcome:
    """Send ``total`` bodies at ``rate`` a second; latency counts from when each was due."""
    latencies: list[float] = []
    failed = 0
    idle: list[tuple[Connection, float]] = []
    began = time.perf_counter()

    async def free_line() -> Connection:
        """Take the line used last, unless the server may be closing it; others are older."""
        line, since = idle.pop() if idle else (None, 0.0)
        if line is not None and time.perf_counter() - since < KEPT_SECONDS:
            return line
        fresh = Connection("127.0.0.1", port)
        await fresh.open()
        return fresh

    async def send(due: float, body: bytes) -> None:
        nonlocal failed
        line = await free_line()
        failed += await line.post(head, body) != 200
        latencies.append(time.perf_counter() - due)
        idle.append((line, time.perf_counter()))

    tasks = []
    for number in range(total):
        due = began + number / rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        tasks.append(asyncio.create_task(send(due, next(bodies))))
    await asyncio.gather(*tasks)
    for line, _ in idle:
        line.close()
    return Outcome(total, failed, time.perf_counter() - began, latencies)


def message(update_id: int, user_id: int, text: str) -> bytes:
    """Return a private message as Telegram sends it."""
    return json.dumps(
        {
            "update_id": update_id,
            "message": {
                "message_id": update_id,
                "date": 1767225600,
                "from": _person(user_id),
                "chat": {"id": user_id, "type": "private", "first_name": "Anna"},
                "text": text,
                **(
                    {"entities": [{"type": "bot_command", "offset": 0, "length": len(text)}]}
                    if text.startswith("/")
                    else {}
                ),
            },
        }
    ).encode()


def callback(update_id: int, user_id: int, data: str) -> bytes:
    """Return a press of a button under the bot's message as Telegram sends it."""
    return json.dumps(
        {
            "update_id": update_id,
            "callback_query": {
                "id": str(update_id),
                "from": _person(user_id),
                "chat_instance": "1",
                "data": data,
                "message": {
                    "message_id": 5,
                    "date": 1767225600,
                    "from": {"id": 1000001, "is_bot": True, "first_name": "Shop"},
                    "chat": {"id": user_id, "type": "private", "first_name": "Anna"},
                    "text": "the screen before",
                    "reply_markup": {
                        "inline_keyboard": [[{"text": "Signals", "callback_data": data}]]
                    },
                },
            },
        }
    ).encode()


def _person(user_id: int) -> dict[str, object]:
    return {
        "id": user_id,
        "is_bot": False,
        "first_name": "Anna",
        "username": f"anna{user_id}",
        "language_code": "en",
    }
