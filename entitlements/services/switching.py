"""Tell that an entitlement was switched off or on for everybody."""

from datetime import datetime
from typing import Final

from entitlements.models import EntitlementType
from shopbot.kernel.events import record

SWITCHED_OFF: Final = "entitlement.switched_off"
SWITCHED_ON: Final = "entitlement.switched_on"


def note_switched(*, type: EntitlementType, actor: str, now: datetime) -> None:
    """Record what an entitlement was just switched to, in the transaction that did it."""
    record(
        SWITCHED_ON if type.is_active else SWITCHED_OFF,
        subject=f"entitlement:{type.pk}",
        actor=actor,
        at=now,
        type_id=type.pk,
        code=type.code,
    )
