"""Price lists: drafted, compared, published, and never changed after."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import ProtectedError

from pricing.engine import QuoteRequest
from pricing.errors import AlreadyDecided, NotReady, UnknownRow
from pricing.models import LocalPrice, PriceVersion
from pricing.services import quote_offer
from pricing.services.versions import difference, draft_from_present, publish
from pricing.subscribers import _counters, count_subscribers, register_subscriber_count
from tests.catalog.factories import make_tier


@pytest.fixture
def draft(tier):
    """A draft: 25.00 USD, and 19.99 EUR for the euro."""
    version = PriceVersion.objects.create(name="Spring")
    version.prices.create(tier=tier, currency="USD", amount_minor=2500)
    version.prices.create(tier=tier, currency="EUR", amount_minor=1999)
    return version


@pytest.fixture
def price(tier):
    """Return the list price of a month."""

    def at(moment, region="US", subscribed_at=None):
        request = QuoteRequest(
            tier_id=tier.pk, months=1, region=region, at=moment, subscribed_at=subscribed_at
        )
        return quote_offer(request=request).total_minor

    return at


def test_a_draft_changes_no_price(draft, price, now):
    assert price(now) == 2000


def test_a_published_list_holds_from_its_moment(draft, price, now):
    begins = now + timedelta(days=7)

    publish(version_id=draft.pk, valid_from=begins, actor="staff:1", now=now)

    assert price(begins - timedelta(seconds=1)) == 2000
    assert price(begins) == 2500
    assert price(begins, region="EU") == 1999


def test_without_a_moment_it_holds_at_once(draft, price, now):
    publish(version_id=draft.pk, valid_from=None, actor="staff:1", now=now)

    draft.refresh_from_db()
    assert price(now) == 2500
    assert (draft.status, draft.valid_from, draft.published_by) == ("published", now, "staff:1")


def test_running_subscribers_keep_their_price_or_move_at_the_date(draft, price, now):
    PriceVersion.objects.filter(pk=draft.pk).update(
        subscribers="move", moves_at=now + timedelta(days=30)
    )

    publish(version_id=draft.pk, valid_from=None, actor="staff:1", now=now)

    before = now - timedelta(days=90)
    assert price(now, subscribed_at=before) == 2000
    assert price(now + timedelta(days=30), subscribed_at=before) == 2500


def test_a_published_list_never_changes(draft, now):
    publish(version_id=draft.pk, valid_from=None, actor="staff:1", now=now)

    changes = [
        lambda: draft.prices.update(amount_minor=1),
        lambda: draft.prices.create(tier=make_tier(), currency="USD", amount_minor=1),
        lambda: PriceVersion.objects.update(name="Other"),
        lambda: draft.prices.all().delete(),
        lambda: PriceVersion.objects.all().delete(),
        draft.delete,
        draft.prices.get(currency="EUR").delete,
    ]
    if connection.vendor == "postgresql":
        # Past the model: there the database refuses as well.
        changes.append(lambda: PriceVersion._base_manager.all().delete())
    for change in changes:
        with pytest.raises(IntegrityError), transaction.atomic():
            change()

    with pytest.raises(AlreadyDecided):
        publish(version_id=draft.pk, valid_from=None, actor="staff:1", now=now)
    assert sorted(draft.prices.values_list("amount_minor", flat=True)) == [1999, 2500]


def test_a_draft_can_be_thrown_away_also_beside_a_published_list(draft, now):
    other = PriceVersion.objects.create(name="Other")
    other.prices.create(tier=make_tier(), currency="USD", amount_minor=1)
    publish(version_id=draft.pk, valid_from=None, actor="staff:1", now=now)

    with pytest.raises(ProtectedError, match="never changes"):
        PriceVersion.objects.all().delete()
    other.delete()

    assert PriceVersion.objects.get() == draft
    assert sorted(draft.prices.values_list("amount_minor", flat=True)) == [1999, 2500]


def test_refuses_an_empty_list_and_a_start_in_the_past(draft, now):
    empty = PriceVersion.objects.create(name="Empty")

    with pytest.raises(NotReady):
        publish(version_id=empty.pk, valid_from=None, actor="staff:1", now=now)
    with pytest.raises(NotReady):
        publish(
            version_id=draft.pk, valid_from=now - timedelta(days=1), actor="staff:1", now=now
        )

    assert set(PriceVersion.objects.values_list("status", flat=True)) == {"draft"}


def test_the_difference_says_what_changes_who_keeps_and_what_falls_below_the_floor(
    draft, tier, now
):
    tier.floor_price_minor = 1900
    tier.save(update_fields=["floor_price_minor"])
    other = make_tier(floor_price_minor=2000)
    draft.prices.create(tier=other, currency="USD", amount_minor=1500)
    same = make_tier()
    draft.prices.create(tier=same, currency="USD", amount_minor=2000)
    register_subscriber_count(counter := lambda tiers: len(tiers) * 100)

    found = difference(version_id=draft.pk, now=now)
    _counters.remove(counter)

    assert [
        (each.tier_id, each.currency, each.old_minor, each.new_minor) for each in found.changed
    ] == [
        (tier.pk, "EUR", None, 1999),
        (tier.pk, "USD", 2000, 2500),
        (other.pk, "USD", 2000, 1500),
    ]
    assert found.subscribers == 200
    assert [each.tier_id for each in found.below_floor] == [other.pk]


def test_the_difference_is_to_the_prices_in_force_when_the_list_begins(draft, tier, now):
    summer = PriceVersion.objects.create(name="Summer")
    summer.prices.create(tier=tier, currency="USD", amount_minor=2500)
    begins = now + timedelta(days=3)
    publish(version_id=summer.pk, valid_from=begins, actor="staff:1", now=now)

    def dollars(**when):
        changed = difference(version_id=draft.pk, now=now, **when).changed
        return [each.old_minor for each in changed if each.currency == "USD"]

    assert dollars() == [2000]
    assert dollars(valid_from=begins - timedelta(seconds=1)) == [2000]
    assert dollars(valid_from=begins) == []  # 25.00 already


def test_a_draft_can_start_from_the_prices_in_force(draft, tier, now):
    publish(version_id=draft.pk, valid_from=None, actor="staff:1", now=now)
    LocalPrice.objects.create(tier=tier, currency="GBP", amount_minor=1899)

    copy = draft_from_present(name="Summer", actor="staff:1", now=now)

    rows = copy.prices.order_by("currency").values_list("currency", "amount_minor")
    assert list(rows) == [("EUR", 1999), ("GBP", 1899), ("USD", 2500)]


def test_refuses_subscribers_who_would_move_before_the_prices_hold(draft, now):
    PriceVersion.objects.filter(pk=draft.pk).update(
        subscribers="move", moves_at=now + timedelta(days=1)
    )

    with pytest.raises(NotReady):
        publish(
            version_id=draft.pk, valid_from=now + timedelta(days=2), actor="staff:1", now=now
        )

    draft.refresh_from_db()
    assert draft.status == "draft"


def test_refuses_a_list_that_does_not_exist(shop, now):
    with pytest.raises(UnknownRow):
        publish(version_id=0, valid_from=None, actor="staff:1", now=now)


def test_whoever_counts_subscribers_counts_once(shop):
    def counter(tiers):
        return len(tiers)

    register_subscriber_count(counter)
    register_subscriber_count(counter)

    assert count_subscribers({1, 2}) == 2
    _counters.remove(counter)
    assert count_subscribers({1, 2}) == 0
