"""Tell that what an entitlement is, or gives, was changed for everybody who holds it."""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from django.db.models import Q

from entitlements.models import EntitlementType
from shopbot.kernel.events import record

SWITCHED_OFF: Final = "entitlement.switched_off"
SWITCHED_ON: Final = "entitlement.switched_on"
CHANGED: Final = "entitlement.changed"


def note_switched(*, type: EntitlementType, actor: str, now: datetime) -> None:
    """Record what an entitlement was just switched to, in the transaction that did it."""
    type.switched_at = now
    type.save(update_fields=["switched_at"])
    _record(SWITCHED_ON if type.is_active else SWITCHED_OFF, type, actor=actor, now=now)


def note_changed(*, type: EntitlementType, actor: str, now: datetime) -> None:
    """Record that an entitlement was just given another name or other rules."""
    _record(CHANGED, type, actor=actor, now=now)


def note_offers_changed(
    *, tier_ids: Collection[int], type_ids: Collection[int], actor: str, now: datetime
) -> None:
    """Record that tiers now give other amounts, or these entitlements no longer or anew.

    Privileges are read from the tiers at every question, so whoever holds what they give has
    other ones from this moment on.
    """
    concerned = Q(pk__in=type_ids) | Q(tier_grants__tier__in=tier_ids)
    for type in EntitlementType.objects.filter(concerned).distinct():
        _record(CHANGED, type, actor=actor, now=now)


def _record(kind: str, type: EntitlementType, *, actor: str, now: datetime) -> None:
    record(
        kind,
        subject=f"entitlement:{type.pk}",
        actor=actor,
        at=now,
        type_id=type.pk,
        code=type.code,
    )
