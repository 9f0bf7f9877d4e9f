"""The proper layered network: long edges cut at every rank by dummy vertices, so that each segment spans one rank.

Here: vertices, segments, chains, and which cluster a dummy stands in. Not here: their order (order.py, the next file).

Letters: v a vertex, r a rank, c a cluster. Vertices 0 .. boxes-1 are the boxes. The others are dummies, which take no
room of their own: on a long edge with one segment in and one out, or with none as a placeholder, which keeps a
cluster's place on a rank where it is empty.

Source: Sugiyama, Tagawa & Toda 1981, section III (dummy vertices).
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from .clusters import ROOT, ClusterTree
from .ranks import assign_ranks

DUMMIES_PER_VERTEX: Final = 1
DUMMIES_AT_LEAST: Final = 20_000


@dataclass
class Network:
    """A layered graph whose segments each join neighbouring ranks; `ranks[r]` is the order of rank r and may be
    permuted.
    """

    boxes: int
    tree: ClusterTree
    rank: list[int]
    home: list[int]  # deepest cluster of each vertex
    up: list[list[int]] = field(default_factory=list)  # neighbours one rank before, one entry a segment
    down: list[list[int]] = field(default_factory=list)
    chains: list[list[int]] = field(default_factory=list)  # per edge: tail, dummies, head; [tail, head] where express
    express: list[bool] = field(default_factory=list)  # per edge: too long for dummies, goes round the drawing
    ranks: list[list[int]] = field(default_factory=list)
    span: list[tuple[int, int]] = field(default_factory=list)  # first and last rank of each cluster

    def add_vertex(self, rank: int, home: int) -> int:
        """Add a vertex without segments and return its number."""
        self.rank.append(rank)
        self.home.append(home)
        self.up.append([])
        self.down.append([])
        return len(self.rank) - 1

    def home_at(self, r: int, tail: int, head: int) -> int:
        """Return the cluster where an edge's dummy on rank r stands: inside an end's cluster as long as that lasts."""
        around, _, _ = self.tree.fork(self.home[tail], self.home[head])
        for end in (tail, head):
            c = self.home[end]
            while c != around and not self.span[c][0] <= r <= self.span[c][1]:
                c = self.tree.parent[c]
            if c != around:
                return c
        return around


def build_network(edges: Sequence[tuple[int, int]], homes: Sequence[int], tree: ClusterTree) -> Network:
    """Rank the vertices, then cut each edge that spans k ranks by k - 1 dummies.

    The longest edges go without dummies (`express`) where there would be more than a few times as many dummies as
    vertices: a chain of n nodes that all use one leaf would need n²/2 of them.
    """
    n = len(homes)
    net = Network(
        n, tree, assign_ranks(edges, homes, tree), list(homes), [[] for _ in range(n)], [[] for _ in range(n)]
    )
    net.span = _spans(net)
    budget = DUMMIES_AT_LEAST + DUMMIES_PER_VERTEX * (n + len(edges))
    lengths = [net.rank[head] - net.rank[tail] for tail, head in edges]
    net.express = [False] * len(edges)
    for e in sorted(range(len(edges)), key=lambda e: lengths[e]):
        budget -= lengths[e] - 1
        net.express[e] = budget < 0
    for (tail, head), express in zip(edges, net.express, strict=True):
        if express:
            net.chains.append([tail, head])
            continue
        between = range(net.rank[tail] + 1, net.rank[head])
        chain = [tail, *(net.add_vertex(r, net.home_at(r, tail, head)) for r in between), head]
        for a, b in itertools.pairwise(chain):
            net.down[a].append(b)
            net.up[b].append(a)
        net.chains.append(chain)
    _add_placeholders(net)
    net.ranks = [[] for _ in range(max(net.rank, default=-1) + 1)]
    for v, r in enumerate(net.rank):
        net.ranks[r].append(v)
    return net


def _spans(net: Network) -> list[tuple[int, int]]:
    """Return the first and the last rank on which each cluster has a member."""
    first = [len(net.rank)] * len(net.tree)
    last = [-1] * len(net.tree)
    for r, c in zip(net.rank, net.home, strict=True):
        first[c], last[c] = min(first[c], r), max(last[c], r)
    for c in range(len(net.tree) - 1, ROOT, -1):
        parent = net.tree.parent[c]
        first[parent], last[parent] = min(first[parent], first[c]), max(last[parent], last[c])
    return list(zip(first, last, strict=True))


def _add_placeholders(net: Network) -> None:
    """Give each cluster a vertex on every rank of its span, so that nothing foreign can stand in its gap."""
    present: list[set[int]] = [set() for _ in net.tree.paths]
    for r, c in zip(net.rank, net.home, strict=True):
        present[c].add(r)
    for c in range(len(net.tree) - 1, ROOT, -1):
        first, last = net.span[c]
        for r in range(first, last + 1):
            if r not in present[c]:
                net.add_vertex(r, c)
        present[net.tree.parent[c]].update(range(first, last + 1))
