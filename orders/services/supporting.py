"""Questions about payments: asked in the chat, answered by staff, kept."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from orders.errors import NothingToSay, UnknownCase, UnknownOrder
from orders.locking import lock_customer
from orders.models import Order, SupportCase, SupportMessage
from shopbot.kernel.events import record

# As much as Telegram carries in one message.
LONGEST_MESSAGE = 4096


@transaction.atomic
def ask_support(
    *, customer_id: int, text: str, key: str, now: datetime, order_id: int | None = None
) -> SupportCase:
    """Add what a customer wrote to the open case, or open one.

    Safe to repeat: the same ``key`` (the update's id) is the same message.

    Raises:
        NothingToSay: the text is empty.
        UnknownOrder: the order is not this customer's.
    """
    words = _words(text)
    if order_id is not None:
        own = Order.objects.filter(pk=order_id, customer_id=customer_id)
        if not own.exists():
            raise UnknownOrder(f"customer {customer_id} has no order {order_id}")
    lock_customer(customer_id)
    said = SupportMessage.objects.filter(case__customer_id=customer_id, key=key)
    known = said.select_related("case").first()
    if known is not None:
        return known.case
    case = SupportCase.objects.filter(customer_id=customer_id).exclude(status="closed").first()
    if case is None:
        case = SupportCase.objects.create(
            customer_id=customer_id, order_id=order_id, opened_at=now, updated_at=now
        )
        _record("support.opened", case, actor=f"customer:{customer_id}", now=now)
    _say(case, SupportCase.Status.OPEN, f"customer:{customer_id}", words, now, key=key)
    return case


@transaction.atomic
def answer_support(*, case_id: int, text: str, actor: str, now: datetime) -> SupportCase:
    """Write to the customer; the answer reaches the chat as an event's consequence.

    Raises:
        UnknownCase: no such case.
        NothingToSay: the text is empty.
    """
    words = _words(text)
    case = _locked(case_id)
    if case.status == SupportCase.Status.CLOSED:
        _reopen(case)
    message = _say(case, SupportCase.Status.ANSWERED, actor, words, now)
    _record("support.answered", case, actor=actor, now=now, message_id=message.pk, text=words)
    return case


@transaction.atomic
def close_support(*, case_id: int, actor: str, now: datetime) -> SupportCase:
    """Close a case; what the customer writes next opens another. Safe to repeat.

    Raises:
        UnknownCase: no such case.
    """
    case = _locked(case_id)
    if case.status == SupportCase.Status.CLOSED:
        return case
    case.status, case.closed_at, case.updated_at = SupportCase.Status.CLOSED, now, now
    case.save(update_fields=["status", "closed_at", "updated_at"])
    _record("support.closed", case, actor=actor, now=now)
    return case


def _words(text: str) -> str:
    words = text.strip()[:LONGEST_MESSAGE]
    if not words:
        raise NothingToSay("a message needs words")
    return words


def _locked(case_id: int) -> SupportCase:
    customer_id = (
        SupportCase.objects.filter(pk=case_id).values_list("customer_id", flat=True).first()
    )
    if customer_id is None:
        raise UnknownCase(f"no case {case_id}", case_id=case_id)
    lock_customer(customer_id)
    return SupportCase.objects.get(pk=case_id)


def _reopen(case: SupportCase) -> None:
    """Answer in the customer's open case, if there is one: there is one conversation."""
    others = SupportCase.objects.filter(customer_id=case.customer_id).exclude(status="closed")
    if others.exists():
        raise UnknownCase("the customer has another open case; answer that one")
    case.status, case.closed_at = SupportCase.Status.OPEN, None
    case.save(update_fields=["status", "closed_at"])


def _say(
    case: SupportCase,
    status: SupportCase.Status,
    author: str,
    words: str,
    now: datetime,
    *,
    key: str = "",
) -> SupportMessage:
    message = SupportMessage.objects.create(
        case=case, author=author, text=words, written_at=now, key=key
    )
    case.status, case.updated_at = status, now
    case.save(update_fields=["status", "updated_at"])
    return message


def _record(kind: str, case: SupportCase, *, actor: str, now: datetime, **data: object) -> None:
    record(
        kind,
        subject=f"support-case:{case.pk}",
        actor=actor,
        at=now,
        customer_id=case.customer_id,
        case_id=case.pk,
        order_id=case.order_id,
        **data,
    )
