"""The floor: a raw ASGI endpoint that reads a body, and one prepared INSERT at a time."""

import argparse
import resource
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

import psycopg
import uvicorn

Send = Callable[[dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]

_START = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-length", b"0")],
}


async def app(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """Read the body and answer 200 with nothing."""
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):
        pass
    await send(_START)
    await send({"type": "http.response.body"})


def insert_loop(database: str, rows: int) -> None:
    """Insert ``rows`` bodies of an update's size, one statement and one commit each."""
    body = "x" * 500
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(
            "CREATE TABLE IF NOT EXISTS peer_floor (id bigint PRIMARY KEY, b text)"
        )
        connection.execute("TRUNCATE peer_floor")
        before, started = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
        for number in range(rows):
            connection.execute(
                "INSERT INTO peer_floor VALUES (%s, %s) ON CONFLICT DO NOTHING",
                (number, body),
                prepare=True,
            )
        after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    sys.stdout.write(f"{cpu / rows * 1e6:.1f} {rows / (time.perf_counter() - started):.0f}\n")


def main() -> None:
    """Serve on a port until killed, or run the INSERT loop and print µs of CPU per row."""
    options = argparse.ArgumentParser()
    options.add_argument("--port", type=int)
    options.add_argument("--insert", type=int, help="rows to insert instead of serving")
    options.add_argument("--database")
    chosen = options.parse_args()
    if chosen.insert:
        insert_loop(chosen.database, chosen.insert)
        return
    uvicorn.run(app, host="127.0.0.1", port=chosen.port, log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
