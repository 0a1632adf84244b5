"""Every address of the shop."""

from django.conf import settings
from django.conf.urls.static import static
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from shopbot.health import healthz, readyz
from shopbot.metrics import metrics
from shopbot.on_demand import on_demand

urlpatterns: list[URLPattern | URLResolver] = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    on_demand("admin/", "shopbot.admin.urls", namespace="admin"),
    on_demand("api/", "shopbot.api.urls"),
    path("payments/", include("orders.urls")),
    path("telegram/", include("telegram_bot.urls")),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
    path("favicon.ico", RedirectView.as_view(url=f"{settings.STATIC_URL}shopbot/favicon.svg")),
    *static(settings.MEDIA_URL, document_root=settings.MEDIA_ROOT),
]
