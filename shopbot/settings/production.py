"""What servers and commands run with; the environment decides the rest."""

from __future__ import annotations

from datetime import timedelta

from shopbot.settings.base import *  # noqa: F403
from shopbot.settings.base import DEBUG, PUBLIC_URL
from shopbot.settings.loaded import env

_is_https = PUBLIC_URL.startswith("https://")

SECURE_SSL_REDIRECT = _is_https
# Asked by the machine's own supervisor and proxy, over plain HTTP.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = int(timedelta(days=365).total_seconds()) if _is_https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = _is_https
CSRF_COOKIE_SECURE = _is_https
if env.behind_proxy:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

if not DEBUG:
    STORAGES = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    }
