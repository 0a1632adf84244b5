"""Small drawings for the admin: a line through time, and shares with their ranges."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from pricing.services.experiments import ArmResult

WIDTH, HEIGHT = 640, 160
LEFT, RIGHT = 150, 70


def line_chart(values: Sequence[Decimal], *, first: str, last: str) -> SafeString:
    """Draw two values or more in the order of time; ``first`` and ``last`` name its ends."""
    low, high = min(values), max(values)
    span = (high - low) or Decimal(1)
    step = Decimal(WIDTH - 2 * 10) / (len(values) - 1)
    points = " ".join(
        f"{10 + step * at:.1f},{HEIGHT - 30 - (value - low) / span * (HEIGHT - 60):.1f}"
        for at, value in enumerate(values)
    )
    return format_html(
        '<svg viewBox="0 0 {} {}" width="640" role="img" aria-label="From {} to {}">'
        '<polyline points="{}" fill="none" stroke="currentColor" stroke-width="2"/>'
        '<g fill="currentColor" font-size="11"><text x="10" y="14">{}</text>'
        '<text x="10" y="{}">{}</text><text x="{}" y="{}" text-anchor="end">{}</text>'
        '<text x="10" y="{}">{}</text></g></svg>',
        *(WIDTH, HEIGHT, first, last, points, f"{high.normalize():f}"),
        *(HEIGHT - 18, f"{low.normalize():f}", WIDTH - 10, HEIGHT - 4, last),
        *(HEIGHT - 4, first),
    )


def interval_chart(arms: Sequence[ArmResult]) -> SafeString:
    """Draw each arm's share of buyers as a point within its 95 % range, on one scale."""
    highest = max((arm.conversion.high for arm in arms), default=Decimal(0))
    if not any(arm.customers for arm in arms) or not highest:
        return SafeString("")
    scale = Decimal(WIDTH - LEFT - RIGHT) / highest
    rows = format_html_join(
        "",
        '<text x="0" y="{}">{}</text>'
        '<line x1="{}" x2="{}" y1="{}" y2="{}" stroke="currentColor" stroke-width="2"/>'
        '<circle cx="{}" cy="{}" r="5"/><text x="{}" y="{}">{}</text>',
        (_interval(arm, at * 34 + 20, scale) for at, arm in enumerate(arms)),
    )
    height = len(arms) * 34 + 6
    return format_html(
        '<svg viewBox="0 0 {} {}" width="640" role="img" aria-label="Share of buyers by arm">'
        '<g fill="currentColor" font-size="12">{}</g></svg>',
        WIDTH,
        height,
        rows,
    )


def _interval(arm: ArmResult, y: int, scale: Decimal) -> tuple[object, ...]:
    low, share, high = (LEFT + each * scale for each in arm.conversion)
    words = f"{arm.conversion.share * 100:.1f} %"
    return (
        *(y + 4, arm.name, f"{low:.1f}", f"{high:.1f}", y, y, f"{share:.1f}", y),
        *(f"{high + 8:.1f}", y + 4, words),
    )
