"""Setting Stripe up, and being told what is missing."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from orders.card_findings import card_findings
from orders.doctor import cards
from orders.gateways.stripe import from_settings
from orders.gateways.stripe_account import ensure_endpoint
from orders.gateways.stripe_events import API_VERSION, EVENTS
from shopbot.kernel import clock
from tests.orders.fake_stripe.served import Served

URL = "https://shop.example/payments/stripe/webhook/"


@pytest.fixture
def account(settings):
    """An account without endpoint, and a shop with the right keys."""
    with Served() as served:
        settings.PUBLIC_URL = "https://shop.example"
        settings.STRIPE_ENABLED, settings.STRIPE_IS_SIMULATED = True, True
        settings.STRIPE_SECRET_KEY = "sk_test_x"
        settings.STRIPE_WEBHOOK_SECRET = "whsec_present"
        settings.STRIPE_API_URL = f"{served.url}/stripe-api"
        settings.DEBUG = True
        yield served.api.world


def run(command, *options):
    out = StringIO()
    try:
        call_command(command, *options, stdout=out)
    except SystemExit as end:
        return out.getvalue(), end.code
    return out.getvalue(), 0


def endpoints(world):
    return world.every("webhook_endpoint")


def faults():
    return {found.check: found.fault for found in card_findings(now=clock.now()) if found.fault}


class TestSetup:
    def test_creates_the_endpoint_and_prints_its_secret_once(self, account):
        out, code = run("stripe_setup")

        (made,) = endpoints(account)
        assert code == 0
        assert (made["url"], made["api_version"]) == (URL, API_VERSION)
        assert sorted(made["enabled_events"]) == sorted(EVENTS)
        assert f"STRIPE_WEBHOOK_SECRET={account.note(made['id'])['secret']}" in out

    def test_a_second_run_changes_nothing(self, account):
        run("stripe_setup")
        before = dict(endpoints(account)[0])

        out, _ = run("stripe_setup")

        assert endpoints(account) == [before]
        assert "is unchanged" in out
        assert "Next: run manage.py stripe_check." in out

    @pytest.mark.parametrize(
        "spoil",
        [{"enabled_events": ["charge.refunded", "payout.paid"]}, {"status": "disabled"}],
    )
    def test_repairs_events_and_switches_on(self, account, spoil):
        run("stripe_setup")
        endpoints(account)[0].update(spoil)

        out, _ = run("stripe_setup")

        (held,) = endpoints(account)
        assert "is updated" in out
        assert sorted(held["enabled_events"]) == sorted(EVENTS)
        assert held["status"] == "enabled"

    def test_another_version_gets_a_second_endpoint_until_the_old_is_retired(self, account):
        run("stripe_setup")
        endpoints(account)[0]["api_version"] = "2025-03-31.basil"

        created, _ = run("stripe_setup")
        reminded, _ = run("stripe_setup")
        both = len(endpoints(account))
        run("stripe_setup", "--retire")

        assert ",whsec_present" in created
        assert "--retire" in reminded
        assert both == 2
        assert [held["api_version"] for held in endpoints(account)] == [API_VERSION]

    def test_other_programs_endpoints_are_left_alone(self, account):
        client = from_settings().client
        ensure_endpoint(client, url="https://other.example/hook")

        run("stripe_setup", "--retire")

        assert {held["url"] for held in endpoints(account)} == {
            "https://other.example/hook",
            URL,
        }

    def test_without_a_key_it_says_so(self, account, settings):
        settings.STRIPE_SECRET_KEY = ""

        with pytest.raises(CommandError, match="STRIPE_SECRET_KEY: is not set"):
            run("stripe_setup")

    def test_what_stripe_refuses_is_said_and_nothing_is_made(self, account):
        with pytest.raises(CommandError, match="publicly accessible"):
            run("stripe_setup", "--url", "http://192.168.0.7/hook")

        assert endpoints(account) == []


class TestCheck:
    def test_all_is_well_after_setup(self, account):
        run("stripe_setup")

        out, code = run("stripe_check")

        assert (faults(), code) == ({}, 0)
        assert "problem" not in out

    def test_speaks_to_programs(self, account):
        out, code = run("stripe_check", "--json")

        said = json.loads(out)
        assert (said["ok"], code) == (False, 1)
        assert {each["check"] for each in said["findings"] if each["fault"]} == {
            "stripe webhook"
        }

    def test_without_a_key_it_says_only_that(self, account, settings):
        settings.STRIPE_SECRET_KEY = ""

        assert faults().keys() == {"stripe key"}

    @pytest.mark.parametrize(
        ("spoil", "words"),
        [
            ({"api_version": None}, "account’s version"),
            ({"api_version": "2025-03-31.basil"}, "speaks 2025-03-31.basil"),
            ({"status": "disabled"}, "switched off"),
            ({"enabled_events": sorted(EVENTS)[1:]}, "not sent: charge.dispute.closed"),
            ({"enabled_events": [*sorted(EVENTS), "payout.paid"]}, "also sent: payout.paid"),
            ({"url": "https://shop.example/old/"}, "no endpoint at"),
        ],
    )
    def test_finds_what_is_wrong_with_the_endpoint(self, account, spoil, words):
        run("stripe_setup")
        endpoints(account)[0].update(spoil)

        assert words in faults()["stripe webhook"]

    def test_finds_two_endpoints_at_one_address(self, account):
        run("stripe_setup")
        held = endpoints(account)[0]
        account.add(**{**held, "id": "we_second"})

        assert "2 endpoints" in faults()["stripe endpoints"]

    @pytest.mark.parametrize("secret", ["", "whsec_a,", "sk_test_x"])
    def test_finds_a_secret_that_is_none(self, account, settings, secret):
        run("stripe_setup")
        settings.STRIPE_WEBHOOK_SECRET = secret

        assert faults().keys() == {"stripe webhook secret"}

    @pytest.mark.parametrize(
        ("key", "debug", "words"),
        [
            ("sk_test_x", False, "no money moves"),
            ("sk_live_x", True, "real money moves"),
            ("pk_test_x", True, "not the secret key"),
        ],
    )
    def test_finds_a_key_of_the_wrong_mode(self, account, settings, key, debug, words):
        settings.STRIPE_SECRET_KEY, settings.DEBUG = key, debug

        assert words in faults()["stripe key"]

    def test_finds_that_the_key_opens_nothing(self, account, settings):
        settings.STRIPE_SECRET_KEY = "sk_live_x"

        assert "Invalid API Key" in faults()["stripe account"]

    def test_finds_another_address_than_stripes(self, account, settings):
        run("stripe_setup")
        settings.STRIPE_IS_SIMULATED = False

        assert "instead of Stripe" in faults()["stripe address"]

    def test_finds_a_clock_that_is_wrong(self, account):
        run("stripe_setup")

        late = clock.now() + timedelta(minutes=3)
        found = {each.check: each.fault for each in card_findings(now=late)}

        assert "seconds away" in found["clock"]

    def test_finds_events_that_were_not_taken(self, account):
        run("stripe_setup")
        endpoints(account)[0]["url"] = URL
        for event in account.every("event"):
            event["pending_webhooks"] = 0
        account.add(
            id="evt_1",
            object="event",
            type="charge.refunded",
            pending_webhooks=1,
            data={"object": {}},
        )

        assert "1 events of the last day" in faults()["stripe delivery"]


class TestTheDoctor:
    def test_asks_about_cards_where_real_ones_are_taken(self, account, settings):
        settings.STRIPE_IS_SIMULATED = False

        assert {found.check for found in cards()} == {
            found.check for found in card_findings(now=clock.now())
        }

    @pytest.mark.parametrize(("enabled", "simulated"), [(False, False), (True, True)])
    def test_asks_nothing_elsewhere(self, account, settings, enabled, simulated):
        settings.STRIPE_ENABLED, settings.STRIPE_IS_SIMULATED = enabled, simulated

        assert list(cards()) == []
