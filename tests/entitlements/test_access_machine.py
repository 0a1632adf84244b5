"""Whatever happens in whatever order, access is what a model of ten lines says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from catalog.levels import RANK
from customers.models import Customer
from entitlements.explain import explain
from entitlements.models import EntitlementType, Grant
from entitlements.selectors import active_entitlements, has_entitlement
from entitlements.services import (
    NewGrant,
    block,
    extend,
    grant_all,
    lift_source_blocks,
    revoke_source,
)

START = datetime(2026, 3, 15, 12, tzinfo=UTC)
DAY = timedelta(days=1)
LEVELS = ("premium", "vip")


class Model:
    """Days of access, by level, as a customer would count them on fingers.

    What is bought stands in a queue per level; the first of the queue is used up day by day;
    grace counts behind the last; a lifetime stands beside the queue.
    """

    def __init__(self) -> None:
        self.queue = {level: [] for level in LEVELS}
        self.lifetimes: dict[str, str] = {}
        self.blocks: set[str] = set()

    def left(self, level: str) -> int:
        return sum(days for _, days in self.queue[level])

    def pass_day(self) -> None:
        for line in self.queue.values():
            if line:
                source, days = line[0]
                line[:1] = [(source, days - 1)] if days > 1 else []

    def revoke(self, source: str) -> None:
        self.lifetimes.pop(source, None)
        for level, line in self.queue.items():
            self.queue[level] = [each for each in line if each[0] != source]

    def has(self, level: str) -> bool:
        enough = [other for other in LEVELS if RANK[other] >= RANK[level]]
        held = any(self.queue[other] for other in enough)
        return not self.blocks and (held or any(x in enough for x in self.lifetimes.values()))


class AccessMachine(RuleBasedStateMachine):
    """Drives the services and the model side by side, a day at a time."""

    @initialize(defers=st.booleans())
    def begin(self, defers: bool) -> None:
        self.now = START
        self.model = Model()
        self.sources = 0
        self.defers = defers
        self.customer = Customer.objects.create(
            telegram_id=Customer.objects.count() + 1, created_at=START, last_seen_at=START
        )
        self.type = EntitlementType.objects.create(
            code=f"type-{self.customer.pk}",
            name="Signals",
            lower_level="defer" if defers else "parallel",
        )

    def _grant(self, level: str, days: int | None) -> str:
        self.sources += 1
        source = f"{self.customer.pk}:{self.sources}"
        new = NewGrant(type_id=self.type.pk, level=level, source=source, months=None, days=days)
        for _ in range(2):  # a repeat changes nothing
            grant_all(customer_id=self.customer.pk, grants=[new], now=self.now, actor="x")
        return source

    @rule(level=st.sampled_from(LEVELS), days=st.integers(1, 9))
    def buy(self, level: str, days: int) -> None:
        self.model.queue[level].append((self._grant(level, days), days))

    @rule(level=st.sampled_from(LEVELS))
    def buy_for_life(self, level: str) -> None:
        self.model.lifetimes[self._grant(level, None)] = level

    @rule(number=st.integers(1, 12))
    def refund(self, number: int) -> None:
        source = f"{self.customer.pk}:{number}"
        revoke_source(source=source, reason="refund", actor="x", now=self.now)
        self.model.revoke(source)

    @rule(days=st.integers(1, 5))
    def extend_what_runs(self, days: int) -> None:
        for level in LEVELS:
            line = self.model.queue[level]
            if not line:
                continue
            row = Grant.objects.live().get(source=line[0][0])
            self.sources += 1
            key = str(self.sources)
            given = extend(grant_id=row.pk, days=days, key=key, actor="x", now=self.now)
            line.append((given.source, days))
            return

    @rule(name=st.sampled_from(["dispute", "staff"]))
    def place_or_lift_a_block(self, name: str) -> None:
        source = f"{name}:{self.customer.pk}"
        if name in self.model.blocks:
            lift_source_blocks(source=source, reason="", actor="x", now=self.now)
        else:
            block(
                customer_id=self.customer.pk,
                kind=name,
                source=source,
                reason="",
                actor="x",
                now=self.now,
            )
        self.model.blocks ^= {name}

    @rule(days=st.integers(1, 4))
    def wait(self, days: int) -> None:
        for _ in range(days):
            if self.defers and self.model.queue["vip"]:
                waiting, self.model.queue["premium"] = self.model.queue["premium"], []
                self.model.pass_day()
                self.model.queue["premium"] = waiting
            else:
                self.model.pass_day()
            self.now += DAY

    @rule(hours=st.integers(-24 * 20, 24 * 40), level=st.sampled_from((None, *LEVELS)))
    def ask_about_another_moment(self, hours: int, level: str | None) -> None:
        """Past and future are explained as they are decided."""
        moment = self.now + timedelta(hours=hours)
        asked = (self.customer.pk, self.type.code, moment, level)
        assert explain(*asked).has_access == has_entitlement(*asked)
        held = {each.code: each.level for each in active_entitlements(asked[0], moment)}
        best = held.get(self.type.code)
        enough = best is not None and (level is None or RANK[best] >= RANK[level])
        assert has_entitlement(*asked) == enough

    @invariant()
    def access_is_what_the_model_says(self) -> None:
        if not hasattr(self, "model"):
            return
        for level in LEVELS:
            asked = (self.customer.pk, self.type.code, self.now, level)
            assert has_entitlement(*asked) == self.model.has(level), level
            assert explain(*asked).has_access == self.model.has(level), level
        held = active_entitlements(self.customer.pk, self.now)
        assert bool(held) == self.model.has("premium")

    @invariant()
    def nobody_loses_a_day_that_was_paid_for(self) -> None:
        if not hasattr(self, "model"):
            return
        for level in LEVELS:
            rows = Grant.objects.live().filter(
                customer=self.customer, level=level, ends_at__gt=self.now
            )
            left = sum(
                ((row.ends_at - max(row.starts_at, self.now)) for row in rows), timedelta()
            )
            assert left == self.model.left(level) * DAY


@pytest.mark.django_db
def test_access_is_what_the_model_says_whatever_happens():
    def machine() -> AccessMachine:
        return AccessMachine()

    with transaction.atomic():
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=12,
                stateful_step_count=12,
                deadline=None,
                # Shrinking over a database takes minutes; twelve steps read well as they are.
                phases=[Phase.explicit, Phase.reuse, Phase.generate],
                suppress_health_check=list(HealthCheck),
            ),
        )
