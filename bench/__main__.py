"""Measure the shop beside its peers: ``python -m bench`` or, in two minutes, ``--quick``."""

import argparse
import itertools
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from bench import shop, webhook
from bench.report import RESULTS, Report, chart, table
from bench.servers import Server, free_port
from bench.start import starts
from tests.engines import Engine


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured."""

    rounds: int
    updates: int
    open_loop_seconds: int
    growth_updates: int
    processes: tuple[int, ...]
    sweep_rows: int
    list_rows: int
    many_rows: int


FULL = Size(4, 2500, 30, 200_000, (2, 4), 1_000_000, 1_000_000, 10_000_000)
QUICK = Size(2, 400, 5, 1_000, (), 20_000, 10_000, 20_000)


@dataclass(frozen=True, slots=True)
class Bench:
    """One run: where it measures, how much, and what it found."""

    report: Report
    size: Size
    env: Mapping[str, str]
    facts: Mapping[str, Any]
    api: str
    database: str


@contextmanager
def _database() -> Iterator[str]:
    """Give the database named by the environment, else one of the test engine's own."""
    if url := os.environ.get("DATABASE_URL"):
        yield url
        return
    engine = Engine("postgres")
    try:
        yield engine.url
    finally:
        engine.stop()


def _webhook(bench: Bench) -> None:
    report, size = bench.report, bench.size
    with ExitStack() as stack:
        variants = webhook.peers(api=bench.api, database=bench.database)
        ours = shop.variant("shopbot", env=bench.env, facts=bench.facts)
        replying = shop.variant(
            "shopbot, in response",
            env={**bench.env, "TELEGRAM_REPLY_IN_RESPONSE": "1"},
            facts=bench.facts,
        )
        variants += [ours, replying]
        Server.side_by_side(stack, [each.server for each in variants])
        with report.part("rounds"):
            webhook.rounds(variants, count=size.rounds, total=size.updates, report=report)
            print(table(report.variants))
            _ratios(report)
        with report.part("single steps"):
            _single_steps(bench, ours)
            _api(bench, replying)
        with report.part("open loop"):
            seconds = size.open_loop_seconds
            webhook.open_loop(ours, rate=100, seconds=seconds, report=report)
        with report.part("growth"):
            grown = webhook.growth(ours, size.growth_updates)
            report.add(f"memory growth over {size.growth_updates:,} updates", grown, 5, "MB")
            bare = report.variants["bare"]["memory_mb"]
            report.add("memory above bare", ours.server.memory_mb() - bare, 60, "MB")
    with report.part("several processes"):
        _processes(bench)


def _ratios(report: Report) -> None:
    cpu = {name: figures["cpu_us"] for name, figures in report.variants.items()}
    browse, replying = cpu["shopbot"], cpu["shopbot, in response"]
    against = (
        ("browse update against bare with gc.freeze", "bare, gc.freeze", 1.0),
        ("browse update against sqlalchemy", "sqlalchemy", 0.25),
        ("browse update against sqlalchemy, cached", "sqlalchemy, cached", 0.75),
    )
    for name, peer, bound in against:
        report.add(name, browse / cpu[peer], bound)
    ratio = replying / cpu["bare, in response"]
    report.add("browse update answered in the response, against bare the same way", ratio, 0.9)


