"""A layered drawing of a directed acyclic graph: `lay_out(boxes, edges)` says where every box, edge and cluster goes.

Here: the plain data that goes in and comes out, and the one function between them. The package knows nothing of values,
gradients or SVG, and needs only the standard library.

Each step has a file, to be read in this order: clusters.py (the tree of groups), ranks.py (which column), network.py
(long edges cut by dummies), order.py (few crossings), isotonic.py and coordinates.py (straight edges), routes.py
(curves).

Source: Sugiyama, Tagawa & Toda, "Methods for visual understanding of hierarchical system structures", IEEE
Transactions on Systems, Man, and Cybernetics 11(2), 1981; Gansner, Koutsofios, North & Vo, "A technique for drawing
directed graphs", IEEE Transactions on Software Engineering 19(3), 1993.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Final, Literal

from autograd.errors import AutogradError

from .clusters import ROOT, ClusterTree
from .coordinates import Distances, Placement
from .network import Network, build_network
from .order import order_ranks
from .ranks import find_cycle
from .routes import Router

__all__ = ["Box", "Cluster", "Layout", "LayoutError", "Place", "RankDir", "Route", "Spacing", "lay_out"]

Point = tuple[float, float]
RankDir = Literal["LR", "TB"]

STEEPNESS: Final = 5.0  # a gap between columns grows until its edges rise at most this many times its width,
WIDEST: Final = 3.0  # but never beyond this many times `Spacing.rank`


class LayoutError(AutogradError, ValueError):
    """The graph cannot be laid out: a cycle, an unknown or doubled id, a size that is no length."""


@dataclass(frozen=True)
class Box:
    """A rectangle to be placed: its size, and the path of clusters around it, the outermost first."""

    id: str
    width: float
    height: float
    clusters: tuple[str, ...] = ()


@dataclass(frozen=True)
class Spacing:
    """Least distances, in the units of the boxes' sizes."""

    rank: float = 40.0
    """Between the boxes of one rank and of the next."""
    box: float = 14.0
    """Between boxes on one rank, and between the borders of clusters."""
    lane: float = 8.0
    """Between the lanes of edges, and between a lane and a box."""
    cluster: float = 8.0
    """From a cluster's border to what it holds."""
    title: float = 14.0
    """Above that, for the cluster's name."""
    margin: float = 8.0
    """Around the whole drawing."""


@dataclass(frozen=True)
class Place:
    """Where a box goes: its centre, and its rank counted from 0."""

    x: float
    y: float
    rank: int


@dataclass(frozen=True)
class Route:
    """The curve of one edge, from the tail's border to the head's: cubic Bézier curves end to end, 3k + 1 control
    points.
    """

    tail: str
    head: str
    points: tuple[Point, ...]

    def sample(self, steps: int = 8) -> list[Point]:
        """Return points on the curve, `steps` to each Bézier curve, with both ends.

        >>> Route("a", "b", ((0, 0), (1, 0), (2, 0), (3, 0))).sample(2)
        [(0, 0), (1.5, 0.0), (3, 0)]
        """
        line = [self.points[0]]
        for i in range(0, len(self.points) - 1, 3):
            (ax, ay), (bx, by), (cx, cy), (dx, dy) = self.points[i : i + 4]
            for step in range(1, steps):
                t, s = step / steps, 1 - step / steps
                a, b, c, d = s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t
                line.append((a * ax + b * bx + c * cx + d * dx, a * ay + b * by + c * cy + d * dy))
            line.append((dx, dy))
        return line


@dataclass(frozen=True)
class Cluster:
    """The rectangle around the boxes of one cluster, its clusters included; `path` is as the boxes named it."""

    path: tuple[str, ...]
    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True)
class Layout:
    """A finished drawing: `places` by box id, `routes` in the order of the edges given, `clusters` with outer before
    inner.
    """

    places: dict[str, Place]
    routes: tuple[Route, ...]
    clusters: tuple[Cluster, ...]
    width: float
    height: float


