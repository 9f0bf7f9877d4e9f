"""THE list of steps of a forward and a backward pass.  Every view (text, page, terminal, animation) reads this list.

It follows a graph in topological order and writes down, number by number, what ``root.backward()`` would do:

    forward    a node, its operands, its result
    backward   a node and its upstream gradient; then for each edge to a parent
                   upstream × local derivative = contribution
                   gradient before + contribution = gradient after

It takes the local derivatives from the graph and their formulas from the table, so it holds no rule of its own; it
keeps its own gradients, which start at zero, so no ``.data`` and no ``.grad`` changes; and it ends with the very
floats that ``backward()`` computes on a fresh graph.  What does not live here: any view; ``walk.py`` gathers those.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, overload

from autograd import OpaqueNodeError, Value, stale, topological_order
from visualize.derivative import local_derivative, operand_names
from visualize.paths import PATHS, Paths, paths_to


@dataclass(frozen=True, slots=True)
class Contribution:
    """One edge of a backward step: what a node sends to one of its parents."""

    edge: int
    """Which of the node's edges, counted from 0 in the order of ``node.parents``."""
    parent: Value
    partial: float
    """The local derivative ∂node/∂parent, a number."""
    formula: str
    """The local derivative as a formula in the operands' names."""
    upstream: float
    contribution: float
    """upstream · partial."""
    before: float
    """The parent's gradient before this contribution."""
    after: float
    """before + contribution."""


@dataclass(frozen=True, slots=True)
class Forward:
    """A node is computed from its operands."""

    index: int
    node: Value
    operands: tuple[Any, ...]
    """Values and plain numbers, in order."""
    result: float
    phase: Literal["forward"] = "forward"


@dataclass(frozen=True, slots=True)
class Backward:
    """A node passes its gradient on to its parents."""

    index: int
    node: Value
    upstream: float
    """The node's gradient, ∂root/∂node: complete, since all its consumers came before."""
    contributions: tuple[Contribution, ...]
    """One for each edge; none on a gradient of exactly zero, which sends nothing back."""
    phase: Literal["backward"] = "backward"


Step = Forward | Backward


class Steps(Sequence[Step]):
    """The steps of one forward and backward pass over the graph under ``root``, in order.

    A sequence: index, slice, iterate, ``len``.  ``forward`` and ``backward`` are its two halves.
    """

    def __init__(self, root: Value) -> None:
        self.root = root
        self.nodes: list[Value] = topological_order(root)
        """Every node once, each after its parents."""
        for node in self.nodes:
            if node.is_opaque:
                raise OpaqueNodeError(
                    f"the node {node._op!r} cannot be stepped through: its backward rule is a Python function, so its "
                    "local derivatives are not known. Build it from Value's operations, or from autograd.primitive"
                )
        self.name: dict[Value, str] = node_names(self.nodes)
        """A name for each node: its label if no other node has the same, else v1, v2, ..."""
        self.gradient: dict[Value, float] = {}
        """∂root/∂node at the end, for every node."""
        self.forward: list[Forward] = self._forward()
        self.backward: list[Backward] = self._backward()
        self._steps: list[Step] = [*self.forward, *self.backward]

    @property
    def note(self) -> str:
        """What is to be known before reading these steps, as the graph is now; mostly nothing."""
        if not (changed := stale(self.root)):
            return ""
        return (
            f"data were changed after the forward pass: {self.name[changed[0]]} no longer follows from its operands. "
            "Build the graph anew to step through today's numbers"
        )

    def _forward(self) -> list[Forward]:
        interior = (node for node in self.nodes if not node.is_leaf)
        return [Forward(index, node, node.operands, node.data) for index, node in enumerate(interior)]

    def _backward(self) -> list[Backward]:
        gradient = dict.fromkeys(self.nodes, 0.0)
        gradient[self.root] = 1.0
        steps: list[Backward] = []
        for node in reversed(self.nodes):
            if node.is_leaf:
                continue
            upstream = gradient[node]
            sent: list[Contribution] = []
            if upstream:
                names = operand_names(node, self.name)
                for edge, (parent, partial) in enumerate(zip(node.parents, node.partials, strict=True)):
                    if not parent.requires_grad:
                        continue
                    contribution, before = upstream * partial, gradient[parent]
                    gradient[parent] = after = before + contribution
                    formula = local_derivative(node, edge, names, self.name[node])
                    sent.append(Contribution(edge, parent, partial, formula, upstream, contribution, before, after))
            steps.append(Backward(len(self.forward) + len(steps), node, upstream, tuple(sent)))
        self.gradient = gradient
        return steps

    @overload
    def __getitem__(self, index: int) -> Step: ...
    @overload
    def __getitem__(self, index: slice) -> list[Step]: ...
    def __getitem__(self, index: int | slice) -> Step | list[Step]:
        return self._steps[index]

    def __len__(self) -> int:
        return len(self._steps)

    def __iter__(self) -> Iterator[Step]:
        return iter(self._steps)

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(root={self.name[self.root]}, {len(self.nodes)} nodes, "
            f"{len(self.forward)} forward and {len(self.backward)} backward steps)"
        )

    @cached_property
    def ids(self) -> dict[Value, str]:
        """An id for each node, stable for equal graphs: n0, n1, ... in topological order."""
        return {node: f"n{index}" for index, node in enumerate(self.nodes)}

    def paths(self, leaf: Value, most: int = PATHS) -> Paths:
        """Every path from the root to ``leaf`` with the product of its local derivatives.

        The multivariate chain rule: ∂root/∂leaf is the sum over all paths of the product along each.  Their number
        can grow exponentially with depth, so at most ``most`` are listed; ``complete`` says whether these are all.

        >>> from autograd import Value
        >>> a = Value(3.0, label="a")
        >>> paths = Steps(a * a + a).paths(a)
        >>> [path.product for path in paths], paths.complete
        ([3.0, 3.0, 1.0], True)
        """
        return paths_to(self.nodes, leaf, most)


def node_names(nodes: Sequence[Value]) -> dict[Value, str]:
    """A name for each node: its label if no other node has the same, else v1, v2, ..."""
    labels = Counter(node.label for node in nodes)
    names: dict[Value, str] = {}
    count = 0
    for node in nodes:
        if node.label and labels[node.label] == 1:
            names[node] = node.label
            continue
        count += 1
        while f"v{count}" in labels:
            count += 1
        names[node] = f"v{count}"
    return names
