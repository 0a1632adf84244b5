"""How does a Checkout Session open, get paid, or expire?"""

from typing import Any
from urllib.parse import urlsplit

from orders.fake_stripe import subscriptions
from orders.fake_stripe.cards import Behavior, new_payment_method
from orders.fake_stripe.catalog import create_customer, create_price, discounted
from orders.fake_stripe.clock import DAY
from orders.fake_stripe.currencies import check_charge
from orders.fake_stripe.payments import Outcome, attempt, authenticate, new_intent
from orders.fake_stripe.payments import settle as settle_intent
from orders.fake_stripe.refusals import StripeRefusal
from orders.fake_stripe.world import Obj, World, a_list

_SHORTEST, _LONGEST = 30 * 60, DAY


def create_session(world: World, params: dict[str, Any]) -> Obj:
    """Answer ``POST /v1/checkout/sessions``."""
    _check_params(params)
    _check_urls(params)
    expires_at = _expiry(world, params)
    customer = params.get("customer")
    if customer:
        world.find("customer", customer, param="customer")
    prices = _prices(world, params)
    currency = prices[0][0]["currency"]
    coupon = _coupon(world, params)
    subtotal = sum(price["unit_amount"] * quantity for price, quantity in prices)
    total = discounted(world, subtotal, coupon)
    is_trial = bool((params.get("subscription_data") or {}).get("trial_period_days"))
    total = 0 if is_trial else total
    if params["mode"] == "payment" and total or total > 0:
        check_charge(total, currency)
    identifier = world.new_id("cs_test_a1", 56)
    session = world.add(
        id=identifier,
        object="checkout.session",
        **_blank(),
        **{name: params.get(name) for name in _ECHOED},
        adaptive_pricing=params.get("adaptive_pricing") or {"enabled": True},
        amount_subtotal=0 if is_trial else subtotal,
        amount_total=total,
        currency=currency,
        customer=customer,
        customer_creation=None if customer else params.get("customer_creation", "if_required"),
        discounts=[{"coupon": coupon, "promotion_code": None}] if coupon else [],
        expires_at=expires_at,
        metadata=dict(params.get("metadata") or {}),
        mode=params["mode"],
        payment_status="unpaid" if total else "no_payment_required",
        total_details={
            "amount_discount": 0 if is_trial else subtotal - total,
            "amount_shipping": 0,
            "amount_tax": 0,
        },
        url=f"{world.pay_url}/{identifier}",
    )
    _remember(world, identifier, params, prices, coupon)
    return session


def _remember(
    world: World,
    identifier: str,
    params: dict[str, Any],
    prices: list[tuple[Obj, int]],
    coupon: str | None,
) -> None:
    """Keep what the payment will need and the session does not say."""
    world.note(
        identifier,
        lines=[[price["id"], quantity] for price, quantity in prices],
        coupon=coupon,
        intent_data=params.get("payment_intent_data") or {},
        subscription_data=params.get("subscription_data") or {},
    )


#: What a session says back as it was asked.
_ECHOED = (
    "allow_promotion_codes",
    "cancel_url",
    "client_reference_id",
    "customer_email",
    "locale",
    "submit_type",
    "success_url",
)


def _blank() -> Obj:
    """Return what every new session says alike."""
    return {
        "after_expiration": None,
        "automatic_tax": {
            "enabled": False,
            "liability": None,
            "provider": None,
            "status": None,
        },
        "billing_address_collection": None,
        "client_secret": None,
        "custom_fields": [],
        "custom_text": {},
        "customer_details": None,
        "invoice": None,
        "payment_intent": None,
        "payment_link": None,
        "payment_method_collection": "always",
        "payment_method_types": ["card", "link", "sepa_debit"],
        "recovered_from": None,
        "shipping_options": [],
        "status": "open",
        "subscription": None,
        "ui_mode": "hosted_page",
    }


def line_items(world: World, session: Obj) -> Obj:
    """Return what a session sells."""
    items = []
    for price_id, quantity in world.note(session["id"])["lines"]:
        price = world.objects[price_id]
        amount = price["unit_amount"] * quantity
        items.append(
            {
                "id": f"li_{price_id[6:]}",
                "object": "item",
                "amount_discount": 0,
                "amount_subtotal": amount,
                "amount_tax": 0,
                "amount_total": amount,
                "currency": price["currency"],
                "description": world.objects[price["product"]]["name"],
                "price": price,
                "quantity": quantity,
            }
        )
    return a_list(items, f"/v1/checkout/sessions/{session['id']}/line_items")


