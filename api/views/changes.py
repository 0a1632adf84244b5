"""What may programs change? Uses of privileges, grants, revocations; each once per key."""

from typing import Any, cast

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from api.idempotency import HEADER, once
from api.kit import ShopView, customer_of
from api.models import ApiKey, Scope
from api.serializers import ConsumeIn, ConsumeOut, GrantIn, GrantOut, RevokeIn, RevokeOut
from entitlements.models import Grant
from entitlements.selectors import entitlement_type
from entitlements.services import NewGrant, consume, grant_all, revoke_grant
from shopbot.kernel import clock

_ONCE = OpenApiParameter(
    HEADER,
    {"type": "string", "minLength": 1, "maxLength": 128},
    OpenApiParameter.HEADER,
    required=True,
    description="The same key with the same request changes nothing again.",
)


def _actor(request: Request) -> str:
    return f"api:{cast(ApiKey, request.auth).prefix}"


class ConsumeApi(ShopView):
    """Uses of a privilege."""

    scope = Scope.CONSUME

    @extend_schema(
        operation_id="consume", parameters=[_ONCE], request=ConsumeIn, responses=ConsumeOut
    )
    def post(self, request: Request, telegram_id: int, code: str) -> Response:
        """Count a use against its limit; refused at a hard one."""
        wish, customer = self.read(ConsumeIn, request), customer_of(telegram_id)

        def act(key: str) -> tuple[int, dict[str, Any]]:
            done = consume(
                customer_id=customer.pk,
                privilege=code,
                amount=wish["amount"],
                key=f"{_actor(request)}:{key}",
                now=clock.now(),
            )
            return 200, {
                "privilege": done.code,
                "amount": done.amount,
                "used": done.used,
                "limit": done.limit,
                "remaining": done.remaining,
                "is_over": done.is_over,
                "resets_at": done.resets_at and done.resets_at.isoformat(),
            }

        return once(request, act)


class GrantApi(ShopView):
    """Grants made by programs."""

    scope = Scope.GRANTS

    @extend_schema(
        operation_id="grant", parameters=[_ONCE], request=GrantIn, responses={201: GrantOut}
    )
    def post(self, request: Request, telegram_id: int) -> Response:
        """Grant an entitlement; months extend what the customer has."""
        wish, customer = self.read(GrantIn, request), customer_of(telegram_id)

        def act(key: str) -> tuple[int, dict[str, Any]]:
            new = NewGrant(
                type_id=entitlement_type(wish["entitlement"]).pk,
                level=wish["level"],
                source=f"{_actor(request)}:{key}",
                months=wish.get("months"),
                ends_at=wish.get("until"),
                note=wish["note"],
            )
            rows = grant_all(
                customer_id=customer.pk, grants=[new], now=clock.now(), actor=_actor(request)
            )
            return 201, _grant(rows[0], wish["entitlement"])

        return once(request, act)


class RevokeApi(ShopView):
    """Ends of grants."""

    scope = Scope.GRANTS

    @extend_schema(
        operation_id="revoke", parameters=[_ONCE], request=RevokeIn, responses=RevokeOut
    )
    def post(self, request: Request, grant_id: int) -> Response:
        """End one grant now; what stands behind it moves forward."""
        wish = self.read(RevokeIn, request)

        def act(_: str) -> tuple[int, dict[str, Any]]:
            revoked = revoke_grant(
                grant_id=grant_id,
                reason=wish["reason"],
                actor=_actor(request),
                now=clock.now(),
            )
            return 200, {"revoked": revoked}

        return once(request, act)


def _grant(row: Grant, code: str) -> dict[str, Any]:
    return {
        "id": row.pk,
        "entitlement": code,
        "level": row.level,
        "source": row.source,
        "starts_at": row.starts_at.isoformat(),
        "expires_at": row.ends_at and row.ends_at.isoformat(),
        "revoked_at": row.revoked_at and row.revoked_at.isoformat(),
    }
