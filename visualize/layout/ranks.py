"""Which rank every box stands on: edges go forward, and a cluster stands wholly behind the one that feeds it.

Here: longest-path ranks and their tightening. Not here: the order within a rank (order.py). Next file: network.py.

Source: Sugiyama, Tagawa & Toda, "Methods for visual understanding of hierarchical system structures", 1981; Gansner,
Koutsofios, North & Vo, "A technique for drawing directed graphs", 1993, section 2 (what a good ranking minimises).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

from .clusters import ROOT, ClusterTree

L = TypeVar("L", int, float)

Arc = tuple[int, int, int]
"""(a, b, length): b stands at least `length` ranks after a."""


def assign_ranks(edges: Sequence[tuple[int, int]], homes: Sequence[int], tree: ClusterTree) -> list[int]:
    """Return a rank for each vertex, counted from 0, with rank[head] > rank[tail] for every edge.

    A vertex stands as late as the vertices that use it allow (longest path to a sink), so a leaf stands beside its
    first consumer. Then each vertex with more edges in than out moves as close to its parents as it can, which
    shortens the edges in total.

    A cluster has an entrance and an exit, before and after all its members. An edge between two sibling clusters
    keeps the whole second cluster behind the whole first one, so consecutive layers of a network become consecutive
    columns. Where siblings feed each other in both directions (a layer used twice) that is impossible, and only the
    edges themselves hold.

    `edges` must be acyclic (see `find_cycle`); `homes[v]` is the deepest cluster of vertex v.
    """
    count = len(homes)
    pull = [0] * count + [0, 1] * len(tree)  # edges in minus edges out; a cluster's exit follows its members
    for tail, head in edges:
        pull[tail] -= 1
        pull[head] += 1
    membership, between = _cluster_arcs(edges, homes, tree)
    raw = {(tail, head, 1) for tail, head in edges}
    before, after = neighbours(len(pull), raw | membership | between)
    order = topological_order(before, after)
    if len(order) < len(pull):
        stuck = set(range(len(pull))).difference(order, topological_order(after, before))  # on or between cycles
        between = {arc for arc in between if arc[0] not in stuck or arc[1] not in stuck}
        before, after = neighbours(len(pull), raw | membership | between)
        order = topological_order(before, after)

    rank = [0] * len(pull)
    for v in reversed(order):
        rank[v] = min((rank[b] - length for b, length in after[v]), default=0)
    for v in order:
        if pull[v] > 0 and before[v]:
            rank[v] = max(rank[a] + length for a, length in before[v])
    first = min(rank[:count], default=0)
    return [r - first for r in rank[:count]]


def neighbours(
    count: int, arcs: Iterable[tuple[int, int, L]]
) -> tuple[list[list[tuple[int, L]]], list[list[tuple[int, L]]]]:
    """Return for each vertex the (vertex, length) before it and those after it, in a fixed order."""
    before: list[list[tuple[int, L]]] = [[] for _ in range(count)]
    after: list[list[tuple[int, L]]] = [[] for _ in range(count)]
    for a, b, length in sorted(arcs):
        before[b].append((a, length))
        after[a].append((b, length))
    return before, after


def topological_order(
    before: Sequence[Sequence[tuple[int, float]]], after: Sequence[Sequence[tuple[int, float]]]
) -> list[int]:
    """Return the vertices, each after all that stand before it; those on or behind a cycle are missing (Kahn 1962)."""
    waiting = [len(arcs) for arcs in before]
    order = [v for v, arcs in enumerate(waiting) if not arcs]
    for v in order:
        for b, _ in after[v]:
            waiting[b] -= 1
            if not waiting[b]:
                order.append(b)
    return order


def find_cycle(count: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """Return the vertices of one cycle in the direction of its edges, or an empty list.

    >>> find_cycle(4, [(0, 1), (1, 2), (2, 1), (2, 3)])
    [1, 2]
    >>> find_cycle(3, [(0, 1), (1, 2)])
    []
    """
    before, after = neighbours(count, {(tail, head, 1) for tail, head in edges})
    order = topological_order(before, after)
    if len(order) == count:
        return []
    stuck = set(range(count)).difference(order)
    parent = {v: min(a for a, _ in before[v] if a in stuck) for v in stuck}
    v, seen = min(stuck), dict[int, int]()
    while v not in seen:
        seen[v] = len(seen)
        v = parent[v]
    cycle = list(seen)[seen[v] :][::-1]
    start = cycle.index(min(cycle))
    return cycle[start:] + cycle[:start]


def _cluster_arcs(
    edges: Sequence[tuple[int, int]], homes: Sequence[int], tree: ClusterTree
) -> tuple[set[Arc], set[Arc]]:
    """Return the arcs that keep members between entrance and exit, and those that keep sibling clusters apart."""
    count = len(homes)

    def entrance(cluster: int) -> int:
        return count + 2 * cluster

    def exit_of(cluster: int) -> int:
        return count + 2 * cluster + 1

    membership: set[Arc] = set()
    for v, home in enumerate(homes):
        if home != ROOT:
            membership |= {(entrance(home), v, 0), (v, exit_of(home), 0)}
    for cluster, parent in enumerate(tree.parent):
        if parent != ROOT:
            membership |= {(entrance(parent), entrance(cluster), 0), (exit_of(cluster), exit_of(parent), 0)}
    between: set[Arc] = set()
    for tail, head in edges:
        around, near_tail, near_head = tree.fork(homes[tail], homes[head])
        a = tail if near_tail == around else exit_of(near_tail)
        b = head if near_head == around else entrance(near_head)
        if (a, b) != (tail, head):
            between.add((a, b, 1))
    return membership, between
