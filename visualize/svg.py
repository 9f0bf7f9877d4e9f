"""A drawing as SVG, written directly: ``to_svg(root)``.

It defines no style sheet and no ids, so that several drawings stand on one page without touching each other, and
refers to nothing outside.  For whoever scripts it, a box has ``data-id`` and an edge ``data-tail`` and ``data-head``.
What does not live here: what is drawn (``picture.py``), where (``place.py``), in which colours (``theme.py``).
"""

from collections.abc import Iterator
from math import hypot
from typing import Final

from autograd import Value
from visualize.boxes import Box, Line
from visualize.engines import Engine
from visualize.escape import LONGEST, markup_text, visible
from visualize.expanded import Edge
from visualize.layout import RankDir
from visualize.picture import LIMIT, Picture, picture
from visualize.place import BEHIND, GLYPH, LINE, PADDING, SIZE, SMALL, WIDEST, Arrow, Frame, Places, placed, text_width
from visualize.theme import Sign, Theme, theme_named

FONT: Final = "DejaVu Sans Mono, Menlo, Consolas, Liberation Mono, monospace"
_LEGEND: Final[tuple[tuple[Sign | None, str], ...]] = (
    ("positive", "gradient > 0"), ("negative", "< 0"), ("zero", "= 0"), (None, "on an edge: local derivative"),
)  # fmt: skip


def to_svg(
    root: Value,
    *,
    theme: str = "light",
    layout: Engine = "auto",
    rankdir: RankDir = "LR",
    depth: int | None = None,
    expand: bool = False,
    limit: int = LIMIT,
) -> str:
    """The graph under ``root`` as the text of an SVG file.  Changes nothing in the graph.

    Args:
        root: the result whose graph is drawn, with the gradients its nodes have at the moment.
        theme: ``light`` or ``dark``.
        layout: ``builtin`` needs nothing; ``dot`` is Graphviz; ``auto`` takes Graphviz where there is one.
        rankdir: ``LR`` from left to right, ``TB`` from top to bottom.
        depth: how many levels of clusters are open: 0 draws each layer as one box, 1 each neuron, and so on. None
            shows every node where ``limit`` allows it, and otherwise opens as many levels as can be seen at a glance.
        expand: whether a ``dot`` node is drawn as its products and their sum, if they take at most half of ``limit``.
        limit: how many boxes there may be.

    Raises:
        DrawingError: no such theme, layout or direction; a negative ``depth``.
        MissingExtraError: ``layout="dot"`` without Graphviz.

    >>> to_svg(Value(3.0, label="a") * 2).startswith("<svg ")
    True
    """
    colours = theme_named(theme)
    drawn = picture(root, depth=depth, expand=expand, limit=limit)
    return picture_svg(drawn, colours, layout, rankdir)


CROWD: Final = 120
"""Above so many edges they are drawn thin and let each other through, or a wall would stand between two layers."""
THIN: Final = 'stroke-width="0.8" stroke-opacity="0.5"'


def picture_svg(drawn: Picture, theme: Theme, layout: Engine, rankdir: RankDir) -> str:
    """A picture as the text of an SVG file."""
    return "\n".join(_svg(drawn, placed(drawn, layout, rankdir), theme))


