"""What no webhook told is found and repaired, and the books are compared."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from entitlements.models import Grant
from entitlements.selectors import has_entitlement
from entitlements.services.revoking import revoke_source
from orders.gateways.signing import order_payload
from orders.models import AuditResult, MoneyCase, Order, Payment, ReconcileCursor
from orders.services.auditing import audit, audit_if_due
from orders.services.paying import open_payment, open_subscription
from orders.services.reconciling import reconcile
from orders.services.stars import record_star_payment

pytestmark = pytest.mark.django_db


@pytest.fixture
def charged(telegram, place_stars, now):
    """An order that Telegram took Stars for, of which no update ever told us."""

    def make(number: int = 1) -> Order:
        order = place_stars()
        open_payment(order_id=order.pk, gateway="stars", now=now)
        telegram.charge(
            f"stars-{number}",
            payload=order_payload(
                order_id=order.pk, amount=order.total, telegram_id=order.customer.telegram_id
            ),
            amount=order.total_minor,
            telegram_id=order.customer.telegram_id,
            at=now,
        )
        return order

    return make


def only(reports, provider):
    return next(report for report in reports if report.provider == provider)


def test_a_payment_that_no_update_told_of_is_found_and_delivered(charged, customer, now):
    order = charged()

    report = only(reconcile(now=now), "stars")

    order.refresh_from_db()
    assert order.status == "fulfilled"
    assert has_entitlement(customer.pk, "signals", now)
    assert (report.looked_at, len(report.repairs), report.error) == (1, 1, "")


def test_reading_again_repairs_nothing(charged, now):
    charged()
    reconcile(now=now)

    report = only(reconcile(now=now + timedelta(minutes=10)), "stars")

    assert report.repairs == ()
    assert Order.objects.count() == Grant.objects.count() == 1


def test_a_fact_seen_live_and_in_the_list_is_one_fact(charged, telegram, now):
    order = charged()
    row = telegram.transactions[0]
    record_star_payment(
        telegram_id=order.customer.telegram_id, payload=row["source"]["invoice_payload"],
        charge_id=row["id"], currency="XTR", total_amount=row["amount"], paid_at=now, now=now,
    )  # fmt: skip

    report = only(reconcile(now=now), "stars")

    assert report.repairs == ()
    assert Payment.objects.filter(status="paid").count() == 1


def test_a_refund_that_no_update_told_of_ends_access(charged, telegram, customer, now):
    order = charged()
    reconcile(now=now)
    telegram.give_back("stars-1", at=now)

    reconcile(now=now)

    order.refresh_from_db()
    assert order.status == "refunded"
    assert not has_entitlement(customer.pk, "signals", now)


def test_renewals_that_no_update_told_of_are_found(telegram, place_stars, customer, now):
    order = place_stars()
    open_subscription(order_id=order.pk, gateway="stars", now=now)
    payload = order_payload(
        order_id=order.pk, amount=order.total, telegram_id=customer.telegram_id
    )
    for month in range(3):
        telegram.charge(
            f"stars-{month}", payload=payload, amount=order.total_minor,
            telegram_id=customer.telegram_id, at=now + timedelta(days=30 * month),
            period=2592000,
        )  # fmt: skip

    reconcile(now=now + timedelta(minutes=1))

    assert Order.objects.filter(status="fulfilled").count() == 3
    assert has_entitlement(customer.pk, "signals", now + timedelta(days=89))


def test_goes_on_where_it_ended_and_reads_some_again(charged, telegram, now):
    for number in range(3):
        charged(number)
    reconcile(now=now)

    reconcile(now=now)

    offsets = [call["offset"] for call in telegram.called("getStarTransactions")]
    assert offsets == [0, 0]
    assert ReconcileCursor.objects.get(provider="stars").cursor == "3"


def test_reads_long_lists_page_by_page(telegram, customer, now):
    for number in range(250):
        telegram.transactions.append(
            {"id": f"gift-{number}", "amount": 1, "date": int(now.timestamp()), "source": {}}
        )

    reconcile(now=now)
    reconcile(now=now)

    offsets = [call["offset"] for call in telegram.called("getStarTransactions")]
    assert offsets == [0, 100, 200, 150, 250]


def test_a_reading_that_stops_early_does_not_pass_for_a_whole_one(telegram, now, monkeypatch):
    monkeypatch.setattr("orders.services.reconciling.MOST_PAGES", 1)
    for number in range(150):
        telegram.transactions.append(
            {"id": f"gift-{number}", "amount": 1, "date": int(now.timestamp()), "source": {}}
        )

    reconcile(now=now)
    stopped = ReconcileCursor.objects.get(provider="stars").read_until
    reconcile(now=now)

    assert stopped is None
    assert ReconcileCursor.objects.get(provider="stars").read_until == now


@pytest.fixture
def gifts(telegram, now):
    """Fill Telegram's list with rows that are none of ours, one each minute up to now."""

    def make(number: int) -> None:
        for age in range(number, 0, -1):
            at = int((now - timedelta(minutes=age)).timestamp())
            telegram.transactions.append(
                {"id": f"gift-{at}", "amount": 1, "date": at, "source": {}}
            )

    return make


