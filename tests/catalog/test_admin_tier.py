import pytest
from django.contrib.messages import get_messages
from django.urls import reverse

from catalog.models import TierStock
from shopbot.kernel.models import Event
from tests.catalog.factories import make_tier

pytestmark = pytest.mark.django_db


def change_stock(client, tier, by):
    page = reverse("admin:catalog_producttier_change_stock", args=[tier.pk])
    return client.post(page, {"by": by, "_form_submitted": "on"})


def test_stock_is_changed_by_a_difference(admin_client, admin_user):
    tier = make_tier(stock=3)

    response = change_stock(admin_client, tier, -2)

    assert TierStock.objects.get().available == 1
    event = Event.objects.get()
    assert (event.kind, event.actor, event.data) == (
        "stock.adjusted",
        f"staff:{admin_user.pk}",
        {"by": -2, "left": 1},
    )
    assert [str(m) for m in get_messages(response.wsgi_request)] == ["1 units are left."]


def test_taking_away_too_much_changes_nothing_and_says_so(admin_client):
    tier = make_tier(stock=1)

    response = change_stock(admin_client, tier, -2)

    assert TierStock.objects.get().available == 1
    assert not Event.objects.exists()
    assert [str(m) for m in get_messages(response.wsgi_request)] == [
        "Nothing changed: fewer than 2 units are left."
    ]


def test_the_list_shows_units_only_where_they_are_counted(admin_client):
    make_tier(stock=7), make_tier()

    page = admin_client.get(reverse("admin:catalog_producttier_changelist")).content.decode()

    assert "not counted" in page
    assert ">7<" in page.replace(" ", "").replace("\n", "")
