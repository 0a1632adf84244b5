"""The process dies at any seam of a month that renews, by card or Stars; then it goes on."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from orders.gateways.registry import Entry
from tests.orders.dying import CardTill, Death, StarTill, Till, mortal_stars
from tests.orders.fake_stripe.harness import PostedShop, plugged_in
from tests.orders.fake_telegram import StarAccount, serving
from tests.orders.faulty import GATEWAYS, Killed

pytestmark = pytest.mark.django_db


@pytest.fixture(params=["card", "stars"])
def till(request) -> Till:
    """An order of a month that renews, and who charges it."""
    return request.getfixturevalue(f"{request.param}_till")


@pytest.fixture
def clock_that_stands(now, time_machine):
    time_machine.move_to(now, tick=False)
    return time_machine


@pytest.fixture
def card_till(clock_that_stands, place, client, monkeypatch):
    shop = PostedShop(client)
    with plugged_in(shop, monkeypatch):
        yield CardTill(place(), clock_that_stands, shop)


@pytest.fixture
def star_account(settings):
    with serving(StarAccount()) as account:
        settings.TELEGRAM_API_URL = account.url
        settings.TELEGRAM_BOT_TOKEN = "1:TOKEN"
        settings.STARS_ENABLED = True
        yield account


@pytest.fixture
def stars_till(clock_that_stands, place, star_account, monkeypatch):
    path = f"{mortal_stars.__module__}.{mortal_stars.__name__}"
    monkeypatch.setitem(GATEWAYS, "stars", Entry(path, lambda: True))
    return StarTill(place(currency="XTR"), clock_that_stands, star_account)


@pytest.fixture
def paid(till):
    """Who paid the first month, which is told and booked."""
    till.opens()
    till.pays()
    till.tells()
    return till


@pytest.fixture
def renewed(paid):
    """Who was charged for the second month too."""
    paid.is_charged_again()
    paid.tells()
    return paid


def survived(till: Till, work: Callable[[], None], *goes_on: Callable[[], None]) -> int:
    """Do work that dies at each of its seams in turn, and let it go on; return the deaths.

    What comes due by itself is done as well; then the books are those of a process that did
    not die.
    """

    def books_afterwards() -> dict[str, Any]:
        for each in (*goes_on, till.sweeps):
            each()
        return till.books()

    with till.turned_back():
        work()
        expected = books_afterwards()
    assert expected["differences"] == 0
    deaths = 0
    while True:
        with till.turned_back():
            death = Death(at=deaths + 1)
            with suppress(Killed), death:
                work()
            if not death.came:
                return deaths
            assert books_afterwards() == expected, death.at
        deaths += 1


def test_opening_a_checkout_that_the_customer_asks_for_again(till):
    assert survived(till, till.opens, till.opens, till.pays, till.tells) >= 3


def test_the_first_charge_which_is_told_again(till):
    till.opens()
    till.pays()

    assert survived(till, till.tells, till.tells) >= 4


def test_a_renewal_which_nobody_tells_again_once_it_was_stored(paid):
    paid.is_charged_again()

    assert survived(paid, paid.tells) >= 4


def test_a_refund_of_the_renewal_that_staff_look_at_again(renewed):
    assert survived(renewed, renewed.is_refunded, renewed.is_refunded) >= 5


def test_a_charge_that_the_bank_takes_back(paid):
    paid.takes_back()

    def follows():
        paid.tells()
        paid.sweeps()

    assert survived(paid, follows, paid.tells) >= 5


def test_a_month_bought_once_which_is_told_again(till):
    till.renews = False
    till.opens()
    till.pays()

    assert survived(till, till.tells, till.tells) >= 4


def test_stopping_that_the_customer_asks_for_again(paid):
    assert survived(paid, paid.stops, paid.stops) >= 2


def test_resuming_that_the_customer_asks_for_again(paid):
    paid.stops()

    assert survived(paid, paid.resumes, paid.resumes) >= 2


def test_a_change_of_plan_which_is_told_or_asked_for_again(card_till, make_tier, tier):
    for step in (card_till.opens, card_till.pays, card_till.tells):
        step()
    vip = make_tier(product=tier.product, level="vip", base_price_minor=5000)

    def changes() -> None:
        card_till.changes_to(vip)

    assert survived(card_till, changes, card_till.tells, changes) >= 4


def test_control_who_does_not_go_on_has_not_booked_it(till):
    till.opens()
    till.pays()

    with suppress(Killed), Death(at=1):
        till.tells()

    assert till.books()["first"] == ("pending", 0, 0, False)
