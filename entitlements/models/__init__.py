"""What customers may use, since when, until when, and why."""

from entitlements.models.grants import (
    FOREVER,
    LATEST_END,
    Block,
    Grant,
    NoticeFailure,
    Reminder,
)
from entitlements.models.offers import EntitlementType, Privilege, TierGrant, TierPrivilege
from entitlements.models.sharing import GiftCode, SeatInvite, SeatPool
from entitlements.models.usage import PrivilegeMeter, PrivilegeUse

__all__ = [
    "FOREVER",
    "LATEST_END",
    "Block",
    "EntitlementType",
    "GiftCode",
    "Grant",
    "NoticeFailure",
    "Privilege",
    "PrivilegeMeter",
    "PrivilegeUse",
    "Reminder",
    "SeatInvite",
    "SeatPool",
    "TierGrant",
    "TierPrivilege",
]
