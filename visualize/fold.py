"""A large graph as few parts: clusters closed into one part each, and repeats of one pattern taken together.

A *part* is what becomes one box: a single node, a closed cluster (``layers[0]``), or a fold, which is the same
operation on the same parts (the hundred ``relu`` of a hundred samples).  Parts keep the graph's edges, but the graph of
parts need not be acyclic (a recurrent network, closed, feeds itself), so ``arrange`` also says which edges go back.
What does not live here: boxes and their texts (``picture.py``).
"""

import re
from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from typing import Final

from autograd import Value
from visualize.clusters import Path

Edge = tuple[int, int]
"""Tail and head, by part number."""

MOST: Final = 20_000
"""From how many parts on a split is given up: nobody could draw it."""


@dataclass(slots=True)
class Part:
    """Nodes drawn as one box."""

    first: int
    """The place of the first of them in the topological order: stable for equal graphs."""
    nodes: list[Value]
    path: Path
    """The clusters it stands in."""
    closed: str = ""
    """The name of the cluster that it is, where it is one."""
    sources: set[int] = field(default_factory=set)
    """The numbers of the parts it reads from."""
    read: bool = False
    """Whether another part reads from it so far."""
    op: str = ""
    """The symbol of its nodes' operation, where they share one."""
    inner: dict[str, None] = field(default_factory=dict)
    """The names of the clusters in it, where it is one; a dict, since it keeps the order."""


def split(
    nodes: Sequence[Value], home: Mapping[Value, Path], depth: int | None = None, fold: bool = False
) -> tuple[list[Part], dict[Value, int]] | None:
    """The parts of a graph, and for each node the number of its part; None where there would be too many of them.

    Args:
        nodes: in topological order.
        home: each node's path, from ``clusters.homes``.
        depth: how many levels of clusters stay open; None for all.
        fold: whether repeats are taken together.
    """
    parts: list[Part] = []
    part_of: dict[Value, int] = {}
    known: dict[Hashable, int] = {}
    leaf_keys = _leaf_keys(nodes, home) if fold else {}
    for index, node in enumerate(nodes):
        path = home.get(node, ())
        sources = {part_of[parent] for parent in node.parents}
        key: Hashable = index
        closed = ""
        inner = ""
        if depth is not None and len(path) > depth:
            path, closed, inner = path[:depth], path[depth], "".join(path[depth + 1 : depth + 2])
            key = (path, closed)
        elif fold:
            key = leaf_keys[node] if node.is_leaf else _repeat(node, path, sources, parts)
        number = key if isinstance(key, _Chain) else known.get(key)
        if number is None:
            if len(parts) == MOST:
                return None
            number = known[key] = len(parts)
            parts.append(Part(index, [], path, closed, op="" if closed else node._op))
        part = parts[number]
        part.nodes.append(node)
        if fresh := sources - part.sources:
            fresh.discard(number)
            part.sources |= fresh
            for source in fresh:
                parts[source].read = True
        if inner:
            part.inner[inner] = None
        part_of[node] = int(number)
    return parts, part_of


class _Chain(int):
    """The number of a part that a node joins as the next link of a chain, such as ``total = total + loss``."""


def _repeat(node: Value, path: Path, sources: set[int], parts: Sequence[Part]) -> Hashable:
    op = node._op
    for number in sources if op else ():
        before = parts[number]
        if (
            before.op == op
            and before.path == path
            and (not before.read or sources - {number} <= before.sources)  # else the parts could form a cycle
        ):
            return _Chain(number)
    return (path, op, frozenset(sources))


def _leaf_keys(nodes: Sequence[Value], home: Mapping[Value, Path]) -> dict[Value, Hashable]:
    """Leaves are alike that stand in one place, feed one operation, and are labelled alike but for the numbers."""
    keys: dict[Value, Hashable] = {}
    for node in nodes:
        if node.is_leaf:
            keys.setdefault(node, None)
        for parent in node.parents:
            if parent.is_leaf and keys.get(parent) is None:
                stem = re.sub(r"\d+", "", parent.label[:200])
                keys[parent] = ("leaf", home.get(parent, ()), stem, parent.requires_grad, node._op, home.get(node, ()))
    return keys


def arrange(parts: Sequence[Part], part_of: Mapping[Value, int]) -> tuple[list[int], Counter[Edge], set[Edge]]:
    """An order of the parts that edges follow, the edges with their counts, and the edges that go back.

    Edges go back only where the parts form a cycle.
    """
    edges: Counter[Edge] = Counter()
    for number, part in enumerate(parts):
        for node in part.nodes:
            for parent in node.parents:
                if (tail := part_of[parent]) != number:
                    edges[tail, number] += 1
    heads: list[list[int]] = [[] for _ in parts]
    missing = [0] * len(parts)
    for tail, head in edges:
        heads[tail].append(head)
        missing[head] += 1
    ready = [number for number, count in enumerate(missing) if not count]
    heapify(ready)
    waiting = iter(range(len(parts)))
    order: list[int] = []
    place: dict[int, int] = {}
    while len(order) < len(parts):
        number = heappop(ready) if ready else _next(waiting, place)
        if number in place:
            continue
        place[number] = len(order)
        order.append(number)
        for head in heads[number]:
            missing[head] -= 1
            if not missing[head] and head not in place:
                heappush(ready, head)
    return order, edges, {(tail, head) for tail, head in edges if place[tail] > place[head]}


def _next(waiting: Iterator[int], place: Mapping[int, int]) -> int:
    """In a cycle: the first part not yet placed."""
    return next(number for number in waiting if number not in place)
