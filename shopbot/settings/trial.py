"""How does a shop start on a machine where nobody has set anything?"""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path

from shopbot.settings.environment import (
    EnvironmentInvalid,
    is_trial,
    read_incomplete,
    trial_file,
)

_TEXT = """\
# Written once for a local trial: delete this file and the next start makes new keys.
# A shop that has a SECRET_KEY of its own does not read it.
DEBUG=1
SECRET_KEY={secret_key}
TELEGRAM_WEBHOOK_KEY={webhook_key}
"""


def prepare_trial() -> None:
    """Write the secrets of a local trial where nothing is set up and none are written yet.

    Raises:
        EnvironmentInvalid: ``DATA_DIR`` cannot be written to.
    """
    found = read_incomplete()
    path = trial_file(found)
    if not is_trial(found) or path.exists():
        return
    try:
        _write_once(path)
    except OSError as error:
        raise EnvironmentInvalid(f"DATA_DIR: {path.parent}: {error.strerror}") from None


def _write_once(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = _TEXT.format(
        secret_key=secrets.token_urlsafe(48), webhook_key=secrets.token_urlsafe(48)
    )
    # Written beside and moved: two commands started together must agree on the keys.
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    try:
        os.link(draft, path)
    except FileExistsError:
        return
    finally:
        draft.unlink()
    sys.stderr.write(f"No settings found: this is a local trial, its keys are in {path}.\n")
