"""Telegram Stars: asked before, told after, renewed monthly, refunded in full."""

from __future__ import annotations

from datetime import UTC, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from entitlements.models import Grant
from entitlements.selectors import has_entitlement
from entitlements.services.blocks import block
from orders.errors import AlreadySubscribed, CannotRenew, PartialNotPossible
from orders.gateways.signing import order_payload
from orders.models import MoneyCase, Notice, Order, Payment, Refund, Subscription
from orders.services.closing import expire_order
from orders.services.paying import open_payment, open_subscription
from orders.services.refunding import refund, retry_refunds
from orders.services.stars import (
    check_pre_checkout,
    record_star_payment,
    record_star_refund,
    record_star_subscription,
)
from orders.services.stopping import stop_due
from orders.services.subscribing import (
    cancel_subscription,
    resume_subscription,
    sync_subscription,
)
from shopbot.kernel.money import Money

pytestmark = pytest.mark.django_db


def payload_of(order: Order) -> str:
    return order_payload(
        order_id=order.pk, amount=order.total, telegram_id=order.customer.telegram_id
    )


@pytest.fixture
def tell_paid(now):
    """Tell of a successful payment of an order as the bot does."""

    def tell(order: Order, charge: str = "stars-1", **more):
        return record_star_payment(
            **{
                "telegram_id": order.customer.telegram_id,
                "payload": payload_of(order),
                "charge_id": charge,
                "currency": "XTR",
                "total_amount": order.total_minor,
                "paid_at": now,
                "now": now,
                **more,
            }
        )

    return tell


@pytest.fixture
def ask(now):
    """Ask for a pre-checkout of an order as Telegram does."""

    def call(order: Order, **more):
        return check_pre_checkout(
            **{
                "telegram_id": order.customer.telegram_id,
                "payload": payload_of(order),
                "currency": "XTR",
                "total_amount": order.total_minor,
                "now": now,
                **more,
            }
        )

    return call


class TestInvoice:
    def test_carries_one_price_in_stars_and_a_payload_of_ours(self, telegram, place_stars, now):
        order = place_stars()

        link = open_payment(order_id=order.pk, gateway="stars", now=now)

        assert link.url == ""
        assert link.invoice["currency"] == "XTR"
        assert [price["amount"] for price in link.invoice["prices"]] == [order.total_minor]
        assert link.invoice["payload"] == payload_of(order)
        assert len(link.invoice["payload"].encode()) <= 128
        assert telegram.calls == []

    def test_fits_the_lengths_that_telegram_takes(self, telegram, place_stars, make_tier, now):
        order = place_stars(tier=make_tier(name="A very long name " * 5))

        link = open_payment(order_id=order.pk, gateway="stars", now=now)

        assert 1 <= len(link.invoice["title"]) <= 32
        assert 1 <= len(link.invoice["description"]) <= 255


class TestPreCheckout:
    def test_lets_the_buyer_of_a_waiting_order_pay(self, place_stars, ask):
        order = place_stars()

        answer = ask(order)

        assert (answer.ok, answer.error, answer.order_id) == (True, "", order.pk)

    @pytest.mark.parametrize(
        ("more", "error"),
        [
            ({"payload": "o1.1.forged"}, "not_yours"),
            ({"payload": "something else"}, "bad_payload"),
            ({"payload": "o1.٣.x"}, "bad_payload"),
            ({"total_amount": 1}, "not_yours"),
            ({"currency": "USD"}, "not_yours"),
            ({"telegram_id": 42}, "not_yours"),
        ],
    )
    def test_refuses_what_we_did_not_write_for_this_person_and_sum(
        self, place_stars, ask, more, error
    ):
        answer = ask(place_stars(), **more)

        assert (answer.ok, answer.error) == (False, error)

    def test_refuses_an_order_of_which_the_time_is_over(self, place_stars, ask, now):
        answer = ask(place_stars(), now=now + timedelta(minutes=30))

        assert (answer.ok, answer.error) == (False, "order_expired")

    def test_refuses_an_order_that_is_paid(self, place_stars, ask, tell_paid, telegram, now):
        order = place_stars()
        open_payment(order_id=order.pk, gateway="stars", now=now)
        tell_paid(order)

        assert ask(order).error == "order_is_closed"

    def test_refuses_an_order_that_expired(self, place_stars, ask, now):
        order = place_stars()
        expire_order(order_id=order.pk, now=now + timedelta(hours=1))

        assert ask(order).error == "order_is_closed"

    def test_refuses_an_order_that_does_not_exist(self, place_stars, ask):
        order = place_stars()
        payload = order_payload(
            order_id=999, amount=order.total, telegram_id=order.customer.telegram_id
        )

        assert ask(order, payload=payload).error == "unknown_order"

    def test_refuses_a_customer_who_is_blocked_for_fraud(self, place_stars, ask, customer, now):
        order = place_stars()
        block(
            customer_id=customer.pk, kind="fraud", source="staff:1", reason="", actor="staff:1",
            now=now,
        )  # fmt: skip

        assert ask(order).error == "customer_blocked"

    def test_asks_the_database_a_few_questions_and_nothing_else(self, place_stars, ask):
        order = place_stars()

        with CaptureQueriesContext(connection) as seen:
            ask(order)

        assert len(seen) <= 3


