"""What the database refuses by itself, whoever writes."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from entitlements.models import FOREVER, Block, Grant
from entitlements.services import block

pytestmark = pytest.mark.django_db


@pytest.fixture
def write(customer, signals, now):
    """Write a row past every service."""

    def call(**fields) -> Grant:
        end = now + timedelta(days=30)
        fields = {
            "customer": customer,
            "type": signals,
            "level": "premium",
            "source": "a",
            "starts_at": now,
            "ends_at": end,
            "anchor_at": now,
            "access_until": fields.get("ends_at", end) or FOREVER,
            "granted_at": now,
        } | fields
        return Grant.objects.create(**fields)

    return call


def refuses(name: str):
    # SQLite names the constraint only where it is a check.
    is_told = connection.vendor != "sqlite"
    return pytest.raises(IntegrityError, match=name if is_told else None)


def test_a_second_live_row_of_a_source(write):
    write()

    with refuses("grant_live_once_per_source"), transaction.atomic():
        write(sequence=1)

    assert Grant.objects.count() == 1


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("grant_level_known", {"level": "gold"}),
        ("grant_ends_after_start", {"ends_at": "start"}),
        ("grant_months_count_from_anchor", {"months": 1}),
        ("grant_months_count_from_anchor", {"months": 2, "months_from_anchor": 1}),
        ("grant_closed_iff_revoked_at", {"closing": "revoked"}),
        (
            "grant_closed_iff_revoked_at",
            {"closing": "whim", "revoked_at": "start", "access_until": "start"},
        ),
        ("grant_access_until_end_or_closing", {"access_until": "start"}),
        ("grant_access_until_end_or_closing", {"ends_at": None, "access_until": "start"}),
        ("grant_access_until_end_or_closing", {"closing": "revoked", "revoked_at": "start"}),
        (
            "grant_closed_sends_nothing",
            {
                "closing": "revoked",
                "revoked_at": "start",
                "access_until": "start",
                "next_notice_at": "start",
            },
        ),
    ],
)
def test_rows_that_contradict_themselves(write, now, name, fields):
    fields = {key: now if value == "start" else value for key, value in fields.items()}

    with refuses(name), transaction.atomic():
        write(**fields)

    assert not Grant.objects.exists()


@pytest.mark.skipif(connection.vendor != "postgresql", reason="only PostgreSQL has it")
def test_months_of_one_level_that_overlap(write, now):
    month = {"months": 1, "months_from_anchor": 1}
    write(**month)

    with refuses("grant_months_never_overlap"), transaction.atomic():
        write(source="b", starts_at=now + timedelta(days=29), **month)
    write(source="b", level="vip", **month)
    later = now + timedelta(days=60)
    write(source="c", starts_at=now + timedelta(days=30), ends_at=later, **month)

    assert Grant.objects.count() == 3


def test_a_second_standing_block_of_a_source(customer, now):
    fields = {"customer_id": customer.pk, "kind": "fraud", "source": "a", "reason": ""}
    block(**fields, actor="x", now=now)

    with refuses("block_stands_once_per_source"), transaction.atomic():
        Block.objects.create(**fields, starts_at=now)

    assert Block.objects.count() == 1