def lay_out(
    boxes: Iterable[Box],
    edges: Iterable[tuple[str, str]],
    *,
    rankdir: RankDir = "LR",
    spacing: Spacing | None = None,
) -> Layout:
    """Place boxes in ranks so that every edge goes forward, few edges cross, and clusters stay in one piece.

    No box overlaps another, no edge runs through a box that is not its end, a cluster's rectangle holds its own boxes
    and no others. Equal input gives equal output; y grows downwards.

    Args:
        boxes: the boxes, in an order that breaks ties.
        edges: (tail id, head id); the same pair may come again (`a * a`) and gets a route each time.
        rankdir: "LR" for ranks from left to right, "TB" from top to bottom.
        spacing: the least distances; `Spacing()` where not given.

    Raises:
        LayoutError: the edges form a cycle, an id is unknown or doubled, a size is negative or not finite.

    >>> drawn = lay_out([Box("a", 30, 20), Box("b", 30, 20)], [("a", "b"), ("a", "b")])
    >>> drawn.places["b"]
    Place(x=93.0, y=18.0, rank=1)
    >>> len(drawn.routes), drawn.width, drawn.height
    (2, 116.0, 36.0)
    """
    if rankdir not in ("LR", "TB"):
        raise LayoutError(f"rankdir is {rankdir!r}; use 'LR' (left to right) or 'TB' (top to bottom)")
    space = spacing or Spacing()
    boxes = list(boxes)
    numbered = _numbered_edges(boxes, list(edges))
    tree = ClusterTree(box.clusters for box in boxes)
    net = build_network(numbered, [tree.add(box.clusters) for box in boxes], tree)
    order_ranks(net)

    sideways = rankdir == "LR"
    breadth = [box.height if sideways else box.width for box in boxes]
    depth = [box.width if sideways else box.height for box in boxes]
    title_across, title_along = (space.title, 0.0) if sideways else (0.0, space.title)
    placed = Placement(net, breadth, Distances(space.box, space.lane, space.cluster, title_across))
    before, behind = _cluster_margins(net, space.cluster, title_along)
    columns = _columns(net, placed.x, depth, space.rank, before, behind)
    curves = Router(net, placed.x, columns, depth).curves(breadth, space.lane)
    rectangles = [
        (columns[first][0] - before[c], placed.low[c], columns[last][1] + behind[c], placed.high[c])
        for c, (first, last) in enumerate(net.span)
        if c != ROOT
    ]

    middles = [(near + far) / 2 for near, far in columns]
    along = [middles[net.rank[v]] for v in range(len(boxes))]
    extent = [(a - d / 2, x - b / 2) for a, x, d, b in zip(along, placed.x, depth, breadth, strict=False)]
    extent += [(a + d / 2, x + b / 2) for a, x, d, b in zip(along, placed.x, depth, breadth, strict=False)]
    extent += [point for curve in curves for point in curve]
    extent += [corner for a0, x0, a1, x1 in rectangles for corner in ((a0, x0), (a1, x1))]
    least_along, least_across = (min((p[i] for p in extent), default=0.0) - space.margin for i in (0, 1))
    size_along, size_across = (
        max((p[i] for p in extent), default=0.0) + space.margin - least
        for i, least in ((0, least_along), (1, least_across))
    )

    def turned(point: Point) -> Point:
        a, x = point[0] - least_along, point[1] - least_across
        return (a, x) if sideways else (x, a)

    def rectangle(c: int) -> Cluster:
        a0, x0, a1, x1 = rectangles[c - 1]
        (left, top), (right, bottom) = turned((a0, x0)), turned((a1, x1))
        return Cluster(tree.paths[c], left, top, right - left, bottom - top)

    return Layout(
        places={box.id: Place(*turned((along[v], placed.x[v])), rank=net.rank[v]) for v, box in enumerate(boxes)},
        routes=tuple(
            Route(boxes[tail].id, boxes[head].id, tuple(map(turned, curve)))
            for (tail, head), curve in zip(numbered, curves, strict=True)
        ),
        clusters=tuple(rectangle(c) for c in range(1, len(tree))),
        width=size_along if sideways else size_across,
        height=size_across if sideways else size_along,
    )


def _numbered_edges(boxes: Sequence[Box], edges: Sequence[tuple[str, str]]) -> list[tuple[int, int]]:
    """Return the edges as pairs of indices into `boxes`, after holding boxes and edges to what they must be."""
    number: dict[str, int] = {}
    for v, box in enumerate(boxes):
        if number.setdefault(box.id, v) != v:
            raise LayoutError(f"two boxes have the id {box.id!r}; give every box an id of its own")
        if not all(isfinite(size) and size >= 0 for size in (box.width, box.height)):
            raise LayoutError(f"box {box.id!r} has size {box.width} x {box.height}; sizes are finite and at least 0")
    for edge in edges:
        for end in edge:
            if end not in number:
                raise LayoutError(
                    f"edge {edge!r} names {end!r}, but no box has that id; add the box or leave out the edge"
                )
    numbered = [(number[tail], number[head]) for tail, head in edges]
    if cycle := find_cycle(len(boxes), numbered):
        names = [boxes[v].id for v in cycle]
        shown = names if len(names) <= 8 else [*names[:6], "...", names[-1]]
        raise LayoutError(
            f"the edges form a cycle, {' -> '.join([*shown, names[0]])}; "
            "a layered drawing needs every edge to go forward, so leave one of them out"
        )
    return numbered


def _cluster_margins(net: Network, padding: float, title: float) -> tuple[list[float], list[float]]:
    """Return how far each cluster's rectangle reaches before its first rank and behind its last, around inner ones
    there.
    """
    before, behind = [padding + title] * len(net.tree), [padding] * len(net.tree)
    for c in range(len(net.tree) - 1, ROOT, -1):
        parent = net.tree.parent[c]
        if net.span[c][0] == net.span[parent][0]:
            before[parent] = max(before[parent], before[c] + padding + title)
        if net.span[c][1] == net.span[parent][1]:
            behind[parent] = max(behind[parent], behind[c] + padding)
    return before, behind


def _columns(
    net: Network,
    x: Sequence[float],
    depth: Sequence[float],
    gap: float,
    before: Sequence[float],
    behind: Sequence[float],
) -> list[tuple[float, float]]:
    """Return where each rank's column of boxes begins and ends, with room between for clusters' margins and steep
    edges.
    """
    count = len(net.ranks)
    opening, closing, rise = [0.0] * count, [0.0] * count, [0.0] * count
    for c, (first, last) in enumerate(net.span):
        if c != ROOT:
            opening[first] = max(opening[first], before[c])
            closing[last] = max(closing[last], behind[c])
    for v, ends in enumerate(net.down):
        for w in ends:
            rise[net.rank[v]] = max(rise[net.rank[v]], abs(x[v] - x[w]))
    columns: list[tuple[float, float]] = []
    near = 0.0
    for r, rank in enumerate(net.ranks):
        far = near + max(depth[v] for v in rank if v < net.boxes)
        columns.append((near, far))
        if r + 1 < count:
            margins = closing[r] + opening[r + 1]
            near = far + max(gap, margins + gap / 2, margins + min(rise[r] / STEEPNESS, WIDEST * gap))
    return columns