def _svg(drawn: Picture, places: Places, theme: Theme) -> Iterator[str]:
    legend = [(sign, text) for sign, text in _LEGEND if _mentioned(sign, drawn)]
    beneath = ([drawn.note] if drawn.note else []) + ([""] if legend else [])
    width = max(places.width, _legend_width(legend) + 28.0, text_width(drawn.note, SMALL) + 28.0)
    height = places.height + (LINE * len(beneath) + 8.0 if beneath else 0.0)
    root = next((box for box in drawn.boxes if box.root), drawn.boxes[-1])
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.1f} {height:.1f}" role="img" font-family="{FONT}" font-size="{SIZE:g}">'
    )
    yield f"<title>{markup_text(f'computation graph of {root.heading}')}</title>"
    yield f"<desc>{len(drawn.boxes)} boxes, {len(drawn.edges)} edges. {markup_text(drawn.note)}</desc>"
    yield f'<rect width="100%" height="100%" fill="{theme.background}"/>'
    for cluster in places.clusters:
        yield (
            f'<rect x="{cluster.left:.1f}" y="{cluster.top:.1f}" width="{cluster.width:.1f}" '
            f'height="{cluster.height:.1f}" rx="8" fill="{theme.cluster}" stroke="{theme.border}" '
            f'stroke-opacity="0.55"/>'
        )
        room = max(3, min(WIDEST, int((cluster.width - 16.0) / text_width("x", SMALL))))
        yield f"<g><title>{markup_text(cluster.path[-1])}</title>"
        yield _text(cluster.left + 8.0, cluster.top + 14.5, cluster.path[-1], theme.muted, size=SMALL, most=room)
        yield "</g>"
    stroke = THIN if len(drawn.edges) > CROWD else 'stroke-width="1.4"'
    for edge, arrow in zip(drawn.edges, places.arrows, strict=True):
        yield from _edge(edge, arrow, theme, stroke)
    for box in drawn.boxes:
        yield from _box(box, places.frames[box.id], theme, drawn.largest)
    y = places.height + SMALL - 2.0
    if drawn.note:
        yield _text(14.0, y, drawn.note, theme.text, size=SMALL, most=LONGEST)
        y += LINE
    yield from _legend(legend, y, theme)
    yield "</svg>"


def _mentioned(sign: Sign | None, drawn: Picture) -> bool:
    if sign is None:
        return any(edge.partial is not None for edge in drawn.edges)
    return any(box.grad is not None for box in drawn.boxes)


def _legend_width(legend: list[tuple[Sign | None, str]]) -> float:
    return sum(text_width(text, SMALL) + (GLYPH if sign else 0.0) + 14.0 for sign, text in legend)


def _legend(legend: list[tuple[Sign | None, str]], y: float, theme: Theme) -> Iterator[str]:
    x = 14.0
    for sign, text in legend:
        if sign:
            yield _glyph(sign, x + 4.0, y - 4.5, theme)
            x += GLYPH
        yield _text(x, y, text, theme.muted, size=SMALL)
        x += text_width(text, SMALL) + 14.0


def _edge(edge: Edge, arrow: Arrow, theme: Theme, stroke: str) -> Iterator[str]:
    points, tip = _shortened(arrow.points)
    dashes = ' stroke-dasharray="5 4"' if edge.back else ""
    yield f'<g data-tail="{edge.tail}" data-head="{edge.head}">'
    if said := edge.tooltip:
        yield f"<title>{markup_text(said)}</title>"
    yield f'<path d="{_path(points)}" fill="none" stroke="{theme.edge}" {stroke}{dashes}/>'
    yield f'<polygon points="{tip}" fill="{theme.edge}"/>'
    if arrow.text is not None:
        x, y = arrow.text
        width = text_width(edge.text, SMALL) + 4.0
        yield (
            f'<rect x="{x - width / 2:.1f}" y="{y - 8.0:.1f}" width="{width:.1f}" height="16" rx="3" '
            f'fill="{theme.background}"/>'
        )
        yield _text(x, y + 4.3, edge.text, theme.text, size=SMALL, anchor="middle")
    yield "</g>"


def _path(points: list[tuple[float, float]]) -> str:
    """The curve in SVG's language; what runs straight along an axis is one line, however many pieces it has."""
    (x, y), rest = points[0], points[1:]
    pieces = [f"M{x:.1f},{y:.1f}"]
    for (a, b), (c, d), end in zip(rest[::3], rest[1::3], rest[2::3], strict=True):
        if max(abs(v - y) for v in (b, d, end[1])) < 0.05:
            piece = f"H{end[0]:.1f}"
        elif max(abs(v - x) for v in (a, c, end[0])) < 0.05:
            piece = f"V{end[1]:.1f}"
        else:
            piece = f"C{a:.1f},{b:.1f} {c:.1f},{d:.1f} {end[0]:.1f},{end[1]:.1f}"
        if piece[0] in "HV" and pieces[-1][0] == piece[0]:
            pieces.pop()
        pieces.append(piece)
        x, y = end
    return " ".join(pieces)


