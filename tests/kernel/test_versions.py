"""Copies of data are read again when, and only when, the data changed."""

import pytest

from catalog.models import Category
from shopbot.kernel.models import DataVersion
from shopbot.kernel.versions import VersionedCache, current_version, current_versions

pytestmark = pytest.mark.django_db


@pytest.fixture
def cache():
    loads: list[int] = []
    cache = VersionedCache("kernel-test", lambda version: loads.append(version) or tuple(loads))
    yield cache
    VersionedCache.every.remove(cache)


def test_is_loaded_once_per_version(cache):
    assert cache.get() is cache.get()

    DataVersion.objects.create(pk="kernel-test", number=7)

    assert cache.get() == (0, 7)


def test_costs_one_query_to_check_and_none_when_the_version_is_known(
    cache, django_assert_num_queries
):
    cache.get()

    with django_assert_num_queries(1):
        cache.get()
    with django_assert_num_queries(0):
        cache.get_at(0)


def test_all_versions_are_read_at_once(django_assert_num_queries):
    Category.objects.create(name="Signals", slug="signals")
    expected = [current_version(name) for name in ("catalog", "pricing", "nothing")]

    with django_assert_num_queries(1):
        found = current_versions()

    assert [found[name] for name in ("catalog", "pricing", "nothing")] == expected
    assert expected[0] > 0


def test_any_write_to_a_tracked_table_moves_the_version():
    before = current_version("catalog")
    category = Category.objects.create(name="Signals", slug="signals")
    created = current_version("catalog")
    Category.objects.filter(pk=category.pk).update(position=9)
    updated = current_version("catalog")
    category.delete()

    assert before < created < updated < current_version("catalog")
