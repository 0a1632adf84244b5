"""Covers for the demo's products, drawn as it is loaded: a gradient, a figure, a name."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import lru_cache
from io import BytesIO
from typing import Final

from PIL import Image, ImageDraw, ImageFont

SIZE: Final = (1280, 720)
# Drawn twice as large and then shrunk, which smooths every edge.
_SCALE: Final = 2
_WIDTH, _HEIGHT = SIZE[0] * _SCALE, SIZE[1] * _SCALE
_INK: Final = (255, 255, 255, 46)
_BRIGHT: Final = (255, 255, 255, 110)

Draw = ImageDraw.ImageDraw


@lru_cache(maxsize=32)
def cover(title: str, *, motif: str, colours: tuple[str, str]) -> bytes:
    """Return a PNG of ``SIZE`` with ``title``; the same arguments give the same picture."""
    canvas = _gradient(*colours)
    # In this mode what is drawn with some transparency blends with what lies below.
    _MOTIFS[motif](ImageDraw.Draw(canvas, "RGBA"))
    _write(ImageDraw.Draw(canvas), title)
    output = BytesIO()
    canvas.resize(SIZE, Image.Resampling.BOX).save(output, "PNG")
    return output.getvalue()


def _gradient(start: str, end: str) -> Image.Image:
    down = Image.linear_gradient("L")
    across = down.transpose(Image.Transpose.ROTATE_90)
    ramp = Image.blend(down, across, 0.6).resize((_WIDTH, _HEIGHT), Image.Resampling.BICUBIC)
    first = Image.new("RGB", (_WIDTH, _HEIGHT), start)
    second = Image.new("RGB", (_WIDTH, _HEIGHT), end)
    return Image.composite(second, first, ramp)


def _write(draw: Draw, title: str) -> None:
    size = 220
    while True:
        font = ImageFont.load_default(size)
        left, _, right, _ = draw.textbbox((0, 0), title, font=font)
        if right - left <= _WIDTH - 320 or size <= 60:
            break
        size -= 10
    draw.text((160, _HEIGHT - 160), title, font=font, fill="white", anchor="ls")


def _candles(draw: Draw) -> None:
    base = _HEIGHT * 0.62
    for at in range(18):
        x = 200 + at * 125
        middle = base - at * 42 + 130 * math.sin(at * 1.1)
        body = 70 + 60 * abs(math.sin(at * 2.3))
        rises = math.sin(at * 1.7) > -0.3
        draw.line((x, middle - body - 70, x, middle + body + 70), fill=_INK, width=8)
        draw.rounded_rectangle(
            (x - 34, middle - body, x + 34, middle + body), 10, fill=_BRIGHT if rises else _INK
        )


def _waves(draw: Draw) -> None:
    steps = range(0, _WIDTH + 20, 20)
    for row in range(7):
        crest = [(x, 290 + row * 130 + 60 * math.sin(x / 230 + row * 0.9)) for x in steps]
        trough = [(x, y + 26) for x, y in reversed(crest)]
        draw.polygon([*crest, *trough], fill=_BRIGHT if row % 3 == 1 else _INK)


def _rings(draw: Draw) -> None:
    x, y = _WIDTH * 0.74, _HEIGHT * 0.4
    for at, radius in enumerate(range(90, 1000, 130)):
        box = (x - radius, y - radius, x + radius, y + radius)
        draw.ellipse(box, outline=_BRIGHT if at % 3 == 0 else _INK, width=34)


def _grid(draw: Draw) -> None:
    for column in range(10):
        for row in range(4):
            x, y = 200 + column * 220, 160 + row * 220
            is_lit = (column * 3 + row * 5) % 7 in {0, 3}
            draw.rounded_rectangle(
                (x, y, x + 170, y + 170), 28, fill=_BRIGHT if is_lit else _INK
            )


def _stack(draw: Draw) -> None:
    for at in range(6):
        left, top = 1250 - at * 150, 170 + at * 150
        draw.rounded_rectangle(
            (left, top, _WIDTH + 100, top + 104), 52, fill=_BRIGHT if at == 2 else _INK
        )


def _book(draw: Draw) -> None:
    for side, fill in ((-1, _INK), (1, _BRIGHT)):
        middle = _WIDTH * 0.7
        edge = middle + side * 620
        draw.polygon(
            [(middle, 260), (edge, 180), (edge, 900), (middle, 1010)],
            fill=fill,
        )
        for line in range(5):
            y = 330 + line * 110
            draw.line((middle + side * 80, y, edge - side * 90, y - 45), fill=_INK, width=20)


def _sun(draw: Draw) -> None:
    x, y, radius = _WIDTH * 0.72, _HEIGHT * 0.42, 250
    for ray in range(24):
        angle = ray * math.tau / 24
        near, far = radius + 70, radius + (260 if ray % 2 else 170)
        draw.line(
            (
                x + near * math.cos(angle),
                y + near * math.sin(angle),
                x + far * math.cos(angle),
                y + far * math.sin(angle),
            ),
            fill=_INK,
            width=30,
        )
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=_BRIGHT)


def _arcs(draw: Draw) -> None:
    for at in range(5):
        radius = 240 + at * 150
        for x in (_WIDTH * 0.42, _WIDTH * 0.82):
            box = (x - radius, _HEIGHT * 0.75 - radius, x + radius, _HEIGHT * 0.75 + radius)
            draw.arc(box, 180, 360, fill=_BRIGHT if at == 1 else _INK, width=36)


_MOTIFS: Final[Mapping[str, Callable[[Draw], None]]] = {
    "arcs": _arcs,
    "book": _book,
    "candles": _candles,
    "grid": _grid,
    "rings": _rings,
    "stack": _stack,
    "sun": _sun,
    "waves": _waves,
}
MOTIFS: Final = frozenset(_MOTIFS)
