"""What waits for a person is said on the first page and by the doctor."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from pricing.admin.cards import card_of_payouts, card_of_rates
from pricing.doctor import rates
from pricing.ecb import DailyRates
from pricing.models import FxRate
from pricing.services import earn_commission, open_payouts
from pricing.services.rates import take_over
from shopbot.kernel import clock
from shopbot.kernel.money import Money


@pytest.fixture
def public(settings):
    """A shop that is no trial."""
    settings.SIMULATOR_ENABLED = False


def hear(**rates):
    now = clock.now()
    values = {code: Decimal(text) for code, text in rates.items()}
    take_over(daily=DailyRates(day=now.date(), rates=values), now=now)


def test_nothing_is_said_while_rates_are_young(shop, public):
    hear(USD="1.1172", GBP="0.8340")

    assert list(card_of_rates(now=clock.now())) == []
    assert [finding.is_well for finding in rates()] == [True]


def test_old_rates_are_told(shop, public):
    later = clock.now() + timedelta(days=3650)

    (card,) = card_of_rates(now=later)
    FxRate.objects.exclude(source="manual").update(rate_date="2020-01-01")
    (finding,) = rates()

    assert card.title == "Exchange rates are old"
    assert card.value.endswith(" days")
    assert "days old" in finding.fault


def test_one_currency_that_nobody_quotes_any_more_is_told(shop, public):
    hear(USD="1.1172", GBP="0.8340")
    FxRate.objects.filter(currency="GBP").update(rate_date="2020-01-01")

    (card,) = card_of_rates(now=clock.now())

    assert card.title == "Exchange rates are old"


def test_a_trial_lives_on_the_rates_it_was_shipped_with(shop, settings):
    settings.SIMULATOR_ENABLED = True
    FxRate.objects.exclude(source="manual").update(rate_date="2020-01-01")

    assert list(card_of_rates(now=clock.now())) == []
    assert [finding.is_well for finding in rates()] == [True]


def test_a_jump_is_told(shop, public, admin_client):
    hear(USD="2", GBP="0.8340")

    (card,) = card_of_rates(now=clock.now())
    (finding,) = rates()

    assert (card.title, card.value) == ("Exchange rates jumped", "1")
    assert finding.fault == "1 jumped and wait for a person"
    assert "Exchange rates jumped" in admin_client.get(reverse("admin:index")).content.decode()


def test_open_payouts_are_told(customer):
    now = clock.now()
    assert list(card_of_payouts(now=now)) == []
    earn_commission(
        affiliate_customer_id=customer.pk,
        holder="order:1",
        base=Money(10_000, "USD"),
        now=now - timedelta(days=31),
    )
    open_payouts(actor="staff:1", now=now)

    (card,) = card_of_payouts(now=now)

    assert (card.title, card.value) == ("Payouts to make", "1")


def test_a_shop_without_any_rate_is_not_called_late(shop, public):
    FxRate.objects.all().delete()

    assert [finding.is_well for finding in rates()] == [True]
