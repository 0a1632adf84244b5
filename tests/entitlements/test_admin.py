"""Staff see who may use what, grant, revoke, extend and block, and edit no history."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from entitlements.admin.states import State, in_state, state_of
from entitlements.expiry import give_notices
from entitlements.models import (
    Block,
    EntitlementType,
    GiftCode,
    Grant,
    NoticeFailure,
    Privilege,
    PrivilegeMeter,
    Reminder,
    SeatInvite,
    SeatPool,
    TierGrant,
    TierPrivilege,
)
from entitlements.services import (
    accept_seat,
    block,
    consume,
    create_gift,
    invite_to_seat,
    revoke_source,
    shorten_source,
)
from shopbot.kernel import clock
from shopbot.kernel.models import Event

pytestmark = pytest.mark.django_db

MODELS = {
    "block": Block,
    "entitlementtype": EntitlementType,
    "giftcode": GiftCode,
    "grant": Grant,
    "noticefailure": NoticeFailure,
    "privilege": Privilege,
    "privilegemeter": PrivilegeMeter,
    "reminder": Reminder,
    "seatinvite": SeatInvite,
    "seatpool": SeatPool,
}


@pytest.fixture
def now():
    """These pages ask the clock, so what they show is given around the real time."""
    return clock.now()


@pytest.fixture
def fill(make_customer, make_tier, grant, make_type, now):
    """Write so many rows of every model."""

    def call(rows: int) -> None:
        for number in range(rows):
            code = uuid4().hex[:12]
            who, owner = make_customer(username=f"ann{code}"), make_customer()
            type_ = make_type(code, name="Sought")
            privilege = Privilege.objects.create(
                code=code, name="Sought", kind="number", reset="day"
            )
            tier = make_tier((type_, "premium"))
            TierPrivilege.objects.create(tier=tier, privilege=privilege, value="5")
            row = grant(
                customer=owner, type=type_, level="premium", seats=2, days=5, tier_id=tier.pk
            )
            pool = SeatPool.objects.get(owner=owner)
            invite = invite_to_seat(owner_id=owner.pk, pool_id=pool.pk, now=now)
            accept_seat(code=invite.code, customer_id=who.pk, now=now)
            consume(customer_id=owner.pk, privilege=code, amount=1, key="a", now=now)
            create_gift(
                tier_id=tier.pk,
                months=1,
                source=f"gift-of:{code}",
                giver_id=who.pk,
                actor="x",
                now=now,
            )
            block(
                customer_id=who.pk,
                kind="staff",
                source=f"staff:{number}",
                reason="",
                actor="x",
                now=now,
            )
            give_notices(now=now + timedelta(days=2), limit=10)
            NoticeFailure.objects.create(grant=row, attempts=1, error="damaged", failed_at=now)

    return call


@pytest.fixture
def clerk(client):
    """Somebody who may only look."""
    user = User.objects.create_user("clerk", is_staff=True)
    views = Permission.objects.filter(codename__startswith="view_")
    user.user_permissions.set(views)
    client.force_login(user)
    return client


def page(model: str, *args: object) -> str:
    kind = "change" if args else "changelist"
    return reverse(f"admin:entitlements_{model}_{kind}", args=args)


def pages() -> dict[str, tuple[str, str]]:
    """The list and one row of each model: filling them is dear, so a test looks at them all."""
    rows = {name: model.objects.order_by("pk")[0].pk for name, model in MODELS.items()}
    return {name: (page(name), page(name, pk)) for name, pk in rows.items()}


def test_staff_open_every_list_and_row(admin_client, fill):
    fill(1)

    opened = {
        name: [admin_client.get(url).status_code for url in urls]
        for name, urls in pages().items()
    }

    assert opened == dict.fromkeys(MODELS, [200, 200])


def test_a_clerk_who_may_only_look_sees_it_and_changes_nothing(clerk, fill):
    fill(1)

    for name, (listed, row) in pages().items():
        shown = clerk.get(row)
        added = clerk.get(reverse(f"admin:entitlements_{name}_add"))

        codes = (clerk.get(listed).status_code, shown.status_code, added.status_code)
        assert (name, codes) == (name, (200, 200, 403))
        assert b'name="_save"' not in shown.content, name


def test_every_list_costs_the_same_for_few_rows_and_for_many(admin_client, fill):
    def costs() -> dict[str, int]:
        counts = {}
        for model in MODELS:
            with CaptureQueriesContext(connection) as queries:
                assert admin_client.get(page(model)).status_code == 200
            counts[model] = len(queries)
        return counts

    fill(3)
    costs()
    few = costs()
    fill(9)

    assert costs() == few
    assert few["grant"] <= 12


@pytest.mark.parametrize("model", MODELS)
def test_the_search_answers(model, admin_client, fill):
    fill(1)

    missed = admin_client.get(page(model), {"q": "xyzzy"})

    assert missed.context["cl"].result_count == 0


@pytest.mark.parametrize(
    "model", ["block", "entitlementtype", "giftcode", "grant", "privilege"]
)
def test_staff_open_the_page_of_a_new_row(model, admin_client):
    assert admin_client.get(reverse(f"admin:entitlements_{model}_add")).status_code == 200


def granted(admin_client, customer, type_, **fields):
    asked = {
        "customer": customer.pk,
        "type": type_.pk,
        "level": "vip",
        "months": "",
        "until_0": "",
        "until_1": "",
        "reason": "sorry",
        "key": str(uuid4()),
    } | fields
    return admin_client.post(reverse("admin:entitlements_grant_add"), asked)


def test_staff_grant_months_and_leave_their_name(admin_client, admin_user, customer, signals):
    key = str(uuid4())

    for _ in range(2):
        granted(admin_client, customer, signals, months="2", key=key)

    row = Grant.objects.get()
    assert (row.customer, row.level, row.months, row.note) == (customer, "vip", 2, "sorry")
    assert row.source == f"goodwill:{key}"
    assert Event.objects.get().actor == f"staff:{admin_user.pk}"


def test_staff_grant_until_a_moment_or_for_life(admin_client, customer, signals):
    granted(admin_client, customer, signals, until_0="2999-01-01", until_1="12:00")
    granted(admin_client, customer, signals, for_life="on")

    ends = Grant.objects.order_by("pk").values_list("ends_at", flat=True)
    assert [end and end.isoformat() for end in ends] == ["2999-01-01T12:00:00+00:00", None]


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"months": "1", "for_life": "on"},
        {"months": "0"},
        {"until_0": "2020-01-01", "until_1": "12:00"},
        {"months": "1", "reason": ""},
    ],
)
def test_a_grant_of_no_or_several_lengths_is_refused(admin_client, customer, signals, fields):
    response = granted(admin_client, customer, signals, **fields)

    assert response.status_code == 200
    assert response.context["errors"]
    assert not Grant.objects.exists()


def test_history_is_not_edited(admin_client, grant):
    row = grant()

    admin_client.post(page("grant", row.pk), {"level": "vip"})
    deletion = reverse("admin:entitlements_grant_delete", args=[row.pk])

    assert admin_client.post(deletion, {"post": "yes"}).status_code == 403
    assert Grant.objects.get().level == "premium"


def act(client, model, action, rows, **fields):
    selected = {"action": action, "_selected_action": [row.pk for row in rows], **fields}
    return client.post(page(model), selected, follow=True)


def dialog(client, url, **fields):
    return client.post(url, {"_form_submitted": "on", **fields})


def messages_of(response) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def test_staff_revoke_what_they_select_for_a_reason(admin_client, grant):
    rows = [grant(), grant(level="vip")]

    refused = act(admin_client, "grant", "revoke_selected", rows)
    assert messages_of(refused) == ["Write the reason beside the action first."]
    assert Grant.objects.live().count() == 2

    done = act(admin_client, "grant", "revoke_selected", rows, reason="fraud")
    assert messages_of(done) == ["Revoked: 2"]
    assert set(Grant.objects.values_list("revoked_reason", flat=True)) == {"fraud"}


def test_staff_extend_what_they_select_and_hear_what_was_refused(admin_client, grant):
    finite, for_life = grant(), grant(level="vip", months=None)

    response = act(admin_client, "grant", "extend_selected", [finite, for_life], days="3")

    assert messages_of(response) == [
        "Extended: 1",
        f"Refused 1: grant {for_life.pk} never ends",
    ]
    new = Grant.objects.live().get(source__startswith="staff:")
    assert (new.starts_at, new.ends_at - new.starts_at) == (finite.ends_at, timedelta(days=3))


def test_the_list_sent_twice_extends_once(admin_client, grant):
    row = grant()
    drawn = admin_client.get(page("grant")).context["action_form"]
    key = drawn["key"].initial
    assert str(key) in str(drawn["key"])

    for _ in range(2):
        act(admin_client, "grant", "extend_selected", [row], days="3", key=key)

    assert Grant.objects.live().count() == 2


@pytest.mark.parametrize("days", ["", "0", "many", "3651"])
def test_an_extension_by_no_number_of_days_is_refused(admin_client, grant, days):
    row = grant()

    act(admin_client, "grant", "extend_selected", [row], days=days)

    assert Grant.objects.get().sequence == 0


def test_staff_revoke_and_extend_on_the_page_of_a_grant(admin_client, grant):
    row = grant()
    extending = reverse("admin:entitlements_grant_extend_this", args=[row.pk])

    assert 'name="key"' in admin_client.get(extending).content.decode()
    moved = [
        dialog(admin_client, extending, days="5", reason="sorry", key=str(UUID(int=7)))
        for _ in range(2)
    ]

    new = Grant.objects.live().exclude(pk=row.pk).get()
    assert {each.headers["HX-Redirect"] for each in moved} == {page("grant", new.pk)}
    assert (new.source, new.note) == (f"staff:{UUID(int=7)}:{row.pk}", "sorry")
    revoking = reverse("admin:entitlements_grant_revoke_this", args=[row.pk])
    dialog(admin_client, revoking, reason="mistake")
    assert Grant.objects.live().get().source == new.source


def test_who_may_only_look_revokes_nothing(clerk, grant):
    row = grant()

    act(clerk, "grant", "revoke_selected", [row], reason="x")
    revoking = reverse("admin:entitlements_grant_revoke_this", args=[row.pk])
    assert dialog(clerk, revoking, reason="x").status_code == 403

    assert Grant.objects.live().get() == row


def test_the_state_is_told_and_filtered_alike(admin_client, grant, make_type, now):
    over = grant(source="d", level="free", days=1, at=now - timedelta(days=5))
    long_grace = {"level": "vip", "days": 1, "grace_days": 9}
    shortened = grant(source="c", level="vip", days=9, at=now - timedelta(days=2))
    running = grant(source="a", grace_days=1)
    waiting = grant(source="b")
    revoked = grant(source="e", level="enterprise")
    revoke_source(source="e", reason="", actor="x", now=now)
    shorten_source(source="c", ends_at=now + timedelta(days=1), actor="x", now=now)
    replaced = Grant.objects.live().get(source="c")
    other = make_type("other")
    grace = grant(source="f", type=other, **long_grace, at=now - timedelta(days=2))

    told = {state: set() for state in State}
    for row in Grant.objects.all():
        told[state_of(row, now)].add(row.pk)

    for state in State:
        url = f"{page('grant')}?state={state.value}"
        listed = {row.pk for row in admin_client.get(url).context["cl"].result_list}
        assert (
            listed
            == told[state]
            == {row.pk for row in in_state(Grant.objects.all(), state, now)}
        )
    assert told == {
        State.RUNNING: {running.pk, replaced.pk},
        State.GRACE: {grace.pk},
        State.WAITING: {waiting.pk},
        State.OVER: {over.pk},
        State.REVOKED: {revoked.pk},
        State.REPLACED: {shortened.pk},
    }


def test_staff_place_and_lift_a_block(admin_client, admin_user, customer):
    asked = {"customer": customer.pk, "kind": "fraud", "reason": "stolen card"}
    admin_client.post(reverse("admin:entitlements_block_add"), asked)
    placed = Block.objects.get()
    assert (placed.source, placed.lifted_at) == (f"staff:{admin_user.pk}", None)

    lifting = reverse("admin:entitlements_block_lift_this", args=[placed.pk])
    dialog(admin_client, lifting, reason="proved otherwise")

    placed.refresh_from_db()
    assert placed.lifted_at is not None
    assert list(Event.objects.order_by("pk").values_list("kind", flat=True)) == [
        "block.placed",
        "block.lifted",
    ]


def test_blocks_and_gifts_are_filtered_by_what_they_are_now(admin_client, fill):
    fill(2)
    act(admin_client, "block", "lift_selected", [Block.objects.first()])
    act(admin_client, "giftcode", "withdraw_selected", [GiftCode.objects.first()])

    def listed(model: str, query: str) -> int:
        return admin_client.get(f"{page(model)}?{query}").context["cl"].result_count

    assert [listed("block", f"standing={each}") for each in ("yes", "no")] == [1, 1]
    states = ("open", "redeemed", "withdrawn")
    assert [listed("giftcode", f"state={each}") for each in states] == [1, 0, 1]


def test_staff_make_and_withdraw_a_gift(admin_client, make_tier, signals):
    tier = make_tier((signals, "premium"))
    asked = {"tier": tier.pk, "months": "3", "key": str(uuid4())}
    for _ in range(2):
        admin_client.post(reverse("admin:entitlements_giftcode_add"), asked)
    gift = GiftCode.objects.get()

    act(admin_client, "giftcode", "withdraw_selected", [gift])

    gift.refresh_from_db()
    assert gift.cancelled_at is not None


def test_staff_remove_a_member(admin_client, fill):
    fill(1)
    seat = SeatInvite.objects.get()

    response = act(admin_client, "seatinvite", "remove_selected", [seat])

    assert messages_of(response) == ["Removed: 1"]
    assert not Grant.objects.live().filter(follows__isnull=False).exists()


def test_a_code_stays_once_programs_may_ask_for_it(admin_client, signals):
    texts = {f"{name}_{code}": "" for name in ("name", "description")
             for code in ("en", "ru", "de", "es")}  # fmt: skip
    inline = {"tier_grants-TOTAL_FORMS": "0", "tier_grants-INITIAL_FORMS": "0"}
    asked = {"code": "other", "kind": "chat", "lower_level": "defer", "is_active": "on"}

    admin_client.post(
        page("entitlementtype", signals.pk), asked | texts | inline | {"name_en": "New"}
    )

    signals.refresh_from_db()
    assert (signals.code, signals.kind, signals.name_en) == ("signals", "chat", "New")


def test_what_a_tier_gives_is_edited_on_its_page(admin_client, make_tier, signals):
    tier = make_tier((signals, "premium"))

    shown = admin_client.get(reverse("admin:catalog_producttier_change", args=[tier.pk]))

    models = [each.formset.model for each in shown.context["inline_admin_formsets"]]
    assert TierGrant in models
    assert TierPrivilege in models


def test_a_product_says_what_its_tiers_give(admin_client, make_tier, signals):
    tier = make_tier((signals, "vip"), seats=3)

    shown = admin_client.get(
        reverse("admin:catalog_product_change", args=[tier.product_id])
    ).content.decode()

    assert "What the buyer may use" in shown
    assert reverse("admin:catalog_producttier_change", args=[tier.pk]) in shown


def test_a_customers_page_draws_and_explains_the_access(admin_client, grant, customer):
    grant(source="order-line:1", grace_days=3)
    url = reverse("admin:customers_customer_change", args=[customer.pk])

    shown = admin_client.get(url).content.decode()

    assert 'aria-label="Access over time"' in shown
    assert "signals · premium" in shown
    assert "Premium from your order" in shown


def test_a_customers_page_costs_the_same_for_one_grant_and_for_many(
    admin_client, grant, customer, make_type
):
    url = reverse("admin:customers_customer_change", args=[customer.pk])
    grant()
    admin_client.get(url)
    costs = []
    for more in (0, 12):
        for number in range(more):
            grant(type=make_type(f"type-{number}"))
        with CaptureQueriesContext(connection) as queries:
            assert admin_client.get(url).status_code == 200
        costs.append(len(queries))

    assert costs[0] == costs[1]


def test_a_customers_page_says_what_is_used(admin_client, fill):
    fill(1)
    owner = SeatPool.objects.get().owner

    shown = admin_client.get(
        reverse("admin:customers_customer_change", args=[owner.pk])
    ).content.decode()

    assert "Counts from zero on" in shown


def test_names_and_reasons_are_escaped_in_the_picture(admin_client, grant, customer, now):
    grant(source='order-line:1"><script>alert(1)</script>')
    revoke_source(
        source='order-line:1"><script>alert(1)</script>',
        reason="<b>bold</b>",
        actor="x",
        now=now,
    )
    url = reverse("admin:customers_customer_change", args=[customer.pk])

    shown = admin_client.get(url).content.decode()

    assert "<script>alert(1)" not in shown
    assert "<b>bold" not in shown
