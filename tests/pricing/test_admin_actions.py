"""What staff can do about prices, from the pages."""

import csv
from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from pricing.ecb import DailyRates
from pricing.models import (
    Affiliate,
    Experiment,
    FxRate,
    GiftCard,
    Payout,
    PriceVersion,
    PromoCode,
    PromoLimit,
    Promotion,
    PromotionAmount,
    Region,
    Reservation,
    VolumeStep,
)
from pricing.services import earn_commission, open_payouts
from pricing.services.rates import take_over
from shopbot.kernel import clock
from shopbot.kernel.money import Money
from tests.catalog.factories import make_tier
from tests.customers.factories import make_customer
from tests.pricing.rows import make_code, make_experiment, make_promotion


@pytest.fixture
def act(admin_client):
    """Press a button on a row's page and confirm its dialog."""

    def press(model, row, action, **fields):
        url = reverse(f"admin:pricing_{model}_{action}", args=[row.pk])
        response = admin_client.post(
            url, {"_form_submitted": "True", **fields}, headers={"HX-Request": "true"}
        )
        row.refresh_from_db()
        return response

    return press


def add(client, model, **fields):
    return client.post(reverse(f"admin:pricing_{model}_add"), fields)


def rows_of(response):
    text = b"".join(response.streaming_content).decode()
    return list(csv.reader(text.splitlines()))


def test_a_percentage_is_typed_as_a_percentage(admin_client, shop):
    response = add(admin_client, "volumestep", months="24", discount_bps="27.5")

    assert response.status_code == 302
    assert VolumeStep.objects.get(months=24).discount_bps == 2750
    page = admin_client.get(reverse("admin:pricing_volumestep_changelist"))
    assert "27.5%" in page.content.decode()


@pytest.mark.parametrize("typed", ["0", "100.01", "12.345", "much", ""])
def test_refuses_a_percentage_that_makes_no_sense(admin_client, shop, typed):
    response = add(admin_client, "volumestep", months="24", discount_bps=typed)

    assert response.status_code == 200
    assert not VolumeStep.objects.filter(months=24).exists()


def test_a_percentage_is_shown_as_it_was_typed(admin_client, shop):
    region = Region.objects.get(code="GB")

    page = admin_client.get(reverse("admin:pricing_region_change", args=[region.pk]))

    assert 'value="3"' in page.content.decode()


def test_a_rate_by_hand_is_used_at_once_and_says_why(admin_client, shop):
    response = add(
        admin_client, "fxrate", base="EUR", currency="USD", rate="1.25", note="Bank closed"
    )

    row = FxRate.objects.get(source="manual", currency="USD")
    assert response.status_code == 302
    assert (row.rate, row.status, row.note) == (Decimal("1.25"), "applied", "Bank closed")


@pytest.mark.parametrize(
    "odd",
    [
        {"currency": "EUR", "base": "USD"},
        {"rate": "3000000000.1234567891"},
        {"currency": "usd"},
        {"base": "ZZZ"},
        {"override_until_0": "2020-01-01", "override_until_1": "00:00:00"},
    ],
)
def test_a_rate_by_hand_that_cannot_hold_is_said_at_the_form(admin_client, shop, odd):
    usual = {"base": "EUR", "currency": "USD", "rate": "1.25", "note": "Bank closed"}

    response = add(admin_client, "fxrate", **{**usual, **odd})

    assert response.status_code == 200
    assert response.context["errors"]
    assert not FxRate.objects.filter(source="manual", currency=usual["currency"]).exists()


def test_a_held_rate_is_accepted_or_rejected(act, shop):
    now = clock.now()
    take_over(
        daily=DailyRates(day=now.date(), rates={"USD": Decimal(2), "GBP": Decimal(2)}), now=now
    )
    usd, gbp = (FxRate.objects.get(currency=code, status="held") for code in ("USD", "GBP"))

    act("fxrate", usd, "accept_this")
    act("fxrate", gbp, "reject_this", reason="A comma slipped")

    assert (usd.status, gbp.status, gbp.note) == ("applied", "rejected", "A comma slipped")


