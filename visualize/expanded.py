"""Edges of a drawing, and a fused ``dot`` node drawn as what it computes: products, and their sum.

The products are made with the engine's own operations, so their values and local derivatives are the engine's.
What does not live here: any other node (``picture.py``).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import autograd
from autograd import Value
from visualize.boxes import Box, grad_of
from visualize.clusters import Path
from visualize.derivative import local_derivative, number

SHORT: Final = 12
"""How long a formula may be to stand on its edge."""


@dataclass(frozen=True, slots=True)
class Edge:
    """An arrow from an operand to what was computed from it."""

    tail: str
    head: str
    partial: float | None
    """The local derivative ∂head/∂tail; None where the edge stands for several, or leaves a number."""
    formula: str
    """The same as a formula."""
    count: int = 1
    """How many edges of the graph this one stands for."""
    back: bool = False
    """Whether it leads back, in a drawing whose closed clusters form a cycle."""

    @property
    def text(self) -> str:
        """What stands on the edge."""
        if self.count > 1:
            return f"×{self.count:,}"
        if self.partial is None:
            return ""
        digits = number(self.partial)
        return digits if self.formula in ("", digits) or len(self.formula) > SHORT else f"{self.formula} = {digits}"

    @property
    def tooltip(self) -> str:
        """What a pointer on the edge is told."""
        if self.partial is None:
            return f"{self.count:,} edges" if self.count > 1 else ""
        digits = number(self.partial)
        return f"local derivative {digits if self.formula in ('', digits) else f'{self.formula} = {digits}'}"


def expand_dot(
    node: Value, id: str, path: Path, names: Mapping[Value, str], id_of: Callable[[Value], str], root: bool
) -> tuple[list[Box], list[Edge]]:
    """The boxes and edges of ``dot(ws, xs, bias)`` as products and a sum.

    Args:
        node: the ``dot`` node.
        id: its id, which the sum takes; the products are ``{id}p0``, ``{id}p1``, ...
        path: the clusters around it.
        names: each node's name.
        id_of: the id of the box of an operand.
        root: whether it is the root of the drawing.
    """
    ws, xs, (bias,) = node.groups
    boxes: list[Box] = []
    edges: list[Edge] = []

    def operand(x: Any, own_id: str) -> str:
        if isinstance(x, Value):
            return id_of(x)
        boxes.append(Box(own_id, "constant", "", number(x), path=path))
        return own_id

    products = [Value(float(w)) * Value(float(x)) for w, x in zip(ws, xs, strict=True)]
    terms = [*products, *([Value(float(bias))] if isinstance(bias, Value) or bias else [])]
    total = autograd.sum(terms)
    sum_names = [[f"v{k}" for k in range(len(terms))]]
    for k, (pair, product) in enumerate(zip(zip(ws, xs, strict=True), products, strict=True)):
        shown = [names[x] if isinstance(x, Value) else number(x) for x in pair]
        for place, x in enumerate(pair):
            formula = local_derivative(product, place, [[name] for name in shown], "")
            derivative = product.partials[place] if isinstance(x, Value) else None
            edges.append(Edge(operand(x, f"{id}p{k}c{place}"), f"{id}p{k}", derivative, formula))
        gradient = grad_of(node) * total.partials[k]
        boxes.append(Box(f"{id}p{k}", "operation", product._op, "", product.data, gradient, path=path))
        edges.append(Edge(f"{id}p{k}", id, total.partials[k], local_derivative(total, k, sum_names, "")))
    if len(terms) > len(products):
        derivative = total.partials[-1] if isinstance(bias, Value) else None
        formula = local_derivative(total, len(products), sum_names, "")
        edges.append(Edge(operand(bias, f"{id}b"), id, derivative, formula))
    boxes.append(Box(id, "operation", total._op, names[node], node.data, grad_of(node), path=path, root=root))
    return boxes, edges
