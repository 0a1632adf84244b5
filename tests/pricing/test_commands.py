"""The commands: quoting, replaying, seeding rates."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from catalog.models import ProductTier
from pricing.engine import Buyer, Quote, QuoteRequest, replay
from pricing.explain_text import line_text
from pricing.models import Affiliate, FxRate, Promotion, QuantityStep, StoredQuote
from pricing.services import quote_offer, store_quote
from pricing.services.quoting import store_answer
from tests.customers.factories import make_customer
from tests.pricing.rows import make_code, make_promotion


def run(*args):
    out = StringIO()
    call_command(*args, stdout=out)
    return out.getvalue()


def test_prints_the_quote_as_json(tier):
    text = run(
        "quote", "signals/premium", "--months", "12", "--region", "US", "--referred", "--json"
    )

    found = json.loads(text)
    assert (found["total_minor"], found["currency"]) == (17280, "USD")
    assert sum(line["amount_minor"] for line in found["lines"]) == 17280
    assert [(line["code"], line["label"], line["amount_minor"]) for line in found["lines"]] == [
        ("base", "List price", 2000),
        ("months", "12 months", 22000),
        ("volume", "12 months or more: 20% off", -4800),
        ("affiliate", "Referred by a friend: 10% off", -1920),
    ]


def test_prints_the_quote_for_people(tier):
    text = run("quote", "signals/premium", "--months", "12", "--referred")

    assert [" ".join(line.split()) for line in text.splitlines()] == [
        "signals/premium, 12 months, US",
        "Price $20.00",
        "For 12 months $220.00",
        "20% off from 12 months on -$48.00",
        "10% off, because a friend sent you -$19.20",
        "Total $172.80",
    ]


def test_takes_every_input_of_a_price(tier):
    make_code(code="HELLO")
    referrer = make_customer()
    customer = make_customer(region="EU", referrer=referrer, telegram_id=42)
    assert customer.referrer_id == referrer.pk

    found = json.loads(
        run(
            *[
                "quote",
                "signals/premium",
                "--months",
                "3",
                "--quantity",
                "2",
                "--customer",
                "42",
            ],
            *["--code", "hello", "--currency", "xtr", "--credit", "100", "--returning"],
            *["--at", "2026-11-01T10:00", "--subscribed-at", "2026-10-01", "--json"],
            *["--gift-card", "50"],
        )
    )

    assert found["region"] == "EU"
    assert found["currency"] == "XTR"
    assert [line["code"] for line in found["lines"]] == [
        *["base", "fx", "markup", "months", "quantity", "volume", "affiliate"],
        *["promo_code", "upgrade_credit", "gift_card"],
    ]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--quantity", "0"], "at least 1 unit, not 0"),
        (["--months", "12"], "this comes to more than an amount of money can be"),
        (["--credit", "9" * 16, "--currency", "KWD"], "is more than an amount of money can be"),
    ],
)
def test_says_in_one_line_what_is_wrong_with_a_number(tier, args, said):
    ProductTier.objects.filter(pk=tier.pk).update(base_price_minor=2**62)

    with pytest.raises(CommandError, match=said) as refused:
        run("quote", "signals/premium", *args)

    assert refused.value.returncode == 2


def test_prices_for_whom_an_affiliate_with_terms_of_their_own_sends(tier):
    Affiliate.objects.create(customer=make_customer(telegram_id=77), discount_bps=2500)

    assert "$15.00" in run("quote", "signals/premium", "--affiliate", "77")


@pytest.mark.parametrize(
    "args",
    [
        ["nothing/premium"],
        ["signals/premium", "--months", "0"],
        ["signals/premium", "--months", "many"],
        ["signals/premium", "--region", "MARS"],
        ["signals/premium", "--currency", "DOL"],
        ["signals/premium", "--code", "NONE"],
        ["signals/premium", "--customer", "1"],
        ["signals/premium", "--affiliate", "1"],
        ["signals/premium", "--at", "yesterday"],
        ["signals/premium", "--credit", "much"],
        ["signals/premium", "--gift-card", "-1"],
        ["signals/premium", "--gift-card", "1e5"],
        ["signals/premium", "--region", ""],
        ["signals/premium", "--code", "\udcff"],
        [""],
        [],
    ],
)
def test_refuses_bad_input_in_one_line_with_exit_code_2(tier, args):
    with pytest.raises(CommandError) as refused:
        run("quote", *args)

    assert refused.value.returncode == 2
    assert len(str(refused.value).splitlines()) == 1


@pytest.fixture
def stored(tier, now):
    """A promised price."""
    request = QuoteRequest(
        tier_id=tier.pk, months=12, region="EU", at=now, buyer=Buyer(is_referred=True)
    )
    store_quote(quote=quote_offer(request=request), key="order:1", now=now)
    return StoredQuote.objects.get()


def test_replays_stored_quotes_whatever_happened_to_the_prices_since(stored, tier):
    tier.base_price_minor = 9999
    tier.save(update_fields=["base_price_minor"])

    assert run("replay_quotes") == "1 quotes checked, 0 differ\n"
    assert json.loads(run("replay_quotes", "--json")) == {"checked": 1, "differences": []}
    assert run("replay_quotes", "--since", "2020-01-01") == "1 quotes checked, 0 differ\n"


def test_a_promised_promotion_keeps_its_names_whatever_staff_rename(tier, now):
    row = make_promotion(name_en="Spring", name_de="Frühling", name_ru="Весна")
    request = QuoteRequest(tier_id=tier.pk, months=1, region="US", at=now)
    promised = quote_offer(request=request)
    store_quote(quote=promised, key="order:1", now=now)

    Promotion.objects.filter(pk=row.pk).update(name="Sale", name_en="Sale", name_de="Lager")

    kept = Quote.from_json(StoredQuote.objects.get().result).lines[1]
    assert run("replay_quotes") == "1 quotes checked, 0 differ\n"
    assert line_text(kept, "de") == "Frühling: 10% Rabatt"
    assert line_text(quote_offer(request=request).lines[1], "de") == "Lager: 10% Rabatt"


def test_prices_promised_before_names_had_languages_replay_as_they_were(tier, now):
    make_promotion(name="Spring", key="spring")
    request = QuoteRequest(tier_id=tier.pk, months=1, region="US", at=now)
    store_quote(quote=quote_offer(request=request), key="order:1", now=now)
    stored = StoredQuote.objects.get()
    inputs = json.loads(stored.inputs)
    for promotion in inputs["book"]["promotions"]:
        del promotion["names"]

    again = replay(json.dumps(inputs))

    assert again.as_json().decode() == stored.result
    assert set(again.lines[1].detail) == {"promotion", "key", "name", "bps"}


def test_prices_promised_under_a_guard_beyond_the_most_units_replay_as_they_were(tier, now):
    ProductTier.objects.filter(pk=tier.pk).update(max_quantity=10)
    QuantityStep.objects.create(min_quantity=10, discount_bps=7000)
    request = QuoteRequest(tier_id=tier.pk, months=1, quantity=4, region="US", at=now)
    store_quote(quote=quote_offer(request=request), key="order:1", now=now)
    stored = StoredQuote.objects.get()
    inputs = json.loads(stored.inputs)
    for each in inputs["book"]["tiers"].values():
        # As it was written then: nothing said how far the guard looks.
        del each["guarded_to"]
        each["max_quantity"] = 5

    again = replay(json.dumps(inputs))

    assert again.total_minor == 6000
    assert again.as_json().decode() == stored.result


def test_what_a_program_is_told_again_on_another_day_is_kept_again(tier, now):
    keys = set()
    for hours in (0, 1, 24):
        at = now + timedelta(hours=hours)
        request = QuoteRequest(tier_id=tier.pk, months=1, region="US", at=at)
        keys.add(store_answer(quote=quote_offer(request=request), now=at))

    assert len(keys) == 2
    assert list(StoredQuote.objects.order_by("pk").values_list("created_at", flat=True)) == [
        now,
        now + timedelta(hours=24),
    ]


@pytest.mark.parametrize(
    "choice",
    [
        ("--key", "order:2"),
        ("--since", "2030-01-01"),
        ("--key", ""),
        ("--since=",),
        ("--key", "\udcff"),
    ],
)
def test_a_choice_of_quotes_that_finds_none_is_refused(stored, choice):
    with pytest.raises(CommandError) as refused:
        run("replay_quotes", *choice)

    assert refused.value.returncode == 2


@pytest.mark.parametrize("how", ["result", "engine", "inputs"])
def test_reports_a_quote_that_does_not_come_out_the_same(stored, how):
    inputs, result = stored.inputs, stored.result
    if how == "result":
        result = result.replace('"total_minor":', '"total_minor":1')
    if how == "engine":
        inputs = inputs.replace('"engine":1', '"engine":99')
    if how == "inputs":
        inputs = "{}"
    StoredQuote.objects.create(
        key="order:2", inputs=inputs, result=result, created_at=stored.created_at
    )
    out = StringIO()

    with pytest.raises(CommandError) as refused:
        call_command("replay_quotes", stdout=out)

    assert str(refused.value) == "1 of 2 quotes differ"
    assert refused.value.returncode == 1
    assert out.getvalue().startswith("order:2: ")


def test_seeds_rates_only_where_there_are_none(shop):
    before = FxRate.objects.count()
    assert run("fx_seed") == "0 exchange rates written\n"

    FxRate.objects.filter(currency="USD").delete()

    assert run("fx_seed") == "1 exchange rates written\n"
    assert FxRate.objects.count() == before
