"""The curve of every edge: from the tail's border through the gaps between columns to the head's border.

Here: positions along the ranks, ports on the boxes, Bézier curves. Not here: anything that moves a box.

A curve bends only in the gaps between two ranks and runs straight through the columns of boxes, on a lane of its own
that the coordinates keep clear. So it meets no box but its two ends, and two curves cross in a gap only where their
ends are the other way round, just as the crossing count says.

Coordinates here are (along, across): along the ranks and along one rank; the package turns them into x and y.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from .network import Network

Point = tuple[float, float]

PORT_SHARE: Final = 0.6  # of a box's side over which its edges spread


class Router:
    """Curves through a placed network."""

    def __init__(
        self, net: Network, x: Sequence[float], columns: Sequence[tuple[float, float]], depth: Sequence[float]
    ) -> None:
        """`columns[r]` is where the boxes of rank r begin and end, `depth[v]` the size of box v along the ranks."""
        self.net, self.x, self.columns, self.depth = net, x, columns, depth

    def curves(self, breadth: Sequence[float], lane: float) -> list[list[Point]]:
        """Return for each edge the control points of a chain of cubic Bézier curves: 3k + 1 of them."""
        leaves, arrives = self._ports(breadth, lane)
        floor = max(
            [self.x[v] + b / 2 for v, b in enumerate(breadth)] + [self.x[v] for v in range(len(breadth), len(self.x))],
            default=0.0,
        )
        lanes: dict[int, float] = {}
        curves = []
        for e, chain in enumerate(self.net.chains):
            tail, head = chain[0], chain[-1]
            start = (self._middle(tail) + self.depth[tail] / 2, self.x[tail] + leaves[e])
            end = (self._middle(head) - self.depth[head] / 2, self.x[head] + arrives[e])
            if self.net.express[e]:
                across = lanes.setdefault(tail, floor + 3 * lane + lane * len(lanes))
                curves.append(self._round(start, end, tail, head, across))
            else:
                curves.append(self._through(start, end, chain))
        return curves

    def _middle(self, v: int) -> float:
        near, far = self.columns[self.net.rank[v]]
        return (near + far) / 2

    def _ports(self, breadth: Sequence[float], lane: float) -> tuple[list[float], list[float]]:
        """Return where each edge leaves its tail and meets its head, from the middle of the box's side.

        Edges stand in the order of where they go, so that they do not cross at the box; parallel edges keep one order
        at both ends.
        """
        chains, x = self.net.chains, self.x
        out: list[list[int]] = [[] for _ in breadth]
        into: list[list[int]] = [[] for _ in breadth]
        for e, chain in enumerate(chains):
            out[chain[0]].append(e)
            into[chain[-1]].append(e)
        leaves, arrives = [0.0] * len(chains), [0.0] * len(chains)
        for sides, ports, near in ((out, leaves, 1), (into, arrives, -2)):
            goal = [(express, x[chain[near]]) for express, chain in zip(self.net.express, chains, strict=True)]
            for v, edges in enumerate(sides):
                edges.sort(key=goal.__getitem__)
                step = min(lane, PORT_SHARE * breadth[v] / max(len(edges) - 1, 1))
                for i, e in enumerate(edges):
                    ports[e] = (i - (len(edges) - 1) / 2) * step
        return leaves, arrives

    def _through(self, start: Point, end: Point, chain: Sequence[int]) -> list[Point]:
        """Return a curve over the dummies of a chain, straight in the columns and bent in the gaps."""
        curve = [start]
        for v in chain[:-1]:
            w_rank = self.net.rank[v] + 1
            far = self.columns[w_rank - 1][1]
            near = self.columns[w_rank][0]
            _straight(curve, (far, curve[-1][1]))
            across = end[1] if w_rank == self.net.rank[chain[-1]] else self.x[chain[w_rank - self.net.rank[chain[0]]]]
            _bend(curve, (near, across))
        _straight(curve, end)
        return curve

    def _round(self, start: Point, end: Point, tail: int, head: int, across: float) -> list[Point]:
        """Return a curve that leaves by the gap behind the tail, passes all boxes, and comes back by the gap before the
        head.
        """
        behind, before = self.columns[self.net.rank[tail]][1], self.columns[self.net.rank[head]][0]
        gap_behind = self.columns[self.net.rank[tail] + 1][0] - behind
        gap_before = before - self.columns[self.net.rank[head] - 1][1]
        curve = [start]
        _straight(curve, (behind, start[1]))
        _bend(curve, (behind + gap_behind / 2, across))
        _straight(curve, (before - gap_before / 2, across))
        _bend(curve, (before, end[1]))
        _straight(curve, end)
        return curve


def _straight(curve: list[Point], end: Point) -> None:
    """Go straight on to `end`, unless the curve is there already."""
    (a, p), (b, q) = curve[-1], end
    if abs(b - a) + abs(q - p) < 1e-6:
        curve[-1] = end
    else:
        curve += [(a + (b - a) / 3, p + (q - p) / 3), (a + 2 * (b - a) / 3, p + 2 * (q - p) / 3), end]


def _bend(curve: list[Point], end: Point) -> None:
    """Go to `end` along the ranks at both ends; every such curve over one gap has the same shape, scaled across."""
    (a, p), (b, q) = curve[-1], end
    curve += [((a + b) / 2, p), ((a + b) / 2, q), end]
