import pytest
from django.urls import reverse

from catalog.models import Category
from shopbot.kernel.models import Event
from tests.catalog.factories import make_category, make_product

pytestmark = pytest.mark.django_db

LANGUAGES = ("en", "ru", "de", "es")
LIST = "admin:catalog_category_changelist"


def form(category=None, **changes):
    texts = {
        f"{name}_{code}": ""
        for name in ("name", "description")
        for code in ["en", "ru", "de", "es"]
    }
    fields = {"slug": "", "icon": "", "position": 0, "is_active": "on", "parent": "", **texts}
    if category is not None:
        fields |= {"slug": category.slug, "name_en": category.name_en}
    return fields | changes


def test_the_list_shows_the_tree(admin_client):
    second = make_category(name="Second", position=2)
    first = make_category(name="First", position=1)
    make_category(name="Inner", parent=first)
    make_category(name="Inmost", parent=make_category(name="Deep", parent=second))

    rows = list(admin_client.get(reverse(LIST)).context["cl"].result_list)

    assert [(row.name, row.tree_depth) for row in rows] == [
        ("First", 0),
        ("Inner", 1),
        ("Second", 0),
        ("Deep", 1),
        ("Inmost", 2),
    ]


def test_the_list_counts_products(admin_client):
    category = make_category()
    make_product(category=category)
    make_product(category=category, is_active=False)

    page = admin_client.get(reverse(LIST)).content.decode()

    assert "1 of 2" in page


def test_a_new_category_is_saved_in_four_languages(admin_client):
    names = {
        "name_en": "Trading",
        "name_ru": "Торговля",
        "name_de": "Handel",
        "name_es": "Bolsa",
    }

    response = admin_client.post(
        reverse("admin:catalog_category_add"), form(slug="trading", **names), follow=True
    )

    assert response.redirect_chain
    saved = Category.objects.get()
    assert {name: getattr(saved, name) for name in names} == names


def test_the_english_name_is_required_and_the_others_are_not(admin_client):
    response = admin_client.post(
        reverse("admin:catalog_category_add"), form(slug="x", name_de="Handel")
    )

    assert list(response.context["adminform"].form.errors) == ["name_en"]
    assert not Category.objects.exists()


def test_the_slug_stays_once_links_may_carry_it(admin_client):
    category = make_category(slug="first")
    page = reverse("admin:catalog_category_change", args=[category.pk])

    admin_client.post(page, form(category, slug="other"))

    assert Category.objects.get().slug == "first"


def test_a_move_leaves_an_event_with_the_member_of_staff(admin_client, admin_user):
    outer, inner = make_category(), make_category()
    page = reverse("admin:catalog_category_change", args=[inner.pk])

    admin_client.post(page, form(inner, parent=outer.pk))

    assert Category.objects.get(pk=inner.pk).parent == outer
    event = Event.objects.get(kind="category.moved")
    assert event.actor == f"staff:{admin_user.pk}"


def test_a_circle_is_refused_in_words(admin_client):
    outer = make_category()
    inner = make_category(parent=outer)
    page = reverse("admin:catalog_category_change", args=[outer.pk])

    response = admin_client.post(page, form(outer, parent=inner.pk))

    assert response.context["adminform"].form.errors["parent"] == [
        "A category cannot stand in itself or in one of its own."
    ]
    assert Category.objects.get(pk=outer.pk).parent is None


def test_categories_cut_off_by_damaged_data_can_still_be_seen_and_mended(admin_client):
    one = make_category()
    other = make_category(parent=one)
    Category.objects.filter(pk=one.pk).update(parent=other)

    assert admin_client.get(reverse(LIST)).context["cl"].result_count == 2
    page = reverse("admin:catalog_category_change", args=[one.pk])
    admin_client.post(page, form(one, parent=""))

    assert Category.objects.get(pk=one.pk).parent is None
