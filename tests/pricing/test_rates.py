"""Exchange rates: the bank's file, drift, jumps, and rates set by hand."""

import itertools
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from pricing.ecb import LARGEST_FILE, DailyRates, fetch_daily, read_daily
from pricing.engine import QuoteRequest, inputs_of, replay
from pricing.errors import (
    AlreadyDecided,
    BadFeed,
    BadRate,
    FeedUnreachable,
    NewerRate,
    ReasonMissing,
    UnknownRow,
)
from pricing.models import CurrencySetting, FxRate
from pricing.services import quote_offer
from pricing.services.rates import (
    accept_held_rate,
    end_manual_rate,
    reject_held_rate,
    set_rate,
    take_over,
)
from shopbot.kernel.errors import InvalidInput
from shopbot.kernel.models import Event
from tests.pricing.bank import FEED

DAY = date(2026, 11, 2)
NOW = datetime(2026, 11, 2, 16, 0, tzinfo=UTC)


def rate_of(currency="USD"):
    """Return the rate of a currency that is in use, seeded rates being of 30 October."""
    rows = FxRate.objects.filter(currency=currency, status="applied").order_by("applied_at")
    return rows.last()


def daily(day=DAY, **rates):
    return DailyRates(day=day, rates={code: Decimal(text) for code, text in rates.items()})


def test_reads_the_banks_file():
    found = read_daily(FEED)

    assert found == daily(USD="1.1201", JPY="175.68", GBP="0.83410")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"rate='1.1201'", b"rate='-1'"),
        (b"rate='1.1201'", b"rate='0'"),
        (b"rate='1.1201'", b"rate='NaN'"),
        (b"rate='1.1201'", b"rate='Infinity'"),
        (b"rate='1.1201'", b"rate='1,12'"),
        (b"rate='1.1201'", b"rate='1e30'"),
        (b"rate='1.1201'", b"rate='1_1201'"),
        (b"rate='1.1201'", b"rate='11201e-4'"),
        (b"rate='1.1201'", b""),
        (b"currency='USD'", b"currency='usd'"),
        (b"currency='USD'", b"currency='JPY'"),
        (b"time='2026-11-02'", b"time='yesterday'"),
        (b"time='2026-11-02'", b"time='2026-W45-1'"),
        (b"time='2026-11-02'", b""),
        (b"<Cube currency='USD' rate='1.1201'/>", b"<Other currency='USD' rate='1.1201'/>"),
        (b"</Cube></Cube>", b"</Cube><Cube time='2026-11-01'/></Cube>"),
        (b"</gesmes:Envelope>", b""),
        (FEED, b""),
        (FEED, b"<html>Not today</html>"),
        (b"</gesmes:Envelope>", b"</gesmes:Other>"),
        (b"currency='USD'", b"currency='EUR'"),
        (b"?>\n", b"?>\n<!DOCTYPE x [<!ENTITY a 'b'>]>\n"),
        (FEED, b" " * (LARGEST_FILE + 1)),
    ],
)
def test_one_odd_thing_in_the_file_refuses_all_of_it(old, new):
    assert old in FEED

    with pytest.raises(BadFeed):
        read_daily(FEED.replace(old, new, 1))


def test_a_day_without_rates_is_refused():
    start, end = FEED.index(b"<Cube currency"), FEED.index(b"</Cube></Cube>")

    with pytest.raises(BadFeed):
        read_daily(FEED[:start] + FEED[end:])


def test_fetches_the_file(bank):
    assert fetch_daily(bank.url).day == DAY


def test_a_bank_that_does_not_answer_is_no_rate(bank):
    with pytest.raises(FeedUnreachable):
        fetch_daily(f"{bank.url}/away")
    with pytest.raises(FeedUnreachable):
        fetch_daily("file:///etc/passwd")


def test_a_move_within_the_drift_guard_is_stored_and_changes_no_price(shop):
    before = rate_of()

    outcome = take_over(daily=daily(USD="1.1200"), now=NOW)

    assert outcome == {"unused": ["USD"]}
    assert rate_of() == before
    stored = FxRate.objects.get(source="ecb")
    assert (stored.rate, stored.rate_date, stored.status) == (Decimal("1.12"), DAY, "unused")


