from datetime import timedelta

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse

from catalog.models import Product, ProductTier
from shopbot.admin.panels import panel_table, register_panel
from shopbot.kernel import clock
from shopbot.kernel.models import Event
from tests.catalog.factories import make_category, make_product, make_tier

pytestmark = pytest.mark.django_db

LIST = "admin:catalog_product_changelist"
LANGUAGES = ("en", "ru", "de", "es")


def page_of(product, name="change"):
    return reverse(f"admin:catalog_product_{name}", args=[product.pk])


def product_form(category, *tiers, **changes):
    texts = [
        f"{name}_{code}" for name in ("name", "description", "features") for code in LANGUAGES
    ]
    fields = dict.fromkeys(texts, "") | {
        "category": category.pk,
        "slug": "signals",
        "goods_type": "digital",
        "position": 0,
        "name_en": "Signals",
        "tiers-TOTAL_FORMS": len(tiers),
        "tiers-INITIAL_FORMS": sum("id" in tier for tier in tiers),
        "tiers-MIN_NUM_FORMS": 0,
        "tiers-MAX_NUM_FORMS": 1000,
    }
    for at, tier in enumerate(tiers):
        fields |= {f"tiers-{at}-{name}": value for name, value in tier.items()}
    return fields | changes


def tier_form(**changes):
    return {
        "level": "premium",
        "name_en": "Premium",
        "base_price_minor": "20.00",
        "currency": "USD",
        "billing_period": "month",
        "position": 0,
        "is_active": "on",
        **changes,
    }


def statuses(client):
    return [row.status.value for row in client.get(reverse(LIST)).context["cl"].result_list]


def said(response):
    return [str(message) for message in get_messages(response.wsgi_request)]


def test_a_product_is_entered_with_its_tiers_and_prices_as_people_write_them(admin_client):
    tiers = [
        tier_form(),
        tier_form(level="vip", name_en="VIP", base_price_minor="50,5"),
        tier_form(level="enterprise", name_en="E", base_price_minor="9000", currency="JPY"),
    ]

    admin_client.post(
        reverse("admin:catalog_product_add"), product_form(make_category(), *tiers)
    )

    saved = ProductTier.objects.order_by("base_price_minor")
    assert list(saved.values_list("level", "base_price_minor", "currency")) == [
        ("premium", 2000, "USD"),
        ("vip", 5050, "USD"),
        ("enterprise", 9000, "JPY"),
    ]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"base_price_minor": "free"}, "base_price_minor"),
        ({"base_price_minor": "20.001"}, "base_price_minor"),
        ({"base_price_minor": ""}, "base_price_minor"),
        ({"base_price_minor": "9" * 19}, "base_price_minor"),
        ({"base_price_minor": "20.50", "currency": "JPY"}, "base_price_minor"),
        ({"currency": "ABC"}, "currency"),
        ({"base_price_minor": "-1"}, "__all__"),
    ],
)
def test_a_tier_that_cannot_be_is_refused_at_its_field(changes, field, admin_client):
    response = admin_client.post(
        reverse("admin:catalog_product_add"),
        product_form(make_category(), tier_form(**changes)),
    )

    errors = response.context["inline_admin_formsets"][0].formset.errors
    assert list(errors[0]) == [field]
    assert not Product.objects.exists()


def test_a_stored_price_is_offered_for_editing_as_people_write_it(admin_client):
    product = make_product(tiers=())
    make_tier(product=product, base_price_minor=1950)

    assert 'value="19.50"' in admin_client.get(page_of(product)).content.decode()


@pytest.mark.parametrize(
    ("field", "value"), [("base_price_minor", "14.99"), ("billing_period", "once")]
)
def test_terms_that_the_row_does_not_show_still_count(field, value, admin_client):
    product = make_product(tiers=())
    tier = make_tier(product=product, floor_price_minor=1500, trial_days=7)
    row = tier_form(id=tier.pk, product=product.pk, **{field: value})

    response = admin_client.post(page_of(product), product_form(product.category, row))

    errors = response.context["inline_admin_formsets"][0].formset.errors
    assert list(errors[0]) == [field]
    tier.refresh_from_db()
    assert (tier.base_price_minor, tier.billing_period) == (2000, "month")


