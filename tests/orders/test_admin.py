"""Staff see orders and money, act through services, and edit no status."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from entitlements.models import Grant
from entitlements.selectors import has_entitlement
from orders.admin.cards import (
    card_of_audit,
    card_of_inbox,
    card_of_money,
    card_of_notices,
    card_of_questions,
    card_of_refunds,
    card_of_renewals,
    card_of_terms,
    cards_of_month,
)
from orders.models import (
    AuditResult,
    Dispute,
    MoneyCase,
    Notice,
    Order,
    Payment,
    Receipt,
    ReconcileCursor,
    Refund,
    Subscription,
    SupportCase,
)
from orders.services.closing import expire_order
from orders.services.demo_paying import say_demo
from orders.services.refunding import refund
from orders.services.resolving import CHOICES
from orders.services.supporting import ask_support
from shopbot.kernel import clock
from shopbot.kernel.models import Event
from shopbot.kernel.money import format_money

pytestmark = pytest.mark.django_db

MODELS = {
    "order": Order,
    "payment": Payment,
    "refund": Refund,
    "notice": Notice,
    "moneycase": MoneyCase,
    "dispute": Dispute,
    "subscription": Subscription,
    "supportcase": SupportCase,
    "receipt": Receipt,
    "auditresult": AuditResult,
    "reconcilecursor": ReconcileCursor,
}


@pytest.fixture
def now():
    """These pages ask the clock, so what they show is placed around the real time."""
    return clock.now()


@pytest.fixture
def clerk(client):
    """Somebody who may only look."""
    user = User.objects.create_user("clerk", is_staff=True)
    views = Permission.objects.filter(codename__startswith="view_")
    user.user_permissions.set(views.filter(content_type__app_label="orders"))
    client.force_login(user)
    return client


@pytest.fixture
def fill(buy, make_customer, tier, now):
    """Write so many rows of every model."""

    def call(rows: int) -> None:
        for number in range(rows):
            who = make_customer()
            order = buy(customer=who)
            payment = order.payments.get()
            say_demo("demo.dispute", payment=payment, now=now, external_id="d", state="warning")
            say_demo(
                "demo.refund", payment=payment, now=now, external_id="r", state="succeeded",
                amount_minor=100,
            )  # fmt: skip
            ask_support(
                customer_id=who.pk, text="Where is it?", key="1", now=now, order_id=order.pk
            )
            Subscription.objects.create(
                customer=who, tier=tier, gateway="demo", price_minor=2000, currency="USD",
                started_at=now,
            )  # fmt: skip
            AuditResult.objects.create(
                checked_at=now, checks=1, differences=0, report={"comparisons": []}
            )
            ReconcileCursor.objects.create(provider=f"p{number}-{who.pk}")

    return call


def page(model: str, *args: object) -> str:
    return reverse(f"admin:orders_{model}_{'change' if args else 'changelist'}", args=args)


def listed(model: str) -> str:
    """The list with nothing filtered away."""
    return page(model) + ("?state=all" if model == "moneycase" else "")


def said(**data: str) -> dict[str, str]:
    """What a dialog of the page sends."""
    return {"_form_submitted": "True", **data}


def cost_of(client, url: str) -> int:
    with CaptureQueriesContext(connection) as seen:
        assert client.get(url).status_code == 200
    return len(seen)


def first_rows() -> dict[str, int]:
    """The key of one row of each model; filling is dear, so each test looks at them all."""
    return {name: model.objects.order_by("pk")[0].pk for name, model in MODELS.items()}


def statuses(client, urls: dict[str, str]) -> dict[str, int]:
    return {name: client.get(url).status_code for name, url in urls.items()}


def test_staff_open_every_list_and_row(admin_client, fill):
    fill(1)
    rows = {name: page(name, pk) for name, pk in first_rows().items()}

    assert statuses(admin_client, {name: listed(name) for name in MODELS}) == dict.fromkeys(
        MODELS, 200
    )
    assert statuses(admin_client, rows) == dict.fromkeys(MODELS, 200)


def test_a_clerk_who_may_only_look_sees_it_and_changes_nothing(clerk, fill):
    fill(1)

    assert statuses(clerk, {name: listed(name) for name in MODELS}) == dict.fromkeys(
        MODELS, 200
    )
    shown = {name: clerk.get(page(name, pk)) for name, pk in first_rows().items()}
    assert {name: each.status_code for name, each in shown.items()} == dict.fromkeys(
        MODELS, 200
    )
    assert [name for name, each in shown.items() if b'name="_save"' in each.content] == []


def test_nobody_adds_or_deletes_by_hand(admin_client, fill):
    fill(1)
    rows = first_rows()

    added = {name: reverse(f"admin:orders_{name}_add") for name in MODELS}
    deleted = {
        name: admin_client.post(
            reverse(f"admin:orders_{name}_delete", args=[pk]), {"post": "yes"}
        ).status_code
        for name, pk in rows.items()
    }

    assert statuses(admin_client, added) == dict.fromkeys(MODELS, 403)
    assert deleted == dict.fromkeys(MODELS, 403)
    assert first_rows() == rows


def test_a_list_costs_the_same_for_many_rows(admin_client, fill):
    fill(3)
    urls = {name: listed(name) for name in MODELS}
    statuses(admin_client, urls)
    few = {name: cost_of(admin_client, url) for name, url in urls.items()}

    fill(5)

    assert {name: cost_of(admin_client, url) for name, url in urls.items()} == few


def test_a_search_finds_nothing_and_does_not_fail(admin_client, fill):
    fill(1)

    urls = {name: f"{page(name)}?q=nothing" for name in MODELS}

    assert statuses(admin_client, urls) == dict.fromkeys(MODELS, 200)


class TestOrder:
    def test_its_page_leads_to_the_exchange_rates_it_used(
        self, admin_client, place, make_customer
    ):
        order = place(customer=make_customer(region="GB"))
        used = order.priced().fx.ids

        shown = admin_client.get(page("order", order.pk)).content.decode()

        assert used
        for rate in used:
            assert reverse("admin:pricing_fxrate_change", args=[rate]) in shown

    def test_its_page_says_why_the_price_is_what_it_is_and_what_happened(
        self, admin_client, buy
    ):
        order = buy(months=12)

        shown = admin_client.get(page("order", order.pk)).content.decode()

        for words in ("Why this price?", "What it gives", "What happened", "Money arrived."):
            assert words in shown
        assert "$192.00" in shown

    def test_it_says_what_became_of_what_it_gave(self, admin_client, buy):
        order = buy(now=clock.now() - timedelta(days=1))
        assert "Active" in admin_client.get(page("order", order.pk)).content.decode()

        moments = ("starts_at", "anchor_at", "ends_at", "access_until")
        Grant.objects.update(**{name: F(name) - timedelta(days=90) for name in moments})

        assert "Expired" in admin_client.get(page("order", order.pk)).content.decode()

    def test_staff_write_a_note_and_nothing_else(self, admin_client, buy):
        order = buy()

        admin_client.post(
            page("order", order.pk),
            {
                "note": "called twice", "status": "refunded", "total_minor": "1",
                "lines-TOTAL_FORMS": "0", "lines-INITIAL_FORMS": "0",
                "payments-TOTAL_FORMS": "0", "payments-INITIAL_FORMS": "0",
            },
        )  # fmt: skip

        order.refresh_from_db()
        assert (order.note, order.status, order.total_minor) == (
            "called twice",
            "fulfilled",
            2000,
        )

    def test_staff_cancel_what_waits_for_money(self, admin_client, place, admin_user):
        order = place()

        admin_client.post(
            page("order"),
            {"action": "cancel_selected", "_selected_action": [order.pk], "reason": "mistake"},
        )

        order.refresh_from_db()
        event = Event.objects.get(kind="order.cancelled")
        assert order.status == "cancelled"
        assert (event.actor, event.data["reason"]) == (f"staff:{admin_user.pk}", "mistake")

    def test_cancelling_what_is_paid_is_refused_with_the_reason(self, admin_client, buy):
        order = buy()

        answer = admin_client.post(
            page("order"),
            {"action": "cancel_selected", "_selected_action": [order.pk]},
            follow=True,
        )

        order.refresh_from_db()
        assert order.status == "fulfilled"
        assert "Refused 1" in answer.content.decode()

    def test_staff_settle_by_hand_with_a_reason(self, admin_client, place, customer, now):
        order = place()
        url = reverse("admin:orders_order_settle_this", args=[order.pk])

        admin_client.post(url, said(reason="paid in cash"))

        order.refresh_from_db()
        assert (order.status, order.payment_method) == ("fulfilled", "manual")
        assert Event.objects.get(kind="order.settled_by_hand").data["reason"] == "paid in cash"
        assert has_entitlement(customer.pk, "signals", now + timedelta(minutes=1))

    def test_settling_by_hand_without_a_reason_changes_nothing(self, admin_client, place):
        order = place()
        url = reverse("admin:orders_order_settle_this", args=[order.pk])

        admin_client.post(url, said(reason=""))

        order.refresh_from_db()
        assert order.status == "pending"

    def test_staff_mark_as_sent_what_goes_by_post(self, admin_client, place, pay, make_tier):
        order = pay(place(tier=make_tier(goods_type="physical")))

        admin_client.get(reverse("admin:orders_order_deliver_this", args=[order.pk]))

        order.refresh_from_db()
        assert order.status == "fulfilled"

    def test_staff_open_the_receipt(self, admin_client, buy):
        url = reverse("admin:orders_order_receipt_this", args=[buy().pk])

        answer = admin_client.get(url)

        assert answer.headers["Content-Type"] == "application/pdf"
        assert answer.content.startswith(b"%PDF-")

    def test_a_clerk_settles_and_cancels_nothing(self, clerk, place):
        order = place()

        for name in ("settle_this", "cancel_this"):
            url = reverse(f"admin:orders_order_{name}", args=[order.pk])
            clerk.post(url, said(reason="x"))

        order.refresh_from_db()
        assert order.status == "pending"


class TestRefundPage:
    def url(self, order) -> str:
        return reverse("admin:orders_order_refund", args=[order.pk])

    def data(self, **more):
        return {"amount": "20.00", "access": "revoke", "reason": "asked for it", **more}

    def test_shows_what_will_change_and_changes_nothing(self, admin_client, buy):
        order = buy()

        shown = admin_client.get(self.url(order)).content.decode()

        assert "What will change" in shown
        assert "$20.00" in shown
        assert not Refund.objects.exists()

    def test_the_first_press_previews_and_the_second_one_confirms(
        self, admin_client, buy, customer, now
    ):
        order = buy()
        first = admin_client.post(self.url(order), self.data(amount="5.00", access="keep"))
        shown = first.context["shown"]
        assert not Refund.objects.exists()

        admin_client.post(
            self.url(order),
            self.data(amount="5.00", access="keep", confirmed="on", shown=shown),
        )

        order.refresh_from_db()
        row = Refund.objects.get()
        assert (row.amount_minor, row.reason, row.status) == (500, "asked for it", "succeeded")
        assert order.status == "partially_refunded"
        assert has_entitlement(customer.pk, "signals", now + timedelta(minutes=1))

    def test_a_confirmation_of_something_else_than_was_shown_refunds_nothing(
        self, admin_client, buy
    ):
        order = buy()

        answer = admin_client.post(
            self.url(order), self.data(amount="5.00", confirmed="on", shown="2000:revoke")
        )

        assert answer.context["preview"].amount.minor == 500
        assert not Refund.objects.exists()

    @pytest.mark.parametrize(
        "more",
        [
            {"amount": "20.01"},
            {"amount": "0"},
            {"amount": "-1"},
            {"amount": "x"},
            {"reason": ""},
        ],
    )
    def test_refuses_what_makes_no_sense(self, admin_client, buy, more):
        order = buy()
        shown = "2001:revoke" if more.get("amount") == "20.01" else "2000:revoke"

        answer = admin_client.post(
            self.url(order), {**self.data(confirmed="on", shown=shown), **more}, follow=True
        )

        assert answer.status_code == 200
        assert not Refund.objects.exists()

    def test_a_clerk_refunds_nothing(self, clerk, buy):
        answer = clerk.post(self.url(buy()), self.data(confirmed="on", shown="2000:revoke"))

        assert answer.status_code == 403
        assert not Refund.objects.exists()

    def test_an_order_that_was_refunded_leads_back(self, admin_client, buy, now):
        order = buy()
        refund(
            order_id=order.pk, amount=order.paid, reason="x", access="revoke",
            actor="staff:1", now=now,
        )  # fmt: skip

        assert admin_client.get(self.url(order)).status_code == 302


class TestInbox:
    @pytest.fixture
    def late(self, place, open_demo, now):
        order = place()
        payment = open_demo(order)
        expire_order(order_id=order.pk, now=now + timedelta(hours=1))
        say_demo("demo.payment", payment=payment, now=now, status="paid")
        return MoneyCase.objects.get()

    def test_shows_what_waits(self, admin_client, late):
        assert late.order.number in admin_client.get(page("moneycase")).content.decode()

    def test_what_was_found_is_told_as_people_write_it(self, admin_client, late):
        text = admin_client.get(page("moneycase", late.pk)).content.decode()

        assert "<li>Order status: expired</li>" in text
        assert f"<li>Due: {format_money(late.order.total, 'en')}</li>" in text
        assert "_minor" not in text

    @pytest.mark.parametrize("name", ["honour_this", "refund_this", "dismiss_this"])
    def test_nothing_is_resolved_without_a_reason(self, admin_client, late, name):
        admin_client.post(
            reverse(f"admin:orders_moneycase_{name}", args=[late.pk]), said(reason="")
        )

        late.refresh_from_db()
        assert late.resolution == ""

    @pytest.mark.parametrize(
        ("name", "resolution"),
        [("honour_this", "honour"), ("refund_this", "refund"), ("dismiss_this", "dismiss")],
    )
    def test_is_resolved_with_one_click(self, admin_client, late, name, resolution):
        url = reverse(f"admin:orders_moneycase_{name}", args=[late.pk])

        admin_client.post(url, said(reason="talked to the customer"))

        late.refresh_from_db()
        assert late.resolution == resolution

    def test_is_attached_to_the_order_of_a_number(self, admin_client, late, place):
        other = place()
        url = reverse("admin:orders_moneycase_attach_this", args=[late.pk])

        admin_client.post(url, said(number=other.number.lower(), reason="named the wrong one"))

        other.refresh_from_db()
        assert other.status == "fulfilled"

    def test_a_number_that_no_waiting_order_has_is_refused(self, admin_client, late):
        url = reverse("admin:orders_moneycase_attach_this", args=[late.pk])

        admin_client.post(url, said(number="NONE-SUCH", reason="named the wrong one"))

        late.refresh_from_db()
        assert late.resolution == ""

    @pytest.mark.parametrize(
        "action", ["honour_selected", "refund_selected", "dismiss_selected"]
    )
    def test_several_at_once_need_a_reason(self, admin_client, late, action):
        data = {"action": action, "_selected_action": [late.pk], "reason": ""}

        admin_client.post(page("moneycase"), data)

        late.refresh_from_db()
        assert late.resolution == ""

    def test_a_clerk_resolves_nothing(self, clerk, late):
        for name in ("honour_this", "refund_this", "dismiss_this"):
            url = reverse(f"admin:orders_moneycase_{name}", args=[late.pk])
            clerk.post(url, said(reason="x"))

        late.refresh_from_db()
        assert late.resolution == ""

    def test_knows_what_may_be_done_about_every_kind(self):
        assert set(CHOICES) == set(MoneyCase.Kind)


def test_staff_replay_a_notice(admin_client, buy):
    buy()
    Notice.objects.update(outcome="dead", applied_at=None)

    data = {"action": "replay_selected", "_selected_action": [Notice.objects.get().pk]}
    admin_client.post(page("notice"), data)

    assert Notice.objects.get().outcome == "applied"


def test_staff_decide_about_a_refund_that_was_made_elsewhere(admin_client, buy, customer, now):
    order = buy()
    say_demo(
        "demo.refund", payment=order.payments.get(), now=now, external_id="r",
        state="succeeded", amount_minor=100,
    )  # fmt: skip
    url = reverse("admin:orders_refund_decide_this", args=[Refund.objects.get().pk])

    admin_client.post(url, said(access="revoke"))

    assert not has_entitlement(customer.pk, "signals", clock.now())


def test_staff_answer_a_customer(admin_client, admin_user, customer, now):
    case = ask_support(customer_id=customer.pk, text="Where is it?", key="1", now=now)
    url = reverse("admin:orders_supportcase_answer_this", args=[case.pk])

    admin_client.post(url, said(text="On its way."))

    case.refresh_from_db()
    event = Event.objects.get(kind="support.answered")
    assert case.status == "answered"
    assert (event.customer_id, event.data["text"]) == (customer.pk, "On its way.")


class TestCards:
    def test_say_what_came_in_today(self, buy, now):
        buy()

        (card,) = card_of_money(now=now)

        assert (card.value, card.note) == ("$20.00", "1 order paid")

    def test_draw_each_day_of_the_month_by_currency(self, buy, now):
        buy()

        (card,) = cards_of_month(now=now + timedelta(days=1))

        assert (card.title, card.value) == ("Sales in USD", "$20.00")
        assert card.chart.count("<rect") == 30
        assert card.chart.count('height="48" rx') == 1

    @pytest.mark.parametrize("count", [1, 5])
    def test_the_first_page_costs_the_same_however_much_was_sold(
        self, admin_client, buy, make_customer, count, django_assert_num_queries
    ):
        for _ in range(count):
            buy(customer=make_customer())

        with django_assert_num_queries(29):
            admin_client.get(reverse("admin:index"))

    def test_are_silent_while_nothing_waits(self, db, now):
        cards = (card_of_inbox, card_of_questions, card_of_notices, card_of_refunds,
                 card_of_audit, card_of_terms)  # fmt: skip

        assert [list(card(now=now)) for card in cards] == [[]] * 6

    def test_say_what_waits(self, fill, now):
        fill(2)

        (inbox,), (questions,) = card_of_inbox(now=now), card_of_questions(now=now)

        assert (inbox.value, questions.value) == ("2", "2")

    def test_warn_of_sales_against_telegrams_terms(self, db, settings, now):
        settings.GOODS_EXCEPTIONS = ("stripe:digital",)

        (card,) = card_of_terms(now=now)

        assert "stripe sells digital" in card.note

    def test_lead_to_pages_that_open(self, admin_client, fill, now):
        fill(1)
        Notice.objects.update(outcome="dead", applied_at=None)

        for source in (
            card_of_money,
            cards_of_month,
            card_of_renewals,
            card_of_inbox,
            card_of_questions,
            card_of_notices,
        ):
            for card in source(now=now):
                assert admin_client.get(card.link).status_code == 200