def test_what_comes_in_while_a_stopped_reading_waits_is_read_too(
    telegram, charged, gifts, now, monkeypatch
):
    monkeypatch.setattr("orders.services.reconciling.MOST_PAGES", 1)
    gifts(150)
    reconcile(now=now)
    order = charged()

    reconcile(now=now + timedelta(days=2))

    order.refresh_from_db()
    assert order.status == "fulfilled"
    cursor = ReconcileCursor.objects.get(provider="stars")
    assert (cursor.read_until, cursor.reading_since) == (now, None)


def test_a_date_of_ones_choice_is_read_to_the_end_however_long_the_list(
    telegram, charged, gifts, now, monkeypatch
):
    monkeypatch.setattr("orders.services.reconciling.MOST_PAGES", 1)
    gifts(1200)
    order = charged()

    reports = reconcile(since=now - timedelta(hours=5), now=now)

    order.refresh_from_db()
    assert order.status == "fulfilled"
    assert len(only(reports, "stars").repairs) == 1
    # 300 minutes are 300 rows, those before them an overlap: five pages, and some questions.
    pages = [c["offset"] for c in telegram.called("getStarTransactions") if c["limit"] == 100]
    assert pages == [0, 800, 900, 1000, 1100, 1200]
    assert not ReconcileCursor.objects.get(provider="stars").cursor


def test_the_list_of_another_bot_is_read_from_its_beginning(telegram, charged, gifts, now):
    gifts(250)
    reconcile(now=now)
    telegram.transactions.clear()
    order = charged()

    reconcile(now=now + timedelta(minutes=1))

    order.refresh_from_db()
    assert order.status == "fulfilled"
    assert ReconcileCursor.objects.get(provider="stars").cursor == "1"


def test_a_place_that_the_provider_refuses_is_given_up_and_the_dates_are_kept(
    telegram, charged, gifts, now, monkeypatch
):
    monkeypatch.setattr("orders.services.reconciling.MOST_PAGES", 1)
    gifts(150)
    order = charged()
    reconcile(now=now)
    telegram.refuse("getStarTransactions", "Bad Request: wrong offset", code=400)
    reconcile(now=now)
    refused = ReconcileCursor.objects.get(provider="stars")

    reconcile(now=now)
    reconcile(now=now)

    order.refresh_from_db()
    assert (refused.cursor, refused.reading_began_at) == ("", now)
    assert order.status == "fulfilled"


def test_kinds_of_transactions_that_we_do_not_know_are_passed_over(charged, telegram, now):
    telegram.transactions.extend(
        [
            {"id": "a", "amount": 1, "date": 1, "source": {"type": "something_new"}},
            {"id": "b", "amount": 1, "date": 1, "receiver": {"type": "fragment"}},
            {"id": "c", "amount": 1, "date": 1},
        ]
    )
    order = charged()

    reconcile(now=now)

    order.refresh_from_db()
    assert order.status == "fulfilled"


def test_a_provider_that_is_away_is_reported_and_stops_no_other(telegram, now):
    telegram.refuse("getStarTransactions", "Bad Gateway", code=502)

    reports = reconcile(now=now)

    assert "Bad Gateway" in only(reports, "stars").error
    assert only(reports, "demo").error == ""


