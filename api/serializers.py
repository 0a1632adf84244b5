"""The shapes of what goes in and comes out, named for the schema."""

from typing import Any

from django.core.validators import ProhibitNullCharactersValidator
from rest_framework import serializers

from catalog.levels import Level
from pricing.engine import MAX_MONTHS

#: Any serializer, whatever it reads.
Plain = serializers.Serializer[Any]


class CategoryOut(Plain):
    """A shelf of the shop."""

    slug = serializers.CharField()
    name = serializers.CharField()
    icon = serializers.CharField()
    parent = serializers.CharField(  # type: ignore[assignment]  # a field of that name
        allow_null=True, help_text="Slug of the shelf it stands in."
    )


class TierOut(Plain):
    """An offer of a product."""

    offer = serializers.CharField(help_text="Full name of the offer, like signals/premium.")
    level = serializers.ChoiceField(choices=Level.choices)
    name = serializers.CharField()
    base_price_minor = serializers.IntegerField(
        help_text="By the price list in force, before region and discounts."
    )
    currency = serializers.CharField()
    is_monthly = serializers.BooleanField()


class ProductOut(Plain):
    """A product with its offers, in the language asked for."""

    slug = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    features = serializers.ListField(child=serializers.CharField())
    category = serializers.CharField(help_text="Slug of the shelf.")
    goods_type = serializers.CharField()
    tiers = TierOut(many=True)


class CatalogOut(Plain):
    """What is on sale now."""

    version = serializers.IntegerField(help_text="Rises with every change to the catalog.")
    categories = CategoryOut(many=True)
    products = ProductOut(many=True)


class QuoteIn(Plain):
    """An offer to price."""

    offer = serializers.RegexField(
        r"^[-a-zA-Z0-9_]+/[a-z]+$", max_length=120, help_text="Like signals/premium."
    )
    months = serializers.IntegerField(min_value=1, max_value=MAX_MONTHS, default=1)
    quantity = serializers.IntegerField(min_value=1, max_value=10_000, default=1)
    telegram_id = serializers.IntegerField(
        required=False, min_value=1, max_value=2**52, help_text="For this customer."
    )
    region = serializers.RegexField(
        r"^[A-Z]{2,8}$", required=False, help_text="For nobody in particular, from there."
    )
    currency = serializers.RegexField(
        r"^[A-Z]{3}$", required=False, help_text="XTR for Stars; the region's without it."
    )
    promo_code = serializers.RegexField(r"^[-a-zA-Z0-9_]{1,40}$", required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Ask for exactly one of customer and region."""
        if ("telegram_id" in attrs) == ("region" in attrs):
            raise serializers.ValidationError("Send either telegram_id or region.")
        return attrs


class PriceLineOut(Plain):
    """One step of a price."""

    code = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # a field of that name
    amount_minor = serializers.IntegerField()
    detail = serializers.DictField()


class QuoteOut(Plain):
    """A price with its reason; the lines sum to the total."""

    quote = serializers.CharField(
        help_text="Under this name the price can be recomputed. The same answer to the same "
        "question has one name for a day."
    )
    total_minor = serializers.IntegerField()
    currency = serializers.CharField()
    fingerprint = serializers.CharField()
    lines = PriceLineOut(many=True)
    explanation = serializers.ListField(child=serializers.CharField())


class CustomerOut(Plain):
    """A customer."""

    telegram_id = serializers.IntegerField()
    language = serializers.CharField()
    region = serializers.CharField(allow_blank=True)
    tier = serializers.ChoiceField(choices=Level.choices)
    is_premium = serializers.BooleanField()
    created_at = serializers.DateTimeField()


class EntitlementOut(Plain):
    """What a customer has of one entitlement."""

    name = serializers.CharField()
    tier = serializers.ChoiceField(choices=Level.choices)
    is_active = serializers.BooleanField()
    is_blocked = serializers.BooleanField()
    in_grace = serializers.BooleanField()
    starts_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True, help_text="Null: never.")
    grace_until = serializers.DateTimeField(allow_null=True)
    will_renew = serializers.BooleanField()
    source = serializers.CharField()  # type: ignore[assignment]  # a field of that name


class PrivilegeOut(Plain):
    """What a customer has of one privilege."""

    kind = serializers.CharField()
    value = serializers.CharField()
    limit = serializers.IntegerField(allow_null=True, help_text="Null: no limit, or no number.")
    used = serializers.IntegerField()
    remaining = serializers.IntegerField(allow_null=True)
    resets_at = serializers.DateTimeField(allow_null=True)


class EntitlementMapOut(Plain):
    """Everything a customer has, by code."""

    tier = serializers.ChoiceField(choices=Level.choices)
    entitlements = serializers.DictField(child=EntitlementOut())
    privileges = serializers.DictField(child=PrivilegeOut())


class CheckOut(Plain):
    """Whether a customer has access."""

    entitlement = serializers.CharField()
    is_active = serializers.BooleanField()
    as_of = serializers.DateTimeField()


class ReasonOut(Plain):
    """One fact that decided."""

    code = serializers.CharField()
    params = serializers.DictField()


class ExplanationOut(Plain):
    """Why a customer has access, or not."""

    entitlement = serializers.CharField()
    at = serializers.DateTimeField()
    level = serializers.CharField(allow_null=True)
    has_access = serializers.BooleanField()
    verdict = serializers.CharField()
    reasons = ReasonOut(many=True)
    text = serializers.CharField()


class ConsumeIn(Plain):
    """A use of a privilege."""

    amount = serializers.IntegerField(min_value=1, max_value=2**31 - 1, default=1)


class ConsumeOut(Plain):
    """Where the period stands after the use."""

    privilege = serializers.CharField()
    amount = serializers.IntegerField()
    used = serializers.IntegerField()
    limit = serializers.IntegerField(allow_null=True)
    remaining = serializers.IntegerField(allow_null=True)
    is_over = serializers.BooleanField()
    resets_at = serializers.DateTimeField(allow_null=True)


class GrantIn(Plain):
    """An entitlement to grant, for months, until a moment, or for life."""

    entitlement = serializers.SlugField(max_length=60)
    level = serializers.ChoiceField(choices=Level.choices, default=Level.PREMIUM)
    months = serializers.IntegerField(min_value=1, max_value=MAX_MONTHS, required=False)
    until = serializers.DateTimeField(required=False)
    lifetime = serializers.BooleanField(default=False)
    note = serializers.CharField(
        max_length=200,
        required=False,
        default="",
        allow_blank=True,
        validators=[ProhibitNullCharactersValidator()],
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Ask for exactly one length."""
        if ("months" in attrs) + ("until" in attrs) + attrs["lifetime"] != 1:
            raise serializers.ValidationError("Send one of months, until and lifetime.")
        return attrs


class GrantOut(Plain):
    """A grant."""

    id = serializers.IntegerField()
    entitlement = serializers.CharField()
    level = serializers.ChoiceField(choices=Level.choices)
    source = serializers.CharField()  # type: ignore[assignment]  # a field of that name
    starts_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True)
    revoked_at = serializers.DateTimeField(allow_null=True)


