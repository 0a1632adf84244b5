import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from tablib import Dataset

from catalog.models import Product, ProductTier
from catalog.spreadsheets import Offer, ProductResource, TierResource
from shopbot.kernel.money import Money
from tests.catalog.factories import make_category, make_product, make_tier

pytestmark = pytest.mark.django_db


def sheet(*rows):
    data = Dataset(headers=list(rows[0]))
    for row in rows:
        data.append(list(row.values()))
    return data


def import_products(*rows, dry_run=False):
    return ProductResource().import_data(
        sheet(*rows), dry_run=dry_run, rollback_on_validation_errors=True
    )


def complaints(result):
    return {
        row.number: sorted({text for texts in row.error_dict.values() for text in texts})
        for row in result.invalid_rows
    }


def offers():
    tiers = ProductTier.objects.order_by("product__slug", "base_price_minor")
    return [(tier.product.slug, tier.level, str(Offer.of(tier))) for tier in tiers]


@pytest.mark.parametrize(
    ("cell", "offer"),
    [
        ("20.00 USD month", Offer(Money(2000, "USD"), "month", is_active=True)),
        ("  20 usd   MONTH ", Offer(Money(2000, "USD"), "month", is_active=True)),
        ("49,5 EUR once", Offer(Money(4950, "EUR"), "once", is_active=True)),
        ("900JPY once", Offer(Money(900, "JPY"), "once", is_active=True)),
        ("off 5.00 USD month", Offer(Money(500, "USD"), "month", is_active=False)),
    ],
)
def test_a_cell_is_read(cell, offer):
    assert Offer.read(cell) == offer
    assert Offer.read(str(offer)) == offer


@pytest.mark.parametrize(
    "cell", ["20", "20 USD", "USD 20 month", "20.001 USD month", "20 ABC month", "-5 USD month"]
)
def test_a_cell_that_cannot_be_read_says_how_to_write_it(cell):
    with pytest.raises(ValueError, match=r"should look like|decimals|no currency"):
        Offer.read(cell)


def test_new_products_come_with_their_tiers():
    make_category(slug="trading")

    result = import_products(
        {
            "slug": "signals",
            "category": "trading",
            "name_en": "Signals",
            "name_ru": "Сигналы",
            "published": "1",
            "premium": "20.00 USD month",
            "vip": "50.00 USD month",
            "enterprise": "",
        }
    )

    assert (result.totals["new"], complaints(result)) == (1, {})
    product = Product.objects.get()
    assert (product.name_en, product.name_ru, product.is_active) == ("Signals", "Сигналы", True)
    assert offers() == [
        ("signals", "premium", "20.00 USD month"),
        ("signals", "vip", "50.00 USD month"),
    ]
    assert product.tiers.get(level="vip").name_en == "VIP"


def test_prices_are_changed_and_columns_that_are_absent_stay():
    product = make_product(slug="signals", name_en="Signals", name_de="Signale")
    make_tier(product=product, level="vip", base_price_minor=5000, trial_days=3)

    import_products({"slug": "signals", "vip": "off 60.00 USD month"})

    product.refresh_from_db()
    assert (product.name_en, product.name_de, product.is_active) == ("Signals", "Signale", True)
    assert offers() == [
        ("signals", "premium", "20.00 USD month"),
        ("signals", "vip", "off 60.00 USD month"),
    ]
    assert product.tiers.get(level="vip").trial_days == 3


def test_a_trial_run_changes_nothing():
    make_category(slug="trading")

    result = import_products(
        {"slug": "signals", "category": "trading", "name_en": "Signals", "vip": "5 USD once"},
        dry_run=True,
    )

    assert result.totals["new"] == 1
    assert not Product.objects.exists()
    assert not ProductTier.objects.exists()


def test_faults_are_told_by_row_and_nothing_is_taken_from_the_file():
    make_category(slug="trading")
    fine = {
        "slug": "fine",
        "category": "trading",
        "goods_type": "digital",
        "name_en": "Fine",
        "premium": "20.00 USD month",
    }

    result = import_products(
        fine,
        {**fine, "slug": "no-shelf", "category": "nowhere"},
        {**fine, "slug": "no-kind", "goods_type": "air"},
        {**fine, "slug": "no-price", "premium": "twenty"},
        {**fine, "slug": "bad slug"},
        {**fine, "slug": "no-name", "name_en": ""},
    )

    assert complaints(result) == {
        2: ["no category has the slug 'nowhere'"],
        3: ["Value 'air' is not a valid choice."],
        4: ["'twenty' should look like 20.00 USD month, or 49.00 USD once"],
        5: ["Enter a valid “slug” consisting of letters, numbers, underscores or hyphens."],
        6: ["This field cannot be blank."],
    }
    assert not Product.objects.exists()


