"""The arithmetic of stretches, without a database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from entitlements.chain import Stretch, append, lay_out
from shopbot.kernel.months import add_months

NOW = datetime(2027, 1, 31, 12, tzinfo=UTC)
RANKS = (10, 20, 30)


def stretch(rank: int, *, months: int | None = None, days: int | None = None) -> Stretch:
    """Return a stretch that stands nowhere yet; for life when no length is given."""
    ends_at = None if days is None else NOW + timedelta(days=days)
    return Stretch(
        key=0,
        rank=rank,
        starts_at=NOW,
        ends_at=ends_at,
        grace_days=0,
        anchor_at=NOW,
        months=months,
    )


def buy(
    line: tuple[Stretch, ...], new: Stretch, *, now: datetime, defers: bool
) -> tuple[Stretch, ...]:
    """Return the line after a purchase, as the services write it."""
    shift = now - NOW
    new = replace(
        new,
        starts_at=now,
        anchor_at=now,
        ends_at=None if new.ends_at is None else new.ends_at + shift,
    )
    if new.months is not None or new.ends_at is not None:
        new = append(new, line, now=now, defers=defers)
    new = replace(new, key=len(line) + 1)
    return lay_out((*line, new), now=now, defers=defers)


def best_rank(line: tuple[Stretch, ...], at: datetime) -> int:
    return max((each.rank for each in line if each.is_running(at)), default=0)


lengths = st.one_of(
    st.fixed_dictionaries({"months": st.integers(1, 14)}),
    st.fixed_dictionaries({"days": st.integers(1, 60)}),
    st.just({}),
)
purchases = st.lists(
    st.tuples(st.sampled_from(RANKS), lengths, st.integers(0, 40)), min_size=1, max_size=7
)


def lines(bought, *, defers):
    """Yield (line before, line after, now) for each purchase; days pass between them."""
    line: tuple[Stretch, ...] = ()
    now = NOW
    for rank, length, pause in bought:
        now += timedelta(days=pause)
        # What was cut when a higher level began is over as far as the line goes.
        after = buy(line, stretch(rank, **length), now=now, defers=defers)
        yield line, after, now
        line = after


def moments(line, now):
    edges = {each.starts_at for each in line} | {each.ends_at for each in line if each.ends_at}
    return [now, *sorted(edge for edge in edges if edge > now)]


steady = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])


@steady
@given(purchases, st.booleans())
def test_a_purchase_never_reduces_access(bought, defers):
    for before, after, now in lines(bought, defers=defers):
        for moment in moments((*before, *after), now):
            assert best_rank(after, moment) >= best_rank(before, moment)


@steady
@given(purchases, st.booleans())
def test_laying_out_again_changes_nothing(bought, defers):
    for _, after, now in lines(bought, defers=defers):
        assert set(lay_out(after, now=now, defers=defers)) == set(after)


@steady
@given(purchases, st.booleans())
def test_stretches_of_one_level_never_overlap(bought, defers):
    for _, after, now in lines(bought, defers=defers):
        for rank in RANKS:
            finite = [each for each in after if each.rank == rank and each.ends_at]
            for moment in moments(finite, now):
                assert sum(each.is_running(moment) for each in finite) <= 1


@steady
@given(purchases)
def test_where_levels_defer_only_one_runs_at_a_time(bought):
    for _, after, now in lines(bought, defers=True):
        finite = [each for each in after if each.ends_at]
        for moment in moments(finite, now):
            assert sum(each.is_running(moment) for each in finite) <= 1


@steady
@given(purchases)
def test_where_levels_run_beside_each_other_nothing_that_began_is_touched(bought):
    for before, after, now in lines(bought, defers=False):
        begun = {each for each in before if each.starts_at <= now}
        assert begun <= set(after)


@steady
@given(st.lists(st.integers(1, 14), min_size=1, max_size=6))
def test_months_bought_one_by_one_end_where_they_would_end_together(months):
    line: tuple[Stretch, ...] = ()
    for each in months:
        line = buy(line, stretch(10, months=each), now=NOW, defers=False)

    assert max(each.ends_at for each in line) == add_months(NOW, sum(months))


@steady
@given(purchases, st.integers(0, 6))
def test_taking_one_away_never_delays_the_rest(bought, number):
    *_, (_, line, now) = lines(bought, defers=False)
    kept = tuple(each for each in line if each.key != line[number % len(line)].key)

    for old in kept:
        new = next(each for each in lay_out(kept, now=now, defers=False) if each.key == old.key)
        assert new.starts_at <= old.starts_at


def test_a_deferred_remainder_is_exact():
    line = buy((), stretch(10, days=10), now=NOW, defers=True)
    later = NOW + timedelta(days=3, seconds=1)

    high, low = buy(line, stretch(20, days=5), now=later, defers=True)

    assert (high.starts_at, high.ends_at) == (later, later + timedelta(days=5))
    assert low.starts_at == high.ends_at
    assert low.length == timedelta(days=7, seconds=-1)
