"""What does a customer have, and why?"""

import hashlib
import json
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from api.kit import MAX_TELEGRAM_ID, ShopView, customer_of, moment_of
from api.models import Scope
from api.serializers import CheckOut, CustomerOut, EntitlementMapOut, ExplanationOut, TokenOut
from api.signing import TOKEN_LIFE, sign
from api.views.catalog import language_of
from catalog.levels import RANK, Level
from entitlements.explain import explain
from entitlements.explain_text import explanation_text
from entitlements.selectors import telegram_id_has_entitlement, tier_of
from orders.entitlement_map import entitlement_map
from shopbot.kernel import clock
from shopbot.kernel.errors import InvalidInput

AS_OF = OpenApiParameter(
    "as_of", OpenApiTypes.DATETIME, description="A past or future moment; now without it."
)
LEVEL = OpenApiParameter(
    "level", str, enum=Level.values, description="This level or a higher one."
)


def level_of(request: Request) -> str | None:
    """Return the level asked for.

    Raises:
        InvalidInput: there is no such level.
    """
    level = request.query_params.get("level")
    if level is not None and level not in RANK:
        raise InvalidInput(f"no level is called {level!r}", parameter="level")
    return level


class CustomerApi(ShopView):
    """One customer."""

    scope = Scope.CUSTOMERS

    @extend_schema(operation_id="customer", responses=CustomerOut)
    def get(self, request: Request, telegram_id: int) -> Response:
        """Describe a customer."""
        customer, now = customer_of(telegram_id), clock.now()
        tier = tier_of(customer.pk, now)
        return Response(
            CustomerOut(
                {
                    "telegram_id": customer.telegram_id,
                    "language": customer.language,
                    "region": customer.region,
                    "tier": tier,
                    "is_premium": RANK[tier] >= RANK[Level.PREMIUM],
                    "created_at": customer.created_at,
                }
            ).data
        )


class EntitlementsApi(ShopView):
    """Everything one customer has."""

    scope = Scope.CUSTOMERS

    @extend_schema(
        operation_id="entitlements",
        parameters=[
            AS_OF,
            OpenApiParameter(
                "If-None-Match",
                str,
                OpenApiParameter.HEADER,
                description="An ETag seen before.",
            ),
        ],
        responses={200: EntitlementMapOut, 304: OpenApiResponse(description="Unchanged.")},
    )
    def get(self, request: Request, telegram_id: int) -> Response:
        """Return the entitlement map; its ETag spares an unchanged one."""
        at = moment_of(request)
        body = entitlement_map(customer_id=customer_of(telegram_id).pk, at=at)
        etag = _etag(body)
        headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
        known = request.headers.get("If-None-Match", "")
        if etag in (each.strip().removeprefix("W/") for each in known.split(",")):
            return Response(status=304, headers=headers)
        return Response(body, headers=headers)


def _etag(body: dict[str, Any]) -> str:
    whole = json.dumps(body, sort_keys=True).encode()
    return f'"{hashlib.sha256(whole).hexdigest()[:32]}"'


class CheckApi(ShopView):
    """One question: may this customer?"""

    scope = Scope.CUSTOMERS

    @extend_schema(operation_id="check", parameters=[AS_OF, LEVEL], responses=CheckOut)
    def get(self, request: Request, telegram_id: int, code: str) -> Response:
        """Say whether a customer has access; one query beside the key's.

        Somebody unknown, or an unknown entitlement, is simply not entitled.
        """
        at, level = moment_of(request), level_of(request)
        has_access = telegram_id < MAX_TELEGRAM_ID and telegram_id_has_entitlement(
            telegram_id, code, at, level
        )
        return Response({"entitlement": code, "is_active": has_access, "as_of": at})


class ExplainApi(ShopView):
    """One question more: why?"""

    scope = Scope.CUSTOMERS

    @extend_schema(
        operation_id="explain",
        parameters=[AS_OF, LEVEL, OpenApiParameter("language", str, default="en")],
        responses=ExplanationOut,
    )
    def get(self, request: Request, telegram_id: int, code: str) -> Response:
        """Say why a customer has access, or not, at any moment."""
        language, customer = language_of(request), customer_of(telegram_id)
        found = explain(customer.pk, code, moment_of(request), level_of(request))
        body = found.as_dict()
        del body["customer_id"]
        return Response({**body, "text": explanation_text(found, language)})


class TokenApi(ShopView):
    """A customer's entitlements to carry along."""

    scope = Scope.TOKENS

    @extend_schema(operation_id="token", request=None, responses=TokenOut)
    def post(self, request: Request, telegram_id: int) -> Response:
        """Sign what a customer has now, for checking offline for ten minutes."""
        now = clock.now()
        has = entitlement_map(customer_id=customer_of(telegram_id).pk, at=now)
        claims = {
            "iss": "shopbot",
            "sub": str(telegram_id),
            "tier": has["tier"],
            # Only access that lasts: a reader compares expires with its own clock.
            "entitlements": {
                code: {"tier": each["tier"], "expires_at": each["grace_until"]}
                for code, each in has["entitlements"].items()
                if each["is_active"]
            },
        }
        token, expires_at = sign(claims, now=now, life=TOKEN_LIFE)
        return Response({"token": token, "expires_at": expires_at})
