"""A graph as an indented tree, one line for each edge: what a terminal can draw of it.

The root stands at the top and the parents of each node below it.  A node with several consumers is written out where
it is met first, and its other lines only point there.  What does not live here: colours (``panes.py``).
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from autograd import Value
from visualize.steps import Steps

DEEPEST: Final = 60
"""How many characters of indentation a line has at most; what lies deeper keeps the innermost of them."""


class Row(NamedTuple):
    """One line of the tree."""

    indent: str
    node: Value
    child: Value | None
    """The node one level up, whose parent ``node`` is; None for the root."""
    edge: int
    """Which of that node's edges this is."""
    repeated: bool
    """Whether the node's own parents stand further up already."""


def tree(walk: Steps) -> Iterator[Row]:
    """The lines of the tree, from the root down.

    >>> a = Value(3.0, label="a")
    >>> for row in tree(Steps(a * a + 1)):
    ...     print(row.indent + (row.node.label or row.node._op), row.repeated)
    + False
    └─ * False
       ├─ a False
       └─ a True
    """
    seen: set[Value] = set()
    stack: list[tuple[Value, Value | None, int, str, str]] = [(walk.root, None, 0, "", "")]
    while stack:
        node, child, edge, indent, below = stack.pop()
        yield Row(indent[-DEEPEST:], node, child, edge, node in seen)
        if node in seen:
            continue
        seen.add(node)
        parents, below = node.parents, below[-DEEPEST:]
        last = len(parents) - 1
        for place in range(last, -1, -1):
            corner, line = ("└─ ", "   ") if place == last else ("├─ ", "│  ")
            stack.append((parents[place], node, place, below + corner, below + line))
