"""How staff see and edit the catalog."""

from catalog.admin.cards import card_of_first_product
from catalog.admin.categories import CategoryAdmin
from catalog.admin.products import ProductAdmin
from catalog.admin.tiers import ProductTierAdmin, TierStockAdmin

__all__ = [
    "CategoryAdmin",
    "ProductAdmin",
    "ProductTierAdmin",
    "TierStockAdmin",
    "card_of_first_product",
]
