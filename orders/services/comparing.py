"""Do a provider's own books say what ours say? Sums, and each charge that makes a difference.

Where a provider lists its money, that list is read: not the notices that our books were made
of. So a notice that was lost, or read wrongly, shows.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final, TypeAlias

from django.db.models import Q

from customers.models import Customer
from orders.gateways.protocol import Gateway, GatewayError, KeepsLedger, Moved, RefundStatus
from orders.gateways.registry import gateways
from orders.models import Payment
from orders.references import payment_reference
from shopbot.kernel.money import Money

logger = logging.getLogger(__name__)

# Payments of this age and younger are compared.
COMPARED: Final = timedelta(days=2)
# What moved later than this may not have been told yet.
PATIENCE: Final = timedelta(minutes=10)
MOST_ASKED: Final = 500
MOST_EXPLAINED: Final = 20

# Paid or refunded, currency, charge.
Entry: TypeAlias = tuple[str, str, str]
Sums: TypeAlias = Mapping[Entry, int]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two sides that should be equal; where they are not, what the difference is made of."""

    name: str
    ours: str
    theirs: str
    explained: tuple[str, ...] = ()
    payment: Payment | None = None

    @property
    def agrees(self) -> bool:
        """Whether they are: the sums, and what each is made of."""
        return self.ours == self.theirs and not self.explained


def compare_with_providers(now: datetime) -> Iterable[Comparison]:
    """What providers say of recent payments is what our rows say."""
    for name, provider in gateways().items():
        try:
            ours, theirs = _sides(name, provider, now)
        except GatewayError as error:
            logger.warning("the books of %s could not be compared: %s", name, error)
            unknown = "not compared: the provider did not answer"
            yield Comparison(f"at {name}", unknown, unknown)
            continue
        yield from _differences(name, ours, theirs)


def each_sum(
    what: str, *, ours: Mapping[str, int], theirs: Mapping[str, int]
) -> Iterable[Comparison]:
    """Compare sums whose names end with their currency."""
    for key in sorted(ours.keys() | theirs.keys()):
        currency = key.rpartition(" ")[2]
        left, right = (str(Money(sums.get(key, 0), currency)) for sums in (ours, theirs))
        yield Comparison(f"{what}, {key}", left, right)


def _sides(name: str, provider: Gateway, now: datetime) -> tuple[Sums, Sums]:
    since, until = now - COMPARED, now - PATIENCE
    paid = Payment.objects.filter(gateway=name, status=Payment.Status.PAID)
    if not isinstance(provider, KeepsLedger):
        recent = list(paid.filter(paid_at__gte=since).order_by("-pk")[:MOST_ASKED])
        return _booked(recent), _asked(provider, recent)
    listed = provider.moved(since=since)
    young = {each.charge_id for each in listed if each.at > until}
    settled = [each for each in listed if each.charge_id not in young]
    is_told = Q(charge_id__in={each.charge_id for each in settled})
    is_begun = Q(opened_at__gte=since, paid_at__lte=until)
    ours = list(paid.filter(is_told | is_begun).exclude(charge_id__in=young))
    return _booked(ours), _listed(settled, {payment.charge_id for payment in ours})


def _booked(payments: Iterable[Payment]) -> Sums:
    sums: Counter[Entry] = Counter()
    for payment in payments:
        name = payment.charge_id or str(payment.key)
        sums["paid", payment.currency, name] += payment.paid_minor
        sums["refunded", payment.currency, name] += payment.refunded_minor
    return sums


def _asked(provider: Gateway, payments: Iterable[Payment]) -> Sums:
    sums: Counter[Entry] = Counter()
    for payment in payments:
        name = payment.charge_id or str(payment.key)
        state = provider.fetch(payment_reference(payment.pk))
        if state.paid is not None:
            sums["paid", state.paid.currency, name] += state.paid.minor
        for refund in state.refunds:
            if refund.status != RefundStatus.FAILED:
                sums["refunded", refund.amount.currency, name] += refund.amount.minor
    return sums


def _listed(moved: Iterable[Moved], known: Set[str]) -> Sums:
    """Sum what is ours: marked as ours, known here, or of a customer of ours."""
    moved = list(moved)
    customers = _ours_among({each.customer_id for each in moved} - {""})
    sums: Counter[Entry] = Counter()
    for each in moved:
        if not (each.is_ours or each.charge_id in known or each.customer_id in customers):
            continue
        for what, money in (("paid", each.paid), ("refunded", each.refunded)):
            if money is not None:
                sums[what, money.currency, each.charge_id] += money.minor
    return sums


def _ours_among(customer_ids: Set[str]) -> Set[str]:
    found = Customer.objects.filter(stripe_customer_id__in=customer_ids)
    return set(found.values_list("stripe_customer_id", flat=True))


def _differences(name: str, ours: Sums, theirs: Sums) -> Iterable[Comparison]:
    entries = sorted(ours.keys() | theirs.keys())
    for (what, currency), group in groupby(entries, key=lambda entry: entry[:2]):
        members = list(group)
        here, there = (
            Money(sum(side.get(each, 0) for each in members), currency)
            for side in (ours, theirs)
        )
        if not here.minor and not there.minor:
            continue
        differing = [each for each in members if ours.get(each, 0) != theirs.get(each, 0)]
        yield Comparison(
            f"{what} at {name}, {currency}",
            ours=str(here),
            theirs=str(there),
            explained=tuple(
                f"{entry[2]}: here {Money(ours.get(entry, 0), currency)}, "
                f"there {Money(theirs.get(entry, 0), currency)}"
                for entry in differing[:MOST_EXPLAINED]
            ),
            payment=_payment_of(name, differing),
        )


def _payment_of(gateway: str, differing: Sequence[Entry]) -> Payment | None:
    """The first payment that differs, so that the case leads to it."""
    charges = [charge_id for _what, _currency, charge_id in differing]
    return Payment.objects.filter(gateway=gateway, charge_id__in=charges).first()
