"""Gift cards that customers buy: made when paid, frozen with their sale, never made twice.

A card's balance stays where it is while it is frozen: what was spent was spent, and the rest
can be spent again if the money comes back after all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db.models import F, Q, QuerySet, Sum

from pricing.models import GiftCard
from pricing.models.affiliates import LEFT_ON_CARD, GiftCardQuerySet
from pricing.services.gift_cards import tell_of_card, write_gift_card
from shopbot.kernel.money import Money

Frozen = GiftCard.Frozen


def make_sold_cards(
    *,
    source: str,
    amounts: Sequence[Money],
    valid_days: int | None,
    actor: str,
    now: datetime,
) -> list[GiftCard]:
    """Make the cards that one paid order line sold, one for each of ``amounts``.

    Safe to repeat: ``source`` (such as ``order-line:17``) has each of its cards once. The
    caller holds the order.
    """
    expires_at = None if valid_days is None else now + timedelta(days=valid_days)
    worth = {f"{source}:{number}": amount for number, amount in enumerate(amounts, start=1)}
    known = {card.source: card for card in GiftCard.objects.filter(source__in=worth)}
    return [
        known.get(name)
        or write_gift_card(
            card=GiftCard(source=name, expires_at=expires_at),
            amount=amount,
            actor=actor,
            now=now,
        )
        for name, amount in worth.items()
    ]


def freeze_sold_cards(*, sources: Iterable[str], why: str, actor: str, now: datetime) -> int:
    """Stop what is left on sold cards; return how many that changed. Safe to repeat.

    A refund outlasts a dispute: what it froze is not spent again when the dispute is won.
    """
    standing = [Frozen.NOT] if why == Frozen.DISPUTED else [Frozen.NOT, Frozen.DISPUTED]
    return _bring(_sold(sources).filter(frozen__in=standing), why, actor, now)


def thaw_sold_cards(*, sources: Iterable[str], why: str, actor: str, now: datetime) -> int:
    """Let what one reason froze be spent again; return how many cards that were."""
    return _bring(_sold(sources).filter(frozen=why), Frozen.NOT, actor, now)


def withhold_from_sold_cards(
    *, sources: Iterable[str], amount_minor: int, actor: str, now: datetime
) -> int:
    """Keep so much of sold cards from being spent; return on how many that changed something.

    ``amount_minor`` is all that is back, so this is safe to repeat and follows a refund that
    failed. It is kept of what is unspent, on cards that nobody redeemed before others; the rest
    of cards that were spent, should what they spent come back to them.
    """
    cards = list(_sold(sources).order_by("pk").select_for_update())
    shares = _shares(cards, amount_minor)
    changed = [card for card in cards if card.withheld_minor != shares[card.pk]]
    for card in changed:
        card.withheld_minor = shares[card.pk]
        card.save(update_fields=["withheld_minor"])
        tell_of_card("gift_card.withheld", card=card, actor=actor, now=now)
    return len(changed)


def _shares(cards: Sequence[GiftCard], amount_minor: int) -> dict[int, int]:
    shares = {card.pk: 0 for card in cards}
    left = amount_minor
    by_use = sorted(cards, key=lambda card: (card.customer_id is not None, card.pk))
    for rooms in (
        [card.balance_minor for card in by_use],
        [card.issued_minor for card in by_use],
    ):
        for card, room in zip(by_use, rooms, strict=True):
            part = min(left, room - shares[card.pk])
            shares[card.pk] += part
            left -= part
    return shares


def spent_of_sold_cards(*, sources: Iterable[str]) -> Money | None:
    """Return what was spent of the cards that these lines sold; None where they sold none."""
    sums = _sold(sources).order_by("currency").values("currency")
    row = sums.annotate(spent=Sum(F("issued_minor") - F("balance_minor"))).first()
    return None if row is None else Money(row["spent"], row["currency"])


def left_on_sold_cards(*, sources: Iterable[str]) -> Money | None:
    """Return what can be spent of the cards that these lines sold; None where nothing can."""
    cards = _sold(sources).filled().order_by("currency").values("currency")
    row = cards.annotate(left=Sum(LEFT_ON_CARD)).first()
    return None if row is None else Money(row["left"], row["currency"])


def _bring(cards: QuerySet[GiftCard], frozen: str, actor: str, now: datetime) -> int:
    rows = list(cards.order_by("pk").select_for_update())
    GiftCard.objects.filter(pk__in=[card.pk for card in rows]).update(frozen=frozen)
    kind = "gift_card.frozen" if frozen else "gift_card.thawed"
    for card in rows:
        tell_of_card(kind, card=card, actor=actor, now=now)
    return len(rows)


def _sold(sources: Iterable[str]) -> GiftCardQuerySet:
    named = Q(pk__in=[])
    for source in sources:
        named |= Q(source__startswith=f"{source}:")
    return GiftCard.objects.filter(named)
