#!/usr/bin/env python
"""Run the shop's commands."""

import os
import sys

from django.core.management import execute_from_command_line

from shopbot import up
from shopbot.settings.trial import prepare_trial

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shopbot.settings.production")
    prepare_trial()
    if sys.argv[1:] == ["up"]:
        # Watching needs no Django, and opening must not wait for it.
        sys.exit(up.main())
    execute_from_command_line(sys.argv)
