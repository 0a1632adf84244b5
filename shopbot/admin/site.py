"""The shop's admin site."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, cast

from csp.constants import SELF, UNSAFE_EVAL, UNSAFE_INLINE
from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponseBase
from unfold.sites import UnfoldAdminSite

View = Callable[..., HttpResponseBase]

#: unfold evaluates Alpine's expressions and sets styles; no other page of the shop may.
_wider: Final = cast(
    "Callable[[View], View]",
    csp_update(
        {"script-src": [SELF, UNSAFE_EVAL, UNSAFE_INLINE], "style-src": [SELF, UNSAFE_INLINE]}
    ),
)


class ShopAdminSite(UnfoldAdminSite):
    """The one admin site; Django's ``admin.site`` resolves to it."""

    index_title = "Overview"

    def admin_view(self, view: View, cacheable: bool = False) -> View:
        """Let the pages behind the login run what unfold needs."""
        return _wider(super().admin_view(view, cacheable))

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """Let the login page do so too."""
        return _wider(super().login)(request, extra_context)
