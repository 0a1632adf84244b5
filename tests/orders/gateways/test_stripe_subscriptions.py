"""Renewals through Stripe: begin, renew, fail, recover, change, end."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from orders.fake_stripe import portal, refunds, sessions
from orders.fake_stripe.cards import Behavior
from orders.gateways.protocol import (
    ChargeReason,
    GatewayError,
    PaymentStatus,
    PlanChange,
    RecurringTerms,
    Refs,
    SubscriptionStatus,
)
from shopbot.kernel.money import Money
from tests.orders.fake_stripe.harness import START, CardShop

END_OF_FEBRUARY = datetime(2027, 2, 28, 12, 0, tzinfo=UTC)
END_OF_MARCH = datetime(2027, 3, 31, 12, 0, tzinfo=UTC)


@pytest.fixture
def shop():
    return CardShop()


def change_to(subscription, tier_id, price, *, is_immediate=True, months=1):
    return PlanChange(
        key=uuid4(),
        subscription=subscription,
        tier_id=tier_id,
        title=f"Tier {tier_id}",
        terms=RecurringTerms(months=months, price=Money(price, "USD")),
        is_immediate=is_immediate,
    )


def renewals(state):
    return [charge for charge in state.charges if charge.reason is ChargeReason.RENEWAL]


class TestBeginning:
    def test_the_first_payment_brings_the_agreement_and_its_first_charge(self, shop):
        payment, _ = shop.subscribed()

        state = shop.gateway.fetch(payment)

        assert (state.status, state.paid) == (PaymentStatus.PAID, Money(2000, "USD"))
        assert state.subscription.status is SubscriptionStatus.ACTIVE
        assert state.subscription.will_renew is True
        assert state.subscription.current_period_end == END_OF_FEBRUARY
        (charge,) = state.subscription.charges
        assert charge.reason is ChargeReason.FIRST
        assert charge.period_end == END_OF_FEBRUARY
        assert charge.refs.intent_id == state.refs.intent_id

    def test_a_cheaper_first_month_is_followed_by_the_list_price(self, shop):
        payment, subscription = shop.subscribed(amount=Money(1500, "USD"))
        assert shop.gateway.fetch(payment).paid == Money(1500, "USD")

        shop.pass_days(28.1)

        state = shop.gateway.fetch_subscription(subscription)
        assert [charge.paid for charge in renewals(state)] == [Money(2000, "USD")]

    def test_a_dearer_first_month_is_refused_and_opens_nothing(self, shop):
        with pytest.raises(GatewayError, match="exceeds") as caught:
            shop.gateway.subscribe(shop.renewing(amount=Money(2500, "USD")))

        assert caught.value.permanent is True
        assert shop.world.every("checkout.session") == []

    def test_a_trial_charges_nothing_until_it_ends(self, shop):
        payment, subscription = shop.subscribed(trial_days=7, amount=Money(0, "USD"))
        begun = shop.gateway.fetch(payment)

        shop.pass_days(7.1)

        assert (begun.status, begun.paid) == (PaymentStatus.PAID, Money(0, "USD"))
        assert begun.subscription.status is SubscriptionStatus.TRIALING
        assert begun.subscription.current_period_end == START + timedelta(days=7)
        state = shop.gateway.fetch_subscription(subscription)
        assert state.status is SubscriptionStatus.ACTIVE
        assert [charge.paid for charge in renewals(state)] == [Money(2000, "USD")]

    def test_a_declined_card_begins_nothing(self, shop):
        order = shop.renewing()
        link = shop.gateway.subscribe(order)
        shop.pay(link, Behavior.DECLINED)

        state = shop.gateway.fetch(shop.reference(order, link))

        assert (state.status, state.subscription) == (PaymentStatus.OPEN, None)
        assert shop.world.every("subscription") == []

    @pytest.mark.parametrize(
        ("succeeded", "status", "agreement"),
        [
            (True, PaymentStatus.PAID, SubscriptionStatus.ACTIVE),
            (False, PaymentStatus.FAILED, SubscriptionStatus.ENDED),
        ],
    )
    def test_a_delayed_first_payment_begins_it_once_it_arrived(
        self, shop, succeeded, status, agreement
    ):
        payment, _ = shop.subscribed(Behavior.DELAYED)
        waiting = shop.gateway.fetch(payment)
        sessions.settle(shop.world, payment.refs.external_id, succeeded=succeeded)

        state = shop.gateway.fetch(payment)

        assert waiting.status is PaymentStatus.PROCESSING
        assert waiting.subscription.status is SubscriptionStatus.INCOMPLETE
        assert waiting.subscription.current_period_end is None
        assert (state.status, state.subscription.status) == (status, agreement)

    def test_needs_its_terms(self, shop):
        with pytest.raises(GatewayError) as caught:
            shop.gateway.subscribe(shop.payable())

        assert caught.value.permanent is True


class TestRenewing:
    def test_each_period_is_a_charge_of_its_own_counted_from_the_first_day(self, shop):
        payment, subscription = shop.subscribed()
        shop.pass_days(60)

        state = shop.gateway.fetch_subscription(subscription)

        assert [charge.period_end for charge in state.charges] == [
            END_OF_FEBRUARY,
            END_OF_MARCH,
            datetime(2027, 4, 30, 12, 0, tzinfo=UTC),
        ]
        assert len({charge.external_id for charge in state.charges}) == 3
        assert state == shop.gateway.fetch(payment).subscription

    def test_a_renewal_can_be_asked_for_by_its_invoice(self, shop):
        payment, subscription = shop.subscribed()
        shop.pass_days(29)
        (charge,) = renewals(shop.gateway.fetch_subscription(subscription))

        state = shop.gateway.fetch(replace(payment, refs=charge.refs))

        assert (state.status, state.paid) == (PaymentStatus.PAID, Money(2000, "USD"))
        assert state.refs == charge.refs
        assert state.charge_id == charge.refs.charge_id

    def test_a_renewal_can_be_refunded_alone(self, shop):
        payment, subscription = shop.subscribed()
        shop.pass_days(29)
        (charge,) = renewals(shop.gateway.fetch_subscription(subscription))
        renewal = replace(payment, refs=charge.refs, amount=charge.paid)

        made = shop.gateway.refund(shop.refund_of(renewal, 2000))

        first, second = shop.gateway.fetch_subscription(subscription).charges
        assert (first.refunds, second.refunds) == ((), (made,))

    def test_a_disputed_renewal_shows_with_its_charge(self, shop):
        _, subscription = shop.subscribed()
        shop.pass_days(29)
        (charge,) = renewals(shop.gateway.fetch_subscription(subscription))
        refunds.open_dispute(shop.world, charge.refs.charge_id)

        first, second = shop.gateway.fetch_subscription(subscription).charges

        assert first.disputes == ()
        assert [dispute.amount for dispute in second.disputes] == [Money(2000, "USD")]

    def test_an_hour_after_the_turn_nothing_is_paid_yet_and_the_end_stays(self, shop):
        _, subscription = shop.subscribed()
        shop.pass_days(28 + 0.5 / 24)

        state = shop.gateway.fetch_subscription(subscription)

        assert state.status is SubscriptionStatus.ACTIVE
        assert state.current_period_end == END_OF_FEBRUARY
        assert renewals(state) == []

    def test_a_long_period_keeps_its_end_though_its_charge_is_old(self, shop):
        _, subscription = shop.subscribed(months=12)
        shop.pass_days(200)

        state = shop.gateway.fetch_subscription(subscription)

        assert state.charges == ()
        assert state.current_period_end == datetime(2028, 1, 31, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("open", PaymentStatus.OPEN),
        ("void", PaymentStatus.CANCELLED),
        ("uncollectible", PaymentStatus.FAILED),
        ("some_word_of_2030", PaymentStatus.OPEN),
    ],
)
def test_every_word_about_an_invoice_means_something(shop, word, status):
    payment, _ = shop.subscribed()
    (invoice,) = shop.world.every("invoice")
    invoice["status"] = word

    state = shop.gateway.fetch(replace(payment, refs=Refs(external_id=invoice["id"])))

    assert (state.status, state.paid) == (status, None)


def test_a_subscription_with_two_items_is_not_ours_to_change(shop):
    _, subscription = shop.subscribed()
    held = shop.world.objects[subscription.external_id]["items"]["data"]
    held.append({**held[0], "id": "si_second"})

    with pytest.raises(GatewayError, match="2 items"):
        shop.gateway.preview_change(change_to(subscription, 9, 5000))


class TestFailing:
    @pytest.fixture
    def failed(self, shop):
        payment, subscription = shop.subscribed()
        portal.change_card(shop.world, payment.refs.customer_id, Behavior.DECLINED)
        shop.pass_days(29)
        return payment, subscription

    def test_a_failed_renewal_says_until_when_it_is_paid_and_what_comes_next(
        self, shop, failed
    ):
        _, subscription = failed

        state = shop.gateway.fetch_subscription(subscription)

        assert state.status is SubscriptionStatus.PAST_DUE
        assert state.current_period_end == END_OF_FEBRUARY
        assert state.action_url.startswith("http://127.0.0.1:8001/stripe-pay/invoice/in_")
        assert state.next_attempt_at == END_OF_FEBRUARY + timedelta(days=3, hours=1)
        assert renewals(state) == []

    def test_another_card_recovers_it_at_the_next_attempt(self, shop, failed):
        payment, subscription = failed
        portal.change_card(shop.world, payment.refs.customer_id, Behavior.SUCCEEDS)
        shop.pass_days(3)

        state = shop.gateway.fetch_subscription(subscription)

        assert state.status is SubscriptionStatus.ACTIVE
        assert state.current_period_end == END_OF_MARCH
        assert (state.action_url, state.next_attempt_at) == ("", None)
        assert [charge.period_end for charge in renewals(state)] == [END_OF_MARCH]

    def test_after_the_last_attempt_it_ends(self, shop, failed):
        _, subscription = failed
        shop.pass_days(20)

        state = shop.gateway.fetch_subscription(subscription)

        assert (state.status, state.will_renew) == (SubscriptionStatus.ENDED, False)
        assert renewals(state) == []

    def test_the_failure_is_told(self, shop, failed):
        payment, _ = failed

        told = [n for n in shop.notices() if n.kind == "invoice.payment_failed"]

        assert [n.refs.payment_key for n in told] == [str(payment.payment_key)]


class TestEnding:
    def test_cancelled_it_runs_out_and_charges_no_more(self, shop):
        _, subscription = shop.subscribed()

        cancelled = shop.gateway.cancel_subscription(subscription)
        shop.pass_days(40)
        ended = shop.gateway.fetch_subscription(subscription)

        assert cancelled.will_renew is False
        assert cancelled.status is SubscriptionStatus.ACTIVE
        assert cancelled.current_period_end == END_OF_FEBRUARY
        assert ended.status is SubscriptionStatus.ENDED
        assert [charge.reason for charge in ended.charges] == [ChargeReason.FIRST]

    def test_resumed_it_renews(self, shop):
        _, subscription = shop.subscribed()
        shop.gateway.cancel_subscription(subscription)

        resumed = shop.gateway.resume_subscription(subscription)
        shop.pass_days(29)

        assert resumed.will_renew is True
        assert len(renewals(shop.gateway.fetch_subscription(subscription))) == 1

    def test_what_has_ended_cannot_be_resumed(self, shop):
        _, subscription = shop.subscribed()
        shop.gateway.cancel_subscription(subscription)
        shop.pass_days(40)

        with pytest.raises(GatewayError) as caught:
            shop.gateway.resume_subscription(subscription)

        assert caught.value.permanent is True
        assert len(shop.world.every("invoice")) == 1

    def test_the_portal_is_the_customers_own(self, shop):
        _, subscription = shop.subscribed()

        url = shop.gateway.portal_url(subscription, return_url="https://shop.example/")

        (opened,) = shop.world.every("billing_portal.session")
        assert opened["customer"] == subscription.provider_customer_id
        assert opened["return_url"] == "https://shop.example/"
        assert url == opened["url"]

    @pytest.mark.parametrize(
        ("word", "status"),
        [
            ("unpaid", SubscriptionStatus.PAST_DUE),
            ("paused", SubscriptionStatus.PAST_DUE),
            ("some_word_of_2030", SubscriptionStatus.PAST_DUE),
            ("incomplete_expired", SubscriptionStatus.ENDED),
        ],
    )
    def test_every_word_of_stripe_means_something(self, shop, word, status):
        _, subscription = shop.subscribed()
        shop.world.objects[subscription.external_id]["status"] = word

        assert shop.gateway.fetch_subscription(subscription).status is status


class TestChangingThePlan:
    def test_the_preview_changes_nothing_and_the_charge_is_what_it_said(self, shop):
        _, subscription = shop.subscribed()
        shop.pass_days(14)

        preview = shop.gateway.preview_change(change_to(subscription, 9, 5000))
        before = shop.gateway.fetch_subscription(subscription)
        shop.pass_days(0.5)
        after = shop.gateway.change_plan(preview)

        assert preview.due_now == Money(1500, "USD")
        assert preview.renews_at == END_OF_FEBRUARY
        assert preview.computed_at == START + timedelta(days=14)
        assert (before.tier_id, len(before.charges)) == (None, 1)
        change = after.charges[-1]
        assert (change.reason, change.paid) == (ChargeReason.CHANGE, Money(1500, "USD"))
        assert (change.tier_id, after.tier_id) == (9, 9)
        assert change.period_end == END_OF_FEBRUARY

    def test_the_next_renewal_is_at_the_new_price(self, shop):
        _, subscription = shop.subscribed()
        shop.gateway.change_plan(shop.gateway.preview_change(change_to(subscription, 9, 5000)))
        shop.pass_days(29)

        (renewal,) = renewals(shop.gateway.fetch_subscription(subscription))

        assert (renewal.paid, renewal.tier_id) == (Money(5000, "USD"), 9)

    @pytest.mark.parametrize("fault", ["timeout_after", "timeout_before", "500"])
    def test_a_repeat_charges_once(self, shop, fault):
        _, subscription = shop.subscribed()
        preview = shop.gateway.preview_change(change_to(subscription, 9, 5000))
        shop.api.faults.ask(f"POST /v1/subscriptions/{subscription.external_id}", fault)

        shop.gateway.change_plan(preview)
        shop.gateway.change_plan(preview)

        charges = shop.gateway.fetch_subscription(subscription).charges
        assert [charge.reason for charge in charges] == [
            ChargeReason.FIRST,
            ChargeReason.CHANGE,
        ]

    def test_an_unpaid_upgrade_waits_with_the_old_plan(self, shop):
        payment, subscription = shop.subscribed()
        portal.change_card(shop.world, payment.refs.customer_id, Behavior.DECLINED)

        state = shop.gateway.change_plan(
            shop.gateway.preview_change(change_to(subscription, 9, 5000))
        )

        assert state.tier_id is None
        assert state.status is SubscriptionStatus.ACTIVE
        assert state.current_period_end == END_OF_FEBRUARY
        assert "/invoice/" in state.action_url

    def test_an_upgrade_that_is_never_paid_is_given_up_within_a_day(self, shop):
        payment, subscription = shop.subscribed()
        portal.change_card(shop.world, payment.refs.customer_id, Behavior.DECLINED)
        shop.gateway.change_plan(shop.gateway.preview_change(change_to(subscription, 9, 5000)))

        shop.pass_days(1)

        state = shop.gateway.fetch_subscription(subscription)
        assert (state.tier_id, state.action_url) == (None, "")
        assert state.current_period_end == END_OF_FEBRUARY
        kinds = {notice.kind for notice in shop.notices()}
        assert "customer.subscription.pending_update_expired" in kinds

    def test_an_upgrade_paid_on_its_page_takes_effect(self, shop):
        payment, subscription = shop.subscribed()
        portal.change_card(shop.world, payment.refs.customer_id, Behavior.DECLINED)
        shop.gateway.change_plan(shop.gateway.preview_change(change_to(subscription, 9, 5000)))
        portal.change_card(shop.world, payment.refs.customer_id, Behavior.SUCCEEDS)
        unpaid = shop.world.objects[subscription.external_id]["latest_invoice"]

        shop.gateway.client.v1.invoices.pay(unpaid)

        state = shop.gateway.fetch_subscription(subscription)
        assert (state.tier_id, state.action_url) == (9, "")
        assert state.charges[-1].paid == Money(3000, "USD")

    def test_a_downgrade_waits_for_the_end_of_the_period_and_costs_nothing_now(self, shop):
        _, subscription = shop.subscribed(price=5000)
        shop.pass_days(10)
        change = change_to(subscription, 4, 2000, is_immediate=False)

        preview = shop.gateway.preview_change(change)
        now = shop.gateway.change_plan(preview)
        shop.pass_days(20)
        later = shop.gateway.fetch_subscription(subscription)

        assert preview.due_now == Money(0, "USD")
        assert (now.tier_id, now.will_renew, len(now.charges)) == (None, True, 1)
        assert later.tier_id == 4
        assert [charge.paid for charge in renewals(later)] == [Money(2000, "USD")]

    def test_cancelling_gives_a_planned_downgrade_up(self, shop):
        _, subscription = shop.subscribed(price=5000)
        change = change_to(subscription, 4, 2000, is_immediate=False)
        shop.gateway.change_plan(shop.gateway.preview_change(change))

        state = shop.gateway.cancel_subscription(subscription)

        assert state.will_renew is False
        (schedule,) = shop.world.every("subscription_schedule")
        assert schedule["status"] == "released"

    def test_one_plan_is_one_price_however_often_it_is_asked_for(self, shop):
        _, first = shop.subscribed()
        _, second = shop.subscribed(customer_id=6)

        for subscription in (first, second, first):
            shop.gateway.preview_change(change_to(subscription, 9, 5000))

        named = [p for p in shop.world.every("price") if p["lookup_key"]]
        assert [price["metadata"] for price in named] == [{"shopbot_tier": "9"}]

    def test_another_rhythm_is_refused_and_changes_nothing(self, shop):
        _, subscription = shop.subscribed()

        with pytest.raises(GatewayError, match="rhythm") as caught:
            shop.gateway.preview_change(change_to(subscription, 9, 5000, months=12))

        assert caught.value.permanent is True
        assert len(shop.gateway.fetch_subscription(subscription).charges) == 1
