"""/affiliate in the chat: the link as a picture, clicks, sales, balances, the account."""

import io

import pytest
from PIL import Image

from customers.models import Customer as CustomerRow
from pricing.models import AffiliateClicks
from pricing.services import earn_commission
from shopbot.kernel.money import Money
from telegram_bot.models import TelegramCommand

pytestmark = pytest.mark.django_db


@pytest.fixture
def bob(make_customer):
    """Comes by Ann's link."""
    return make_customer(id=43, first_name="Bob", username="bob")


@pytest.fixture
def link(ann):
    """What Ann's link starts the bot with."""
    ann.types("/start")
    return f"/start r_{CustomerRow.objects.get(telegram_id=ann.id).referral_code}"


def earn(who, now, count=1):
    row = CustomerRow.objects.get(telegram_id=who.id)
    for number in range(count):
        earn_commission(
            affiliate_customer_id=row.pk,
            holder=f"order:{number + 1}",
            base=Money(17_280, "USD"),
            now=now,
        )


def test_shows_the_link_as_a_picture_with_what_it_has_brought(
    shop, ann, bob, link, telegram, now
):
    bob.types(link)
    earn(ann, now)

    said = ann.types("/affiliate")

    method, params = telegram.calls[-1]
    assert method == "sendPhoto"
    assert Image.open(io.BytesIO(params["photo"])).format == "PNG"
    assert f"https://t.me/demo_shop_bot?start={link.split()[1]}" in said
    assert "Friends who come by your link save 10%" in said
    assert "Clicks: 1\nSales: 1" in said
    assert "On hold: $17.28\nTo be paid: –" in said


def test_the_caption_fits_telegrams_limit_in_every_language(shop, make_customer, telegram):
    for number, code in enumerate(("en", "ru", "de", "es")):
        who = make_customer(id=50 + number, language_code=code, username=code)
        who.types("/start")
        who.types("/affiliate")

        assert len(telegram.calls[-1][1]["caption"]) < 1024


def test_a_visitor_counts_once_and_nobody_counts_for_their_own_link(shop, ann, bob, link):
    for _ in range(3):
        bob.types(link)
    ann.types(link)
    bob.types("/start r_nonsense")

    assert AffiliateClicks.objects.get().clicks == 1


def test_the_statement_is_read_page_by_page(shop, ann, link, now):
    earn(ann, now, count=10)
    ann.types("/affiliate")

    first = ann.presses("Statement")
    second = ann.presses("›")

    assert first.count("Commission: $17.28") == 8
    assert second.count("Commission: $17.28") == 2
    assert "on hold until" in first
    ann.presses("Back")
    assert "Bring friends" in ann.text


def test_somebody_who_earned_nothing_reads_so(shop, ann, link):
    ann.types("/affiliate")

    assert "Nothing has been earned yet." in ann.presses("Statement")


def test_staff_can_switch_the_command_off(shop, ann, link):
    TelegramCommand.objects.filter(command="affiliate").update(is_enabled=False)

    assert ann.types("/affiliate") == "This is switched off for the moment."


def test_the_account_leads_to_it(shop, ann, link):
    ann.types("/account")

    assert "Bring friends" in ann.presses("Bring friends")
