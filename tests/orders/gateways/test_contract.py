"""Every gateway keeps the same promises."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from uuid import uuid4

import pytest

from orders.gateways.protocol import (
    BadSignature,
    ChargeReason,
    Gateway,
    GatewayError,
    NotSupported,
    PaymentStatus,
    PlanChange,
    RecurringTerms,
    RefundStatus,
    SubscriptionStatus,
)
from shopbot.kernel.money import Money
from tests.orders.gateways.contract import Provider
from tests.orders.gateways.providers import PROVIDERS

LEFT = {RefundStatus.PENDING, RefundStatus.SUCCEEDED}


@pytest.fixture(params=PROVIDERS, ids=lambda provider: provider.name)
def provider(request) -> Iterator[Provider]:
    with ExitStack() as stack:
        yield request.param(stack)


def test_is_a_gateway_under_its_own_name(provider):
    assert isinstance(provider.gateway, Gateway)
    assert provider.gateway.name == provider.name
    assert provider.gateway.label


def test_can_take_what_it_is_asked_to_take(provider):
    capabilities = provider.gateway.capabilities

    assert capabilities.currencies is None or provider.price.currency in capabilities.currencies
    assert capabilities.goods_types <= {"digital", "service", "physical"}
    assert capabilities.recurring is bool(capabilities.recurring_months)


def test_opens_with_an_address_or_an_invoice_and_never_both(provider):
    _, link = provider.opened()

    assert bool(link.url) is not bool(link.invoice)


def test_opening_again_with_the_same_key_opens_no_second_payment(provider):
    order = provider.payable()

    first, second = provider.gateway.open(order), provider.gateway.open(order)

    assert (second.external_id, second.url) == (first.external_id, first.url)


def test_an_open_payment_is_not_paid(provider):
    payment, _ = provider.opened()

    state = provider.gateway.fetch(payment)

    assert (state.status, state.paid, state.refunds) == (PaymentStatus.OPEN, None, ())


def test_a_paid_payment_says_how_much_and_by_which_charge(provider):
    payment = provider.paid()

    state = provider.gateway.fetch(payment)

    assert (state.status, state.paid) == (PaymentStatus.PAID, provider.price)
    assert state.charge_id
    assert (state.refunds, state.disputes) == ((), ())


def test_what_is_delivered_names_the_payment(provider):
    payment, link = provider.opened()
    provider.pay(payment, link)

    notices = provider.told()

    assert notices
    for notice in notices:
        assert notice.provider == provider.name
        assert notice.is_ours
        named = (notice.refs.payment_key, notice.refs.external_id, str(notice.refs.order_id))
        assert {str(payment.payment_key), link.external_id or "-", "17"} & set(named)


def test_the_same_message_has_the_same_id_each_time(provider):
    payment, link = provider.opened()
    provider.pay(payment, link)

    for body, headers in provider.deliveries():
        first, again = (
            provider.gateway.read(body, headers),
            provider.gateway.read(body, headers),
        )
        assert first == again


def test_what_was_not_signed_is_refused(provider):
    if provider.name == "stars":
        # The webhook's secret is checked at the door; nothing inside of it is signed.
        return
    payment, link = provider.opened()
    provider.pay(payment, link)

    for body, headers in provider.deliveries():
        for forged in ({}, dict.fromkeys(headers, "forged")):
            with pytest.raises(BadSignature):
                provider.gateway.read(body, forged)
        with pytest.raises(BadSignature):
            provider.gateway.read(body + b" ", headers)


def test_gives_everything_back(provider):
    payment = provider.paid()
    request = provider.request(payment, provider.price.minor)

    refund = provider.gateway.refund(request)

    assert (refund.amount, refund.status in LEFT) == (provider.price, True)
    assert refund.external_id


def test_a_refund_repeated_under_its_key_is_one_refund(provider):
    payment = provider.paid()
    request = provider.request(payment, provider.price.minor)

    first, again = provider.gateway.refund(request), provider.gateway.refund(request)

    assert again.external_id == first.external_id
    state = provider.gateway.fetch(replace(payment, known_refunds=(first,)))
    assert [refund.external_id for refund in state.refunds] == [first.external_id]


def test_gives_a_part_back_or_says_that_it_cannot(provider):
    payment = provider.paid()
    request = provider.request(payment, 500)

    if provider.gateway.capabilities.partial_refunds:
        assert provider.gateway.refund(request).amount == Money(500, provider.price.currency)
    else:
        with pytest.raises(NotSupported):
            provider.gateway.refund(request)


def test_gives_back_no_more_than_was_paid(provider):
    payment = provider.paid()
    request = replace(provider.request(payment, provider.price.minor + 1), is_full=False)

    with pytest.raises(GatewayError) as refused:
        provider.gateway.refund(request)

    assert refused.value.permanent


def test_a_refund_made_at_the_provider_is_in_the_state(provider):
    payment = provider.paid()
    provider.refund_there(payment)

    state = provider.gateway.fetch(
        replace(payment, notices=(*payment.notices, *provider.told()))
    )

    (refund,) = state.refunds
    assert (refund.amount, refund.status in LEFT) == (provider.price, True)


def test_the_order_in_which_notices_came_does_not_matter(provider):
    payment = provider.paid()
    provider.refund_there(payment)
    notices = [*payment.notices, *provider.told()]
    expected = provider.gateway.fetch(replace(payment, notices=tuple(notices)))

    for seed in range(5):
        random.Random(seed).shuffle(notices)  # noqa: S311
        repeated = tuple(notices + notices[:2])

        assert provider.gateway.fetch(replace(payment, notices=repeated)) == expected


def test_a_cancelled_payment_is_closed(provider):
    payment, _ = provider.opened()

    state = provider.gateway.cancel(payment)

    assert state.status in {PaymentStatus.CANCELLED, PaymentStatus.EXPIRED}


def test_cancelling_what_was_just_paid_says_that_it_is_paid(provider):
    payment = provider.paid()

    state = provider.gateway.cancel(payment)

    assert (state.status, state.paid) == (PaymentStatus.PAID, provider.price)


def test_lists_what_happened_to_its_end(provider):
    provider.paid()
    cursor, seen = "", []

    for _ in range(10):
        page = provider.gateway.list_changes(since=provider.now(), cursor=cursor)
        seen.extend(page.notices)
        cursor = page.cursor
        if not page.has_more:
            break

    assert not page.has_more
    assert all(notice.provider == provider.name for notice in seen)


def test_what_is_listed_is_one_fact_with_what_was_delivered(provider):
    if not provider.gateway.capabilities.folds_notices:
        return
    payment = provider.paid()

    listed = provider.gateway.list_changes(since=provider.now(), cursor="").notices

    assert {notice.event_id for notice in listed} <= {
        notice.event_id for notice in payment.notices
    }


def test_refuses_to_renew_where_it_cannot(provider):
    if provider.gateway.capabilities.recurring:
        return

    with pytest.raises(NotSupported):
        provider.gateway.subscribe(provider.payable())


def test_a_renewal_begins_with_a_first_charge_that_is_paid(provider):
    if not provider.gateway.capabilities.recurring:
        return
    payment, _ = provider.renewing()

    state = provider.gateway.fetch(payment)

    assert (state.status, state.paid) == (PaymentStatus.PAID, provider.price)
    assert state.subscription.status is SubscriptionStatus.ACTIVE
    assert state.subscription.will_renew is not False
    (first,) = state.subscription.charges
    assert (first.reason, first.paid) == (ChargeReason.FIRST, provider.price)
    assert state.subscription.current_period_end > provider.now()


def test_a_renewal_is_stopped_as_often_as_one_likes_and_resumed(provider):
    if not provider.gateway.capabilities.recurring:
        return
    _, agreement = provider.renewing()

    stopped = [provider.gateway.cancel_subscription(agreement) for _ in range(2)]
    resumed = provider.gateway.resume_subscription(agreement)

    assert [state.will_renew for state in stopped] == [False, False]
    # True, or None where the customer has to agree at the provider.
    assert resumed.will_renew is not False


def test_refuses_the_plans_and_the_page_that_it_does_not_have(provider):
    gateway = provider.gateway
    if not gateway.capabilities.recurring:
        return
    _, agreement = provider.renewing()
    change = PlanChange(
        key=uuid4(), subscription=agreement, tier_id=2, title="VIP", is_immediate=True,
        terms=RecurringTerms(months=1, price=provider.price + provider.price),
    )  # fmt: skip

    for has_it, ask in (
        (gateway.capabilities.plan_changes, lambda: gateway.preview_change(change)),
        (
            gateway.capabilities.customer_portal,
            lambda: gateway.portal_url(agreement, return_url="https://shop.example/"),
        ),
    ):
        if has_it:
            assert ask()
        else:
            with pytest.raises(NotSupported):
                ask()


def test_does_not_know_what_was_never_opened(provider):
    payment, _ = provider.opened()
    unknown = replace(payment, payment_key=uuid4(), refs=type(payment.refs)())

    try:
        state = provider.gateway.fetch(unknown)
    except GatewayError:
        return
    assert state.paid is None
