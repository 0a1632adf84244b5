"""Settings shared by every process."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from shopbot.settings.environment import BASE_DIR, database_from_url, read_environment

env = read_environment()

DEBUG = env.debug
DATA_DIR = env.data_dir
PORT = env.port
PUBLIC_URL = env.public_url or f"http://127.0.0.1:{PORT}"
SECRET_KEY = env.secret_key.get_secret_value() or "local-only-until-generated"
ALLOWED_HOSTS = ["*"]

INSTALLED_APPS = [
    "shopbot.apps.ShopbotConfig",
    "modeltranslation",
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "shopbot.apps.ShopAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "shopbot.kernel",
    "customers",
    "catalog",
    "entitlements",
    "pricing",
    "orders",
    "telegram_bot",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
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

DATABASES: dict[str, dict[str, Any]] = {
    "default": (
        database_from_url(env.database_url)
        if env.database_url
        else {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": DATA_DIR / "shop.sqlite3",
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 10,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
            },
        }
    )
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
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
MEDIA_URL = "/media/"
MEDIA_ROOT = DATA_DIR / "media"

DEMO_BOT_TOKEN = "1000001:DEMO-TOKEN-NOT-A-REAL-BOT-000000000"  # noqa: S105
SIMULATOR_ENABLED = DEBUG and not env.telegram_bot_token.get_secret_value()
SIMULATOR_URL = f"http://127.0.0.1:{PORT + 1}"
TELEGRAM_BOT_TOKEN = env.telegram_bot_token.get_secret_value() or (
    DEMO_BOT_TOKEN if SIMULATOR_ENABLED else ""
)
TELEGRAM_BOT_ID = int(TELEGRAM_BOT_TOKEN.partition(":")[0] or 0)
TELEGRAM_WEBHOOK_KEY = env.telegram_webhook_key.get_secret_value()
TELEGRAM_API_URL = env.telegram_api_url or (
    SIMULATOR_URL if SIMULATOR_ENABLED else "https://api.telegram.org"
)
STRIPE_SECRET_KEY = env.stripe_secret_key.get_secret_value()
STRIPE_WEBHOOK_SECRET = env.stripe_webhook_secret.get_secret_value()
STRIPE_API_URL = env.stripe_api_url
DEMO_GATEWAY_ENABLED = DEBUG

QUOTE_TTL_MINUTES = 30
ORDER_TTL_MINUTES = 30
REGION_CHANGE_DAYS = 30

EVENT_CONSUMERS: dict[str, list[str]] = {"*": []}

CELERY_BROKER_URL = env.redis_url or "filesystem://"
