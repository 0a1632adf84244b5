"""How staff see orders and money, and what they can do about them."""

from orders.admin.cards import card_of_money
from orders.admin.inbox import MoneyCaseAdmin
from orders.admin.notices import NoticeAdmin
from orders.admin.orders import OrderAdmin
from orders.admin.panels import orders_of_customer
from orders.admin.payments import PaymentAdmin
from orders.admin.records import (
    AuditResultAdmin,
    DisputeAdmin,
    ReceiptAdmin,
    ReconcileCursorAdmin,
    SubscriptionAdmin,
)
from orders.admin.refunds import RefundAdmin
from orders.admin.support import SupportCaseAdmin

__all__ = [
    "AuditResultAdmin",
    "DisputeAdmin",
    "MoneyCaseAdmin",
    "NoticeAdmin",
    "OrderAdmin",
    "PaymentAdmin",
    "ReceiptAdmin",
    "ReconcileCursorAdmin",
    "RefundAdmin",
    "SubscriptionAdmin",
    "SupportCaseAdmin",
    "card_of_money",
    "orders_of_customer",
]
