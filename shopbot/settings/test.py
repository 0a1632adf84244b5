"""Settings of the test suite: the same on every machine, whatever its environment says."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile

from shopbot.settings.environment import variables

# A developer's own bot or database of customers must not be what the tests work on.
for _variable in variables():
    if _variable.name != "DATABASE_URL":
        os.environ.pop(_variable.name, None)
        os.environ.pop(f"{_variable.name}_FILE", None)
_folder = tempfile.mkdtemp(prefix="shopbot-tests-")
atexit.register(shutil.rmtree, _folder, ignore_errors=True)
os.environ.update(
    ENV_FILE=os.devnull,
    DEBUG="1",
    SECRET_KEY="only-for-tests-only-for-tests-only-for-tests",  # noqa: S106
    TELEGRAM_WEBHOOK_KEY="only-for-tests-only-for-tests-only-for-tests",
    LOG_LEVEL="ERROR",
    DATA_DIR=_folder,
)

from shopbot.settings.base import *  # noqa: E402, F403
from shopbot.settings.base import DATABASES  # noqa: E402

# Tests look at behavior as customers see it, with no detailed error pages.
DEBUG = False
DATABASES["default"]["OPTIONS"].pop("pool", None)
if "sqlite3" in DATABASES["default"]["ENGINE"]:
    # In memory, SQLite locks by table and at once; races must meet the file's own locks.
    DATABASES["default"]["TEST"] = {"NAME": f"{_folder}/tests.sqlite3"}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
AXES_ENABLED = False
CELERY_BROKER_URL = "memory://"
CELERY_BROKER_TRANSPORT_OPTIONS = {}
CELERY_TASK_ALWAYS_EAGER = False
SIMULATOR_ENABLED = True
CLOCK_FILE = None
# Card payments are on where a test says so: nothing listens on the simulator's port.
STRIPE_ENABLED = STRIPE_IS_SIMULATED = False
STRIPE_SECRET_KEY = STRIPE_WEBHOOK_SECRET = STRIPE_API_URL = ""
