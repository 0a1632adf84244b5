"""How staff see who may use what, and how they grant, revoke, extend and block."""

from entitlements.admin.blocks import BlockAdmin
from entitlements.admin.cards import card_of_access
from entitlements.admin.grants import GrantAdmin
from entitlements.admin.offers import EntitlementTypeAdmin, PrivilegeAdmin
from entitlements.admin.panels import access_of_customer, gives_of_product
from entitlements.admin.records import NoticeFailureAdmin, PrivilegeMeterAdmin, ReminderAdmin
from entitlements.admin.sharing import GiftCodeAdmin, SeatInviteAdmin, SeatPoolAdmin

__all__ = [
    "BlockAdmin",
    "EntitlementTypeAdmin",
    "GiftCodeAdmin",
    "GrantAdmin",
    "NoticeFailureAdmin",
    "PrivilegeAdmin",
    "PrivilegeMeterAdmin",
    "ReminderAdmin",
    "SeatInviteAdmin",
    "SeatPoolAdmin",
    "access_of_customer",
    "card_of_access",
    "gives_of_product",
]
