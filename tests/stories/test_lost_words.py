"""No word of a provider arrives: reconciling finds all of it, and the books agree.

``books`` audits: it fails where our sums and the provider's differ.
"""

import json
from io import StringIO

import pytest
from django.core.management import call_command

from customers.models import Customer as CustomerRow
from orders.fake_stripe import portal, refunds
from orders.models import Payment
from tests.stories.bookkeeping import Books, books
from tests.stories.buying import renews_by_card, renews_by_stars

pytestmark = pytest.mark.django_db

PREMIUM, ENDING = "premium at 2000: active, renews", "premium at 2000: active, ends"
IN_PART = "fulfilled partially_refunded"
CARD = [
    ("completed", Books("fulfilled", 2000, 0, "premium, granted", PREMIUM)),
    ("renewed", Books("fulfilled fulfilled", 4000, 0, "premium, granted", PREMIUM)),
    ("cancelled", Books("fulfilled fulfilled", 4000, 0, "premium, granted", ENDING)),
    ("refunded", Books(IN_PART, 4000, 500, "premium, granted", ENDING)),
    ("disputed", Books(IN_PART, 4000, 500, "free, blocked", ENDING)),
    ("lost", Books(IN_PART, 4000, 2500, "premium, granted", ENDING)),
]
STARS = "premium at 1539: active, renews"
TELEGRAM = [
    ("completed", Books("fulfilled", 1539, 0, "premium, granted", STARS)),
    ("renewed", Books("fulfilled fulfilled", 3078, 0, "premium, granted", STARS)),
    # What is left is the grace of the first month.
    ("charged back", Books("fulfilled refunded", 3078, 1539, "premium, in_grace", STARS)),
]


def repaired(provider):
    """Reconcile as an operator does, and return how many payments that mended."""
    said = StringIO()
    call_command("reconcile", "--since", "3d", "--json", stdout=said)
    found = {each["provider"]: each for each in json.loads(said.getvalue())["providers"]}
    return len(found[provider]["repairs"])


def test_a_stripe_whose_webhooks_are_all_lost(ann, shop, cards, settle_region, on, settings):
    settings.STARS_ENABLED = False
    world = cards.world

    def gives_part_back():
        refunds.create_refund(world, {"charge": charges()[-1]["id"], "amount": 500})

    def charges():
        return world.every("charge", paid=True)

    acts = {
        "completed": ((3, 15), lambda: renews_by_card(ann, cards)),
        "renewed": ((4, 16), lambda: None),
        "cancelled": (
            (4, 17),
            lambda: portal.toggle_renewal(world, world.every("subscription")[0]["id"]),
        ),
        "refunded": ((4, 18), gives_part_back),
        "disputed": ((4, 19), lambda: refunds.open_dispute(world, charges()[0]["id"])),
        "lost": (
            (4, 20),
            lambda: refunds.move_dispute(world, world.every("dispute")[0]["id"], "lost"),
        ),
    }
    on(3, 15)
    settle_region(ann)
    cards.deliver = cards.deliveries
    customer = CustomerRow.objects.get(telegram_id=ann.id)
    life = []
    for name, (day, act) in acts.items():
        on(*day)
        act()
        cards.deliver()
        assert repaired("stripe") > 0, name
        life.append((name, books(customer.pk, ann.now)))

    assert life == CARD
    assert repaired("stripe") == 0


def test_a_telegram_whose_updates_about_stars_are_all_lost(phone, shop, settle_region):
    phone.deaf_to = ("successful_payment", "refunded_payment")
    settle_region(phone.ann)
    phone.person.set(stars=4000)
    customer = CustomerRow.objects.get(telegram_id=phone.ann.id)
    acts = {
        "completed": ({}, lambda: renews_by_stars(phone)),
        "renewed": ({"days": 30, "seconds": 60}, lambda: None),
        "charged back": (
            {"days": 1},
            lambda: phone.sim.charge_back(Payment.objects.latest("pk").charge_id),
        ),
    }
    life = []
    for name, (span, act) in acts.items():
        phone.waits(**span)
        act()
        phone.listens()
        assert repaired("stars") > 0, name
        life.append((name, books(customer.pk, phone.now())))

    assert life == TELEGRAM
    assert repaired("stars") == 0
