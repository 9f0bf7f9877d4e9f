"""micrograd's drawing: ``trace(root)``, and ``draw_dot(root)``, which gives a ``graphviz.Digraph``.

The Digraph displays itself in a notebook and renders where Graphviz's ``dot`` program is; its ``source`` is there in
any case.
"""

from typing import Any, Literal

import graphviz

from autograd import Value, topological_order
from visualize.derivative import number
from visualize.escape import dot_label


def trace(root: Value) -> tuple[set[Value], set[tuple[Value, Value]]]:
    """All nodes under ``root``, and all pairs (parent, child) of them; micrograd's function of this name.

    A set has each pair once, so ``a * a`` gives one pair; the drawings show both of its edges.

    >>> a, b = Value(2.0), Value(-3.0)
    >>> nodes, edges = trace(a * b + a)
    >>> len(nodes), len(edges)
    (4, 4)
    """
    nodes = topological_order(root)
    return set(nodes), {(parent, node) for node in nodes for parent in node.parents}


def draw_dot(root: Value, format: str = "svg", rankdir: Literal["LR", "TB"] = "LR") -> Any:
    """The graph under ``root`` as a ``graphviz.Digraph``, micrograd's function of this name.

    Args:
        root: the result whose graph is drawn.
        format: what ``render()`` writes: ``svg``, ``png``, ``pdf``, ...
        rankdir: ``LR`` from left to right, ``TB`` from top to bottom.

    >>> a = Value(2.0, label="a")
    >>> "data 4" in draw_dot(a * a).source
    True
    """
    drawing = graphviz.Digraph(format=format, graph_attr={"rankdir": rankdir}, node_attr={"shape": "box"})
    ids = {node: f"n{index}" for index, node in enumerate(topological_order(root))}
    for node, name in ids.items():
        head = " = ".join(part for part in (node.label, node._op) if part)
        lines = [head] if head else []
        drawing.node(name, dot_label(*lines, f"data {number(node.data)}", f"grad {number(float(node.grad))}"))
        for parent in node.parents:
            drawing.edge(ids[parent], name)
    return drawing
