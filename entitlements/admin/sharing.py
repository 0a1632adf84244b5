"""The pages of gifts and seats."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django import forms
from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.db.models import Count, F, Max, Q, QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from entitlements.models import GiftCode, SeatInvite, SeatPool
from entitlements.services import cancel_gift, create_gift, remove_seat
from shopbot.admin import ReadOnlyAdmin, ShopAdmin, ShopInline, acting_staff, run_on_each
from shopbot.kernel import clock

_TAKEN = Q(invites__accepted_at__isnull=False, invites__removed_at__isnull=True)


class GiftForm(forms.ModelForm):  # type: ignore[type-arg]
    """A gift from the shop itself."""

    #: Drawn with the form, so that sending it twice makes one gift.
    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)

    class Meta:
        model = GiftCode
        fields = ("tier", "months", "expires_at")


class GiftFilter(SimpleListFilter):
    """Gifts by what became of them."""

    title = "state"
    parameter_name = "state"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin[GiftCode]
    ) -> list[tuple[str, str]]:
        """Offer the three."""
        return [("open", "Open"), ("redeemed", "Redeemed"), ("withdrawn", "Withdrawn")]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[GiftCode]
    ) -> QuerySet[GiftCode]:
        """Keep the gifts of the state chosen."""
        chosen = {
            "open": Q(redeemed_at__isnull=True, cancelled_at__isnull=True),
            "redeemed": Q(redeemed_at__isnull=False),
            "withdrawn": Q(cancelled_at__isnull=False),
        }
        return queryset.filter(chosen.get(self.value() or "", Q()))


@admin.register(GiftCode)
class GiftCodeAdmin(ShopAdmin):
    """Gifts that customers paid for, or that the shop gives: add makes one."""

    empty_hint = (
        "A link that gives a tier to whoever opens it first; customers buy them, "
        "add one to give it away."
    )
    form = GiftForm
    list_display = ("source", "tier", "months", "giver", "state", "redeemed_by", "created_at")
    list_select_related = ("tier__product", "giver", "redeemed_by")
    list_filter = (GiftFilter,)
    search_fields = (
        "=source",
        "=code",
        "giver__username",
        "=giver__telegram_id",
        "redeemed_by__username",
        "=redeemed_by__telegram_id",
    )
    search_help_text = "Search by source, code, or customer (user name, Telegram number)."
    date_hierarchy = "created_at"
    ordering = ("-pk",)
    autocomplete_fields = ("tier",)
    actions = ("withdraw_selected",)

    def get_fields(self, request: HttpRequest, obj: GiftCode | None = None) -> tuple[str, ...]:
        """Ask what is given, and show all of what was."""
        if obj is None:
            return ("tier", "months", "expires_at", "key")
        given = ("code", "tier", "months", "source", "giver", "created_at", "expires_at")
        return (*given, "redeemed_by", "redeemed_at", "cancelled_at")

    def has_change_permission(self, request: HttpRequest, obj: GiftCode | None = None) -> bool:
        """Refuse: a gift is withdrawn by an action."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: GiftCode | None = None) -> bool:
        """Refuse: somebody may hold its link."""
        return False

    def has_withdraw_permission(self, request: HttpRequest) -> bool:
        """Offer it to those who may change gifts."""
        return request.user.has_perm("entitlements.change_giftcode")

    @display(
        description="State",
        label={"open": "info", "redeemed": "success", "withdrawn": "default"},
    )
    def state(self, row: GiftCode) -> tuple[str, str]:
        """Say what became of it."""
        if row.cancelled_at is not None:
            return "withdrawn", "Withdrawn"
        return ("open", "Open") if row.redeemed_at is None else ("redeemed", "Redeemed")

    def save_model(
        self,
        request: HttpRequest,
        obj: GiftCode,
        form: forms.ModelForm,  # type: ignore[type-arg]
        change: bool,
    ) -> None:
        """Make the gift through the service."""
        gift = create_gift(
            tier_id=obj.tier_id,
            months=obj.months,
            source=f"goodwill:{form.cleaned_data['key']}",
            giver_id=None,
            actor=acting_staff(request),
            now=clock.now(),
            expires_at=obj.expires_at,
        )
        obj.pk = gift.pk

    @admin.action(description="Withdraw", permissions=["withdraw"])
    def withdraw_selected(self, request: HttpRequest, queryset: QuerySet[GiftCode]) -> None:
        """Withdraw the selected gifts that nobody has redeemed."""
        actor, now = acting_staff(request), clock.now()
        run_on_each(
            request,
            queryset,
            lambda row: cancel_gift(gift_id=row.pk, actor=actor, now=now),
            "Withdrawn, where not redeemed",
        )


