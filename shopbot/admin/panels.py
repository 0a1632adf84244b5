"""What do other apps have to say on an admin page? They add panels; the page knows none.

An app that stands above the page's own registers what it can tell, under the page's name:
``register_panel("catalog.product", prices_by_region)``. Panels stand below the form.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.contrib.admin.options import InlineModelAdmin
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from shopbot.admin.kit import ShopAdmin

#: Draws one panel about a row; an empty text shows no panel.
Panel = Callable[[Any], SafeString]

_panels: dict[str, list[Panel]] = {}
_inlines: dict[str, list[type[InlineModelAdmin[Any, Any]]]] = {}


def register_panel(place: str, panel: Panel) -> Panel:
    """Show ``panel`` on the page called ``place`` (``"app.model"``), after earlier ones."""
    here = _panels.setdefault(place, [])
    if panel not in here:
        here.append(panel)
    return panel


def register_inline(place: str, inline: type[InlineModelAdmin[Any, Any]]) -> None:
    """Edit rows of a higher app on the page called ``place``, below the page's own inlines."""
    here = _inlines.setdefault(place, [])
    if inline not in here:
        here.append(inline)


def panels_of(row: Model) -> list[SafeString]:
    """Draw every panel registered for a row's page."""
    drawn = (panel(row) for panel in _panels.get(row._meta.label_lower, []))
    return [panel for panel in drawn if panel]


def panel_table(
    title: str,
    *,
    headers: Sequence[str],
    rows: Iterable[Sequence[object]],
    hint: str = "",
    empty: str = "Nothing yet.",
) -> SafeString:
    """Draw a titled table, escaped; ``hint`` stands below the title, ``empty`` for no rows."""
    context = {
        "title": title,
        "hint": hint,
        "empty": empty,
        "table": {"headers": list(headers), "rows": [list(row) for row in rows]},
    }
    drawn = render_to_string("shopbot/panel_table.html", context)
    return mark_safe(drawn)  # noqa: S308  a template has escaped it


class PanelledAdmin(ShopAdmin):
    """A page that shows the panels registered for its model below its form."""

    change_form_outer_after_template = "shopbot/panels.html"

    def get_inlines(
        self, request: HttpRequest, obj: Model | None = None
    ) -> list[type[InlineModelAdmin[Any, Any]]]:
        """Add the inlines that other apps registered for this page."""
        own = super().get_inlines(request, obj)
        return [*own, *_inlines.get(self.model._meta.label_lower, [])]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Draw the page with its panels."""
        row = context.get("original")
        context["panels"] = panels_of(row) if row is not None else []
        page: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        return page
