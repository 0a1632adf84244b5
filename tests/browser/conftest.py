"""The whole shop as ``make run`` opens it, and a real browser to look at it with.

A browser test costs little: all of them share one shop (web server, worker, beat and simulator
on SQLite, with the demo catalog) and one Chromium, opened for the first test of this package
and closed after the last. ``make test`` gives them all to one worker, as tests marked
``browser`` in one folder are a group. So a test here

* sets ``pytestmark = pytest.mark.browser``;
* asks for ``chat`` (a customer's phone), ``admin`` (a member of staff), ``page``, ``picture``;
* brings customers with names that no other test uses, and looks at their rows alone: the shop
  has the others' too. What it changes of the catalog or the settings it puts back;
* opens no shop of its own. ``open_shop`` is for another engine or environment.

Pictures go to ``var/pictures`` (or ``PICTURES_DIR``), one for each moment worth a look.
"""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from telegram_bot.simulator.client import Simulator
from tests.chromium import chromium

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 150

expect.set_options(timeout=15_000)


@dataclass(frozen=True)
class OpenShop:
    """A running shop and how to get in."""

    port: int
    password: str

    @property
    def chat(self) -> str:
        return f"http://127.0.0.1:{self.port + 1}/"

    @property
    def admin(self) -> str:
        return f"http://127.0.0.1:{self.port}/admin/"

    @property
    def simulator(self) -> Simulator:
        return Simulator(self.chat.rstrip("/"))


def port_pair() -> int:
    """Return a free port whose neighbor is free too: the simulator listens there."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = first.getsockname()[1]
            try:
                second.bind(("127.0.0.1", port + 1))
            except (OSError, OverflowError):
                continue
            return port


@contextmanager
def open_shop(folder, **engines):
    """Open the shop in a folder, on SQLite unless told otherwise; close it at the end."""
    port = port_pair()
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    env = {
        **kept,
        "DATA_DIR": str(folder),
        "PORT": str(port),
        "ENV_FILE": os.devnull,
        **engines,
    }
    log = (folder / "up.log").open("w+")
    process = subprocess.Popen(
        [sys.executable, "manage.py", "up"], cwd=ROOT, env=env, stdout=log, stderr=log
    )
    try:
        yield OpenShop(port, _password(folder / "up.log", process))
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=30)
        log.close()


@pytest.fixture(scope="package")
def shop(tmp_path_factory):
    """Open the shop on a fresh SQLite database, with simulator, worker and beat."""
    with open_shop(tmp_path_factory.mktemp("shop")) as shop:
        yield shop


def _password(log: Path, process: "subprocess.Popen[bytes]") -> str:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if found := re.search(r"password (\S+)", log.read_text()):
            return found[1]
        time.sleep(0.1)
    raise RuntimeError(f"the shop did not open:\n{log.read_text()[-3000:]}")


@pytest.fixture(scope="package")
def browser():
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="package")
def context(browser: Browser):
    """One profile for all: what a page has loaded, the next need not; staff stay signed in."""
    opened = browser.new_context(
        viewport={"width": 1280, "height": 900}, reduced_motion="reduce"
    )
    opened.new_page()  # its window stays for every page that comes
    return opened


@pytest.fixture
def page(context: BrowserContext):
    """A page that fails the test when a script of ours does."""
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    yield page
    page.close()
    assert problems == []


@pytest.fixture
def picture(page: Page):
    """Keep a picture of the page under a name."""
    folder = Path(os.environ.get("PICTURES_DIR", ROOT / "var" / "pictures"))
    folder.mkdir(parents=True, exist_ok=True)

    def take(name: str) -> None:
        # The wallpaper is fine grained: as PNG it takes ten times as long.
        page.screenshot(path=folder / f"{name}.jpeg", quality=90)

    take.folder = folder
    return take


class Chat:
    """A customer's chat on the simulator's page, used as a person uses it."""

    def __init__(self, page: Page, shop: OpenShop) -> None:
        self.page, self.shop = page, shop

    def open_as(self, name: str, *, language: str = "en", start: str = "") -> None:
        """Become a new customer who presses Start, perhaps coming by a link."""
        self.page.goto(self.shop.chat)
        self.page.get_by_test_id("new-customer").click()
        self.page.get_by_test_id("new-name").fill(name)
        self.page.get_by_test_id("new-language").select_option(language)
        self.page.get_by_test_id("new-start").fill(start)
        self.page.get_by_role("button", name="Add", exact=True).click()
        self.page.get_by_test_id("start-button").click()

    def return_as(self, name: str) -> None:
        """Become a customer of before again."""
        self.page.goto(self.shop.chat)
        self.page.get_by_test_id(f"persona-{name}").click()

    def send(self, text: str) -> None:
        self.page.get_by_test_id("chat-input").fill(text)
        self.page.get_by_test_id("send").click()

    def press(self, text: str | re.Pattern[str]) -> None:
        """Press the last button with this text."""
        self.page.get_by_test_id("inline-button").filter(has_text=text).last.click()

    def reads(self, text: str) -> None:
        """Wait until a message says ``text``."""
        expect(self.page.get_by_test_id("message").filter(has_text=text).last).to_be_visible()


@pytest.fixture
def chat(page: Page, shop: OpenShop) -> Chat:
    return Chat(page, shop)


class Admin:
    """The staff's side of the shop in the browser."""

    def __init__(self, page: Page, shop: OpenShop) -> None:
        self.page, self.shop = page, shop

    def sign_in(self) -> None:
        """Sign in where nobody has yet."""
        if "sessionid" in self._cookies():
            return
        self.page.goto(self.shop.admin)
        self.page.fill("#id_username", "admin")
        self.page.fill("#id_password", self.shop.password)
        self.page.locator("#id_password").press("Enter")
        expect(self.page.locator("#id_password")).to_have_count(0)

    def _cookies(self) -> dict[str, str]:
        held = self.page.context.cookies(self.shop.admin)
        return {cookie["name"]: cookie["value"] for cookie in held}

    def open(self, path: str) -> None:
        answer = self.page.goto(self.shop.admin + path)
        assert answer is not None
        assert answer.status == 200

    def post(self, path: str, **fields: str) -> None:
        """Send a form filled in, without the page: for what only prepares a story."""
        url = self.shop.admin + path
        answer = self.page.request.post(
            url,
            form={**fields, "csrfmiddlewaretoken": self._cookies()["csrftoken"]},
            headers={"Referer": url},
            max_redirects=0,
        )
        assert answer.status in (302, 200), answer.text()
        assert "errornote" not in answer.text()

    def first_of(self, path: str) -> str:
        """Return the number of the first row of a list."""
        answer = self.page.request.get(self.shop.admin + path)
        found = re.search(r"/(\d+)/change/", answer.text().partition("result_list")[2])
        assert found is not None
        return found[1]

    def refund_latest(self, picture: Callable[[str], None], name: str) -> None:
        """Refund the newest order as staff do: look at what changes, confirm."""
        self.open("orders/order/")
        self.page.locator("#result_list tbody tr").first.locator("a").first.click()
        self.page.locator("a[href*='to-refund']").first.click()
        self.page.fill("#id_reason", "Changed their mind")
        self.page.get_by_role("button", name="Show what changes").click()
        expect(self.page.locator("#preview")).to_contain_text("goes back")
        picture(name)
        self.page.locator("#id_confirmed").check()
        self.page.get_by_role("button", name="Show what changes").click()
        expect(self.page.locator("body")).to_contain_text("Refund")


@pytest.fixture
def admin(page: Page, shop: OpenShop) -> Admin:
    return Admin(page, shop)