def test_a_held_rate_that_is_older_than_the_one_in_use_says_so(act, admin_client, shop):
    now = clock.now()
    for days, rate in ((2, "2"), (1, "1.13")):
        day = DailyRates(day=now.date() - timedelta(days=days), rates={"USD": Decimal(rate)})
        take_over(daily=day, now=now)
    held = FxRate.objects.get(status="held")

    act("fxrate", held, "accept_this")
    page = admin_client.get(reverse("admin:pricing_fxrate_changelist")).content.decode()

    newer = now.date() - timedelta(days=1)
    assert held.status == "held"
    assert f"Refused 1: USD has a newer rate, of {newer}: reject this one" in page


def test_a_rate_by_hand_can_be_ended(act, shop):
    row = FxRate.objects.get(currency="XTR")

    act("fxrate", row, "end_this")

    assert row.override_until is not None


def test_makes_codes_and_exports_them(act, admin_client, shop):
    promotion = make_promotion(trigger="code")

    act("promotion", promotion, "make_codes_for_this", count="20", batch="Fair", prefix="fair")
    codes = PromoCode.objects.filter(batch="Fair")
    response = admin_client.post(
        reverse("admin:pricing_promocode_changelist"),
        {"action": "export_selected", "_selected_action": [code.pk for code in codes]},
    )

    assert codes.count() == 20
    header, *rows = rows_of(response)
    assert header == ["code", "promotion", "batch", "active"]
    assert [row[0] for row in rows] == [code.code for code in codes.order_by("pk")]


def test_a_code_typed_in_small_letters_is_stored_in_capitals(admin_client, shop):
    promotion = make_promotion(trigger="code")

    add(
        admin_client,
        "promocode",
        code=" summer ",
        promotion=promotion.pk,
        is_active="on",
        **inline("limits", {"kind": "total", "currency": "", "allowed": "10"}),
    )

    code = PromoCode.objects.get()
    assert code.code == "SUMMER"
    assert (code.limits.get().promotion, code.limits.get().allowed) == (promotion, 10)


def inline(prefix, *rows):
    """Return the fields of inline rows to be added."""
    fields = {f"{prefix}-TOTAL_FORMS": len(rows), f"{prefix}-INITIAL_FORMS": 0}
    for number, row in enumerate(rows):
        fields |= {f"{prefix}-{number}-{name}": value for name, value in row.items()}
    return fields


def promotion_fields(**fields):
    return {
        "name_en": "Spring",
        "key": "spring",
        "trigger": "automatic",
        "kind": "percent",
        "percent_bps": "15",
        "priority": "100",
        "is_active": "on",
        **inline("amounts"),
        **inline("limits"),
        **fields,
    }


def test_adds_a_promotion_with_a_limit(admin_client, shop):
    limit = {"kind": "budget", "currency": "USD", "allowed": "100000"}

    response = add(admin_client, "promotion", **promotion_fields(**inline("limits", limit)))

    promotion = Promotion.objects.get()
    assert response.status_code == 302
    assert promotion.percent_bps == 1500
    assert promotion.limits.get().allowed == 100_000


def test_a_promotion_is_named_in_every_language(admin_client, shop):
    german = {"name_de": "Frühling"}

    add(admin_client, "promotion", **promotion_fields(**german))

    promotion = Promotion.objects.get()
    assert (promotion.name_en, promotion.name_de) == ("Spring", "Frühling")
    page = admin_client.get(
        reverse("admin:pricing_promotion_changelist"), {"q": "frühling"}
    ).content.decode()
    assert f"/promotion/{promotion.pk}/change/" in page


def test_amounts_are_typed_as_money(admin_client, shop):
    amount = {"currency": "USD", "amount_minor": "5.50"}

    add(
        admin_client,
        "promotion",
        **promotion_fields(kind="amount", percent_bps="", **inline("amounts", amount)),
    )

    assert PromotionAmount.objects.get().amount_minor == 550