def test_prices_follow_once_the_rate_has_drifted_far_enough(shop):
    """0.5 % a day: the guard compares with the rate in use, not with yesterday's."""
    applied = []
    for number, rate in enumerate(["1.1228", "1.1284", "1.1340", "1.1397"]):
        outcome = take_over(
            daily=daily(day=DAY + timedelta(days=number), USD=rate),
            now=NOW + timedelta(days=number),
        )
        applied.append(list(outcome))

    assert applied == [["unused"], ["applied"], ["unused"], ["applied"]]
    assert rate_of().rate == Decimal("1.1397")


def test_a_charm_rounded_price_does_not_flicker_with_the_days(tier):
    """On the edge between 17.99 and 18.99 the plain rate would change the price every day."""
    CurrencySetting.objects.filter(code="EUR").update(drift_bps=100)
    prices = set()
    for number in range(6):
        rate = "1.1140" if number % 2 else "1.1160"
        day = DAY + timedelta(days=number)
        now = NOW + timedelta(days=number)
        take_over(daily=daily(day=day, USD=rate), now=now)
        request = QuoteRequest(tier_id=tier.pk, months=1, region="EU", at=now)
        prices.add(quote_offer(request=request).total_minor)

    assert len(prices) == 1


def test_a_jump_waits_for_a_person(shop):
    before = rate_of()

    outcome = take_over(daily=daily(USD="1.20", GBP="0.8340"), now=NOW)

    held = FxRate.objects.get(status="held")
    assert outcome == {"held": ["USD"], "unused": ["GBP"]}
    assert (held.currency, held.applied_at) == ("USD", None)
    assert rate_of() == before

    accept_held_rate(rate_id=held.pk, actor="staff:1", now=NOW)

    assert rate_of() == held
    with pytest.raises(AlreadyDecided):
        reject_held_rate(rate_id=held.pk, reason="Wrong", actor="staff:1", now=NOW)


def test_a_rejected_jump_is_never_used_and_the_next_day_is_judged_anew(shop):
    before = rate_of()
    take_over(daily=daily(USD="11.172"), now=NOW)
    held = FxRate.objects.get(status="held")

    with pytest.raises(ReasonMissing):
        reject_held_rate(rate_id=held.pk, reason=" ", actor="staff:1", now=NOW)
    reject_held_rate(rate_id=held.pk, reason="A comma slipped", actor="staff:1", now=NOW)
    outcome = take_over(
        daily=daily(day=DAY + timedelta(days=1), USD="1.1172"), now=NOW + timedelta(days=1)
    )

    assert outcome == {"unused": ["USD"]}
    assert rate_of() == before


@pytest.mark.parametrize("since", ["1.1172", "1.13"])
def test_a_jump_is_not_accepted_over_a_newer_rate_that_was_believed(shop, since):
    """Prices went on with the newer one, whether they follow it or it hardly moved."""
    take_over(daily=daily(USD="1.20"), now=NOW)
    next_day = DAY + timedelta(days=1)
    take_over(daily=daily(day=next_day, USD=since), now=NOW + timedelta(days=1))
    held, before = FxRate.objects.get(status="held"), rate_of()

    with pytest.raises(NewerRate) as refused:
        accept_held_rate(rate_id=held.pk, actor="staff:1", now=NOW + timedelta(days=2))

    assert str(refused.value) == (
        "USD has a newer rate, of 2026-11-03: reject this one, or set a rate by hand"
    )
    held.refresh_from_db()
    assert (held.status, rate_of()) == ("held", before)


def test_of_two_jumps_the_newer_one_stays_in_force_whichever_is_accepted_first(shop):
    for days in range(2):
        day = daily(day=DAY + timedelta(days=days), USD=f"1.2{days}")
        take_over(daily=day, now=NOW + timedelta(days=days))
    older, newer = FxRate.objects.filter(status="held").order_by("rate_date")

    accept_held_rate(rate_id=newer.pk, actor="staff:1", now=NOW + timedelta(days=2))
    with pytest.raises(NewerRate):
        accept_held_rate(rate_id=older.pk, actor="staff:1", now=NOW + timedelta(days=3))

    assert rate_of() == newer


