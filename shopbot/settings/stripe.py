"""Card payments through Stripe, the stand-ins for a trial, and the demo gateway."""

from __future__ import annotations

import hashlib

from shopbot.settings.loaded import env
from shopbot.settings.telegram import SIMULATOR_ENABLED, SIMULATOR_URL

__all__ = [
    "DEMO_GATEWAY_ENABLED",
    "STRIPE_API_URL",
    "STRIPE_ENABLED",
    "STRIPE_IS_SIMULATED",
    "STRIPE_SECRET_KEY",
    "STRIPE_WEBHOOK_SECRET",
]

_key = env.stripe_secret_key.get_secret_value()
_seed = f"stripe-simulator:{env.secret_key.get_secret_value()}".encode()

# A trial without keys pays on the simulator's own card page, where no money moves.
STRIPE_IS_SIMULATED = SIMULATOR_ENABLED and not _key
STRIPE_SECRET_KEY = "sk_test_simulator" if STRIPE_IS_SIMULATED else _key
STRIPE_ENABLED = bool(STRIPE_SECRET_KEY)
#: One secret, or several with commas between them while they are being changed.
STRIPE_WEBHOOK_SECRET = (
    f"whsec_{hashlib.sha256(_seed).hexdigest()}"
    if STRIPE_IS_SIMULATED
    else env.stripe_webhook_secret.get_secret_value()
)
STRIPE_API_URL = f"{SIMULATOR_URL}/stripe-api" if STRIPE_IS_SIMULATED else env.stripe_api_url
# Pays without money: only ever for a trial.
DEMO_GATEWAY_ENABLED = env.debug
