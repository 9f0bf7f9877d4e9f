"""All ways from the root of a graph down to one leaf: the products along them add up to the leaf's gradient.

This is the multivariate chain rule read literally.  Backward (``steps.py``) comes to the same number edge by edge, in
time that does not grow with the number of paths.  What does not live here: any view of the paths.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from autograd import Value

PATHS: int = 1000
"""How many paths from root to leaf are listed at most."""


@dataclass(frozen=True, slots=True)
class Path:
    """One way from the root to a leaf."""

    nodes: tuple[Value, ...]
    """From the root to the leaf."""
    partials: tuple[float, ...]
    product: float
    """The product of the local derivatives along the way."""
    edges: tuple[int, ...]
    """Which of each node's ``parents`` comes next, counted from 0."""


class Paths(list[Path]):
    """The paths from root to leaf; their products sum to the leaf's gradient, if the list is ``complete``."""

    complete: bool = True


def paths_to(nodes: Sequence[Value], leaf: Value, most: int = PATHS) -> Paths:
    """Every path from the root to ``leaf``, in the order of the operands, but at most ``most``.

    Args:
        nodes: the graph in topological order, the root at its end.
        leaf: any node of it.
        most: how many paths to list; their number can grow exponentially with depth.

    >>> from autograd import Value, topological_order
    >>> a = Value(3.0, label="a")
    >>> [path.product for path in paths_to(topological_order(a * a + a), a)]
    [3.0, 3.0, 1.0]
    """
    leads: set[Value] = {leaf}
    for node in nodes:
        if not leads.isdisjoint(node.parents):
            leads.add(node)
    found = Paths()
    root = nodes[-1]
    if root not in leads:
        return found
    way: list[Value] = [root]
    edges: list[int] = []
    waiting: list[Iterator[tuple[int, Value]]] = [] if root is leaf else [_ways(root, leads)]
    if root is leaf:
        found.append(_path(way, edges))
    while waiting:
        edge, parent = next(waiting[-1], (-1, root))
        if edge < 0:
            waiting.pop()
            way.pop()
            if edges:
                edges.pop()
        elif parent is leaf:
            if len(found) == most:
                found.complete = False
                break
            found.append(_path([*way, leaf], [*edges, edge]))
        else:
            way.append(parent)
            edges.append(edge)
            waiting.append(_ways(parent, leads))
    return found


def _ways(node: Value, leads: set[Value]) -> Iterator[tuple[int, Value]]:
    return ((edge, parent) for edge, parent in enumerate(node.parents) if parent in leads)


def _path(way: Sequence[Value], edges: Sequence[int]) -> Path:
    partials = tuple(node.partials[edge] for node, edge in zip(way, edges, strict=False))
    product = 1.0
    for partial in partials:
        product = product * partial
    return Path(tuple(way), partials, product, tuple(edges))
