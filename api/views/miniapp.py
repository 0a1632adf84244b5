"""How does a Mini App learn who its user is and what they have? And where are our keys?"""

from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from api.errors import BadSession
from api.kit import customer_of
from api.miniapp import open_session, session_owner, telegram_id_of
from api.serializers import EntitlementMapOut, LoginIn, SessionOut
from api.signing import key_set
from orders.entitlement_map import entitlement_map
from shopbot.kernel import clock


class OpenView(APIView):
    """A view that needs no key: what is sent proves itself, or is public."""

    authentication_classes = ()
    permission_classes = (AllowAny,)


class LoginApi(OpenView):
    """Sessions of Mini Apps."""

    @extend_schema(operation_id="miniapp_login", request=LoginIn, responses=SessionOut, auth=[])
    def post(self, request: Request) -> Response:
        """Check Telegram's start data and open a session of two hours."""
        sent = LoginIn(data=request.data)
        sent.is_valid(raise_exception=True)
        now = clock.now()
        telegram_id = telegram_id_of(sent.validated_data["init_data"], now=now)
        token, expires_at = open_session(telegram_id, now=now)
        return Response({"token": token, "expires_at": expires_at, "telegram_id": telegram_id})


class MyEntitlementsApi(OpenView):
    """What the Mini App's own user has."""

    @extend_schema(
        operation_id="miniapp_entitlements",
        responses=EntitlementMapOut,
        auth=[{"Session": []}],  # type: ignore[list-item]  # what OpenAPI wants
    )
    def get(self, request: Request) -> Response:
        """Return the entitlement map of the session's owner."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer":
            raise BadSession("send the session as Authorization: Bearer …")
        now = clock.now()
        customer = customer_of(session_owner(token, now=now))
        return Response(entitlement_map(customer_id=customer.pk, at=now))


class KeySetApi(OpenView):
    """Our public keys."""

    @extend_schema(operation_id="jwks", responses={200: dict}, auth=[])
    def get(self, request: Request) -> Response:
        """Return the keys that offline tokens are signed with, as a JWK set."""
        return Response(key_set(), headers={"Cache-Control": "public, max-age=300"})
