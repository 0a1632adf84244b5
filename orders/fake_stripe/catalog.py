"""Products, prices, coupons and customers: what the shop tells Stripe about."""

from typing import Any

from orders.fake_stripe.currencies import check_precision
from orders.fake_stripe.refusals import StripeRefusal
from orders.fake_stripe.world import Obj, World


def create_customer(world: World, params: dict[str, Any]) -> Obj:
    """Answer ``POST /v1/customers``."""
    customer = world.add(
        id=world.new_id("cus", 14),
        object="customer",
        address=None,
        balance=0,
        currency=None,
        default_source=None,
        delinquent=False,
        description=params.get("description"),
        email=params.get("email"),
        invoice_prefix=world.new_id("x", 8)[2:].upper(),
        invoice_settings={
            "default_payment_method": None,
            "custom_fields": None,
            "footer": None,
        },
        metadata=dict(params.get("metadata") or {}),
        name=params.get("name"),
        next_invoice_sequence=1,
        phone=params.get("phone"),
        preferred_locales=params.get("preferred_locales") or [],
        shipping=None,
        tax_exempt="none",
    )
    world.emit("customer.created", customer)
    return customer


def update_customer(world: World, identifier: str, params: dict[str, Any]) -> Obj:
    """Answer ``POST /v1/customers/{id}``."""
    customer = world.find("customer", identifier)
    params = {**params, "metadata": {**customer["metadata"], **(params.get("metadata") or {})}}
    customer.update({key: value for key, value in params.items() if key in customer})
    world.emit("customer.updated", customer)
    return customer


def create_product(world: World, params: dict[str, Any]) -> Obj:
    """Answer ``POST /v1/products``."""
    return world.add(
        id=params.get("id") or world.new_id("prod", 14),
        object="product",
        active=True,
        default_price=None,
        description=params.get("description"),
        images=params.get("images") or [],
        marketing_features=[],
        metadata=dict(params.get("metadata") or {}),
        name=params["name"],
        package_dimensions=None,
        shippable=None,
        tax_code=params.get("tax_code"),
        type="service",
        updated=world.now(),
        url=None,
    )


def create_price(world: World, params: dict[str, Any]) -> Obj:
    """Answer ``POST /v1/prices``, and the ``price_data`` of other requests."""
    if "unit_amount" not in params:
        raise StripeRefusal(
            "Missing required param: unit_amount.",
            code="parameter_missing",
            param="unit_amount",
        )
    amount, currency = params["unit_amount"], params["currency"].lower()
    check_precision(amount, currency, param="unit_amount")
    recurring = params.get("recurring")
    return world.add(
        id=world.new_id("price_1"),
        object="price",
        active=True,
        billing_scheme="per_unit",
        currency=currency,
        custom_unit_amount=None,
        lookup_key=params.get("lookup_key"),
        metadata=dict(params.get("metadata") or {}),
        nickname=params.get("nickname"),
        product=_product_of(world, params)["id"],
        recurring=recurring and _recurrence(recurring),
        tax_behavior=params.get("tax_behavior", "unspecified"),
        tiers_mode=None,
        transform_quantity=None,
        type="recurring" if recurring else "one_time",
        unit_amount=amount,
        unit_amount_decimal=str(amount),
    )


def create_coupon(world: World, params: dict[str, Any]) -> Obj:
    """Answer ``POST /v1/coupons``."""
    if ("amount_off" in params) == ("percent_off" in params):
        raise StripeRefusal("You must pass either `percent_off` or `amount_off`.")
    if "amount_off" in params and "currency" not in params:
        raise StripeRefusal(
            "You must pass `currency` when passing `amount_off`.", param="currency"
        )
    if params.get("duration") == "repeating" and "duration_in_months" not in params:
        raise StripeRefusal("You must pass `duration_in_months`.", param="duration_in_months")
    return world.add(
        id=params.get("id") or world.new_id("coup", 8)[5:],
        object="coupon",
        amount_off=params.get("amount_off"),
        currency=params.get("currency"),
        duration=params.get("duration", "once"),
        duration_in_months=params.get("duration_in_months"),
        max_redemptions=params.get("max_redemptions"),
        metadata=dict(params.get("metadata") or {}),
        name=params.get("name"),
        percent_off=params.get("percent_off"),
        redeem_by=params.get("redeem_by"),
        times_redeemed=0,
        valid=True,
    )


def discounted(world: World, amount: int, coupon_id: str | None) -> int:
    """Return ``amount`` less what a coupon takes off, at least 0."""
    if coupon_id is None:
        return amount
    coupon = world.find("coupon", coupon_id, param="discounts[0][coupon]")
    if coupon["amount_off"] is not None:
        return max(amount - int(coupon["amount_off"]), 0)
    off_bps = int(round(coupon["percent_off"] * 100))
    return amount - (2 * amount * off_bps + 10_000) // 20_000


def _recurrence(recurring: dict[str, Any]) -> Obj:
    return {
        "interval": recurring["interval"],
        "interval_count": recurring.get("interval_count", 1),
        "meter": None,
        "trial_period_days": None,
        "usage_type": "licensed",
    }


def _product_of(world: World, params: dict[str, Any]) -> Obj:
    if "product_data" in params:
        return create_product(world, params["product_data"])
    if "product" not in params:
        raise StripeRefusal(
            "Missing required param: product.", code="parameter_missing", param="product"
        )
    return world.find("product", params["product"], param="product")
