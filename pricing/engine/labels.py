"""How is a line of a calculation called in plain English?

The words for people live in ``pricing.explain_text``; these are what programs and logs show.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

Facts = Mapping[str, Any]


def percent(basis_points: int) -> str:
    """Write basis points as percent without needless zeros.

    >>> percent(2000), percent(250), percent(125)
    ('20%', '2.5%', '1.25%')
    """
    whole, rest = divmod(abs(basis_points), 100)
    decimals = f".{rest:02d}".rstrip("0") if rest else ""
    return f"{'-' if basis_points < 0 else ''}{whole}{decimals}%"


LABELS: Final[Mapping[str, Callable[[Facts], str]]] = {
    "base": lambda facts: "List price",
    "local_price": lambda facts: f"Price in {facts['currency']}",
    "fx": lambda facts: f"Exchange rate {facts['rate']} of {facts['date']}",
    "markup": lambda facts: f"Regional adjustment {percent(facts['bps'])}",
    "charm": lambda facts: "Rounded to a plain price",
    "experiment": lambda facts: "Price on offer to you",
    "months": lambda facts: f"{facts['months']} months",
    "quantity": lambda facts: f"{facts['quantity']} units",
    "volume": lambda facts: (
        f"{facts['from_months']} months or more: {percent(facts['bps'])} off"
    ),
    "volume_guard": lambda facts: f"No more than {facts['months']} months cost",
    "quantity_discount": lambda facts: (
        f"{facts['from_quantity']} units or more: {percent(facts['bps'])} off"
    ),
    "quantity_guard": lambda facts: f"No more than {facts['quantity']} units cost",
    "affiliate": lambda facts: f"Referred by a friend: {percent(facts['bps'])} off",
    "promotion": lambda facts: f"{facts['name']}",
    "promo_code": lambda facts: f"Promo code {facts['promo_code']}",
    "upgrade_credit": lambda facts: "Credit for the time you have not used",
    "cap": lambda facts: f"Discounts end at {percent(facts['bps'])}",
    "floor": lambda facts: "Lowest price of this offer",
    "gift_card": lambda facts: "Paid by gift card",
    "stars": lambda facts: "Rounded up to whole Stars",
}


def label_of(code: str, detail: Facts) -> str:
    """Return the English words for a line."""
    return LABELS[code](detail)
