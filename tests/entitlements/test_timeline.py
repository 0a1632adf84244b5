"""The picture of a customer's access."""

from __future__ import annotations

from datetime import timedelta
from xml.etree import ElementTree

import pytest

from entitlements.models import Block, Grant
from entitlements.services import block, revoke_source
from entitlements.timeline import timeline

pytestmark = pytest.mark.django_db


@pytest.fixture
def draw(customer):
    def call(moment) -> ElementTree.Element:
        grants = list(Grant.objects.filter(customer=customer).select_related("type"))
        blocks = list(Block.objects.filter(customer=customer))
        return ElementTree.fromstring(timeline(grants, blocks, now=moment))  # noqa: S314

    return call


def bars(picture: ElementTree.Element) -> list[tuple[str, int, int]]:
    found = [each for each in picture.iter("rect") if each.get("class")]
    return [(each.get("class"), int(each.get("x")), int(each.get("width"))) for each in found]


def test_nothing_is_drawn_for_nothing(now):
    assert timeline([], [], now=now) == ""


def test_every_kind_of_time_has_its_look(grant, draw, customer, now):
    grant(source="a", months=1, grace_days=5)
    grant(source="b", months=1)
    grant(source="c", level="vip", months=1)
    grant(source="d", level="enterprise", months=None)
    revoke_source(source="c", reason="refund", actor="x", now=now + timedelta(days=3))
    block(customer_id=customer.pk, kind="fraud", source="f", reason="", actor="x", now=now)

    looks = [look for look, *_ in bars(draw(now + timedelta(days=10)))]

    assert sorted(looks) == [
        "block", "closed", "grace", "over", "running", "running", "waiting",
    ]  # fmt: skip


def test_bars_follow_each_other_on_the_scale_and_stay_in_the_frame(grant, draw, now):
    grant(source="a", days=10)
    grant(source="b", days=10)
    picture = draw(now + timedelta(days=5))

    (_, first, width), (_, second, second_width) = sorted(bars(picture), key=lambda bar: bar[1])
    line = next(each for each in picture.iter("line") if each.get("class") == "now")

    assert abs(first + width - second) <= 1
    assert first < int(line.get("x1")) < second
    assert second + second_width <= 960


def test_every_bar_says_in_words_what_it_is(grant, draw, now):
    grant(source="order-line:1", months=1)

    titles = [each.text for each in draw(now).iter("title")]

    assert titles == [
        "order-line:1: premium from 2026-03-15 12:00 to 2026-04-15 12:00, has access"
    ]


def test_the_legend_has_room_and_shows_what_was_taken_as_it_is_drawn(grant, draw, now):
    grant()
    swatches = [each for each in draw(now).iter("rect") if each.get("width") == "12"]
    words = [each for each in draw(now).iter("text") if each.get("opacity") == ".8"]

    begins = [int(each.get("x")) for each in swatches]
    ends = [int(each.get("x")) + 7 * len(each.text) for each in words]
    assert all(end < begin for end, begin in zip(ends, begins[1:], strict=False))
    assert ends[-1] <= 960
    assert [each.get("stroke-dasharray") for each in swatches].count("4 3") == 1
