"""What a drawing shows, and nothing about how: boxes and edges with their texts, read by ``svg.py`` and ``dot.py``.

A small graph is shown node by node.  A large one is folded (``fold.py``) as far as it takes to stay under ``LIMIT``
boxes; if even that is too much, the part nearest to the root is shown, and a box that says how much is left out.
Local derivatives and their formulas come from the graph and the table; labels are still raw text here, and whoever
writes them escapes them (``escape.py``).  What does not live here: colours, sizes, places.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from autograd import Value, topological_order
from visualize.boxes import Box, constants, group_box, node_box, rest_box
from visualize.clusters import Path, homes
from visualize.derivative import local_derivative, number, operand_names
from visualize.errors import DrawingError
from visualize.expanded import Edge, expand_dot
from visualize.fold import Part, arrange, split
from visualize.steps import node_names

LIMIT: Final = 300
"""How many boxes a drawing has at most when not told otherwise."""

FOLDED: Final = 40
"""How many boxes a folded drawing aims at: once not every node is shown, the whole should be seen at a glance."""

REST: Final = "…"
"""The name of the part that is everything for which there is no room."""

_PARALLEL: Final = 8
"""How many edges between the same two boxes are drawn one by one."""


@dataclass(frozen=True)
class Picture:
    """Boxes in an order that edges follow, edges, and a note of what is not shown."""

    boxes: tuple[Box, ...]
    edges: tuple[Edge, ...]
    note: str
    """Empty where every node has its own box."""

    @property
    def largest(self) -> float:
        """The largest finite size of a gradient, by which colours are scaled."""
        sizes = (abs(box.grad) for box in self.boxes if box.grad is not None)
        return max((size for size in sizes if size < float("inf")), default=0.0)


def picture(root: Value, *, depth: int | None = None, expand: bool = False, limit: int = LIMIT) -> Picture:
    """What to draw of the graph under ``root``.

    Args:
        root: the result whose graph is drawn.
        depth: how many levels of clusters are open: 0 draws each layer as one box, 1 each neuron, and so on. None
            shows every node where ``limit`` allows it, and otherwise opens as many levels as can be seen at a glance.
        expand: whether a ``dot`` node is drawn as its products and their sum, if they take at most half of ``limit``.
        limit: how many boxes there may be.

    Raises:
        DrawingError: ``depth`` is negative, or ``limit`` is less than 2.

    >>> a = Value(3.0, label="a")
    >>> drawn = picture(a * a)
    >>> [box.name for box in drawn.boxes], [(edge.tail, edge.head, edge.text) for edge in drawn.edges]
    (['a', 'v1'], [('n0', 'n1', 'a = 3'), ('n0', 'n1', 'a = 3')])
    """
    if limit < 2 or (depth is not None and depth < 0):
        raise DrawingError(f"a drawing needs limit >= 2 and depth >= 0 or None; got limit={limit}, depth={depth}")
    wide = limit // 2 if expand else 0
    nodes = topological_order(root)
    home = homes(nodes)
    deepest = max(map(len, home.values()), default=0)
    for levels, fold, most in _attempts(depth, deepest, limit):
        if not fold and levels is None and len(nodes) > most:
            continue
        found = split(nodes, home, levels, fold)
        if found is not None and sum(_weight(part, wide) for part in found[0]) <= most:
            parts, part_of = found
            break
    else:
        parts, part_of = _nearest(nodes, home, wide, limit)
    return _Drawing(nodes, root, parts, part_of, wide).picture()


def _attempts(depth: int | None, deepest: int, limit: int) -> Iterator[tuple[int | None, bool, int]]:
    """What to try, in order: levels that stay open, whether repeats fold, how many boxes are then allowed."""
    if depth is None:
        yield None, False, limit
        for levels in range(deepest, -1, -1):
            yield levels, True, min(FOLDED, limit)
        yield 0, True, limit
    else:
        yield depth, False, limit if depth >= deepest else min(FOLDED, limit)
        yield depth, True, limit


def _weight(part: Part, wide: int) -> int:
    """How many boxes a part takes."""
    return 1 if part.closed or len(part.nodes) > 1 else _node_weight(part.nodes[0], wide)


def _node_weight(node: Value, wide: int) -> int:
    return 2 + 2 * len(node.groups[0]) if _expands(node, wide) else 1 + len(constants(node))


def _expands(node: Value, wide: int) -> bool:
    """Whether a node is drawn as products and a sum: a ``dot`` that takes no more than ``wide`` boxes then."""
    return bool(wide) and node.op is not None and node.op.name == "dot" and 2 + 2 * len(node.groups[0]) <= wide


def _nearest(
    nodes: Sequence[Value], home: Mapping[Value, Path], wide: int, limit: int
) -> tuple[list[Part], dict[Value, int]]:
    """The nodes next to the root as parts of their own, and all the others as one."""
    room, cut = limit - 1, len(nodes)
    while cut and (room := room - _node_weight(nodes[cut - 1], wide)) >= 0:
        cut -= 1
    cut = min(cut, len(nodes) - 1)
    parts = [Part(0, list(nodes[:cut]), (), REST)]
    parts += [Part(index, [node], home.get(node, ())) for index, node in enumerate(nodes[cut:], cut)]
    return parts, {node: max(0, index - cut + 1) for index, node in enumerate(nodes)}


class _Drawing:
    """Parts turned into boxes and edges."""

    def __init__(
        self,
        nodes: Sequence[Value],
        root: Value,
        parts: Sequence[Part],
        part_of: Mapping[Value, int],
        wide: int,
    ) -> None:
        self.nodes, self.root, self.parts, self.part_of, self.wide = nodes, root, parts, part_of, wide
        self.names = node_names(nodes)
        self.boxes: list[Box] = []
        self.edges: list[Edge] = []
        self.ids = [f"{'n' if self._single(part) else 'g'}{part.first}" for part in parts]

    @staticmethod
    def _single(part: Part) -> bool:
        return not part.closed and len(part.nodes) == 1

    def picture(self) -> Picture:
        order, counts, back = arrange(self.parts, self.part_of)
        entering: list[list[int]] = [[] for _ in self.parts]
        for tail, head in counts:
            entering[head].append(tail)
        for n in order:
            part = self.parts[n]
            if self._single(part):
                self._add_node(n, counts)
                continue
            make = rest_box if part.closed == REST else group_box
            self.boxes.append(make(self.ids[n], part, self.root in part.nodes))
            for tail in sorted(entering[n]):
                self.edges.append(Edge(self.ids[tail], self.ids[n], None, "", counts[tail, n], back=(tail, n) in back))
        return Picture(tuple(self.boxes), tuple(self.edges), self._note())

    def _add_node(self, n: int, counts: Mapping[tuple[int, int], int]) -> None:
        node, part = self.parts[n].nodes[0], self.parts[n]
        if _expands(node, self.wide):
            boxes, edges = expand_dot(node, self.ids[n], part.path, self.names, self._id, node is self.root)
            self.boxes += boxes
            self.edges += edges
            return
        numbers = constants(node)
        for place, x in numbers:
            self.boxes.append(Box(f"{self.ids[n]}c{place}", "constant", "", number(x), path=part.path))
            self.edges.append(Edge(self.boxes[-1].id, self.ids[n], None, ""))
        self.boxes.append(node_box(node, self.ids[n], self.names[node], part.path, node is self.root))
        groups = operand_names(node, self.names)
        together: set[int] = set()
        for edge, parent in enumerate(node.parents):
            tail = self.part_of[parent]
            if tail in together:
                continue
            count = counts[tail, n]
            if count > (_PARALLEL if self._single(self.parts[tail]) else 1):
                together.add(tail)
                self.edges.append(Edge(self.ids[tail], self.ids[n], None, "", count))
            elif node.is_opaque:
                self.edges.append(Edge(self.ids[tail], self.ids[n], None, ""))
            else:
                formula = local_derivative(node, edge, groups, self.names[node])
                self.edges.append(Edge(self.ids[tail], self.ids[n], node.partials[edge], formula))

    def _id(self, node: Value) -> str:
        return self.ids[self.part_of[node]]

    def _note(self) -> str:
        shown = sum(map(self._single, self.parts))
        if shown == len(self.nodes):
            return ""
        return f"{len(self.nodes):,} nodes, drawn as {len(self.boxes):,} boxes"
