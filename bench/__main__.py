"""Measure the shop beside its peers: ``python -m bench`` or, in two minutes, ``--quick``."""

import argparse
import itertools
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager

from bench import shop, webhook
from bench.report import RESULTS, Report, chart, table
from bench.servers import Server, free_port
from tests.engines import Engine


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


def _webhook(report: Report, database: str, *, quick: bool) -> Mapping[str, str]:
    with ExitStack() as stack:
        api_port = free_port()
        api = f"http://127.0.0.1:{api_port}"
        stack.enter_context(
            Server(["-m", "bench.botapi", str(api_port)], port=api_port, env={})
        )
        env = shop.environment(database=database, api=api)
        facts = shop.prepare(env)
        variants = webhook.peers(stack, api=api, database=database)
        ours = shop.variant("shopbot", env=env, facts=facts)
        replying = shop.variant(
            "shopbot, in response", env={**env, "TELEGRAM_REPLY_IN_RESPONSE": "1"}, facts=facts
        )
        for each in (ours, replying):
            stack.enter_context(each.server)
            variants.append(each)
        count, total = (3, 1500) if quick else (5, 6000)
        webhook.rounds(variants, count=count, total=total, report=report)
        print(table(report.variants))
        floor = webhook.insert_floor(database, 5000)
        _ratios(report, floor)
        _single_steps(ours, report, floor, quick=quick)
        webhook.open_loop(ours, rate=100, seconds=10 if quick else 60, report=report)
    return env


def _single_steps(
    ours: webhook.Variant, report: Report, insert_us: float, *, quick: bool
) -> None:
    total = 1500 if quick else 6000
    before = ours.server.memory_mb()
    taken = webhook.measure(ours, webhook.accepted_bodies(itertools.count(80_000_000)), total)
    floor = report.variants["echo"]["cpu_us"] + insert_us
    report.add("accept only, against echo and one INSERT", taken["cpu_us"] / floor, 2.0)
    orders = webhook.checkout_bodies(ours.script, itertools.count(90_000_000))
    placed = webhook.measure(ours, orders, total // 10)
    report.add("checkout, CPU", placed["cpu_us"] / 1000, 6, "ms")
    report.notes["memory_mb"] = {"before": before, "after": ours.server.memory_mb()}
    bare = report.variants["bare"]["memory_mb"]
    report.add("memory above bare", ours.server.memory_mb() - bare, 60, "MB")


def _inside(report: Report, env: Mapping[str, str], *, quick: bool) -> None:
    quote = shop.inside("quotes", env=env)
    report.add("a quote with every step", quote["quote_us"], 20, "µs")
    ratio = quote["quote_us"] / quote["decimal_us"]
    report.add("a quote with every step, against bare Decimal", ratio, 8)
    rows = 100_000 if quick else 10_000_000
    check = shop.inside("access", rows, env=env)
    name = f"entitlement check at {rows:,} grants, against a prepared query"
    report.add(name, check["check_us"] / check["prepared_us"], 2.5)
    shelf = shop.inside("inbox", rows, env=env)
    name = f"inbox with {rows:,} rows, against empty"
    report.add(name, shelf["full_us"] / shelf["empty_us"], 1.15)
    report.add("pruning a day of it", shelf["prune_seconds"], 1, "s")
    report.notes["inside"] = {"quotes": quote, "access": check, "inbox": shelf}


def _ratios(report: Report, insert_us: float) -> None:
    cpu = {name: figures["cpu_us"] for name, figures in report.variants.items()}
    report.notes["insert_cpu_us"] = insert_us
    browse = cpu["shopbot"]
    report.add(
        "browse update against bare with gc.freeze", browse / cpu["bare, gc.freeze"], 1.0
    )
    report.add("browse update against sqlalchemy", browse / cpu["sqlalchemy"], 0.25)
    report.add(
        "browse update against sqlalchemy, cached", browse / cpu["sqlalchemy, cached"], 0.75
    )
    report.add(
        "browse update answered in the response, against bare the same way",
        cpu["shopbot, in response"] / cpu["bare, in response"],
        0.9,
    )


def main() -> int:
    """Run everything; 1 when a bound was missed."""
    options = argparse.ArgumentParser(prog="bench", description=__doc__)
    options.add_argument("--quick", action="store_true", help="fewer rounds, under two minutes")
    chosen = options.parse_args()
    report = Report()
    with _database() as database:
        env = _webhook(report, database, quick=chosen.quick)
        _inside(report, env, quick=chosen.quick)
    name = "quick" if chosen.quick else "latest"
    path = report.save(name)
    chart(report, RESULTS / f"{name}.png")
    print(f"\nwritten: {path.relative_to(path.parent.parent.parent)} and its chart")
    return 1 if report.is_short else 0


if __name__ == "__main__":
    sys.exit(main())
