"""Many rows, made by the database itself."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import Error, connection

#: Telegram ids of customers that only fill the table begin above this.
FIRST = 1_000_000_000


@contextmanager
def in_a_hurry() -> Iterator[None]:
    """Fill tables without checking references row by row, where the role may."""
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("SET synchronous_commit = off")
        try:
            cursor.execute("SET session_replication_role = replica")
        except Error:
            connection.rollback()
        yield
        cursor.execute("RESET session_replication_role")
        cursor.execute("RESET synchronous_commit")


def fill_customers(count: int) -> list[int]:
    """See that there are so many customers beside the load's; return the numbers of some."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM customers_customer WHERE telegram_id > %s", (FIRST,)
        )
        there = cursor.fetchone()[0]
    if there < count:
        changed = _CUSTOMER.format(first=FIRST, there=int(there))
        copies_of("customers_customer", changed, count - there)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM customers_customer WHERE telegram_id > %s LIMIT 5000", (FIRST,)
        )
        return [row[0] for row in cursor.fetchall()]


def copies_of(table: str, changed: str, count: int) -> None:
    """Copy the table's newest row ``count`` times; ``changed`` is SQL that may say ``n``."""
    with in_a_hurry(), connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO {table}
            SELECT copy.*
            FROM (SELECT to_jsonb(t) AS row FROM {table} t ORDER BY id DESC LIMIT 1) AS pattern
            CROSS JOIN generate_series(1, %s) AS n
            -- Named in FROM it is called once for a row; as (…).* once for each column.
            CROSS JOIN LATERAL jsonb_populate_record(
                NULL::{table}, pattern.row || {changed}) AS copy
            """,  # noqa: S608  (names from this package only)
            (count,),
        )
        if cursor.rowcount < count:
            raise RuntimeError(f"{table} has no row to copy")
        cursor.execute(f"ANALYZE {table}")


_CUSTOMER = """jsonb_build_object(
    'id', nextval(pg_get_serial_sequence('customers_customer', 'id')),
    'telegram_id', {first} + {there} + n, 'username', '',
    'referral_code', lpad(to_hex({there} + n), 10, '0'))"""
