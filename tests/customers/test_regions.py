import pytest

from customers import regions
from customers.regions import offer_regions, region_choices


@pytest.fixture(autouse=True)
def _no_sources():
    before = list(regions._sources)
    regions._sources.clear()
    yield
    regions._sources[:] = before


def test_regions_come_from_whoever_offers_them_once_each():
    def source():
        return [("GB", "United Kingdom"), ("EU", "European Union")]

    for _ in range(2):
        offer_regions(source)

    assert region_choices() == source()


def test_nobody_offers_regions_at_first():
    assert region_choices() == []
