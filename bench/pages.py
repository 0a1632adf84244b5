"""What do the admin's lists cost at many rows?"""

import statistics
import time
from datetime import timedelta

from django.contrib.auth.models import User
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from bench.rows import copies_of, fill_customers
from customers.models import Customer
from entitlements.models import EntitlementType, Grant
from orders.models import Order

LISTS = {
    "orders": "admin:orders_order_changelist",
    "customers": "admin:customers_customer_changelist",
    "grants": "admin:entitlements_grant_changelist",
}

#: Without collected static files, which only an installed shop has.
_STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}


def pages(rows: int) -> dict[str, float]:
    """Open each list at ``rows`` orders, customers and grants; ms and statements of each."""
    _fill(rows)
    owner = User.objects.create_superuser(f"bench-{time.time_ns()}", password="unused")  # noqa: S106
    found: dict[str, float] = {"rows": rows}
    with override_settings(STORAGES=_STORAGES, ALLOWED_HOSTS=["*"]):
        client = Client(SERVER_NAME="localhost")
        client.force_login(owner)
        for name, address in LISTS.items():
            found |= _cost(client, name, reverse(address))
    return found


def _cost(client: Client, name: str, path: str) -> dict[str, float]:
    _open(client, path)
    with CaptureQueriesContext(connection) as seen:
        _open(client, path)
    queries = len(seen)
    times = []
    for _ in range(5):
        started = time.perf_counter()
        _open(client, path)
        times.append((time.perf_counter() - started) * 1000)
    return {f"{name}_ms": statistics.median(times), f"{name}_queries": queries}


def _open(client: Client, path: str) -> None:
    response = client.get(path, secure=True)
    if response.status_code != 200:
        raise RuntimeError(f"{path}: {response.status_code}")


def _fill(rows: int) -> None:
    fill_customers(rows)
    placed = Order.objects.count() or _place_one()
    if placed < rows:
        copies_of(
            "orders_order",
            """jsonb_build_object(
                'id', nextval(pg_get_serial_sequence('orders_order', 'id')),
                'number', lpad(to_hex(n), 9, '0'), 'placement_key', 'bench:' || n)""",
            rows - placed,
        )
    granted = Grant.objects.count()
    if granted < rows:
        with connection.cursor() as cursor:
            kind = EntitlementType.objects.get(code="signals").pk
            cursor.execute(_GRANTS, (kind, rows - granted))
            cursor.execute("ANALYZE entitlements_grant")


def _place_one() -> int:
    """Write the order that the others are copies of, where the load has placed none."""
    now = timezone.now()
    Order.objects.create(
        customer=Customer.objects.latest("pk"), currency="EUR", base_minor=100, total_minor=100,
        region="EU", quote="{}", placement_key="bench", placed_at=now,
        expires_at=now + timedelta(minutes=30),
    )  # fmt: skip
    return 1


_GRANTS = """
    INSERT INTO entitlements_grant
        (customer_id, type_id, level, source, sequence, starts_at, ends_at, anchor_at,
         grace_days, access_until, seats, granted_at, closing, revoked_reason, note)
    SELECT c.id, %s, 'vip', 'list:' || c.id, 0, now(), now() + interval '30 days', now(),
           0, now() + interval '30 days', 0, now(), '', '', ''
    FROM customers_customer c WHERE c.telegram_id > 1000000000 LIMIT %s
    ON CONFLICT DO NOTHING
"""
