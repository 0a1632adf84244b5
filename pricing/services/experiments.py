"""Tests of prices: started once, stopped by a person or a rule, told in numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Count, Q, Sum

from pricing.book import price_book
from pricing.engine.listing import price_point
from pricing.errors import AlreadyDecided, NotReady, ReasonMissing, UnknownRow
from pricing.models import Experiment, ExperimentArm, ExperimentSale, Exposure
from pricing.statistics import Interval, is_clearly_below, wilson
from shopbot.kernel.events import record

FEWEST_ARMS, MOST_ARMS = 2, 4

#: No arm is judged harmful before so many customers saw it: early numbers swing.
FEWEST_CUSTOMERS = 100


@dataclass(frozen=True, slots=True)
class ArmResult:
    """What came of one arm: customers who saw it, how many of them bought, for how much.

    ``revenue`` is in minor units by currency.
    """

    arm_id: int
    name: str
    factor_bps: int
    customers: int
    buyers: int
    conversion: Interval
    revenue: dict[str, int]


@transaction.atomic
def start_experiment(*, experiment_id: int, actor: str, now: datetime) -> None:
    """Begin to show the arms' prices; from now on the arms are fixed.

    Raises:
        NotReady: it has fewer than two or more than four arms, or another one runs on the tier.
        AlreadyDecided: it runs or has ended already.
    """
    row = _locked(experiment_id)
    if row.status != Experiment.Status.DRAFT:
        raise AlreadyDecided(f"experiment {experiment_id} is {row.status}", status=row.status)
    if not FEWEST_ARMS <= row.arms.count() <= MOST_ARMS:
        raise NotReady(f"an experiment has {FEWEST_ARMS} to {MOST_ARMS} arms")
    running = Experiment.objects.filter(tier=row.tier_id, status=Experiment.Status.RUNNING)
    if running.exists():
        raise NotReady("another experiment runs on this tier")
    if row.ends_at is not None and row.ends_at <= now:
        raise NotReady("its end lies in the past")
    row.status, row.starts_at = Experiment.Status.RUNNING, now
    row.save(update_fields=["status", "starts_at"])
    record("experiment.started", subject=f"experiment:{row.pk}", actor=actor, at=now)


@transaction.atomic
def stop_experiment(*, experiment_id: int, reason: str, actor: str, now: datetime) -> None:
    """Show new customers the list price again; who saw an arm keeps it for ``honored_days``.

    Raises:
        AlreadyDecided: it does not run.
        ReasonMissing: no word on why.
    """
    if not reason.strip():
        raise ReasonMissing("say why it is stopped")
    row = _locked(experiment_id)
    if row.status != Experiment.Status.RUNNING:
        raise AlreadyDecided(f"experiment {experiment_id} is {row.status}", status=row.status)
    row.status, row.stop_reason = Experiment.Status.STOPPED, reason.strip()[:200]
    row.ends_at = min(row.ends_at, now) if row.ends_at else now
    _keep_prices(row, row.ends_at)
    row.save(update_fields=["status", "stop_reason", "ends_at", "ended_with", "ended_in"])
    record(
        "experiment.stopped",
        subject=f"experiment:{row.pk}",
        actor=actor,
        at=now,
        reason=row.stop_reason,
    )


def _keep_prices(row: Experiment, at: datetime) -> None:
    """Note the tier's prices and currency: what an arm's share is of, whatever comes later."""
    tier = price_book().tiers.get(row.tier_id)
    if tier is not None:
        row.ended_with = dict(price_point(tier, at, None).amounts)
        row.ended_in = tier.currency


def stop_where_due(*, now: datetime) -> int:
    """Stop every experiment whose end, size or harm has been reached; return how many."""
    stopped = 0
    for row in Experiment.objects.filter(status=Experiment.Status.RUNNING).order_by("pk"):
        reason = _reason_to_stop(row, now)
        if reason:
            stop_experiment(experiment_id=row.pk, reason=reason, actor="beat", now=now)
            stopped += 1
    return stopped


def results(*, experiment_id: int) -> list[ArmResult]:
    """Return what came of each arm, the first one first; three queries.

    A customer counts once as a buyer, however often they bought.
    """
    arms = list(ExperimentArm.objects.filter(experiment=experiment_id).order_by("pk"))
    paid = Q(sales__status=ExperimentSale.Status.PAID)
    exposures = Exposure.objects.filter(experiment=experiment_id).values("arm_id")
    seen = {
        arm_id: (customers, buyers)
        for arm_id, customers, buyers in exposures.annotate(
            customers=Count("pk", distinct=True), buyers=Count("pk", filter=paid, distinct=True)
        ).values_list("arm_id", "customers", "buyers")
    }
    revenue: dict[int, dict[str, int]] = {}
    sold = ExperimentSale.objects.filter(
        exposure__experiment=experiment_id, status=ExperimentSale.Status.PAID
    )
    for arm_id, currency, total in (
        sold.values("exposure__arm", "currency")
        .annotate(total=Sum("total_minor"))
        .order_by("currency")
        .values_list("exposure__arm", "currency", "total")
    ):
        revenue.setdefault(arm_id, {})[currency] = total
    return [_result(arm, *seen.get(arm.pk, (0, 0)), revenue.get(arm.pk, {})) for arm in arms]


def _result(
    arm: ExperimentArm, customers: int, buyers: int, revenue: dict[str, int]
) -> ArmResult:
    return ArmResult(
        arm_id=arm.pk,
        name=arm.name,
        factor_bps=arm.factor_bps,
        customers=customers,
        buyers=buyers,
        conversion=wilson(buyers, customers),
        revenue=revenue,
    )


def _reason_to_stop(row: Experiment, now: datetime) -> str:
    if row.ends_at is not None and row.ends_at <= now:
        return "Its end was reached."
    arms = results(experiment_id=row.pk)
    if row.max_customers and sum(arm.customers for arm in arms) >= row.max_customers:
        return f"{row.max_customers} customers have seen it."
    if row.stops_on_harm:
        for arm in arms[1:]:
            if _harms(arm, arms[0]):
                return f"{arm.name} brings in clearly less than {arms[0].name}."
    return ""


def _harms(arm: ArmResult, first: ArmResult) -> bool:
    """Compare what an arm brings in: a dearer arm may sell less often and still earn more."""
    if min(arm.customers, first.customers) < FEWEST_CUSTOMERS:
        return False
    worth = min(arm.buyers * arm.factor_bps // 10_000, arm.customers)
    return is_clearly_below(worth, arm.customers, first.buyers, first.customers)


def _locked(experiment_id: int) -> Experiment:
    row = Experiment.objects.select_for_update().filter(pk=experiment_id).first()
    if row is None:
        raise UnknownRow(f"no experiment {experiment_id}", experiment_id=experiment_id)
    return row
