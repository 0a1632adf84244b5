"""What does one update cost, in the shop and in what a person would pick instead?"""

import asyncio
import itertools
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from bench import load
from bench.report import Report, median
from bench.servers import ROOT, Server, free_port

PATH = "/telegram/1000001/webhook/"
TOKEN = "1000001:DEMO-TOKEN-NOT-A-REAL-BOT-000000000"  # noqa: S105  nobody's
#: Customers who write at once.
CONNECTIONS = 8
#: Different people in the load.
PEOPLE = 500


@dataclass(frozen=True, slots=True)
class Step:
    """One thing a customer does: a command or a button."""

    text: str

    def body(self, update_id: int, user_id: int) -> bytes:
        """Return the update that Telegram would send."""
        write = load.message if self.text.startswith("/") else load.callback
        return write(update_id, user_id, self.text)


@dataclass(frozen=True, slots=True)
class Script:
    """What the customers of a variant do: browse, and now and then check out."""

    browse: tuple[Step, ...]
    checkout: Callable[[int], Step]


def plain_script() -> Script:
    """Return the load for the reference variants."""
    names = ("/start", "/shop", "category:1", "product:1", "tier:1", "price:1:12")
    return Script(tuple(map(Step, names)), lambda _: Step("checkout:1:12"))


@dataclass(slots=True)
class Variant:
    """A server to measure, with the load it understands."""

    name: str
    server: Server
    secret: str
    script: Script
    path: str = PATH
    runs: list[dict[str, float]] = field(default_factory=list)


def browse_bodies(script: Script, numbers: Iterator[int]) -> Iterator[bytes]:
    """Yield browsing updates for ever."""
    for number in numbers:
        step = script.browse[number % len(script.browse)]
        yield step.body(number, 7_000_000 + number // len(script.browse) % PEOPLE)


def mixed_bodies(script: Script, numbers: Iterator[int]) -> Iterator[bytes]:
    """Yield a customer's mix: 1 update in 20 checks out."""
    for number in numbers:
        person = 7_000_000 + number // 20 % PEOPLE
        is_checkout = number % 20 == 19
        step = script.checkout(number) if is_checkout else script.browse[number % 6]
        yield step.body(number, person)


def measure(
    variant: Variant, bodies: Iterator[bytes], total: int, *, head: bytes = b""
) -> dict[str, float]:
    """Send ``total`` requests, updates unless another head is given; return what they cost."""
    head = head or load.request_head(variant.path, variant.secret)
    before = variant.server.cpu_seconds()
    outcome = asyncio.run(
        load.closed_loop(
            port=variant.server.port, head=head, bodies=bodies, total=total,
            connections=CONNECTIONS,
        )
    )  # fmt: skip
    cpu = variant.server.cpu_seconds() - before
    if outcome.failed:
        raise RuntimeError(f"{variant.name}: {outcome.failed} of {total} updates were refused")
    return {
        "rps": total / outcome.seconds,
        "p50_ms": outcome.percentile(0.50) * 1000,
        "p95_ms": outcome.percentile(0.95) * 1000,
        "p99_ms": outcome.percentile(0.99) * 1000,
        "cpu_us": cpu / total * 1e6,
        "memory_mb": variant.server.memory_mb(),
    }


def rounds(variants: list[Variant], *, count: int, total: int, report: Report) -> None:
    """Measure every variant in each round, in turn, and keep the medians."""
    numbers = {variant.name: itertools.count(10_000) for variant in variants}
    streams = {each.name: browse_bodies(each.script, numbers[each.name]) for each in variants}
    for variant in variants:
        print(f"warming up {variant.name}", flush=True)
        measure(variant, streams[variant.name], total // 4)
    for number in range(count):
        print(f"round {number + 1} of {count}", flush=True)
        for variant in variants:
            variant.runs.append(measure(variant, streams[variant.name], total))
    for variant in variants:
        keys = variant.runs[0]
        report.variants[variant.name] = {
            key: median([run[key] for run in variant.runs]) for key in keys
        }


def accepted_bodies(numbers: Iterator[int]) -> Iterator[bytes]:
    """Yield updates that nothing handles: taken in, kept, marked, and no more."""
    for number in numbers:
        yield b'{"update_id":%d,"poll_of_tomorrow":{"id":"1","option_ids":[]}}' % number


def api_head(path: str, key: str) -> bytes:
    """Return the head of a question to the API, which has no body."""
    return (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Forwarded-Proto: https\r\n"
        f"Authorization: Api-Key {key}\r\nContent-Length: %d\r\n\r\n"
    ).encode()


def growth(variant: Variant, total: int) -> float:
    """Return the MB that a process grows by from the fifth part of many updates to the last."""
    numbers = itertools.count(200_000_000)
    bodies = browse_bodies(variant.script, numbers)
    measure(variant, bodies, total // 5)
    before = variant.server.memory_mb()
    for part in range(4):
        measure(variant, bodies, total // 5)
        print(f"  {(part + 2) * total // 5:,} updates", flush=True)
    return variant.server.memory_mb() - before


def checkout_bodies(script: Script, numbers: Iterator[int]) -> Iterator[bytes]:
    """Yield checkouts, each of another person's and on a screen of its own."""
    for number in numbers:
        yield script.checkout(number).body(number, 7_000_000 + number % PEOPLE)


def open_loop(variant: Variant, *, rate: float, seconds: int, report: Report) -> None:
    """Send the mix at a fixed rate and hold the p99 to its bound."""
    head = load.request_head(variant.path, variant.secret)
    bodies = mixed_bodies(variant.script, itertools.count(50_000_000))
    outcome = asyncio.run(
        load.open_loop(
            port=variant.server.port, head=head, bodies=bodies, total=int(rate * seconds),
            rate=rate,
        )
    )  # fmt: skip
    report.notes["open_loop"] = {"rate": rate, "sent": outcome.sent, "failed": outcome.failed}
    report.add("p99 at 100 updates/s, open loop", outcome.percentile(0.99) * 1000, 40, "ms")
    report.add("updates lost at 100 updates/s", outcome.failed, 0, "lost")


def insert_floor(database: str, rows: int) -> float:
    """Return µs of CPU for one prepared single-row INSERT."""
    command = ["-m", "bench.peers.echo", "--insert", str(rows), "--database", database]
    done = subprocess.run(  # noqa: S603
        [Server.python(), *command], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return float(done.stdout.split()[0])


def peers(*, api: str, database: str) -> list[Variant]:
    """Describe the reference variants; they are not started yet."""
    asyncpg = database.replace("postgresql://", "postgresql+asyncpg://")
    commands = {
        "bare": ["-m", "bench.peers.bare"],
        "bare, gc.freeze": ["-m", "bench.peers.bare", "--freeze"],
        "bare, in response": ["-m", "bench.peers.bare", "--freeze", "--in-response"],
        "sqlalchemy": ["-m", "bench.peers.sqlalchemy_bot", "--database", asyncpg],
        "sqlalchemy, cached": [
            "-m", "bench.peers.sqlalchemy_bot", "--database", asyncpg, "--cached",
        ],
    }  # fmt: skip
    found = []
    for name, command in commands.items():
        port = free_port()
        arguments = [*command, "--port", str(port), "--api", api]
        server = Server(arguments, port=port, env={})
        found.append(Variant(name, server, "s", plain_script()))
    port = free_port()
    echo = Server(["-m", "bench.peers.echo", "--port", str(port)], port=port, env={})
    found.append(Variant("echo", echo, "s", plain_script()))
    return found
