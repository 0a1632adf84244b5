"""The shop's settings; ``shopbot.settings`` is what a server runs with."""

from shopbot.settings.base import *  # noqa: F403
