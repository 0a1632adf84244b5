"""How can another program trust our word without asking? Ed25519 keys and the tokens they sign.

Tokens are JWTs with ``alg: EdDSA`` (RFC 8037); public keys are published as a JWK set. The
private key is ``API_TOKEN_KEY`` (32 bytes, base64url); ``API_TOKEN_PREVIOUS_KEY`` is published
too, so that a change of keys breaks no token still valid.
"""

import base64
import hashlib
import json
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings

#: How long an entitlement token is good for: as stale as a busy service may become.
TOKEN_LIFE: Final = timedelta(minutes=10)


def encode(data: bytes) -> str:
    """Return base64url without padding (RFC 7515)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """Read base64url without padding.

    Raises:
        ValueError: it is none.
    """
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


@lru_cache(maxsize=4)
def _private(secret: str) -> Ed25519PrivateKey:
    # Any secret long enough makes a key; hashing it gives the 32 bytes that Ed25519 wants.
    return Ed25519PrivateKey.from_private_bytes(
        hashlib.sha256(b"shopbot-token:" + secret.encode()).digest()
    )


def _secrets() -> list[str]:
    return [key for key in (settings.API_TOKEN_KEY, settings.API_TOKEN_PREVIOUS_KEY) if key]


def _public(secret: str) -> bytes:
    return _private(secret).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def _key_id(secret: str) -> str:
    return encode(hashlib.sha256(_public(secret)).digest()[:9])


def key_set() -> dict[str, Any]:
    """Return the public keys as a JWK set, the signing one first."""
    return {
        "keys": [
            {
                "kty": "OKP",
                "crv": "Ed25519",
                "alg": "EdDSA",
                "use": "sig",
                "kid": _key_id(secret),
                "x": encode(_public(secret)),
            }
            for secret in _secrets()
        ]
    }


def sign(claims: dict[str, Any], *, now: datetime, life: timedelta) -> tuple[str, datetime]:
    """Return a signed token with ``iat`` and ``exp`` added, and when it expires."""
    secret, expires_at = _secrets()[0], now + life
    header = {"alg": "EdDSA", "typ": "JWT", "kid": _key_id(secret)}
    issued = int(now.timestamp())
    body = {**claims, "iat": issued, "exp": int(expires_at.timestamp())}
    signed = ".".join(
        encode(json.dumps(part, separators=(",", ":"), sort_keys=True).encode())
        for part in (header, body)
    )
    return f"{signed}.{encode(_private(secret).sign(signed.encode()))}", expires_at
