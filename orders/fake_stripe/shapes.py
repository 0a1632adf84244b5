"""Does a request have exactly the shape that the pinned API version takes?

The shapes are the SDK's own ``TypedDict``s, made strict: no unknown key, no wrong type, and no
value outside an enumeration (the SDK's types leave those open for the future).
"""

import sys
import types
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Literal, NotRequired, Required, Union, get_args, get_origin

from pydantic import ConfigDict, TypeAdapter, ValidationError
from stripe import params as shapes
from stripe._request_options import RequestOptions
from stripe._stripe_object import UntypedStripeObject
from stripe.params import billing_portal, checkout, radar
from typing_extensions import TypedDict, get_type_hints, is_typeddict

from orders.fake_stripe.refusals import StripeRefusal

_UNIONS = (Union, types.UnionType)

#: The shape of each operation's parameters, by method and path.
SHAPES: Mapping[str, Any] = {
    "GET /v1/account": shapes.AccountRetrieveCurrentParams,
    "GET /v1/balance_transactions/{id}": shapes.BalanceTransactionRetrieveParams,
    "POST /v1/billing_portal/sessions": billing_portal.SessionCreateParams,
    "GET /v1/charges": shapes.ChargeListParams,
    "GET /v1/charges/{id}": shapes.ChargeRetrieveParams,
    "POST /v1/checkout/sessions": checkout.SessionCreateParams,
    "GET /v1/checkout/sessions": checkout.SessionListParams,
    "GET /v1/checkout/sessions/{id}": checkout.SessionRetrieveParams,
    "POST /v1/checkout/sessions/{id}/expire": checkout.SessionExpireParams,
    "GET /v1/checkout/sessions/{id}/line_items": checkout.SessionLineItemListParams,
    "POST /v1/coupons": shapes.CouponCreateParams,
    "GET /v1/coupons/{id}": shapes.CouponRetrieveParams,
    "POST /v1/customers": shapes.CustomerCreateParams,
    "GET /v1/customers": shapes.CustomerListParams,
    "GET /v1/customers/{id}": shapes.CustomerRetrieveParams,
    "POST /v1/customers/{id}": shapes.CustomerUpdateParams,
    "DELETE /v1/customers/{id}": shapes.CustomerDeleteParams,
    "GET /v1/disputes": shapes.DisputeListParams,
    "GET /v1/disputes/{id}": shapes.DisputeRetrieveParams,
    "POST /v1/disputes/{id}": shapes.DisputeUpdateParams,
    "POST /v1/disputes/{id}/close": shapes.DisputeCloseParams,
    "GET /v1/events": shapes.EventListParams,
    "GET /v1/events/{id}": shapes.EventRetrieveParams,
    "GET /v1/invoice_payments": shapes.InvoicePaymentListParams,
    "GET /v1/invoice_payments/{id}": shapes.InvoicePaymentRetrieveParams,
    "GET /v1/invoices": shapes.InvoiceListParams,
    "GET /v1/invoices/{id}": shapes.InvoiceRetrieveParams,
    "POST /v1/invoices/{id}/pay": shapes.InvoicePayParams,
    "POST /v1/invoices/{id}/void": shapes.InvoiceVoidInvoiceParams,
    "POST /v1/invoices/create_preview": shapes.InvoiceCreatePreviewParams,
    "GET /v1/payment_intents": shapes.PaymentIntentListParams,
    "GET /v1/payment_intents/{id}": shapes.PaymentIntentRetrieveParams,
    "POST /v1/payment_intents/{id}/cancel": shapes.PaymentIntentCancelParams,
    "POST /v1/prices": shapes.PriceCreateParams,
    "GET /v1/prices": shapes.PriceListParams,
    "GET /v1/prices/{id}": shapes.PriceRetrieveParams,
    "POST /v1/products": shapes.ProductCreateParams,
    "GET /v1/products/{id}": shapes.ProductRetrieveParams,
    "GET /v1/radar/early_fraud_warnings": radar.EarlyFraudWarningListParams,
    "GET /v1/radar/early_fraud_warnings/{id}": radar.EarlyFraudWarningRetrieveParams,
    "POST /v1/refunds": shapes.RefundCreateParams,
    "GET /v1/refunds": shapes.RefundListParams,
    "GET /v1/refunds/{id}": shapes.RefundRetrieveParams,
    "POST /v1/subscription_schedules": shapes.SubscriptionScheduleCreateParams,
    "GET /v1/subscription_schedules/{id}": shapes.SubscriptionScheduleRetrieveParams,
    "POST /v1/subscription_schedules/{id}": shapes.SubscriptionScheduleUpdateParams,
    "POST /v1/subscription_schedules/{id}/release": shapes.SubscriptionScheduleReleaseParams,
    "GET /v1/subscriptions": shapes.SubscriptionListParams,
    "GET /v1/subscriptions/{id}": shapes.SubscriptionRetrieveParams,
    "POST /v1/subscriptions/{id}": shapes.SubscriptionUpdateParams,
    "DELETE /v1/subscriptions/{id}": shapes.SubscriptionCancelParams,
    "POST /v1/webhook_endpoints": shapes.WebhookEndpointCreateParams,
    "GET /v1/webhook_endpoints": shapes.WebhookEndpointListParams,
    "GET /v1/webhook_endpoints/{id}": shapes.WebhookEndpointRetrieveParams,
    "POST /v1/webhook_endpoints/{id}": shapes.WebhookEndpointUpdateParams,
    "DELETE /v1/webhook_endpoints/{id}": shapes.WebhookEndpointDeleteParams,
}

