"""What other apps' pages say about access: a customer's time line, and what a product gives."""

from __future__ import annotations

from django.db.models import F, Q
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from catalog.models import Product
from customers.models import Customer
from entitlements.allowances import privileges_of
from entitlements.explain import explain_held
from entitlements.explain_text import explanation_text
from entitlements.models import Block, Grant, TierGrant
from entitlements.timeline import timeline
from shopbot.admin import link
from shopbot.admin.panels import panel_table, register_panel
from shopbot.kernel import clock

#: As many bars as a picture can show and a person can read.
MOST_BARS = 120


def access_of_customer(customer: Customer) -> SafeString:
    """Draw a customer's access over time, and say below why it is as it is; six queries."""
    now = clock.now()
    rows = Grant.objects.filter(customer_id=customer.pk)
    # What was moved before it began has never counted and is not drawn.
    counted = rows.filter(
        Q(revoked_at__isnull=True)
        | Q(access_until__gt=F("starts_at"))
        | Q(closing=Grant.Closing.REVOKED)
    )
    grants = list(counted.select_related("type").order_by("-pk")[:MOST_BARS])
    blocks = list(Block.objects.filter(customer_id=customer.pk).order_by("-pk")[:MOST_BARS])
    if not grants and not blocks:
        return panel_table("Access", headers=(), rows=(), empty="Nothing was ever granted.")
    words = [explanation_text(found, "en") for found in explain_held(customer.pk, now)]
    return format_html(
        '<h2 class="font-semibold mb-1 text-important">Access</h2>{}{}{}',
        timeline(grants, blocks, now=now),
        format_html_join("", '<p class="mt-3">{}</p>', ((_lines(text),) for text in words)),
        _privileges(customer),
    )


def _lines(text: str) -> SafeString:
    return format_html_join(SafeString("<br>"), "{}", ((line,) for line in text.splitlines()))


def _privileges(customer: Customer) -> SafeString:
    found = privileges_of(customer.pk, clock.now())
    if not found:
        return SafeString("")
    rows = [
        (
            each.code,
            each.value,
            "-" if each.kind != "number" else each.used,
            "-" if each.resets_at is None else clock.staff_time(each.resets_at),
        )
        for each in found
    ]
    headers = ("Privilege", "Value", "Used", "Counts from zero on")
    return format_html(
        '<div class="mt-6">{}</div>', panel_table("Privileges", headers=headers, rows=rows)
    )


def gives_of_product(product: Product) -> SafeString:
    """List what each tier of a product gives, with a way to the tier's page; one query."""
    given = TierGrant.objects.filter(tier__product_id=product.pk).select_related("tier", "type")
    rows = [
        (
            link(reverse("admin:catalog_producttier_change", args=[each.tier_id]), each.tier),
            each.type.code,
            each.get_level_display(),
            each.seats or "-",
        )
        for each in given.order_by("tier__position", "tier_id", "pk")
    ]
    return panel_table(
        "What the buyer may use",
        headers=("Tier", "Entitlement", "Level", "Seats"),
        rows=rows,
        hint="Edit it on the page of the tier.",
        empty="No tier gives an entitlement yet: add one on the page of a tier.",
    )


register_panel("customers.customer", access_of_customer)
register_panel("catalog.product", gives_of_product)