def test_an_edited_product_keeps_its_slug_and_what_was_not_changed(admin_client):
    product = make_product(slug="signals", name_ru="Сигналы")
    tier = product.tiers.get()
    shown = tier_form(id=tier.pk, product=product.pk, base_price_minor="25.00")

    admin_client.post(
        page_of(product),
        product_form(product.category, shown, slug="other", name_en="New", name_ru="Сигналы"),
    )

    product.refresh_from_db()
    assert (product.slug, product.name_en, product.name_ru) == ("signals", "New", "Сигналы")
    assert product.is_active
    assert product.tiers.get().base_price_minor == 2500


def test_the_list_says_who_sees_what_and_why_not(admin_client):
    now = clock.now()
    category, hidden = make_category(), make_category(is_active=False, position=9)
    for at, fields in enumerate(
        [
            {},
            {"is_active": False},
            {"tiers": ()},
            {"visible_from": now + timedelta(1)},
            {"visible_until": now - timedelta(1)},
        ]
    ):
        make_product(category=category, position=at, **fields)
    make_product(category=make_category(parent=hidden, position=10))

    assert statuses(admin_client) == [
        "on-sale",
        "draft",
        "no-tier",
        "scheduled",
        "over",
        "category-hidden",
    ]


def test_publishing_several_reports_done_and_refused(admin_client, admin_user):
    fine = [make_product(is_active=False) for _ in range(2)]
    empty = make_product(is_active=False, tiers=())

    response = admin_client.post(
        reverse(LIST),
        {"action": "publish_selected", "_selected_action": [p.pk for p in (*fine, empty)]},
    )

    assert said(response) == [
        "Published: 2",
        "Refused 1: a product needs an active tier to be published",
    ]
    assert set(Product.objects.filter(is_active=True)) == set(fine)
    assert set(Event.objects.values_list("kind", "actor")) == {
        ("product.published", f"staff:{admin_user.pk}")
    }


def test_the_page_offers_the_one_move_that_makes_sense(admin_client):
    shown, draft = make_product(), make_product(is_active=False)

    offers = [
        [action["title"] for action in admin_client.get(page_of(p)).context["actions_detail"]]
        for p in (shown, draft)
    ]

    assert ["Unpublish" in offers[0], "Publish" in offers[0]] == [True, False]
    assert ["Unpublish" in offers[1], "Publish" in offers[1]] == [False, True]


def test_unpublishing_on_the_page_asks_first(admin_client):
    product = make_product()

    admin_client.get(page_of(product, "unpublish_this"))
    assert Product.objects.get().is_active

    answer = admin_client.post(page_of(product, "unpublish_this"), {"_form_submitted": "on"})
    assert not Product.objects.get().is_active
    assert answer.headers["HX-Redirect"] == page_of(product)


def test_publishing_on_the_page_tells_why_it_is_refused(admin_client):
    product = make_product(is_active=False, tiers=())

    answer = admin_client.post(page_of(product, "publish_this"), {"_form_submitted": "on"})

    assert said(answer) == ["Refused 1: a product needs an active tier to be published"]
    assert not Product.objects.get().is_active


def test_the_page_opens_the_product_in_the_simulated_chat(admin_client, settings):
    settings.SIMULATOR_ENABLED, settings.SIMULATOR_URL = True, "http://127.0.0.1:8001"
    product = make_product(slug="signals")

    answer = admin_client.get(page_of(product, "open_as_customer"))

    assert answer.url == "http://127.0.0.1:8001/?start=p_signals"


def test_there_is_no_simulated_chat_to_open_in_production(admin_client, settings):
    settings.SIMULATOR_ENABLED = False
    product = make_product()

    assert admin_client.get(page_of(product, "open_as_customer")).status_code == 403
    assert "Open as customer" not in admin_client.get(page_of(product)).content.decode()


def test_other_apps_add_panels_to_the_page_and_may_leave_one_out(admin_client):
    product = make_product(name="A & B")
    register_panel(
        "catalog.product",
        lambda row: (
            panel_table("Prices <b>", headers=["Region"], rows=[[row.name]])
            if row.pk == product.pk
            else ""
        ),
    )

    page = admin_client.get(page_of(product)).content.decode()
    other = admin_client.get(page_of(make_product())).content.decode()

    assert "Prices &lt;b&gt;" in page
    assert "A &amp; B" in page
    assert "Prices" not in other


def test_the_image_is_shown_in_the_list(admin_client):
    make_product(image="products/signals.png")

    assert "/products/signals.png" in admin_client.get(reverse(LIST)).content.decode()
