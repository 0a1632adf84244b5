"""Rows as a CSV file that a spreadsheet opens without running anything."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence

from django.http import StreamingHttpResponse


class _Line:
    """What ``csv`` writes to: hands each line straight on."""

    def write(self, text: str) -> str:
        """Return the line."""
        return text


def csv_file(
    name: str, headers: Sequence[str], rows: Iterable[Sequence[object]]
) -> StreamingHttpResponse:
    """Return a download that is written row by row."""
    writer = csv.writer(_Line())

    def lines() -> Iterator[str]:
        yield writer.writerow(headers)
        for row in rows:
            yield writer.writerow([_harmless(cell) for cell in row])

    disposition = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return StreamingHttpResponse(lines(), content_type="text/csv", headers=disposition)


def _harmless(cell: object) -> object:
    """Keep a spreadsheet from reading a text as a formula."""
    if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r")):
        return f"'{cell}"
    return cell
