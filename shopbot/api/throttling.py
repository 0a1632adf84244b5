"""How often may one caller ask?"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle
from rest_framework_api_key.permissions import KeyParser

if TYPE_CHECKING:
    # The views themselves import this class, by way of REST framework's settings.
    from rest_framework.views import APIView


class PerCaller(SimpleRateThrottle):
    """Counts by API key, else by staff member, else by address."""

    scope = "caller"

    def get_cache_key(self, request: Request, view: APIView) -> str:
        """Name the caller; a key is kept as its hash."""
        key = KeyParser().get(request._request)
        if key:
            caller = hashlib.sha256(key.encode()).hexdigest()
        elif request.user.is_authenticated:
            caller = f"staff:{request.user.pk}"
        else:
            caller = f"address:{self.get_ident(request)}"
        return f"throttle:{self.scope}:{caller}"
