"""Money that went back, banks that warn, plans that change: what the shop does about each."""

from __future__ import annotations

from datetime import timedelta

import pytest

from entitlements.models import Grant
from orders.fake_stripe import refunds
from orders.fake_stripe.cards import Behavior
from orders.models import MoneyCase, Notice, Order, Payment, Subscription
from orders.refund_preview import preview_refund
from orders.services.auditing import audit
from orders.services.reconciling import reconcile
from orders.services.refunding import refund
from orders.services.resolving import give_money_back
from orders.services.stopping import stop_due
from orders.services.subscribing import (
    change_plan,
    preview_plan,
    resume_subscription,
    sync_subscription,
)
from shopbot.kernel import clock
from shopbot.kernel.models import Event
from shopbot.kernel.money import Money

pytestmark = pytest.mark.django_db


class TestMoneyThatWentBack:
    """Nobody is charged again for what the bank or the dashboard gave back."""

    @pytest.fixture
    def renewing(self, books, place_now) -> Subscription:
        books.begin(place_now())
        books.deliver()
        return Subscription.objects.get()

    @pytest.fixture
    def lose(self, books, renewing):
        def make() -> None:
            (charge,) = books.world.every("charge")
            dispute = refunds.open_dispute(books.world, charge["id"])
            refunds.move_dispute(books.world, dispute["id"], "lost")
            books.deliver()

        return make

    def charged_again(self, books) -> int:
        books.pass_days(40)
        books.deliver()
        return Payment.objects.filter(status=Payment.Status.PAID).count() - 1

    def test_a_lost_dispute_ends_the_renewal(self, books, renewing, lose):
        lose()

        assert stop_due(now=clock.now(), limit=10) == 1

        renewing.refresh_from_db()
        assert (renewing.will_renew, renewing.stop_due_at) == (False, None)
        assert self.charged_again(books) == 0

    def test_control_without_the_sweep_the_customer_is_charged_again(self, books, lose):
        lose()

        assert self.charged_again(books) == 1

    def test_a_full_refund_in_the_dashboard_ends_the_renewal(self, books, renewing):
        (charge,) = books.world.every("charge")
        refunds.create_refund(books.world, {"charge": charge["id"]})
        books.deliver()

        stop_due(now=clock.now(), limit=10)

        renewing.refresh_from_db()
        assert renewing.will_renew is False
        assert self.charged_again(books) == 0

    def test_a_part_refunded_in_the_dashboard_leaves_the_renewal(self, books, renewing):
        (charge,) = books.world.every("charge")
        refunds.create_refund(books.world, {"charge": charge["id"], "amount": 500})
        books.deliver()

        assert stop_due(now=clock.now(), limit=10) == 0

    def test_is_tried_again_while_stripe_is_away(self, books, renewing, lose):
        lose()
        request = f"POST /v1/subscriptions/{renewing.external_id}"
        books.api.faults.ask(request, "500", times=3)
        now = clock.now()

        tried = [
            stop_due(now=at, limit=10)
            for at in (now, now + timedelta(minutes=1), now + timedelta(minutes=3))
        ]

        renewing.refresh_from_db()
        assert tried == [1, 0, 1]
        assert renewing.will_renew is False
        assert MoneyCase.objects.get().kind == MoneyCase.Kind.DISPUTE_LOST

    def test_what_stripe_refuses_to_stop_is_shown_to_staff(self, books, renewing, lose):
        lose()
        Subscription.objects.update(external_id="sub_unknown")

        stop_due(now=clock.now(), limit=10)
        stop_due(now=clock.now() + timedelta(days=1), limit=10)

        assert MoneyCase.objects.filter(kind=MoneyCase.Kind.STILL_RENEWING).count() == 1

    def test_a_customer_who_resumes_afterwards_renews(self, books, renewing, lose, customer):
        lose()
        stop_due(now=clock.now(), limit=10)

        resume_subscription(
            subscription_id=renewing.pk,
            customer_id=customer.pk,
            actor="customer",
            now=clock.now(),
        )
        reconcile(now=clock.now() + timedelta(minutes=5))

        assert stop_due(now=clock.now(), limit=10) == 0
        renewing.refresh_from_db()
        assert renewing.will_renew is True


class TestCustomersDeletedAtStripe:
    def test_end_what_they_renewed_and_buy_anew(self, books, place_now, customer):
        books.begin(place_now())
        books.deliver()
        customer.refresh_from_db()
        gone = customer.stripe_customer_id

        books.gateway.client.v1.customers.delete(gone)
        books.deliver()

        customer.refresh_from_db()
        assert Subscription.objects.get().status == "ended"
        assert customer.stripe_customer_id == ""
        assert Grant.objects.live().count() == 1
        books.begin(place_now())
        customer.refresh_from_db()
        assert customer.stripe_customer_id not in ("", gone)

    def test_of_another_program_are_foreign(self, books, customer):
        made = books.gateway.client.v1.customers.create({})
        books.gateway.client.v1.customers.delete(made.id)

        books.deliver()

        assert Notice.objects.get(kind="customer.deleted").outcome == "foreign"


