"""How does the API hand out long lists?"""

import re

from rest_framework.exceptions import NotFound
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request


class NewestFirst(CursorPagination):
    """Pages by cursor: rows that arrive meanwhile neither repeat nor hide others."""

    ordering = "-pk"
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200

    def decode_cursor(self, request: Request) -> Cursor | None:
        """Read the cursor; one that somebody made up names no row.

        Raises:
            NotFound: it is none of ours.
        """
        cursor = super().decode_cursor(request)
        if cursor is not None and not re.fullmatch("[0-9]{1,18}", str(cursor.position or 0)):
            raise NotFound(self.invalid_cursor_message)
        return cursor
