"""What became of a message that hands something over? The outbox says so here."""

from datetime import datetime
from typing import Final

from delivery.services import report_failed, report_sent
from telegram_bot.models import OutgoingMessage

#: Parameter of a queued message that stands for the thing itself, which is read when sent.
DELIVERY: Final = "delivery"


def report_end(row: OutgoingMessage, *, error: str, now: datetime) -> None:
    """Tell the delivery, if the message carries one, that it arrived or did not."""
    delivery_id = row.params.get(DELIVERY)
    if delivery_id is None:
        return
    if error:
        report_failed(delivery_id=delivery_id, error=error, now=now)
    else:
        report_sent(delivery_id=delivery_id, now=now)
