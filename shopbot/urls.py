"""Every address of the shop."""

from django.conf import settings
from django.conf.urls.static import static
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from shopbot.health import healthz, readyz
from shopbot.metrics import metrics

urlpatterns: list[URLPattern | URLResolver] = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", admin.site.urls),
    path("api/", include("shopbot.api.urls")),
    path("payments/", include("orders.urls")),
    path("telegram/", include("telegram_bot.urls")),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
    path("favicon.ico", RedirectView.as_view(url=f"{settings.STATIC_URL}shopbot/favicon.svg")),
    *static(settings.MEDIA_URL, document_root=settings.MEDIA_ROOT),
]
