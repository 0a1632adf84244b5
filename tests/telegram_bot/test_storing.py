"""Updates that come in at once share one commit, and nothing else."""

import asyncio
from datetime import timedelta

import pytest
from asgiref.sync import async_to_sync
from django.db import DataError, OperationalError, connection
from django.test.utils import CaptureQueriesContext

from telegram_bot import storing
from telegram_bot.envelope import Envelope
from telegram_bot.inbox import LEASE, Letter, mark_done, prune
from telegram_bot.models import TelegramUpdate
from tests.telegram_bot.chat import BOT_ID

pytestmark = pytest.mark.django_db


@pytest.fixture
def letter(now):
    """Make an update as it came in."""

    def make(update_id, kind="message"):
        envelope = Envelope(update_id, kind, {}, chat_id=None, is_private=False, person=None)
        return Letter(BOT_ID, envelope, b'{"update_id":%d}' % update_id, now)

    return make


def store_at_once(letters):
    """Store updates that arrive in one turn of the loop; return what each was told."""

    async def arrive():
        arriving = [storing.store(each) for each in letters]
        return await asyncio.gather(*arriving, return_exceptions=True)

    return async_to_sync(arrive)()


def test_those_that_come_at_once_are_stored_each_in_its_own_row(letter, now):
    told = store_at_once([letter(number) for number in range(20)])

    rows = TelegramUpdate.objects.in_bulk([each.pk for each in told])
    assert [rows[each.pk].update_id for each in told] == list(range(20))
    kept = rows[told[7].pk]
    assert (kept.bot_id, kept.body, kept.kind) == (BOT_ID, '{"update_id":7}', "message")
    assert (kept.status, kept.received_at) == ("new", now)
    assert kept.next_attempt_at == now + LEASE


def test_fifty_equal_ones_at_once_are_one_update(letter):
    told = store_at_once([letter(7)] * 50)

    assert [each.pk for each in told] == [TelegramUpdate.objects.get().pk, *[None] * 49]


def test_a_repeat_among_new_ones_is_told_apart(letter):
    store_at_once([letter(2)])

    told = store_at_once([letter(1), letter(2), letter(3)])

    assert [each.pk is None for each in told] == [False, True, False]
    assert TelegramUpdate.objects.count() == 3


@pytest.mark.parametrize("count", [1, 20])
def test_postgresql_needs_one_statement_however_many_they_are(letter, count):
    with CaptureQueriesContext(connection) as seen:
        store_at_once([letter(number) for number in range(count)])

    inserts = [each["sql"] for each in seen if "telegram_bot_telegramupdate" in each["sql"]]
    assert len(inserts) == (1 if connection.vendor == "postgresql" else count)


def test_a_database_that_is_away_fails_all_of_them_and_keeps_none(letter):
    def away(execute, sql, params, many, context):
        raise OperationalError("away")

    with connection.execute_wrapper(away):
        told = store_at_once([letter(1), letter(2)])

    assert [type(each) for each in told] == [OperationalError] * 2
    assert not TelegramUpdate.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_one_that_the_database_refuses_does_not_fail_its_neighbors(letter):
    told = store_at_once([letter(1), letter(2, kind="no \x00 text"), letter(3)])

    # SQLite keeps any text.
    is_refused = connection.vendor == "postgresql"
    assert [isinstance(each, DataError) for each in told] == [False, is_refused, False]
    stored = TelegramUpdate.objects.order_by("pk").values_list("update_id", flat=True)
    assert list(stored) == ([1, 3] if is_refused else [1, 2, 3])


def test_who_hangs_up_while_it_is_stored_takes_nothing_from_the_others(letter):
    async def arrive():
        impatient = asyncio.create_task(storing.store(letter(1)))
        patient = asyncio.create_task(storing.store(letter(2)))
        await asyncio.sleep(0)
        impatient.cancel()
        return await patient

    told = async_to_sync(arrive)()

    assert TelegramUpdate.objects.get(pk=told.pk).update_id == 2
    assert TelegramUpdate.objects.count() == 2


def test_the_oldest_handled_ones_are_forgotten_first_and_no_more_than_asked(letter, now):
    store_at_once([letter(number) for number in range(1, 7)])
    rows = TelegramUpdate.objects.order_by("update_id")
    mark_done(pks=list(rows.exclude(update_id=1).values_list("pk", flat=True)), now=now)
    rows.filter(update_id__lte=4).update(received_at=now - timedelta(days=31))

    pruned = [prune(before=now - timedelta(days=30), limit=2) for _ in range(3)]

    assert pruned == [2, 1, 0]
    assert list(rows.values_list("update_id", flat=True)) == [1, 5, 6]