class TestAudit:
    def test_finds_nothing_where_all_is_well(self, buy, place, now):
        buy()
        place()

        result = audit(now=now)

        assert (result.differences, MoneyCase.objects.count()) == (0, 0)
        assert result.checks >= 8

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda order, now: Order.objects.filter(pk=order.pk).update(paid_minor=1),
            lambda order, now: order.receipt.delete(),
            lambda order, now: Payment.objects.filter(order=order).update(settled_at=None),
            lambda order, now: Grant.objects.filter(source=order.lines.get().source).update(
                source="elsewhere"
            ),
        ],
        ids=["another sum", "a missing receipt", "money of no order", "nothing delivered"],
    )
    def test_shows_a_difference_to_staff(self, buy, spoil, now):
        spoil(buy(), now)

        result = audit(now=now)

        assert result.differences >= 1
        assert {case.kind for case in MoneyCase.objects.all()} == {"audit"}

    def test_access_that_staff_ended_is_no_difference(self, buy, now):
        order = buy()
        revoke_source(source=order.lines.get().source, reason="abuse", actor="staff:1", now=now)

        assert audit(now=now).differences == 0

    def test_is_made_once_a_day(self, db, now):
        assert [audit_if_due(now=now + timedelta(hours=hour)) for hour in (0, 1, 19, 20)] == [
            1,
            0,
            0,
            1,
        ]
        assert AuditResult.objects.count() == 2

    def test_opens_one_case_for_one_difference_a_day(self, buy, now):
        order = buy()
        order.receipt.delete()

        audit(now=now)
        cases = MoneyCase.objects.count()
        audit(now=now + timedelta(hours=1))

        assert MoneyCase.objects.count() == cases


class TestTheProvidersOwnList:
    """The audit reads what Telegram lists, not what our books were made of."""

    @pytest.fixture
    def audited(self, now):
        def make() -> dict[str, dict[str, object]]:
            report = audit(now=now + timedelta(hours=1)).report["comparisons"]
            return {each["name"]: each for each in report if "at stars" in each["name"]}

        return make

    def test_agrees_with_what_was_booked(self, charged, telegram, audited, now):
        charged(1)
        charged(2)
        telegram.give_back("stars-2", at=now)
        reconcile(now=now)

        found = audited()

        assert {name: each["agrees"] for name, each in found.items()} == {
            "paid at stars, XTR": True,
            "refunded at stars, XTR": True,
        }

    def test_shows_money_that_was_never_booked(self, charged, audited):
        order = charged()

        found = audited()["paid at stars, XTR"]

        due = order.total
        assert (found["agrees"], found["theirs"]) == (False, str(due))
        assert found["explained"] == [f"stars-1: here {due - due}, there {due}"]

    def test_shows_what_a_notice_told_and_telegram_does_not_list(
        self, charged, telegram, audited, now
    ):
        order = charged()
        reconcile(now=now)
        telegram.transactions.clear()

        found = audited()["paid at stars, XTR"]

        assert (found["agrees"], found["ours"]) == (False, str(order.total))
        case = MoneyCase.objects.get(kind="audit")
        assert case.payment == order.payments.get()

    def test_a_difference_leads_to_its_payment(self, charged, audited, admin_client):
        charged()
        audited()

        page = admin_client.get(
            f"/admin/orders/auditresult/{AuditResult.objects.get().pk}/change/"
        ).content.decode()

        assert "/admin/orders/payment/?q=stars-1" in page

    def test_a_provider_that_does_not_answer_is_no_difference(self, telegram, now):
        telegram.refuse("getStarTransactions", "Bad Gateway", code=502)

        result = audit(now=now)

        names = [each["name"] for each in result.report["comparisons"]]
        assert ("at stars" in names, result.differences) == (True, 0)


class TestCommand:
    def test_prints_what_it_repaired_for_people(self, charged):
        order = charged()
        out = StringIO()

        call_command("reconcile", "--since", "3000d", stdout=out)

        assert str(order.payments.get().key) in out.getvalue()
        assert "0 differences" in out.getvalue()

    def test_prints_one_document_for_programs(self, charged):
        charged()
        out = StringIO()

        call_command("reconcile", "--since", "2026-03-01", "--json", stdout=out)

        document = json.loads(out.getvalue())
        assert [each["provider"] for each in document["providers"]] == ["stars", "demo"]
        assert document["audit"]["differences"] == 0

    @pytest.mark.parametrize("since", ["yesterday", "2026-13-01", "2999-01-01"])
    def test_refuses_a_date_that_makes_no_sense(self, db, since):
        with pytest.raises(CommandError) as refused:
            call_command("reconcile", "--since", since)

        assert refused.value.returncode == 2

    def test_ends_with_one_when_something_is_left_to_do(self, telegram):
        telegram.refuse("getStarTransactions", "Bad Gateway", code=502)

        with pytest.raises(SystemExit) as ended:
            call_command("reconcile", stdout=StringIO())

        assert ended.value.code == 1
