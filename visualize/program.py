"""A compiled program's picture: the matrix products and vector operations that were found among the scalars.

One box an instruction, with its shape; leaves, constants and batch leaves are one box each.  A matrix product stands
out, since finding it is what the compiler is proud of.  What does not live here: how they are found
(``autograd/program/arrays.py``), and the drawing of graphs (``dot.py``).
"""

from typing import Any, Final

import graphviz

from autograd import Program
from visualize.escape import dot_label
from visualize.theme import theme_named

_SOURCES: Final = {-1: "leaves", -2: "constants", -3: "batch leaves"}


def program(compiled: Program, *, theme: str = "light") -> Any:
    """The re-rolled program as a ``graphviz.Digraph``; needs NumPy, which finds it.

    Args:
        compiled: what ``autograd.compile`` gave.
        theme: ``light`` or ``dark``.

    Raises:
        DrawingError: no such theme.

    >>> import autograd
    >>> from autograd import Value
    >>> w, x = [Value(0.1) for _ in range(6)], [Value(1.0), Value(2.0), Value(3.0)]
    >>> neurons = [autograd.dot(w[:3], x), autograd.dot(w[3:], x)]
    >>> drawing = program(autograd.compile(autograd.sum([neuron.tanh() for neuron in neurons])))
    >>> "2×3 @ 3×1" in drawing.source
    True
    """
    colours = theme_named(theme)
    arrays = compiled.rerolled
    drawing = graphviz.Digraph(
        graph_attr={"rankdir": "LR", "bgcolor": colours.background, "fontname": "monospace"},
        node_attr={
            "shape": "box", "style": "filled,rounded", "fontname": "monospace", "fontsize": "11",
            "color": colours.border, "fontcolor": colours.text, "fillcolor": colours.box,
        },
        edge_attr={"color": colours.edge, "fontcolor": colours.text, "fontname": "monospace", "fontsize": "10"},
    )  # fmt: skip
    steps = list(arrays)
    reads = [arrays.reads(step) for step in steps]
    counts = {-1: arrays.leaves, -2: sum(len(numbers) for _, numbers in arrays.fixed), -3: arrays.batch}
    for source in sorted({n for operands in reads for group in operands for n in group if n < 0}, reverse=True):
        label = dot_label(_SOURCES[source], str(counts[source]))
        drawing.node(_name(source), label, fillcolor=colours.constant)
    for number, step in enumerate(steps):
        lanes = " × samples" if step.varying else ""
        if hasattr(step, "shape"):
            j, b, k = step.shape
            title = f"{j}×{k} @ {k}×{b}{' + bias' if step.bias is not None else ''}"
            fill = colours.shade(1.0, 1.0)
        else:
            title, fill = step.op.symbol or step.op.name, colours.box
        drawing.node(_name(number), dot_label(title, f"{step.count}{lanes}"), fillcolor=fill)
        for group in reads[number]:
            for source in group:
                drawing.edge(_name(source), _name(number))
    return drawing


def _name(number: int) -> str:
    return f"i{number}" if number >= 0 else f"s{-number}"
