"""Examine the installation and say what to do about each finding."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from shopbot.doctor import examine


class Command(BaseCommand):
    """Exit code 0 when all is well, 1 when something is not."""

    help = "Check settings, database, broker, schedule, texts and the bot; exit 1 on problems."
    # It runs Django's checks itself, and must work when they fail.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Offer an answer for programs."""
        parser.add_argument("--json", action="store_true", help="print the findings as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Examine, report, and end with the exit code."""
        found = list(examine())
        faults = [finding for finding in found if not finding.is_well]
        if options["json"]:
            body = {"ok": not faults, "findings": [asdict(finding) for finding in found]}
            self.stdout.write(json.dumps(body, indent=2))
        else:
            for finding in found:
                self._tell(finding.check, finding.fault, finding.remedy)
        if faults:
            raise SystemExit(1)

    def _tell(self, check: str, fault: str, remedy: str) -> None:
        if not fault:
            self.stdout.write(self.style.SUCCESS(f"ok       {check}"))
            return
        self.stdout.write(self.style.ERROR(f"problem  {check}: {fault}"))
        if remedy:
            self.stdout.write(f"         → {remedy}")
