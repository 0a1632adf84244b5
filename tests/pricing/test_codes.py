"""Codes in numbers, and gift cards."""

import pytest

from pricing.engine import QuoteRequest
from pricing.errors import LimitReached, NotReady, UnknownRow
from pricing.models import PromoCode
from pricing.services import quote_offer, reserve
from pricing.services.codes import (
    ALPHABET,
    make_codes,
)
from tests.customers.factories import make_customer
from tests.pricing.rows import make_promotion


def test_bulk_codes_work_once_each(tier, customer, now):
    promotion = make_promotion(trigger="code")

    codes = make_codes(
        promotion_id=promotion.pk,
        count=50,
        batch="Fair",
        prefix="fair",
        actor="staff:1",
        now=now,
    )

    assert len({code.code for code in codes}) == 50
    assert all(code.code.startswith("FAIR-") for code in codes)
    assert set("".join(code.code[5:] for code in codes)) <= set(ALPHABET)
    request = QuoteRequest(
        tier_id=tier.pk, months=1, region="US", at=now, promo_code=codes[0].code
    )
    quote = quote_offer(request=request)
    assert quote.total_minor == 1800
    reserve(quote=quote, holder="order:1", customer_id=customer.pk, now=now)
    with pytest.raises(LimitReached):
        reserve(quote=quote, holder="order:2", customer_id=make_customer().pk, now=now)


@pytest.mark.parametrize(
    ("trigger", "count"), [("code", 0), ("code", 10_001), ("automatic", 1)]
)
def test_refuses_codes_that_make_no_sense(shop, now, trigger, count):
    promotion = make_promotion(trigger=trigger)

    with pytest.raises(NotReady):
        make_codes(promotion_id=promotion.pk, count=count, batch="", actor="staff:1", now=now)

    assert not PromoCode.objects.exists()


def test_refuses_codes_of_no_promotion(shop, now):
    with pytest.raises(UnknownRow):
        make_codes(promotion_id=1, count=1, batch="", actor="staff:1", now=now)
