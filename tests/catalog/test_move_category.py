from threading import Barrier

import pytest
from django.core.exceptions import ValidationError

from catalog.errors import CategoryCycle, UnknownCategory
from catalog.models import Category
from catalog.services import move_category
from shopbot.kernel.models import Event
from tests.catalog.factories import make_category

pytestmark = pytest.mark.django_db


def move(category, parent, now):
    return move_category(
        category_id=category.pk,
        parent_id=parent.pk if parent else None,
        actor="staff:7",
        now=now,
    )


def test_a_category_moves_with_one_event(now):
    outer, inner = make_category(), make_category()

    move(inner, outer, now)
    move(inner, outer, now)

    inner.refresh_from_db()
    assert inner.parent == outer
    event = Event.objects.get()
    assert (event.kind, event.data) == ("category.moved", {"before": None, "after": outer.pk})


def test_a_category_moves_to_the_top(now):
    inner = make_category(parent=make_category())

    assert move(inner, None, now).parent_id is None


@pytest.mark.parametrize("depth", [0, 1, 3])
def test_a_category_cannot_stand_in_itself_or_its_own(depth, now):
    top = below = make_category()
    for _ in range(depth):
        below = make_category(parent=below)

    with pytest.raises(CategoryCycle):
        move(top, below, now)

    assert Category.objects.get(pk=top.pk).parent_id is None
    assert not Event.objects.exists()
    top.parent = below
    with pytest.raises(ValidationError, match="cannot stand in itself"):
        top.full_clean()


def test_an_unknown_category_is_refused(now):
    category = make_category()

    with pytest.raises(UnknownCategory):
        move_category(category_id=category.pk, parent_id=99, actor="staff:7", now=now)
    with pytest.raises(UnknownCategory):
        move_category(category_id=99, parent_id=None, actor="staff:7", now=now)


@pytest.mark.django_db(transaction=True)
def test_two_moves_at_once_never_close_a_circle(race, now):
    one, other = make_category(), make_category()

    outcomes = race(
        lambda: move(one, other, now).parent_id, lambda: move(other, one, now).parent_id
    )

    parents = set(Category.objects.values_list("parent_id", flat=True))
    assert None in parents
    assert [type(outcome) for outcome in outcomes if outcome not in parents] == [CategoryCycle]


@pytest.mark.django_db(transaction=True)
def test_control_check_then_write_closes_the_circle(race):
    one, other = make_category(), make_category()
    both_have_checked = Barrier(2)

    def naive(category, parent):
        Category(pk=category.pk, parent_id=parent.pk, name="x", slug="x").clean()
        both_have_checked.wait(timeout=10)
        Category.objects.filter(pk=category.pk).update(parent=parent)

    race(lambda: naive(one, other), lambda: naive(other, one))

    assert set(Category.objects.values_list("parent_id", flat=True)) == {one.pk, other.pk}
