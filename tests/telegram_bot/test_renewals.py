"""What renews by itself, in the chat: another plan at the amount shown, stopping, resuming."""

from datetime import timedelta

import pytest

from catalog.models import Product
from orders.fake_stripe import sessions
from orders.fake_stripe.cards import Behavior
from orders.models import Order, Payment, Subscription
from telegram_bot.callbacks import ConfirmPlan, ShowRenewal
from tests.orders.fake_stripe.harness import PostedShop, plugged_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def cards(client, monkeypatch):
    stripe = PostedShop(client)
    with plugged_in(stripe, monkeypatch):
        yield stripe


@pytest.fixture
def clock(ann, time_machine):
    def pass_time(**span):
        ann.now += timedelta(**span)
        time_machine.move_to(ann.now, tick=False)

    return pass_time


@pytest.fixture
def renewing(ann, shop, cards, clock, orders):
    """Ann's renewal at a level, with the screen about it open."""

    def begin(tier="Premium"):
        Product.objects.update(goods_type="service")
        clock(seconds=0)
        orders(ann, tier)
        ann.presses("Card, renews by itself")
        sessions.pay(
            cards.world, cards.world.every("checkout.session")[0]["id"], Behavior.SUCCEEDS
        )
        cards.deliver()
        ann.types("/account")
        ann.presses("Renewals")
        ann.presses(f"Signals · {tier}")

    return begin


def previews(ann, tier):
    ann.presses("Change the plan")
    ann.presses(tier)
    return next(b["callback_data"] for b in ann.buttons() if b["text"].startswith("✅"))


def test_the_list_says_what_renews_when_and_at_what_price(ann, renewing):
    renewing()
    ann.types("/orders")
    ann.presses("Renewals")

    assert "Signals · Premium\nIt renews by itself after April 15, 2026 for $20.00." in ann.text
    assert ann.labels() == ["🔁 Signals · Premium", "⬅️ Back"]


def test_a_lower_plan_waits_for_the_next_period_and_costs_nothing_now(ann, renewing):
    renewing("Vip")

    sure = previews(ann, "Premium")
    assert "Due now: nothing. Until April 15, 2026 you keep what you have." in ann.text
    assert "From April 15, 2026 on: $20.00 each month" in ann.text
    ann.presses_data(sure)
    ann.presses_data(sure)

    assert ann.toast == "✅ Your plan will change with the next period."
    assert "for $20.00" in ann.text
    assert "Then it becomes Signals · Premium." in ann.text
    agreement = Subscription.objects.get()
    assert (agreement.tier.level, agreement.price_minor) == ("vip", 5000)
    assert (agreement.next_tier.level, agreement.next_price_minor) == ("premium", 2000)


def test_two_taps_upgrade_and_charge_once(ann, renewing):
    renewing()
    sure = previews(ann, "Vip")

    ann.presses_data(sure)
    ann.presses_data(sure)

    assert ann.toast == "✅ Your plan is changed."
    assert [order.total_minor for order in Order.objects.order_by("pk")] == [2000, 3000]


def test_a_stale_preview_is_asked_again_and_charges_nothing(ann, renewing, clock):
    renewing()
    sure = previews(ann, "Vip")
    clock(days=3)

    ann.presses_data(sure)

    assert "What was shown has changed. Nothing was charged" in ann.text
    assert Order.objects.count() == 1
    ann.presses("Change and pay")
    assert Order.objects.count() == 2


def test_another_amount_than_shown_is_never_charged(ann, renewing):
    renewing()
    shown = ConfirmPlan.unpack(previews(ann, "Vip"))

    ann.presses_data(shown.model_copy(update={"fingerprint": "00000000"}).pack())

    assert "What was shown has changed. Nothing was charged" in ann.text
    assert Order.objects.count() == 1


def test_it_is_stopped_and_resumed(ann, renewing):
    renewing()

    assert "and is not renewed" in ann.presses("Stop renewing")
    assert "Change the plan" not in " ".join(ann.labels())
    assert "It renews by itself" in ann.presses("Renew again")


def test_a_plan_that_stopping_released_is_asked_about_again(ann, renewing, clock):
    renewing("Vip")
    sure = previews(ann, "Premium")
    ann.presses_data(sure)
    ann.presses_data(ShowRenewal(subscription_id=Subscription.objects.get().pk).pack())
    ann.presses("Stop renewing")
    ann.presses("Renew again")
    clock(minutes=1)

    ann.presses_data(sure)

    assert "What was shown has changed. Nothing was charged" in ann.text
    assert Subscription.objects.get().next_tier is None
    ann.presses("Change with the next period")
    assert Subscription.objects.get().next_tier.level == "premium"


def test_the_card_is_changed_on_the_payment_services_own_page(ann, renewing, cards, settings):
    renewing()
    settings.SIMULATOR_ENABLED = True

    ann.presses("Card and invoices")

    (portal,) = cards.world.every("billing_portal.session")
    assert [b["url"] for b in ann.buttons() if "url" in b] == [portal["url"]]
    assert portal["customer"] == Subscription.objects.get().provider_customer_id
    assert portal["return_url"] == f"{settings.SIMULATOR_URL}/?user={ann.id}"


def test_without_the_bots_name_the_payment_page_leads_back(ann, renewing, cards, settings):
    renewing()
    settings.SIMULATOR_ENABLED = False
    settings.TELEGRAM_API_URL = "http://127.0.0.1:9"

    ann.presses("Card and invoices")

    (portal,) = cards.world.every("billing_portal.session")
    paid = Payment.objects.get()
    assert portal["return_url"].endswith(f"/payments/return/{paid.key}/")


def test_nobody_reaches_the_renewal_of_another(ann, make_customer, renewing):
    renewing()
    eve = make_customer(id=66, first_name="Eve")
    eve.types("/start")
    data = ShowRenewal(subscription_id=Subscription.objects.get().pk).pack()

    assert "does not renew any more" in eve.presses_data(data)


def test_the_receipt_has_its_file(ann, renewing, client):
    renewing()
    ann.types("/orders")
    ann.presses("Signals")
    ann.presses("Receipt")
    url = next(button["url"] for button in ann.buttons() if "PDF" in button["text"])

    path = url.partition("/payments/")[2]
    answer = client.get(f"/payments/{path}")
    other = client.get(f"/payments/{path.replace('2026-000001', '2026-000002')}")

    assert (answer.status_code, answer.content[:5]) == (200, b"%PDF-")
    assert other.status_code == 404
