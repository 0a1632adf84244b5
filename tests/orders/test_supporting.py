"""Customers ask about payments; staff answer; nothing is lost or said twice."""

from __future__ import annotations

import pytest

from orders.errors import NothingToSay, UnknownCase, UnknownOrder
from orders.models import SupportCase, SupportMessage
from orders.services.supporting import answer_support, ask_support, close_support
from shopbot.kernel.models import Event

pytestmark = pytest.mark.django_db


@pytest.fixture
def ask(customer, now):
    def call(text="Where is it?", key="1", **more):
        return ask_support(customer_id=customer.pk, text=text, key=key, now=now, **more)

    return call


def test_a_question_opens_a_case(ask, customer):
    case = ask()

    message = case.messages.get()
    assert (case.status, case.customer, message.text) == ("open", customer, "Where is it?")
    assert Event.objects.get(kind="support.opened").customer_id == customer.pk


def test_what_is_written_next_belongs_to_the_same_case(ask):
    first, second = ask(key="1"), ask(key="2", text="Hello?")

    assert first == second
    assert first.messages.count() == 2


def test_the_same_update_twice_is_one_message(ask):
    ask(key="1")
    ask(key="1")

    assert SupportMessage.objects.count() == 1


def test_a_case_may_be_about_an_own_order(ask, place):
    order = place()

    assert ask(order_id=order.pk).order == order


def test_a_case_is_about_nobody_elses_order(ask, place, make_customer):
    order = place(customer=make_customer())

    with pytest.raises(UnknownOrder):
        ask(order_id=order.pk)

    assert not SupportCase.objects.exists()


@pytest.mark.parametrize("text", ["", "  \n"])
def test_a_message_needs_words(ask, text):
    with pytest.raises(NothingToSay):
        ask(text=text)

    assert not SupportCase.objects.exists()


def test_an_answer_is_announced_for_the_chat(ask, now):
    case = ask()

    answer_support(case_id=case.pk, text="On its way.", actor="staff:7", now=now)

    case.refresh_from_db()
    assert (case.status, [m.author for m in case.messages.all()][1]) == ("answered", "staff:7")
    assert Event.objects.get(kind="support.answered").data["text"] == "On its way."


def test_after_closing_the_next_question_is_another_case(ask, now):
    first = ask(key="1")
    for _ in range(2):
        close_support(case_id=first.pk, actor="staff:7", now=now)

    assert ask(key="2") != first
    assert Event.objects.filter(kind="support.closed").count() == 1


def test_a_closed_case_is_answered_while_there_is_no_other(ask, now):
    case = ask()
    close_support(case_id=case.pk, actor="staff:7", now=now)

    answer_support(case_id=case.pk, text="One more thing.", actor="staff:7", now=now)

    case.refresh_from_db()
    assert (case.status, case.closed_at) == ("answered", None)


def test_an_unknown_case_is_refused(db, now):
    with pytest.raises(UnknownCase):
        answer_support(case_id=1, text="x", actor="staff:7", now=now)
