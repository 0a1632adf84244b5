"""Give a paid order its number in the books."""

from __future__ import annotations

from datetime import datetime

from django.db.models import F

from orders.models import Order, Receipt, ReceiptCounter


def issue_receipt(*, order: Order, now: datetime) -> Receipt:
    """Return the order's receipt, numbered without gaps within the year of ``now``.

    Safe to repeat: an order has one receipt. The caller's transaction has locked the order and
    does nothing after this that waits, because it holds the year's counter to its end. A
    rollback takes the number back with it.
    """
    existing = Receipt.objects.filter(order=order).first()
    if existing is not None:
        return existing
    ReceiptCounter.objects.get_or_create(year=now.year)
    # The UPDATE takes the row's lock: nobody else can read the number before this commits.
    ReceiptCounter.objects.filter(year=now.year).update(last=F("last") + 1)
    sequence = ReceiptCounter.objects.values_list("last", flat=True).get(year=now.year)
    return Receipt.objects.create(order=order, year=now.year, sequence=sequence, issued_at=now)