def test_a_jump_is_accepted_whatever_staff_set_by_hand_meanwhile(shop):
    take_over(daily=daily(USD="1.20"), now=NOW)
    held = FxRate.objects.get(status="held")
    tomorrow = NOW + timedelta(days=1)
    rate = Decimal("1.15")
    set_rate(
        currency="USD", rate=rate, until=None, reason="Doubt", actor="staff:1", now=tomorrow
    )

    accept_held_rate(rate_id=held.pk, actor="staff:1", now=tomorrow)

    held.refresh_from_db()
    assert held.status == "applied"


def test_a_day_that_has_not_come_is_refused_and_cannot_hide_the_days_before(shop):
    with pytest.raises(BadFeed):
        take_over(daily=daily(date(2099, 1, 1), USD="1.13"), now=NOW)

    take_over(daily=daily(USD="1.16"), now=NOW)
    assert FxRate.objects.filter(source="ecb").get().rate_date == DAY


def test_a_file_of_another_kind_is_refused_whatever_it_holds():
    wrong = FEED.replace(b"gesmes:Envelope", b"gesmes:Letter")

    with pytest.raises(BadFeed):
        read_daily(wrong)


def test_a_day_is_taken_over_once_whatever_became_of_it(shop):
    first = take_over(daily=daily(USD="1.20", GBP="0.8340", JPY="180"), now=NOW)

    again = take_over(daily=daily(USD="1.20", GBP="0.8340", JPY="180"), now=NOW)

    assert sorted(first) == ["applied", "held", "unused"]
    assert again == {}
    assert FxRate.objects.filter(source="ecb").count() == 3
    assert Event.objects.filter(kind="fx.taken_over").count() == 1


def test_a_currency_that_the_shop_does_not_know_stops_no_price_and_no_other_rate(tier):
    """The bank may state a new one before the shop learns how many decimals it has."""
    outcome = take_over(daily=daily(USD="1.1200", XQZ="1.5"), now=NOW)

    assert outcome == {"unused": ["USD"]}
    request = QuoteRequest(tier_id=tier.pk, months=1, region="EU", at=NOW)
    assert quote_offer(request=request).total_minor == 1799


def test_an_older_day_than_known_is_ignored(shop):
    assert take_over(daily=daily(day=date(2026, 10, 1), USD="1.5"), now=NOW) == {}


def test_a_rate_set_by_hand_holds_until_its_end(tier):
    def total(at):
        request = QuoteRequest(tier_id=tier.pk, months=1, region="EU", at=at)
        return quote_offer(request=request).total_minor

    usual = total(NOW)
    set_rate(
        currency="USD",
        rate=Decimal(2),
        until=NOW + timedelta(days=1),
        reason="Bank closed",
        actor="staff:1",
        now=NOW,
    )

    assert total(NOW) == 999  # 20.00 / 2 + 3 % = 10.30
    assert total(NOW + timedelta(days=1)) == usual


def test_a_rate_set_by_hand_can_be_ended_once(shop):
    row = set_rate(
        currency="USD", rate=Decimal(2), until=None, reason="Test", actor="staff:1", now=NOW
    )
    later = NOW + timedelta(hours=1)

    end_manual_rate(rate_id=row.pk, actor="staff:1", now=later)

    row.refresh_from_db()
    assert row.override_until == later
    with pytest.raises(AlreadyDecided):
        end_manual_rate(rate_id=row.pk, actor="staff:1", now=later)


