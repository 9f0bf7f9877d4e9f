"""Where every vertex stands across its rank: near its neighbours, long edges straight, clusters in bands of their own.

Here: one number for each vertex (along the rank, called its place `x` whatever the direction of the drawing), and the
two borders of each cluster. Not here: the position of the ranks themselves, and the curves (routes.py, the next file).

Every step keeps the order of each rank and the distances that the boxes need. Three steps:

1. relax: rank by rank, the places nearest to the neighbours' that keep the distances; exact by isotonic regression.
2. part: move clusters apart that the first step let overlap, as little as a pass from each side can.
3. relax again between the clusters' borders, then straighten heavy paths and long edges.

Letters: v, w vertices, r a rank, c a cluster, x[v] the place of v.

Source: Gansner, Koutsofios, North & Vo 1993, section 4 (weights of segments; the aims of Brandes & Köpf, "Fast and
simple horizontal coordinate assignment", 2001, reached another way, because blocks of that method may not share a
cluster's border).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from math import inf
from typing import Final

from .clusters import ROOT
from .isotonic import isotonic
from .network import Network
from .ranks import neighbours, topological_order

DUMMY_WEIGHTS: Final = (1.0, 2.0, 8.0)  # of a segment with no, one, two dummy ends (Gansner et al. 1993, section 4)
CROSS_CLUSTER: Final = 0.25  # a segment that leaves its cluster pulls less than one within it
SPINE: Final = 8.0  # a segment of a heavy path pulls more than its neighbours
LOOSE: Final = 0.01  # how hard a vertex without neighbours holds its place

ONE_SIDED_ROUNDS: Final = 2  # in which a rank looks only at the rank before it; in the others at both sides
ROUNDS_AT_LEAST: Final = 3
ROUNDS_AT_MOST: Final = 8
RELAXING: Final = 40_000  # vertices moved by all rounds together, about; bounds the time on a large graph

Pull = tuple[float, list[tuple[int, float]]]
"""The total weight of a vertex's segments, and each neighbour with its share of it."""


@dataclass(frozen=True)
class Distances:
    """The least distances across a rank: between boxes, between lanes of edges, inside a cluster's border, above it."""

    box: float
    lane: float
    cluster: float
    title: float


