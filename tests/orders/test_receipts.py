"""A receipt is a page of PDF that anyone can check."""

from __future__ import annotations

import re
import zlib

import pytest

from orders.errors import UnknownOrder
from orders.receipts.document import receipt_file, receipt_for_customer

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _seller(settings):
    settings.SELLER_NAME = "Example Signals Ltd"
    settings.SELLER_ADDRESS = "1 High Street, London"


def glyph_counts(content: bytes) -> int:
    """Count the bytes of drawn text, which is written in the font's own numbering."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", content, re.DOTALL)
    pages = [zlib.decompress(stream) for stream in streams if stream[:1] == b"x"]
    return sum(page.count(b"Tj") for page in pages)


def test_is_a_pdf_named_by_its_number(buy):
    order = buy()

    file = receipt_file(order_id=order.pk)

    assert file.name == f"receipt-{order.receipt.number}.pdf"
    assert file.content.startswith(b"%PDF-")
    assert glyph_counts(file.content) >= 10


def test_is_the_same_file_byte_for_byte_each_time(buy):
    order = buy()

    assert receipt_file(order_id=order.pk) == receipt_file(order_id=order.pk)


@pytest.mark.parametrize("language", ["en", "ru", "de", "es"])
def test_is_printed_in_every_language_of_the_shop(buy, language):
    assert receipt_file(order_id=buy().pk, language=language).content.startswith(b"%PDF-")


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
