"""What every view of the API shares: the key, its scope, its rate, the customer asked about."""

from datetime import datetime
from typing import Any, ClassVar, cast

from django.utils.dateparse import parse_datetime
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.serializers import Serializer
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView

from api.authentication import KeyAuthentication
from api.errors import ScopeMissing, UnknownCustomer
from api.models import ApiKey
from customers.models import Customer
from shopbot.kernel import clock
from shopbot.kernel.errors import InvalidInput

#: Telegram's ids fit into 52 bits (Bot API, User.id).
MAX_TELEGRAM_ID = 2**52


class HasScope(BasePermission):
    """The caller has a key that covers the view's scope."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Decide before the view runs."""
        key = request.auth
        if not isinstance(key, ApiKey):
            return False
        scope = cast(ShopView, view).scope
        if not key.may(scope):
            raise ScopeMissing(f"the key lacks the scope {scope}", scope=scope)
        return True


class PerKey(SimpleRateThrottle):
    """Counts calls by key, each with a rate of its own."""

    scope = "api-key"

    def __init__(self) -> None:
        """Wait for the request: the rate is the key's."""

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Decide and count."""
        key = request.auth
        if not isinstance(key, ApiKey):
            return True
        self.num_requests, self.duration = key.rate_per_minute, 60
        self.rate = f"{key.rate_per_minute}/min"
        return bool(super().allow_request(request, view))

    def get_cache_key(self, request: Request, view: APIView) -> str:
        """Name the key."""
        return f"throttle:{self.scope}:{cast(ApiKey, request.auth).pk}"


class ShopView(APIView):
    """A view for programs with a key of the view's ``scope``."""

    authentication_classes = (KeyAuthentication,)
    permission_classes = (HasScope,)
    throttle_classes = (PerKey,)
    scope: ClassVar[str]

    def read(self, serializer: type[Serializer[Any]], request: Request) -> dict[str, Any]:
        """Return the request's body, checked.

        Raises:
            ValidationError: it does not fit; the answer says where.
        """
        found = serializer(data=request.data)
        found.is_valid(raise_exception=True)
        return cast(dict[str, Any], found.validated_data)


def customer_of(telegram_id: int) -> Customer:
    """Return the customer with a Telegram id; one query.

    Raises:
        UnknownCustomer: nobody has it.
    """
    found = None
    if 0 < telegram_id < MAX_TELEGRAM_ID:
        found = Customer.objects.filter(telegram_id=telegram_id).first()
    if found is None:
        raise UnknownCustomer(f"no customer {telegram_id}", telegram_id=telegram_id)
    return found


def moment_of(request: Request, name: str = "as_of") -> datetime:
    """Return the moment that a query parameter names, the present one without it.

    Raises:
        InvalidInput: it is no ISO 8601 moment with an offset.
    """
    text = request.query_params.get(name)
    if text is None:
        return clock.now()
    try:
        # A plus sign of an offset arrives as a space when the caller did not escape it.
        moment = parse_datetime(text.replace(" ", "+"))
        if moment is None or moment.tzinfo is None or not 1970 <= moment.year <= 9000:
            raise ValueError(text)
    except (ValueError, OverflowError):
        raise InvalidInput(
            f"{name} must be like 2026-12-31T23:59:59Z", parameter=name
        ) from None
    return moment
