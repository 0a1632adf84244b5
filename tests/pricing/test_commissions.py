"""What affiliates earn, lose and are paid."""

from datetime import timedelta
from threading import Barrier

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Sum

from pricing.errors import AlreadyDecided, ReasonMissing, UnknownRow
from pricing.models import Affiliate, AffiliateProgram, CommissionEntry, Payout
from pricing.selectors import affiliate_statement
from pricing.services import (
    cancel_payout,
    count_click,
    earn_commission,
    mark_payout_paid,
    open_payouts,
    reverse_commission,
)
from shopbot.kernel.models import Event
from shopbot.kernel.money import Money
from tests.customers.factories import make_customer


@pytest.fixture
def affiliate(shop):
    """Who brings customers."""
    return make_customer(first_name="Bringer")


@pytest.fixture
def earn(affiliate, now):
    """Earn for an order of 172.80 USD, by default."""

    def call(holder="order:1", base=None, at=now):
        return earn_commission(
            affiliate_customer_id=affiliate.pk,
            holder=holder,
            base=base or Money(17280, "USD"),
            now=at,
        )

    return call


def balance(currency="USD"):
    rows = CommissionEntry.objects.filter(currency=currency)
    return rows.aggregate(sum=Sum("amount_minor"))["sum"] or 0


def test_a_paid_order_earns_a_share_held_for_30_days(earn, affiliate, now):
    assert earn() == Money(1728, "USD")

    entry = CommissionEntry.objects.get()
    assert (entry.customer, entry.kind, entry.amount_minor) == (affiliate, "earned", 1728)
    assert entry.matures_at == now + timedelta(days=30)
    assert Event.objects.get(kind="commission.earned").data["amount_minor"] == 1728


def test_an_order_earns_once_however_often_it_is_settled(earn):
    assert [earn() for _ in range(3)] == [Money(1728, "USD")] * 3

    assert balance() == 1728


def test_own_terms_replace_the_programs(earn, affiliate):
    Affiliate.objects.create(customer=affiliate, commission_bps=2500)

    assert earn() == Money(4320, "USD")


@pytest.mark.parametrize("which", ["program", "affiliate", "nothing_paid"])
def test_earns_nothing_where_nothing_is_due(earn, affiliate, which):
    if which == "program":
        AffiliateProgram.objects.update(is_active=False)
    if which == "affiliate":
        Affiliate.objects.create(customer=affiliate, is_active=False)

    earned = earn(base=Money(4, "USD") if which == "nothing_paid" else None)

    assert earned == Money(0, "USD")
    assert not CommissionEntry.objects.exists()


def test_a_refund_takes_the_share_back_absolutely(earn, now):
    earn()

    taken = [
        reverse_commission(holder="order:1", share_bps=share, now=now)
        for share in (5000, 5000, 10_000, 10_000)
    ]

    assert [amount.minor for amount in taken] == [864, 0, 864, 0]
    assert balance() == 0


def test_a_refund_that_failed_gives_the_share_back(earn, now):
    earn()

    taken = [
        reverse_commission(holder="order:1", share_bps=share, now=now)
        for share in (10_000, 2500, 2500, 0, 0)
    ]

    assert [amount.minor for amount in taken] == [1728, -1296, 0, -432, 0]
    assert balance() == 1728


def test_reversing_what_earned_nothing_changes_nothing(shop, now):
    assert not reverse_commission(holder="order:9", now=now)

    assert not CommissionEntry.objects.exists()


def test_refuses_a_share_beyond_the_whole(earn, now):
    earn()

    with pytest.raises(ValueError, match="basis points"):
        reverse_commission(holder="order:1", share_bps=10_001, now=now)

    assert balance() == 1728


def test_what_has_matured_goes_on_the_payout_list_once(earn, affiliate, now):
    earn("order:1")
    earn("order:2", base=Money(10_000, "EUR"))
    ripe = now + timedelta(days=30)
    earn("order:3", at=ripe)

    assert open_payouts(actor="staff:1", now=now) == []
    first = open_payouts(actor="staff:1", now=ripe)
    again = open_payouts(actor="staff:1", now=ripe)

    assert [(each.currency, each.amount_minor) for each in first] == [
        ("EUR", 1000),
        ("USD", 1728),
    ]
    assert again == []
    assert balance() == 1728  # order:3, not ripe yet
    assert {each.customer for each in first} == {affiliate}


def test_a_reversal_before_the_payout_leaves_less_to_pay(earn, now):
    earn("order:1")
    earn("order:2", base=Money(10_000, "USD"))
    reverse_commission(holder="order:1", now=now)

    opened = open_payouts(actor="staff:1", now=now + timedelta(days=30))

    assert [each.amount_minor for each in opened] == [1000]


