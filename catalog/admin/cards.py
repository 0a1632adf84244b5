"""What staff see of the catalog on the first page, while there is nothing to sell."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.urls import reverse

from catalog.models import Category, Product
from shopbot.admin.dashboard import Card, Section, dashboard_card


@dashboard_card(Section.NEXT, permission="catalog.add_product", position=10)
def card_of_first_product(*, now: datetime) -> Iterable[Card]:
    """What an owner does first: a category, a product in it, and a tier to buy."""
    if Product.objects.filter(is_active=True).exists():
        return
    page = "product" if Category.objects.exists() else "category"
    yield Card(
        title="First",
        value=f"Add a {page}",
        note="A product stands in a category and is sold in tiers; then publish it",
        link=reverse(f"admin:catalog_{page}_add"),
    )
