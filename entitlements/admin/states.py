"""The state of a grant as staff see it: computed from its times, never stored."""

from __future__ import annotations

from datetime import datetime

from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.db.models import Q, QuerySet, TextChoices
from django.http import HttpRequest

from entitlements.models import Grant
from shopbot.kernel import clock


class State(TextChoices):
    """What a grant is at a moment."""

    RUNNING = "running", "Active"
    GRACE = "grace", "In grace"
    WAITING = "waiting", "Waiting"
    OVER = "over", "Expired"
    REVOKED = "revoked", "Revoked"
    REPLACED = "replaced", "Replaced"


COLORS = {
    State.RUNNING: "success",
    State.GRACE: "warning",
    State.WAITING: "info",
    State.OVER: "default",
    State.REVOKED: "danger",
    State.REPLACED: "default",
}


def state_of(grant: Grant, at: datetime) -> State:
    """Return what a grant is at a moment at or after its last change."""
    if grant.closing:
        was_revoked = grant.closing == Grant.Closing.REVOKED
        return State.REVOKED if was_revoked else State.REPLACED
    if grant.starts_at > at:
        return State.WAITING
    if grant.access_until <= at:
        return State.OVER
    return State.RUNNING if grant.is_running(at) else State.GRACE


def in_state(rows: QuerySet[Grant], state: State, at: datetime) -> QuerySet[Grant]:
    """Keep the grants that are in a state, as ``state_of`` tells it."""
    live = Q(revoked_at__isnull=True)
    begun, lasts = Q(starts_at__lte=at), Q(access_until__gt=at)
    running = Q(ends_at__isnull=True) | Q(ends_at__gt=at)
    chosen = {
        State.RUNNING: live & begun & lasts & running,
        State.GRACE: live & begun & lasts & Q(ends_at__lte=at),
        State.WAITING: live & Q(starts_at__gt=at),
        State.OVER: live & begun & Q(access_until__lte=at),
        State.REVOKED: Q(closing=Grant.Closing.REVOKED),
        State.REPLACED: ~live & ~Q(closing=Grant.Closing.REVOKED),
    }
    return rows.filter(chosen[state])


class StateFilter(SimpleListFilter):
    """Grants by what they are now."""

    title = "state"
    parameter_name = "state"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin[Grant]
    ) -> list[tuple[str, str]]:
        """Offer every state."""
        return [(state.value, str(state.label)) for state in State]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Grant]) -> QuerySet[Grant]:
        """Keep the grants of the state chosen."""
        chosen = self.value()
        if chosen not in State.values:
            return queryset
        return in_state(queryset, State(chosen), clock.now())
