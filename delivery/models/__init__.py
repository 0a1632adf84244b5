"""What can be handed over, to whom it was, and what waits for the post."""

from delivery.models.codes import Code, CodeStock, StockWish
from delivery.models.deliveries import Delivery, DeliveryItem
from delivery.models.parcels import Parcel, ShippingOption

__all__ = [
    "Code",
    "CodeStock",
    "Delivery",
    "DeliveryItem",
    "Parcel",
    "ShippingOption",
    "StockWish",
]
