"""All of the shop's processes run, or none does."""

import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from shopbot.processes import Program, Troupe, answers, port_is_free, wait_until
from shopbot.settings.environment import BASE_DIR, Environment
from shopbot.up import CannotOpen, Plan, refuse_used_ports


def _python(name, code, log=None):
    return Program(name=name, command=(sys.executable, "-c", code), log=log)


SLEEPER = "import time; time.sleep(60)"


@pytest.fixture
def troupe():
    """An empty troupe, stopped at the end."""
    found = Troupe()
    yield found
    found.stop()


def _wait_for(is_true):
    deadline = time.monotonic() + 10
    while not (found := is_true()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return found


def test_nobody_is_dead_while_all_of_them_run(troupe):
    troupe.start(_python("worker", SLEEPER))

    assert troupe.first_dead() == ""


def test_a_dead_process_is_named_with_its_last_words(troupe, tmp_path):
    log = tmp_path / "worker.log"
    troupe.start(_python("web server", SLEEPER))
    troupe.start(_python("worker", "print('no broker'); raise SystemExit(3)", log))

    said = _wait_for(troupe.first_dead)

    assert said == f"The worker ended with code 3.\n    no broker\nAll of it: {log}"


def test_a_killed_process_is_named_with_its_signal(troupe):
    troupe.start(_python("beat", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"))

    assert _wait_for(troupe.first_dead) == "The beat was killed by SIGKILL."


def test_stopping_lets_each_finish_its_work(troupe, tmp_path):
    done = tmp_path / "done"
    code = textwrap.dedent(
        f"""
        import pathlib, signal, sys, time
        def finish(*_):
            pathlib.Path({str(done)!r}).write_text("finished")
            sys.exit(0)
        signal.signal(signal.SIGTERM, finish)
        pathlib.Path({str(done)!r}).write_text("ready")
        time.sleep(60)
        """
    )
    troupe.start(_python("worker", code))
    _wait_for(lambda: done.exists() and done.read_text() == "ready")

    troupe.stop()

    assert done.read_text() == "finished"


def test_waiting_ends_at_once_when_a_process_dies_instead(troupe):
    troupe.start(_python("web server", "raise SystemExit(1)"))

    fault = wait_until(lambda: False, troupe=troupe, stopping=threading.Event())

    assert fault.startswith("The web server ended with code 1.")


def test_waiting_ends_at_once_when_the_shop_is_closed(troupe):
    stopping = threading.Event()
    stopping.set()

    assert wait_until(lambda: False, troupe=troupe, stopping=stopping) == "stopped"


def test_children_end_with_a_parent_that_was_killed(tmp_path):
    code = textwrap.dedent(
        f"""
        import sys, time
        sys.path.insert(0, {str(BASE_DIR)!r})
        from shopbot.processes import Program, Troupe
        troupe = Troupe()
        troupe.start(Program(name="child", command=(sys.executable, "-c", {SLEEPER!r})))
        print(troupe._running[0][1].pid, flush=True)
        time.sleep(60)
        """
    )
    parent = subprocess.Popen(  # noqa: S603  our own text
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True
    )
    child = int(parent.stdout.readline())

    parent.send_signal(signal.SIGKILL)
    parent.communicate()

    _wait_for(lambda: not _is_running(child))


def _is_running(pid):
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def test_a_port_that_something_listens_on_is_not_free():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        assert not port_is_free("127.0.0.1", port)

    assert port_is_free("127.0.0.1", port)
    assert not answers(port)


def test_an_errand_may_end_but_not_fail(troupe):
    errand = Program("preparation", (sys.executable, "-c", "print('done')"), is_errand=True)
    process = troupe.start(errand)
    process.wait()

    assert troupe.first_dead() == ""
    assert process.stdout.read() == b"done\n"


def test_an_errand_that_fails_is_named(troupe):
    failing = (sys.executable, "-c", "raise SystemExit(1)")
    troupe.start(Program("preparation", failing, is_errand=True)).wait()

    assert troupe.first_dead() == "The preparation ended with code 1."


def test_a_shop_whose_port_is_taken_says_so_in_one_line():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        with pytest.raises(CannotOpen) as refused:
            refuse_used_ports(Environment(debug=True, port=port))

    assert refused.value.code == 2
    assert str(refused.value) == (
        f"Port {port} is in use: stop what uses it, or choose another,"
        f" as in `PORT={port + 10} make run`."
    )


def test_a_trial_opens_a_simulator_and_hides_its_logs_from_the_terminal(tmp_path):
    plan = Plan(Environment(debug=True, data_dir=tmp_path, telegram_bot_token=""))

    names = [program.name for program in (plan.web(), *plan.simulator(), *plan.helpers())]

    assert names == ["web server", "simulator", "worker", "beat"]
    assert plan.web().log == tmp_path / "logs" / "web-server.log"


def test_a_real_bot_without_a_public_address_fetches_its_updates(tmp_path):
    plan = Plan(Environment(debug=True, data_dir=tmp_path, telegram_bot_token="1:abc"))

    assert [program.name for program in plan.helpers()] == ["worker", "beat", "bot"]
    assert list(plan.simulator()) == []


def test_a_deployment_is_delivered_to_and_logs_to_its_supervisor(tmp_path):
    url = "https://shop.example.com"
    plan = Plan(Environment(debug=False, public_url=url, telegram_bot_token="1:abc"))

    assert [program.name for program in plan.helpers()] == ["worker", "beat"]
    assert plan.web().log is None
