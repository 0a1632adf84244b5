"""How staff see and edit the catalog."""

from catalog.admin.categories import CategoryAdmin
from catalog.admin.products import ProductAdmin
from catalog.admin.tiers import ProductTierAdmin, TierStockAdmin

__all__ = ["CategoryAdmin", "ProductAdmin", "ProductTierAdmin", "TierStockAdmin"]
