"""Base classes and small tools for every admin page of the shop."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import NoneType
from typing import Any, Final, TypeVar, cast

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.db.models import ForeignKey, JSONField, Model, QuerySet, TextField
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin, TabularInline

from shopbot.admin.many_rows import EstimatingPaginator, ManyRowsChangeList
from shopbot.kernel.errors import ShopError
from shopbot.kernel.money import Money, format_money
from shopbot.subjects import page_of_subject

Row = TypeVar("Row", bound=Model)


#: So many short fields stand side by side on a page that is only read.
_IN_A_ROW: Final = 3


class _FullNames:
    """Choices whose names need other rows, such as a tier's product, read those along."""

    admin_site: admin.AdminSite

    def get_field_queryset(
        self, db: str | None, db_field: ForeignKey[Any, Any], request: HttpRequest
    ) -> QuerySet[Any] | None:
        """Read along what the list of the chosen rows reads along."""
        rows = super().get_field_queryset(db, db_field, request)  # type: ignore[misc]
        model = db_field.remote_field.model
        page = self.admin_site._registry.get(model)
        if page is None or not isinstance(page.list_select_related, (list, tuple)):
            return cast("QuerySet[Any] | None", rows)
        rows = model._default_manager.using(db) if rows is None else rows
        return cast("QuerySet[Any]", rows.select_related(*page.list_select_related))


class ShopAdmin(_FullNames, ModelAdmin):
    """An admin page in the shop's style."""

    show_full_result_count = False
    paginator: type[Any] = EstimatingPaginator
    list_per_page = 50
    list_filter_submit = True
    warn_unsaved_form = True
    # Labels stand above their fields: several fit in a row, and none is squeezed.
    compressed_fields = False
    #: What an empty list says of what belongs into it, and what for.
    empty_hint = ""

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """Name what draws the list."""
        return ManyRowsChangeList

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Read along, for a page as for the list, what the names of other rows need."""
        rows: QuerySet[Any] = super().get_queryset(request)
        if isinstance(self.list_select_related, (list, tuple)) and self.list_select_related:
            return rows.select_related(*self.list_select_related)
        return rows

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Put short fields side by side where nobody writes and the page names no order."""
        fieldsets = super().get_fieldsets(request, obj)
        is_declared = self.fieldsets or self.fields or len(fieldsets) > 1
        if is_declared or obj is None or self.has_change_permission(request, obj):
            return fieldsets
        [(title, options)] = fieldsets
        if not all(isinstance(name, str) for name in options["fields"]):
            return fieldsets
        return [(title, {**options, "fields": _side_by_side(self.model, options["fields"])})]


class ShopInline(_FullNames, TabularInline):
    """Rows within a page, without their names above them: the columns say the same."""

    extra = 0
    hide_title = True


def _side_by_side(model: type[Model], names: Iterable[str]) -> list[list[str]]:
    rows: list[list[str]] = []
    for name in names:
        if rows and len(rows[-1]) < _IN_A_ROW and not _is_long(model, name, rows[-1][0]):
            rows[-1].append(name)
        else:
            rows.append([name])
    return rows


def _is_long(model: type[Model], *names: str) -> bool:
    """Tell whether one of them is a text, or drawn by the page."""
    known = {field.name: field for field in model._meta.get_fields()}
    return any(isinstance(known.get(n), (TextField, JSONField, NoneType)) for n in names)


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
) -> Callable[[Any, Any], str]:
    """Build a list column that shows ``<field>`` (minor units) with its currency.

    The column sorts by the field; an empty amount shows as a dash.
    """

    @admin.display(description=description, ordering=field)
    def column(self: object, row: Any) -> str:
        minor = getattr(row, field)
        if minor is None:
            return "-"
        return format_money(Money(minor, getattr(row, currency_field)), "en")

    return column


def name_column(description: str) -> Callable[[Any, Any], str]:
    """Build the first column of a list of rows that have no better name than their own."""

    @admin.display(description=description, ordering="pk")
    def column(self: object, row: Any) -> str:
        return str(row)

    return column


def actor_column(field: str, description: str) -> Callable[[Any, Any], str]:
    """Build a list column that names who did something, staff by their user names."""

    @admin.display(description=description, ordering=field)
    def column(self: object, row: Any) -> str:
        return actor_name(getattr(row, field))

    return column


def actor_name(actor: str) -> str:
    """Say who an event's actor is: staff by their user names, others as they are written."""
    kind, _, number = actor.partition(":")
    if kind != "staff" or not number.isdigit():
        return actor
    names = cache.get_or_set("staff-names", _staff_names, timeout=60) or {}
    return str(names.get(int(number), actor))


def _staff_names() -> dict[int, str]:
    return {
        user.pk: user.get_username() for user in get_user_model().objects.filter(is_staff=True)
    }


def link(page: str, text: object) -> SafeString:
    """Lead to a page of the admin."""
    return format_html('<a class="text-link" href="{}">{}</a>', page, text)


def subject_link(subject: str) -> str:
    """Lead to what an event is about; as it is written where it has no page."""
    page = page_of_subject(subject)
    return link(page, subject) if page else subject


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


def run_on_page(
    request: HttpRequest,
    model: type[Row],
    row_id: int | str,
    call: Callable[[Row], object],
    done_message: str,
) -> HttpResponse:
    """Do what a dialog asked on the row whose page staff are, and open that page anew."""
    run_on_each(request, model._default_manager.filter(pk=row_id), call, done_message)
    return page_of(model, row_id)


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
