"""Exchange rates: taken over daily, held when they jump, overridden by staff with an end.

Prices follow a rate only when it has moved by more than the currency's drift guard, so that
charm-rounded prices do not flicker from day to day.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet, Window
from django.db.models.functions import RowNumber

from pricing.book import price_book
from pricing.ecb import DailyRates
from pricing.engine.rates import way_to_euro
from pricing.errors import (
    AlreadyDecided,
    BadFeed,
    BadRate,
    NewerRate,
    NoRate,
    ReasonMissing,
    UnknownRow,
)
from pricing.models import CurrencySetting, FxRate, PricingRules
from shopbot.kernel.events import record
from shopbot.kernel.money import exponent, is_currency

Source, Status = FxRate.Source, FxRate.Status

EURO = "EUR"
BPS = 10_000
DEFAULT_DRIFT_BPS = 100


@transaction.atomic
def take_over(*, daily: DailyRates, now: datetime) -> Mapping[str, list[str]]:
    """Store the rates of a day; return the currencies by what became of their rate.

    Each becomes ``applied`` (prices use it), ``unused`` (within the drift guard) or ``held``
    (it jumped: a person decides). Safe to repeat: a day is stored once. A currency unknown to
    the shop is passed over: no price can be in it.

    Raises:
        BadFeed: the day has not come; it would hide every day before it.
    """
    if daily.day > now.date() + timedelta(days=1):
        raise BadFeed(f"the bank's file is of {daily.day}, which has not come")
    rules = _lock_rules()
    drifts = dict(CurrencySetting.objects.values_list("code", "drift_bps"))
    known, used = _known(), _in_use()
    outcome: dict[str, list[str]] = defaultdict(list)
    rows = []
    seen = _heard_on(daily.day)
    for currency, rate in sorted(filter(_is_known, daily.rates.items())):
        newest = known.get(currency)
        if currency in seen or (newest is not None and newest.rate_date >= daily.day):
            continue
        status = _judge(rate, newest, used.get(currency), rules.jump_bps, drifts.get(currency))
        outcome[status].append(currency)
        rows.append(
            FxRate(
                base=EURO,
                currency=currency,
                rate=rate,
                rate_date=daily.day,
                source=Source.ECB,
                status=status,
                applied_at=now if status == Status.APPLIED else None,
                fetched_at=now,
                note="Moved further than the jump alarm." if status == Status.HELD else "",
            )
        )
    FxRate.objects.bulk_create(rows, ignore_conflicts=True)
    if rows:
        subject = f"fx:{daily.day.isoformat()}"
        _tell("fx.taken_over", subject, "beat", now, **outcome)
        if held := outcome.get(Status.HELD):
            _tell("fx.held", subject, "beat", now, currencies=held)
    return outcome


@transaction.atomic
def accept_held_rate(*, rate_id: int, actor: str, now: datetime) -> None:
    """Let prices use a rate that was held because it jumped.

    Raises:
        AlreadyDecided: it is not held any more.
        NewerRate: the bank told a newer one since that was believed.
    """
    # As whoever takes over a day: none comes between look and write.
    _lock_rules()
    _refuse_older(rate_id)
    row = _decide(rate_id, status=Status.APPLIED, applied_at=now)
    _tell("fx.accepted", f"fx:{row.pk}", actor, now, rate=str(row.rate), currency=row.currency)


@transaction.atomic
def reject_held_rate(*, rate_id: int, reason: str, actor: str, now: datetime) -> None:
    """Never use a rate that was held because it jumped.

    Raises:
        AlreadyDecided: it is not held any more.
        ReasonMissing: no word on why.
    """
    if not reason.strip():
        raise ReasonMissing("say why the rate is wrong")
    row = _decide(rate_id, status=Status.REJECTED, note=reason.strip()[:200])
    _tell("fx.rejected", f"fx:{row.pk}", actor, now, reason=reason, currency=row.currency)


@transaction.atomic
def set_rate(
    *,
    currency: str,
    rate: Decimal,
    until: datetime | None,
    reason: str,
    actor: str,
    now: datetime,
    base: str = EURO,
) -> FxRate:
    """Use a rate of the shop's own from now on, until ``until`` or for good.

    Raises:
        BadRate: out of every proportion, of one currency with itself, of the euro itself, of a
            base that no rate leads from to the euro, or an end that has passed.
        ReasonMissing: no word on why.
    """
    if not reason.strip():
        raise ReasonMissing("say why you set the rate")
    check_rate(base=base, currency=currency, rate=rate, until=until, now=now)
    row = FxRate.objects.create(
        base=base,
        currency=currency,
        rate=rate,
        rate_date=now.date(),
        source=Source.MANUAL,
        status=Status.APPLIED,
        applied_at=now,
        override_until=until,
        fetched_at=now,
        note=reason.strip()[:200],
    )
    _tell("fx.set", f"fx:{row.pk}", actor, now, rate=str(rate), currency=currency, base=base)
    return row


def check_rate(
    *, base: str, currency: str, rate: Decimal, until: datetime | None, now: datetime
) -> None:
    """Refuse a rate by hand that cannot hold.

    Raises:
        BadRate: as ``set_rate`` says.
    """
    for code in (base, currency):
        exponent(code)  # refuses what is no currency
    is_sane = rate.is_finite() and FxRate.LOWEST <= rate <= FxRate.HIGHEST
    if base == currency or not is_sane:
        raise BadRate(f"{rate} is no rate from {base} to {currency}")
    if until is not None and until <= now:
        raise BadRate("the end lies in the past")
    _check_way_to_euro(base, currency, now)


@transaction.atomic
def end_manual_rate(*, rate_id: int, actor: str, now: datetime) -> None:
    """End a rate set by staff; the usual one applies again.

    Raises:
        AlreadyDecided: it has ended, or was not set by staff.
    """
    running = FxRate.objects.filter(pk=rate_id, source=Source.MANUAL, applied_at__lt=now)
    if not running.exclude(override_until__lte=now).update(override_until=now):
        raise AlreadyDecided(f"rate {rate_id} is not in force by hand")
    _tell("fx.ended", f"fx:{rate_id}", actor, now)


def _check_way_to_euro(base: str, currency: str, now: datetime) -> None:
    """Refuse a rate that nothing would use, or that closes a circle around the euro."""
    if currency == EURO:
        raise BadRate(f"state it the other way round: what one {EURO} buys of {base}")
    refused = BadRate(f"no rate leads from {base} to {EURO} without {currency}")
    try:
        way = way_to_euro(price_book(), base, now)
    except NoRate:
        raise refused from None
    if currency in {rate.currency for rate in way}:
        raise refused


def _is_known(stated: tuple[str, Decimal]) -> bool:
    return is_currency(stated[0])


def _judge(
    rate: Decimal,
    newest: FxRate | None,
    used: FxRate | None,
    jump_bps: int,
    drift_bps: int | None,
) -> str:
    # A jump is measured from the last rate believed, drift from the one that prices use.
    if newest is not None and _moved(rate, newest.rate) > jump_bps:
        return Status.HELD
    guard = DEFAULT_DRIFT_BPS if drift_bps is None else drift_bps
    if used is not None and _moved(rate, used.rate) <= guard:
        return Status.UNUSED
    return Status.APPLIED


def _moved(rate: Decimal, before: Decimal) -> Decimal:
    return abs(rate / before - 1) * BPS


def _heard_on(day: date) -> set[str]:
    """Return the currencies whose rate of that day is stored, whatever became of it."""
    rows = FxRate.objects.filter(source=Source.ECB, base=EURO, rate_date=day)
    return set(rows.values_list("currency", flat=True))


def _known() -> dict[str, FxRate]:
    """Return the newest rate believed of each currency."""
    believed = FxRate.objects.filter(base=EURO, status__in=[Status.APPLIED, Status.UNUSED])
    return _newest(believed.exclude(source=Source.MANUAL), "rate_date")


def _in_use() -> dict[str, FxRate]:
    """Return the rate that prices use, but for manual ones."""
    applied = FxRate.objects.filter(base=EURO, status=Status.APPLIED)
    return _newest(applied.exclude(source=Source.MANUAL), "applied_at")


def _newest(rows: QuerySet[FxRate], by: str) -> dict[str, FxRate]:
    order = [F(by).desc(), F("pk").desc()]
    place = Window(RowNumber(), partition_by=F("currency"), order_by=order)
    return {row.currency: row for row in rows.annotate(place=place).filter(place=1)}


def _lock_rules() -> PricingRules:
    return PricingRules.objects.select_for_update().first() or PricingRules()


def _refuse_older(rate_id: int) -> None:
    """Refuse to use a held rate in the stead of a newer one."""
    held = FxRate.objects.filter(pk=rate_id, status=Status.HELD).first()
    newest = held and _known().get(held.currency)
    if held and newest and newest.rate_date > held.rate_date:
        raise NewerRate(
            f"{held.currency} has a newer rate, of {newest.rate_date}: "
            "reject this one, or set a rate by hand",
            rate_id=rate_id,
        )


def _decide(rate_id: int, **changes: object) -> FxRate:
    held = FxRate.objects.filter(pk=rate_id, status=Status.HELD)
    changed = held.update(**changes)
    row = FxRate.objects.filter(pk=rate_id).first()
    if row is None:
        raise UnknownRow(f"no exchange rate {rate_id}", rate_id=rate_id)
    if not changed:
        raise AlreadyDecided(f"rate {rate_id} is {row.status}", status=row.status)
    return row


def _tell(kind: str, subject: str, actor: str, now: datetime, **data: Any) -> None:
    record(kind, subject=subject, actor=actor, at=now, **data)
