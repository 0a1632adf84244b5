"""What nobody may read in a log or on an error page."""

import io
import json
import logging

import pytest
import structlog
from django.test import Client, override_settings
from django.urls import path

from shopbot.redaction import HIDDEN, redact, redact_text
from shopbot.settings.environment import Environment
from shopbot.settings.logs import logging_config

TOKEN = "1234567890:AAF0b1c2d3e4f5g6h7i8j9k0l1m2n3o4p5q"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"POST https://api.telegram.org/bot{TOKEN}/sendMessage", "bot[hidden]/sendMessage"),
        ("key sk_live_51Habcdef0123456789 refused", "key [hidden] refused"),
        ("secret whsec_abcDEF0123", "secret [hidden]"),
        ("at postgresql://shop:hunter2@db/shop", "at postgresql://shop:[hidden]@db/shop"),
        ("redis://:hunter2@cache:6379", "redis://:[hidden]@cache:6379"),
        ("Authorization: Bearer abcdefgh12345678", "Authorization: Bearer [hidden]"),
    ],
)
def test_secrets_are_hidden_by_their_form(text, shown):
    assert redact_text(text).endswith(shown)


def test_ordinary_texts_stay_as_they_are():
    text = "order:17 paid 172.80 USD at 2026-03-15T12:00:00 by customer:42, see http://a.b/c"

    assert redact_text(text) == text


def test_secrets_are_hidden_by_the_names_of_their_parts_at_any_depth():
    value = {
        "order": 17,
        "headers": [{"X-Telegram-Bot-Api-Secret-Token": "abc"}],
        "password": "x",
    }

    assert redact(value) == {
        "order": 17,
        "headers": [{"X-Telegram-Bot-Api-Secret-Token": HIDDEN}],
        "password": HIDDEN,
    }


@pytest.fixture
def logged():
    """Log through the shop's own formatter into a text."""
    written = io.StringIO()
    config = logging_config(Environment(log_format="json"))
    formatter = config["formatters"]["shop"]
    handler = logging.StreamHandler(written)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=formatter["processors"], foreign_pre_chain=formatter["foreign_pre_chain"]
        )
    )
    logger = logging.getLogger("tests.redaction")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield logger, lambda: json.loads(written.getvalue().splitlines()[-1])
    logger.removeHandler(handler)


def test_a_log_line_is_json_with_the_ids_of_what_it_belongs_to(logged):
    logger, last = logged

    with structlog.contextvars.bound_contextvars(request_id="r1", update_id=7, order_id=17):
        logger.info("paid %s", "order:17")

    line = last()
    assert (line["event"], line["request_id"], line["update_id"], line["order_id"]) == (
        "paid order:17",
        "r1",
        7,
        17,
    )


def test_a_log_line_hides_secrets_in_its_message_its_extras_and_its_traceback(logged):
    logger, last = logged

    try:
        raise ValueError(f"cannot reach bot{TOKEN}")
    except ValueError:
        logger.exception("failed with %s", TOKEN, extra={"api_key": "abc"})

    line = last()
    assert TOKEN not in json.dumps(line)
    assert line["api_key"] == HIDDEN
    assert "ValueError: cannot reach bot[hidden]" in line["exception"]


def _broken(request):
    telegram_bot_token = "not the form of any token"
    address = f"https://api.telegram.org/bot{TOKEN}/getMe"
    raise RuntimeError(f"no answer from {address}", len(telegram_bot_token))


urlpatterns = [path("broken/", _broken)]


@override_settings(
    DEBUG=True, ROOT_URLCONF=__name__, CELERY_BROKER_URL="redis://:hunter2@cache"
)
def test_an_error_page_shows_no_secret():
    client = Client(raise_request_exception=False)

    page = client.get("/broken/", headers={"Authorization": "Bearer abcdefgh12345678"})

    text = page.content.decode()
    assert page.status_code == 500
    assert "RuntimeError" in text
    for secret in (TOKEN, "hunter2", "abcdefgh12345678", "not the form of any token&#x27;"):
        assert secret not in text