class Placement:
    """Places for all vertices (`x`) and the borders of all clusters (`low`, `high`)."""

    def __init__(self, net: Network, breadth: Sequence[float], distances: Distances) -> None:
        """`breadth[v]` is the size of box v across its rank; dummies have none."""
        self.net = net
        self.distances = distances
        self.half = [b / 2 for b in breadth] + [0.0] * (len(net.rank) - net.boxes)
        self.low = [-inf] * len(net.tree)
        self.high = [inf] * len(net.tree)
        self.floor: list[float] = []  # how far each vertex may move between the borders; empty while there are none
        self.ceiling: list[float] = []
        self.offset = [0.0] * len(net.rank)  # least distance from the first vertex of the rank
        for rank in net.ranks:
            for v, w in pairwise(rank):
                self.offset[w] = self.offset[v] + self._apart(v, w)
        self.x = list(self.offset)
        for rank in net.ranks:
            middle = self.offset[rank[-1]] / 2
            for v in rank:
                self.x[v] -= middle
        self.spine = heavy_paths(net)
        self.pulls = self._pulls()
        self._relax_all()
        if len(net.tree) > 1:
            self._part()
            self._relax_all()
        self._straighten()
        self._fit_borders()

    def _apart(self, v: int, w: int) -> float:
        """Return the least distance between the centres of v and w, next to each other on one rank."""
        d = self.distances
        left, entered = self._borders(v, w)
        return (
            self.half[v] + len(left) * d.cluster + self._gap(v, w) + len(entered) * (d.cluster + d.title) + self.half[w]
        )

    def _gap(self, v: int, w: int) -> float:
        """Return the clear space between v and w: a lane's where one is a dummy, unless two clusters' borders meet
        there.
        """
        boxes, d = self.net.boxes, self.distances
        if v < boxes and w < boxes:
            return d.box
        left, entered = self._borders(v, w)
        return d.box if left and entered else d.lane

    def _borders(self, v: int, w: int) -> tuple[list[int], list[int]]:
        """Return the clusters left, from the inside out, and those entered, from the outside in, between v and w."""
        tree, a, b = self.net.tree, self.net.home[v], self.net.home[w]
        if a == b:
            return [], []
        around, _, _ = tree.fork(a, b)
        return tree.up_to(a, around), tree.up_to(b, around)[::-1]

    def _pulls(self) -> tuple[list[Pull], list[Pull], list[Pull]]:
        """Return what pulls each vertex: its neighbours above, those below, and both."""
        net, boxes, home = self.net, self.net.boxes, self.net.home
        spine = self.spine

        def weight(v: int, w: int) -> float:
            """Of the segment from v down to w."""
            dummies = DUMMY_WEIGHTS[(v >= boxes) + (w >= boxes)]
            return dummies * (SPINE if spine[w] == v else 1.0) * (1.0 if home[v] == home[w] else CROSS_CLUSTER)

        up = [[(w, weight(w, v)) for w in ends] for v, ends in enumerate(net.up)]
        down = [[(w, weight(v, w)) for w in ends] for v, ends in enumerate(net.down)]
        both = [a + b for a, b in zip(up, down, strict=True)]
        return [_pull(ends) for ends in up], [_pull(ends) for ends in down], [_pull(ends) for ends in both]

    def _relax_all(self) -> None:
        up, down, both = self.pulls
        rounds = max(ROUNDS_AT_LEAST, min(ROUNDS_AT_MOST, RELAXING // (len(self.x) + 1)))
        for round_ in range(rounds):
            above, below = (up, down) if round_ < ONE_SIDED_ROUNDS else (both, both)
            for rank in self.net.ranks:
                self._relax(rank, above)
            for rank in reversed(self.net.ranks):
                self._relax(rank, below)

    def _relax(self, rank: Sequence[int], pulls: Sequence[Pull]) -> None:
        """Put a rank's vertices nearest to their neighbours' weighted means, in order, apart, and within borders."""
        x, offset = self.x, self.offset
        targets, weights = [], []
        for v in rank:
            total, ends = pulls[v]
            if len(ends) == 1:
                mean = x[ends[0][0]]
            elif ends:
                mean = sum([x[w] * share for w, share in ends])
            else:
                mean = x[v]
            targets.append(mean - offset[v])
            weights.append(total)
        for v, y in zip(rank, self._within_borders(rank, isotonic(targets, weights)), strict=True):
            x[v] = y + offset[v]

    def _within_borders(self, rank: Sequence[int], shifted: list[float]) -> list[float]:
        """Clamp places less offsets to what the borders leave; both bounds are made to grow along the rank."""
        if not self.floor:
            return shifted
        lowest = list(accumulate([self.floor[v] - self.offset[v] for v in rank], max))
        highest = list(accumulate([self.ceiling[v] - self.offset[v] for v in reversed(rank)], min))[::-1]
        return [max(low, min(y, high)) for low, y, high in zip(lowest, shifted, highest, strict=True)]

    def _part(self) -> None:
        """Move vertices and borders until every distance holds, halfway between pushing all up and pushing all down.

        Each of the two passes is a longest path through the distances, so each satisfies all of them, and so does
        their mean.
        """
        arcs = self._distance_arcs()
        before, after = neighbours(len(self.x) + 2 * len(self.net.tree), arcs)
        order = topological_order(before, after)
        self._fit_borders(placeholders=True)
        wanted = self.x + [border for both in zip(self.low, self.high, strict=True) for border in both]
        pushed_up, pushed_down = list(wanted), list(wanted)
        for i in order:
            for j, length in after[i]:
                pushed_up[j] = max(pushed_up[j], pushed_up[i] + length)
        for j in reversed(order):
            for i, length in before[j]:
                pushed_down[i] = min(pushed_down[i], pushed_down[j] - length)
        settled = [(a + b) / 2 for a, b in zip(pushed_up, pushed_down, strict=True)]
        n = len(self.x)
        self.x, self.low, self.high = settled[:n], settled[n::2], settled[n + 1 :: 2]
        self._bound_by_borders()

    def _distance_arcs(self) -> set[tuple[int, int, float]]:
        """Return (i, j, d) for "j stands at least d after i", over vertices v, lower borders n + 2c and upper n + 2c +
        1.
        """
        n, half, d = len(self.x), self.half, self.distances
        arcs: set[tuple[int, int, float]] = set()
        for rank in self.net.ranks:
            for v, w in zip([-1, *rank], [*rank, -1], strict=True):
                left, entered = self._edge_borders(v, w)
                i, room = v, half[v] if v >= 0 else 0.0
                for c in left:
                    arcs.add((i, n + 2 * c + 1, room + d.cluster))
                    i, room = n + 2 * c + 1, 0.0
                room += self._gap(v, w) if v >= 0 and w >= 0 else 0.0
                for c in entered:
                    if i >= 0:
                        arcs.add((i, n + 2 * c, room))
                    i, room = n + 2 * c, d.cluster + d.title
                if i >= 0 and w >= 0:
                    arcs.add((i, w, room + half[w]))
        return arcs

    def _edge_borders(self, v: int, w: int) -> tuple[list[int], list[int]]:
        """Return the borders between v and w, where -1 stands for the end of the rank."""
        tree, home = self.net.tree, self.net.home
        if v < 0:
            return [], tree.up_to(home[w], ROOT)[::-1]
        if w < 0:
            return tree.up_to(home[v], ROOT), []
        return self._borders(v, w)

    def _bound_by_borders(self) -> None:
        """Note how far each vertex may move: inside its own cluster, outside the clusters beside it."""
        home, half, d = self.net.home, self.half, self.distances
        self.floor = [self.low[c] + d.cluster + d.title + h for c, h in zip(home, half, strict=True)]
        self.ceiling = [self.high[c] - d.cluster - h for c, h in zip(home, half, strict=True)]
        for v, c in enumerate(home):
            if c == ROOT:
                self.floor[v], self.ceiling[v] = -inf, inf
        for rank in self.net.ranks:
            for v, w in pairwise(rank):
                left, entered = self._borders(v, w)
                if left:
                    self.floor[w] = max(self.floor[w], self.high[left[-1]] + self._gap(v, w) + half[w])
                if entered:
                    self.ceiling[v] = min(self.ceiling[v], self.low[entered[0]] - self._gap(v, w) - half[v])

    def _straighten(self) -> None:
        """Give the vertices of each heavy path, and the dummies of each edge, one place for as long as their neighbours
        let them.
        """
        self._sides = {v: sides for rank in self.net.ranks for v, sides in _beside(rank)}
        for path in _paths(self.spine):
            self._straighten_path(path, ())
        for chain in self.net.chains:
            self._straighten_path(chain[1:-1], (chain[0], chain[-1]))

    def _straighten_path(self, path: Sequence[int], ends: Sequence[int]) -> None:
        """Cut a path into runs that can have one place each, as long as possible from its start on."""
        run: list[int] = []
        low, high = -inf, inf
        for v in path:
            least, most = self._slack(v)
            if max(low, least) > min(high, most):
                self._align(run, low, high, ends)
                run, low, high = [], -inf, inf
            run.append(v)
            low, high = max(low, least), min(high, most)
        self._align(run, low, high, ends)

    def _slack(self, v: int) -> tuple[float, float]:
        """Return the places that v may take between its neighbours on the rank and the borders."""
        x, offset = self.x, self.offset
        before, behind = self._sides[v]
        least = x[before] + offset[v] - offset[before] if before >= 0 else -inf
        most = x[behind] - offset[behind] + offset[v] if behind >= 0 else inf
        return (max(least, self.floor[v]), min(most, self.ceiling[v])) if self.floor else (least, most)

    def _align(self, run: Sequence[int], low: float, high: float, ends: Sequence[int]) -> None:
        """Put a run on one place: where an end of its edge is, if that is free, else the nearest to the run's mean."""
        if not run or low > high:
            return
        mean = sum([self.x[v] for v in run]) / len(run)
        free = [self.x[end] for end in ends if low <= self.x[end] <= high]
        place = min(free, key=lambda x: abs(x - mean)) if free else max(low, min(mean, high))
        for v in run:
            self.x[v] = place

    def _fit_borders(self, placeholders: bool = False) -> None:
        """Draw every cluster's borders close around its members."""
        net, d = self.net, self.distances
        self.low, self.high = [inf] * len(net.tree), [-inf] * len(net.tree)
        for v, c in enumerate(net.home):
            if placeholders or v < net.boxes or net.up[v]:
                self.low[c] = min(self.low[c], self.x[v] - self.half[v])
                self.high[c] = max(self.high[c], self.x[v] + self.half[v])
        for c in range(len(net.tree) - 1, ROOT, -1):
            self.low[c] -= d.cluster + d.title
            self.high[c] += d.cluster
            parent = net.tree.parent[c]
            self.low[parent] = min(self.low[parent], self.low[c])
            self.high[parent] = max(self.high[parent], self.high[c])


def heavy_paths(net: Network) -> list[int]:
    """Return for each vertex the one above it that it continues, -1 for none, so that chains of additions can be drawn
    straight.

    Among the vertices above that have no other consumer it is the one with most boxes behind it.

    Source: the heavy paths of Sleator & Tarjan, "A data structure for dynamic trees", 1983, section 2.
    """
    behind = [0] * len(net.rank)
    heavy = [-1] * len(net.rank)
    for rank in net.ranks:
        for v in rank:
            own = [u for u in net.up[v] if len(net.down[u]) == 1]
            behind[v] = (v < net.boxes) + sum([behind[u] for u in own])
            heavy[v] = max(own, key=behind.__getitem__, default=-1)
    return heavy


def _paths(heavy: Sequence[int]) -> list[list[int]]:
    """Return the heavy paths of at least two vertices, each from its first rank to its last."""
    continued = set(heavy)
    paths = []
    for v, u in enumerate(heavy):
        if v not in continued and u >= 0:
            path = [v]
            while u >= 0:
                path.append(u)
                u = heavy[u]
            paths.append(path[::-1])
    return paths


def _pull(ends: Sequence[tuple[int, float]]) -> Pull:
    total = sum([weight for _, weight in ends])
    return (total, [(w, weight / total) for w, weight in ends]) if ends else (LOOSE, [])


def _beside(rank: Sequence[int]) -> list[tuple[int, tuple[int, int]]]:
    """Return each vertex of a rank with its two neighbours there, -1 for none."""
    return [(v, (u, w)) for u, v, w in zip([-1, *rank[:-1]], rank, [*rank[1:], -1], strict=True)]
