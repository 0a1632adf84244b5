"""Card payments through Stripe, and the demo gateway that stands in for a provider."""

from __future__ import annotations

from shopbot.settings.loaded import env

__all__ = [
    "DEMO_GATEWAY_ENABLED",
    "STRIPE_API_URL",
    "STRIPE_ENABLED",
    "STRIPE_SECRET_KEY",
    "STRIPE_WEBHOOK_SECRET",
]

STRIPE_SECRET_KEY = env.stripe_secret_key.get_secret_value()
STRIPE_ENABLED = bool(STRIPE_SECRET_KEY)
STRIPE_WEBHOOK_SECRET = env.stripe_webhook_secret.get_secret_value()
STRIPE_API_URL = env.stripe_api_url
# Pays without money: only ever for a trial.
DEMO_GATEWAY_ENABLED = env.debug
