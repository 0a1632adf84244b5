"""How does a list stay quick when its table has a million rows?

Counting all of them, telling their months apart and reading a filter's choices off them costs a
scan of the table for each. Up to ``exact_up_to`` rows the number is exact and the months are
shown; above, the database's own estimate stands for the number, and a filter by date for the
months. Choices are named by the code.
"""

from __future__ import annotations

import json
from functools import cached_property
from typing import Any, cast

from django.contrib.admin import SimpleListFilter
from django.core.paginator import Paginator
from django.db import connections
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.views import ChangeList


class EstimatingPaginator(Paginator):  # type: ignore[type-arg]  # none at run time
    """Pages of a table of any size; their number is exact while there are few."""

    exact_up_to = 50_000
    template_name = "shopbot/pagination.html"

    @cached_property
    def count(self) -> int:
        """How many rows there are: exactly, or about."""
        rows = cast(QuerySet[Any], self.object_list).order_by()
        counted = rows[: self.exact_up_to + 1].count()
        if counted <= self.exact_up_to:
            return counted
        if connections[rows.db].vendor != "postgresql":
            return rows.count()
        return max(_planned_rows(rows), counted)

    @property
    def is_estimate(self) -> bool:
        """There are too many rows to count them for each page."""
        return self.count > self.exact_up_to


class KnownValuesFilter(SimpleListFilter):
    """Rows by a column whose values the code knows; reading them off the table is a scan.

    A subclass names the column as ``parameter_name`` and its values as ``lookups``.
    """

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the rows of the value chosen."""
        chosen = self.value()
        if chosen is None:
            return queryset
        return queryset.filter(**{str(self.parameter_name): chosen})


class ManyRowsChangeList(ChangeList):
    """A list that offers months to choose from only where telling them apart is cheap."""

    def get_results(self, request: HttpRequest) -> None:
        """Read one page."""
        super().get_results(request)
        if self.paginator.is_estimate:
            self.date_hierarchy = None


def _planned_rows(rows: QuerySet[Any]) -> int:
    """Ask the planner: it knows the table's size, and how much a filter is likely to keep."""
    [found] = json.loads(rows.values("pk").explain(format="json"))
    return int(found["Plan"]["Plan Rows"])
