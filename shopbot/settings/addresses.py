"""Which addresses in the environment can be asked, and by whom?"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from urllib.parse import urlsplit


def is_address(value: str, schemes: AbstractSet[str]) -> bool:
    """Say whether it has one of these schemes, a host, and no port that cannot exist."""
    try:
        parts = urlsplit(value)
        return parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port out of range, or half of an IPv6 address
        return False


def is_local(address: str) -> bool:
    """Say whether it leads to this machine, where Telegram cannot deliver."""
    return urlsplit(address).hostname in {"127.0.0.1", "localhost", "::1"}
