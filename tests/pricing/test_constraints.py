"""What the database itself refuses, whoever writes."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from pricing import models
from tests.pricing.rows import make_code, make_promotion


def test_refuses_rows_that_break_a_rule(tier, customer, now):
    promotion = make_promotion(limits={"total": 1})
    code = make_code()
    limit = promotion.limits.get()
    experiment = models.Experiment.objects.create(name="E", tier=tier)
    rate = {
        "currency": "USD",
        "rate": 1,
        "rate_date": now.date(),
        "source": "ecb",
        "status": "unused",
        "fetched_at": now,
    }
    payout = {"customer": customer, "currency": "USD", "amount_minor": 1, "created_at": now}
    entry = {
        "customer": customer,
        "holder": "order:1",
        "currency": "USD",
        "matures_at": now,
        "created_at": now,
    }
    broken = [
        (models.Region, {"code": "ZZ", "name": "Z", "currency": "XTR"}),
        (models.Region, {"code": "ZZ", "name": "Z", "currency": "USD", "markup_bps": -9001}),
        (models.Region, {"code": "US", "name": "Again", "currency": "USD"}),
        (models.CurrencySetting, {"code": "CHF", "charm": "odd"}),
        (models.CurrencySetting, {"code": "CHF", "charm": "step"}),
        (models.CurrencySetting, {"code": "CHF", "charm": "none", "step_minor": 5}),
        (models.CurrencySetting, {"code": "CHF", "drift_bps": 5001}),
        (models.FxRate, {**rate, "rate": 0}),
        (models.FxRate, {**rate, "base": "USD"}),
        (models.FxRate, {**rate, "source": "rumor"}),
        (models.FxRate, {**rate, "status": "odd"}),
        (models.FxRate, {**rate, "status": "applied"}),
        (models.FxRate, {**rate, "applied_at": now}),
        (models.FxRate, {**rate, "override_until": now}),
        (models.FxRate, {**rate, "source": "manual", "status": "applied", "applied_at": now}),
        (models.PricingRules, {"pk": 2}),
        (models.AffiliateProgram, {"pk": 2}),
        (models.VolumeStep, {"months": 1, "discount_bps": 1}),
        (models.VolumeStep, {"months": 5, "discount_bps": 10_001}),
        (models.QuantityStep, {"min_quantity": 1, "discount_bps": 1}),
        (models.LocalPrice, {"tier": tier, "currency": "EUR", "amount_minor": -1}),
        (models.PriceVersion, {"name": "V", "status": "published"}),
        (models.PriceVersion, {"name": "V", "subscribers": "move"}),
        (models.PriceVersion, {"name": "V", "moves_at": now}),
        (models.Promotion, {"name": "P", "key": "p", "kind": "percent"}),
        (models.Promotion, {"name": "P", "key": "p", "percent_bps": 10_001}),
        (models.Promotion, {"name": "P", "key": "p", "kind": "amount", "percent_bps": 1}),
        (models.Promotion, {"name": "P", "key": "p", "percent_bps": 1, "trigger": "odd"}),
        (
            models.Promotion,
            {"name": "P", "key": "p", "percent_bps": 1, "starts_at": now, "ends_at": now},
        ),
        (
            models.PromotionAmount,
            {"promotion": promotion, "currency": "USD", "amount_minor": 0},
        ),
        (models.PromoCode, {"promotion": promotion, "code": "small", "created_at": now}),
        (models.PromoLimit, {"promotion": promotion, "kind": "total", "allowed": 1}),
        (models.PromoLimit, {"promotion": promotion, "kind": "budget", "allowed": 1}),
        (
            models.PromoLimit,
            {"promotion": promotion, "kind": "customer", "currency": "USD", "allowed": 1},
        ),
        (models.LimitCounter, {"limit": limit, "taken": -1}),
        (models.Reservation, {"limit": limit, "holder": "o", "amount": 0, "reserved_at": now}),
        (
            models.Reservation,
            {
                "limit": limit,
                "holder": "o",
                "amount": 1,
                "reserved_at": now,
                "status": "used",
            },
        ),
        (models.Payout, {**payout, "amount_minor": 0}),
        (models.Payout, {**payout, "status": "paid"}),
        (models.Payout, {**payout, "reason": "Too early"}),
        (models.CommissionEntry, {**entry, "kind": "earned", "amount_minor": -1}),
        (models.CommissionEntry, {**entry, "kind": "reversed", "amount_minor": 1}),
        (models.Affiliate, {"customer": customer, "discount_bps": 10_001}),
        (models.Experiment, {"name": "E", "tier": tier, "status": "running"}),
        (
            models.Experiment,
            {
                "name": "E",
                "tier": tier,
                "status": "stopped",
                "starts_at": now,
                "ends_at": now + timedelta(days=1),
            },
        ),
        (models.ExperimentArm, {"experiment": experiment, "name": "A", "weight": 0}),
        (models.ExperimentArm, {"experiment": experiment, "name": "A", "factor_bps": 999}),
    ]
    accepted = []
    for number, (model, fields) in enumerate(broken):
        try:
            with transaction.atomic():
                model.objects.create(**fields)
        except IntegrityError:
            continue
        accepted.append((number, model.__name__, fields))

    assert accepted == []
    assert code.pk is not None


def test_one_counter_for_all_and_one_for_each_customer(tier, customer):
    limit = make_promotion(limits={"total": 1}).limits.get()
    for whose in (None, customer):
        models.LimitCounter.objects.create(limit=limit, customer=whose)
        with pytest.raises(IntegrityError), transaction.atomic():
            models.LimitCounter.objects.create(limit=limit, customer=whose)

    assert models.LimitCounter.objects.count() == 2


def test_a_day_of_rates_is_stored_once_and_manual_ones_as_often_as_set(shop, now):
    row = {
        "currency": "USD",
        "rate": Decimal(1),
        "rate_date": now.date(),
        "fetched_at": now,
        "status": "unused",
    }
    models.FxRate.objects.create(source="ecb", **row)
    with pytest.raises(IntegrityError), transaction.atomic():
        models.FxRate.objects.create(source="ecb", **row)

    manual = {**row, "source": "manual", "status": "applied", "applied_at": now, "note": "x"}
    models.FxRate.objects.create(**manual)
    models.FxRate.objects.create(**manual)

    assert models.FxRate.objects.filter(rate_date=now.date()).count() == 3


def test_every_row_has_a_name_that_asks_nothing(tier, customer, now, django_assert_num_queries):
    limit = make_promotion(limits={"total": 1}).limits.get()
    rows = [
        models.Region.objects.get(code="US"),
        models.CurrencySetting.objects.get(code="USD"),
        models.FxRate.objects.get(currency="GBP"),
        models.PricingRules.objects.get(),
        models.AffiliateProgram.objects.get(),
        models.VolumeStep.objects.first(),
        models.QuantityStep(min_quantity=5),
        models.LocalPrice(currency="EUR"),
        models.PriceVersion(name="Spring"),
        models.VersionPrice(currency="EUR"),
        models.StoredQuote(key="order:1"),
        models.Promotion(name="Sale"),
        models.PromotionAmount(currency="EUR"),
        models.PromoCode(code="HELLO"),
        limit,
        models.LimitCounter(taken=3),
        models.Reservation(holder="order:1", amount=2),
        models.Affiliate(customer_id=1),
        models.AffiliateClicks(day=now.date(), clicks=4),
        models.Payout(pk=1),
        models.CommissionEntry(kind="earned", holder="order:1"),
        models.GiftCard(code="CARD"),
        models.GiftCardEntry(kind="spent", holder="order:1"),
        models.AffiliateVisitor(customer_id=1, visitor_id=2),
        models.CodeTries(wrong=3),
        models.Experiment(name="Dearer"),
        models.ExperimentArm(name="A"),
        models.Exposure(customer_id=1, arm_id=2),
        models.ExperimentSale(holder="order:1"),
    ]
    assert {type(row).__name__ for row in rows} == set(models.__all__)

    with django_assert_num_queries(0):
        names = [str(row) for row in rows]

    assert names[:3] == ["US (USD)", "USD", "1 EUR = 0.8338 GBP"]
    assert all(names)


@pytest.mark.parametrize(
    ("code", "charm", "step", "form"),
    [
        ("USD", "none", None, (1, 0)),
        ("USD", "ending_99", None, (100, 1)),
        ("USD", "ending_95", None, (100, 5)),
        ("USD", "whole", None, (100, 0)),
        ("USD", "step", 50, (50, 0)),
        ("JPY", "ending_99", None, (100, 1)),
        ("JPY", "whole", None, (1, 0)),
        ("KWD", "ending_99", None, (1000, 10)),
        ("XTR", "whole", None, (1, 0)),
    ],
)
def test_forms_of_prices_fit_the_currencys_decimals(code, charm, step, form):
    setting = models.CurrencySetting(code=code, charm=charm, step_minor=step)

    assert setting.form == form
