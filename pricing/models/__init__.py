"""Everything about prices that staff edit, and the ledgers beside it."""

from pricing.models.affiliates import (
    Affiliate,
    AffiliateClicks,
    AffiliateProgram,
    AffiliateVisitor,
    CodeTries,
    CommissionEntry,
    GiftCard,
    GiftCardEntry,
    Payout,
)
from pricing.models.experiments import Experiment, ExperimentArm, ExperimentSale, Exposure
from pricing.models.promotions import (
    LimitCounter,
    PromoCode,
    PromoLimit,
    Promotion,
    PromotionAmount,
    Reservation,
)
from pricing.models.regions import CurrencySetting, FxRate, Region
from pricing.models.rules import LocalPrice, PricingRules, QuantityStep, VolumeStep
from pricing.models.versions import PriceVersion, StoredQuote, VersionPrice

__all__ = [
    "Affiliate",
    "AffiliateClicks",
    "AffiliateProgram",
    "AffiliateVisitor",
    "CodeTries",
    "CommissionEntry",
    "CurrencySetting",
    "Experiment",
    "ExperimentArm",
    "ExperimentSale",
    "Exposure",
    "FxRate",
    "GiftCard",
    "GiftCardEntry",
    "LimitCounter",
    "LocalPrice",
    "Payout",
    "PriceVersion",
    "PricingRules",
    "PromoCode",
    "PromoLimit",
    "Promotion",
    "PromotionAmount",
    "QuantityStep",
    "Region",
    "Reservation",
    "StoredQuote",
    "VersionPrice",
    "VolumeStep",
]
