"""Which exchange rates does a shop start with, before it has asked anybody?"""

from __future__ import annotations

import csv
from datetime import date, datetime
from decimal import Decimal
from importlib.resources import files

#: 1 / 0.013: Telegram pays out 0.013 USD for a Star, so a price keeps its worth to the shop.
STARS_PER_DOLLAR = "76.9230769231"
STARS_NOTE = "Telegram pays out 0.013 USD for a Star."


def latest_rates() -> tuple[date, dict[str, Decimal]]:
    """Return the day and what a euro bought of each currency, from the installed package."""
    text = (files("currency_converter") / "eurofxref.csv").read_text()
    names, values = (
        [cell.strip() for cell in row] for row in csv.reader(text.splitlines()) if row
    )
    day = datetime.strptime(values[0], "%d %B %Y").date()  # noqa: DTZ007  a day has no time zone
    pairs = zip(names[1:], values[1:], strict=True)
    return day, {name: Decimal(value) for name, value in pairs if name}