@pytest.mark.parametrize(
    "fields",
    [
        {"percent_bps": ""},
        {"percent_bps": "101"},
        {"kind": "amount"},
        {"kind": "amount", "percent_bps": ""},
        {
            "starts_at_0": "2026-02-01",
            "starts_at_1": "0:00",
            "ends_at_0": "2026-01-01",
            "ends_at_1": "0:00",
        },
    ],
)
def test_refuses_a_promotion_that_makes_no_sense(admin_client, shop, fields):
    response = add(admin_client, "promotion", **promotion_fields(**fields))

    assert response.status_code == 200
    assert not Promotion.objects.exists()


def test_refuses_two_limits_of_one_kind_in_words(admin_client, shop):
    uses = {"kind": "total", "currency": "", "allowed": "5"}
    promotion = make_code().promotion
    twice = inline("limits", uses, uses)

    on_promotion = add(admin_client, "promotion", **promotion_fields(**twice))
    on_code = add(
        admin_client, "promocode", promotion=promotion.pk, code="TWICE", is_active="on", **twice
    )

    for page in (on_promotion, on_code):
        assert page.status_code == 200
        assert "Only one limit of each kind and currency." in page.content.decode()
    assert not PromoLimit.objects.exists()


@pytest.fixture
def save_limit(admin_client, tier):
    """Save the page of a promotion with one limit, whose one limit an order has used."""
    promotion = make_promotion(limits={"customer": 5}, name_en="Spring")
    limit = promotion.limits.get()
    Reservation.objects.create(
        limit=limit,
        holder="order:1",
        customer=make_customer(),
        amount=1,
        reserved_at=clock.now(),
    )
    page = reverse("admin:pricing_promotion_change", args=[promotion.pk])

    def save(**typed):
        row = {"id": limit.pk, "promotion": promotion.pk, **typed}
        limits = {**inline("limits", row), "limits-INITIAL_FORMS": 1}
        response = admin_client.post(page, promotion_fields(**limits))
        limit.refresh_from_db()
        return response, (limit.kind, limit.allowed)

    return save


def test_of_a_used_limit_only_the_number_can_be_changed(save_limit):
    response, saved = save_limit(allowed="8")

    assert (response.status_code, saved) == (302, ("customer", 8))


def test_a_page_opened_before_a_limits_first_use_cannot_change_what_it_counts(save_limit):
    response, saved = save_limit(kind="total", currency="", allowed="8")

    assert (response.status_code, saved) == (200, ("customer", 5))
    assert "what it counts is fixed" in response.content.decode()


def test_a_promotion_in_use_cannot_be_deleted(admin_client, shop):
    promotion = make_code().promotion

    response = admin_client.post(
        reverse("admin:pricing_promotion_delete", args=[promotion.pk]), {"post": "yes"}
    )

    assert response.status_code == 403
    assert Promotion.objects.exists()


def test_a_price_list_is_drafted_compared_and_published(act, admin_client, tier):
    tier.floor_price_minor = 1500
    tier.save(update_fields=["floor_price_minor"])
    make_tier()
    admin_client.post(
        reverse("admin:pricing_priceversion_draft"),
        {"_form_submitted": "True", "name": "Spring"},
        headers={"HX-Request": "true"},
    )
    draft = PriceVersion.objects.get()
    draft.prices.filter(tier=tier).update(amount_minor=1400)

    page = admin_client.get(reverse("admin:pricing_priceversion_change", args=[draft.pk]))

    text = page.content.decode()
    assert "1 price changes, 0 customers keep the old one, 1 falls below the floor." in text
    assert "-30.0%" in text
    dialog = admin_client.get(
        reverse("admin:pricing_priceversion_publish_this", args=[draft.pk]),
        headers={"HX-Request": "true"},
    )
    assert "-30.0%" in dialog.content.decode()

    act("priceversion", draft, "publish_this")

    assert draft.status == "published"
    page = admin_client.get(reverse("admin:pricing_priceversion_change", args=[draft.pk]))
    assert "What changes" not in page.content.decode()
    page = admin_client.post(reverse("admin:pricing_priceversion_change", args=[draft.pk]), {})
    assert page.status_code == 403


