"""When are the pages of the admin loaded? When somebody first needs them.

They and what they stand on (spreadsheets, PDF, widgets) are a third of a process's memory and a
second of its start; a process that only answers Telegram never opens one.
"""

from functools import lru_cache
from importlib import import_module

from django.contrib import admin


@lru_cache(maxsize=1)
def load_pages() -> None:
    """Register every app's pages, then those of the system; once per process."""
    admin.autodiscover()
    import_module("shopbot.admin.system")