def expire_session(world: World, identifier: str, params: dict[str, Any]) -> Obj:
    """Answer ``POST /v1/checkout/sessions/{id}/expire``."""
    session = world.find("checkout.session", identifier)
    if session["status"] != "open":
        raise StripeRefusal(
            'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout '
            f"Session has a status of {session['status']}."
        )
    expire(world, session)
    return session


def expire(world: World, session: Obj) -> None:
    """Close a session so that nobody can pay it any more."""
    session.update(status="expired", url=None)
    world.emit("checkout.session.expired", session)


def pay(world: World, identifier: str, behavior: Behavior, *, email: str = "") -> Outcome:
    """Let the customer submit the page with a test card.

    Raises:
        StripeRefusal: the session is no longer open.
    """
    session = world.find("checkout.session", identifier)
    if session["status"] != "open":
        raise StripeRefusal(f"This session is {session['status']}.")
    customer = session["customer"]
    if customer is None and session["mode"] == "subscription":
        customer = create_customer(world, {"email": email or None})["id"]
        session["customer"] = customer
    method = new_payment_method(world, behavior, customer)
    session["customer_details"] = {"email": email or None, "name": None, "phone": None}
    if session["mode"] == "subscription":
        return _pay_subscription(world, session, method, behavior)
    if session["amount_total"] == 0:
        _complete(world, session, payment_status="no_payment_required")
        return Outcome.SUCCEEDED
    outcome = attempt(world, _intent_of(world, session), method, behavior)
    return _follow(world, session, outcome)


def authenticate_session(world: World, identifier: str, *, passed: bool) -> Outcome:
    """Let the customer finish the bank's page."""
    session = world.find("checkout.session", identifier)
    if session["mode"] == "subscription":
        kept = world.note(identifier)
        behavior = Behavior.SUCCEEDS if passed else Behavior.DECLINED
        method = world.objects[kept["method"]]
        return _pay_subscription(world, session, method, behavior)
    intent = world.find("payment_intent", session["payment_intent"])
    return _follow(world, session, authenticate(world, intent, passed=passed))


def settle(world: World, identifier: str, *, succeeded: bool) -> Obj:
    """Let a delayed payment succeed or fail; the page was left long ago."""
    session = world.find("checkout.session", identifier)
    if session["status"] != "complete" or session["payment_status"] != "unpaid":
        raise StripeRefusal("Nothing of this session is being processed.")
    intent_id = session["payment_intent"] or world.note(identifier)["intent"]
    intent = world.find("payment_intent", intent_id)
    world.note(intent_id, settles_at=None)
    settle_intent(world, intent, succeeded=succeeded)
    if session["subscription"]:
        _settle_subscription(world, session, succeeded=succeeded)
    if succeeded:
        session["payment_status"] = "paid"
    word = "succeeded" if succeeded else "failed"
    world.emit(f"checkout.session.async_payment_{word}", session)
    return session


def _follow(world: World, session: Obj, outcome: Outcome) -> Outcome:
    if outcome is Outcome.SUCCEEDED:
        _complete(world, session, payment_status="paid")
    elif outcome is Outcome.PROCESSING:
        _complete(world, session, payment_status="unpaid")
    return outcome


def _complete(world: World, session: Obj, *, payment_status: str) -> None:
    session.update(status="complete", payment_status=payment_status, url=None)
    world.emit("checkout.session.completed", session)


def _intent_of(world: World, session: Obj) -> Obj:
    """A session has one intent, made by the first attempt; later attempts use it again."""
    if session["payment_intent"]:
        return world.objects[session["payment_intent"]]
    intent = new_intent(
        world,
        amount=session["amount_total"],
        currency=session["currency"],
        customer=session["customer"],
        data=world.note(session["id"])["intent_data"],
    )
    session["payment_intent"] = intent["id"]
    return intent


def _pay_subscription(world: World, session: Obj, method: Obj, behavior: Behavior) -> Outcome:
    kept = world.note(session["id"], method=method["id"])
    if behavior is Behavior.AUTHENTICATION:
        return Outcome.REQUIRES_ACTION
    if behavior in {Behavior.DECLINED, Behavior.INSUFFICIENT_FUNDS}:
        return Outcome.FAILED
    subscription = subscriptions.start(
        world,
        customer=session["customer"],
        prices=[(world.objects[price_id], count) for price_id, count in kept["lines"]],
        method=method,
        data=kept["subscription_data"],
        coupon=kept["coupon"],
    )
    outcome = subscriptions.bill_first(world, subscription, method, behavior)
    session.update(subscription=subscription["id"], invoice=subscription["latest_invoice"])
    is_free = session["amount_total"] == 0
    if outcome is Outcome.SUCCEEDED:
        _complete(world, session, payment_status="no_payment_required" if is_free else "paid")
    else:
        payments = world.every("invoice_payment", invoice=subscription["latest_invoice"])
        kept["intent"] = payments[0]["payment"]["payment_intent"]
        _complete(world, session, payment_status="unpaid")
    return outcome


