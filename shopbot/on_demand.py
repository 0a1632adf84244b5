"""Addresses whose modules are imported by the first request that comes to them."""

from django.urls import URLResolver
from django.urls.resolvers import RoutePattern


def on_demand(route: str, urlconf: str, *, namespace: str | None = None) -> URLResolver:
    """Return ``include(urlconf)`` that imports ``urlconf`` when it is first resolved.

    ``include`` itself imports at once, and with it everything that its views stand on.
    """
    return URLResolver(
        RoutePattern(route, is_endpoint=False),
        urlconf,
        app_name=namespace,
        namespace=namespace,
    )