class RevokeIn(Plain):
    """Why a grant ends."""

    reason = serializers.CharField(
        max_length=200, validators=[ProhibitNullCharactersValidator()]
    )


class RevokeOut(Plain):
    """How many grants ended."""

    revoked = serializers.IntegerField()


class OrderLineOut(Plain):
    """What an order sold."""

    product = serializers.CharField()
    tier = serializers.CharField()
    level = serializers.CharField()
    quantity = serializers.IntegerField()
    months = serializers.IntegerField()
    unit_minor = serializers.IntegerField()
    total_minor = serializers.IntegerField()


class OrderOut(Plain):
    """An order."""

    number = serializers.CharField()
    telegram_id = serializers.IntegerField()
    status = serializers.CharField()
    currency = serializers.CharField()
    base_minor = serializers.IntegerField()
    total_minor = serializers.IntegerField()
    paid_minor = serializers.IntegerField()
    refunded_minor = serializers.IntegerField()
    payment_method = serializers.CharField(allow_blank=True)
    placed_at = serializers.DateTimeField()
    paid_at = serializers.DateTimeField(allow_null=True)
    lines = OrderLineOut(many=True)


class LoginIn(Plain):
    """What Telegram gives a Mini App when it opens."""

    init_data = serializers.CharField(max_length=4096, trim_whitespace=False)


class SessionOut(Plain):
    """A Mini App's session."""

    token = serializers.CharField(help_text="Send as: Authorization: Bearer …")
    expires_at = serializers.DateTimeField()
    telegram_id = serializers.IntegerField()


class TokenOut(Plain):
    """A customer's entitlements, signed, to be checked without asking."""

    token = serializers.CharField(help_text="A JWT signed with EdDSA; keys are at /jwks.json.")
    expires_at = serializers.DateTimeField()
