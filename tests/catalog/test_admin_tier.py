import pytest
from django.contrib.messages import get_messages
from django.urls import reverse

from catalog.models import ProductTier, TierStock
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


def tier_form(tier, **changes):
    return {
        "product": tier.product_id,
        "level": "premium",
        "billing_period": "month",
        "base_price_minor": "20.00",
        "currency": "USD",
        "floor_price_minor": "",
        "is_active": "on",
        "trial_days": 0,
        "grace_days": 0,
        "max_quantity": 1,
        "position": 0,
        **{f"name_{code}": "Premium" for code in ("en", "ru", "de", "es")},
        **changes,
    }


def no_rows_of_other_apps(response):
    prefixes = [shown.formset.prefix for shown in response.context["inline_admin_formsets"]]
    return {f"{prefix}-{name}_FORMS": 0 for prefix in prefixes for name in ("TOTAL", "INITIAL")}


def save(client, tier, **changes):
    page = reverse("admin:catalog_producttier_change", args=[tier.pk])
    others = no_rows_of_other_apps(client.get(page))
    return client.post(page, tier_form(tier, **changes) | others)


def test_all_terms_are_edited_on_the_tiers_own_page(admin_client):
    tier = make_tier(base_price_minor=1000)

    save(admin_client, tier, floor_price_minor="15,50", trial_days=7, name_de="Klassik")

    tier.refresh_from_db()
    assert (tier.base_price_minor, tier.floor_price_minor) == (2000, 1550)
    assert (tier.trial_days, tier.name_de) == (7, "Klassik")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"floor_price_minor": "20.01"}, "__all__"),
        ({"floor_price_minor": "-1"}, "__all__"),
        ({"billing_period": "once", "trial_days": 7}, "__all__"),
        ({"max_quantity": 0}, "max_quantity"),
        ({"trial_days": 400}, "trial_days"),
        ({"floor_price_minor": "x"}, "floor_price_minor"),
    ],
)
def test_terms_that_contradict_each_other_are_refused(changes, field, admin_client):
    tier = make_tier()

    response = save(admin_client, tier, **changes)

    assert field in response.context["adminform"].form.errors
    assert ProductTier.objects.get().floor_price_minor is None


def test_the_list_shows_units_only_where_they_are_counted(admin_client):
    make_tier(stock=7), make_tier()

    page = admin_client.get(reverse("admin:catalog_producttier_changelist")).content.decode()

    assert "not counted" in page
    assert ">7<" in page.replace(" ", "").replace("\n", "")
