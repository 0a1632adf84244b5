"""How does a long list of keys reach the database at the least cost?"""

from __future__ import annotations

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Lookup
from django.db.models.lookups import In
from django.db.models.sql.compiler import SQLCompiler


class OneOf(Lookup):
    """``pk__one_of=numbers``: as ``pk__in``, with the numbers as one value of the statement.

    Django's own makes each number a parameter, which for hundreds of them costs the process
    more than the database takes to find the rows.
    """

    lookup_name = "one_of"
    prepare_rhs = False

    def as_sql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper
    ) -> tuple[str, tuple[Any, ...]]:
        """Fall back on ``in`` where the database knows no arrays."""
        sql, params = compiler.compile(In(self.lhs, list(self.rhs)))
        return sql, tuple(params)

    def as_postgresql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper
    ) -> tuple[str, tuple[Any, ...]]:
        """Compare with an array."""
        sql, params = self.process_lhs(compiler, connection)
        return f"{sql} = ANY(%s)", (*params, list(self.rhs))
