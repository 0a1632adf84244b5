"""The addresses under ``/api/v1/``."""

from django.urls import URLPattern, path, re_path, register_converter

from api.views import catalog, changes, customers, miniapp, nowhere, orders


class TelegramId:
    """A number that can be a Telegram id; anything longer is no address of ours."""

    regex = "[0-9]{1,16}"

    def to_python(self, value: str) -> int:
        """Read it."""
        return int(value)

    def to_url(self, value: int) -> str:
        """Write it."""
        return str(value)


register_converter(TelegramId, "telegram")

_CUSTOMER = "customers/<telegram:telegram_id>/"

urlpatterns: list[URLPattern] = [
    path("catalog/", catalog.CatalogApi.as_view()),
    path("quotes/", catalog.QuoteApi.as_view()),
    path(_CUSTOMER, customers.CustomerApi.as_view()),
    path(f"{_CUSTOMER}entitlements/", customers.EntitlementsApi.as_view()),
    path(f"{_CUSTOMER}entitlements/<slug:code>/", customers.CheckApi.as_view()),
    path(f"{_CUSTOMER}entitlements/<slug:code>/explanation/", customers.ExplainApi.as_view()),
    path(f"{_CUSTOMER}privileges/<slug:code>/uses/", changes.ConsumeApi.as_view()),
    path(f"{_CUSTOMER}grants/", changes.GrantApi.as_view()),
    path(f"{_CUSTOMER}token/", customers.TokenApi.as_view()),
    path("grants/<telegram:grant_id>/revocation/", changes.RevokeApi.as_view()),
    path("orders/", orders.OrdersApi.as_view()),
    path("orders/<slug:number>/", orders.OrderApi.as_view()),
    path("miniapp/session/", miniapp.LoginApi.as_view()),
    path("miniapp/entitlements/", miniapp.MyEntitlementsApi.as_view()),
    path("jwks.json", miniapp.KeySetApi.as_view()),
    re_path("", nowhere.Nowhere.as_view()),
]
