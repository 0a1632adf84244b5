"""Who is meant where a table keeps no more than a customer's number?"""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import reverse

from customers.models import Customer
from shopbot.admin.kit import link


class NamesCustomer:
    """Pages of rows with a ``customer_id``: the column ``customer`` names and leads to them."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Read each row with the name of its customer, in the same query."""
        name = Customer.objects.filter(pk=OuterRef("customer_id")).values("first_name")
        rows: QuerySet[Any] = super().get_queryset(request)  # type: ignore[misc]
        named: QuerySet[Any] = rows.annotate(customer_name=Subquery(name))
        return named

    @admin.display(description="Customer", ordering="customer_id")
    def customer(self, row: Any) -> str:
        """Name the customer and lead to their page; a number where they are gone."""
        if row.customer_name is None:
            return "-" if row.customer_id is None else str(row.customer_id)
        page = reverse("admin:customers_customer_change", args=[row.customer_id])
        return link(page, row.customer_name or row.customer_id)
