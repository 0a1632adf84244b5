"""What does the expiry sweep cost, beside the same work as raw SQL in batches?

Half of what is due is swept by hand, set by set, in statements that no Python touches; then the
other half by the shop. Both are timed by the clock: their work is the database's as much as
the process's.
"""

import resource
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from django.db import connection, transaction

from bench.rows import fill_customers
from entitlements.expiry import give_notices
from entitlements.models import EntitlementType

BATCH = 500


def expiry(rows: int) -> dict[str, float]:
    """Sweep a tenth of ``rows`` grants by hand and another tenth as the shop does."""
    due, now = rows // 10, datetime.now(UTC)
    fill_customers(rows)
    kind = EntitlementType.objects.get(code="signals").pk
    with connection.cursor() as cursor:
        cursor.execute(_FILL, (kind, now, now - timedelta(hours=2), 0, due))
        cursor.execute(_FILL, (kind, now, now - timedelta(hours=1), due, due))
        cursor.execute(_FILL, (kind, now, now + timedelta(days=90), 2 * due, rows - 2 * due))
        cursor.execute("ANALYZE entitlements_grant")
    raw = _timed(lambda: _by_hand(now - timedelta(minutes=90), now), due)
    give_notices(now=now, limit=BATCH)  # what the first use loads is not the sweep's
    before = _peak_mb()
    ours = _timed(lambda: give_notices(now=now, limit=BATCH), due - BATCH)
    return {
        "rows": rows,
        "due": due,
        "raw_us": raw,
        "sweep_us": ours,
        "grown_mb": _peak_mb() - before,
    }


def _timed(batch: Callable[[], int], expected: int) -> float:
    """Run batches until nothing is left; return µs by the clock for each row."""
    done, started = 0, time.perf_counter()
    while taken := batch():
        done += taken
    if done < expected:
        raise RuntimeError(f"{done} of {expected} rows were swept")
    return (time.perf_counter() - started) / done * 1e6


def _by_hand(before: datetime, now: datetime) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_BATCH, (before, BATCH, now, now))
        return cursor.rowcount


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


#: One grant for each customer, from the one numbered by the offset on.
_FILL = """
    INSERT INTO entitlements_grant
        (customer_id, type_id, level, source, sequence, starts_at, ends_at, anchor_at,
         grace_days, access_until, seats, granted_at, closing, revoked_reason, note,
         next_notice_at)
    SELECT c.id, %s, 'premium', 'due:' || c.id || ':' || pg_current_xact_id(), 0,
           now() - interval '120 days', ends.at,
           now() - interval '120 days', 0, ends.at, 0, %s, '', '', '', ends.at
    FROM customers_customer c CROSS JOIN (SELECT %s::timestamptz AS at) AS ends
    WHERE c.telegram_id > 1000000000
    ORDER BY c.telegram_id OFFSET %s LIMIT %s
"""

_BATCH = """
    WITH due AS (
        SELECT * FROM entitlements_grant WHERE next_notice_at <= %s
        ORDER BY next_notice_at, id LIMIT %s FOR UPDATE SKIP LOCKED
    ), said AS (
        INSERT INTO kernel_event
            (kind, subject, customer_id, actor, data, happened_at, attempts, error)
        SELECT 'grant.expired', 'grant:' || due.id, due.customer_id, 'beat',
               jsonb_build_object(
                   'code', t.code, 'level', due.level, 'source', due.source,
                   'starts_at', due.starts_at, 'ends_at', due.ends_at,
                   'grace_days', due.grace_days, 'is_seat', due.follows_id IS NOT NULL,
                   'notice', 'expired', 'days', 0, 'grace_until', NULL, 'then_level', NULL),
               %s, 0, ''
        FROM due JOIN entitlements_entitlementtype t ON t.id = due.type_id
        WHERE NOT EXISTS (
            SELECT 1 FROM entitlements_grant o
            WHERE o.customer_id = due.customer_id AND o.type_id = due.type_id
              AND o.id <> due.id AND o.revoked_at IS NULL AND o.access_until > due.ends_at
              AND o.starts_at <= due.ends_at AND (o.ends_at IS NULL OR o.ends_at > due.ends_at))
    ), marked AS (
        INSERT INTO entitlements_reminder (grant_id, kind, recorded_at)
        SELECT id, 'expired', %s FROM due
        ON CONFLICT DO NOTHING
    )
    UPDATE entitlements_grant g SET next_notice_at = NULL FROM due WHERE g.id = due.id
"""
