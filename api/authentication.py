"""Which program is asking?"""

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from api.models import ApiKey

#: ``Authorization: Api-Key <prefix>.<secret>``
KEYWORD = "Api-Key"


class Program:
    """The caller behind a key, in the place where Django has a user."""

    is_authenticated = True
    is_active = True
    is_staff = False
    pk = None

    def __init__(self, key: ApiKey) -> None:
        self.key = key

    def __str__(self) -> str:
        return f"api:{self.key.prefix}"


class KeyAuthentication(BaseAuthentication):
    """Reads the key from the header; one query."""

    def authenticate(self, request: Request) -> tuple[Program, ApiKey] | None:
        """Return the program, None when no key was sent."""
        keyword, _, plain = request.headers.get("Authorization", "").partition(" ")
        if keyword != KEYWORD:
            return None
        key = self._find(plain.strip())
        if key is None:
            raise AuthenticationFailed(
                "This API key is not known, was revoked, or has expired."
            )
        return Program(key), key

    def authenticate_header(self, request: Request) -> str:
        """Say how to ask properly, so that the answer is 401 and not 403."""
        return KEYWORD

    @staticmethod
    def _find(plain: str) -> ApiKey | None:
        # A NUL byte or an endless text must not reach the database.
        if not plain.isascii() or not plain.isprintable() or len(plain) > 200:
            return None
        try:
            key = ApiKey.objects.get_from_key(plain)
        except ApiKey.DoesNotExist:
            return None
        return None if key.has_expired else key


class KeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the schema describes the key."""

    target_class = KeyAuthentication
    name = "ApiKey"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        """Describe the header."""
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "Api-Key <key>",
        }
