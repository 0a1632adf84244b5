"""The fake's API refuses what Stripe refuses, in its words."""

import pytest
import stripe

from orders.fake_stripe.api import Request
from orders.fake_stripe.forms import decode_form
from orders.fake_stripe.refusals import StripeRefusal
from orders.gateways.stripe_client import build_client
from tests.orders.fake_stripe.harness import CardShop

LINE = {
    "quantity": 1,
    "price_data": {"currency": "usd", "unit_amount": 1000, "product_data": {"name": "Tea"}},
}
SESSION = {"mode": "payment", "success_url": "https://shop.example/", "line_items": [LINE]}


@pytest.fixture
def shop():
    return CardShop()


@pytest.fixture
def v1(shop):
    return shop.gateway.client.v1


def refused(call, *args):
    with pytest.raises(stripe.StripeError) as caught:
        call(*args)
    return caught.value


def changed(**values):
    return {**SESSION, **values}


def priced(**values):
    return changed(line_items=[{**LINE, "price_data": {**LINE["price_data"], **values}}])


class TestForms:
    @pytest.mark.parametrize(
        ("text", "tree"),
        [
            ("a=1&b=", {"a": "1", "b": ""}),
            ("a[b][c]=1&a[b][d]=2", {"a": {"b": {"c": "1", "d": "2"}}}),
            ("a[0]=x&a[1]=y", {"a": ["x", "y"]}),
            ("a[]=x&a[]=y", {"a": ["x", "y"]}),
            ("a[1][b]=y&a[0][b]=x", {"a": [{"b": "x"}, {"b": "y"}]}),
            ("name=%D0%A7%D0%B0%D0%B9+%26", {"name": "Чай &"}),
            ("", {}),
        ],
    )
    def test_brackets_become_trees(self, text, tree):
        assert decode_form(text) == tree

    @pytest.mark.parametrize("text", ["a[=1", "a]b=1", "[a]=1", "a=1&a[b]=2", "a[b]=1&a=2"])
    def test_what_cannot_be_one_tree_is_refused(self, text):
        with pytest.raises(StripeRefusal):
            decode_form(text)


class TestTheDoor:
    def test_no_key_no_answer(self, shop):
        answer = shop.api.answer(Request("GET", "/v1/account"))

        assert answer.status == 401
        assert "You did not provide an API key" in answer.body

    @pytest.mark.parametrize("key", ["sk_live_x", "pk_test_x", "nonsense"])
    def test_only_test_keys_open(self, shop, key):
        client = build_client(key, http_client=shop.gateway.client._requestor._client)

        error = refused(client.v1.accounts.retrieve_current)

        assert isinstance(error, stripe.AuthenticationError)

    def test_a_key_may_be_the_only_one(self, shop, v1):
        shop.api.api_key = "sk_test_another"

        assert isinstance(refused(v1.accounts.retrieve_current), stripe.AuthenticationError)

    def test_another_version_is_refused(self, shop, v1):
        error = refused(
            v1.accounts.retrieve_current, {}, {"stripe_version": "2025-03-31.basil"}
        )

        assert "2026-10-28.endive" in str(error)

    def test_an_address_that_is_not_there_is_404(self, shop):
        client = shop.gateway.client

        error = refused(client.raw_request, "get", "/v1/nothing/here")

        assert error.http_status == 404


