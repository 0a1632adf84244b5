"""Codes: each sold once, held while an order waits, taken back with its money."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from delivery.errors import CodeIsTaken, ImportRefused, NotFailed, OutOfCodes
from delivery.models import Code, CodeStock, Delivery
from delivery.services import import_codes, retry, withdraw
from delivery.services.codes import check_codes
from delivery.services.handing_over import NO_CODE
from orders.access import give_back
from orders.errors import SoldOut
from orders.handing_over import hand_over
from orders.models import Order
from orders.services.closing import cancel_order, expire_order
from orders.services.refunding import refund, send_refund
from orders.services.settling import settle_by_hand
from shopbot.kernel.models import Event

pytestmark = pytest.mark.django_db


def test_a_code_is_held_while_the_order_waits_and_sold_when_it_is_paid(
    place, pay, key_tier, make_codes, statuses
):
    make_codes(key_tier, 2)

    order = place(tier=key_tier)
    assert statuses() == {"reserved": 1, "free": 1}

    pay(order)
    assert statuses() == {"sold": 1, "free": 1}
    delivery = Delivery.objects.get()
    assert (delivery.source, delivery.slot) == (order.lines.get().source, "code:1")
    assert delivery.code.secret == "K-1"
    assert delivery.status == "waiting"


def test_three_units_are_three_codes(buy, key_tier, make_codes):
    make_codes(key_tier, 3)

    buy(tier=key_tier, quantity=3)

    owned = Delivery.objects.order_by("slot").values_list("slot", "code__secret")
    assert list(owned) == [("code:1", "K-1"), ("code:2", "K-2"), ("code:3", "K-3")]


def test_nobody_pays_for_a_code_that_is_not_there(place, key_tier, make_codes, statuses):
    make_codes(key_tier, 2)

    with pytest.raises(SoldOut):
        place(tier=key_tier, quantity=3)

    assert statuses() == {"free": 2}
    assert not Order.objects.exists()


def test_a_stock_that_is_switched_off_sells_no_codes(buy, key_tier, make_codes, statuses):
    make_codes(key_tier, 1, is_active=False)

    buy(tier=key_tier)

    assert statuses() == {"free": 1}
    assert not Delivery.objects.exists()


def test_an_order_that_expires_frees_its_code(place, key_tier, make_codes, statuses, now):
    make_codes(key_tier, 1)
    order = place(tier=key_tier)

    expire_order(order_id=order.pk, now=now + timedelta(hours=1))

    assert statuses() == {"free": 1}
    assert Code.objects.get().source == ""


def test_an_order_that_is_cancelled_frees_its_code(place, key_tier, make_codes, statuses, now):
    make_codes(key_tier, 1)
    order = place(tier=key_tier)

    cancel_order(order_id=order.pk, actor="staff:7", now=now)

    assert statuses() == {"free": 1}


def test_a_refund_marks_the_code_returned_and_never_sells_it_again(
    buy, place, key_tier, make_codes, statuses, now
):
    make_codes(key_tier, 1)
    order = buy(tier=key_tier)

    row = refund(
        order_id=order.pk,
        amount=order.total,
        reason="asked",
        access="revoke",
        actor="staff:7",
        now=now,
    )
    send_refund(refund_id=row.pk, now=now)

    assert statuses() == {"returned": 1}
    assert Delivery.objects.get().status == "taken_back"
    assert Event.objects.filter(kind="delivery.taken_back").count() == 1
    with pytest.raises(SoldOut):
        place(tier=key_tier)


def test_what_was_taken_back_can_be_given_again(buy, key_tier, make_codes, statuses, now):
    make_codes(key_tier, 1)
    order = buy(tier=key_tier)
    row = refund(
        order_id=order.pk,
        amount=order.total,
        reason="asked",
        access="revoke",
        actor="staff:7",
        now=now,
    )
    send_refund(refund_id=row.pk, now=now)

    give_back(lines=[order.lines.get()], because="x", key="case:1", actor="staff:7", now=now)

    assert statuses() == {"sold": 1}
    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.attempts) == ("waiting", 2)


def test_delivering_again_delivers_nothing_twice(buy, key_tier, make_codes, make_text, now):
    make_codes(key_tier, 3)
    make_text(key_tier)
    order = buy(tier=key_tier)
    before = set(Delivery.objects.values_list("pk", "code_id"))
    events = Event.objects.count()

    hand_over(order=order, lines=order.lines.all(), actor="beat", now=now)

    assert len(before) == 2
    assert set(Delivery.objects.values_list("pk", "code_id")) == before
    assert Event.objects.count() == events
    assert Code.objects.free().count() == 2


def test_a_tier_that_brings_nothing_costs_settling_no_statement(
    place, tier, make_codes, django_assert_num_queries, now
):
    order = place(tier=tier)

    with django_assert_num_queries(1):  # the lines themselves
        hand_over(order=order, lines=order.lines.all(), actor="beat", now=now)

    assert order.lines.get().terms["delivers"] is False


def test_no_event_tells_the_code(buy, key_tier, make_codes):
    make_codes(key_tier, 1)

    buy(tier=key_tier)

    assert Event.objects.filter(kind="delivery.ready").count() == 1
    assert not [event for event in Event.objects.all() if "K-1" in str(event.data)]


def test_money_without_a_code_is_a_failed_delivery_that_staff_retry(
    place, key_tier, make_codes, now
):
    stock = make_codes(key_tier, 1)
    order = place(tier=key_tier)
    Code.objects.all().delete()

    settle_by_hand(order_id=order.pk, reason="cash", actor="staff:7", now=now)

    lacking = Delivery.objects.get()
    assert (lacking.status, lacking.error, lacking.code) == ("failed", NO_CODE, None)
    with pytest.raises(OutOfCodes):
        retry(delivery_id=lacking.pk, actor="staff:7", now=now)

    import_codes(stock_id=stock.pk, rows=["N-1"], actor="staff:7", now=now)
    retry(delivery_id=lacking.pk, actor="staff:7", now=now)

    lacking.refresh_from_db()
    assert (lacking.status, lacking.error, lacking.code.secret) == ("waiting", "", "N-1")
    assert lacking.code.status == "sold"
    with pytest.raises(NotFailed):
        retry(delivery_id=lacking.pk, actor="staff:7", now=now)


def test_a_retry_while_the_stock_is_off_is_refused_like_an_empty_one(
    place, key_tier, make_codes, now
):
    make_codes(key_tier, 1)
    order = place(tier=key_tier)
    Code.objects.all().delete()
    settle_by_hand(order_id=order.pk, reason="cash", actor="staff:7", now=now)
    CodeStock.objects.update(is_active=False)

    with pytest.raises(OutOfCodes):
        retry(delivery_id=Delivery.objects.get().pk, actor="staff:7", now=now)


def test_a_dry_run_names_every_bad_row_and_writes_nothing(key_tier, make_codes):
    stock = make_codes(key_tier, 1)

    checked = check_codes(stock_id=stock.pk, rows=["A", "", " A ", "K-1", "B", "x" * 501])

    assert checked.secrets == ("A", "B")
    assert [str(problem) for problem in checked.problems] == [
        "row 2: is empty",
        "row 3: repeats row 1",
        "row 4: is in the stock already",
        "row 6: is longer than 500 characters",
    ]
    assert Code.objects.count() == 1


def test_a_list_with_one_bad_row_is_refused_whole(key_tier, make_codes, now):
    stock = make_codes(key_tier, 1)

    with pytest.raises(ImportRefused, match="row 2: is in the stock already"):
        import_codes(stock_id=stock.pk, rows=["A", "K-1"], actor="staff:7", now=now)

    assert Code.objects.count() == 1
    assert not Event.objects.exists()


def test_a_code_of_another_stock_is_refused_by_that_stock_s_name(
    key_tier, make_tier, make_codes, now
):
    make_codes(key_tier, 2)
    stock = make_codes(make_tier(billing_period="once"), 0)

    with pytest.raises(ImportRefused) as refused:
        import_codes(stock_id=stock.pk, rows=["A", "K-1"], actor="staff:7", now=now)

    assert str(refused.value) == f"row 2: is in the stock of {key_tier} already"
    assert not stock.codes.exists()


def test_a_code_that_another_stock_sold_is_refused_too(
    buy, key_tier, make_tier, make_codes, now
):
    make_codes(key_tier, 1)
    buy(tier=key_tier)
    stock = make_codes(make_tier(billing_period="once"), 0)

    checked = check_codes(stock_id=stock.pk, rows=["K-1"])

    assert [str(problem) for problem in checked.problems] == [
        f"row 1: is in the stock of {key_tier} already"
    ]


def test_a_code_put_into_the_wrong_stock_is_withdrawn_there_and_imported_here(
    key_tier, make_tier, make_codes, now
):
    wrong = make_codes(key_tier, 1)
    right = make_codes(make_tier(billing_period="once"), 0)
    withdraw(code_id=wrong.codes.get().pk, actor="staff:7", now=now)

    import_codes(stock_id=right.pk, rows=["K-1"], actor="staff:7", now=now)

    assert list(Code.objects.values_list("stock_id", "status")) == [
        (wrong.pk, "withdrawn"),
        (right.pk, "free"),
    ]


def test_the_database_holds_no_code_for_sale_twice(key_tier, make_tier, make_codes):
    make_codes(key_tier, 1)

    with pytest.raises(IntegrityError), transaction.atomic():
        make_codes(make_tier(billing_period="once"), 1)

    assert Code.objects.count() == 1


def test_a_good_list_is_imported_in_its_order(key_tier, make_codes, now):
    stock = make_codes(key_tier, 0)

    assert import_codes(stock_id=stock.pk, rows=["B", "A"], actor="staff:7", now=now) == 2

    assert list(Code.objects.values_list("secret", "added_by")) == [
        ("B", "staff:7"),
        ("A", "staff:7"),
    ]
    event = Event.objects.get()
    assert (event.kind, event.data) == ("codes.imported", {"count": 2})


def test_only_a_free_code_is_withdrawn(place, key_tier, make_codes, statuses, now):
    make_codes(key_tier, 2)
    place(tier=key_tier)
    held = Code.objects.get(status="reserved")
    free = Code.objects.get(status="free")

    withdraw(code_id=free.pk, actor="staff:7", now=now)
    with pytest.raises(CodeIsTaken):
        withdraw(code_id=held.pk, actor="staff:7", now=now)

    assert statuses() == {"reserved": 1, "withdrawn": 1}


def test_a_stock_of_codes_is_sold_by_one_tier(key_tier, make_codes):
    stock = make_codes(key_tier, 1)

    assert CodeStock.objects.get(tier=key_tier) == stock
    assert str(Code.objects.get()) == "…K-1"