def test_a_draft_is_compared_with_lists_that_have_yet_to_begin_too(act, admin_client, tier):
    summer = PriceVersion.objects.create(name="Summer")
    summer.prices.create(tier=tier, currency="USD", amount_minor=4000)
    act("priceversion", summer, "publish_this", valid_from_0="2099-01-01", valid_from_1="00:00")
    draft = PriceVersion.objects.create(name="Autumn")
    draft.prices.create(tier=tier, currency="USD", amount_minor=2000)
    here = reverse("admin:pricing_priceversion_change", args=[draft.pk])

    text = admin_client.get(here).content.decode()

    assert "Nothing: every price is as it is by then." in text
    assert "What changes if it begins after Summer" in text
    assert "-50.0%" in text

    act("priceversion", draft, "publish_this", valid_from_0="2099-02-01", valid_from_1="00:00")
    assert "1 price changes" in admin_client.get(here).content.decode()


def test_a_price_list_can_begin_later(act, shop):
    draft = PriceVersion.objects.create(name="Later")
    draft.prices.create(tier=make_tier(), currency="USD", amount_minor=1)

    act("priceversion", draft, "publish_this", valid_from_0="2099-01-01", valid_from_1="00:00")

    assert draft.valid_from is not None
    assert draft.valid_from.year == 2099


def test_an_experiment_is_started_and_stopped(act, tier):
    experiment = Experiment.objects.create(name="Dearer", tier=tier)
    experiment.arms.create(name="A")
    experiment.arms.create(name="B", factor_bps=11_000)

    act("experiment", experiment, "start_this")
    assert experiment.status == "running"
    act("experiment", experiment, "stop_this", reason="Enough")

    assert (experiment.status, experiment.stop_reason) == ("stopped", "Enough")


def test_a_running_experiment_cannot_end_before_its_start(admin_client, tier):
    experiment = make_experiment(tier)
    page = reverse("admin:pricing_experiment_change", args=[experiment.pk])
    end = {"ends_at_0": "2000-01-01", "ends_at_1": "00:00:00"}

    response = admin_client.post(
        page, {"name": "Dearer", "honored_days": "30", **end, **inline("arms")}
    )

    experiment.refresh_from_db()
    assert (response.status_code, experiment.ends_at) == (200, None)
    assert "The end lies before the start." in response.content.decode()


def test_results_are_drawn_with_their_certainty(admin_client, tier, now):
    experiment = make_experiment(tier)
    for arm in experiment.arms.all():
        for number in range(4):
            exposure = arm.exposures.create(
                experiment=experiment, customer=make_customer(), shown_at=now
            )
            if number < 2:
                exposure.sales.create(
                    holder=f"order:{exposure.pk}",
                    currency="USD",
                    total_minor=2000,
                    status="paid",
                )

    page = admin_client.get(reverse("admin:pricing_experiment_change", args=[experiment.pk]))

    text = page.content.decode()
    assert "50.0 % (15.0 to 85.0)" in text
    assert "$40.00" in text
    assert text.count("<circle") == 2


def test_payouts_are_listed_exported_paid_and_cancelled(act, admin_client, shop):
    now = clock.now()
    for number in (1, 2):
        earn_commission(
            affiliate_customer_id=make_customer(first_name="=cmd()").pk,
            holder=f"order:{number}",
            base=Money(10_000, "USD"),
            now=now - timedelta(days=31),
        )
    url = reverse("admin:pricing_payout_list_what_is_owed")
    admin_client.get(url)
    assert not Payout.objects.exists(), "a link that is followed writes nothing"
    admin_client.post(url, {"_form_submitted": "True"})
    first, second = Payout.objects.order_by("pk")

    exported = rows_of(
        admin_client.post(
            reverse("admin:pricing_payout_changelist"),
            {"action": "export_selected", "_selected_action": [first.pk, second.pk]},
        )
    )
    act("payout", first, "mark_paid", reason="Wire 7")
    act("payout", second, "cancel_this", reason="Wrong account")

    assert [row[3:6] for row in exported[1:]] == [["10.00", "USD", "open"]] * 2
    assert exported[1][2].startswith("'=")
    assert (first.status, first.reason) == ("paid", "Wire 7")
    assert (second.status, second.reason) == ("cancelled", "Wrong account")
    assert open_payouts(actor="staff:1", now=now) != []


