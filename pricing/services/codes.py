"""Promo codes in numbers, and gift cards with their ledger."""

from __future__ import annotations

import secrets
from datetime import datetime

from django.db import transaction
from django.db.models import F

from pricing.errors import GiftCardRefused, NotReady, UnknownGiftCard, UnknownRow
from pricing.models import (
    GiftCard,
    GiftCardEntry,
    PromoCode,
    PromoLimit,
    Promotion,
)
from pricing.services.quoting import normalized_code
from shopbot.kernel.events import record
from shopbot.kernel.money import Money

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


@transaction.atomic
def issue_gift_card(
    *,
    amount: Money,
    actor: str,
    now: datetime,
    expires_at: datetime | None = None,
    note: str = "",
) -> GiftCard:
    """Issue a gift card worth ``amount``.

    Raises:
        NotReady: nothing on it.
    """
    if amount.minor <= 0:
        raise NotReady("a gift card has something on it")
    card = GiftCard.objects.create(
        code=random_code(),
        currency=amount.currency,
        issued_minor=amount.minor,
        balance_minor=amount.minor,
        expires_at=expires_at,
        created_at=now,
        note=note,
    )
    _book(card, GiftCardEntry.Kind.ISSUED, f"gift-card:{card.pk}", amount.minor, now)
    record(
        "gift_card.issued",
        subject=f"gift-card:{card.pk}",
        actor=actor,
        at=now,
        amount_minor=amount.minor,
        currency=amount.currency,
    )
    return card


@transaction.atomic
def spend_gift_card(*, code: str, holder: str, amount: Money, now: datetime) -> Money:
    """Take ``amount`` off a gift card for ``holder`` (such as ``order:17``); return the rest.

    Safe to repeat: a holder spends once from a card. One conditional UPDATE decides, so two
    orders at once cannot spend the same money.

    Raises:
        UnknownGiftCard: no card has this code.
        GiftCardRefused: off, expired, of another currency, or less on it than asked for.
    """
    card = GiftCard.objects.filter(code=normalized_code(code)).first()
    if card is None:
        raise UnknownGiftCard("no gift card has this code")
    spent = GiftCardEntry.objects.filter(card=card, holder=holder, kind="spent")
    if spent.exists():
        return Money(card.balance_minor, card.currency)
    if amount.minor <= 0 or card.currency != amount.currency:
        raise GiftCardRefused(f"the card is in {card.currency}", currency=card.currency)
    if not card.is_active or (card.expires_at is not None and card.expires_at <= now):
        raise GiftCardRefused("the card is not valid any more")
    enough = GiftCard.objects.filter(pk=card.pk, balance_minor__gte=amount.minor)
    if not enough.update(balance_minor=F("balance_minor") - amount.minor):
        raise GiftCardRefused("there is less on the card", balance_minor=card.balance_minor)
    _book(card, GiftCardEntry.Kind.SPENT, holder, -amount.minor, now)
    card.refresh_from_db(fields=["balance_minor"])
    return Money(card.balance_minor, card.currency)


@transaction.atomic
def return_to_gift_cards(*, holder: str, now: datetime) -> int:
    """Put back what ``holder`` had spent from gift cards; return how many cards that were.

    Safe to repeat.
    """
    returned = 0
    entries = GiftCardEntry.objects.filter(holder=holder, kind=GiftCardEntry.Kind.SPENT)
    for entry in entries.select_related("card").order_by("card_id"):
        back = GiftCardEntry(
            card=entry.card,
            kind=GiftCardEntry.Kind.RETURNED,
            holder=holder,
            amount_minor=-entry.amount_minor,
            created_at=now,
        )
        GiftCard.objects.select_for_update().get(pk=entry.card_id)
        done = GiftCardEntry.objects.filter(card=entry.card_id, holder=holder, kind="returned")
        if done.exists():
            continue
        back.save(force_insert=True)
        GiftCard.objects.filter(pk=entry.card_id).update(
            balance_minor=F("balance_minor") - entry.amount_minor
        )
        returned += 1
    return returned


def _book(card: GiftCard, kind: str, holder: str, amount_minor: int, now: datetime) -> None:
    GiftCardEntry.objects.create(
        card=card, kind=kind, holder=holder, amount_minor=amount_minor, created_at=now
    )
