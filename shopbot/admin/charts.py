"""A small drawing for the first page: one bar for each day."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

BAR, GAP, HEIGHT = 8, 2, 48


def bars(values: Sequence[int], *, label: str) -> SafeString:
    """Draw amounts in the order of time, the highest as high as the drawing.

    A day without any keeps a line, so that a reader sees it was there.
    """
    highest = max(values, default=0) or 1
    heights = [max(value * HEIGHT // highest, 1) for value in values]
    drawn = format_html_join(
        "",
        '<rect x="{}" y="{}" width="{}" height="{}" rx="1"/>',
        ((at * (BAR + GAP), HEIGHT - height, BAR, height) for at, height in enumerate(heights)),
    )
    return format_html(
        '<svg viewBox="0 0 {} {}" width="100%" height="{}" preserveAspectRatio="none"'
        ' class="mt-3 text-primary-600 dark:text-primary-500" fill="currentColor" role="img"'
        ' aria-label="{}">{}</svg>',
        *(max(len(values), 1) * (BAR + GAP) - GAP, HEIGHT, HEIGHT, label, drawn),
    )
