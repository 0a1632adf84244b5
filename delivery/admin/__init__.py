"""How staff fill stocks, see what was handed over, and send parcels."""

from delivery.admin.cards import card_of_failures, card_of_low_stock, card_of_parcels
from delivery.admin.codes import CodeAdmin, CodeStockAdmin, StockWishAdmin
from delivery.admin.deliveries import DeliveryAdmin, DeliveryItemAdmin
from delivery.admin.parcels import ParcelAdmin, ShippingOptionAdmin

__all__ = [
    "CodeAdmin",
    "CodeStockAdmin",
    "DeliveryAdmin",
    "DeliveryItemAdmin",
    "ParcelAdmin",
    "ShippingOptionAdmin",
    "StockWishAdmin",
    "card_of_failures",
    "card_of_low_stock",
    "card_of_parcels",
]
