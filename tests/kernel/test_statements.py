"""Statements of every request: the same answers as Django's own, at less cost."""

import pytest
from django.db import DataError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from shopbot.kernel.models import DataVersion, Event
from shopbot.kernel.statements import Locked, Question, Rows, fetch_all, insert, insert_missing

pytestmark = pytest.mark.django_db

NAMED = "SELECT number FROM kernel_dataversion WHERE name = %s"


def above(number, name):
    return DataVersion.objects.filter(number__gt=number, name=name, name__startswith="k")


@pytest.fixture
def question():
    return Question(above, stand_ins=(-(10**15), "nothing is called so"))


@pytest.fixture
def version():
    DataVersion.objects.create(name="kernel-test", number=7)


def test_rows_come_as_from_djangos_cursor(version):
    plain = fetch_all(NAMED, ("kernel-test",))
    with CaptureQueriesContext(connection) as seen:
        watched = fetch_all(NAMED, ("kernel-test",))

    assert plain == watched == [(7,)]
    assert len(seen) == 1


@pytest.mark.django_db(transaction=True)
def test_what_the_database_refuses_is_an_error_of_djangos(version):
    if connection.vendor == "postgresql":
        with pytest.raises(DataError):
            fetch_all("SELECT %s::int / 0", (1,))
    assert fetch_all(NAMED, ("kernel-test",)) == [(7,)]


@pytest.mark.parametrize(
    ("number", "name", "expected"),
    [
        (6, "kernel-test", True),
        (7, "kernel-test", False),
        (6, "another", False),
        (-(2**40), "kernel-test", True),
        (2**40, "kernel-test", False),
    ],
)
def test_a_question_is_answered_as_by_its_queryset(version, question, number, name, expected):
    assert question.ask(number, name) is expected
    assert above(number, name).exists() is expected


def test_rows_are_those_of_the_queryset_in_its_order(version):
    DataVersion.objects.create(name="kernel-other", number=9)

    def named(number):
        return (
            DataVersion.objects.filter(number__gt=number)
            .order_by("-name")
            .values_list("name", "number")
        )

    rows = Rows(named, stand_ins=(-(10**15),))

    for number in (0, 7, 9):
        assert rows.read(number) == list(named(number))
    assert ("kernel-other", 9) in rows.read(0)


def test_a_question_is_one_statement_that_stays_prepared(version, question):
    with CaptureQueriesContext(connection) as seen:
        question.ask(6, "kernel-test")
    assert len(seen) == 1

    for number in (1, 2**20, 2**40):
        question.ask(number, "kernel-test")

    if connection.vendor == "postgresql":
        prepared = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE %s"
        assert fetch_all(prepared, ('%"name"::text LIKE%',)) == [(1,)]


def test_one_of_finds_what_in_finds_and_sends_one_value():
    names = ["kernel-a", "kernel-b", "kernel-c"]
    DataVersion.objects.bulk_create(DataVersion(name=name, number=1) for name in names)

    def found(wanted):
        rows = DataVersion.objects.filter(name__one_of=wanted).order_by("name")
        return list(rows.values_list("name", flat=True))

    assert found(names[1:]) == names[1:]
    assert found({"kernel-a", "nothing"}) == ["kernel-a"]
    assert found([]) == []
    if connection.vendor == "postgresql":
        _, params = DataVersion.objects.filter(name__one_of=names).query.sql_with_params()
        assert params == (names,)


def an_event(now, **fields):
    data = {"text": "Ä 🙂 %s", "number": 2**40, "none": None, "many": [1, {"deep": True}]}
    return Event(kind="kernel.test", subject="test:1", data=data, happened_at=now, **fields)


@pytest.mark.parametrize("customer_id", [None, 1, 2**40])
def test_a_row_is_stored_as_by_the_orm(now, customer_id):
    saved = an_event(now, customer_id=customer_id)
    saved.save(force_insert=True)
    prepared = insert(an_event(now, customer_id=customer_id))
    with CaptureQueriesContext(connection) as seen:
        watched = insert(an_event(now, customer_id=customer_id))

    assert len(seen) == 1
    assert saved.pk < prepared.pk < watched.pk
    for each in (prepared, watched):
        assert (each._state.adding, each._state.db) == (False, "default")
    rows = Event.objects.order_by("pk").values()
    assert [{**row, "id": None} for row in rows] == [{**rows[0], "id": None}] * 3


def test_a_row_that_the_database_refuses_breaks_its_transaction(version):
    with transaction.atomic():
        with pytest.raises(IntegrityError):
            insert(DataVersion(name="kernel-test", number=8))
        assert transaction.get_connection().needs_rollback
        transaction.set_rollback(True)

    assert DataVersion.objects.get(name="kernel-test").number == 7


def test_a_row_that_is_there_stays_as_it_is(version):
    for number in (8, 9):
        insert_missing(DataVersion(name="kernel-test", number=number))
        insert_missing(DataVersion(name="kernel-other", number=9))
    with CaptureQueriesContext(connection) as seen:
        insert_missing(DataVersion(name="kernel-test", number=8))

    assert len(seen) == 1

    named = DataVersion.objects.filter(name__startswith="kernel-")
    assert dict(named.values_list("name", "number")) == {"kernel-test": 7, "kernel-other": 9}


@pytest.fixture
def locked():
    return Locked(
        lambda name: DataVersion.objects.select_for_update().filter(name=name),
        stand_ins=("nothing is called so",),
    )


def test_a_locked_row_is_the_one_that_the_orm_reads(version, locked):
    prepared = locked.get("kernel-test")
    with CaptureQueriesContext(connection) as seen:
        held = locked.get("kernel-test")
        read = DataVersion.objects.select_for_update().get(name="kernel-test")

    assert prepared == held == read
    for each in (prepared, held):
        assert (each.number, each._state.adding) == (7, False)
    first, second = (each["sql"] for each in seen)
    assert first.replace(" LIMIT 21", "") == second.replace(" LIMIT 21", "")
    with pytest.raises(DataVersion.DoesNotExist):
        locked.get("another")


@pytest.mark.django_db(transaction=True)
def test_a_row_is_locked_in_a_transaction_only(version, locked):
    if connection.vendor == "postgresql":
        with transaction.atomic():
            locked.get("kernel-test")
        with pytest.raises(transaction.TransactionManagementError):
            locked.get("kernel-test")