class TestShapes:
    @pytest.mark.parametrize(
        ("params", "param", "words"),
        [
            (changed(payment_method_types=["card"]), "payment_method_types", "no longer"),
            (changed(succeed_url="x"), "succeed_url", "unknown parameter"),
            (changed(mode="payments"), "mode", "Invalid mode"),
            (priced(unit_amount="12.5"), None, "Invalid integer"),
            (priced(amount=3), None, "unknown parameter"),
            (changed(line_items=[]), "line_items", "line_items"),
            ({"mode": "payment", "line_items": [LINE]}, "success_url", "success_url"),
            ({**SESSION, "mode": None}, "mode", "mode"),
            (changed(success_url="tg://chat"), "success_url", "Not a valid URL"),
            (changed(client_reference_id="x" * 201), None, "200"),
            (changed(metadata={"k" * 41: "v"}), "metadata", "too large"),
            (changed(metadata={"k": "v" * 501}), "metadata", "too large"),
            (changed(subscription_data={}), None, ""),
        ],
    )
    def test_a_wrong_session_is_refused_and_nothing_is_kept(
        self, shop, v1, params, param, words
    ):
        if params.get("subscription_data") == {}:
            params = changed(subscription_data={"description": "x"})
        error = refused(v1.checkout.sessions.create, params)

        assert error.http_status == 400
        assert words in str(error)
        assert param is None or error.param == param
        assert shop.world.every("checkout.session") == []

    @pytest.mark.parametrize(
        ("values", "words"),
        [
            ({"currency": "xyz"}, "Invalid currency"),
            ({"unit_amount": 49}, r"at least $0.50"),
            ({"unit_amount": 100_000_000}, "no more than"),
            ({"currency": "isk", "unit_amount": 501}, "no decimals"),
            ({"currency": "ugx", "unit_amount": 501}, "no decimals"),
            ({"currency": "kwd", "unit_amount": 5124}, "divisible by 10"),
            ({"currency": "jpy", "unit_amount": 49}, "¥50"),
        ],
    )
    def test_amounts_follow_stripes_table(self, shop, v1, values, words):
        error = refused(v1.checkout.sessions.create, priced(**values))

        assert words in str(error)
        assert shop.world.every("checkout.session") == []

    @pytest.mark.parametrize(
        ("minutes", "words"), [(29, "at least 30"), (1441, "less than 24")]
    )
    def test_a_session_lives_half_an_hour_to_a_day(self, shop, v1, minutes, words):
        moment = shop.world.now() + minutes * 60

        error = refused(v1.checkout.sessions.create, changed(expires_at=moment))

        assert words in str(error)

    def test_coupon_and_code_exclude_each_other(self, shop, v1):
        coupon = v1.coupons.create({"percent_off": 10, "duration": "once"})
        both = changed(discounts=[{"coupon": coupon.id}], allow_promotion_codes=True)

        assert "only specify one" in str(refused(v1.checkout.sessions.create, both))

    def test_a_renewing_price_needs_its_mode_and_the_other_way_round(self, shop, v1):
        renewing = priced(recurring={"interval": "month"})

        wrong = refused(v1.checkout.sessions.create, renewing)
        missing = refused(v1.checkout.sessions.create, changed(mode="subscription"))

        assert "Either switch to `subscription`" in str(wrong)
        assert "at least one recurring price" in str(missing)

    def test_the_lists_own_limits(self, shop, v1):
        assert "between 1 and 100" in str(refused(v1.refunds.list, {"limit": 101}))


class TestIdempotency:
    def test_the_same_key_and_body_answer_the_same_once(self, shop, v1):
        first = v1.customers.create({"name": "Ann"}, {"idempotency_key": "k"})
        second = v1.customers.create({"name": "Ann"}, {"idempotency_key": "k"})

        assert first.id == second.id
        assert second.last_response.headers["idempotent-replayed"] == "true"
        assert len(shop.world.every("customer")) == 1

    def test_the_same_key_with_another_body_is_refused(self, shop, v1):
        v1.customers.create({"name": "Ann"}, {"idempotency_key": "k"})

        error = refused(v1.customers.create, {"name": "Bob"}, {"idempotency_key": "k"})

        assert isinstance(error, stripe.IdempotencyError)
        assert len(shop.world.every("customer")) == 1

    def test_a_refusal_of_the_work_is_remembered_too(self, shop, v1):
        payment = shop.paid()
        params = {"payment_intent": payment.refs.intent_id, "amount": 99_999}

        first = refused(v1.refunds.create, params, {"idempotency_key": "k"})
        second = refused(v1.refunds.create, params, {"idempotency_key": "k"})

        assert str(first).partition(": ")[2] == str(second).partition(": ")[2]

    def test_a_wrong_shape_leaves_the_key_free(self, shop, v1):
        refused(v1.customers.create, {"given_name": "Ann"}, {"idempotency_key": "k"})

        assert v1.customers.create({"name": "Ann"}, {"idempotency_key": "k"}).name == "Ann"

    def test_events_say_which_key_caused_them(self, shop, v1):
        v1.customers.create({"name": "Ann"}, {"idempotency_key": "k"})

        (event,) = shop.world.every("event")
        assert event["request"]["idempotency_key"] == "k"