def test_a_gift_card_is_issued_with_a_code_of_its_own(admin_client, shop):
    response = add(
        admin_client,
        "giftcard",
        issued_minor="50.00",
        currency="USD",
        count="1",
        note="Contest",
    )

    card = GiftCard.objects.get()
    assert response.status_code == 302
    assert (card.balance_minor, card.note, len(card.code)) == (5000, "Contest", 10)


@pytest.mark.parametrize(
    "odd",
    [
        {"expires_at_0": "2020-01-01", "expires_at_1": "00:00:00"},
        {"issued_minor": "0"},
        {"issued_minor": "-5"},
    ],
)
def test_a_gift_card_that_nobody_could_spend_is_said_at_the_form(admin_client, shop, odd):
    response = add(
        admin_client,
        "giftcard",
        **{"issued_minor": "50.00", "currency": "USD", "count": "1", **odd},
    )

    assert response.status_code == 200
    assert response.context["errors"]
    assert not GiftCard.objects.exists()


def test_the_simulator_shows_every_region_and_length(admin_client, tier):
    page = admin_client.get(reverse("admin:pricing_region_simulator"))

    text = page.content.decode()
    assert "signals/premium" in text
    assert "$192.00" in text


def test_the_simulator_prices_for_one_customer_beside_another_list(admin_client, tier):
    tier.floor_price_minor = 1800
    tier.save(update_fields=["floor_price_minor"])
    referrer = make_customer()
    make_customer(telegram_id=42, referrer=referrer)
    make_code(code="HELLO")
    draft = PriceVersion.objects.create(name="Draft")
    draft.prices.create(tier=tier, currency="USD", amount_minor=4000)

    page = admin_client.get(
        reverse("admin:pricing_region_simulator"),
        {"customer": "42", "code": "hello", "version": draft.pk, "region": "US"},
    )

    text = page.content.decode()
    assert "$18.00 ⚠ floor ✗ gives nothing → $32.40 (+80%)" in text


def test_the_simulator_prices_for_somebody_on_the_staff_as_a_quote_does(admin_client, tier):
    make_customer(telegram_id=42, is_staff=True)
    make_promotion(staff_only=True, percent_bps=5000)

    page = admin_client.get(
        reverse("admin:pricing_region_simulator"), {"customer": "42", "region": "US"}
    )

    assert "$10.00" in page.content.decode()


def test_the_simulator_writes_everything_as_csv(admin_client, tier):
    response = admin_client.get(
        reverse("admin:pricing_region_simulator"), {"format": "csv", "region": "US"}
    )

    header, *rows = rows_of(response)
    assert header[:5] == ["offer", "region", "months", "currency", "price"]
    assert [row[2:5] for row in rows] == [
        ["1", "USD", "20.00"],
        ["3", "USD", "57.00"],
        ["6", "USD", "108.00"],
        ["12", "USD", "192.00"],
    ]


@pytest.mark.parametrize(
    "query", [{"customer": "1"}, {"currency": "DOL"}, {"at": "soon"}, {"code": "NOSUCH"}]
)
def test_the_simulator_says_what_it_cannot_read(admin_client, tier, query):
    page = admin_client.get(reverse("admin:pricing_region_simulator"), query)

    assert page.status_code == 200
    assert "$192.00" not in page.content.decode()


def test_the_simulator_takes_a_currency_in_small_letters(admin_client, tier):
    url = reverse("admin:pricing_region_simulator")

    page = admin_client.get(url, {"currency": "xtr", "region": "US"}).content.decode()

    assert "⭐ 1,539" in page


def test_the_simulator_prices_for_whom_an_affiliate_with_terms_of_their_own_sends(
    admin_client, tier
):
    Affiliate.objects.create(customer=make_customer(telegram_id=77), discount_bps=2500)
    url = reverse("admin:pricing_region_simulator")

    page = admin_client.get(url, {"affiliate": "77", "region": "US"}).content.decode()
    unknown = admin_client.get(url, {"affiliate": "78", "region": "US"}).content.decode()

    assert "$15.00" in page
    assert "Nobody has this Telegram number." in unknown