#: Parameters that Stripe took away, with the code of the refusal (API change of 2026-09-30).
REMOVED: Mapping[str, str] = {
    "payment_method_types": "payment_method_types_no_longer_supported",
}


def typed(operation: str, form: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``form`` with numbers and booleans read, or refuse it as Stripe does.

    Raises:
        StripeRefusal: an unknown, removed, missing or ill-typed parameter.
    """
    for name in REMOVED.keys() & form.keys():
        raise StripeRefusal(
            f"The `{name}` parameter is no longer supported.", code=REMOVED[name], param=name
        )
    try:
        read: dict[str, Any] = _adapter(operation).validate_python(form)
    except ValidationError as error:
        raise _refusal(error) from None
    return read


@lru_cache(maxsize=128)
def _adapter(operation: str) -> TypeAdapter[Any]:
    return TypeAdapter(_strict(SHAPES[operation]))


@lru_cache(maxsize=4096)
def _strict(shape: Any) -> Any:
    """Rebuild a ``TypedDict`` of the SDK so that nothing but its own keys passes."""
    hints = get_type_hints(shape, localns=_names_of(shape), include_extras=True)
    # Older shapes inherit the call's options (key, retries); the wire knows none of them.
    options = RequestOptions.__annotations__.keys()
    own = hints.keys() - options if options <= hints.keys() else hints.keys()
    fields = {name: _required(hint) for name, hint in hints.items() if name in own}
    make: Any = TypedDict
    rebuilt = make(shape.__name__, fields)
    rebuilt.__pydantic_config__ = ConfigDict(extra="forbid")
    return rebuilt


def _names_of(shape: Any) -> dict[str, Any]:
    return {"StripeContext": str, "Mapping": Mapping, **vars(sys.modules[shape.__module__])}


def _required(hint: Any) -> Any:
    if get_origin(hint) is NotRequired:
        return NotRequired[_held(get_args(hint)[0])]
    return Required[_held(hint)]


def _held(hint: Any) -> Any:
    """Return ``hint`` with nested shapes made strict and open enumerations closed."""
    if is_typeddict(hint):
        return _strict(hint)
    origin, parts = get_origin(hint), get_args(hint)
    if origin in _UNIONS:
        return Union[tuple(_held(part) for part in _closed(parts))]  # noqa: UP007
    if origin is list:
        return list[_held(parts[0])]  # type: ignore[misc]
    if origin is dict:
        return dict[str, _held(parts[1])]  # type: ignore[misc]
    return hint


def _closed(parts: tuple[Any, ...]) -> list[Any]:
    """Drop ``str`` beside an enumeration, and the types that only a type checker reads."""
    kept = [part for part in parts if get_origin(part) is not UntypedStripeObject]
    is_enumeration = any(
        get_origin(part) is Literal and get_args(part) != ("",) for part in kept
    )
    return [part for part in kept if not (is_enumeration and part is str)]


def _refusal(error: ValidationError) -> StripeRefusal:
    first = error.errors()[0]
    steps = [step for step in first["loc"] if not _is_branch(step)]
    name = str(steps[0]) + "".join(f"[{step}]" for step in steps[1:]) if steps else ""
    if first["type"] == "extra_forbidden":
        return StripeRefusal(
            f"Received unknown parameter: {name}", code="parameter_unknown", param=name
        )
    if first["type"] == "missing":
        return StripeRefusal(
            f"Missing required param: {name}.", code="parameter_missing", param=name
        )
    if first["type"].startswith("int"):
        return StripeRefusal(
            f"Invalid integer: {first['input']}", code="parameter_invalid_integer", param=name
        )
    return StripeRefusal(f"Invalid {name}: {first['msg']}", param=name)


def _is_branch(step: int | str) -> bool:
    """Pydantic names the branch of a union in the path; Stripe does not."""
    return isinstance(step, str) and (
        "[" in step or step[:1].isupper() or step in {"int", "str"}
    )
