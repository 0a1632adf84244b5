"""What does the European Central Bank say a euro buys today? Its daily file, read strictly."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from http.client import HTTPException
from typing import Final
from urllib.request import Request, urlopen
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from pricing.engine.book import EURO
from pricing.errors import BadFeed, FeedUnreachable

DAILY_URL: Final = "https://www.ecb.europa.eu/stats/eurofxref/eurofxref-daily.xml"
TIMEOUT_SECONDS: Final = 15
LARGEST_FILE: Final = 200_000

_ROOT: Final = "{http://www.gesmes.org/xml/2002-08-01}Envelope"
_NUMBER: Final = re.compile(r"[0-9]{1,10}(\.[0-9]{1,10})?")
_CUBE: Final = "{http://www.ecb.int/vocabulary/2002-08-01/eurofxref}Cube"


@dataclass(frozen=True, slots=True)
class DailyRates:
    """The rates of one day: how much of each currency one euro buys."""

    day: date
    rates: Mapping[str, Decimal]


def fetch_daily(url: str = DAILY_URL) -> DailyRates:
    """Fetch and read today's file; slow and foreign, so never inside a transaction.

    Raises:
        FeedUnreachable: the server did not answer with the file.
        BadFeed: the file is not what it should be.
    """
    if not url.startswith(("https://", "http://127.0.0.1:")):
        raise FeedUnreachable(f"refusing to fetch {url!r}")
    request = Request(url, headers={"Accept": "application/xml"})  # noqa: S310  checked above
    try:
        with urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310  checked above
            body: bytes = answer.read(LARGEST_FILE + 1)
    except (OSError, HTTPException) as error:
        raise FeedUnreachable(f"the bank's file cannot be had: {error}") from error
    return read_daily(body)


def read_daily(body: bytes) -> DailyRates:
    """Read the file; one wrong line refuses all of it.

    Raises:
        BadFeed: too large, not XML, entities or a document type in it, no day, a day or
            currency twice, or a rate that is not a positive number.
    """
    if len(body) > LARGEST_FILE:
        raise BadFeed("the bank's file is far larger than it should be")
    try:
        root = fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise BadFeed(f"the bank's file is not plain XML: {error}") from error
    if root.tag != _ROOT:
        raise BadFeed(f"the bank's file is something else: {root.tag}")
    days = [cube for cube in root.iter(_CUBE) if "time" in cube.attrib]
    if len(days) != 1:
        raise BadFeed(f"the bank's file has {len(days)} days instead of one")
    return DailyRates(day=_day(days[0].attrib["time"]), rates=_rates(days[0]))


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise BadFeed(f"the bank's file has no date: {error}") from error
    if day.isoformat() != text:
        raise BadFeed(f"the bank's file has an odd date: {text!r}")
    return day


def _rates(day: Element) -> dict[str, Decimal]:
    rates: dict[str, Decimal] = {}
    for cube in day:
        currency, text = cube.attrib.get("currency", ""), cube.attrib.get("rate", "")
        is_code = len(currency) == 3 and currency.isascii() and currency.isupper()
        if cube.tag != _CUBE or not is_code or currency in {EURO, *rates}:
            raise BadFeed(f"the bank's file has an odd line: {cube.tag} {currency!r}")
        rates[currency] = _rate(text)
    if not rates:
        raise BadFeed("the bank's file has no rates")
    return rates


def _rate(text: str) -> Decimal:
    # `Decimal` reads more than the bank writes: "1_1201" would be ten thousand times as much.
    rate = Decimal(text) if _NUMBER.fullmatch(text) else Decimal("NaN")
    # Ten digits before and ten after the point are what a row can hold.
    if not rate.is_finite() or not Decimal("1e-9") <= rate < Decimal("1e9"):
        raise BadFeed(f"the bank's file has an odd rate: {text!r}")
    return rate
