import pytest
from django.contrib.auth.models import Permission, User
from django.contrib.messages import get_messages
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from customers import regions
from customers.models import Customer
from shopbot.kernel.events import record
from shopbot.kernel.models import Event
from tests.customers.factories import make_customer

pytestmark = pytest.mark.django_db

LIST = "admin:customers_customer_changelist"


def page_of(customer, name="change"):
    return reverse(f"admin:customers_customer_{name}", args=[customer.pk])


def found(client, **query):
    return [
        row.first_name for row in client.get(reverse(LIST), query).context["cl"].result_list
    ]


def said(response):
    return [str(message) for message in get_messages(response.wsgi_request)]


@pytest.fixture
def clerk(client):
    user = User.objects.create_user("clerk", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_customer"))
    client.force_login(user)
    return client


@pytest.fixture(autouse=True)
def _regions():
    before = list(regions._sources)
    regions._sources[:] = [lambda: [("GB", "United Kingdom"), ("EU", "European Union")]]
    yield
    regions._sources[:] = before


@pytest.mark.parametrize("who", ["admin_client", "clerk"])
def test_list_and_page_open(who, request):
    client = request.getfixturevalue(who)
    referrer = make_customer(first_name="Eve")
    customer = make_customer(referrer=referrer, region="GB", blocked_bot_at="2026-01-01T00:00Z")

    assert client.get(reverse(LIST)).status_code == 200
    for row in (customer, referrer):
        assert client.get(page_of(row)).status_code == 200


def test_nobody_adds_or_deletes_customers_by_hand(admin_client):
    customer = make_customer()

    assert admin_client.get(reverse("admin:customers_customer_add")).status_code == 403
    assert admin_client.post(page_of(customer, "delete"), {"post": "yes"}).status_code == 403
    assert Customer.objects.get() == customer


def test_the_list_costs_the_same_for_three_customers_and_for_thirty(admin_client):
    costs = []
    for more in (3, 27):
        for _ in range(more):
            make_customer(referrer=make_customer(region="GB"), region="EU")
        with CaptureQueriesContext(connection) as queries:
            admin_client.get(reverse(LIST))
        costs.append(len(queries))

    assert costs[0] == costs[1] <= 12


def test_the_page_costs_the_same_however_many_people_were_brought(admin_client):
    costs = []
    customer = make_customer()
    make_customer(referrer=customer)
    admin_client.get(page_of(customer))
    for more in (0, 20):
        for _ in range(more):
            make_customer(referrer=customer)
        with CaptureQueriesContext(connection) as queries:
            admin_client.get(page_of(customer))
        costs.append(len(queries))

    assert costs[0] == costs[1]


@pytest.mark.parametrize(
    "sought", ["Lovelace", "Ada Lovelace", "countess", "4242", "secretcode"]
)
def test_the_search_finds_by_name_number_and_code(sought, admin_client):
    make_customer(
        first_name="Ada",
        last_name="Lovelace",
        username="countess",
        telegram_id=4242,
        referral_code="secretcode",
    )
    make_customer(first_name="Bob", telegram_id=42420)

    assert found(admin_client, q=sought) == ["Ada"]


def test_the_filters_part_customers(admin_client, now):
    make_customer(first_name="Ada", region="GB", language="de")
    make_customer(first_name="Bob", blocked_bot_at=now)

    assert found(admin_client, region="GB") == ["Ada"]
    assert found(admin_client, region="none") == ["Bob"]
    assert found(admin_client, blocked="yes") == ["Bob"]
    assert found(admin_client, blocked="no") == ["Ada"]
    assert found(admin_client, language__exact="de") == ["Ada"]


def test_staff_edit_the_note_and_nothing_else(admin_client):
    customer = make_customer(first_name="Ada", language="en")

    admin_client.post(
        page_of(customer), {"note": "Likes tea.", "language": "de", "first_name": "Eve"}
    )

    customer.refresh_from_db()
    assert (customer.note, customer.language, customer.first_name) == (
        "Likes tea.",
        "en",
        "Ada",
    )


def test_the_page_shows_whom_the_customer_brought_and_what_happened(admin_client, now):
    ada, bob = make_customer(), make_customer(first_name="<Bob>")
    make_customer(referrer=make_customer(referrer=ada))
    record("order.paid", subject="order:7", actor="stripe", at=now, customer_id=ada.pk)
    record("order.paid", subject="order:8", actor="stripe", at=now, customer_id=bob.pk)

    page = admin_client.get(page_of(ada)).content.decode()
    bobs = admin_client.get(page_of(bob)).content.decode()

    assert "1 directly, 2 in all" in page
    assert "order:7" in page
    assert "order:8" not in page
    assert "&lt;Bob&gt;" in bobs
    assert "<Bob>" not in bobs


def test_the_region_of_several_is_set_at_once(admin_client, admin_user):
    people = [make_customer(), make_customer(region="EU")]

    response = admin_client.post(
        reverse(LIST),
        {"action": "set_region", "region": "GB", "_selected_action": [p.pk for p in people]},
    )

    assert said(response) == ["Now in GB: 2"]
    assert set(Customer.objects.values_list("region", flat=True)) == {"GB"}
    assert set(Event.objects.values_list("kind", "actor")) == {
        ("customer.region_set", f"staff:{admin_user.pk}")
    }


@pytest.mark.parametrize("region", ["", "FR", "<b>"])
def test_a_region_that_does_not_exist_is_refused(region, admin_client):
    customer = make_customer()

    response = admin_client.post(
        reverse(LIST),
        {"action": "set_region", "region": region, "_selected_action": [customer.pk]},
    )

    assert said(response) != []
    assert Customer.objects.get().region == ""
    assert not Event.objects.exists()


def test_the_page_sets_the_region_in_a_dialog_of_the_regions_there_are(admin_client):
    customer = make_customer()
    dialog = page_of(customer, "set_region_of_this")

    shown = admin_client.get(dialog).content.decode()
    refused = admin_client.post(dialog, {"region": "FR", "_form_submitted": "on"})
    assert Customer.objects.get().region == ""
    done = admin_client.post(dialog, {"region": "EU", "_form_submitted": "on"})

    assert "GB: United Kingdom" in shown
    assert "HX-Redirect" not in refused.headers
    assert done.headers["HX-Redirect"] == page_of(customer)
    assert Customer.objects.get().region == "EU"


def test_the_customer_can_be_asked_again(admin_client):
    customer = make_customer(region="GB")

    admin_client.post(page_of(customer, "ask_region_again_of_this"), {"_form_submitted": "on"})

    assert Customer.objects.get().region == ""


def test_without_known_regions_any_well_formed_code_is_taken(admin_client):
    regions._sources[:] = []
    customer = make_customer()
    dialog = page_of(customer, "set_region_of_this")

    admin_client.post(dialog, {"region": "MARS", "_form_submitted": "on"})

    assert Customer.objects.get().region == "MARS"


def test_a_clerk_who_may_only_look_sets_no_region(clerk):
    customer = make_customer()

    answer = clerk.post(
        page_of(customer, "set_region_of_this"), {"region": "GB", "_form_submitted": "on"}
    )
    clerk.post(
        reverse(LIST),
        {"action": "set_region", "region": "GB", "_selected_action": [customer.pk]},
    )

    assert answer.status_code == 403
    assert Customer.objects.get().region == ""


def test_the_page_leads_to_the_chat_as_this_customer_where_there_is_one(admin_client, settings):
    customer = make_customer()
    settings.SIMULATOR_ENABLED, settings.SIMULATOR_URL = True, "http://127.0.0.1:8001"

    shown = admin_client.get(page_of(customer, "open_as_customer"))
    settings.SIMULATOR_ENABLED = False
    refused = admin_client.get(page_of(customer, "open_as_customer"))

    assert shown.headers["Location"] == (f"http://127.0.0.1:8001/?user={customer.telegram_id}")
    assert refused.status_code == 403
