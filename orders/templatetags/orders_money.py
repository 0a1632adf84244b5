"""Write money in the language of the page."""

from django import template
from django.utils.translation import get_language

from shopbot.kernel.money import Money, format_money

register = template.Library()


@register.filter
def money(amount: Money) -> str:
    """Format an amount for the reader of this page."""
    return format_money(amount, get_language() or "en")
