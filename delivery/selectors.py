"""What is handed over, as values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from delivery.models import Code, CodeStock, Delivery


@dataclass(frozen=True, slots=True)
class Thing:
    """One delivery's content; ``text`` is a code's instructions or the text itself."""

    delivery_id: int
    kind: str
    title: str
    secret: str = ""
    text: str = ""
    item_id: int | None = None
    upload_name: str = ""
    telegram_file_id: str = ""
    telegram_file_of: str = ""
    is_gift_card: bool = False

    def file_id_for(self, bot_id: int) -> str:
        """Return Telegram's id of the file, "" where this bot has yet to upload it."""
        is_given = not self.telegram_file_of
        is_ours = self.telegram_file_of == file_mark(bot_id, self.upload_name)
        return self.telegram_file_id if is_given or is_ours else ""


def file_mark(bot_id: int, upload_name: str) -> str:
    """Say for which bot and which upload an id of Telegram's stands."""
    return f"{bot_id}:{upload_name}"[:300]


def thing_to_send(delivery_id: int) -> Thing | None:
    """Return what a delivery brings; None once it was taken back or while a code lacks.

    One query.
    """
    rows = _owned().filter(pk=delivery_id)
    row = rows.first()
    return None if row is None else _thing(row)


def owned_deliveries(*, customer_id: int, sources: Sequence[str]) -> tuple[int, ...]:
    """Return the numbers of what a customer may fetch of these order lines; one query."""
    rows = _owned().filter(customer_id=customer_id, source__in=sources)
    return tuple(rows.order_by("pk").values_list("pk", flat=True))


def counted_stocks(stocks: QuerySet[CodeStock]) -> QuerySet[CodeStock]:
    """Add how many codes of each status a stock has, in the same query."""
    counts = {
        f"{status.value}_count": Count("codes", filter=Q(codes__status=status.value))
        for status in Code.Status
    }
    return stocks.annotate(**counts)


def _owned() -> QuerySet[Delivery]:
    lacking = Q(kind=Delivery.Kind.CODE, code__isnull=True)
    owned = Delivery.objects.filter(status__in=Delivery.OWNED).exclude(lacking)
    return owned.select_related("item", "code__stock", "tier__product")


def _thing(row: Delivery) -> Thing:
    if row.item is not None:
        return Thing(
            delivery_id=row.pk,
            kind=row.kind,
            title=str(row.item.title),
            text=row.item.text,
            item_id=row.item.pk,
            upload_name=row.item.upload.name or "",
            telegram_file_id=row.item.telegram_file_id,
            telegram_file_of=row.item.telegram_file_of,
        )
    secret, text = (row.code.secret, row.code.stock.instructions) if row.code else ("", "")
    return Thing(
        delivery_id=row.pk,
        kind=row.kind,
        title=f"{row.tier.product.name} · {row.tier.name}",
        secret=secret,
        text=text,
        is_gift_card=row.code is not None and row.code.stock.kind == CodeStock.Kind.GIFT_CARDS,
    )
