"""Named predicates and single-statement writes over customers."""

from datetime import datetime
from typing import Self

from django.db import connections, models

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


class CustomerQuerySet(models.QuerySet["Customer"]):
    """Customers."""

    def locked(self) -> Self:
        """Lock the rows in the one order that cannot deadlock: by primary key."""
        return self.order_by("pk").select_for_update(of=("self",))

    def reachable(self) -> Self:
        """Those who have not blocked the bot."""
        return self.filter(blocked_bot_at__isnull=True)

    def block_bot(self, *, telegram_id: int, at: datetime) -> bool:
        """Mark the bot blocked; False when it already was, or nobody has that id."""
        free = self.filter(telegram_id=telegram_id, blocked_bot_at__isnull=True)
        return free.update(blocked_bot_at=at) == 1

    def unblock_bot(self, *, telegram_id: int) -> bool:
        """Clear the mark; False when there was none."""
        marked = self.filter(telegram_id=telegram_id, blocked_bot_at__isnull=False)
        return marked.update(blocked_bot_at=None) == 1

    def chain_above(self, customer_id: int) -> list[int]:
        """Ids from the customer up through referrers to the one nobody referred.

        One statement, however long the chain.
        """
        with connections[self.db].cursor() as cursor:
            cursor.execute(_CHAIN, [customer_id, _DEEPEST_CHAIN])
            return [row[0] for row in cursor.fetchall()]

    def tree_sizes(self, customer_id: int) -> list[int]:
        """How many people the customer referred, by depth: directly first, then theirs."""
        with connections[self.db].cursor() as cursor:
            cursor.execute(_TREE, [customer_id, _DEEPEST_CHAIN])
            return [row[1] for row in cursor.fetchall()]
