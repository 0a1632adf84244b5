"""Read what happened at the providers and repair the books."""

from __future__ import annotations

import re
from argparse import ArgumentParser
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, Final

from orders.services.auditing import audit
from orders.services.reconciling import ProviderReport, reconcile
from shopbot.kernel import clock
from shopbot.kernel.commands import ShopCommand, parse_moment
from shopbot.kernel.errors import InvalidInput

#: Providers' lists reach no further back, and a slip of the finger should not read years.
MOST_BACK: Final = timedelta(days=3660)


class Command(ShopCommand):
    """Compare with every provider since a date; exit code 1 when something is left to do."""

    help = "Read what happened at the payment providers, repair the books, and print a report."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the date and the form of the report."""
        parser.add_argument(
            "--since",
            default="",
            help="a date like 2026-03-01, or days like 7d; else from where it last ended",
        )
        parser.add_argument("--json", action="store_true", help="print one JSON document")

    def handle(self, *args: Any, **options: Any) -> None:
        """Reconcile, audit, print."""
        now = clock.now()
        since = _since(options["since"], now)
        reports = reconcile(now=now, since=since)
        audited = audit(now=now)
        document = {
            "since": None if since is None else since.isoformat(),
            "providers": [asdict(report) for report in reports],
            "audit": {
                "checks": audited.checks,
                "differences": audited.differences,
                "comparisons": audited.report["comparisons"],
            },
        }
        if options["json"]:
            self.write_json(document)
        else:
            self._print(reports, audited.checks, audited.report["comparisons"])
        if audited.differences or any(report.error for report in reports):
            raise SystemExit(1)

    def _print(
        self,
        reports: tuple[ProviderReport, ...],
        checks: int,
        comparisons: list[dict[str, Any]],
    ) -> None:
        for report in reports:
            self.stdout.write(
                f"{report.provider}: {report.looked_at} looked at,"
                f" {len(report.repairs)} repaired"
            )
            for repair in report.repairs:
                self.stdout.write(f"  {repair.payment_key}  {repair.what}")
                self.stdout.write(f"    was: {repair.before}")
                self.stdout.write(f"    is:  {repair.after}")
            if report.error:
                self.stdout.write(self.style.ERROR(f"  stopped: {report.error}"))
        differing = [each for each in comparisons if not each["agrees"]]
        self.stdout.write(f"audit: {checks} comparisons, {len(differing)} differences")
        for each in differing:
            self.stdout.write(
                self.style.ERROR(f"  {each['name']}: {each['ours']}, not {each['theirs']}")
            )


def _since(text: str, now: datetime) -> datetime | None:
    if not text:
        return None
    found = _days_back(text, now) or parse_moment(text)
    if found > now:
        raise InvalidInput(f"--since {text} lies in the future", text=text)
    if found < now - MOST_BACK:
        raise InvalidInput(f"--since reaches back {MOST_BACK.days} days at most", text=text)
    return found


def _days_back(text: str, now: datetime) -> datetime | None:
    """Read ``7d``; every number too large for the calendar reaches back too far alike."""
    if not re.fullmatch("[0-9]{1,9}d", text):
        return None
    return now - timedelta(days=min(int(text[:-1]), MOST_BACK.days + 1))
