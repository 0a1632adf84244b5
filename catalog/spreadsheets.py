"""The catalog as spreadsheets: a row per product with its prices, or a row per tier.

A column that a file does not have stays as it is; rows are told apart by slug, so a file may be
exported, edited and imported again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final, Self

from django.conf import settings
from import_export.fields import Field
from import_export.resources import ModelResource
from import_export.widgets import BooleanWidget, ForeignKeyWidget, Widget

from catalog.levels import Level
from catalog.models import Category, Product, ProductTier
from shopbot.kernel.errors import InvalidInput
from shopbot.kernel.money import Money, parse_money, to_decimal

_LANGUAGES: Final = [code for code, _ in settings.LANGUAGES]


def _by_language(*names: str) -> list[str]:
    return [f"{name}_{code}" for name in names for code in _LANGUAGES]


@dataclass(frozen=True, slots=True)
class Offer:
    """What a cell says of a tier: ``20.00 USD month``, ``9.00 EUR once``, ``off 5 USD month``.

    >>> str(Offer.read("OFF 5 usd Month"))
    'off 5.00 USD month'
    """

    price: Money
    period: str
    is_active: bool

    @classmethod
    def read(cls, text: str) -> Self:
        """Read a cell.

        Raises:
            ValueError: it is not written like that.
        """
        parts = re.fullmatch(r"(off +)?([\d.,]+) *([a-z]{3}) +(month|once)", text.strip(), re.I)
        if parts is None:
            raise ValueError(f"{text!r} should look like 20.00 USD month, or 49.00 USD once")
        off, amount, currency, period = parts.groups()
        return cls(_money(amount, currency), period.lower(), off is None)

    @classmethod
    def of(cls, tier: ProductTier) -> Self:
        """Return what a tier's cell would say."""
        return cls(tier.base_price, tier.billing_period, tier.is_active)

    def __str__(self) -> str:
        return f"{'' if self.is_active else 'off '}{self.price} {self.period}"


def _money(amount: str, currency: str) -> Money:
    try:
        return parse_money(amount, currency.upper())
    except InvalidInput as error:
        raise ValueError(str(error)) from None


class _OfferWidget(Widget):
    """Reads a cell as an offer; an empty one says nothing."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Offer | None:
        text = str(value or "").strip()
        return Offer.read(text) if text else None

    def render(self, value: Offer | None, obj: Any = None, **kwargs: Any) -> str:
        return "" if value is None else str(value)


class _SlugWidget(ForeignKeyWidget):
    """Finds a row by its slug, and says plainly when there is none."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Any:
        try:
            return super().clean(value, row, **kwargs)
        except self.model.DoesNotExist:
            kind = self.model._meta.verbose_name
            raise ValueError(f"no {kind} has the slug {value!r}") from None


class _AmountWidget(Widget):
    """Reads an amount in major units of the currency that stands in the same row."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> int | None:
        text = str(value if value is not None else "").strip()
        currency = str((row or {}).get("currency") or "USD")
        return _money(text, currency).minor if text else None


class _CellField(Field):
    """A column of the model; an empty cell leaves an empty text as it is, null or not."""

    def save(self, instance: Any, row: Any, is_m2m: bool = False, **kwargs: Any) -> None:
        """Write the cell, unless both it and the column are empty."""
        cleaned = self.clean(row, **kwargs)
        before = getattr(instance, self.attribute)
        if not (cleaned in self.empty_values and before in self.empty_values):
            setattr(instance, self.attribute, cleaned)


class _OfferField(Field):
    """A level's cell in the row of a product."""

    def __init__(self, level: str) -> None:
        super().__init__(
            attribute=f"offer_{level}",
            column_name=level,
            widget=_OfferWidget(),
            saves_null_values=False,
        )
        self.level = level

    def get_value(self, instance: Product) -> Offer | None:
        """Return what the file said, else what the product's tier says."""
        said: Offer | None = instance.__dict__.get(self.attribute)
        if said is not None or instance.pk is None:
            return said
        tiers = [tier for tier in instance.tiers.all() if tier.level == self.level]
        return Offer.of(tiers[0]) if tiers else None


class ProductResource(ModelResource):
    """A row per product, with a column of prices per level."""

    DEFAULT_RESOURCE_FIELD = _CellField

    category = Field(
        attribute="category", column_name="category", widget=_SlugWidget(Category, "slug")
    )
    published = Field(attribute="is_active", column_name="published", widget=BooleanWidget())
    free = _OfferField(Level.FREE)
    premium = _OfferField(Level.PREMIUM)
    vip = _OfferField(Level.VIP)
    enterprise = _OfferField(Level.ENTERPRISE)

    class Meta:
        model = Product
        import_id_fields = ("slug",)
        fields = (
            "slug",
            "category",
            "goods_type",
            "published",
            "visible_from",
            "visible_until",
            "position",
            *Level.values,
            *_by_language("name", "description", "features"),
        )
        export_order = fields
        clean_model_instances = True
        skip_unchanged = True
        use_transactions = True

    def after_save_instance(self, instance: Product, row: Any, **kwargs: Any) -> None:
        """Bring the tiers to what the cells say.

        Raises:
            ValidationError: a tier cannot be so; the row is then refused.
        """
        known = {tier.level: tier for tier in ProductTier.objects.filter(product=instance)}
        for position, level in enumerate(Level):
            offer: Offer | None = instance.__dict__.get(f"offer_{level}")
            if offer is not None:
                tier = known.get(level) or ProductTier(
                    product=instance, level=level, name_en=level.label, position=position
                )
                _save_offer(tier, offer)


_OFFER_COLUMNS: Final = ("base_price_minor", "currency", "billing_period", "is_active")


def _save_offer(tier: ProductTier, offer: Offer) -> None:
    is_new = tier._state.adding
    if not is_new and Offer.of(tier) == offer:
        return
    tier.base_price_minor, tier.currency = offer.price.minor, offer.price.currency
    tier.billing_period, tier.is_active = offer.period, offer.is_active
    tier.full_clean()
    if is_new:
        tier.save(force_insert=True)
    else:
        tier.save(update_fields=_OFFER_COLUMNS)


class TierResource(ModelResource):
    """A row per tier, with all its terms."""

    DEFAULT_RESOURCE_FIELD = _CellField

    product = Field(
        attribute="product", column_name="product", widget=_SlugWidget(Product, "slug")
    )
    price = Field(
        attribute="base_price_minor",
        column_name="price",
        widget=_AmountWidget(),
        dehydrate_method=lambda tier: str(to_decimal(tier.base_price)),
    )
    floor_price = Field(
        attribute="floor_price_minor",
        column_name="floor_price",
        widget=_AmountWidget(),
        dehydrate_method=lambda tier: _floor(tier),
    )

    class Meta:
        model = ProductTier
        import_id_fields = ("product", "level")
        fields = (
            "product",
            "level",
            "price",
            "currency",
            "billing_period",
            "floor_price",
            "is_active",
            "position",
            "tracks_stock",
            "max_quantity",
            "trial_days",
            "grace_days",
            *_by_language("name"),
        )
        export_order = fields
        clean_model_instances = True
        skip_unchanged = True
        use_transactions = True


def _floor(tier: ProductTier) -> str:
    if tier.floor_price_minor is None:
        return ""
    return str(to_decimal(Money(tier.floor_price_minor, tier.currency)))