class TestReading:
    def test_pages_follow_each_other_newest_first(self, shop, v1):
        made = [v1.customers.create({"name": str(at)}).id for at in range(5)]

        first = v1.customers.list({"limit": 2})
        rest = v1.customers.list({"limit": 100, "starting_after": first.data[-1].id})

        assert first.has_more is True
        assert [c.id for c in first.data + rest.data] == made[::-1]

    def test_an_unknown_place_to_go_on_from_is_refused(self, shop, v1):
        assert "No such" in str(refused(v1.customers.list, {"starting_after": "cus_x"}))

    def test_times_bound_a_list(self, shop, v1):
        old = v1.customers.create({}).id
        shop.pass_days(1)
        new = v1.customers.create({}).id
        now = shop.world.now()

        assert [c.id for c in v1.customers.list({"created": {"gte": now}}).data] == [new]
        assert [c.id for c in v1.customers.list({"created": {"lt": now}}).data] == [old]
        assert [c.id for c in v1.customers.list({"created": now}).data] == [new]

    def test_what_is_not_a_reference_cannot_be_expanded(self, shop, v1):
        made = v1.customers.create({})

        error = refused(v1.customers.retrieve, made.id, {"expand": ["nothing"]})

        assert "cannot be expanded" in str(error)

    def test_four_levels_are_the_deepest(self, shop, v1):
        made = v1.customers.create({})

        error = refused(v1.customers.retrieve, made.id, {"expand": ["a.b.c.d.e"]})

        assert "more than 4 levels" in str(error)

    def test_expanding_changes_nothing_that_is_kept(self, shop, v1):
        payment = shop.paid()

        v1.payment_intents.retrieve(payment.refs.intent_id, {"expand": ["latest_charge"]})

        kept = shop.world.objects[payment.refs.intent_id]
        assert kept["latest_charge"] == payment.refs.charge_id

    def test_a_deleted_customer_says_so(self, shop, v1):
        made = v1.customers.create({})
        v1.customers.delete(made.id)

        assert v1.customers.retrieve(made.id).deleted is True
        assert v1.customers.list().data == []

    def test_objects_of_another_kind_are_not_found(self, shop, v1):
        made = v1.customers.create({})

        assert refused(v1.charges.retrieve, made.id).code == "resource_missing"


class TestSessionsEnd:
    def test_only_open_ones_can_be_expired(self, shop, v1):
        payment = shop.paid()

        error = refused(v1.checkout.sessions.expire, payment.refs.external_id)

        assert 'with a status in ["open"]' in str(error)

    def test_nobody_can_pay_an_expired_one(self, shop):
        order = shop.payable()
        link = shop.gateway.open(order)
        shop.pass_days(1)
        shop.gateway.fetch(shop.reference(order, link))

        with pytest.raises(StripeRefusal, match="expired"):
            shop.pay(link)

        assert shop.world.every("charge") == []


class TestEndpoints:
    def test_the_secret_is_shown_once(self, v1):
        made = v1.webhook_endpoints.create(
            {"url": "https://shop.example/", "enabled_events": ["*"]}
        )

        assert made.secret.startswith("whsec_")
        assert "secret" not in v1.webhook_endpoints.retrieve(made.id)

    @pytest.mark.parametrize(
        "params",
        [
            {"url": "ftp://shop.example/", "enabled_events": ["*"]},
            {"url": "https://shop.example/", "enabled_events": ["charge.refnded"]},
            {"url": "https://x.example/", "enabled_events": ["*"], "api_version": "2030-01-01"},
        ],
    )
    def test_wrong_ones_are_refused(self, shop, v1, params):
        refused(v1.webhook_endpoints.create, params)

        assert len(shop.world.every("webhook_endpoint")) == 1

    def test_a_disabled_one_hears_nothing(self, shop, v1):
        v1.webhook_endpoints.update(shop.endpoint["id"], {"disabled": True})

        shop.paid()

        assert shop.deliveries() == []

    def test_one_hears_only_what_it_asked_for(self, shop, v1):
        v1.webhook_endpoints.update(
            shop.endpoint["id"], {"enabled_events": ["charge.succeeded"]}
        )

        shop.paid()

        assert len(shop.deliveries()) == 1