def test_the_simulator_costs_the_same_for_one_tier_and_for_many(
    admin_client, tier, django_assert_num_queries
):
    make_code(code="HELLO")
    make_promotion(limits={"total": 5})
    customer = make_customer()
    url = reverse("admin:pricing_region_simulator")
    query = {"customer": customer.telegram_id, "code": "HELLO"}
    counts = []
    for _ in range(2):
        admin_client.get(url, query)
        with django_assert_num_queries(12, exact=False) as queries:
            admin_client.get(url, query)
        counts.append(len(queries))
        for _ in range(10):
            make_tier()

    assert counts[0] == counts[1]


def test_a_products_page_says_what_each_region_pays(admin_client, tier):
    page = admin_client.get(reverse("admin:catalog_product_change", args=[tier.product_id]))

    text = page.content.decode()
    assert "What a customer pays for one month" in text
    assert "$21.00" in text
    assert "⭐ 1,539" in text


def test_a_gift_card_can_be_switched_off(admin_client, shop):
    add(admin_client, "giftcard", issued_minor="50.00", currency="USD", count="1", note="Prize")
    card = GiftCard.objects.get()

    admin_client.post(
        reverse("admin:pricing_giftcard_change", args=[card.pk]), {"note": "Lost"}
    )

    card.refresh_from_db()
    assert (card.is_active, card.note, card.balance_minor) == (False, "Lost", 5000)


def test_a_code_can_be_switched_off_and_keeps_its_day(admin_client, shop):
    code = make_code()

    admin_client.post(
        reverse("admin:pricing_promocode_change", args=[code.pk]),
        {"batch": "Fair", **inline("limits")},
    )

    before = code.created_at
    code.refresh_from_db()
    assert (code.is_active, code.batch, code.created_at) == (False, "Fair", before)


@pytest.mark.parametrize("status", ["draft", "running", "stopped"])
def test_an_experiments_page_offers_what_is_left_to_decide(admin_client, tier, now, status):
    experiment = make_experiment(tier)
    Experiment.objects.filter(pk=experiment.pk).update(
        status=status, stop_reason="Enough", ends_at=now + timedelta(days=365)
    )

    page = admin_client.get(reverse("admin:pricing_experiment_change", args=[experiment.pk]))

    text = page.content.decode()
    offered = [action for action in ("start_this", "stop_this") if f"/{action[:-5]}" in text]
    assert offered == {"draft": ["start_this"], "running": ["stop_this"]}.get(status, [])


def test_the_list_of_promotions_says_what_each_takes_off_and_whether_now(
    admin_client, shop, django_assert_num_queries
):
    soon, past = clock.now() + timedelta(days=1), clock.now() - timedelta(days=1)
    make_promotion(kind="amount", amounts={"USD": 550, "EUR": 500})
    make_promotion(is_active=False)
    make_promotion(ends_at=past)
    make_promotion(starts_at=soon)

    page = admin_client.get(reverse("admin:pricing_promotion_changelist"))

    text = page.content.decode()
    assert "€5.00 · $5.50" in text
    assert "not yet" in text
    row = Promotion.objects.first()
    page = admin_client.get(reverse("admin:pricing_promotion_change", args=[row.pk]))
    assert "Taken by all customers" not in page.content.decode()


def test_a_price_list_says_who_moves_and_what_was_converted_before(admin_client, tier):
    free = make_tier(base_price_minor=0)
    draft = PriceVersion.objects.create(
        name="Spring", subscribers="move", moves_at=clock.now() + timedelta(days=30)
    )
    draft.prices.create(tier=tier, currency="EUR", amount_minor=1999)
    draft.prices.create(tier=free, currency="USD", amount_minor=500)

    page = admin_client.get(reverse("admin:pricing_priceversion_change", args=[draft.pk]))

    text = page.content.decode()
    assert "0 customers move to the new one at its date" in text
    assert "converted" in text


