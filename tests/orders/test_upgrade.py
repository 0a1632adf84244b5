"""Who upgrades pays less by the time of the lower tier that is not used up."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from entitlements.models import Grant
from entitlements.selectors import tier_of
from orders.credit import credit_moment, unused_parts
from orders.errors import OrderIsClosed, PriceChanged
from orders.models import MoneyCase, Order, UpgradeCredit
from orders.quoting import quote_for_customer
from orders.services.closing import cancel_order
from orders.services.demo_paying import say_demo
from orders.services.paying import open_payment
from orders.services.refunding import refund
from orders.services.resolving import honour

pytestmark = pytest.mark.django_db


@pytest.fixture
def vip(tier, make_tier):
    """A higher tier of the same product at 50.00 USD a month."""
    return make_tier(product=tier.product, level="vip", base_price_minor=5000)


@pytest.fixture
def half(now):
    """The middle of a month that began now: 15.5 of 31 days."""
    return now + timedelta(days=15, hours=12)


@pytest.fixture
def premium(buy):
    return buy()


def test_half_a_month_unused_is_half_its_price(premium, place, vip, half):
    order = place(tier=vip, now=half)

    credit = UpgradeCredit.objects.get()
    assert (order.total_minor, credit.amount_minor) == (4000, 1000)
    assert (credit.unused_seconds, credit.total_seconds) == (1339200, 2678400)
    assert (credit.status, credit.order, credit.line.order) == ("held", order, premium)


def test_it_is_counted_to_the_second_at_the_moment_of_the_promise(premium, customer, vip, now):
    at = now + timedelta(days=10, minutes=47, seconds=11)

    (part,) = unused_parts(customer_id=customer.pk, tier_id=vip.pk, at=at)

    whole = 31 * 86400
    assert part.unused_seconds == whole - (10 * 86400 + 47 * 60 + 11)
    assert part.amount.minor == 2000 * part.unused_seconds // whole


def test_a_price_shown_just_before_the_moment_changes_is_still_kept(
    premium, place, customer, vip, half
):
    moment = credit_moment(half)
    shown = quote_for_customer(
        customer_id=customer.pk, tier_id=vip.pk, months=1, now=moment + timedelta(minutes=29)
    )

    order = place(
        tier=vip, now=moment + timedelta(minutes=31), expected_fingerprint=shown.fingerprint
    )

    assert order.total_minor == shown.total_minor


def test_a_price_shown_long_ago_is_asked_again(premium, place, customer, vip, half):
    shown = quote_for_customer(customer_id=customer.pk, tier_id=vip.pk, months=1, now=half)

    with pytest.raises(PriceChanged):
        place(tier=vip, now=half + timedelta(days=1), expected_fingerprint=shown.fingerprint)

    assert not UpgradeCredit.objects.exists()


def test_paying_it_ends_the_lower_time_that_was_credited(premium, buy, vip, customer, half):
    buy(tier=vip, now=half)

    assert UpgradeCredit.objects.get().status == "used"
    assert tier_of(customer.pk, half) == "vip"
    lower = Grant.objects.live().filter(source=premium.lines.get().source)
    assert not lower.filter(access_until__gt=half).exists()


def test_the_same_time_makes_one_order_cheaper_and_not_two(premium, place, vip, half):
    first, second = place(tier=vip, now=half), place(tier=vip, now=half)

    assert (first.total_minor, second.total_minor) == (4000, 5000)


def test_the_database_knows_that_too(premium, place, vip, half):
    place(tier=vip, now=half)
    held = UpgradeCredit.objects.get()

    with pytest.raises(IntegrityError), transaction.atomic():
        UpgradeCredit.objects.create(
            order=premium, line=held.line, amount_minor=1, currency="USD", unused_seconds=1,
            total_seconds=1, computed_at=half, access_ends_at=half,
        )  # fmt: skip


def test_an_upgrade_that_is_not_paid_gives_the_time_back(premium, place, vip, half):
    order = place(tier=vip, now=half)

    cancel_order(order_id=order.pk, actor="customer:1", now=half)

    assert UpgradeCredit.objects.get().status == "released"
    assert place(tier=vip, now=half).total_minor == 4000


def test_refunding_the_upgrade_gives_the_lower_tier_its_time_again(
    premium, buy, vip, customer, now, half
):
    order = buy(tier=vip, now=half)

    refund(
        order_id=order.pk, amount=order.paid, reason="asked", access="revoke",
        actor="staff:7", now=half,
    )  # fmt: skip

    assert tier_of(customer.pk, half) == "premium"
    assert tier_of(customer.pk, now + timedelta(days=30)) == "premium"
    assert tier_of(customer.pk, now + timedelta(days=32)) == "free"


@pytest.fixture
def give_back(now, half):
    """Refund an upgrade in full, under a name at the provider."""

    def make(order: Order, name: str, state: str) -> None:
        say_demo(
            "demo.refund", payment=order.payments.get(), now=half, external_id=name,
            state=state, amount_minor=order.paid_minor,
        )  # fmt: skip

    return make


def test_a_refund_that_failed_takes_the_lower_time_back_with_the_higher_one(
    premium, buy, vip, customer, half, give_back
):
    order = buy(tier=vip, now=half)
    give_back(order, "re_1", "succeeded")
    give_back(order, "re_1", "failed")
    case = MoneyCase.objects.get(kind="refund_failed")

    honour(case_id=case.pk, actor="staff:7", now=half)

    held = Grant.objects.live().filter(customer=customer, access_until__gt=half)
    assert [grant.level for grant in held] == ["vip"]
    assert UpgradeCredit.objects.get().status == "used"


def test_a_second_refund_of_the_upgrade_gives_the_lower_time_again(
    premium, buy, vip, customer, half, give_back
):
    order = buy(tier=vip, now=half)
    give_back(order, "re_1", "succeeded")
    give_back(order, "re_1", "failed")
    honour(case_id=MoneyCase.objects.get(kind="refund_failed").pk, actor="staff:7", now=half)

    give_back(order, "re_2", "succeeded")

    held = Grant.objects.live().filter(customer=customer, access_until__gt=half)
    assert [grant.level for grant in held] == ["premium"]
    assert UpgradeCredit.objects.get().status == "released"


def test_refunding_the_lower_tier_and_then_the_upgrade_leaves_nothing(
    premium, buy, vip, customer, half, give_back
):
    order = buy(tier=vip, now=half)
    give_back(premium, "re_1", "succeeded")
    give_back(order, "re_2", "succeeded")

    assert not Grant.objects.live().filter(customer=customer, access_until__gt=half).exists()


def test_what_was_refunded_counts_for_nothing(premium, place, vip, half):
    refund(
        order_id=premium.pk, amount=premium.paid, reason="asked", access="revoke",
        actor="staff:7", now=half,
    )  # fmt: skip

    assert place(tier=vip, now=half).total_minor == 5000


def test_what_was_refunded_in_part_counts_for_the_rest(premium, place, vip, half):
    refund(
        order_id=premium.pk, amount=type(premium.paid)(1000, "USD"), reason="late",
        access="keep", actor="staff:7", now=half,
    )  # fmt: skip

    assert place(tier=vip, now=half).total_minor == 4500


def test_the_same_or_a_lower_tier_gives_no_credit(premium, buy, place, tier, vip, half):
    assert place(tier=tier, now=half).total_minor == 2000
    buy(tier=vip, now=half)

    assert place(tier=tier, now=half).total_minor == 2000


def test_credit_beyond_the_price_keeps_its_part_of_the_time(
    buy, place, pay, make_tier, tier, customer, now
):
    buy(months=12)
    small = make_tier(product=tier.product, level="vip", base_price_minor=4800)
    order = place(tier=small, now=now)
    credit = UpgradeCredit.objects.get()
    assert (order.total_minor, order.status) == (0, "fulfilled")

    left = Grant.objects.live().get(source=credit.line.source)

    kept = (left.ends_at - left.starts_at) / timedelta(seconds=credit.unused_seconds)
    assert abs(kept - 0.75) < 0.001


def test_a_second_upgrade_counts_what_the_first_one_was_credited(
    premium, buy, place, make_tier, tier, vip, half
):
    buy(tier=vip, now=half)
    top = make_tier(product=tier.product, level="enterprise", base_price_minor=20000)

    order = place(tier=top, now=half)

    assert Order.objects.get(pk=order.pk).total_minor == 15000


class TestCreditWhoseMoneyWentBackBeforeTheUpgradeWasPaid:
    @pytest.fixture(params=["refunded", "refunded in part", "disputed", "lost"])
    def cheaper(self, request, premium, place, open_demo, vip, half):
        """An upgrade whose payment page is open, and then its credit is gone."""
        order = place(tier=vip, now=half)
        payment = open_demo(order, at=half)
        said = {
            "refunded": ("demo.refund", {"state": "succeeded", "amount_minor": 2000}),
            "refunded in part": ("demo.refund", {"state": "succeeded", "amount_minor": 500}),
            "disputed": ("demo.dispute", {"state": "open"}),
            "lost": ("demo.dispute", {"state": "lost"}),
        }
        kind, more = said[request.param]
        say_demo(kind, payment=premium.payments.get(), now=half, external_id="x", **more)
        return order, payment

    def test_money_for_the_lower_price_waits_for_staff(self, cheaper, half):
        order, payment = cheaper

        say_demo("demo.payment", payment=payment, now=half, status="paid")

        order.refresh_from_db()
        case = MoneyCase.objects.get(payment=payment)
        assert (order.status, case.kind) == ("pending", "wrong_amount")
        assert case.detail["credit"] == "its money went back"
        assert not Grant.objects.filter(level="vip").exists()

    def test_no_other_page_is_opened(self, cheaper, half):
        order, _ = cheaper

        with pytest.raises(OrderIsClosed):
            open_payment(order_id=order.pk, gateway="demo", now=half)
