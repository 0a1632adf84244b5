"""The pages of everything about prices."""

from pricing.admin.affiliates import (
    AffiliateAdmin,
    CommissionEntryAdmin,
    PayoutAdmin,
)
from pricing.admin.basics import (
    AffiliateProgramAdmin,
    CurrencySettingAdmin,
    LocalPriceAdmin,
    PricingRulesAdmin,
    QuantityStepAdmin,
    RegionAdmin,
    VolumeStepAdmin,
)
from pricing.admin.cards import card_of_payouts, card_of_rates
from pricing.admin.experiments import ExperimentAdmin, ExposureAdmin
from pricing.admin.gift_cards import GiftCardAdmin
from pricing.admin.lists import PriceVersionAdmin, StoredQuoteAdmin
from pricing.admin.promotions import PromoCodeAdmin, PromotionAdmin, ReservationAdmin
from pricing.admin.rates import FxRateAdmin

__all__ = [
    "AffiliateAdmin",
    "AffiliateProgramAdmin",
    "CommissionEntryAdmin",
    "CurrencySettingAdmin",
    "ExperimentAdmin",
    "ExposureAdmin",
    "FxRateAdmin",
    "GiftCardAdmin",
    "LocalPriceAdmin",
    "PayoutAdmin",
    "PriceVersionAdmin",
    "PricingRulesAdmin",
    "PromoCodeAdmin",
    "PromotionAdmin",
    "QuantityStepAdmin",
    "RegionAdmin",
    "ReservationAdmin",
    "StoredQuoteAdmin",
    "VolumeStepAdmin",
    "card_of_payouts",
    "card_of_rates",
]
