"""Which pages need a wider content security policy than the rest?"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

Answer = Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]


class WiderPolicies:
    """Adds the directives of ``CSP_WIDER`` to the pages under its prefixes."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Answer) -> None:
        """Take the next handler, synchronous or not."""
        self._get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        """Answer, and mark the answer for the policy's own middleware."""
        if iscoroutinefunction(self):
            return self._answer_later(request)
        response = self._get_response(request)
        if isinstance(response, HttpResponseBase):
            _widen(request.path, response)
        return response

    async def _answer_later(self, request: HttpRequest) -> HttpResponseBase:
        response = self._get_response(request)
        if not isinstance(response, HttpResponseBase):
            response = await response
        _widen(request.path, response)
        return response


def _widen(path: str, response: HttpResponseBase) -> None:
    wider: Mapping[str, Mapping[str, Sequence[str]]] = settings.CSP_WIDER
    for prefix, directives in wider.items():
        if path.startswith(prefix):
            response._csp_update = directives  # type: ignore[attr-defined]  # read by django-csp
