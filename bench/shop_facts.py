"""What the load needs to know of a prepared shop: the secret, the buttons, the people."""

from datetime import timedelta
from typing import Any

from django.conf import settings

from api.models import ApiKey, Scope
from bench.webhook import PEOPLE
from catalog.models import ProductTier
from customers.models import Customer
from orders.quoting import quote_for_customer
from shopbot.kernel import clock
from telegram_bot import callbacks
from telegram_bot.webhook_secret import webhook_secret

#: The first Telegram id of the load's people.
FIRST_ID = 7_000_000


def facts() -> dict[str, Any]:
    """Make the people and return the facts, as JSON values."""
    people()
    tier = ProductTier.objects.select_related("product").get(
        product__slug="signals", level="premium"
    )
    product = tier.product
    now = clock.now()
    customer = Customer.objects.get(telegram_id=FIRST_ID)
    quote = quote_for_customer(customer_id=customer.pk, tier_id=tier.pk, months=12, now=now)
    checkout = callbacks.Checkout(
        tier_id=tier.pk, months=12, quantity=1, with_code=False,
        fingerprint=quote.fingerprint, nonce="NONCE",
    )  # fmt: skip
    version = settings.TELEGRAM_WEBHOOK_VERSIONS[0]
    return {
        "secret": webhook_secret(bot_id=settings.TELEGRAM_BOT_ID, version=version),
        "browse": [
            "/start",
            "/shop",
            callbacks.ShowCategory(category_id=product.category_id).pack(),
            callbacks.ShowProduct(product_id=product.pk).pack(),
            callbacks.ShowTier(tier_id=tier.pk).pack(),
            callbacks.ShowPrice(tier_id=tier.pk, months=12).pack(),
        ],
        "checkout": checkout.pack(),
        "api_key": api_key(),
        "api_path": f"/api/v1/customers/{FIRST_ID}/entitlements/signals/",
    }


def api_key() -> str:
    """Make a key that may ask about customers, as often as a measurement needs."""
    _, plain = ApiKey.objects.create_key(
        name="bench", scopes=[Scope.CUSTOMERS.value], rate_per_minute=10_000_000
    )
    return str(plain)


def people() -> None:
    """Make the customers of the load: known, with a confirmed region."""
    now = clock.now()
    Customer.objects.bulk_create(
        (
            Customer(
                telegram_id=FIRST_ID + number,
                first_name="Anna",
                username=f"anna{FIRST_ID + number}",
                telegram_language="en",
                language="en",
                region="US",
                region_confirmed_at=now - timedelta(days=1),
                created_at=now,
                last_seen_at=now,
            )
            for number in range(PEOPLE)
        ),
        ignore_conflicts=True,
    )
