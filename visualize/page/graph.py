"""The graph of the page as SVG: boxes whose numbers the page's script fills in as it steps.

Each node is ``<g class="n" id="n3">`` with texts of the classes ``t`` (name) and ``o`` (operation), to which the script
adds ``v`` (value), ``g`` (gradient) and ``k`` (check); each edge ``<g class="e" id="e3-0">``: edge 0 of node n3.
Colours come from the page's style sheet; a policy that forbids inline styles lets none stand here.
What does not live here: where things go (``visualize/layout``).
"""

from itertools import pairwise
from typing import Final

from autograd import Value
from visualize.escape import markup_text, visible
from visualize.layout import Box, Layout, Route, Spacing, lay_out
from visualize.steps import Steps

WIDTH: Final = 108.0
HEIGHT: Final = 60.0
SPACING: Final = Spacing(rank=58.0, box=16.0, lane=14.0, margin=6.0)
LONGEST: Final = 240
"""How many characters the path of one edge may take: in a graph of a thousand nodes, edges cross hundreds of ranks."""

Edge = tuple[Value, Value, int]
"""A parent, the node, and which of the node's edges it is."""


def placed(walk: Steps) -> tuple[list[Edge], Layout]:
    """Every edge of the walk's graph, and where its nodes and edges go; the boxes' ids are ``walk.ids``."""
    ids = walk.ids
    edges = [(parent, node, k) for node in walk.nodes for k, parent in enumerate(node.parents)]
    boxes = [Box(ids[node], WIDTH, HEIGHT) for node in walk.nodes]
    return edges, lay_out(boxes, [(ids[parent], ids[node]) for parent, node, _ in edges], spacing=SPACING)


def graph_svg(walk: Steps) -> str:
    """The graph under the walk's root, from left to right.

    >>> graph_svg(Steps(Value(1.0) * 2)).count('class="n')
    2
    """
    ids = walk.ids
    edges, layout = placed(walk)
    parts = [
        f'<svg viewBox="0 0 {layout.width:.0f} {layout.height:.0f}" role="group" '
        'aria-label="Graph: up and down visit nodes and edges, Enter goes to a node">'
    ]
    for (_, node, k), route in zip(edges, layout.routes, strict=True):
        x, y = middle(route)
        parts.append(
            f'<g class="e" id="e{ids[node][1:]}-{k}"><path d="{_path(route)}"/>'
            f'<text x="{x:.0f}" y="{y + 4:.0f}">{node.partials[k]:.3g}</text></g>'
        )
    for node in walk.nodes:
        place = layout.places[ids[node]]
        name, op = heading(walk, node)
        parts.append(
            f'<g class="n{" leaf" if node.is_leaf else ""}" id="{ids[node]}" '
            f'transform="translate({place.x - WIDTH / 2:.0f} {place.y - HEIGHT / 2:.0f})">'
            f'<rect width="{WIDTH:.0f}" height="{HEIGHT:.0f}" rx="9"/>'
            f'<text class="t" x="10" y="18">{markup_text(name)}</text>'
            f'<text class="o" x="98" y="18">{markup_text(op)}</text></g>'
        )
    parts.append("</svg>")
    return "".join(parts)


def heading(walk: Steps, node: Value) -> tuple[str, str]:
    """The name and the operation as they fit side by side at the top of a box; the operation has the right of way."""
    op = visible(node._op, 6)
    return visible(walk.name[node], 10 - len(op) if op else 11), op


def _path(route: Route) -> str:
    """The curve in SVG's language, in whole pixels; one beyond ``LONGEST`` characters keeps eight of its bends."""
    points = [(round(x), round(y)) for x, y in route.points]
    text = _curves(points)
    if len(text) <= LONGEST:
        return text
    stations = points[::3]
    kept = [stations[k * (len(stations) - 1) // 8] for k in range(9)]
    bent = [kept[0]]
    for (x, y), (u, v) in pairwise(kept):
        bent += [((x + u) // 2, y), ((x + u) // 2, v), (u, v)]
    return _curves(bent)


def _curves(points: list[tuple[int, int]]) -> str:
    """Bézier curves, each point relative to where the curve before ended; level runs in one piece."""
    (x, y), pieces, run = points[0], [f"M{points[0][0]} {points[0][1]}"], 0
    for k in range(1, len(points), 3):
        curve = points[k : k + 3]
        if all(b == y for _, b in curve):
            run += curve[2][0] - x
        else:
            pieces += [f"h{run}"] if run else []
            run = 0
            pieces.append("c" + " ".join(f"{a - x} {b - y}" for a, b in curve).replace(" -", "-"))
        x, y = curve[2]
    return "".join(pieces) + (f"h{run}" if run else "")


def middle(route: Route) -> tuple[float, float]:
    """A point about half way along an edge, where its local derivative is written."""
    curve = route.sample(8)
    return curve[len(curve) // 2]
