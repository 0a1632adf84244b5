"""Import and export pages, for those who may use them."""

from __future__ import annotations

from django.http import HttpRequest
from import_export.formats.base_formats import CSV, XLSX
from unfold.contrib.import_export.forms import ExportForm, ImportForm


class SpreadsheetPages:
    """CSV and XLSX in the admin's look; an import needs the rights to add and to change."""

    import_form_class = ImportForm
    export_form_class = ExportForm
    import_formats = (CSV, XLSX)
    export_formats = (CSV, XLSX)
    import_error_display = ("message", "row")

    def has_import_permission(self, request: HttpRequest) -> bool:
        """An import may create rows and change rows."""
        may_add: bool = self.has_add_permission(request)  # type: ignore[attr-defined]
        may_change: bool = self.has_change_permission(request)  # type: ignore[attr-defined]
        return may_add and may_change

    def has_export_permission(self, request: HttpRequest) -> bool:
        """Whoever may see the rows may take them along."""
        may_view: bool = self.has_view_permission(request)  # type: ignore[attr-defined]
        return may_view
