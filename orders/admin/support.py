"""The page of customers' questions, with the box to answer in."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action

from orders.admin.dialogs import AnswerDialog
from orders.admin.order_inlines import ReadOnlyInline
from orders.admin.shown import link_column, status_column
from orders.models import SupportCase, SupportMessage
from orders.services.supporting import answer_support, close_support
from shopbot.admin import ReadOnlyAdmin, acting_staff, name_column, run_on_each, run_on_page
from shopbot.kernel import clock


class SupportMessageInline(ReadOnlyInline):
    """What was written."""

    model = SupportMessage
    fields = ("author", "text", "written_at")


@admin.register(SupportCase)
class SupportCaseAdmin(ReadOnlyAdmin):
    """Questions about payments."""

    list_display = ("name", "customer_link", "state", "order_link", "opened_at", "updated_at")
    list_select_related = ("customer", "order")
    list_filter = (("status", ChoicesDropdownFilter),)
    search_fields = (
        "customer__first_name",
        "customer__last_name",
        "customer__username",
        "=customer__telegram_id",
        "=order__number",
    )
    search_help_text = "Search by customer, Telegram number or order number."
    date_hierarchy = "opened_at"
    ordering = ("-updated_at", "-pk")
    inlines = (SupportMessageInline,)
    actions = ("close_selected",)
    actions_detail = ("answer_this",)
    fields = (
        ("customer_link", "order_link", "state"),
        ("opened_at", "updated_at", "closed_at"),
    )
    readonly_fields = ("customer_link", "order_link", "state")

    name = name_column("Case")
    state = status_column("status", "State")
    customer_link = link_column("customer", "Customer")
    order_link = link_column("order", "Order")

    def has_answer_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        """Offer it to those who may answer customers."""
        return request.user.has_perm("orders.answer_supportcase")

    @admin.action(description="Close", permissions=["answer"])
    def close_selected(self, request: HttpRequest, queryset: QuerySet[SupportCase]) -> None:
        """Close the selected cases."""
        actor, now = acting_staff(request), clock.now()
        run_on_each(
            request,
            queryset,
            lambda row: close_support(case_id=row.pk, actor=actor, now=now),
            "Closed",
        )

    @action(
        description="Answer",
        permissions=["answer"],
        url_path="answer",
        icon="reply",
        dialog={
            "title": "Answer the customer",
            "description": "The bot writes it into the chat.",
            "form_class": AnswerDialog,
            "form_submit_text": "Send",
        },
    )
    def answer_this(
        self, request: HttpRequest, form: AnswerDialog, object_id: str
    ) -> HttpResponse:
        """Write to the customer of this case."""
        actor, now, text = acting_staff(request), clock.now(), form.cleaned_data["text"]
        return run_on_page(
            request,
            SupportCase,
            object_id,
            lambda row: answer_support(case_id=row.pk, text=text, actor=actor, now=now),
            "Answered",
        )
