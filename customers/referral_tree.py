"""Who stands above and below a customer in the tree of referrals, in one statement each."""

from django.db import connection

# Deeper than any honest chain; a bound so that damaged data cannot hang a query.
_DEEPEST_CHAIN = 10_000

_CHAIN = """
    WITH RECURSIVE up (id, referrer_id, depth) AS (
        SELECT id, referrer_id, 0 FROM customers_customer WHERE id = %s
        UNION ALL
        SELECT c.id, c.referrer_id, up.depth + 1
        FROM customers_customer c JOIN up ON c.id = up.referrer_id
        WHERE up.depth < %s
    )
    SELECT id FROM up ORDER BY depth
"""

_TREE = """
    WITH RECURSIVE down (id, depth) AS (
        SELECT id, 0 FROM customers_customer WHERE id = %s
        UNION ALL
        SELECT c.id, down.depth + 1
        FROM customers_customer c JOIN down ON c.referrer_id = down.id
        WHERE down.depth < %s
    )
    SELECT depth, count(*) FROM down WHERE depth > 0 GROUP BY depth ORDER BY depth
"""


def chain_above(customer_id: int) -> list[int]:
    """Return ids from the customer up through referrers to the one nobody referred."""
    with connection.cursor() as cursor:
        cursor.execute(_CHAIN, [customer_id, _DEEPEST_CHAIN])
        return [row[0] for row in cursor.fetchall()]


def sizes_below(customer_id: int) -> list[int]:
    """Return how many people the customer brought, by depth: directly first, then theirs."""
    with connection.cursor() as cursor:
        cursor.execute(_TREE, [customer_id, _DEEPEST_CHAIN])
        return [row[1] for row in cursor.fetchall()]