@pytest.mark.parametrize("rate", ["999999998.9999999999", "0.0000000011"])
def test_a_price_at_the_oddest_rate_that_is_taken_can_be_promised(tier, rate):
    by_hand = {"until": None, "reason": "Test", "actor": "staff:1", "now": NOW}
    set_rate(currency="USD", rate=Decimal(rate), **by_hand)
    made = quote_offer(request=QuoteRequest(tier_id=tier.pk, months=1, region="EU", at=NOW))

    assert replay(inputs_of(made)).as_json() == made.as_json()


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"rate": Decimal(0)}, BadRate),
        ({"rate": Decimal(-1)}, BadRate),
        ({"rate": Decimal("NaN")}, BadRate),
        ({"rate": Decimal("3000000000.1234567891")}, BadRate),  # no JSON number of 64 bits
        ({"rate": Decimal("0.0000000001")}, BadRate),
        ({"currency": "EUR"}, BadRate),
        ({"base": "GBP", "currency": "EUR"}, BadRate),  # no price would ever use it
        ({"currency": "DOL"}, InvalidInput),
        ({"until": NOW}, BadRate),
        ({"reason": ""}, ReasonMissing),
    ],
)
def test_refuses_an_odd_rate_by_hand_and_stores_nothing(shop, fields, error):
    before = FxRate.objects.count()
    usual = {
        "currency": "USD",
        "rate": Decimal(2),
        "until": None,
        "reason": "Test",
        "actor": "staff:1",
        "now": NOW,
    }

    with pytest.raises(error):
        set_rate(**{**usual, **fields})

    assert FxRate.objects.count() == before


def test_two_rates_by_hand_that_rest_on_each_other_are_refused_and_prices_go_on(tier):
    by_hand = {"until": None, "reason": "Test", "actor": "staff:1", "now": NOW}
    set_rate(base="USD", currency="GBP", rate=Decimal("0.8"), **by_hand)

    with pytest.raises(BadRate):
        set_rate(base="GBP", currency="USD", rate=Decimal("1.25"), **by_hand)

    request = QuoteRequest(tier_id=tier.pk, months=1, region="GB", at=NOW)
    assert quote_offer(request=request).currency == "GBP"


def test_an_ended_rate_that_uncovers_a_circle_leaves_every_price_to_sell(tier):
    by_hand = {"reason": "Test", "actor": "staff:1"}
    hours = [NOW + timedelta(hours=hour) for hour in range(6)]
    old = set_rate(
        base="USD", currency="GBP", rate=Decimal("0.8"), until=None, now=hours[0], **by_hand
    )
    set_rate(currency="GBP", rate=Decimal("0.9"), until=hours[3], now=hours[1], **by_hand)
    new = set_rate(
        base="GBP", currency="USD", rate=Decimal("1.5"), until=hours[5], now=hours[2], **by_hand
    )
    usual = {row.currency: row.pk for row in FxRate.objects.exclude(source="manual")}

    def ids(currency, hour):
        request = QuoteRequest(
            tier_id=tier.pk, months=1, region="US", currency=currency, at=hours[hour]
        )
        made = quote_offer(request=request)
        assert replay(inputs_of(made)) == made
        return set(made.fx.ids) if made.fx else set()

    # The older rate rests on the newer one, which rests on it: the bank's stands in.
    assert ids("GBP", 4) == {new.pk}
    assert ids("EUR", 4) == {new.pk, usual["GBP"]}
    # When the newer one ends as well, the older one holds again.
    assert ids("GBP", 5) == {old.pk}
    assert ids("EUR", 5) == {usual["USD"]}


def test_a_rate_may_rest_on_as_many_others_as_lead_to_the_euro(tier):
    by_hand = {"rate": Decimal(1), "until": None, "reason": "Test", "actor": "staff:1"}
    ways = ("USD", "GBP", "CHF", "JPY", "SEK")
    for base, currency in itertools.pairwise(ways):
        set_rate(base=base, currency=currency, now=NOW, **by_hand)

    request = QuoteRequest(tier_id=tier.pk, months=1, region="US", currency="SEK", at=NOW)
    made = quote_offer(request=request)

    assert len(made.fx.ids) == 4
    assert replay(inputs_of(made)) == made


def test_deciding_about_no_rate_is_refused(shop):
    with pytest.raises(UnknownRow):
        accept_held_rate(rate_id=0, actor="staff:1", now=NOW)
