"""Files and texts that tiers bring, and everything that was handed over, with retry."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from django import forms
from django.contrib import admin
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display

from catalog.admin.languages import language_tabs
from delivery.models import Delivery, DeliveryItem
from delivery.services import retry
from shopbot.admin import ReadOnlyAdmin, ShopAdmin, acting_staff, run_on_each
from shopbot.kernel import clock

#: What a bot may upload.
LARGEST: Final = 50 * 1024 * 1024


class DeliveryItemForm(forms.ModelForm):  # type: ignore[type-arg]
    """A file or a text."""

    def clean_upload(self) -> Any:
        """Refuse what Telegram would refuse.

        Raises:
            ValidationError: the file is too big, or empty.
        """
        upload = self.cleaned_data["upload"]
        if isinstance(upload, UploadedFile) and (upload.size or 0) > LARGEST:
            raise forms.ValidationError("Telegram takes files of at most 50 MB from a bot.")
        return upload


@admin.register(DeliveryItem)
class DeliveryItemAdmin(ShopAdmin):
    """What every buyer of a tier gets in the chat, besides access."""

    empty_hint = "A file or text that every buyer of a tier gets in the chat at once."
    form = DeliveryItemForm
    list_display = ("title", "tier", "kind", "position", "is_active", "is_at_telegram")
    list_select_related = ("tier__product",)
    list_filter = (("kind", ChoicesDropdownFilter), "is_active")
    autocomplete_fields = ("tier",)
    search_fields = ("title_en", "tier__product__name_en", "tier__product__slug")
    search_help_text = "Search by title or product."
    ordering = ("tier", "position", "pk")
    fieldsets = (
        (None, {"fields": ("tier", "kind", ("position", "is_active"))}),
        ("What is sent", {"fields": ("text", "upload", "telegram_file_id")}),
        *language_tabs("title"),
    )

    @display(description="At Telegram", boolean=True)
    def is_at_telegram(self, row: DeliveryItem) -> bool:
        """Say whether the file need not be uploaded any more."""
        return bool(row.telegram_file_id)

    def save_model(
        self, request: HttpRequest, obj: DeliveryItem, form: Any, change: bool
    ) -> None:
        """An id that staff give stands for itself; an upload that changed needs a new one."""
        if "telegram_file_id" in form.changed_data:
            obj.telegram_file_of = ""
        elif "upload" in form.changed_data:
            obj.telegram_file_id, obj.telegram_file_of = "", ""
        super().save_model(request, obj, form, change)


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    """Everything that was handed over. Failed ones are retried here."""

    list_display = (
        "source",
        "slot",
        "customer",
        "tier",
        "state",
        "attempts",
        "error",
        "created_at",
    )
    list_select_related = ("customer", "tier__product")
    list_filter = (("status", ChoicesDropdownFilter), ("kind", ChoicesDropdownFilter))
    search_fields = ("=source", "=customer__telegram_id", "customer__username")
    search_help_text = "Search by order line (order-line:17), Telegram number or user name."
    date_hierarchy = "created_at"
    ordering = ("-pk",)
    actions = ("retry_selected",)
    actions_detail = ("retry_this",)
    _LABELS: ClassVar[dict[str, str]] = {
        "waiting": "info",
        "sent": "success",
        "failed": "danger",
        "taken_back": "warning",
    }

    def has_retry_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        """Offer it to those who may, on deliveries that failed."""
        failed = Delivery.objects.filter(status=Delivery.Status.FAILED)
        may = request.user.has_perm("delivery.retry_delivery")
        return may and (not object_id or failed.filter(pk=object_id).exists())

    @display(description="Status", ordering="status", label=_LABELS)
    def state(self, row: Delivery) -> tuple[str, str]:
        """Say how far it has come."""
        return row.status, row.get_status_display()

    @admin.action(description="Retry the failed ones", permissions=["retry"])
    def retry_selected(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        """Send the selected deliveries again."""
        self._retry(request, queryset)

    @action(description="Retry", permissions=["retry"], url_path="retry", icon="replay")
    def retry_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Send this delivery again."""
        self._retry(request, Delivery.objects.filter(pk=object_id))
        page = reverse("admin:delivery_delivery_change", args=[object_id])
        return HttpResponse(status=302, headers={"Location": page})

    def _retry(self, request: HttpRequest, rows: QuerySet[Delivery]) -> None:
        actor, now = acting_staff(request), clock.now()
        run_on_each(
            request,
            rows,
            lambda row: retry(delivery_id=row.pk, actor=actor, now=now),
            "On their way again",
        )
