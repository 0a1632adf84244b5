"""Why this price? Each step of a quote, and each refusal of a code, in the customer's words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final

from babel.dates import format_date
from babel.numbers import format_decimal, format_percent
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from pricing.engine import PriceLine, Quote
from shopbot.kernel.money import Money, format_money

Facts = Mapping[str, Any]


def line_text(line: PriceLine, language: str) -> str:
    """Return what one step did, in words; ``line_amount`` has the sum beside it."""
    with override(language):
        return _TEXTS[line.code](line.detail, language)


def line_amount(line: PriceLine, language: str) -> str:
    """Return by how much a step moved the price, such as ``−$48.00``; empty for nothing."""
    if not line.amount_minor:
        return ""
    size = format_money(Money(abs(line.amount_minor), line.currency), language)
    return f"{'+' if line.amount_minor > 0 else '−'}{size}"


def explain(quote: Quote, language: str) -> tuple[str, ...]:
    """Return the answer to "Why this price?": one sentence per step, the total last.

    The first step is where the price starts, so it carries no sign.
    """
    texts = []
    for position, line in enumerate(quote.lines):
        words = line_text(line, language)
        amount = line_amount(line, language)
        if position == 0:
            amount = format_money(line.amount, language)
        texts.append(f"{words}: {amount}" if amount else words)
    with override(language):
        total = _("You pay: %(total)s") % {"total": format_money(quote.total, language)}
    return (*texts, total)


def refusal_text(reason: str, language: str) -> str:
    """Return why a promo code does not apply, in words."""
    with override(language):
        return _REFUSALS[reason]()


def _percent(basis_points: int, language: str) -> str:
    return format_percent(Decimal(basis_points) / 10_000, format="#,##0.##%", locale=language)


def _base(facts: Facts, language: str) -> str:
    return _("Price")


def _local_price(facts: Facts, language: str) -> str:
    if facts["currency"] == "XTR":
        return _("Price in Stars")
    return _("Price in %(currency)s") % {"currency": facts["currency"]}


def _fx(facts: Facts, language: str) -> str:
    return _("Exchange rate %(rate)s of %(date)s") % {
        "rate": format_decimal(Decimal(facts["rate"]), format="#,##0.####", locale=language),
        "date": format_date(date.fromisoformat(facts["date"]), "medium", locale=language),
    }


def _markup(facts: Facts, language: str) -> str:
    return _("Prices in your region: %(percent)s") % {
        "percent": f"{'+' if facts['bps'] > 0 else ''}{_percent(facts['bps'], language)}"
    }


def _charm(facts: Facts, language: str) -> str:
    return _("Rounded to a plain price")


def _experiment(facts: Facts, language: str) -> str:
    return _("Price offered to you")


def _months(facts: Facts, language: str) -> str:
    months = facts["months"]
    return ngettext("For %(count)s month", "For %(count)s months", months) % {"count": months}


def _quantity(facts: Facts, language: str) -> str:
    count = facts["quantity"]
    return ngettext("%(count)s unit", "%(count)s units", count) % {"count": count}


def _volume(facts: Facts, language: str) -> str:
    months = facts["from_months"]
    text = ngettext(
        "%(percent)s off from %(count)s month on",
        "%(percent)s off from %(count)s months on",
        months,
    )
    return text % {"percent": _percent(facts["bps"], language), "count": months}


def _volume_guard(facts: Facts, language: str) -> str:
    months = facts["months"]
    text = ngettext(
        "You never pay more than for %(count)s month",
        "You never pay more than for %(count)s months",
        months,
    )
    return text % {"count": months}


def _quantity_discount(facts: Facts, language: str) -> str:
    count = facts["from_quantity"]
    text = ngettext(
        "%(percent)s off from %(count)s unit on",
        "%(percent)s off from %(count)s units on",
        count,
    )
    return text % {"percent": _percent(facts["bps"], language), "count": count}


def _quantity_guard(facts: Facts, language: str) -> str:
    count = facts["quantity"]
    text = ngettext(
        "You never pay more than for %(count)s unit",
        "You never pay more than for %(count)s units",
        count,
    )
    return text % {"count": count}


def _affiliate(facts: Facts, language: str) -> str:
    return _("%(percent)s off, because a friend sent you") % {
        "percent": _percent(facts["bps"], language)
    }


def _promotion(facts: Facts, language: str) -> str:
    name = facts.get("names", {}).get(language, facts["name"])
    if "bps" not in facts:
        return str(name)
    return _("%(name)s: %(percent)s off") % {
        "name": name,
        "percent": _percent(facts["bps"], language),
    }


def _promo_code(facts: Facts, language: str) -> str:
    return _("Promo code %(code)s") % {"code": facts["promo_code"]}


def _upgrade_credit(facts: Facts, language: str) -> str:
    return _("Credit for the time you have not used")


def _cap(facts: Facts, language: str) -> str:
    return _("All discounts together end at %(percent)s") % {
        "percent": _percent(facts["bps"], language)
    }


def _floor(facts: Facts, language: str) -> str:
    return _("This is the lowest price of this offer")


def _stars(facts: Facts, language: str) -> str:
    return _("Rounded up to whole Stars")


def _gift_card(facts: Facts, language: str) -> str:
    return _("Paid by gift card")


_TEXTS: Final[Mapping[str, Callable[[Facts, str], str]]] = {
    "base": _base,
    "local_price": _local_price,
    "fx": _fx,
    "markup": _markup,
    "charm": _charm,
    "experiment": _experiment,
    "months": _months,
    "quantity": _quantity,
    "volume": _volume,
    "volume_guard": _volume_guard,
    "quantity_discount": _quantity_discount,
    "quantity_guard": _quantity_guard,
    "affiliate": _affiliate,
    "promotion": _promotion,
    "promo_code": _promo_code,
    "upgrade_credit": _upgrade_credit,
    "cap": _cap,
    "floor": _floor,
    "stars": _stars,
    "gift_card": _gift_card,
}

_REFUSALS: Final[Mapping[str, Callable[[], str]]] = {
    "unknown": lambda: _("There is no such promo code."),
    "not_active": lambda: _("This promo code is no longer valid."),
    "not_started": lambda: _("This promo code is not valid yet."),
    "ended": lambda: _("This promo code has ended."),
    "not_yours": lambda: _("This promo code is for another customer."),
    "staff_only": lambda: _("This promo code is for our staff."),
    "first_purchase_only": lambda: _("This promo code is only for a first purchase."),
    "not_in_region": lambda: _("This promo code is not valid in your region."),
    "not_for_this": lambda: _("This promo code is not valid for this product."),
    "not_in_currency": lambda: _("This promo code is not valid in this currency."),
    "used_up": lambda: _("This promo code has been used up."),
    "used_by_you": lambda: _("You have used this promo code already."),
    "better_offer": lambda: _("You already get a better discount than this code gives."),
    "gives_nothing": lambda: _("This promo code would not make it cheaper."),
}
