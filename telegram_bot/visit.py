"""Who is here, and what did the shop look like at that moment?"""

from dataclasses import dataclass, replace
from datetime import datetime

from catalog.snapshot import CatalogSnapshot
from orders.quoting import BuyerFacts
from pricing.engine.book import PriceBook
from telegram_bot.callbacks import nonce_of
from telegram_bot.commands import CommandList


@dataclass(frozen=True, slots=True)
class Visitor:
    """The customer an update came from; ``is_new`` when this update is the first.

    ``id`` is the customer's number in the shop, ``region`` "" until one is confirmed.
    """

    id: int
    telegram_id: int
    first_name: str
    language: str
    region: str
    guessed_region: str
    referrer_id: int | None
    referral_code: str
    has_bought: bool = False
    #: The waiting order that is priced as the first purchase: everything else is a later one.
    first_purchase_held_by: int | None = None
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class Talk:
    """What the chat was asked to type ("" for nothing), and the promotion code given last."""

    step: str = ""
    promo_code: str = ""


@dataclass(frozen=True, slots=True)
class Visit:
    """One update's customer and one view of the shop, read with the storing of it."""

    bot_id: int
    update_id: int
    chat_id: int
    at: datetime
    visitor: Visitor
    catalog: CatalogSnapshot
    book: PriceBook
    commands: CommandList
    talk: Talk = Talk()
    #: Prices under test that are shown to this customer; see ``offers.with_arms``.
    arms: tuple[tuple[int, int], ...] = ()

    @property
    def customer_id(self) -> int:
        """The customer's number in the shop."""
        return self.visitor.id

    @property
    def language(self) -> str:
        """The language to speak."""
        return self.visitor.language

    @property
    def region(self) -> str:
        """The region whose prices to show: the confirmed one, else the guess."""
        return self.visitor.region or self.visitor.guessed_region

    @property
    def buyer_facts(self) -> BuyerFacts:
        """What a price depends on about this customer."""
        return BuyerFacts(
            customer_id=self.visitor.id,
            region=self.region,
            is_region_confirmed=bool(self.visitor.region),
            language=self.language,
            affiliate_id=self.visitor.referrer_id,
            is_first_purchase=not self.visitor.has_bought,
            first_purchase_held_by=self.visitor.first_purchase_held_by,
        )

    @property
    def nonce(self) -> str:
        """Names this update in the buttons of the screens it draws."""
        return nonce_of(self.update_id)


def in_region(visit: Visit, region: str) -> Visit:
    """Return the visit as it is once the customer's region is settled."""
    return replace(visit, visitor=replace(visit.visitor, region=region))


def in_language(visit: Visit, language: str) -> Visit:
    """Return the visit as it is once the customer has chosen a language."""
    return replace(visit, visitor=replace(visit.visitor, language=language))
