"""What staff see of money on the first page: today's sales, and what waits for them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Count, Sum
from django.urls import reverse

from orders.models import AuditResult, MoneyCase, Notice, Order, Refund, SupportCase
from orders.ways import departures
from shopbot.admin.dashboard import Card, Section, dashboard_card, day_start
from shopbot.kernel.money import Money, format_money


@dashboard_card(Section.TODAY, permission="orders.view_order", position=10)
def card_of_money(*, now: datetime) -> Iterable[Card]:
    """What came in today, by currency."""
    paid = Order.objects.paid().filter(paid_at__gte=day_start(now))
    sums = paid.order_by().values("currency").annotate(sum=Sum("paid_minor"), count=Count("pk"))
    rows = list(sums.order_by("currency"))
    money = [Money(row["sum"], row["currency"]) for row in rows]
    count = sum(row["count"] for row in rows)
    yield Card(
        title="Sales today",
        value=" + ".join(format_money(each, "en") for each in money) or "0",
        note=f"{count} order{'' if count == 1 else 's'} paid",
        link=reverse("admin:orders_order_changelist"),
    )


@dashboard_card(Section.ATTENTION, permission="orders.view_moneycase", position=10)
def card_of_inbox(*, now: datetime) -> Iterable[Card]:
    """Money that did not fit."""
    waiting = MoneyCase.objects.open().count()
    if waiting:
        yield Card(
            title="Money inbox",
            value=str(waiting),
            note="Money that did not fit an order",
            link=reverse("admin:orders_moneycase_changelist"),
        )


@dashboard_card(Section.ATTENTION, permission="orders.view_supportcase", position=20)
def card_of_questions(*, now: datetime) -> Iterable[Card]:
    """Customers who wait for an answer."""
    waiting = SupportCase.objects.filter(status=SupportCase.Status.OPEN).count()
    if waiting:
        page = reverse("admin:orders_supportcase_changelist")
        yield Card(
            title="Questions",
            value=str(waiting),
            note="Customers who wait for an answer",
            link=f"{page}?status__exact=open",
        )


@dashboard_card(Section.ATTENTION, permission="orders.view_notice", position=30)
def card_of_notices(*, now: datetime) -> Iterable[Card]:
    """Messages of providers that were given up."""
    dead = Notice.objects.filter(outcome=Notice.Outcome.DEAD).count()
    if dead:
        page = reverse("admin:orders_notice_changelist")
        yield Card(
            title="Notices given up",
            value=str(dead),
            note="Messages of providers that could not be applied",
            link=f"{page}?outcome__exact=dead",
        )


@dashboard_card(Section.ATTENTION, permission="orders.view_refund", position=40)
def card_of_refunds(*, now: datetime) -> Iterable[Card]:
    """Refunds that a provider has not taken yet."""
    waiting = Refund.objects.filter(status=Refund.Status.REQUESTED, attempts__gt=0).count()
    if waiting:
        page = reverse("admin:orders_refund_changelist")
        yield Card(
            title="Refunds on hold",
            value=str(waiting),
            note="The provider is away; they are sent again",
            link=f"{page}?status__exact=requested",
        )


@dashboard_card(Section.ATTENTION, permission="orders.view_auditresult", position=50)
def card_of_audit(*, now: datetime) -> Iterable[Card]:
    """Books that did not agree at the last look."""
    last = AuditResult.objects.order_by("-pk").first()
    if last is not None and last.differences:
        yield Card(
            title="Books differ",
            value=str(last.differences),
            note=f"At the audit of {last.checked_at:%Y-%m-%d %H:%M} UTC",
            link=reverse("admin:orders_auditresult_change", args=[last.pk]),
        )


@dashboard_card(Section.ATTENTION, permission="orders.view_order", position=60)
def card_of_terms(*, now: datetime) -> Iterable[Card]:
    """Ways of paying that Telegram's terms do not allow."""
    found = departures()
    if found:
        names = ", ".join(f"{each.gateway} sells {each.goods_type}" for each in found)
        yield Card(
            title="Against Telegram's terms",
            value=str(len(found)),
            note=f"GOODS_EXCEPTIONS: {names}. Telegram may end the bot (6.2).",
        )
