"""What an order's page says beside its own fields, and what other pages say about orders."""

from __future__ import annotations

from django.db.models import Q
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from customers.models import Customer
from entitlements.admin.states import state_of
from entitlements.models import Grant
from orders.admin.shown import amount, link_to, moment
from orders.models import Dispute, Order, Refund
from orders.timeline import SENTENCES
from pricing.explain_text import line_amount, line_text
from pricing.models import FxRate
from shopbot.admin import actor_name
from shopbot.admin.panels import panel_table, register_panel
from shopbot.kernel import clock
from shopbot.kernel.models import Event

MOST_EVENTS = 200
MOST_ORDERS = 50


def price_of_order(order: Order) -> SafeString:
    """Say why the price is what it is; no query."""
    quote = order.priced()
    rows: list[tuple[object, ...]] = [
        (line_text(line, "en"), line_amount(line, "en") or amount(line.amount))
        for line in quote.lines
    ]
    rows.append(("Total", amount(quote.total)))
    if quote.fx is not None:
        used = ((link_to(FxRate(pk=pk), f"Rate {pk}"),) for pk in quote.fx.ids)
        rows.append(("Exchange rates it used", format_html_join(", ", "{}", used)))
    return panel_table("Why this price?", headers=("Step", "Amount"), rows=rows)


def access_of_order(order: Order) -> SafeString:
    """Say what the order gives or gave; two queries."""
    sources = Q()
    for line in order.lines.all():
        sources |= Q(source=line.source) | Q(source__startswith=f"{line.source}:")
    grants = Grant.objects.filter(sources).select_related("type").order_by("pk")
    now = clock.now()
    rows = [
        (
            link_to(grant, grant.type.name),
            grant.get_level_display(),
            moment(grant.starts_at),
            "for life" if grant.ends_at is None else moment(grant.ends_at),
            state_of(grant, now).label,
            grant.revoked_reason,
        )
        for grant in grants
    ]
    headers = ("Entitlement", "Level", "From", "Until", "State", "Reason")
    return panel_table(
        "What it gives", headers=headers, rows=rows, empty="Nothing was granted."
    )


def refunds_of_order(order: Order) -> SafeString:
    """List refunds and disputes of its payments; two queries, nothing when there are none."""
    refunds = Refund.objects.filter(payment__order=order).order_by("pk")
    rows: list[tuple[object, ...]] = [
        (
            link_to(row, "Refund"),
            amount(row.amount),
            row.get_status_display(),
            row.get_access_display(),
            moment(row.requested_at),
            row.reason,
        )
        for row in refunds
    ]
    rows.extend(
        (
            link_to(row, "Dispute"),
            amount(row.amount),
            row.get_status_display(),
            "-",
            moment(row.opened_at),
            row.reason,
        )
        for row in Dispute.objects.filter(payment__order=order).order_by("pk")
    )
    if not rows:
        return SafeString("")
    headers = ("What", "Amount", "Status", "Access", "When", "Why")
    return panel_table("Refunds and disputes", headers=headers, rows=rows)


def events_of_order(order: Order) -> SafeString:
    """Tell everything that happened to the order and its payments; one query."""
    about = Q(subject=order.subject) | Q(customer_id=order.customer_id, data__order_id=order.pk)
    events = Event.objects.filter(about).order_by("pk")[:MOST_EVENTS]
    rows = [
        (
            moment(event.happened_at),
            SENTENCES.get(event.kind, event.kind),
            actor_name(event.actor),
            str(event.data.get("reason", "")),
        )
        for event in events
    ]
    return panel_table("What happened", headers=("When", "What", "Who", "Why"), rows=rows)


def orders_of_customer(customer: Customer) -> SafeString:
    """List a customer's latest orders; two queries."""
    orders = Order.objects.filter(customer_id=customer.pk).prefetch_related("lines")
    rows = [
        (
            link_to(order),
            moment(order.placed_at),
            ", ".join(str(line) for line in order.lines.all()),
            amount(order.total),
            order.get_status_display(),
        )
        for order in orders.order_by("-pk")[:MOST_ORDERS]
    ]
    headers = ("Order", "Placed", "What", "Total", "Status")
    return panel_table("Orders", headers=headers, rows=rows, empty="Nothing was ordered.")


for _panel in (price_of_order, access_of_order, refunds_of_order, events_of_order):
    register_panel("orders.order", _panel)
register_panel("customers.customer", orders_of_customer)