class TestPayment:
    def test_settles_the_order_by_its_charge(
        self, telegram, place_stars, tell_paid, customer, now
    ):
        order = place_stars()
        open_payment(order_id=order.pk, gateway="stars", now=now)

        notice = tell_paid(order)

        order.refresh_from_db()
        assert (order.status, order.transaction_id) == ("fulfilled", "stars-1")
        assert (notice.outcome, notice.payment.order) == ("applied", order)
        assert has_entitlement(customer.pk, "signals", now)

    def test_told_three_times_is_paid_once(self, telegram, place_stars, tell_paid, now):
        order = place_stars()
        open_payment(order_id=order.pk, gateway="stars", now=now)

        for _ in range(3):
            tell_paid(order)

        assert Payment.objects.count() == Notice.objects.count() == Grant.objects.count() == 1

    def test_is_kept_when_no_payment_was_ever_opened(
        self, telegram, place_stars, tell_paid, customer, now
    ):
        order = place_stars()

        tell_paid(order)

        order.refresh_from_db()
        assert order.status == "fulfilled"

    def test_an_old_invoice_paid_again_is_kept_in_the_inbox(
        self, telegram, place_stars, tell_paid, now
    ):
        order = place_stars()
        open_payment(order_id=order.pk, gateway="stars", now=now)
        tell_paid(order, "stars-1")

        tell_paid(order, "stars-2")

        case = MoneyCase.objects.get()
        assert (case.kind, case.payment.charge_id) == ("second_payment", "stars-2")
        assert Grant.objects.count() == 1

    def test_of_no_order_of_ours_is_kept_in_the_inbox_and_can_go_back(
        self, telegram, customer, now
    ):
        record_star_payment(
            telegram_id=customer.telegram_id, payload="gibberish", charge_id="stars-9",
            currency="XTR", total_amount=70, paid_at=now, now=now,
        )  # fmt: skip

        case = MoneyCase.objects.get()
        assert (case.kind, case.amount_minor, case.payment.customer) == (
            "unknown_order",
            70,
            customer,
        )

    def test_of_a_forged_payload_pays_no_order(self, telegram, place_stars, tell_paid, now):
        order = place_stars()

        tell_paid(order, payload=f"o1.{order.pk}.forged", total_amount=1)

        order.refresh_from_db()
        assert order.status == "pending"
        assert MoneyCase.objects.get().kind == "wrong_amount"


