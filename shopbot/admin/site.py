"""The shop's admin site."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final, cast

from csp.constants import SELF, UNSAFE_EVAL, UNSAFE_INLINE
from csp.decorators import csp_update
from django.apps import AppConfig
from django.core.checks import CheckMessage
from django.http import HttpRequest, HttpResponseBase
from django.utils.functional import SimpleLazyObject
from unfold.sites import UnfoldAdminSite

from shopbot.admin.pages import load_pages

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

    def check(self, app_configs: Sequence[AppConfig] | None) -> list[CheckMessage]:
        """Judge every page, so load them first."""
        load_pages()
        return cast("list[CheckMessage]", super().check(app_configs))

    def get_app_list(
        self, request: HttpRequest, app_label: str | None = None
    ) -> list[dict[str, Any]]:
        """List the apps when a page looks at them: those with our own sidebar do not."""
        listed = partial(super().get_app_list, request, app_label)
        return cast("list[dict[str, Any]]", SimpleLazyObject(listed))

    def admin_view(self, view: View, cacheable: bool = False) -> View:
        """Let the pages behind the login run what unfold needs."""
        return _wider(super().admin_view(view, cacheable))

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """Let the login page do so too."""
        return _wider(super().login)(request, extra_context)
