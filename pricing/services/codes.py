"""Promo codes in numbers."""

from __future__ import annotations

import secrets
from datetime import datetime

from django.db import transaction

from pricing.errors import NotReady, UnknownRow
from pricing.models import PromoCode, PromoLimit, Promotion
from pricing.services.quoting import normalized_code
from shopbot.kernel.events import record

#: Without the letters and digits that people mistake for one another.
ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
RANDOM_LETTERS = 10
MOST_CODES = 10_000


@transaction.atomic
def make_codes(
    *, promotion_id: int, count: int, batch: str, actor: str, now: datetime, prefix: str = ""
) -> list[PromoCode]:
    """Make so many random codes of a promotion, each good for one use.

    Raises:
        NotReady: no number from 1 to 10 000, or the promotion applies by itself.
        UnknownRow: no such promotion.
    """
    promotion = Promotion.objects.filter(pk=promotion_id).first()
    if promotion is None:
        raise UnknownRow(f"no promotion {promotion_id}", promotion_id=promotion_id)
    if promotion.trigger != Promotion.Trigger.CODE:
        raise NotReady("this promotion applies by itself; it needs no codes")
    if not 1 <= count <= MOST_CODES:
        raise NotReady(f"make 1 to {MOST_CODES} codes at a time")
    start = f"{normalized_code(prefix)}-" if prefix.strip() else ""
    codes = PromoCode.objects.bulk_create(
        PromoCode(
            code=f"{start}{random_code()}",
            promotion=promotion,
            batch=batch.strip(),
            created_at=now,
        )
        for _ in range(count)
    )
    PromoLimit.objects.bulk_create(
        PromoLimit(promotion=promotion, code=code, kind=PromoLimit.Kind.TOTAL, allowed=1)
        for code in codes
    )
    record(
        "promo_codes.made",
        subject=f"promotion:{promotion.pk}",
        actor=actor,
        at=now,
        count=count,
        batch=batch,
    )
    return codes


def random_code() -> str:
    """Return a code that nobody can guess and anybody can type: 50 random bits."""
    return "".join(secrets.choice(ALPHABET) for _ in range(RANDOM_LETTERS))
