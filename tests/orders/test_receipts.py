"""A receipt is a page of PDF that anyone can check."""

from __future__ import annotations

import re
import zlib

import pytest

from orders.errors import UnknownOrder
from orders.receipts.document import receipt_file, receipt_for_customer, step_rows

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _seller(settings):
    settings.SELLER_NAME = "Example Signals Ltd"
    settings.SELLER_ADDRESS = "1 High Street, London"


def drawn(content: bytes) -> bytes:
    """Return the instructions that draw text, which is in the font's own numbering."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", content, re.DOTALL)
    pages = [zlib.decompress(stream) for stream in streams if stream[:1] == b"x"]
    return b"".join(page for page in pages if b"Tj" in page)


def test_is_a_pdf_named_by_its_number(buy):
    order = buy()

    file = receipt_file(order_id=order.pk)

    assert file.name == f"receipt-{order.receipt.number}.pdf"
    assert file.content.startswith(b"%PDF-")
    assert drawn(file.content).count(b"Tj") >= 10


def test_is_the_same_file_byte_for_byte_each_time(buy):
    order = buy()

    assert receipt_file(order_id=order.pk) == receipt_file(order_id=order.pk)


def test_is_printed_in_each_language_of_the_shop_in_other_words(buy):
    order_id = buy().pk

    printed = [
        receipt_file(order_id=order_id, language=language).content
        for language in ("en", "ru", "de", "es")
    ]

    assert len({drawn(content) for content in printed}) == 4


def test_is_printed_in_the_language_of_the_customer(place, pay, make_customer):
    order = pay(place(customer=make_customer(language="de")))

    assert receipt_file(order_id=order.pk) == receipt_file(order_id=order.pk, language="de")
    assert receipt_file(order_id=order.pk) != receipt_file(order_id=order.pk, language="en")


@pytest.mark.parametrize("region", ["US", "EU", "GB"])
def test_the_steps_lead_from_the_list_price_to_what_was_paid(
    place, pay, make_customer, make_tier, region
):
    tier = make_tier(base_price_minor=2000, floor_price_minor=1900)
    order = pay(place(tier=tier, months=12, customer=make_customer(region=region)))

    steps = [row.amount.minor for row in step_rows(order, "en")]

    assert min(steps) < 0 < max(steps)
    assert order.base.minor + sum(steps) == order.paid.minor


def test_names_the_seller_of_the_settings(buy, settings):
    order_id = buy().pk
    before = drawn(receipt_file(order_id=order_id).content)
    settings.SELLER_TAX_ID = "GB 123 456 789"

    after = drawn(receipt_file(order_id=order_id).content)

    assert after.count(b"Tj") > before.count(b"Tj")


@pytest.mark.parametrize("name", ["Ада 🦊", "<b>Ada</b>", "張偉", "أدا"])
def test_is_printed_whatever_the_customer_is_called(place, pay, make_customer, name):
    order = pay(place(customer=make_customer(first_name=name)))

    assert receipt_file(order_id=order.pk).content.startswith(b"%PDF-")


def test_a_customer_gets_their_own_and_nobody_elses(buy, make_customer):
    order = buy()
    stranger = make_customer()

    assert receipt_for_customer(customer_id=order.customer_id, order_id=order.pk).content
    with pytest.raises(UnknownOrder):
        receipt_for_customer(customer_id=stranger.pk, order_id=order.pk)


def test_an_order_that_was_not_paid_has_none(place):
    with pytest.raises(UnknownOrder):
        receipt_file(order_id=place().pk)
