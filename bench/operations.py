"""What do single operations cost inside one process, beside the same by hand?"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import cast

from django.db import connection
from psycopg import Connection, Cursor

from bench.load import message
from bench.rows import fill_customers, in_a_hurry
from entitlements.models import EntitlementType
from entitlements.selectors import has_entitlement
from pricing.engine import quote
from shopbot.kernel.money import Money
from telegram_bot import inbox as shelf
from telegram_bot.envelope import read_envelope
from telegram_bot.sweeps import KEPT
from tests.pricing import books


def cpu_us(call: Callable[[], object], times: int) -> float:
    """Return µs of CPU of this process for one call: the best of three runs."""
    runs = []
    for _ in range(3):
        started = time.process_time()
        for _ in range(times):
            call()
        runs.append((time.process_time() - started) / times * 1e6)
    return min(runs)


def quotes(_rows: int) -> dict[str, float]:
    """Price an offer with every step, and do the same sum in bare ``Decimal``."""
    book = books.make_book(
        tier=books.make_tier(floor_minor=100),
        experiments={books.TIER: (books.make_experiment(),)},
        promotions=(books.make_promotion(needs_code=True),),
        quantity={0: ((2, 500),)},
    )
    request = books.make_request(
        months=12, quantity=2, region="EU", customer_id=7, is_referred=True, affiliate_id=3,
        upgrade_credit=Money(500, "EUR"), **books.with_code(1),
    )  # fmt: skip
    quote(request, book)
    return {
        "quote_us": cpu_us(lambda: quote(request, book), 5000),
        "decimal_us": cpu_us(_by_hand, 5000),
    }


def _by_hand() -> Decimal:
    """Do the arithmetic of a quote with all steps, and nothing else."""
    cent, amount = Decimal("0.01"), Decimal("20.00")
    amount = (amount * Decimal("0.86412") * Decimal("1.03")).quantize(cent, ROUND_HALF_UP)
    amount = amount.quantize(Decimal(1), ROUND_HALF_UP) - cent
    amount = (amount * Decimal("0.95")).quantize(cent, ROUND_HALF_UP)
    amount = amount * 12
    for share in ("0.80", "0.90", "0.90"):
        amount = (amount * Decimal(share)).quantize(cent, ROUND_HALF_UP)
    amount = max(amount - Decimal("5.00"), Decimal("10.00"))
    return amount.quantize(cent, ROUND_HALF_UP)


def access(grants: int) -> dict[str, float]:
    """Check an entitlement among ``grants`` rows: our selector, and a prepared raw query."""
    customers, code = _fill_grants(grants)
    now = datetime.now(UTC)
    numbers = iter(range(10**9))

    def pick() -> int:
        return customers[next(numbers) * 7919 % len(customers)]

    connection.ensure_connection()
    # Django's own cursor binds in the client and prepares nothing.
    raw = Cursor(cast("Connection[object]", connection.connection))

    def by_hand() -> object:
        raw.execute(_RAW, (pick(), code, now, now), prepare=True)
        return raw.fetchone()

    prepared = cpu_us(by_hand, 2000)
    return {
        "grants": grants,
        "check_us": cpu_us(lambda: has_entitlement(pick(), code, now), 2000),
        "prepared_us": prepared,
    }


_RAW = """
    SELECT 1 FROM entitlements_grant g
    JOIN entitlements_entitlementtype t ON t.id = g.type_id AND t.is_active
    WHERE g.customer_id = %s AND t.code = %s AND g.starts_at <= %s AND g.access_until > %s
      AND NOT EXISTS (
        SELECT 1 FROM entitlements_block b
        WHERE b.customer_id = g.customer_id AND b.lifted_at IS NULL
      )
    LIMIT 1
"""


def _fill_grants(count: int) -> tuple[list[int], str]:
    """Give each of many customers ten grants by one statement; return some customers."""
    signals = EntitlementType.objects.get(code="signals")
    customers = fill_customers(max(count // 10, 1))
    with in_a_hurry(), connection.cursor() as cursor:
        cursor.execute(_GRANTS, (signals.pk, count))
        cursor.execute("ANALYZE entitlements_grant")
    return customers, signals.code


#: Ten a customer, one after the other, the last of them running.
_GRANTS = """
    INSERT INTO entitlements_grant
        (customer_id, type_id, level, source, sequence, starts_at, ends_at, anchor_at,
         grace_days, access_until, seats, granted_at, closing, revoked_reason, note)
    SELECT c.id, %s, 'premium', 'load:' || c.id || ':' || part, 0,
           now() - interval '30 days' * (10 - part), now() + interval '30 days' * (part - 9),
           now() - interval '300 days', 0, now() + interval '30 days' * (part - 9), 0,
           now() - interval '300 days', '', '', ''
    FROM customers_customer c CROSS JOIN generate_series(1, 10) AS part
    WHERE c.telegram_id > 1000000000
    LIMIT %s
    ON CONFLICT DO NOTHING
"""


def inbox(rows: int) -> dict[str, float]:
    """Take updates in with an empty inbox and with ``rows`` in it; then prune a day."""
    with connection.cursor() as cursor:
        # What was measured before has left updates of today in front of those of last month.
        cursor.execute("TRUNCATE telegram_bot_telegramupdate CASCADE")
    empty = _store_cost(1)
    with in_a_hurry(), connection.cursor() as cursor:
        cursor.execute(_UPDATES, (KEPT.days, rows, rows, rows))
        cursor.execute("ANALYZE telegram_bot_telegramupdate")
    full = _store_cost(2)
    before = datetime.now(UTC) - KEPT + timedelta(days=1)
    pruned, started = 0, time.perf_counter()
    while gone := shelf.prune(before=before, limit=10_000):
        pruned += gone
    if not pruned:
        raise RuntimeError("nothing was pruned, so nothing was measured")
    return {
        "rows": rows,
        "pruned": pruned,
        "empty_us": empty,
        "full_us": full,
        "prune_seconds": time.perf_counter() - started,
    }


def _store_cost(bot_id: int) -> float:

    numbers = iter(range(1, 10**9))

    def store() -> None:
        body = message(next(numbers), 7_000_000, "/shop")
        shelf.store([shelf.Letter(bot_id, read_envelope(body), body, datetime.now(UTC))])

    return cpu_us(store, 1500)


#: Spread evenly over the days that they are kept, the oldest first, all done.
_UPDATES = """
    INSERT INTO telegram_bot_telegramupdate
        (bot_id, update_id, body, kind, chat_id, user_id, status, attempts, error,
         received_at, next_attempt_at, done_at)
    SELECT 9, n, repeat('x', 300), 'message', n %% 1000, n %% 1000, 'done', 1, '',
           now() - interval '1 day' * %s * (%s - n) / %s, now(), now()
    FROM generate_series(1, %s) AS n
"""
