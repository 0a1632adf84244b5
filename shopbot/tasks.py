"""The task behind every entry of beat's table."""

from __future__ import annotations

import time

from celery import shared_task

from shopbot.kernel import clock
from shopbot.kernel.sweeps import run_sweep

#: A sweep with more work than this leaves the rest to its next turn, so that others get theirs.
LONGEST_TURN_SECONDS = 30


@shared_task(name="shopbot.run_sweep", acks_late=True)
def run_sweep_until_done(name: str) -> int:
    """Run the sweep called ``name`` until nothing is due; return how many rows it handled."""
    handled = 0
    until = time.monotonic() + LONGEST_TURN_SECONDS
    while batch := run_sweep(name, now=clock.now()):
        handled += batch
        if time.monotonic() >= until:
            break
    return handled
