"""How are amounts, days and names written? The one place that escapes HTML."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from html import escape

from babel.dates import format_date
from babel.numbers import format_percent
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from shopbot.kernel.money import Money, format_money, half_up


class Html(str):
    """Text that is HTML already and must not be escaped again."""

    __slots__ = ()


def fill(template: str, **values: object) -> Html:
    """Put values into a text of ours, escaped: names may hold any sign."""
    written = {
        name: value if isinstance(value, Html) else escape(str(value), quote=False)
        for name, value in values.items()
    }
    return Html(template.format(**written))


def plain(text: str) -> Html:
    """Return somebody's text as HTML that shows it unchanged."""
    return Html(escape(text, quote=False))


def bold(text: str) -> Html:
    """Return somebody's text as bold HTML."""
    return Html(f"<b>{escape(text, quote=False)}</b>")


def paragraphs(*parts: str) -> str:
    """Join what is not empty with blank lines."""
    return "\n\n".join(part for part in parts if part)


def lines(parts: Iterable[str]) -> Html:
    """Join lines of HTML."""
    return Html("\n".join(parts))


def language() -> str:
    """Return the language that is active."""
    return get_language() or "en"


def price(amount: Money) -> str:
    """Write an amount in the active language."""
    return _price(amount.minor, amount.currency, language())


@lru_cache(maxsize=8192)
def _price(minor: int, currency: str, code: str) -> str:
    # Babel takes a tenth of a millisecond for each; a shop has few different prices.
    return format_money(Money(minor, currency), code)


def percent(basis_points: int) -> str:
    """Write basis points as whole percent, rounded half up."""
    return _percent(half_up(basis_points, 100), language())


@lru_cache(maxsize=512)
def _percent(whole: int, code: str) -> str:
    return format_percent(Decimal(whole) / 100, format="#,##0%", locale=code)


def day(moment: datetime) -> str:
    """Write a day in the active language."""
    return format_date(moment, format="long", locale=language())


def last_day(end: datetime) -> str:
    """Write the last day that a period with an exclusive end covers in full or in part."""
    return day(end - timedelta(microseconds=1))


def months(count: int) -> str:
    """Write a number of months."""
    return ngettext("{count} month", "{count} months", count).format(count=count)


def units(count: int) -> str:
    """Write a number of units of something bought."""
    return ngettext("{count} piece", "{count} pieces", count).format(count=count)


def level_name(level: str) -> str:
    """Return a level's name in the active language."""
    names = {
        "free": _("Free"),
        "premium": _("Premium"),
        "vip": _("VIP"),
        "enterprise": _("Enterprise"),
    }
    return names.get(level, level)
