"""The chat page: its files hang together and ask nobody else for anything."""

import re
from pathlib import Path

import pytest
import requests

from telegram_bot.simulator.client import Simulator
from telegram_bot.simulator.page_routes import PAGE

SCRIPTS = sorted(PAGE.glob("*.js"))
# What browser tests rely on.
TEST_IDS = [
    "chat-input", "send", "message", "inline-button", "pay-button", "confirm-pay", "toast",
    "inspector", "start-button", "menu-button", "command", "alert", "alert-ok", "new-customer",
    "new-name", "new-language", "new-start", "new-channel", "join-button", "payment-done",
    "inspector-toggle", "tab-${name}", "advance-${name}", "persona-${person.first_name}",
]  # fmt: skip


def test_the_page_and_all_it_names_are_served(sim: Simulator):
    page = requests.get(f"{sim.url}/", timeout=5)
    names = re.findall(r'(?:href|src)="(/page/[^"]+)"', page.text)

    assert page.status_code == 200
    assert len(names) == 7
    for name in names:
        assert requests.get(f"{sim.url}{name}", timeout=5).status_code == 200


def test_the_page_may_load_from_here_only(sim: Simulator):
    policy = requests.get(f"{sim.url}/", timeout=5).headers["Content-Security-Policy"]

    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_every_import_is_a_file_that_exports_the_names(script: Path):
    source = script.read_text()

    for names, file in re.findall(r'import \{([^}]+)\} from "\./([\w.]+)";', source):
        exported = (PAGE / file).read_text()
        for name in (one.strip() for one in names.split(",")):
            assert re.search(rf"export [^;]*\b{name}\b", exported), f"{file} has no {name}"


@pytest.mark.parametrize("path", sorted(PAGE.iterdir()), ids=lambda path: path.name)
def test_no_file_names_another_host_but_telegrams_own(path: Path):
    hosts = set(re.findall(r"https?://([\w.-]+)", path.read_text()))

    assert hosts <= {"t.me", "www.w3.org"}


@pytest.mark.parametrize("name", TEST_IDS)
def test_the_page_keeps_the_marks_that_tests_rely_on(name: str):
    sources = "".join(path.read_text() for path in (*SCRIPTS, PAGE / "index.html"))

    assert re.search(rf"""["'`]{re.escape(name)}["'`]""", sources)


def test_no_markup_is_made_from_text():
    for script in SCRIPTS:
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|eval\(", script.read_text()
        )


@pytest.mark.parametrize("name", ["../app.py", "..%2Fapp.py", "app.py", "nothing.js"])
def test_only_files_of_the_page_are_served(sim: Simulator, name: str):
    answer = requests.get(f"{sim.url}/page/{name}", timeout=5)

    assert answer.status_code == 404


def test_a_document_is_downloaded_and_never_run(sim: Simulator, bot: object):
    anna = sim.user("Anna")
    anna.start()
    sent = requests.post(
        f"{sim.url}/bot{sim.token}/sendDocument",
        data={"chat_id": anna.id},
        files={"document": ("page.html", b"<script>alert(1)</script>", "text/html")},
        timeout=5,
    ).json()["result"]

    answer = requests.get(f"{sim.url}/files/{sent['document']['file_id']}", timeout=5)

    assert answer.headers["Content-Disposition"] == 'attachment; filename="page.html"'
    assert answer.headers["Content-Security-Policy"] == "sandbox"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