class SeatsInline(ShopInline):
    """The seats of a pool, on its page."""

    model = SeatInvite
    fields = readonly_fields = ("member", "invited_at", "accepted_at", "removed_at")
    extra = max_num = 0
    can_delete = False
    show_change_link = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[SeatInvite]:
        """Read the members along."""
        rows: QuerySet[SeatInvite] = super().get_queryset(request)
        return rows.select_related("member")


@admin.register(SeatPool)
class SeatPoolAdmin(ReadOnlyAdmin):
    """Who shares an entitlement with others."""

    list_display = ("owner", "type", "level", "members", "seats_now", "created_at")
    list_select_related = ("owner", "type")
    list_filter = (("level", ChoicesDropdownFilter),)
    search_fields = ("owner__username", "=owner__telegram_id", "owner__first_name")
    search_help_text = "Search by owner (name, user name, Telegram number)."
    ordering = ("-pk",)
    inlines = (SeatsInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[SeatPool]:
        """Count members and seats once for the whole page."""
        now = clock.now()
        own = Q(
            owner__grants__type=F("type"),
            owner__grants__level=F("level"),
            owner__grants__starts_at__lte=now,
            owner__grants__access_until__gt=now,
        )
        rows: QuerySet[SeatPool] = super().get_queryset(request)
        return rows.annotate(
            taken=Count("invites", filter=_TAKEN, distinct=True),
            seats=Max("owner__grants__seats", filter=own),
        )

    @display(description="Members", ordering="taken")
    def members(self, row: Any) -> int:
        """Show how many seats are taken."""
        return int(row.taken)

    @display(description="Seats now", ordering="seats")
    def seats_now(self, row: Any) -> int:
        """Show how many seats the owner has now."""
        return int(row.seats or 0)


@admin.register(SeatInvite)
class SeatInviteAdmin(ReadOnlyAdmin):
    """Links and members of every pool."""

    list_display = ("pool", "owner", "member", "invited_at", "accepted_at", "removed_at")
    list_select_related = ("pool__owner", "member")
    search_fields = (
        "member__username",
        "=member__telegram_id",
        "pool__owner__username",
        "=pool__owner__telegram_id",
    )
    search_help_text = "Search by member or owner (user name, Telegram number)."
    ordering = ("-pk",)
    exclude = ("code",)
    actions = ("remove_selected",)

    def has_remove_permission(self, request: HttpRequest) -> bool:
        """Offer it to those who may change seats."""
        return request.user.has_perm("entitlements.change_seatinvite")

    @display(description="Owner")
    def owner(self, row: SeatInvite) -> str:
        """Name who pays for the seat."""
        return str(row.pool.owner)

    @admin.action(description="Remove from the seat", permissions=["remove"])
    def remove_selected(self, request: HttpRequest, queryset: QuerySet[SeatInvite]) -> None:
        """Withdraw the selected links, and end their members' access."""
        actor, now = acting_staff(request), clock.now()
        run_on_each(
            request,
            queryset.select_related("pool"),
            lambda row: remove_seat(
                owner_id=row.pool.owner_id, seat_id=row.pk, actor=actor, now=now
            ),
            "Removed",
        )
