"""Every kind of event that the orders app records has a sentence for people."""

from __future__ import annotations

import re
from pathlib import Path

from orders.gateways.protocol import DisputeStatus, PaymentStatus, SubscriptionStatus
from orders.models import Order, Refund
from orders.timeline import SENTENCES

KIND = re.compile(r'"((?:order|payment|refund|money_case|subscription|support)\.[a-z_]+)"')
SERVICES = Path(__file__).resolve().parents[2] / "orders" / "services"


def test_of_those_that_are_written_out():
    written = {
        kind for path in SERVICES.glob("*.py") for kind in KIND.findall(path.read_text())
    }

    assert written <= set(SENTENCES)


def test_of_those_that_are_made_of_a_status():
    made = {f"payment.{status}" for status in PaymentStatus if status != "open"}
    made |= {f"refund.{status}" for status in Refund.Status}
    made |= {f"subscription.{status}" for status in SubscriptionStatus}
    made |= {f"order.{status}" for status in (Order.Status.EXPIRED, Order.Status.CANCELLED)}

    assert made <= set(SENTENCES)
    assert len(DisputeStatus) == 4
