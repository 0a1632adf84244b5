"""What was ordered, what was paid, what went back, and what staff must still look at."""

from orders.models.audit import AuditResult, ReconcileCursor
from orders.models.cases import MoneyCase, SupportCase, SupportMessage
from orders.models.credit import UpgradeCredit
from orders.models.disputes import Dispute
from orders.models.notices import Notice
from orders.models.order import Order, OrderLine
from orders.models.payments import Payment
from orders.models.receipts import Receipt, ReceiptCounter
from orders.models.refunds import Refund
from orders.models.subscriptions import Subscription

__all__ = [
    "AuditResult",
    "Dispute",
    "MoneyCase",
    "Notice",
    "Order",
    "OrderLine",
    "Payment",
    "Receipt",
    "ReceiptCounter",
    "ReconcileCursor",
    "Refund",
    "Subscription",
    "SupportCase",
    "SupportMessage",
    "UpgradeCredit",
]
