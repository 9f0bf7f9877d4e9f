"""Colours of a drawing, light and dark, and how a gradient looks in them: a colour and a glyph, never colour alone.

Blue is positive and orange negative, which those who do not tell red from green tell apart.  Every text keeps at least
the contrast 4.5 : 1 against what it stands on (WCAG 2.2, level AA).  What does not live here: anything drawn.
"""

import math
from dataclasses import dataclass
from typing import Final, Literal

from visualize.errors import DrawingError

Sign = Literal["positive", "negative", "zero", "non-finite"]

GLYPHS: Final[dict[Sign, str]] = {"positive": "▲", "negative": "▼", "zero": "○", "non-finite": "!"}
"""The sign of a gradient for the eye, where text is all there is; ``svg.py`` draws the same shapes."""

_DEEPEST: Final = 0.42
"""How much of a gradient's colour the box of the largest gradient takes."""


@dataclass(frozen=True)
class Theme:
    """Colours as ``#rrggbb``."""

    background: str
    text: str
    muted: str
    box: str
    constant: str
    border: str
    edge: str
    cluster: str
    positive: str
    negative: str
    alarm: str

    def shade(self, gradient: float, largest: float) -> str:
        """The fill of a box with this gradient in a drawing whose largest is ``largest``."""
        if not math.isfinite(gradient):
            return mix(self.box, self.alarm, _DEEPEST)
        if not gradient:
            return self.box
        strength = 1.0 if not largest else math.sqrt(min(abs(gradient) / largest, 1.0))
        return mix(self.box, self.positive if gradient > 0 else self.negative, 0.1 + (_DEEPEST - 0.1) * strength)

    def sign_colour(self, sign: Sign) -> str:
        """The colour of a gradient's glyph."""
        return {"positive": self.positive, "negative": self.negative, "zero": self.muted, "non-finite": self.alarm}[
            sign
        ]


THEMES: Final = {
    "light": Theme(
        background="#ffffff", text="#14171c", muted="#4e5763", box="#ffffff", constant="#f1f2f4", border="#5b6470",
        edge="#6b7480", cluster="#f5f7fa", positive="#0b61c4", negative="#c2410c", alarm="#b3126b",
    ),
    "dark": Theme(
        background="#14171c", text="#f2f4f7", muted="#b4bdc9", box="#20252d", constant="#191d23", border="#8b95a3",
        edge="#8b95a3", cluster="#1a1f26", positive="#2f7fe0", negative="#d9621e", alarm="#d13a8f",
    ),
}  # fmt: skip


def theme_named(name: str) -> Theme:
    """The theme of this name.

    Raises:
        DrawingError: there is none.
    """
    if name not in THEMES:
        raise DrawingError(f"no theme is called {name!r}; there are {' and '.join(THEMES)}")
    return THEMES[name]


def sign_of(gradient: float) -> Sign:
    """The kind of a gradient that a reader tells at a glance."""
    if not math.isfinite(gradient):
        return "non-finite"
    return "zero" if not gradient else "positive" if gradient > 0 else "negative"


def mix(ground: str, colour: str, share: float) -> str:
    """``share`` of ``colour`` over ``ground``.

    >>> mix("#000000", "#ffffff", 0.5)
    '#808080'
    """
    pairs = zip(_channels(ground), _channels(colour), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def contrast(first: str, second: str) -> float:
    """The contrast ratio of two colours, from 1 to 21, after WCAG 2.2.

    >>> round(contrast("#000000", "#ffffff"), 1)
    21.0
    """
    low, high = sorted((_luminance(first), _luminance(second)))
    return (high + 0.05) / (low + 0.05)


def _channels(colour: str) -> tuple[int, ...]:
    return tuple(int(colour[i : i + 2], 16) for i in (1, 3, 5))


def _luminance(colour: str) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (x / 255 for x in _channels(colour))]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
