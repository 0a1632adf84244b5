"""The page on which staff check a list of codes row by row, and then import it."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminTextareaWidget

from delivery.errors import ImportRefused
from delivery.models import CodeStock
from delivery.services import import_codes
from delivery.services.codes import CheckedList, check_codes
from shopbot.admin import acting_staff
from shopbot.kernel import clock

LARGEST: Final = 2_000_000
SHOWN_PROBLEMS: Final = 200
_HEADINGS: Final = {"code", "codes", "key", "keys", "secret"}


class ImportForm(forms.Form):
    """A CSV file with the codes, or the codes themselves."""

    file = forms.FileField(
        required=False,
        widget=UnfoldAdminFileFieldWidget,
        label="CSV file",
        help_text="One column with the codes, or several of which one is headed “code”."
        " UTF-8, at most 2 MB.",
    )
    codes = forms.CharField(
        required=False,
        strip=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 8}),
        help_text="Or one code in each row.",
    )

    def clean_file(self) -> list[str]:
        """Read the codes of the file.

        Raises:
            ValidationError: it is too big, not UTF-8, no CSV, or does not say where they are.
        """
        file: Any = self.cleaned_data["file"]
        if file is None:
            return []
        if (file.size or 0) > LARGEST:
            raise forms.ValidationError("The file is larger than 2 MB; split it.")
        try:
            return _codes_in(str(file.read().decode("utf-8-sig")))
        except UnicodeDecodeError:
            raise forms.ValidationError("The file is not UTF-8 text.") from None
        except csv.Error as problem:
            raise forms.ValidationError(f"The file is no CSV: {problem}.") from None


@dataclass(frozen=True, slots=True)
class _Shown:
    stock: CodeStock
    form: ImportForm
    checked: CheckedList | None = None


def import_page(
    page: ModelAdmin[CodeStock], request: HttpRequest, stock_id: int
) -> HttpResponse:
    """Show what a list would bring and what is wrong with it; the second press imports it."""
    if not request.user.has_perm("delivery.add_code"):
        raise PermissionDenied
    stock = CodeStock.objects.select_related("tier__product").filter(pk=stock_id).first()
    if stock is None:
        raise Http404
    form = ImportForm(request.POST or None, request.FILES or None)
    if request.method != "POST" or not form.is_valid():
        return _draw(page, request, _Shown(stock, form))
    uploaded = form.cleaned_data["file"]
    rows = uploaded or _typed(form.cleaned_data["codes"])
    if "confirm" in request.POST and not uploaded:
        return _import(page, request, stock, rows, form)
    checked = check_codes(stock_id=stock.pk, rows=rows)
    again = ImportForm(initial={"codes": "\n".join(rows)})
    return _draw(page, request, _Shown(stock, again, checked))


def _import(
    page: ModelAdmin[CodeStock],
    request: HttpRequest,
    stock: CodeStock,
    rows: list[str],
    form: ImportForm,
) -> HttpResponse:
    try:
        count = import_codes(
            stock_id=stock.pk, rows=rows, actor=acting_staff(request), now=clock.now()
        )
    except ImportRefused:
        checked = check_codes(stock_id=stock.pk, rows=rows)
        return _draw(page, request, _Shown(stock, form, checked))
    messages.success(request, f"{count} codes were imported.")
    return redirect(reverse("admin:delivery_codestock_changelist"))


def _draw(page: ModelAdmin[CodeStock], request: HttpRequest, shown: _Shown) -> HttpResponse:
    checked = shown.checked
    problems = checked.problems if checked else ()
    context: dict[str, Any] = {
        **page.admin_site.each_context(request),
        "title": f"Import codes for {shown.stock.tier}",
        "opts": page.model._meta,
        "form": shown.form,
        "checked": checked,
        "problems": problems[:SHOWN_PROBLEMS],
        "more_problems": max(0, len(problems) - SHOWN_PROBLEMS),
        "may_import": bool(checked and checked.secrets and not problems),
    }
    return TemplateResponse(request, "delivery/admin/import_codes.html", context)


def _codes_in(text: str) -> list[str]:
    """Return the column of a CSV file that holds the codes, without its heading.

    Raises:
        csv.Error: it is none.
        ValidationError: of several columns, none or more than one is headed as the codes'.
    """
    first_line = text.partition("\n")[0]
    # Spreadsheets write semicolons where a comma is the decimal sign, and tabs when told to.
    delimiter = next((sign for sign in ",;\t" if sign in first_line), ",")
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    heads = [cell.strip().lower() in _HEADINGS for cell in rows[0]] if rows else []
    if sum(heads) == 1:
        column = heads.index(True)
        return [row[column] if column < len(row) else "" for row in rows[1:]]
    if any(len(row) > 1 for row in rows):
        raise forms.ValidationError(
            "The file has several columns: write “code” above the one with the codes."
        )
    return [row[0] if row else "" for row in rows]


def _typed(text: str) -> list[str]:
    return text.replace("\r\n", "\n").rstrip("\n").split("\n") if text.strip() else []
