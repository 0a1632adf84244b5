"""Base classes and small tools for every admin page of the shop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from unfold.admin import ModelAdmin

from shopbot.admin.many_rows import EstimatingPaginator, ManyRowsChangeList
from shopbot.kernel.errors import ShopError
from shopbot.kernel.money import Money, format_money

Row = TypeVar("Row", bound=Model)


class ShopAdmin(ModelAdmin):
    """An admin page in the shop's style."""

    show_full_result_count = False
    paginator: type[Any] = EstimatingPaginator
    list_per_page = 50
    list_filter_submit = True
    warn_unsaved_form = True
    # Labels stand above their fields: several fit in a row, and none is squeezed.
    compressed_fields = False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """Name what draws the list."""
        return ManyRowsChangeList


class ReadOnlyAdmin(ShopAdmin):
    """A page of rows that staff may read and nobody may change."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse: such rows are written by services alone."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse: such rows are written by services alone."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse: such rows are never deleted by hand."""
        return False


def acting_staff(request: HttpRequest) -> str:
    """Name the signed-in staff member as an event's actor, like ``staff:7``."""
    return f"staff:{request.user.pk}"


def money_column(
    field: str, description: str, *, currency_field: str = "currency"
) -> Callable[[Any], str]:
    """Build a list column that shows ``<field>`` (minor units) with its currency.

    The column sorts by the field; an empty amount shows as a dash.
    """

    @admin.display(description=description, ordering=field)
    def column(row: Any) -> str:
        minor = getattr(row, field)
        if minor is None:
            return "-"
        return format_money(Money(minor, getattr(row, currency_field)), "en")

    return column


def run_on_each(
    request: HttpRequest,
    queryset: QuerySet[Row],
    call: Callable[[Row], object],
    done_message: str,
) -> None:
    """Run ``call`` on every selected row and tell the staff member what was done and refused.

    A ``ShopError`` refuses that row alone; each different reason is shown with its count.
    """
    done = 0
    refused: dict[str, int] = {}
    for row in queryset:
        try:
            call(row)
        except ShopError as error:
            reason = str(error) or error.code
            refused[reason] = refused.get(reason, 0) + 1
        else:
            done += 1
    if done:
        messages.success(request, f"{done_message}: {done}")
    for reason, count in refused.items():
        messages.error(request, f"Refused {count}: {reason}")


def page_of(model: type[Model], row_id: int | str) -> HttpResponse:
    """Lead the browser from an action's dialog back to the page of a row."""
    names = f"{model._meta.app_label}_{model._meta.model_name}"
    page = reverse(f"admin:{names}_change", args=[row_id])
    return HttpResponse(headers={"HX-Redirect": page})


def chat_url(telegram_id: int) -> str:
    """Return where staff can chat as this customer; empty where no simulator runs."""
    if not settings.SIMULATOR_ENABLED:
        return ""
    return f"{settings.SIMULATOR_URL}/?user={telegram_id}"
