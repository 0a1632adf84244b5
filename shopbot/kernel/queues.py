"""How do several workers share the rows of one queue?"""

from __future__ import annotations

from typing import Any, TypeVar

from django.db import connection
from django.db.models import QuerySet

Rows = TypeVar("Rows", bound=QuerySet[Any, Any])


def skipping_locked(rows: Rows) -> Rows:
    """Lock what is read, and pass over what another worker holds, related rows aside.

    SQLite has one writer at a time and no locks on rows: there the first to write is alone.
    """
    if not connection.features.has_select_for_update_skip_locked:
        return rows
    return rows.select_for_update(skip_locked=True, of=("self",))
