"""Settings shared by every process."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from shopbot.settings.consumers import EVENT_CONSUMERS as EVENT_CONSUMERS
from shopbot.settings.database import database
from shopbot.settings.environment import BASE_DIR as BASE_DIR
from shopbot.settings.loaded import env
from shopbot.settings.logs import configure_structlog, logging_config
from shopbot.settings.sales import *  # noqa: F403
from shopbot.settings.stripe import *  # noqa: F403
from shopbot.settings.tasks import beat_schedule, broker
from shopbot.settings.telegram import *  # noqa: F403

DEBUG = env.debug
DATA_DIR = env.data_dir
DATA_DIR.mkdir(parents=True, exist_ok=True)
SECRET_KEY = env.secret_key.get_secret_value()
PORT = env.port
# The simulator can make it later; nothing else may.
CLOCK_FILE = DATA_DIR / "clock" if SIMULATOR_ENABLED else None  # noqa: F405
LISTEN_ON = env.listen_on
PUBLIC_URL = env.public_url or f"http://127.0.0.1:{PORT}"
LOOPBACK = ["127.0.0.1", "localhost", "[::1]"]
ALLOWED_HOSTS = [
    urlsplit(PUBLIC_URL).hostname or "",
    *LOOPBACK,
    *(name.strip() for name in env.allowed_hosts.split(",") if name.strip()),
]
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]

INSTALLED_APPS = [
    "shopbot.apps.ShopbotConfig",
    # Ahead of the admin, whose classes they replace.
    "modeltranslation",
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "unfold.contrib.import_export",
    "shopbot.apps.ShopAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    # For the abstract key that ours extends; its own table stays empty.
    "rest_framework_api_key",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "import_export",
    "axes",
    "csp",
    "django_prometheus",
    "django_structlog",
    "shopbot.kernel",
    "customers",
    "catalog",
    "entitlements",
    "pricing",
    "delivery",
    "orders",
    "telegram_bot",
    "webhooks",
    "api",
]
MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]
ROOT_URLCONF = "shopbot.urls"
ASGI_APPLICATION = "shopbot.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

#: Paths that are answered ahead of Django: prefix, dotted path of the ASGI application.
ASGI_ROUTES: dict[str, str] = {"/telegram/": "telegram_bot.asgi.webhook_app"}
#: Modules that the first request below a path waits for, while a thread imports them.
ASGI_ON_DEMAND: dict[str, str] = {"/admin/": "shopbot.admin.urls", "/api/": "shopbot.api.urls"}
#: Dotted paths of asynchronous context managers, entered while the web server runs.
ASGI_LIFESPANS: list[str] = ["telegram_bot.asgi.lifespan"]

DATABASES: dict[str, dict[str, Any]] = {"default": database(env)}
CACHES: dict[str, dict[str, Any]] = {
    "default": (
        {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": env.redis_url.get_secret_value(),
            "KEY_PREFIX": "shopbot",
        }
        if env.redis_url.get_secret_value()
        else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    )
}

CELERY_BROKER_URL: str
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any]
CELERY_BROKER_URL, CELERY_BROKER_TRANSPORT_OPTIONS = broker(env)
CELERY_BEAT_SCHEDULE = beat_schedule()
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "beat-schedule")
CELERY_TASK_IGNORE_RESULT = True
# A task that its worker did not finish is given to another.
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 120
CELERY_TASK_SOFT_TIME_LIMIT = 90
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
# The pair, so that nobody can lock a colleague out from elsewhere.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_ENABLE_ADMIN = False
AXES_DISABLE_ACCESS_LOG = True
AXES_IPWARE_PROXY_COUNT = 1 if env.behind_proxy else None
AXES_IPWARE_META_PRECEDENCE_ORDER = (
    ["HTTP_X_FORWARDED_FOR", "REMOTE_ADDR"] if env.behind_proxy else ["REMOTE_ADDR"]
)

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = int(timedelta(hours=12).total_seconds())
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DEFAULT_EXCEPTION_REPORTER = "shopbot.redaction.ErrorPage"
DEFAULT_EXCEPTION_REPORTER_FILTER = "shopbot.redaction.ErrorPageFilter"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

LANGUAGE_CODE = "en"
LANGUAGES = [
    ("en", _("English")),
    ("ru", _("Russian")),
    ("de", _("German")),
    ("es", _("Spanish")),
]
MODELTRANSLATION_DEFAULT_LANGUAGE = "en"
MODELTRANSLATION_FALLBACK_LANGUAGES = ("en",)
# A name such as "=HYPERLINK(…)" must not run when staff open an exported spreadsheet.
IMPORT_EXPORT_ESCAPE_FORMULAE_ON_EXPORT = True
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["shopbot.formats"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = env.staff_time_zone

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
MEDIA_URL = "/media/"
MEDIA_ROOT = DATA_DIR / "media"
# A trial serves static files from where they are installed.
WHITENOISE_USE_FINDERS = DEBUG
WHITENOISE_AUTOREFRESH = DEBUG
# Each page of the admin brings thirty files: the next page need not ask for all of them again.
WHITENOISE_MAX_AGE = 60

LOGGING = logging_config(env)
configure_structlog()
# The worker connects it in shopbot.celery; a web process publishes nothing and loads no Celery.
DJANGO_STRUCTLOG_CELERY_ENABLED = False
DJANGO_STRUCTLOG_USER_ID_FIELD = "pk"
# The end of a request says all that its start does.
DJANGO_STRUCTLOG_STATUS_START_LOG_LEVEL = logging.DEBUG
PROMETHEUS_EXPORT_MIGRATIONS = False
METRICS_TOKEN = env.metrics_token.get_secret_value()

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["api.authentication.KeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "shopbot.api.pagination.NewestFirst",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    # Keys have rates of their own; this is for what needs none.
    "DEFAULT_THROTTLE_CLASSES": ["rest_framework.throttling.AnonRateThrottle"],
    "DEFAULT_THROTTLE_RATES": {"anon": "120/min"},
    "EXCEPTION_HANDLER": "shopbot.api.problems.answer_problem",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "shopbot",
    "DESCRIPTION": "Ask the shop who is entitled to what, what a price is made of, and why.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {"LevelEnum": "catalog.levels.Level.choices"},
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "api.schema.add_problems",
        "api.schema.add_titles",
    ],
    "APPEND_COMPONENTS": {"securitySchemes": {"Session": {"type": "http", "scheme": "bearer"}}},
}

UNFOLD = {
    "SITE_TITLE": "shopbot",
    "SITE_HEADER": "shopbot",
    # The one place that says how every moment in the admin is to be read.
    "SITE_SUBHEADER": f"Times: {env.staff_time_zone}",
    "SITE_SYMBOL": "storefront",
    "SITE_URL": "/admin/",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": f"{STATIC_URL}shopbot/favicon.svg"}
    ],
    "STYLES": [f"{STATIC_URL}shopbot/admin.css"],
    "SHOW_BACK_BUTTON": True,
    "DASHBOARD_CALLBACK": "shopbot.admin.dashboard.show",
    "ENVIRONMENT": "shopbot.admin.sidebar.environment",
    "SIDEBAR": {
        "show_search": True,
        "command_search": False,
        "navigation": "shopbot.admin.sidebar.navigation",
    },
    "COMMAND": {"search_models": False},
}

API_TOKEN_KEY = env.api_token_key.get_secret_value() or SECRET_KEY
API_TOKEN_PREVIOUS_KEY = env.api_token_previous_key.get_secret_value()
QUOTE_TTL_MINUTES = env.quote_ttl_minutes
ORDER_TTL_MINUTES = env.order_ttl_minutes
REGION_CHANGE_DAYS = env.region_change_days
# On a machine that tries the shop out, the receiver is on that machine too.
WEBHOOKS_ALLOW_PRIVATE = env.webhooks_allow_private or DEBUG