def test_a_price_that_a_tiers_other_terms_forbid_is_told_by_row():
    product = make_product(slug="signals", tiers=())
    make_tier(product=product, floor_price_minor=1500)

    result = import_products({"slug": "signals", "premium": "10.00 USD month"})

    assert complaints(result) == {1: ["The floor lies between zero and the base price."]}
    assert product.tiers.get().base_price_minor == 2000


def test_an_export_taken_back_unchanged_changes_nothing():
    product = make_product(slug="signals", features="One\nTwo", description_ru="Описание")
    make_tier(product=product, level="vip", base_price_minor=4999, is_active=False)
    make_product(slug="empty", tiers=())
    exported = ProductResource().export(Product.objects.prefetch_related("tiers"))

    result = ProductResource().import_data(Dataset().load(exported.csv, format="csv"))

    assert complaints(result) == {}
    assert result.totals["skip"] == 2


def test_an_export_costs_the_same_however_large_the_shop(django_assert_num_queries):
    for products in (3, 27):
        for _ in range(products):
            make_product(tiers=("premium", "vip"))
        rows = Product.objects.select_related("category").prefetch_related("tiers")

        with django_assert_num_queries(3):
            ProductResource().export(rows)


def test_tiers_go_out_with_all_their_terms_and_come_back():
    product = make_product(slug="signals", tiers=())
    tier = make_tier(product=product, floor_price_minor=1050, trial_days=7, name_de="Plus")
    exported = TierResource().export(ProductTier.objects.all())
    [row] = exported.dict
    assert (row["product"], row["price"], row["floor_price"]) == ("signals", "20.00", "10.50")

    unchanged = TierResource().import_data(Dataset().load(exported.csv, format="csv"))
    changed = TierResource().import_data(sheet({**row, "price": "30.00", "trial_days": "5"}))

    assert (unchanged.totals["skip"], changed.totals["update"]) == (1, 1)
    tier.refresh_from_db()
    assert (tier.base_price_minor, tier.floor_price_minor, tier.trial_days) == (3000, 1050, 5)
    assert tier.name_de == "Plus"


def test_tiers_in_another_currency_are_read_in_it():
    make_product(slug="signals", tiers=())
    row = {"product": "signals", "level": "vip", "name_en": "VIP", "currency": "JPY"}

    TierResource().import_data(sheet({**row, "price": "900"}))

    assert offers() == [("signals", "vip", "900 JPY month")]


def upload(client, content):
    file = SimpleUploadedFile("products.csv", content.encode(), content_type="text/csv")
    page = reverse("admin:catalog_product_import")
    return client.post(page, {"format": "0", "import_file": file})


def test_staff_import_in_two_steps(admin_client):
    make_category(slug="trading")
    content = "slug,category,name_en,premium\nsignals,trading,Signals,20.00 USD month\n"

    preview = upload(admin_client, content)
    assert not Product.objects.exists()
    confirmation = preview.context["confirm_form"]
    confirmed = {name: confirmation[name].value() or "" for name in confirmation.fields}
    admin_client.post(reverse("admin:catalog_product_process_import"), confirmed)

    assert offers() == [("signals", "premium", "20.00 USD month")]


def test_staff_see_each_fault_beside_its_row_before_anything_is_taken(admin_client):
    make_category(slug="trading")

    preview = upload(
        admin_client, "slug,category,name_en,premium\nsignals,trading,Signals,twenty\n"
    )

    assert "should look like 20.00 USD month" in preview.content.decode()
    assert preview.context["result"].has_validation_errors()
    assert not Product.objects.exists()


@pytest.mark.parametrize("page", ["catalog_product_export", "catalog_producttier_export"])
@pytest.mark.parametrize("kind", [0, 1])
def test_staff_export(page, kind, admin_client):
    make_product(name_en="Signals")

    answer = admin_client.post(reverse(f"admin:{page}"), {"format": kind, "resource": ""})

    assert answer.status_code == 200
    assert "attachment" in answer.headers["Content-Disposition"]


def test_who_may_only_look_imports_nothing(client, django_user_model):
    clerk = django_user_model.objects.create_user("clerk", is_staff=True)
    clerk.user_permissions.add(Permission.objects.get(codename="view_product"))
    client.force_login(clerk)

    assert upload(client, "slug\nsignals\n").status_code == 403
    assert client.get(reverse("admin:catalog_product_export")).status_code == 200


def test_a_name_that_is_a_formula_goes_out_as_text(admin_client):
    make_product(name_en='=HYPERLINK("http://evil.example", "Signals")')

    page = reverse("admin:catalog_product_export")
    answer = admin_client.post(page, {"format": 0, "resource": ""})

    assert b"HYPERLINK" in answer.content
    assert b"=HYPERLINK" not in answer.content
