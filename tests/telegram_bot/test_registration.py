"""What Telegram is told about the bot, and what the commands say of it."""

import json
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import StringIO
from threading import Thread

import pytest
from django.core.management import CommandError, call_command

from telegram_bot.doctor import webhook_findings
from telegram_bot.envelope import SHOP_UPDATES
from telegram_bot.errors import BadWebhookAddress
from telegram_bot.registration import set_webhook, webhook_address
from telegram_bot.webhook_secret import webhook_secret
from tests.telegram_bot.chat import BOT_ID

pytestmark = pytest.mark.django_db


class BotApi:
    """A server of the Bot API that remembers what it is told."""

    def __init__(self):
        self.calls = []
        self.webhook = {}
        self.understands = set(SHOP_UPDATES)
        self.status = 200

    def answer(self, method, params):
        self.calls.append(method)
        if self.status != 200:
            return {"ok": False, "error_code": self.status, "description": "Unauthorized"}
        if method == "setWebhook":
            allowed = [name for name in params["allowed_updates"] if name in self.understands]
            self.webhook = {**params, "allowed_updates": allowed}
            self.webhook.pop("secret_token")
        if method == "getWebhookInfo":
            return {"ok": True, "result": {"pending_update_count": 0, **self.webhook}}
        return {"ok": True, "result": True}


@contextmanager
def served(api):
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            size = int(self.headers["Content-Length"])
            method = self.path.rpartition("/")[2]
            body = json.dumps(api.answer(method, json.loads(self.rfile.read(size)))).encode()
            self.send_response(api.status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def api(settings):
    found = BotApi()
    settings.SIMULATOR_ENABLED = False
    settings.PUBLIC_URL = "https://shop.example"
    with served(found) as address:
        settings.TELEGRAM_API_URL = address
        yield found


def run(command, *options):
    out = StringIO()
    call_command(command, *options, stdout=out)
    return out.getvalue()


def test_set_webhook_tells_where_and_what_and_sets_the_menus_however_often(api):
    first, second = run("set_webhook"), run("set_webhook")

    assert first == second
    assert f"https://shop.example/telegram/{BOT_ID}/webhook/" in first
    assert api.webhook["url"] == f"https://shop.example/telegram/{BOT_ID}/webhook/"
    assert api.webhook["allowed_updates"] == list(SHOP_UPDATES)
    assert api.calls[:6] == ["setWebhook", "getWebhookInfo", *["setMyCommands"] * 4]


def test_the_secret_told_is_that_of_the_newest_version(settings):
    settings.TELEGRAM_WEBHOOK_VERSIONS = (3, 2)
    told = {}

    class Api:
        def call(self, method, params):
            told.update(params)
            return {}

    set_webhook(Api())

    assert told["secret_token"] == webhook_secret(bot_id=BOT_ID, version=3)


def test_what_telegram_did_not_understand_is_complained_of(api):
    api.understands.discard("subscription")

    with pytest.raises(CommandError, match="allowed_updates"):
        run("set_webhook")


def test_a_telegram_that_refuses_is_quoted_without_the_token(api, settings):
    api.status = 401

    with pytest.raises(CommandError, match="Unauthorized.*TELEGRAM_BOT_TOKEN") as caught:
        run("set_webhook")

    assert caught.value.returncode == 2
    assert settings.TELEGRAM_BOT_TOKEN not in str(caught.value)


def test_a_telegram_that_is_away_is_said_without_the_token(settings):
    settings.TELEGRAM_API_URL = "http://127.0.0.1:1"

    with pytest.raises(CommandError, match="setWebhook") as caught:
        run("set_webhook")

    assert settings.TELEGRAM_BOT_TOKEN not in str(caught.value)


def test_the_doctor_asks_for_the_bot_that_polls_and_wants_no_webhook(api, settings):
    settings.PUBLIC_URL = "http://127.0.0.1:8000"
    assert [finding.is_well for finding in webhook_findings()] == [True]
    api.status = 401

    (finding,) = webhook_findings()

    assert "Unauthorized" in finding.fault
    assert "TELEGRAM_BOT_TOKEN" in finding.remedy


@pytest.mark.parametrize(
    "address", ["http://shop.example", "https://shop.example:8000", "http://127.0.0.1:8000"]
)
def test_an_address_that_telegram_does_not_deliver_to_is_refused_with_exit_code_2(
    settings, address
):
    settings.SIMULATOR_ENABLED = False
    settings.PUBLIC_URL = address

    with pytest.raises(BadWebhookAddress):
        webhook_address()
    with pytest.raises(CommandError, match="run_polling") as caught:
        run("set_webhook")
    assert caught.value.returncode == 2


@pytest.mark.parametrize("port", [443, 80, 88, 8443])
def test_the_ports_that_telegram_delivers_to_are_taken(settings, port):
    settings.SIMULATOR_ENABLED = False
    settings.PUBLIC_URL = f"https://shop.example:{port}/"

    assert webhook_address() == f"https://shop.example:{port}/telegram/{BOT_ID}/webhook/"


def test_webhook_info_shows_what_telegram_knows_and_complains_of_differences(api):
    run("set_webhook")
    assert "pending_update_count" in run("webhook_info")
    report = json.loads(run("webhook_info", "--json"))
    assert report["differences"] == []

    api.webhook["url"] = "https://elsewhere.example/"
    api.webhook["last_error_date"] = 1_773_576_000

    with pytest.raises(CommandError, match="elsewhere"):
        run("webhook_info")
