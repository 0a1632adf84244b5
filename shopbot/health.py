"""Is the shop alive, and may it be sent customers?"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import redis
import structlog
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from shopbot.kernel import tables

logger = structlog.get_logger(__name__)

BROKER_SECONDS = 2


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found; ``fault`` is empty where all is well."""

    check: str
    fault: str = ""
    remedy: str = ""

    @property
    def is_well(self) -> bool:
        """Say whether nothing is wrong."""
        return not self.fault


def _database() -> Finding:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        return Finding(
            "database",
            f"does not answer: {str(error).strip().splitlines()[0]}",
            "Start the database, or correct DATABASE_URL.",
        )
    return Finding("database")


def _migrations() -> Finding:
    if stops := tables.stopped_halfway():
        return Finding("migrations", f"stopped halfway in {stops}", tables.REMEDY_HALFWAY)
    if waiting := tables.waiting():
        return Finding(
            "migrations",
            f"{len(waiting)} not applied, the first is {waiting[0]}",
            "Run `manage.py migrate`.",
        )
    return Finding("migrations")


def _broker() -> Finding:
    address = settings.CELERY_BROKER_URL
    if address.startswith("filesystem"):
        return _broker_folder(Path(settings.CELERY_BROKER_TRANSPORT_OPTIONS["data_folder_in"]))
    if address.startswith("memory"):
        return Finding("broker")
    client: redis.Redis = redis.Redis.from_url(
        address, socket_timeout=BROKER_SECONDS, socket_connect_timeout=BROKER_SECONDS
    )
    try:
        client.ping()
    except redis.RedisError as error:
        return Finding(
            "broker",
            f"does not answer: {type(error).__name__}",
            "Start Redis, or correct REDIS_URL.",
        )
    finally:
        client.close()
    return Finding("broker")


def _broker_folder(folder: Path) -> Finding:
    if os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        return Finding("broker")
    return Finding(
        "broker", f"{folder} is not writable", "Give it to the user that runs the shop."
    )


def findings() -> Iterator[Finding]:
    """Check database, migrations and broker; a check without its database is not run."""
    database = _database()
    yield database
    if database.is_well:
        yield _migrations()
    yield _broker()


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """Answer that this process serves requests; asks nothing else."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Answer 200 when customers may be sent here, else 503 and the names of what failed.

    Anybody may read the answer: addresses and reasons go to the log alone.
    """
    found = list(findings())
    failed = [finding for finding in found if not finding.is_well]
    for finding in failed:
        logger.error("not_ready", check=finding.check, fault=finding.fault)
    body: dict[str, Any] = {"status": "failed" if failed else "ok"}
    body["checks"] = {finding.check: "ok" if finding.is_well else "failed" for finding in found}
    return JsonResponse(body, status=503 if failed else 200)
