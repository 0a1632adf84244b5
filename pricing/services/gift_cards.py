"""Gift cards: issued by staff, redeemed by one customer, spent on orders, never below zero.

The ledger names what each movement was for, and a holder (such as ``order:17``) spends and gets
back once. So the order's own status says whether the money is reserved, used or released.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import F, Q, QuerySet, Sum

from pricing.errors import GiftCardIsTaken, GiftCardRefused, NotReady, UnknownGiftCard
from pricing.models import GiftCard, GiftCardEntry
from pricing.models.affiliates import LEFT_ON_CARD
from pricing.services.codes import random_code
from pricing.services.guessing import may_try_code, note_wrong_code
from pricing.services.quoting import normalized_code
from shopbot.kernel.events import record
from shopbot.kernel.money import Money

Kind = GiftCardEntry.Kind

MOST_CARDS: Final = 1_000

#: A card that ran out while its money was in an order is good for so long after a refund.
TIME_AFTER_REFUND: Final = timedelta(days=30)


@transaction.atomic
def issue_gift_cards(
    *,
    amount: Money,
    count: int,
    actor: str,
    now: datetime,
    expires_at: datetime | None = None,
    batch: str = "",
    note: str = "",
) -> list[GiftCard]:
    """Issue so many gift cards worth ``amount`` each.

    Raises:
        NotReady: nothing on them, an end that has passed, or no number from 1 to 1 000.
    """
    check_new_cards(amount=amount, count=count, expires_at=expires_at, now=now)
    return [
        write_gift_card(
            card=GiftCard(expires_at=expires_at, batch=batch.strip(), note=note),
            amount=amount,
            actor=actor,
            now=now,
        )
        for _ in range(count)
    ]


def check_new_cards(
    *, amount: Money, count: int, expires_at: datetime | None, now: datetime
) -> None:
    """Refuse cards that nobody could spend.

    Raises:
        NotReady: as ``issue_gift_cards`` says.
    """
    if amount.minor <= 0:
        raise NotReady("a gift card has something on it")
    if expires_at is not None and expires_at <= now:
        raise NotReady("the end lies in the past")
    if not 1 <= count <= MOST_CARDS:
        raise NotReady(f"issue 1 to {MOST_CARDS} cards at a time")


def write_gift_card(*, card: GiftCard, amount: Money, actor: str, now: datetime) -> GiftCard:
    """Write a new card with a code and this amount on it."""
    card.code, card.created_at = random_code(), now
    card.currency, card.issued_minor = amount.currency, amount.minor
    card.balance_minor = amount.minor
    card.save(force_insert=True)
    _book(card.pk, Kind.ISSUED, f"gift-card:{card.pk}", amount.minor, now)
    tell_of_card("gift_card.issued", card=card, actor=actor, now=now)
    return card


def redeem_gift_card(*, code: str, customer_id: int, now: datetime) -> GiftCard:
    """Make the card with this code the customer's: from then on nobody else can spend it.

    Safe to repeat. Wrong codes are counted, so that nobody can try them all.

    Raises:
        TooManyTries: too many wrong codes lately.
        UnknownGiftCard: no card has this code.
        GiftCardIsTaken: somebody else redeemed it.
        GiftCardRefused: off, expired, or nothing is left on it.
    """
    may_try_code(customer_id=customer_id, now=now)
    card = GiftCard.objects.filter(code=normalized_code(code)).first()
    if card is None:
        note_wrong_code(customer_id=customer_id, now=now)
        raise UnknownGiftCard("no gift card has this code")
    if card.customer_id == customer_id:
        return card
    if card.customer_id is not None:
        note_wrong_code(customer_id=customer_id, now=now)
        raise GiftCardIsTaken("somebody else redeemed this card")
    if not _usable(now).filter(pk=card.pk).exists():
        raise GiftCardRefused("the card is not valid any more")
    return _redeem(card, customer_id, now)


def gift_balance(*, customer_id: int, currency: str, now: datetime) -> Money:
    """Return what a customer's gift cards can pay in a currency; one query."""
    mine = _usable(now).filter(customer=customer_id, currency=currency)
    return Money(mine.aggregate(sum=Sum(LEFT_ON_CARD))["sum"] or 0, currency)


def gift_balances(*, customer_id: int, now: datetime) -> tuple[Money, ...]:
    """Return what a customer's gift cards can pay, by currency; one query."""
    mine = _usable(now).filter(customer=customer_id).order_by("currency")
    sums = mine.values("currency").annotate(sum=Sum(LEFT_ON_CARD))
    return tuple(Money(row["sum"], row["currency"]) for row in sums)


