"""Who pays an old price, as the page of a price list says before it is published."""

from datetime import timedelta

import pytest
from django.urls import reverse

from orders.models import Subscription
from orders.subscribers import count_renewing
from pricing.models import PriceVersion
from pricing.subscribers import count_subscribers

pytestmark = pytest.mark.django_db


@pytest.fixture
def renew(now, tier):
    """Let a customer renew the tier."""

    def make(customer, **fields):
        return Subscription.objects.create(
            **{
                "customer": customer,
                "tier": tier,
                "gateway": "stripe",
                "external_id": f"sub_{customer.pk}_{fields.get('status', '')}",
                "status": "active",
                "price_minor": 2000,
                "currency": "USD",
                "months": 1,
                "started_at": now,
                "will_renew": True,
                **fields,
            }
        )

    return make


def test_counts_customers_whose_subscription_goes_on_once_each(
    renew, make_customer, make_tier, tier, now
):
    for _ in range(2):
        renew(make_customer())
    renew(make_customer(), will_renew=False)
    renew(make_customer(), status="ended", ended_at=now, will_renew=False)
    renew(make_customer(), tier=make_tier())

    assert count_renewing({tier.pk}) == 2
    assert count_subscribers({tier.pk}) == 2


def test_the_page_of_a_price_list_says_how_many_keep_the_old_price(
    admin_client, renew, make_customer, tier
):
    renew(make_customer())
    draft = PriceVersion.objects.create(name="Autumn")
    draft.prices.create(tier=tier, currency="USD", amount_minor=2500)

    page = admin_client.get(reverse("admin:pricing_priceversion_change", args=[draft.pk]))

    assert "1 customer keeps the old one." in page.content.decode()


def test_what_publishing_does_to_subscribers_is_told_when_it_was_done(
    admin_client, renew, make_customer, tier, now
):
    renew(make_customer())

    def publishing(version):
        admin_client.post(
            reverse("admin:pricing_priceversion_publish_this", args=[version.pk]),
            {"_form_submitted": "True"},
            headers={"HX-Request": "true"},
        )
        page = admin_client.get(reverse("admin:pricing_priceversion_changelist"))
        return page.content.decode()

    later = now + timedelta(days=3650)
    empty = PriceVersion.objects.create(name="Empty")
    moving = PriceVersion.objects.create(name="Winter", subscribers="move", moves_at=later)
    moving.prices.create(tier=tier, currency="USD", amount_minor=2500)

    refused, done = publishing(empty), publishing(moving)

    assert "the price list has no prices" in refused
    assert "0 customers keep the old one" not in refused
    assert "1 customer moves to the new one at its date unless paying by Stars." in done