def test_the_simulator_is_reached_from_the_price_lists(admin_client, tier):
    response = admin_client.get(reverse("admin:pricing_priceversion_simulator"))

    assert response.url == reverse("admin:pricing_region_simulator")


@pytest.mark.parametrize(
    ("floor", "mark"), [(1_999_999, "(+0%)"), (2_000_000, "⚠ floor"), (None, "")]
)
def test_the_simulator_marks_a_price_at_the_floor_and_none_a_cent_above_it(
    admin_client, tier, floor, mark
):
    tier.base_price_minor, tier.floor_price_minor = 2_000_000, floor
    tier.save(update_fields=["base_price_minor", "floor_price_minor"])

    page = admin_client.get(reverse("admin:pricing_region_simulator"), {"region": "US"})

    cell = page.content.decode().partition("$20,000.00")[2].partition("<")[0]
    assert cell.strip() == mark


def test_the_simulators_file_marks_the_floor_for_both_lists(admin_client, tier):
    tier.floor_price_minor = 1000
    tier.save(update_fields=["floor_price_minor"])
    draft = PriceVersion.objects.create(name="Draft")
    draft.prices.create(tier=tier, currency="USD", amount_minor=1000)
    url = reverse("admin:pricing_region_simulator")

    _, *rows = rows_of(
        admin_client.get(url, {"region": "US", "version": draft.pk, "format": "csv"})
    )

    (month,) = [row[3:] for row in rows if row[0] == "signals/premium" and row[2] == "1"]
    assert month == ["USD", "20.00", "100%", "", "10.00", "0%", "floor"]


def test_the_simulator_says_what_is_not_for_sale_and_how_far_prices_lie_above_the_floor(
    admin_client, tier
):
    tier.floor_price_minor = 1000
    tier.save(update_fields=["floor_price_minor"])
    off = make_tier(is_active=False)
    url = reverse("admin:pricing_region_simulator")

    page = admin_client.get(url, {"region": "US"})
    rows = rows_of(admin_client.get(url, {"region": "US", "format": "csv"}))

    assert "$20.00 (+100%)" in page.content.decode()
    assert "not for sale" in page.content.decode()
    refused = [row for row in rows if off.product.slug in row[0]]
    assert {row[6] for row in refused} == {"not_for_sale"}


def test_a_products_page_leaves_out_regions_that_are_closed(admin_client, tier):
    Region.objects.filter(code="ASIA").update(is_active=False)
    tier.is_active = False
    tier.save(update_fields=["is_active"])

    page = admin_client.get(reverse("admin:catalog_product_change", args=[tier.product_id]))

    text = page.content.decode()
    assert "not for sale" in text
    assert "ASIA" not in text


def test_the_simulator_says_where_a_code_does_not_apply_and_leaves_the_price_alone(
    admin_client, tier
):
    promotion = make_promotion(trigger="code", percent_bps=1000)
    promotion.regions.add(Region.objects.get(code="EU"))
    make_code(promotion, code="HELLO")
    query = {"code": "HELLO", "currency": "USD"}
    url = reverse("admin:pricing_region_simulator")

    page = admin_client.get(url, query).content.decode()
    _, *rows = rows_of(admin_client.get(url, {**query, "format": "csv"}))

    assert "$192.00 ✗ not in region" in page
    notes = {row[1]: row[6] for row in rows}
    assert (notes["US"], notes["EU"]) == ("code not_in_region", "")


def test_a_rate_without_a_history_draws_none(admin_client, shop):
    row = FxRate.objects.get(currency="GBP")
    page = admin_client.get(reverse("admin:pricing_fxrate_change", args=[row.pk]))
    assert "polyline" not in page.content.decode()

    now = clock.now()
    take_over(daily=DailyRates(day=now.date(), rates={"GBP": Decimal("0.8340")}), now=now)
    newest = FxRate.objects.get(currency="GBP", source="ecb")
    page = admin_client.get(reverse("admin:pricing_fxrate_change", args=[newest.pk]))

    assert "polyline" in page.content.decode()