def _single_steps(bench: Bench, ours: webhook.Variant) -> None:
    # So small a cost is read off a clock of hundredths of a second.
    report, total = bench.report, max(bench.size.updates, 1000)
    inserts, updates = [], []
    numbers = itertools.count(80_000_000)
    for _ in range(3):
        inserts.append(webhook.insert_floor(bench.database, total))
        taken = webhook.measure(ours, webhook.accepted_bodies(numbers), total)
        updates.append(taken["cpu_us"])
    floor = report.variants["echo"]["cpu_us"] + min(inserts)
    report.notes["accept_us"] = {"ours": min(updates), "insert": min(inserts)}
    report.add("accept only, against echo and one INSERT", min(updates) / floor, 2.0)
    orders = webhook.checkout_bodies(ours.script, itertools.count(90_000_000))
    webhook.measure(ours, orders, 60)  # what the first of a process loads is not a checkout's
    placed = webhook.measure(ours, orders, total // 5)
    report.add("checkout, CPU", placed["cpu_us"] / 1000, 6, "ms")


def _api(bench: Bench, server: webhook.Variant) -> None:
    """Ask over HTTP, of a process of its own: one that answers Telegram never loads the API."""
    report, total = bench.report, bench.size.updates
    head = webhook.api_head(bench.facts["api_path"], bench.facts["api_key"])
    webhook.measure(server, itertools.repeat(b""), 50, head=head)
    asked = webhook.measure(server, itertools.repeat(b""), total // 5, head=head)
    report.add("entitlement check through the API, CPU", asked["cpu_us"] / 1000, 5, "ms")
    report.notes["memory_with_api_mb"] = server.server.memory_mb()


def _processes(bench: Bench) -> None:
    """Let two and four web processes share one database, and note what was seen."""
    alone = bench.report.variants["shopbot"]
    seen = {"1": {"rps": alone["rps"], "cpu_us": alone["cpu_us"]}}
    for count in bench.size.processes:
        many = shop.variant(
            f"{count} processes", env=bench.env, facts=bench.facts, processes=count
        )
        numbers = itertools.count(500_000_000 + count * 10_000_000)
        with many.server:
            bodies = webhook.browse_bodies(many.script, numbers)
            webhook.measure(many, bodies, bench.size.updates)
            found = webhook.measure(many, bodies, 2 * bench.size.updates)
        seen[str(count)] = {"rps": found["rps"], "cpu_us": found["cpu_us"]}
        print(f"   {count} processes: {found['rps']:.0f} updates a second", flush=True)
    bench.report.notes["processes"] = seen


def _inside(bench: Bench) -> None:
    report, size = bench.report, bench.size
    with report.part("quotes"):
        quote = _measured(bench, "quotes", 0)
        report.add("a quote with every step", quote["quote_us"], 20, "µs")
        ratio = quote["quote_us"] / quote["decimal_us"]
        report.add("a quote with every step, against bare Decimal", ratio, 8)
    with report.part("expiry sweep"):
        swept = _measured(bench, "expiry", size.sweep_rows)
        name = f"expiry sweep of {swept['due']:,} due among {size.sweep_rows:,}, against SQL"
        report.add(name, swept["sweep_us"] / swept["raw_us"], 2.0)
        report.add("memory growth of the sweep", swept["grown_mb"], 5, "MB")
    with report.part("admin lists"):
        lists = _measured(bench, "pages", size.list_rows)
        for name in ("orders", "customers", "grants"):
            where = f"list of {name} at {size.list_rows:,} rows"
            report.add(f"{where}, statements", lists[f"{name}_queries"], 12, "")
            report.add(where, lists[f"{name}_ms"], 300, "ms")
    with report.part("entitlement check"):
        check = _measured(bench, "access", size.many_rows)
        name = f"entitlement check at {size.many_rows:,} grants, against a prepared query"
        report.add(name, check["check_us"] / check["prepared_us"], 2.5)
    with report.part("inbox"):
        shelf = _measured(bench, "inbox", size.many_rows)
        ratio = shelf["full_us"] / shelf["empty_us"]
        report.add(f"inbox with {size.many_rows:,} rows, against empty", ratio, 1.15)
        report.add("pruning a day of it", shelf["prune_seconds"], 1, "s")


def _measured(bench: Bench, part: str, rows: int) -> dict[str, float]:
    found = shop.inside(part, rows, env=bench.env)
    bench.report.notes[part] = found
    return found


def _start(report: Report) -> None:
    with report.part("start"):
        taken = starts()
        report.notes["start"] = taken
        report.add("start of `make run` to the first answer", taken["again_seconds"], 6, "s")


def _run(report: Report, size: Size) -> None:
    with _database() as database, ExitStack() as stack:
        port = free_port()
        api = f"http://127.0.0.1:{port}"
        stack.enter_context(Server(["-m", "bench.botapi", str(port)], port=port, env={}))
        env = shop.environment(database=database, api=api)
        with report.part("preparing the database"):
            facts = shop.prepare(env)
        bench = Bench(report, size, env, facts, api, database)
        with report.part("webhook"):
            _webhook(bench)
        _inside(bench)
    _start(report)


def main() -> int:
    """Run everything; 1 when a bound was missed."""
    options = argparse.ArgumentParser(prog="bench", description=__doc__)
    options.add_argument(
        "--quick", action="store_true", help="fewer rounds, in about two minutes"
    )
    chosen = options.parse_args()
    report = Report()
    _run(report, QUICK if chosen.quick else FULL)
    name = "quick" if chosen.quick else "latest"
    path = report.save(name)
    chart(report, RESULTS / f"{name}.png")
    print("\n".join(["", *map(str, report.targets)]))
    for part in report.broken:
        print(f"{part}: could not be measured")
    print(f"\nwritten: {path.relative_to(path.parent.parent.parent)} and its chart")
    return 1 if report.is_short else 0


if __name__ == "__main__":
    sys.exit(main())
