"""What staff see of money on the first page: today's sales, and what waits for them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db.models import Count, Sum
from django.db.models.functions import TruncDate
from django.urls import reverse

from orders.models import (
    AuditResult,
    MoneyCase,
    Notice,
    Order,
    Refund,
    Subscription,
    SupportCase,
)
from orders.ways import departures
from shopbot.admin.charts import bars
from shopbot.admin.dashboard import Card, Section, dashboard_card, day_start, waiting_card
from shopbot.kernel import clock
from shopbot.kernel.money import Money, format_money

MONTH_DAYS = 30


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


@dashboard_card(Section.TODAY, permission="orders.view_subscription", position=40)
def card_of_renewals(*, now: datetime) -> Iterable[Card]:
    """Agreements that bring money by themselves."""
    live = Subscription.objects.live().order_by().values("status").annotate(count=Count("pk"))
    counts = {row["status"]: row["count"] for row in live}
    yield Card(
        title="Renewals",
        value=str(sum(counts.values())),
        note=f"{counts.get(Subscription.Status.PAST_DUE, 0)} whose charge failed",
        link=reverse("admin:orders_subscription_changelist"),
    )


@dashboard_card(Section.MONTH, permission="orders.view_order", position=10)
def cards_of_month(*, now: datetime) -> Iterable[Card]:
    """What came in on each of the last days, by currency."""
    today = day_start(now)
    days = [(today - timedelta(days=back)).date() for back in reversed(range(MONTH_DAYS))]
    paid = Order.objects.paid().filter(paid_at__gte=today - timedelta(days=MONTH_DAYS - 1))
    rows = paid.order_by().annotate(day=TruncDate("paid_at")).values("currency", "day")
    by_currency: dict[str, dict[date, tuple[int, int]]] = {}
    for row in rows.annotate(sum=Sum("paid_minor"), count=Count("pk")).order_by("currency"):
        by_currency.setdefault(row["currency"], {})[row["day"]] = (row["sum"], row["count"])
    for currency, found in by_currency.items():
        sums = [found.get(day, (0, 0))[0] for day in days]
        count = sum(count for _, count in found.values())
        total = format_money(Money(sum(sums), currency), "en")
        yield Card(
            title=f"Sales in {currency}",
            value=total,
            note=f"{count} order{'' if count == 1 else 's'} since {days[0]:%d %B}",
            link=f"{reverse('admin:orders_order_changelist')}?currency__exact={currency}",
            chart=bars(sums, label=f"{total} by day, from {days[0]} to {days[-1]}"),
        )


@dashboard_card(Section.NEXT, permission="orders.view_order", position=20)
def card_of_first_sale(*, now: datetime) -> Iterable[Card]:
    """Until something was sold, how to try it."""
    if Order.objects.paid().exists():
        return
    yield Card(
        title="Try it",
        value="Buy something yourself",
        note="Send /shop to the bot as a customer would; the order appears here",
        link=f"{settings.SIMULATOR_URL}/" if settings.SIMULATOR_ENABLED else "",
    )


@dashboard_card(Section.ATTENTION, permission="orders.view_moneycase", position=10)
def card_of_inbox(*, now: datetime) -> Iterable[Card]:
    """Money that did not fit."""
    rows = MoneyCase.objects.open()
    return waiting_card(rows, "Money inbox", "Money that did not fit an order")


@dashboard_card(Section.ATTENTION, permission="orders.view_supportcase", position=20)
def card_of_questions(*, now: datetime) -> Iterable[Card]:
    """Customers who wait for an answer."""
    rows = SupportCase.objects.filter(status=SupportCase.Status.OPEN)
    return waiting_card(
        rows, "Questions", "Customers who wait for an answer", where="status__exact=open"
    )


@dashboard_card(Section.ATTENTION, permission="orders.view_notice", position=30)
def card_of_notices(*, now: datetime) -> Iterable[Card]:
    """Messages of providers that were given up."""
    rows = Notice.objects.filter(outcome=Notice.Outcome.DEAD)
    return waiting_card(
        rows,
        "Notices given up",
        "Messages of providers that could not be applied",
        where="outcome__exact=dead",
    )


@dashboard_card(Section.ATTENTION, permission="orders.view_refund", position=40)
def card_of_refunds(*, now: datetime) -> Iterable[Card]:
    """Refunds that a provider has not taken yet."""
    rows = Refund.objects.filter(status=Refund.Status.REQUESTED, attempts__gt=0)
    return waiting_card(
        rows,
        "Refunds on hold",
        "The provider is away; they are sent again",
        where="status__exact=requested",
    )


@dashboard_card(Section.ATTENTION, permission="orders.view_auditresult", position=50)
def card_of_audit(*, now: datetime) -> Iterable[Card]:
    """Books that did not agree at the last look."""
    last = AuditResult.objects.order_by("-pk").first()
    if last is not None and last.differences:
        yield Card(
            title="Books differ",
            value=str(last.differences),
            note=f"At the audit of {clock.staff_time(last.checked_at)}",
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
