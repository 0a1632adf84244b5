"""The environment of this process, read once."""

from shopbot.settings.environment import read_environment

env = read_environment()
