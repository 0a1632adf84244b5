"""How is something on offer called?"""

from django.utils.translation import gettext as _

from telegram_bot.visit import Visit


def tier_title(visit: Visit, tier_id: int) -> str:
    """Return the names of product and tier."""
    try:
        tier = visit.catalog.tier(tier_id)
    except KeyError:
        return _("No longer on offer")
    product = visit.catalog.product(tier.product_id)
    names = (product.names, tier.names)
    return " · ".join(visit.catalog.text(texts, visit.language) for texts in names)
