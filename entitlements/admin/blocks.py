"""The page of blocks: placed and lifted, never edited."""

from __future__ import annotations

from django import forms
from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display

from entitlements.admin.grant_forms import RevokeDialog
from entitlements.models import Block
from entitlements.services import block, lift_block
from shopbot.admin import ShopAdmin, acting_staff, page_of, run_on_each
from shopbot.kernel import clock


class StandingFilter(SimpleListFilter):
    """Blocks that stand, or were lifted."""

    title = "standing"
    parameter_name = "standing"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin[Block]
    ) -> list[tuple[str, str]]:
        """Offer both."""
        return [("yes", "Standing"), ("no", "Lifted")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Block]) -> QuerySet[Block]:
        """Keep the one kind or the other."""
        if self.value() is None:
            return queryset
        return queryset.filter(lifted_at__isnull=self.value() == "yes")


@admin.register(Block)
class BlockAdmin(ShopAdmin):
    """Who has no access whatever was granted. Add places a block."""

    empty_hint = "Takes all access from a customer, whatever they bought, until it is lifted."
    list_display = (
        "customer",
        "kind",
        "standing",
        "reason",
        "starts_at",
        "lifted_at",
        "source",
    )
    list_select_related = ("customer",)
    list_filter = (StandingFilter, ("kind", ChoicesDropdownFilter))
    search_fields = (
        "customer__first_name",
        "customer__last_name",
        "customer__username",
        "=customer__telegram_id",
        "=source",
    )
    search_help_text = "Search by customer (name, user name, Telegram number) or by source."
    date_hierarchy = "starts_at"
    ordering = ("-pk",)
    autocomplete_fields = ("customer",)
    actions = ("lift_selected",)
    actions_detail = ("lift_this",)

    def get_fields(self, request: HttpRequest, obj: Block | None = None) -> tuple[str, ...]:
        """Ask little for a new block, and show all of an old one."""
        asked = ("customer", "kind", "reason")
        return (
            asked
            if obj is None
            else (*asked, "source", "only_source", "starts_at", "lifted_at")
        )

    def has_change_permission(self, request: HttpRequest, obj: Block | None = None) -> bool:
        """Refuse: a block is placed and lifted, not edited."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Block | None = None) -> bool:
        """Refuse: history is not deleted."""
        return False

    def has_lift_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        """Offer it to those who may change blocks, on blocks that stand."""
        standing = Block.objects.filter(lifted_at__isnull=True)
        may = request.user.has_perm("entitlements.change_block")
        return may and (not object_id or standing.filter(pk=object_id).exists())

    @display(description="Standing", label={"yes": "danger", "no": "default"})
    def standing(self, row: Block) -> tuple[str, str]:
        """Say whether it still takes access away."""
        return ("yes", "Standing") if row.lifted_at is None else ("no", "Lifted")

    def save_model(
        self,
        request: HttpRequest,
        obj: Block,
        form: forms.ModelForm,  # type: ignore[type-arg]
        change: bool,
    ) -> None:
        """Place the block through the service."""
        placed = block(
            customer_id=obj.customer_id,
            kind=obj.kind,
            source=acting_staff(request),
            reason=obj.reason,
            actor=acting_staff(request),
            now=clock.now(),
        )
        obj.pk = placed.pk

    @admin.action(description="Lift", permissions=["lift"])
    def lift_selected(self, request: HttpRequest, queryset: QuerySet[Block]) -> None:
        """Lift the selected blocks."""
        self._lift(request, queryset, "")

    @action(
        description="Lift",
        permissions=["lift"],
        url_path="lift",
        icon="lock_open",
        dialog={
            "title": "Lift this block?",
            "description": "Access comes back at once, unless another block stands.",
            "form_class": RevokeDialog,
            "form_submit_text": "Lift",
        },
    )
    def lift_this(
        self, request: HttpRequest, form: RevokeDialog, object_id: str
    ) -> HttpResponse:
        """Lift the block on whose page staff are."""
        self._lift(request, Block.objects.filter(pk=object_id), form.cleaned_data["reason"])
        return page_of(Block, object_id)

    def _lift(self, request: HttpRequest, rows: QuerySet[Block], reason: str) -> None:
        actor, now = acting_staff(request), clock.now()
        run_on_each(
            request,
            rows,
            lambda row: lift_block(block_id=row.pk, reason=reason, actor=actor, now=now),
            "Lifted",
        )