class TestRefund:
    def test_goes_to_telegram_with_payer_and_charge(
        self, telegram, place_stars, tell_paid, customer, now
    ):
        order = place_stars()
        tell_paid(order)
        order.refresh_from_db()

        refund(
            order_id=order.pk, amount=order.paid, reason="asked", access="revoke",
            actor="staff:7", now=now,
        )  # fmt: skip

        assert telegram.called("refundStarPayment") == [
            {"user_id": customer.telegram_id, "telegram_payment_charge_id": "stars-1"}
        ]
        assert not has_entitlement(customer.pk, "signals", now)

    def test_that_telegram_had_made_already_counts_as_done(
        self, telegram, place_stars, tell_paid, now
    ):
        order = place_stars()
        tell_paid(order)
        order.refresh_from_db()
        telegram.refuse("refundStarPayment", "Bad Request: CHARGE_ALREADY_REFUNDED")

        row = refund(
            order_id=order.pk, amount=order.paid, reason="asked", access="revoke",
            actor="staff:7", now=now,
        )  # fmt: skip

        assert row.status == "succeeded"

    def test_of_a_part_is_refused_before_anything_is_asked(
        self, telegram, place_stars, tell_paid, now
    ):
        order = place_stars()
        tell_paid(order)

        with pytest.raises(PartialNotPossible):
            refund(
                order_id=order.pk, amount=Money(1, "XTR"), reason="asked", access="keep",
                actor="staff:7", now=now,
            )  # fmt: skip

        assert telegram.calls == []
        assert not Refund.objects.exists()

    def test_is_sent_again_when_telegram_was_away(self, telegram, place_stars, tell_paid, now):
        order = place_stars()
        tell_paid(order)
        order.refresh_from_db()
        telegram.refuse("refundStarPayment", "Internal Server Error", code=500)

        row = refund(
            order_id=order.pk, amount=order.paid, reason="asked", access="revoke",
            actor="staff:7", now=now,
        )  # fmt: skip
        assert row.status == "requested"
        assert retry_refunds(now=now, limit=10) == 0
        assert retry_refunds(now=now + timedelta(minutes=1), limit=10) == 1

        row.refresh_from_db()
        assert row.status == "succeeded"

    def test_refused_for_good_is_shown_to_staff(self, telegram, place_stars, tell_paid, now):
        order = place_stars()
        tell_paid(order)
        order.refresh_from_db()
        telegram.refuse("refundStarPayment", "Bad Request: USER_NOT_FOUND")

        row = refund(
            order_id=order.pk, amount=order.paid, reason="asked", access="revoke",
            actor="staff:7", now=now,
        )  # fmt: skip

        order.refresh_from_db()
        assert (row.status, order.status) == ("failed", "fulfilled")
        assert MoneyCase.objects.get().kind == "refund_failed"

    def test_by_somebody_else_ends_access(
        self, telegram, place_stars, tell_paid, customer, now
    ):
        order = place_stars()
        tell_paid(order)

        for _ in range(2):
            record_star_refund(
                telegram_id=customer.telegram_id, payload=payload_of(order),
                charge_id="stars-1", currency="XTR", total_amount=order.total_minor,
                refunded_at=now, now=now,
            )  # fmt: skip

        order.refresh_from_db()
        assert (order.status, Refund.objects.get().origin) == ("refunded", "provider")
        assert not has_entitlement(customer.pk, "signals", now)

    def test_told_of_before_ours_was_sent_is_the_same_refund(
        self, telegram, place_stars, tell_paid, customer, now
    ):
        order = place_stars()
        tell_paid(order)
        payment = Payment.objects.get()
        # Staff asked, and the process died before Telegram was.
        Refund.objects.create(
            payment=payment, amount_minor=payment.paid_minor, currency="XTR", reason="asked",
            access="revoke", requested_by="staff:7", requested_at=now, next_attempt_at=now,
        )  # fmt: skip

        record_star_refund(
            telegram_id=customer.telegram_id, payload=payload_of(order), charge_id="stars-1",
            currency="XTR", total_amount=order.total_minor, refunded_at=now, now=now,
        )  # fmt: skip

        payment.refresh_from_db()
        assert (Refund.objects.get().status, payment.refunded) == ("succeeded", payment.paid)
        assert retry_refunds(now=now + timedelta(hours=1), limit=10) == 0

    def test_told_of_after_our_own_is_the_same_refund(
        self, telegram, place_stars, tell_paid, customer, now
    ):
        order = place_stars()
        tell_paid(order)
        order.refresh_from_db()
        refund(
            order_id=order.pk, amount=order.paid, reason="asked", access="revoke",
            actor="staff:7", now=now,
        )  # fmt: skip

        record_star_refund(
            telegram_id=customer.telegram_id, payload=payload_of(order), charge_id="stars-1",
            currency="XTR", total_amount=order.total_minor, refunded_at=now, now=now,
        )  # fmt: skip

        assert Refund.objects.count() == 1
        assert not MoneyCase.objects.exists()