def _settle_subscription(world: World, session: Obj, *, succeeded: bool) -> None:
    subscription = world.objects[session["subscription"]]
    if succeeded:
        subscriptions.first_payment_arrived(world, subscription)
    else:
        subscription["status"] = "incomplete_expired"
        subscription["ended_at"] = world.now()
    world.emit("customer.subscription.updated", subscription)


def _check_params(params: dict[str, Any]) -> None:
    if "mode" not in params:
        raise StripeRefusal(
            "Missing required param: mode.", code="parameter_missing", param="mode"
        )
    mode = params["mode"]
    wrong = {"payment": "subscription_data", "subscription": "payment_intent_data"}.get(mode)
    if wrong in params:
        raise StripeRefusal(f"You can not pass `{wrong}` in `{mode}` mode.", param=str(wrong))
    if "discounts" in params and "allow_promotion_codes" in params:
        raise StripeRefusal(
            "You may only specify one of these parameters: allow_promotion_codes, discounts."
        )
    if "customer" in params and "customer_email" in params:
        raise StripeRefusal(
            "You may only specify one of these parameters: customer, customer_email."
        )
    if mode == "subscription" and "customer_creation" in params:
        raise StripeRefusal("`customer_creation` can only be used in `payment` mode.")
    if len(params.get("client_reference_id", "")) > 200:
        raise StripeRefusal("Invalid client_reference_id: at most 200 characters.")
    if not params.get("line_items"):
        raise StripeRefusal(
            "Missing required param: line_items.", code="parameter_missing", param="line_items"
        )


def _check_urls(params: dict[str, Any]) -> None:
    if "success_url" not in params:
        raise StripeRefusal(
            "Missing required param: success_url.",
            code="parameter_missing",
            param="success_url",
        )
    for name in ("success_url", "cancel_url"):
        parts = urlsplit(params.get(name, "https://example.com"))
        if parts.scheme not in {"http", "https"} or not parts.netloc:
            raise StripeRefusal("Not a valid URL", code="url_invalid", param=name)


def _expiry(world: World, params: dict[str, Any]) -> int:
    now = world.now()
    wanted: int | None = params.get("expires_at")
    expires_at = now + _LONGEST if wanted is None else wanted + world.lag
    if expires_at < now + _SHORTEST:
        raise StripeRefusal(
            "The `expires_at` timestamp must be at least 30 minutes from Checkout Session "
            "creation.",
            param="expires_at",
        )
    if expires_at > now + _LONGEST:
        raise StripeRefusal(
            "The `expires_at` timestamp must be less than 24 hours from Checkout Session "
            "creation.",
            param="expires_at",
        )
    return expires_at


def _prices(world: World, params: dict[str, Any]) -> list[tuple[Obj, int]]:
    prices = []
    for index, line in enumerate(params["line_items"]):
        if "price_data" in line:
            price = create_price(world, line["price_data"])
        else:
            price = world.find("price", line.get("price"), param=f"line_items[{index}][price]")
        prices.append((price, line.get("quantity", 1)))
    if len({price["currency"] for price, _ in prices}) > 1:
        raise StripeRefusal("All line items must have the same currency.", param="line_items")
    is_recurring = [price["type"] == "recurring" for price, _ in prices]
    if params["mode"] == "payment" and any(is_recurring):
        raise StripeRefusal(
            "You specified `payment` mode but passed a recurring price. Either switch to "
            "`subscription` mode or use only one-time prices.",
            param="line_items",
        )
    if params["mode"] == "subscription" and not all(is_recurring):
        raise StripeRefusal(
            "You must provide at least one recurring price in `subscription` mode when using "
            "prices.",
            param="line_items",
        )
    return prices


def _coupon(world: World, params: dict[str, Any]) -> str | None:
    for discount in params.get("discounts") or []:
        identifier: str | None = discount.get("coupon")
        world.find("coupon", identifier, param="discounts[0][coupon]")
        return identifier
    return None
