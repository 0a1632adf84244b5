"""What is asked of the price engine, and what does it answer?"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, cast

from pricing.engine.documents import written
from pricing.engine.labels import label_of
from shopbot.kernel.money import Money

if TYPE_CHECKING:
    from pricing.engine.book import PriceBook

#: The steps whose sum is the price before discounts.
_TO_BASE = frozenset(
    {"base", "local_price", "fx", "markup", "charm", "experiment", "months", "quantity"}
)

#: The rules of calculation that wrote a quote; a stored quote replays under its own.
ENGINE_VERSION = 1

#: A detail of a line: text, also by language, whole number or truth; amounts in minor units,
#: rates as text.
Detail: TypeAlias = Mapping[str, int | str | bool | Mapping[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Buyer:
    """Who buys, as far as a price may depend on it.

    ``affiliate_id`` is the referring customer. ``arms`` are the experiment arms this customer
    was already shown, as ``(experiment_id, arm_id)``; they win over the draw.
    """

    customer_id: int | None = None
    is_referred: bool = False
    affiliate_id: int | None = None
    is_first_purchase: bool = True
    is_staff: bool = False
    arms: tuple[tuple[int, int], ...] = ()


class CouponLimit(NamedTuple):
    """A limit of one promo code, beside those of its promotion."""

    limit_id: int
    kind: str
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Coupon:
    """A promo code that exists, with the facts that belong to the code itself."""

    code: str
    promotion_id: int
    is_active: bool = True
    customer_id: int | None = None
    limits: tuple[CouponLimit, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteRequest:
    """One question: what does this cost, for this buyer, there, at that moment?

    ``currency`` None means the region's own; ``"XTR"`` means Stars. ``upgrade_credit`` is what
    an unfinished earlier purchase is still worth. ``subscribed_at`` is set for the renewal of a
    running subscription: later price versions then apply only where they say so.

    ``gift_balance`` is what the buyer's gift cards may pay of it; None leaves them alone.

    ``coupon`` and ``limits_left`` are facts that ``pricing.services.quote_offer`` looks up: the
    row behind ``promo_code``, and how much of each limit is free, as ``(limit_id, left)``.
    """

    tier_id: int
    months: int
    region: str
    at: datetime
    quantity: int = 1
    currency: str | None = None
    buyer: Buyer = field(default_factory=Buyer)
    promo_code: str | None = None
    upgrade_credit: Money | None = None
    gift_balance: Money | None = None
    subscribed_at: datetime | None = None
    coupon: Coupon | None = None
    limits_left: tuple[tuple[int, int], ...] = ()


class PriceLine(NamedTuple):
    """One step of a calculation: how much it moved the price, and by which facts."""

    code: str
    amount_minor: int
    currency: str
    detail: Detail

    @property
    def amount(self) -> Money:
        """The move as money; negative for a discount."""
        return Money(self.amount_minor, self.currency)

    @property
    def label(self) -> str:
        """Plain English words; ``pricing.explain_text`` has them in every language."""
        return label_of(self.code, self.detail)


class FxUse(NamedTuple):
    """The exchange rate that a quote used.

    ``rate`` is how much of the quote's currency one unit of the tier's currency buys. A cross
    rate rests on two stored rates: ``ids`` has both, ``id`` and the rest describe the older.
    """

    id: int
    date: str
    source: str
    rate: str
    ids: tuple[int, ...]


class ArmUse(NamedTuple):
    """The arm of a price experiment that a quote was made under."""

    experiment_id: int
    arm_id: int
    name: str


class Quote(NamedTuple):
    """One price for one customer, with the reason for it; the lines sum to the total.

    ``base`` is the list price of everything asked for, before any discount; ``unit`` is the
    list price of one unit for one month (or for good). ``reservations`` are ``(limit_id,
    amount)`` to be reserved when the order is placed.
    """

    tier_id: int
    months: int
    quantity: int
    region: str
    currency: str
    lines: tuple[PriceLine, ...]
    total_minor: int
    base_minor: int
    unit_minor: int
    book_version: int
    fx: FxUse | None = None
    experiment: ArmUse | None = None
    promo_id: int | None = None
    reservations: tuple[tuple[int, int], ...] = ()
    engine: int = ENGINE_VERSION
    asked: tuple[QuoteRequest, PriceBook] | None = None

    def __eq__(self, other: object) -> bool:
        """Compare the answers; a stored quote does not carry its question."""
        return isinstance(other, Quote) and self[:-1] == other[:-1]

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __repr__(self) -> str:
        # The book that it was made from would fill pages.
        return f"Quote{self[:-1]}"

    @property
    def total(self) -> Money:
        """What the customer pays."""
        return Money(self.total_minor, self.currency)

    @property
    def gift(self) -> Money:
        """What gift cards pay of the price; the total is the rest."""
        return Money(self._taken_by("gift_card"), self.currency)

    @property
    def price(self) -> Money:
        """What everything costs, whichever part gift cards pay."""
        return self.total + self.gift

    @property
    def discount(self) -> Money:
        """What discounts took off the list price; credit and gift cards are no discount."""
        credit = Money(self._taken_by("upgrade_credit"), self.currency)
        return self.base - self.price - credit

    @property
    def base(self) -> Money:
        """The list price of everything asked for, before any discount."""
        return Money(self.base_minor, self.currency)

    @property
    def unit(self) -> Money:
        """The list price of one unit for one month, or for good."""
        return Money(self.unit_minor, self.currency)

    @property
    def fingerprint(self) -> str:
        """Eight characters that change with the price or with what it buys."""
        terms = [self.tier_id, self.months, self.quantity, self.currency, self.total_minor]
        if gift_minor := self._taken_by("gift_card"):
            terms.append(gift_minor)
        return hashlib.sha256(repr(tuple(terms)).encode()).hexdigest()[:8]

    @property
    def request(self) -> QuoteRequest:
        """The question this answers.

        Raises:
            ValueError: the quote was read from storage, which keeps the question apart.
        """
        return self._question()[0]

    @property
    def book(self) -> PriceBook:
        """The price book this was made from; the same restriction as ``request``."""
        return self._question()[1]

    @property
    def counts_on_first_purchase(self) -> bool:
        """Whether a step is for a first purchase alone; not of a stored quote."""
        request, book = self._question()
        return request.buyer.is_first_purchase and any(
            _is_for_first(line, book) for line in self.lines
        )

    def as_dict(self) -> dict[str, Any]:
        """Return what a program reads: total, currency, labeled lines, and every reference."""
        document = self.as_document()
        for line, words in zip(self.lines, document["lines"], strict=True):
            words["label"] = line.label
        return {
            "total_minor": document.pop("total_minor"),
            "currency": document.pop("currency"),
            "lines": document.pop("lines"),
            **document,
            "fingerprint": self.fingerprint,
        }

    def as_document(self) -> dict[str, Any]:
        """Return the quote as JSON values, without words: words may improve."""
        return {
            "tier_id": self.tier_id,
            "months": self.months,
            "quantity": self.quantity,
            "region": self.region,
            "currency": self.currency,
            "lines": [
                {
                    "code": line.code,
                    "amount_minor": line.amount_minor,
                    "detail": dict(line.detail),
                }
                for line in self.lines
            ],
            "total_minor": self.total_minor,
            "base_minor": self.base_minor,
            "unit_minor": self.unit_minor,
            "book_version": self.book_version,
            "fx": self.fx and {**self.fx._asdict(), "ids": list(self.fx.ids)},
            "experiment": self.experiment and self.experiment._asdict(),
            "promo_id": self.promo_id,
            "reservations": [list(pair) for pair in self.reservations],
            "engine": self.engine,
        }

    @property
    def from_base(self) -> tuple[PriceLine, ...]:
        """The steps that lead from the price before discounts to the total."""
        return tuple(line for line in self.lines if line.code not in _TO_BASE)

    def as_json(self) -> bytes:
        """Return the quote as canonical bytes: equal quotes have equal bytes."""
        return written(self.as_document())

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Quote:
        """Read what ``as_document`` wrote."""
        values = dict(document)
        currency = values["currency"]
        values["lines"] = tuple(
            PriceLine(line["code"], line["amount_minor"], currency, line["detail"])
            for line in values["lines"]
        )
        if values["fx"] is not None:
            values["fx"] = FxUse(**{**values["fx"], "ids": tuple(values["fx"]["ids"])})
        if values["experiment"] is not None:
            values["experiment"] = ArmUse(**values["experiment"])
        values["reservations"] = tuple((first, last) for first, last in values["reservations"])
        return cls(**values)

    @classmethod
    def from_json(cls, data: bytes | str) -> Quote:
        """Read what ``as_json`` wrote."""
        return cls.from_document(json.loads(data))

    def _taken_by(self, code: str) -> int:
        return -sum(line.amount_minor for line in self.lines if line.code == code)

    def _question(self) -> tuple[QuoteRequest, PriceBook]:
        if self.asked is None:
            raise ValueError("a stored quote does not carry its question; read its inputs")
        return self.asked


def _is_for_first(line: PriceLine, book: PriceBook) -> bool:
    if line.code == "affiliate":
        return book.affiliate.first_purchase_only
    if line.code not in ("promotion", "promo_code"):
        return False
    promotion = book.promotion(cast("int", line.detail["promotion"]))
    return promotion is not None and promotion.first_purchase_only
