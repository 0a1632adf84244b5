"""What was bought?"""

import re
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from api.kit import ShopView
from api.models import Scope
from api.serializers import OrderOut
from orders.errors import UnknownOrder
from orders.models import Order
from shopbot.api.pagination import NewestFirst
from shopbot.kernel.errors import InvalidInput


class OrdersApi(ShopView):
    """Orders, newest first."""

    scope = Scope.ORDERS
    pagination_class = NewestFirst

    @extend_schema(
        operation_id="orders",
        parameters=[
            OpenApiParameter("telegram_id", int, description="Of this customer only."),
            OpenApiParameter("status", str, enum=Order.Status.values),
            OpenApiParameter("cursor", str),
            OpenApiParameter("page_size", int),
        ],
        responses=OrderOut(many=True),
    )
    def get(self, request: Request) -> Response:
        """List orders with their lines; three queries a page."""
        pages = NewestFirst()
        rows: list[Order] = pages.paginate_queryset(_chosen(request), request, view=self) or []
        return pages.get_paginated_response([_order(row) for row in rows])


def _chosen(request: Request) -> QuerySet[Order]:
    rows = Order.objects.select_related("customer").prefetch_related("lines")
    if (status := request.query_params.get("status")) is not None:
        if status not in Order.Status.values:
            raise InvalidInput(f"no status is called {status!r}", parameter="status")
        rows = rows.filter(status=status)
    if (person := request.query_params.get("telegram_id")) is not None:
        if not re.fullmatch("[0-9]{1,16}", person):
            raise InvalidInput("telegram_id must be a number", parameter="telegram_id")
        rows = rows.filter(customer__telegram_id=int(person))
    return rows


class OrderApi(ShopView):
    """One order."""

    scope = Scope.ORDERS

    @extend_schema(operation_id="order", responses=OrderOut)
    def get(self, request: Request, number: str) -> Response:
        """Describe an order."""
        rows = Order.objects.select_related("customer").prefetch_related("lines")
        row = rows.filter(number=number).first()
        if row is None:
            raise UnknownOrder(f"no order {number}", number=number)
        return Response(_order(row))


def _order(row: Order) -> dict[str, Any]:
    lines = [
        {
            "product": line.product_name,
            "tier": line.tier_name,
            "level": line.level,
            "quantity": line.quantity,
            "months": line.months,
            "unit_minor": line.unit_minor,
            "total_minor": line.total_minor,
        }
        for line in row.lines.all()
    ]
    return dict(
        OrderOut(
            {
                "number": row.number,
                "telegram_id": row.customer.telegram_id,
                "status": row.status,
                "currency": row.currency,
                "base_minor": row.base_minor,
                "total_minor": row.total_minor,
                "paid_minor": row.paid_minor,
                "refunded_minor": row.refunded_minor,
                "payment_method": row.payment_method,
                "placed_at": row.placed_at,
                "paid_at": row.paid_at,
                "lines": lines,
            }
        ).data
    )