class TestWarningsOfFraud:
    @pytest.fixture
    def warned(self, books, place_now) -> Order:
        order = place_now()
        books.buy(order)
        books.deliver()
        (charge,) = books.world.every("charge")
        refunds.warn_of_fraud(books.world, charge["id"])
        return order

    def test_are_shown_to_staff_once(self, books, warned):
        books.deliver()
        reconcile(now=clock.now() + timedelta(minutes=5))

        case = MoneyCase.objects.get()
        assert (case.kind, case.order, case.amount) == ("fraud_warning", warned, warned.total)

    def test_are_found_though_they_were_not_delivered(self, books, warned):
        reconcile(now=clock.now() + timedelta(minutes=5))

        assert MoneyCase.objects.get().kind == MoneyCase.Kind.FRAUD_WARNING

    def test_are_answered_by_a_refund_that_ends_access(self, books, warned):
        books.deliver()

        give_money_back(
            case_id=MoneyCase.objects.get().pk,
            reason="stolen",
            actor="staff:7",
            now=clock.now(),
        )

        warned.refresh_from_db()
        assert warned.status == Order.Status.REFUNDED
        assert not Grant.objects.live().exists()
        assert MoneyCase.objects.get().resolution == MoneyCase.Resolution.REFUND

    @pytest.mark.parametrize(
        ("parts", "resolution"), [([1], "refund"), ([2, 2], "refund"), ([2], "")]
    )
    def test_are_answered_by_refunding_all_of_the_order_on_its_page(
        self, books, warned, parts, resolution
    ):
        books.deliver()

        for part in parts:
            refund(
                order_id=warned.pk,
                amount=Money(warned.total_minor // part, warned.currency),
                reason="stolen card",
                access="keep",
                actor="staff:7",
                now=clock.now(),
            )

        case = MoneyCase.objects.get()
        closed = ("stolen card", "staff:7") if resolution else ("", "")
        assert case.resolution == resolution
        assert (case.reason, case.resolved_by) == closed
        assert Event.objects.filter(kind="money_case.resolved").count() == bool(resolution)

    def test_are_answered_by_a_refund_made_at_stripe(self, books, warned):
        books.deliver()
        (charge,) = books.world.every("charge")
        refunds.create_refund(books.world, {"charge": charge["id"]})

        books.deliver()

        case = MoneyCase.objects.get(kind=MoneyCase.Kind.FRAUD_WARNING)
        assert (case.resolution, case.resolved_by) == ("refund", "stripe")

    def test_of_what_went_back_already_say_nothing(self, books, warned):
        (charge,) = books.world.every("charge")
        refunds.create_refund(books.world, {"charge": charge["id"]})

        books.deliver()

        assert not MoneyCase.objects.filter(kind=MoneyCase.Kind.FRAUD_WARNING).exists()


class TestChangingThePlan:
    @pytest.fixture
    def upgrade(self, books, place_now, make_tier, tier, customer):
        """Begin the plan at 20.00 and ask for the one at 50.00 with this card."""

        def make(card: Behavior) -> Subscription:
            books.begin(place_now())
            books.deliver()
            books.change_card(card)
            vip = make_tier(product=tier.product, level="vip", base_price_minor=5000)
            subscription = Subscription.objects.get()
            whose = {"subscription_id": subscription.pk, "customer_id": customer.pk}
            preview = preview_plan(tier_id=vip.pk, now=clock.now(), **whose)
            return change_plan(preview=preview, actor="customer", now=clock.now(), **whose)

        return make

    @staticmethod
    def plan() -> tuple[str, int, str]:
        subscription = Subscription.objects.get()
        return subscription.tier.level, subscription.price_minor, subscription.status

    def test_a_paid_upgrade_is_the_new_plan_at_its_price(self, books, upgrade):
        upgrade(Behavior.SUCCEEDS)

        assert self.plan() == ("vip", 5000, "active")
        assert Order.objects.count() == 2

    def test_an_unpaid_upgrade_leaves_plan_price_and_access_as_they_were(self, books, upgrade):
        changed = upgrade(Behavior.DECLINED)

        assert self.plan() == ("premium", 2000, "active")
        assert "/invoice/" in changed.action_url
        assert Grant.objects.get().level == "premium"

    def test_an_upgrade_that_expires_unpaid_renews_the_old_plan_at_its_price(
        self, books, upgrade
    ):
        upgrade(Behavior.DECLINED)

        books.pass_days(1)
        books.deliver()
        expired = self.plan()
        books.change_card(Behavior.SUCCEEDS)
        books.pass_days(31)
        books.deliver()

        assert expired == self.plan() == ("premium", 2000, "active")
        assert [p.paid_minor for p in Payment.objects.order_by("pk")] == [2000, 2000]

    def test_an_upgrade_paid_later_is_the_new_plan_from_then_on(self, books, upgrade):
        upgrade(Behavior.DECLINED)
        books.change_card(Behavior.SUCCEEDS)
        (held,) = books.world.every("subscription")

        books.gateway.client.v1.invoices.pay(held["latest_invoice"])
        books.deliver()

        assert self.plan() == ("vip", 5000, "active")
        assert Grant.objects.filter(level="vip").count() == 1

    def test_refunding_a_paid_upgrade_gives_the_lower_plan_its_time_again(
        self, books, upgrade, customer
    ):
        upgrade(Behavior.SUCCEEDS)
        change = Order.objects.order_by("pk").last()
        preview = preview_refund(
            order_id=change.pk, amount=None, access="revoke", now=clock.now()
        )

        refund(
            order_id=change.pk, amount=change.paid, reason="asked", access="revoke",
            actor="staff:7", now=clock.now(),
        )  # fmt: skip
        books.deliver()

        held = Grant.objects.live().filter(customer=customer, access_until__gt=clock.now())
        lower = Grant.objects.order_by("pk").first()
        assert [(each.level, each.ends_at) for each in held] == [("premium", lower.ends_at)]
        assert preview.time_back == 1

    def test_an_upgrade_learned_of_after_its_period_is_booked_with_what_followed(
        self, books, place_now, make_tier, tier, customer
    ):
        books.begin(place_now())
        books.deliver()
        vip = make_tier(product=tier.product, level="vip", base_price_minor=5000)
        preview = preview_plan(
            subscription_id=Subscription.objects.get().pk, customer_id=customer.pk,
            tier_id=vip.pk, now=clock.now(),
        )  # fmt: skip
        books.gateway.change_plan(preview)
        books.pass_days(40)
        later = clock.now() + timedelta(days=40)

        sync_subscription(
            subscription_id=Subscription.objects.get().pk, actor="stripe", now=later
        )

        assert self.plan() == ("vip", 5000, "active")
        paid = list(Payment.objects.order_by("pk").values_list("paid_minor", flat=True))
        assert paid == [2000, preview.due_now.minor, 5000]
        held = Grant.objects.live().filter(customer=customer, access_until__gt=later)
        assert {each.level for each in held} == {"vip"}

    def test_a_plan_that_left_the_catalog_is_charged_and_booked(
        self, books, place_now, make_tier, tier, customer
    ):
        books.begin(place_now())
        books.deliver()
        small = make_tier(product=tier.product, level="free", base_price_minor=500)
        whose = {
            "subscription_id": Subscription.objects.get().pk,
            "customer_id": customer.pk,
        }
        preview = preview_plan(tier_id=small.pk, now=clock.now(), **whose)
        change_plan(preview=preview, actor="customer", now=clock.now(), **whose)
        tier.product.is_active = False
        tier.product.save(update_fields=["is_active"])

        books.pass_days(32)
        books.deliver()

        renewed = Order.objects.order_by("pk").last()
        line = renewed.lines.get()
        assert (renewed.paid_minor, line.level) == (500, "free")
        assert line.terms["tier_names"] == {"en": small.name}
        assert not Notice.objects.filter(outcome="waiting").exists()


class TestWhatOnePaymentCannotStop:
    def test_a_tier_of_another_shop_on_the_account_changes_nothing(self, books, place_now):
        books.begin(place_now())
        books.deliver()
        (held,) = books.world.every("subscription")
        held["items"]["data"][0]["price"]["metadata"]["shopbot_tier"] = "987654"

        sync_subscription(
            subscription_id=Subscription.objects.get().pk, actor="stripe", now=clock.now()
        )

        assert Subscription.objects.get().tier.level == "premium"

    def test_reconciliation_reads_on_past_an_answer_that_makes_no_sense(
        self, books, place_now, make_customer
    ):
        books.begin(place_now())
        books.deliver()
        (charge,) = books.world.every("charge")
        charge["created"] = None
        lost = place_now(customer=make_customer())
        books.begin(lost)

        (report,) = [r for r in reconcile(now=clock.now()) if r.provider == "stripe"]

        lost.refresh_from_db()
        assert (lost.is_paid, report.error) == (True, "")


class TestTheAudit:
    """Stripe's list of charges against the books."""

    @pytest.fixture
    def audited(self, books):
        def make() -> dict[str, tuple[bool, list[str]]]:
            report = audit(now=clock.now() + timedelta(hours=1)).report["comparisons"]
            return {
                each["name"]: (each["agrees"], each["explained"])
                for each in report
                if "at stripe" in each["name"]
            }

        return make

    def test_agrees_on_payments_refunds_and_renewals(self, books, place_now, audited):
        books.begin(place_now())
        (charge,) = books.world.every("charge")
        refunds.create_refund(books.world, {"charge": charge["id"], "amount": 500})
        books.deliver()

        assert audited() == {
            "paid at stripe, USD": (True, []),
            "refunded at stripe, USD": (True, []),
        }

    def test_shows_a_charge_that_no_delivery_told_of(self, books, place_now, audited):
        books.buy(place_now())
        (charge,) = books.world.every("charge")

        told = [f"{charge['id']}: here 0.00 USD, there 20.00 USD"]
        assert audited() == {"paid at stripe, USD": (False, told)}

    def test_of_another_programs_charges_nothing_is_said(self, books, place_now, audited):
        books.buy(place_now())
        (charge,) = books.world.every("charge")
        charge["metadata"], charge["customer"] = {}, None

        assert audited() == {}
