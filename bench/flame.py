"""Draw where a web process spends its time while customers browse: ``python -m bench.flame``.

Writes ``docs/webhook-profile.svg``. Paths are shortened to the module, so that the picture is
the same on every machine.
"""

import itertools
import re
import shutil
import subprocess
import sys
import sysconfig
from contextlib import ExitStack
from pathlib import Path

from bench import shop, webhook
from bench.servers import ROOT, Server, free_port
from tests.engines import Engine

PICTURE = ROOT / "docs" / "webhook-profile.svg"
SECONDS = 20


def draw(database: str) -> None:
    """Profile one web process under the load and write the picture."""
    with ExitStack() as stack:
        port = free_port()
        api = f"http://127.0.0.1:{port}"
        stack.enter_context(Server(["-m", "bench.botapi", str(port)], port=port, env={}))
        env = shop.environment(database=database, api=api)
        ours = shop.variant("shopbot", env=env, facts=shop.prepare(env))
        stack.enter_context(ours.server)
        bodies = webhook.browse_bodies(ours.script, itertools.count(1))
        webhook.measure(ours, bodies, 500)
        profiler = subprocess.Popen(  # noqa: S603
            [
                _py_spy(), "record", "--pid", str(ours.server.pid), "--duration", str(SECONDS),
                "--rate", "100", "--gil", "--format", "flamegraph", "--output", str(PICTURE),
            ]
        )  # fmt: skip
        while profiler.poll() is None:
            webhook.measure(ours, bodies, 200)
    PICTURE.write_text(without_paths(PICTURE.read_text()))


def without_paths(svg: str) -> str:
    """Leave of every file's name what follows the folder that it is installed in."""
    for folder in (str(ROOT), sysconfig.get_path("stdlib"), sys.prefix, sys.base_prefix):
        svg = svg.replace(f"{folder}/", "")
    return re.sub(r"[^\s(\"&;]*site-packages/", "", svg)


def _py_spy() -> str:
    beside = Path(sys.executable).with_name("py-spy")
    return str(beside) if beside.exists() else shutil.which("py-spy") or "py-spy"


def main() -> None:
    """Draw with a database of the test engine's own."""
    engine = Engine("postgres")
    try:
        draw(engine.url)
    finally:
        engine.stop()


if __name__ == "__main__":
    main()
