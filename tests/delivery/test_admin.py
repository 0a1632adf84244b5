"""The pages of staff: counts, import with a dry run, export, retry, parcels."""

from __future__ import annotations

from io import BytesIO

import pytest
from django.contrib.auth.models import Permission, User
from django.urls import reverse

from delivery.admin import card_of_failures, card_of_low_stock, card_of_parcels
from delivery.models import (
    Code,
    CodeStock,
    Delivery,
    DeliveryItem,
    Parcel,
    ShippingOption,
    StockWish,
)
from delivery.services import watch_stock
from tests.catalog.factories import make_tier as new_tier
from tests.customers.factories import make_customer as new_customer

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(client):
    user = User.objects.create_superuser("owner", password="secret")
    client.force_login(user)
    return user


@pytest.fixture
def clerk(client):
    """May see, and do nothing."""
    user = User.objects.create_user("clerk", password="secret", is_staff=True)
    rights = Permission.objects.filter(
        content_type__app_label="delivery", codename__startswith="view_"
    )
    user.user_permissions.set(rights)
    client.force_login(user)
    return user


@pytest.fixture
def make_delivery(now):
    def make(**fields):
        wanted = {
            "source": f"order-line:{Delivery.objects.count() + 1}",
            "slot": "code:1",
            "kind": "code",
            "created_at": now,
            **fields,
        }
        if "tier" not in wanted:
            wanted["tier"] = new_tier()
        return Delivery.objects.create(customer=new_customer(), **wanted)

    return make


@pytest.fixture
def make_parcel(now):
    def make(**fields):
        wanted = {
            "source": f"order-line:{Parcel.objects.count() + 1}",
            "status": "to_pack",
            "address": "Ada Lovelace\n1 High Street\nLondon",
            "created_at": now,
            **fields,
        }
        return Parcel.objects.create(customer=new_customer(), tier=new_tier(), **wanted)

    return make


@pytest.fixture
def stock():
    return CodeStock.objects.create(tier=new_tier())


def import_url(stock):
    return reverse("admin:delivery_codestock_import_codes", args=[stock.pk])


def upload(text):
    file = BytesIO(text.encode())
    file.name = "codes.csv"
    return {"file": file}


def test_the_dry_run_reports_by_row_and_imports_nothing(client, owner, stock, now):
    Code.objects.create(stock=stock, secret="OLD", added_by="staff:1", added_at=now)

    page = client.post(import_url(stock), upload("code\nA\n\nA\nOLD\nB\n"))

    text = page.content.decode()
    assert "2 new codes, 3 problems" in text
    assert "Row 2 is empty." in text
    assert "Row 3 repeats row 1." in text
    assert "Row 4 is in the stock already." in text
    assert 'name="confirm"' not in text
    assert Code.objects.count() == 1


def test_a_good_list_is_imported_by_the_second_press(client, owner, stock):
    page = client.post(import_url(stock), upload("code,note\nA,x\nB,y\n"))
    assert "2 new codes, 0 problems" in page.content.decode()
    assert not Code.objects.exists()

    client.post(import_url(stock), {"codes": "A\r\nB", "confirm": "1"})

    assert list(Code.objects.values_list("secret", flat=True)) == ["A", "B"]
    assert Code.objects.first().added_by == f"staff:{owner.pk}"


def test_a_bad_list_is_refused_by_the_second_press_too(client, owner, stock):
    page = client.post(import_url(stock), {"codes": "A\r\nA", "confirm": "1"})

    assert "Row 2 repeats row 1." in page.content.decode()
    assert not Code.objects.exists()


@pytest.mark.parametrize(
    "text",
    [
        "email,Code\na@x.example,A\nb@x.example,B\n",
        "Code;E-Mail\r\nA;a@x.example\r\nB;b@x.example\r\n",
        "\ufeffkey\tnote\nA\tfirst, of many\nB\n",
        "A\nB",
    ],
)
def test_the_column_of_the_codes_is_found(client, owner, stock, text):
    page = client.post(import_url(stock), upload(text))

    assert "2 new codes, 0 problems" in page.content.decode()
    assert page.context["form"].initial["codes"] == "A\nB"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a@x.example,A\nb@x.example,B\n", "several columns: write “code”"),
        ("code,key\nA,B\n", "several columns: write “code”"),
        ('code\n"' + "A" * 140_000 + '"\n', "no CSV: field larger than field limit"),
        ("code\nA\nB\x00\n", "Row 2 holds a sign that cannot be printed."),
        ('code\nA\n"B\nC"\n', "Row 2 holds a sign that cannot be printed."),
        ("A" * 2_000_001, "larger than 2 MB"),
    ],
    ids=lambda each: each[:12],  # else a report may print all of a file
)
def test_a_file_that_is_no_list_is_refused_in_one_sentence(client, owner, stock, text, said):
    page = client.post(import_url(stock), upload(text))

    assert page.status_code == 200
    assert said in page.content.decode()
    assert 'name="confirm"' not in page.content.decode()
    assert not Code.objects.exists()


def test_a_file_that_is_no_text_is_refused(client, owner, stock):
    file = BytesIO(b"\xff\xfe\x00")
    file.name = "codes.csv"

    page = client.post(import_url(stock), {"file": file})

    assert "not UTF-8" in page.content.decode()
    assert not Code.objects.exists()