@transaction.atomic
def spend_gift_cards(*, customer_id: int, holder: str, amount: Money, now: datetime) -> None:
    """Take ``amount`` off the customer's cards for ``holder``, those that end first before.

    Safe to repeat: a holder spends once. Each card is decided by one conditional UPDATE, so two
    orders at once cannot spend the same money.

    Raises:
        GiftCardRefused: less is on the cards; nothing was taken.
    """
    if GiftCardEntry.objects.filter(holder=holder, kind=Kind.SPENT).exists():
        return
    mine = _usable(now).filter(customer=customer_id, currency=amount.currency)
    due = amount.minor
    for card in mine.order_by(F("expires_at").asc(nulls_last=True), "pk"):
        part = min(due, card.balance_minor - card.withheld_minor)
        if part and take_from_card(card_id=card.pk, amount_minor=part, now=now):
            _book(card.pk, Kind.SPENT, holder, -part, now)
            due -= part
    if due:
        raise GiftCardRefused(f"{due} of {amount} is not on the cards", missing_minor=due)


def spenders(*, customer_id: int, holder: str) -> tuple[str, ...]:
    """Return the names under which ``holder`` has spent: its own, and ``order:17:again-1``."""
    named = Q(holder=holder) | Q(holder__startswith=f"{holder}:")
    mine = GiftCardEntry.objects.filter(named, card__customer=customer_id, kind=Kind.SPENT)
    spent = mine.order_by("holder")
    return tuple(spent.values_list("holder", flat=True).distinct())


def take_from_card(*, card_id: int, amount_minor: int, now: datetime) -> bool:
    """Take money off one card if it is there: condition and write are one UPDATE."""
    enough = _usable(now).filter(
        pk=card_id, balance_minor__gte=F("withheld_minor") + amount_minor
    )
    return enough.update(balance_minor=F("balance_minor") - amount_minor) == 1


@transaction.atomic
def return_to_gift_cards(*, holders: Collection[str], now: datetime) -> int:
    """Put back what these holders spent from gift cards; return how many cards that were.

    Safe to repeat: the unique ledger line decides, and it is written before the balance moves.
    """
    spent = GiftCardEntry.objects.filter(holder__in=holders, kind=Kind.SPENT)
    returned = 0
    for entry in spent.order_by("card_id", "pk"):
        # The second of two at once waits here, and then finds the line of the first.
        GiftCard.objects.select_for_update().get(pk=entry.card_id)
        booked = GiftCardEntry.objects.filter(
            card=entry.card_id, holder=entry.holder, kind=Kind.RETURNED
        )
        if booked.exists():
            continue
        _book(entry.card_id, Kind.RETURNED, entry.holder, -entry.amount_minor, now)
        GiftCard.objects.filter(pk=entry.card_id).update(
            balance_minor=F("balance_minor") - entry.amount_minor
        )
        returned += 1
    return returned


@transaction.atomic
def refund_to_gift_cards(*, holders: Collection[str], now: datetime) -> int:
    """Put back what was refunded; a card that ran out meanwhile is good for a while again."""
    returned = return_to_gift_cards(holders=holders, now=now)
    if returned:
        until = now + TIME_AFTER_REFUND
        refunded = GiftCard.objects.filter(entries__holder__in=holders, expires_at__lt=until)
        GiftCard.objects.filter(pk__in=refunded.values("pk")).update(expires_at=until)
    return returned


def _usable(now: datetime) -> QuerySet[GiftCard]:
    unended = Q(expires_at__isnull=True) | Q(expires_at__gt=now)
    return GiftCard.objects.filled().filter(unended, is_active=True)


@transaction.atomic
def _redeem(card: GiftCard, customer_id: int, now: datetime) -> GiftCard:
    free = GiftCard.objects.filter(pk=card.pk, customer__isnull=True)
    if not free.update(customer=customer_id, redeemed_at=now):
        raise GiftCardIsTaken("somebody else redeemed this card")
    card.refresh_from_db()
    tell_of_card("gift_card.redeemed", card=card, actor=f"customer:{customer_id}", now=now)
    return card


def _book(card_id: int, kind: str, holder: str, amount_minor: int, now: datetime) -> None:
    GiftCardEntry.objects.create(
        card_id=card_id, kind=kind, holder=holder, amount_minor=amount_minor, created_at=now
    )


def tell_of_card(kind: str, *, card: GiftCard, actor: str, now: datetime) -> None:
    """Record an event about a card, for whoever redeemed it; its code is no part of it."""
    record(
        kind,
        subject=f"gift-card:{card.pk}",
        actor=actor,
        at=now,
        customer_id=card.customer_id,
        amount_minor=card.balance_minor,
        currency=card.currency,
    )
