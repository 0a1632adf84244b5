"""Files that Telegram has already need not be sent to it again."""

from __future__ import annotations

from delivery.models import DeliveryItem
from delivery.selectors import file_mark


def remember_file(*, item_id: int, bot_id: int, upload_name: str, file_id: str) -> None:
    """Keep the id under which Telegram has a file now, unless the upload changed meanwhile."""
    same = DeliveryItem.objects.filter(pk=item_id, upload=upload_name)
    same.update(telegram_file_id=file_id, telegram_file_of=file_mark(bot_id, upload_name))