class TestSubscription:
    @pytest.fixture
    def subscribed(self, telegram, place_stars, tell_paid, now):
        """An order whose first payment began a monthly renewal."""
        order = place_stars()
        open_subscription(order_id=order.pk, gateway="stars", now=now)
        tell_paid(
            order, is_recurring=True, is_first_recurring=True,
            subscription_expires_at=now + timedelta(days=30),
        )  # fmt: skip
        order.refresh_from_db()
        return order

    def renew(self, tell_paid, order, number, at):
        return tell_paid(
            order, f"stars-{number}", is_recurring=True, paid_at=at, now=at,
            subscription_expires_at=at + timedelta(days=30),
        )  # fmt: skip

    def test_is_opened_as_a_link_of_thirty_days(self, telegram, place_stars, now):
        order = place_stars()

        link = open_subscription(order_id=order.pk, gateway="stars", now=now)

        (call,) = telegram.called("createInvoiceLink")
        assert (call["subscription_period"], call["payload"]) == (2592000, payload_of(order))
        assert link.url.startswith("https://t.me/")

    def test_the_first_payment_settles_the_order_for_thirty_days(self, subscribed, now):
        subscription = Subscription.objects.get()

        assert (subscribed.status, subscribed.subscription) == ("fulfilled", subscription)
        assert (subscription.status, subscription.will_renew) == ("active", True)
        assert subscription.current_period_end == now + timedelta(days=30)
        assert Grant.objects.get().ends_at == now + timedelta(days=30)

    def test_each_renewal_is_an_order_of_its_own_that_extends_access(
        self, subscribed, tell_paid, customer, now
    ):
        for month in (1, 2):
            self.renew(tell_paid, subscribed, month + 1, now + timedelta(days=30 * month))

        renewals = Order.objects.exclude(pk=subscribed.pk).order_by("pk")
        assert [(o.status, o.total_minor) for o in renewals] == [
            ("fulfilled", subscribed.total_minor)
        ] * 2
        assert has_entitlement(customer.pk, "signals", now + timedelta(days=89))
        assert not has_entitlement(customer.pk, "signals", now + timedelta(days=90))

    def test_a_renewal_told_twice_is_charged_once(self, subscribed, tell_paid, now):
        at = now + timedelta(days=30)

        for _ in range(2):
            self.renew(tell_paid, subscribed, 2, at)

        assert Order.objects.count() == Payment.objects.filter(status="paid").count() == 2

    def test_a_pre_checkout_of_a_renewal_is_let_through(self, subscribed, ask, now):
        answer = ask(subscribed, now=now + timedelta(days=30))

        assert answer.ok

    def test_the_invoice_for_one_month_is_refused_once_its_order_renews(
        self, subscribed, ask, now
    ):
        answer = ask(subscribed, now=now + timedelta(minutes=1))

        assert (answer.ok, answer.error) == (False, "order_is_closed")

    def test_a_second_subscription_of_the_product_is_refused(
        self, subscribed, place_stars, now
    ):
        order = place_stars()

        with pytest.raises(AlreadySubscribed):
            open_subscription(order_id=order.pk, gateway="stars", now=now)

    def test_a_second_link_opened_before_the_first_was_paid_is_refused_at_the_checkout(
        self, telegram, place_stars, tell_paid, ask, now
    ):
        first, second = place_stars(), place_stars()
        for order in (first, second):
            open_subscription(order_id=order.pk, gateway="stars", now=now)
        tell_paid(first, is_recurring=True, is_first_recurring=True)

        answer = ask(second)

        assert (answer.ok, answer.error) == (False, "already_subscribed")

    def test_the_customer_cancels_and_keeps_the_paid_time(
        self, subscribed, telegram, customer, now
    ):
        subscription = Subscription.objects.get()

        cancel_subscription(
            subscription_id=subscription.pk,
            customer_id=customer.pk,
            actor="customer:1",
            now=now,
        )

        subscription.refresh_from_db()
        assert telegram.called("editUserStarSubscription") == [
            {
                "user_id": customer.telegram_id,
                "telegram_payment_charge_id": "stars-1",
                "is_canceled": True,
            }
        ]
        assert (subscription.will_renew, subscription.status) == (False, "active")
        assert has_entitlement(customer.pk, "signals", now + timedelta(days=29))

    def test_the_first_charge_names_it_also_after_a_renewal(
        self, subscribed, telegram, tell_paid, customer, now
    ):
        self.renew(tell_paid, subscribed, 2, now + timedelta(days=30))
        subscription = Subscription.objects.get()
        who = {"subscription_id": subscription.pk, "customer_id": customer.pk, "actor": "c"}

        cancel_subscription(**who, now=now)
        resume_subscription(**who, now=now)

        calls = telegram.called("editUserStarSubscription")
        assert [call["telegram_payment_charge_id"] for call in calls] == ["stars-1"] * 2

    @pytest.fixture
    def allowed(self, subscribed, customer, now):
        """An agreement that the shop stopped and lets go on, which Telegram asks about."""
        subscription = Subscription.objects.get()
        who = {"subscription_id": subscription.pk, "customer_id": customer.pk, "actor": "c"}
        record_star_subscription(
            telegram_id=customer.telegram_id, payload=payload_of(subscribed), state="active",
            update_id=99, now=now - timedelta(minutes=1),
        )  # fmt: skip
        cancel_subscription(**who, now=now)
        resume_subscription(**who, now=now)
        return subscription

    def test_what_is_let_go_on_renews_once_the_customer_agrees_in_telegram(
        self, subscribed, allowed, customer, now
    ):
        sync_subscription(subscription_id=allowed.pk, actor="beat", now=now)
        allowed.refresh_from_db()
        assert (allowed.will_renew, allowed.is_stopped_here) == (False, False)

        record_star_subscription(
            telegram_id=customer.telegram_id, payload=payload_of(subscribed), state="active",
            update_id=100, now=now + timedelta(minutes=1),
        )  # fmt: skip

        allowed.refresh_from_db()
        assert allowed.will_renew is True

    def test_a_charge_says_that_it_renews_though_no_word_came(
        self, subscribed, allowed, tell_paid, now
    ):
        self.renew(tell_paid, subscribed, 2, now + timedelta(days=30))

        allowed.refresh_from_db()
        assert allowed.will_renew is True

    def test_a_refund_stops_what_might_be_agreed_to_unheard(
        self, subscribed, allowed, telegram, now
    ):
        refund(
            order_id=subscribed.pk, amount=subscribed.paid, reason="asked", access="revoke",
            actor="staff:7", now=now,
        )  # fmt: skip

        calls = telegram.called("editUserStarSubscription")
        assert [call["is_canceled"] for call in calls] == [True, False, True]
        allowed.refresh_from_db()
        assert (allowed.will_renew, allowed.is_stopped_here) == (False, True)

    def test_a_charge_taken_back_after_the_customers_own_stop_is_stopped_here_too(
        self, subscribed, telegram, customer, now
    ):
        record_star_subscription(
            telegram_id=customer.telegram_id, payload=payload_of(subscribed),
            state="canceled", update_id=100, now=now,
        )  # fmt: skip
        record_star_refund(
            telegram_id=customer.telegram_id, payload=payload_of(subscribed),
            charge_id="stars-1", currency="XTR", total_amount=subscribed.total_minor,
            refunded_at=now, now=now,
        )  # fmt: skip

        assert stop_due(now=now, limit=10) == 1

        (call,) = telegram.called("editUserStarSubscription")
        assert call["is_canceled"] is True
        stopped = Subscription.objects.get()
        assert (stopped.is_stopped_here, stopped.stop_due_at) == (True, None)

    @pytest.mark.parametrize(
        ("states", "expected"),
        [
            (["canceled"], ("active", False)),
            (["canceled", "active"], ("active", True)),
            (["failed"], ("past_due", True)),
            (["something new"], ("active", True)),
        ],
    )
    def test_what_telegram_says_of_it_is_noted_in_whatever_order_it_comes(
        self, subscribed, customer, states, expected, now
    ):
        for number, state in reversed(list(enumerate(states))):
            record_star_subscription(
                telegram_id=customer.telegram_id, payload=payload_of(subscribed), state=state,
                update_id=100 + number, now=now + timedelta(minutes=1),
            )  # fmt: skip

        subscription = Subscription.objects.get()
        assert (subscription.status, subscription.will_renew) == expected

    @pytest.mark.parametrize(
        ("words", "bot", "renews"),
        [
            ([], ["cancel"], False),
            (["canceled", "active"], ["cancel"], False),
            (["canceled", "active"], ["cancel", "resume"], False),
            (["canceled", "active"], ["cancel", "resume", "cancel"], False),
        ],
    )
    def test_what_the_bot_did_last_outlives_older_words_of_the_customer(
        self, subscribed, tell_paid, customer, words, bot, renews, now
    ):
        who = {"customer_id": customer.pk, "actor": "customer:1", "now": now}
        subscription_id = Subscription.objects.get().pk
        for number, state in enumerate(words):
            record_star_subscription(
                telegram_id=customer.telegram_id, payload=payload_of(subscribed), state=state,
                update_id=100 + number, now=now - timedelta(minutes=1),
            )  # fmt: skip
        verbs = {"cancel": cancel_subscription, "resume": resume_subscription}
        for verb in bot:
            verbs[verb](subscription_id=subscription_id, **who)

        sync_subscription(
            subscription_id=subscription_id, actor="beat", now=now + timedelta(minutes=1)
        )

        assert Subscription.objects.get().will_renew is renews

    def test_a_customer_who_cancels_what_the_bot_resumed_is_heard(
        self, subscribed, telegram, customer, now
    ):
        subscription_id = Subscription.objects.get().pk
        who = {"customer_id": customer.pk, "actor": "customer:1", "now": now}
        cancel_subscription(subscription_id=subscription_id, **who)
        resume_subscription(subscription_id=subscription_id, **who)

        record_star_subscription(
            telegram_id=customer.telegram_id, payload=payload_of(subscribed),
            state="canceled", update_id=100, now=now + timedelta(minutes=1),
        )  # fmt: skip

        assert Subscription.objects.get().will_renew is False

    def test_what_is_said_after_a_silence_counts_though_its_number_is_lower(
        self, subscribed, customer, now
    ):
        for days, number, state in (
            (1, 900, "canceled"),
            (2, 901, "active"),
            (30, 7, "failed"),
        ):
            record_star_subscription(
                telegram_id=customer.telegram_id, payload=payload_of(subscribed), state=state,
                update_id=number, now=now + timedelta(days=days),
            )  # fmt: skip

        assert Subscription.objects.get().status == "past_due"

    def test_a_renewal_taken_back_by_a_bank_ends_its_month_and_the_agreement(
        self, subscribed, tell_paid, telegram, customer, now
    ):
        first, second = now + timedelta(days=30), now + timedelta(days=60)
        self.renew(tell_paid, subscribed, 2, first)
        self.renew(tell_paid, subscribed, 3, second)

        record_star_refund(
            telegram_id=customer.telegram_id, payload=payload_of(subscribed),
            charge_id="stars-2", currency="XTR", total_amount=subscribed.total_minor,
            refunded_at=second, now=second,
        )  # fmt: skip

        statuses = list(Order.objects.order_by("pk").values_list("status", flat=True))
        assert statuses == ["fulfilled", "refunded", "fulfilled"]
        assert has_entitlement(customer.pk, "signals", second + timedelta(days=1))
        assert Subscription.objects.get().stop_due_at is not None
        assert [case.kind for case in MoneyCase.objects.all()] == ["provider_refund"]

    def test_a_renewal_after_a_failure_makes_it_active_again(
        self, subscribed, tell_paid, customer, now
    ):
        at = now + timedelta(days=30)
        record_star_subscription(
            telegram_id=customer.telegram_id, payload=payload_of(subscribed), state="failed",
            update_id=100, now=at,
        )  # fmt: skip

        self.renew(tell_paid, subscribed, 2, at + timedelta(days=1))

        assert Subscription.objects.get().status == "active"

    def test_refunding_a_renewal_ends_only_that_month_and_the_agreement(
        self, subscribed, tell_paid, telegram, customer, now
    ):
        at = now + timedelta(days=30)
        self.renew(tell_paid, subscribed, 2, at)
        renewal = Order.objects.exclude(pk=subscribed.pk).get()

        refund(
            order_id=renewal.pk, amount=renewal.paid, reason="asked", access="revoke",
            actor="staff:7", now=at,
        )  # fmt: skip

        subscribed.refresh_from_db()
        assert subscribed.status == "fulfilled"
        assert (
            telegram.called("refundStarPayment")[0]["telegram_payment_charge_id"] == "stars-2"
        )
        assert telegram.called("editUserStarSubscription")[0]["is_canceled"] is True
        assert not has_entitlement(customer.pk, "signals", at)

    def test_only_one_month_can_renew_with_stars(self, telegram, place_stars, now):
        order = place_stars(months=3)

        with pytest.raises(CannotRenew):
            open_subscription(order_id=order.pk, gateway="stars", now=now)

        assert telegram.calls == []
        assert not Subscription.objects.exists()


def test_utc_is_what_facts_are_written_in(place_stars, tell_paid, telegram, now):
    notice = tell_paid(place_stars())

    assert notice.occurred_at.tzinfo == UTC
