"""What can be done with entitlements."""

from entitlements.services.blocks import block, lift_block, lift_source_blocks
from entitlements.services.extending import extend, shorten_source
from entitlements.services.gifts import cancel_gift, create_gift, redeem_gift
from entitlements.services.granting import NewGrant, grant_all, grants_for_tier, tier_grants
from entitlements.services.privileges import Consumption, consume
from entitlements.services.revoking import revoke_entitlement, revoke_grant, revoke_source
from entitlements.services.seats import accept_seat, invite_to_seat, remove_seat
from entitlements.services.trials import start_trial

__all__ = [
    "Consumption",
    "NewGrant",
    "accept_seat",
    "block",
    "cancel_gift",
    "consume",
    "create_gift",
    "extend",
    "grant_all",
    "grants_for_tier",
    "invite_to_seat",
    "lift_block",
    "lift_source_blocks",
    "redeem_gift",
    "remove_seat",
    "revoke_entitlement",
    "revoke_grant",
    "revoke_source",
    "shorten_source",
    "start_trial",
    "tier_grants",
]
