"""What do the shop's own books say at a moment of a story?"""

import re
from dataclasses import dataclass
from datetime import datetime

from entitlements.explain import explain
from entitlements.selectors import tier_of
from orders.models import AuditResult, Dispute, Order, Payment, Subscription
from orders.services.auditing import audit
from shopbot.kernel.events import relay
from shopbot.kernel.sweeps import run_sweep
from telegram_bot.models import OutgoingMessage


@dataclass(frozen=True)
class Books:
    """Orders oldest first, money in and out, access, and how the agreement stands."""

    orders: str
    paid: int
    back: int
    access: str
    renewal: str


def books(customer_id: int, at: datetime) -> Books:
    """Read the books; they must agree with themselves and with the provider."""
    orders = Order.objects.order_by("pk")
    payments = Payment.objects.order_by("pk")
    agreement = Subscription.objects.order_by("pk").last()
    result = audit(now=at)
    assert differences(result) == []
    return Books(
        orders=" ".join(order.status for order in orders if order.status != "cancelled"),
        paid=sum(payment.paid_minor for payment in payments),
        back=sum(payment.refunded_minor for payment in payments)
        + sum(lost.amount_minor for lost in Dispute.objects.filter(status="lost")),
        access=f"{tier_of(customer_id, at)}, {explain(customer_id, 'signals', at).verdict}",
        renewal="" if agreement is None else _standing(agreement),
    )


def differences(result: AuditResult) -> list[dict[str, object]]:
    """Return the comparisons of an audit that do not agree."""
    return [each for each in result.report["comparisons"] if not each["agrees"]]


def _standing(agreement: Subscription) -> str:
    renews = "renews" if agreement.will_renew else "ends"
    return f"{agreement.tier.level} at {agreement.price_minor}: {agreement.status}, {renews}"


class Told:
    """What the customer was written, in the order of events."""

    def __init__(self) -> None:
        self.seen = 0

    def news(self, at: datetime) -> list[str]:
        """Return the first line of each message since the last look, without numbers."""
        run_sweep("entitlement-expiry", now=at)
        relay(now=at)
        rows = OutgoingMessage.objects.order_by("pk")[self.seen :]
        texts = [row.params["text"].split("\n")[0] for row in rows]
        self.seen += len(texts)
        return [re.sub(r"order [A-Z0-9-]+|\d{4}-\d{6}", "…", text) for text in texts]