def test_whoever_may_only_look_neither_imports_nor_exports(client, clerk, stock):
    client.post(import_url(stock), {"codes": "A", "confirm": "1"})
    answer = client.get(reverse("admin:delivery_codestock_export_codes", args=[stock.pk]))

    assert answer.status_code in (302, 403)
    assert not Code.objects.exists()


def test_an_export_holds_every_code_and_no_formula(client, owner, stock, now):
    for secret in ("A-1", "=1+1"):
        Code.objects.create(stock=stock, secret=secret, added_by="staff:1", added_at=now)

    answer = client.get(reverse("admin:delivery_codestock_export_codes", args=[stock.pk]))

    assert answer["Content-Type"] == "text/csv"
    assert answer.content.decode().splitlines()[1:] == ["A-1,free,,", "'=1+1,free,,"]


def test_a_list_of_codes_shows_only_their_ends(client, clerk, stock, now):
    code = Code.objects.create(
        stock=stock, secret="SECRET-1234", added_by="staff:1", added_at=now
    )

    listed = client.get(reverse("admin:delivery_code_changelist")).content.decode()
    opened = client.get(reverse("admin:delivery_code_change", args=[code.pk])).content.decode()

    assert "1234" in listed
    assert "SECRET" not in listed + opened


def test_the_stock_page_counts_by_status(client, owner, stock, now):
    for number, status in enumerate(["free", "free", "withdrawn"]):
        Code.objects.create(
            stock=stock, secret=str(number), status=status, added_by="staff:1", added_at=now
        )

    text = client.get(reverse("admin:delivery_codestock_changelist")).content.decode()

    assert "Low" in text


def test_staff_retry_what_failed_and_hear_why_not(client, owner, make_delivery, stock, now):
    Code.objects.create(stock=stock, secret="A", added_by="staff:1", added_at=now)
    rows = [make_delivery(tier=stock.tier, status="failed", error="no code") for _ in range(2)]

    page = client.post(
        reverse("admin:delivery_delivery_changelist"),
        {"action": "retry_selected", "_selected_action": [row.pk for row in rows]},
        follow=True,
    )

    assert sorted(Delivery.objects.values_list("status", flat=True)) == ["failed", "waiting"]
    text = page.content.decode()
    assert "On their way again: 1" in text
    assert "Refused 1" in text


def test_a_parcel_without_address_is_not_packed(client, owner, make_parcel):
    good, bad = make_parcel(), make_parcel(address="")

    client.post(
        reverse("admin:delivery_parcel_changelist"),
        {"action": "pack_selected", "_selected_action": [good.pk, bad.pk]},
    )

    assert [Parcel.objects.get(pk=row.pk).status for row in (good, bad)] == [
        "packed",
        "to_pack",
    ]


def test_the_first_page_counts_what_waits(make_delivery, make_parcel, stock, now):
    sources = (card_of_failures, card_of_low_stock, card_of_parcels)
    assert [list(source(now=now)) for source in sources] == [[], [], []]

    make_delivery(status="failed")
    make_parcel()
    watch_stock(now=now, limit=10)

    assert [[card.value for card in source(now=now)] for source in sources] == [["1"]] * 3


@pytest.mark.parametrize("name", ["codestock", "code", "delivery", "parcel", "stockwish"])
def test_a_list_costs_as_many_queries_for_thirty_rows_as_for_three(
    name, client, owner, make_delivery, make_parcel, now, django_assert_max_num_queries
):
    def add(count):
        for number in range(count):
            stock = CodeStock.objects.create(tier=new_tier())
            Code.objects.create(
                stock=stock, secret=f"{stock.pk}-{number}", added_by="staff:1", added_at=now
            )
            make_delivery(status="failed")
            make_parcel()
            StockWish.objects.create(customer=new_customer(), tier=stock.tier, asked_at=now)
            DeliveryItem.objects.create(tier=stock.tier, kind="text", title="T", text="x")

    page = reverse(f"admin:delivery_{name}_changelist")
    client.get(page)
    add(3)
    with django_assert_max_num_queries(40) as few:
        client.get(page)
    add(27)
    with django_assert_max_num_queries(len(few)):
        client.get(page)


def test_a_way_of_shipping_is_entered_and_listed_as_people_write_its_price(client, owner):
    wanted = {"name_en": "Post", "price_minor": "5.90", "currency": "EUR", "position": "0"}
    client.post(reverse("admin:delivery_shippingoption_add"), wanted)

    assert ShippingOption.objects.get().price_minor == 590
    listed = client.get(reverse("admin:delivery_shippingoption_changelist")).content.decode()
    assert "€5.90" in listed


def test_an_empty_list_says_what_belongs_into_it(client, owner):
    page = client.get(reverse("admin:delivery_deliveryitem_changelist")).content.decode()

    assert "A file or text that every buyer of a tier gets in the chat at once." in page


def test_a_page_names_the_product_of_its_tier(client, owner, make_parcel):
    parcel = make_parcel()

    page = client.get(
        reverse("admin:delivery_parcel_change", args=[parcel.pk])
    ).content.decode()

    assert f">{parcel.tier.product.name}: {parcel.tier.name}</a>" in page