def _shortened(points: tuple[tuple[float, float], ...]) -> tuple[list[tuple[float, float]], str]:
    """The curve up to its arrowhead, and the arrowhead's corners."""
    x, y = points[-1]
    a, b = next((p for p in reversed(points[:-1]) if hypot(x - p[0], y - p[1]) > 1e-3), (x - 1.0, y))
    length = hypot(x - a, y - b)
    u, v = (x - a) / length, (y - b) / length
    back = (x - 7.0 * u, y - 7.0 * v)
    corners = [(x, y), (back[0] - 3.6 * v, back[1] + 3.6 * u), (back[0] + 3.6 * v, back[1] - 3.6 * u)]
    return [*points[:-1], back], " ".join(f"{p:.1f},{q:.1f}" for p, q in corners)


def _box(box: Box, frame: Frame, theme: Theme, largest: float) -> Iterator[str]:
    ink = theme.muted if box.quiet else theme.text
    behind = BEHIND if box.stacked else 0.0
    shape = (
        f'width="{frame.width - behind:.1f}" height="{frame.height - behind:.1f}" '
        f'rx="{11 if box.kind == "constant" else 5}" '
        f'stroke="{theme.text if box.root else theme.border}"'
    )
    yield f'<g data-id="{box.id}" data-kind="{box.kind}">'
    yield f"<title>{markup_text(box.tooltip)}</title>"
    dashes = ' stroke-dasharray="4 3"' if box.dashed else ""
    for offset in (behind, behind / 2) if behind else ():
        yield f'<rect x="{frame.left + offset:.1f}" y="{frame.top + offset:.1f}" {shape} fill="{theme.box}"/>'
    yield (
        f'<rect x="{frame.left:.1f}" y="{frame.top:.1f}" {shape} fill="{box.fill(theme, largest)}" '
        f'stroke-width="{2.4 if box.root else 1.1}"{dashes}/>'
    )
    if box.kind == "constant":
        middle = frame.left + frame.width / 2
        yield _text(middle, frame.top + 15.3, box.name, ink, size=SMALL, anchor="middle")
    else:
        x, y = frame.left + PADDING, frame.top + LINE
        if box.op:
            yield _text(x, y, box.op, ink, bold=True)
            yield _text(x + text_width(f"{visible(box.op, WIDEST)} "), y, box.name, ink)
        else:
            yield _text(x, y, box.name, ink, bold=True)
        for line in box.lines():
            y += LINE
            yield from _line(line, x, y, ink, theme)
    yield "</g>"


def _line(line: Line, x: float, y: float, ink: str, theme: Theme) -> Iterator[str]:
    if line.sign:
        yield _glyph(line.sign, x + 4.5, y - 4.5, theme)
        x += GLYPH
    yield _text(x, y, line.text, theme.muted if line.muted else ink)


def _glyph(sign: Sign, x: float, y: float, theme: Theme) -> str:
    """The sign's shape around (x, y); drawn, so that no font need have it."""
    match sign:
        case "positive":
            corners = f"{x - 5:.1f},{y + 4:.1f} {x + 5:.1f},{y + 4:.1f} {x:.1f},{y - 5:.1f}"
        case "negative":
            corners = f"{x - 5:.1f},{y - 4:.1f} {x + 5:.1f},{y - 4:.1f} {x:.1f},{y + 5:.1f}"
        case "zero":
            return (
                f'<circle data-sign="zero" cx="{x:.1f}" cy="{y:.1f}" r="3.8" fill="none" '
                f'stroke="{theme.muted}" stroke-width="1.4"/>'
            )
        case "non-finite":
            corners = f"{x:.1f},{y - 6:.1f} {x + 6:.1f},{y:.1f} {x:.1f},{y + 6:.1f} {x - 6:.1f},{y:.1f}"
    return (
        f'<polygon data-sign="{sign}" points="{corners}" fill="{theme.sign_colour(sign)}" stroke="{theme.text}" '
        f'stroke-width="0.8"/>'
    )


def _text(
    x: float,
    y: float,
    text: str,
    ink: str,
    *,
    size: float = SIZE,
    bold: bool = False,
    anchor: str = "start",
    most: int = WIDEST,
) -> str:
    weight = ' font-weight="700"' if bold else ""
    sized = "" if size == SIZE else f' font-size="{size:g}"'
    turned = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{ink}"{sized}{weight}{turned}>{markup_text(text, most)}</text>'
