"""A customer's access as a picture: a lane per entitlement and level, time from the left.

Pure: grants and blocks in, SVG out. Every bar carries its own words as a tooltip, so nothing is
told by color alone.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from entitlements.models import FOREVER, LATEST_END, Block, Grant
from shopbot.kernel import clock

WIDTH = 960
_LABEL = 190
_LANE = 30
_TOP = 34
_BOTTOM = 26
_BAR = 16
#: Time shown before the first start and after the last end, as a share of the whole.
_MARGIN = 20

_FILLS = {
    "running": "#16a34a",
    "waiting": "#60a5fa",
    "over": "#94a3b8",
    "grace": "url(#grace)",
    "closed": "none",
    "block": "#dc2626",
}
_WORDS = {
    "running": "has access",
    "waiting": "is about to begin",
    "over": "has ended",
    "grace": "grace, to pay late",
    "closed": "taken back",
    "block": "blocked",
}


@dataclass(frozen=True, slots=True)
class Bar:
    """One stretch to draw in a lane; ``look`` says what it means."""

    look: str
    starts_at: datetime
    ends_at: datetime
    title: str


@dataclass(frozen=True, slots=True)
class _Scale:
    first: datetime
    last: datetime

    def x(self, at: datetime) -> int:
        """Return where a moment stands, within the frame."""
        clamped = min(max(at, self.first), self.last)
        width = WIDTH - _LABEL - 10
        return _LABEL + int((clamped - self.first) / (self.last - self.first) * width)


def timeline(grants: Sequence[Grant], blocks: Sequence[Block], *, now: datetime) -> SafeString:
    """Draw grants (with their types) and blocks of one customer; an empty text for nothing."""
    if not grants and not blocks:
        return SafeString("")
    lanes: dict[tuple[str, int, str], list[Bar]] = {}
    for grant in grants:
        lane = lanes.setdefault((grant.type.code, -grant.rank, grant.level), [])
        lane.extend(_bars(grant, now))
    for lane in lanes.values():
        # Grace first: what follows without a gap is drawn over it.
        lane.sort(key=lambda bar: bar.look != "grace")
    scale = _scale(grants, blocks, now)
    height = _TOP + _LANE * max(len(lanes), 1) + _BOTTOM
    drawn = [
        _lane(number, f"{code} · {level}", lanes[code, rank, level], scale)
        for number, (code, rank, level) in enumerate(sorted(lanes))
    ]
    return format_html(
        '<svg viewBox="0 0 {} {}" role="img" aria-label="Access over time" width="{}"'
        ' class="max-w-full" font-family="sans-serif" font-size="12" fill="currentColor">'
        "{}{}{}{}{}</svg>",
        WIDTH,
        height + 20,
        WIDTH,
        _pattern(),
        _joined(_block(block, scale, height) for block in blocks),
        _joined(drawn),
        _now_line(scale, height, now),
        _legend(height + 14),
    )


def _joined(parts: Iterable[SafeString]) -> SafeString:
    return format_html_join("", "{}", ((part,) for part in parts))


def _bars(grant: Grant, now: datetime) -> Iterator[Bar]:
    """Yield the stretch that counted, its grace, and what a revocation took."""
    ends_at = grant.ends_at or FOREVER
    counted_until = min(ends_at, grant.revoked_at or FOREVER)
    if counted_until > grant.starts_at:
        look = "over" if counted_until <= now else "running"
        look = "waiting" if grant.starts_at > now else look
        yield Bar(look, grant.starts_at, counted_until, _title(grant, look))
    if grant.access_until > ends_at:
        yield Bar("grace", ends_at, grant.access_until, _title(grant, "grace"))
    if grant.closing == Grant.Closing.REVOKED and counted_until < ends_at:
        taken_from = max(counted_until, grant.starts_at)
        yield Bar("closed", taken_from, ends_at, _title(grant, "closed"))


def _title(grant: Grant, look: str) -> str:
    until = "for life" if grant.ends_at is None else f"to {clock.staff_time(grant.ends_at)}"
    why = f" ({grant.revoked_reason})" if grant.revoked_reason else ""
    return (
        f"{grant.source}: {grant.level} from {clock.staff_time(grant.starts_at)} {until},"
        f" {_WORDS[look]}{why}"
    )


def _scale(grants: Iterable[Grant], blocks: Iterable[Block], now: datetime) -> _Scale:
    moments = [now, now + timedelta(days=30)]
    for grant in grants:
        moments += [grant.starts_at, *(end for end in [grant.ends_at] if end)]
        if grant.access_until != FOREVER:
            moments.append(grant.access_until)
    for block in blocks:
        moments += [block.starts_at, block.lifted_at or now]
    first, last = min(moments), max(moments)
    margin = (last - first) / _MARGIN
    return _Scale(first - margin, min(last, LATEST_END) + margin)


def _lane(number: int, label: str, bars: Sequence[Bar], scale: _Scale) -> SafeString:
    y = _TOP + number * _LANE
    return format_html(
        '<text x="0" y="{}">{}</text>'
        '<line x1="{}" x2="{}" y1="{}" y2="{}" stroke="currentColor" stroke-opacity=".15"/>{}',
        y + _BAR - 4,
        label,
        _LABEL,
        WIDTH,
        y + _BAR + 5,
        y + _BAR + 5,
        _joined(_rectangle(bar, y, scale) for bar in bars),
    )


def _rectangle(bar: Bar, y: int, scale: _Scale) -> SafeString:
    left, right = scale.x(bar.starts_at), scale.x(bar.ends_at)
    dashes = "4 3" if bar.look == "closed" else "none"
    stroke = "#dc2626" if bar.look == "closed" else "none"
    return format_html(
        '<rect class="{}" x="{}" y="{}" width="{}" height="{}" rx="3" fill="{}" stroke="{}"'
        ' stroke-dasharray="{}"><title>{}</title></rect>{}',
        bar.look,
        left,
        y,
        max(right - left, 2),
        _BAR,
        _FILLS[bar.look],
        stroke,
        dashes,
        bar.title,
        _endless(right, y) if bar.ends_at == FOREVER else "",
    )


def _endless(right: int, y: int) -> SafeString:
    return format_html(
        '<text x="{}" y="{}" fill="#fff" text-anchor="end">∞</text>', right - 6, y + _BAR - 4
    )


def _block(block: Block, scale: _Scale, height: int) -> SafeString:
    left = scale.x(block.starts_at)
    right = scale.x(block.lifted_at) if block.lifted_at else scale.x(scale.last)
    until = (
        f"to {clock.staff_time(block.lifted_at)}" if block.lifted_at else "until it is lifted"
    )
    about = f" ({block.only_source} alone)" if block.only_source else ""
    return format_html(
        '<rect class="block" x="{}" y="{}" width="{}" height="{}" fill="{}" fill-opacity=".18">'
        "<title>{}: blocked from {} {}</title></rect>",
        left,
        _TOP - 8,
        max(right - left, 2),
        height - _TOP - _BOTTOM + 16,
        _FILLS["block"],
        f"{block.kind}, {block.source}{about}",
        clock.staff_time(block.starts_at),
        until,
    )


def _now_line(scale: _Scale, height: int, now: datetime) -> SafeString:
    x = scale.x(now)
    return format_html(
        '<line class="now" x1="{}" x2="{}" y1="18" y2="{}" stroke="currentColor"/>'
        '<text x="{}" y="12" text-anchor="middle">{}</text>{}',
        x,
        x,
        height - _BOTTOM + 6,
        x,
        f"now, {now:%Y-%m-%d}",
        _edges(scale, height),
    )


def _edges(scale: _Scale, height: int) -> SafeString:
    return format_html(
        '<text x="{}" y="{}" opacity=".7">{}</text>'
        '<text x="{}" y="{}" opacity=".7" text-anchor="end">{}</text>',
        _LABEL,
        height - 6,
        f"{scale.first:%Y-%m-%d}",
        WIDTH,
        height - 6,
        f"{scale.last:%Y-%m-%d}",
    )


def _pattern() -> SafeString:
    return SafeString(
        '<defs><pattern id="grace" width="6" height="6" patternUnits="userSpaceOnUse"'
        ' patternTransform="rotate(45)"><rect width="6" height="6" fill="#f59e0b"'
        ' fill-opacity=".25"/><line y2="6" stroke="#d97706" stroke-width="4"/></pattern></defs>'
    )


def _legend(y: int) -> SafeString:
    return _joined(_entry(look, x, y) for look, x in zip(_WORDS, _legend_starts(), strict=True))


def _legend_starts() -> Iterator[int]:
    """Yield where each entry begins, behind the words of the one before."""
    x = _LABEL
    for word in _WORDS.values():
        yield x
        x += 34 + 7 * len(word)


def _entry(look: str, x: int, y: int) -> SafeString:
    is_taken = look == "closed"
    return format_html(
        '<rect x="{}" y="{}" width="12" height="12" rx="2" fill="{}" stroke="{}"'
        ' stroke-dasharray="{}"/><text x="{}" y="{}" opacity=".8">{}</text>',
        x,
        y - 10,
        _FILLS[look],
        _FILLS["block"] if is_taken else "none",
        "4 3" if is_taken else "none",
        x + 17,
        y,
        _WORDS[look],
    )
