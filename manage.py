#!/usr/bin/env python
"""Run the shop's commands."""

import os
import sys

from django.core.management import execute_from_command_line

from shopbot import up
from shopbot.settings.environment import EnvironmentInvalid
from shopbot.settings.trial import prepare_trial


def main(arguments: list[str]) -> int:
    """Run one command; return its exit code, where it does not leave by itself."""
    try:
        prepare_trial()
        if arguments[1:] == ["up"]:
            # Watching needs no Django, and opening must not wait for it.
            return up.main()
        execute_from_command_line(arguments)
    except EnvironmentInvalid as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shopbot.settings.production")
    sys.exit(main(sys.argv))