def test_a_reversal_after_the_payout_is_owed_back_from_the_next_one(earn, now):
    ripe = now + timedelta(days=30)
    earn("order:1")
    open_payouts(actor="staff:1", now=ripe)
    mark_payout_paid(
        payout_id=Payout.objects.get().pk, reason="Wire 7", actor="staff:1", now=ripe
    )

    reverse_commission(holder="order:1", now=ripe)

    assert balance() == -1728
    assert open_payouts(actor="staff:1", now=ripe) == []


def test_a_payout_is_settled_once_and_with_a_reason(earn, now):
    ripe = now + timedelta(days=30)
    earn()
    (payout,) = open_payouts(actor="staff:1", now=ripe)

    with pytest.raises(ReasonMissing):
        mark_payout_paid(payout_id=payout.pk, reason="  ", actor="staff:1", now=ripe)
    mark_payout_paid(payout_id=payout.pk, reason="Wire 7", actor="staff:1", now=ripe)
    with pytest.raises(AlreadyDecided):
        cancel_payout(payout_id=payout.pk, reason="Oops", actor="staff:1", now=ripe)
    with pytest.raises(UnknownRow):
        cancel_payout(payout_id=payout.pk + 1, reason="Oops", actor="staff:1", now=ripe)

    payout.refresh_from_db()
    assert (payout.status, payout.reason, payout.closed_by) == ("paid", "Wire 7", "staff:1")
    assert balance() == 0


def test_a_cancelled_payout_is_owed_again(earn, now):
    ripe = now + timedelta(days=30)
    earn()
    (payout,) = open_payouts(actor="staff:1", now=ripe)

    cancel_payout(payout_id=payout.pk, reason="Wrong account", actor="staff:1", now=ripe)

    assert balance() == 1728
    assert [each.amount_minor for each in open_payouts(actor="staff:1", now=ripe)] == [1728]


def test_the_statement_has_clicks_sales_and_balances(earn, affiliate, now):
    ripe = now + timedelta(days=30)
    visitors = [make_customer().pk for _ in range(4)]
    for visitor_id in (*visitors, *visitors, affiliate.pk):
        count_click(code=affiliate.referral_code, visitor_id=visitor_id, now=now)
    earn("order:1")
    earn("order:2", at=ripe)
    (payout,) = open_payouts(actor="staff:1", now=ripe)
    mark_payout_paid(payout_id=payout.pk, reason="Wire", actor="staff:1", now=ripe)
    earn("order:3", base=Money(10_000, "EUR"), at=now)

    statement = affiliate_statement(customer_id=affiliate.pk, now=ripe)

    assert (statement.clicks, statement.sales) == (4, 3)
    assert statement.held == (Money(1728, "USD"),)
    assert statement.available == (Money(1000, "EUR"),)
    assert statement.paid == (Money(1728, "USD"),)


def test_the_ledger_is_only_ever_added_to(earn):
    earn()

    changes = [
        lambda: CommissionEntry.objects.update(amount_minor=1),
        lambda: CommissionEntry.objects.all().delete(),
    ]
    if connection.vendor == "postgresql":
        changes.append(lambda: CommissionEntry._base_manager.all().delete())
    for change in changes:
        with pytest.raises(IntegrityError), transaction.atomic():
            change()

    assert balance() == 1728


@pytest.mark.django_db(transaction=True)
def test_two_people_who_list_what_is_owed_at_once_list_it_once(earn, race, now):
    earn()
    ripe = now + timedelta(days=30)

    def list_it(actor):
        return lambda: len(open_payouts(actor=actor, now=ripe))

    assert sorted(race(list_it("staff:1"), list_it("staff:2"))) == [0, 1]

    assert Payout.objects.get().amount_minor == 1728
    assert balance() == 0


@pytest.mark.django_db(transaction=True)
def test_two_refunds_at_once_take_a_commission_back_once(earn, race, now):
    earn()

    def refund():
        return reverse_commission(holder="order:1", now=now).minor

    assert sorted(race(refund, refund)) == [0, 1728]

    assert balance() == 0


@pytest.mark.django_db(transaction=True)
def test_control_reading_reversals_with_the_lock_takes_a_commission_back_twice(earn, race, now):
    """What ``reverse_commission`` would do if one statement locked and looked."""
    earn()
    both_have_looked = Barrier(2)

    def naive():
        entries = list(CommissionEntry.objects.filter(holder="order:1"))
        both_have_looked.wait(timeout=10)
        more = sum(entry.amount_minor for entry in entries)
        CommissionEntry.objects.create(
            customer_id=entries[0].customer_id,
            kind="reversed",
            holder="order:1",
            currency="USD",
            amount_minor=-more,
            matures_at=now,
            created_at=now,
        )
        return more

    assert race(naive, naive) == [1728, 1728]

    assert balance() == -1728
