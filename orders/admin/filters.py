"""How staff narrow the list of orders down."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from customers.regions import region_choices
from orders.gateways.registry import GATEWAYS
from orders.models.payments import FREE, GIFT_CARD, MANUAL
from shopbot.admin import KnownValuesFilter


class PaymentMethodFilter(KnownValuesFilter):
    """Orders by whose money settled them."""

    title = "payment method"
    parameter_name = "payment_method"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]
    ) -> list[tuple[str, str]]:
        """Offer every gateway there is, also one that is switched off by now."""
        return [(name, name) for name in (*GATEWAYS, GIFT_CARD, FREE, MANUAL)]


class RegionFilter(KnownValuesFilter):
    """Orders by the region whose prices applied."""

    title = "region"
    parameter_name = "region"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]
    ) -> list[tuple[str, str]]:
        """Offer the regions that there are."""
        return [(code, code) for code, _ in region_choices()]
