"""Sizes of boxes and of the texts on edges, and with them every place of a drawing.

Texts are set in a fixed-width font, so a text's width is known without the font.  The text on an edge is placed as a
small box of its own between tail and head: the layout then keeps it clear of everything else.  What does not live
here: who computes the places (``engines.py``), and what is written there (``svg.py``).
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Final

from visualize import layout
from visualize.boxes import Box
from visualize.clusters import Path
from visualize.engines import Engine, place
from visualize.escape import visible
from visualize.layout import Cluster, RankDir, Spacing
from visualize.picture import Picture

SIZE: Final = 13.0
"""Of the font, in pixels."""
SMALL: Final = 12.0
"""Of the font on edges and of notes."""
ADVANCE: Final = 0.602
"""Width of a character in units of the font's size, in every common fixed-width font."""
LINE: Final = 18.0
PADDING: Final = 10.0
GLYPH: Final = 15.0
"""The room that a sign's glyph takes before its text."""
BEHIND: Final = 6.0
"""How far the sheets behind a box that stands for several nodes look out."""
WIDEST: Final = 34
"""How many characters a line of a box has at most."""
SPACING: Final = Spacing(rank=30.0, box=16.0, lane=11.0, cluster=12.0, title=18.0, margin=14.0)
LABELLED: Final = 250
"""Up to how many edges a drawing shows the texts on them; beyond, they are in the tooltips alone."""

Point = tuple[float, float]


@dataclass(frozen=True)
class Arrow:
    """Where an edge runs, from tail to head, as cubic Bézier curves end to end, and where its text stands."""

    points: tuple[Point, ...]
    text: Point | None


@dataclass(frozen=True)
class Frame:
    """A box's rectangle."""

    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True)
class Places:
    """Every place of a drawing: frames by box id, arrows in the order of the edges."""

    frames: dict[str, Frame]
    arrows: tuple[Arrow, ...]
    clusters: tuple[Cluster, ...]
    width: float
    height: float


def text_width(text: str, size: float = SIZE) -> float:
    """The width of a text, in pixels; wide characters take two places, combining ones none.

    >>> text_width("ab", 10.0), text_width("漢", 10.0)
    (12.04, 12.04)
    """
    places = sum(2 if unicodedata.east_asian_width(c) in "WF" else 0 if unicodedata.combining(c) else 1 for c in text)
    return round(places * ADVANCE * size, 3)


def box_size(box: Box) -> tuple[float, float]:
    """Width and height of a box, in pixels."""
    if box.kind == "constant":
        return text_width(visible(box.name, WIDEST), SMALL) + 12.0, 22.0
    heading = " ".join(visible(part, WIDEST) for part in (box.op, box.name) if part)
    widths = [text_width(heading)]
    widths += [text_width(visible(line.text, WIDEST)) + (GLYPH if line.sign else 0.0) for line in box.lines()]
    behind = BEHIND if box.stacked else 0.0
    return max(46.0, max(widths) + 2 * PADDING) + behind, LINE * len(widths) + PADDING + 2.0 + behind


def placed(picture: Picture, engine: Engine, rankdir: RankDir) -> Places:
    """Everything in its place."""
    path = {box.id: box.path for box in picture.boxes}
    boxes = [layout.Box(box.id, *box_size(box), clusters=box.path) for box in picture.boxes]
    ends: list[tuple[str, str]] = []
    labelled = len(picture.edges) <= LABELLED
    for e, edge in enumerate(picture.edges):
        tail, head = (edge.head, edge.tail) if edge.back else (edge.tail, edge.head)
        if labelled and edge.text:
            width = text_width(visible(edge.text, WIDEST), SMALL) + 6.0
            boxes.append(layout.Box(f"e{e}", width, SMALL + 4.0, _common(path[tail], path[head])))
            ends += [(tail, f"e{e}"), (f"e{e}", head)]
        else:
            ends.append((tail, head))
    found = place(boxes, ends, engine, rankdir, SPACING)
    routes = iter(found.routes)
    arrows = []
    for e, edge in enumerate(picture.edges):
        points, text = next(routes).points, None
        if f"e{e}" in found.places:
            text = (found.places[f"e{e}"].x, found.places[f"e{e}"].y)
            points = (*points, *_straight(points[-1], (after := next(routes).points)[0]), *after)
        arrows.append(Arrow(points[::-1] if edge.back else points, text))
    frames = {
        box.id: Frame(
            found.places[box.id].x - box.width / 2, found.places[box.id].y - box.height / 2, box.width, box.height
        )
        for box in boxes
        if box.id in path
    }
    return Places(frames, tuple(arrows), found.clusters, found.width, found.height)


def _straight(start: Point, end: Point) -> Sequence[Point]:
    """The two control points of a straight line."""
    (a, b), (c, d) = start, end
    return (a + (c - a) / 3, b + (d - b) / 3), (a + 2 * (c - a) / 3, b + 2 * (d - b) / 3)


def _common(first: Path, second: Path) -> Path:
    return tuple(a for a, _ in takewhile(lambda pair: pair[0] == pair[1], zip(first, second, strict=False)))
