"""What would this cost, and why? Every input of the price engine, from the command line."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from django.core.management.base import CommandParser

from customers.models import Customer
from pricing.book import price_book
from pricing.engine import Buyer, PriceBook, Quote, QuoteRequest
from pricing.errors import UnknownRow, UnknownTier
from pricing.explain_text import line_text
from pricing.services import preview
from pricing.simulation import buyer_of
from shopbot.kernel import clock
from shopbot.kernel.commands import ShopCommand, parse_moment
from shopbot.kernel.errors import InvalidInput
from shopbot.kernel.money import Money, format_money, parse_money


class Command(ShopCommand):
    """Price one offer and explain it; nothing is stored or reserved."""

    help = "Price an offer and explain every step of it."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take every input that a price depends on."""
        parser.add_argument("tier", help="product and level, such as signals/premium")
        parser.add_argument("--months", type=int, default=1, help="how many months (default 1)")
        parser.add_argument(
            "--quantity", type=int, default=1, help="how many units (default 1)"
        )
        parser.add_argument("--region", help="such as EU; default: the customer's, else US")
        parser.add_argument("--currency", help="default: the region's; XTR for Stars")
        parser.add_argument("--referred", action="store_true", help="the customer was referred")
        parser.add_argument(
            "--affiliate", type=int, metavar="TELEGRAM_ID", help="who referred the customer"
        )
        parser.add_argument("--code", help="a promo code")
        parser.add_argument("--customer", type=int, metavar="TELEGRAM_ID", help="who buys")
        self._add_purchase(parser)
        parser.add_argument("--staff", action="store_true", help="the customer is on the staff")
        parser.add_argument("--credit", metavar="AMOUNT", help="unused worth of an upgrade")
        parser.add_argument("--gift-card", metavar="AMOUNT", help="what is on gift cards")
        parser.add_argument("--at", metavar="TIME", help="such as 2026-12-24T18:00 (UTC)")
        parser.add_argument(
            "--subscribed-at", metavar="TIME", help="price the renewal of a subscription"
        )
        parser.add_argument("--json", action="store_true", help="write JSON for a program")

    def _add_purchase(self, parser: CommandParser) -> None:
        purchase = parser.add_mutually_exclusive_group()
        purchase.add_argument(
            "--first",
            dest="is_first",
            action="store_true",
            default=None,
            help="a first purchase; default: as the customer has bought, else a first one",
        )
        purchase.add_argument(
            "--returning", dest="is_first", action="store_false", help="a later purchase"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the quote."""
        book = price_book()
        request = self._request(book, options)
        made = preview(request=request, book=book)
        if options["json"]:
            self.write_json(made.as_dict())
        else:
            self._print(options["tier"], made)

    def _request(self, book: PriceBook, options: dict[str, Any]) -> QuoteRequest:
        tier = book.tier_by_path(options["tier"])
        if tier is None:
            paths = ", ".join(sorted(each.path for each in book.tiers.values())[:12])
            raise UnknownTier(f"no tier {options['tier']!r}; there are: {paths or 'none yet'}")
        customer = self._customer(options["customer"])
        region = options["region"] or (customer.region_or_guess if customer else "US")
        currency = options["currency"] and options["currency"].upper()
        return QuoteRequest(
            tier_id=tier.id,
            months=options["months"],
            quantity=options["quantity"],
            region=region.upper(),
            currency=currency,
            buyer=self._buyer(customer, options),
            promo_code=options["code"],
            upgrade_credit=self._amount(book, region.upper(), currency, options["credit"]),
            gift_balance=self._amount(book, region.upper(), currency, options["gift_card"]),
            at=_moment(options["at"]) or clock.now(),
            subscribed_at=_moment(options["subscribed_at"]),
        )

    def _customer(self, telegram_id: int | None) -> Customer | None:
        if telegram_id is None:
            return None
        found = Customer.objects.filter(telegram_id=telegram_id).first()
        if found is None:
            raise UnknownRow(f"no customer has the Telegram id {telegram_id}")
        return found

    def _buyer(self, customer: Customer | None, options: dict[str, Any]) -> Buyer:
        buyer = buyer_of(
            customer,
            self._customer(options["affiliate"]),
            is_referred=options["referred"],
            is_first_purchase=options["is_first"],
        )
        return replace(buyer, is_staff=buyer.is_staff or options["staff"])

    def _amount(
        self, book: PriceBook, region: str, currency: str | None, text: str | None
    ) -> Money | None:
        if text is None:
            return None
        known = book.regions.get(region)
        amount = parse_money(text, currency or (known.currency if known else "USD"))
        if amount.minor < 0:
            raise InvalidInput(f"{text!r}: an amount cannot be negative")
        return amount

    def _print(self, path: str, made: Quote) -> None:
        units = f" × {made.quantity}" if made.quantity > 1 else ""
        length = "1 month" if made.months == 1 else f"{made.months} months"
        self.stdout.write(f"{path}, {length}{units}, {made.region}")
        for line in made.lines:
            amount = format_money(line.amount) if line.amount_minor else ""
            self.stdout.write(f"  {line_text(line, 'en'):<48}{amount:>16}".rstrip())
        self.stdout.write(f"  {'Total':<48}{format_money(made.total):>16}")


def _moment(text: str | None) -> datetime | None:
    return None if text is None else parse_moment(text)
