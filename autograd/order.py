"""The orders in which a graph is gone through: every node once, after its parents or after its consumers.

``Value.backward()`` goes through ``backward_order``, and everything else that follows a graph (drawing, stepping,
checking, copying, compiling) through the same nodes the other way round: all of them agree on the order in which
contributions are added up.  It does not depend on what else was made from the graph's nodes.
What does not live here: what a node is (``graph.py``), what is sent along it (``sweep.py``, ``derivatives.py``).
"""

from collections.abc import Iterable, Sequence
from itertools import chain, zip_longest
from typing import Any, TypeVar

from autograd.errors import GraphCycleError, OperandTypeError
from autograd.graph import Node, by_hand, members

N = TypeVar("N", bound=Node)

Levels = list[dict[Any, None] | None]
"""The nodes of each depth in order, made when the first one is met."""


def backward_order(root: N) -> list[N]:
    """The nodes under ``root`` that are no leaves, each once, every node after all of its consumers.

    The deepest nodes come first (see ``Node``), those of one depth as their consumers lead to them, of a consumer's
    operands the last one first.
    ``Value.backward()`` does the same steps inline, as it goes (``sweep.py``).

    Raises:
        GraphCycleError: parents assigned by hand lead back to where they came from.
    """
    return joint_backward_order([root])


def joint_backward_order(roots: Sequence[N]) -> list[N]:
    """``backward_order`` of several roots together; what lies under the first one stands as it does without the others.

    Raises:
        GraphCycleError: parents assigned by hand lead back to where they came from.
    """
    careful = by_hand[0] == 2
    if careful:
        _deepen(roots)
    levels = _levels(roots[:1], set(), careful)
    if len(roots) > 1:
        known = set(chain.from_iterable(filter(None, levels)))
        more = _levels([root for root in reversed(roots) if root not in known], known, careful)
        levels = [{**(level or {}), **(others or {})} for level, others in zip_longest(levels, more)]
    return list(chain.from_iterable(filter(None, reversed(levels))))


def _levels(roots: Sequence[Any], known: set[Any], careful: bool) -> Levels:
    """The inner nodes under ``roots`` by their depth, without those that are ``known``.

    Lists of operands do not tell of a leaf that it has been given parents since: who is ``careful`` asks each node.
    """
    levels: Levels = [None] * (1 + max((root._depth for root in roots), default=0))
    for root in roots:
        if root._depth:
            levels[root._depth] = level = levels[root._depth] or {}
            level[root] = None
    shared: set[int] = set()
    met: Iterable[Any]
    for depth in range(len(levels) - 1, 0, -1):
        for node in levels[depth] or ():
            if careful:
                met = reversed(node.parents)
            elif node._dx is not None:
                met = (node._x,) if node._dy is None else (node._y, node._x)
            elif node._dy.__class__ is float:
                met = (node._y,)
            else:
                groups = [group for group in node._y if id(group) not in shared]
                shared.update(map(id, groups))
                met = chain.from_iterable([reversed(members(group)) for group in groups])
            for parent in met:
                if (deep := parent._depth) and not (known and parent in known):
                    levels[deep] = level = levels[deep] or {}
                    level[parent] = None
    return levels


def _deepen(roots: Sequence[N]) -> None:
    """Let each node under ``roots`` lie deeper than its parents do, also those that were given by hand later on.

    Kahn's algorithm: a node is ready when its last consumer has come.

    Source: A. B. Kahn, Topological sorting of large networks, Communications of the ACM 5 (1962).
    """
    counts: dict[Any, int] = {root: 0 for root in roots if root.op is not None}
    found = list(counts)
    for node in found:  # it grows meanwhile
        for parent in node.parents:
            if parent.op is not None:
                if parent not in counts:
                    counts[parent] = 0
                    found.append(parent)
                counts[parent] += 1
    order = [node for node in found if not counts[node]]
    for node in order:  # likewise
        for parent in node.parents:
            if parent.op is not None:
                counts[parent] -= 1
                if not counts[parent]:
                    order.append(parent)
    if len(order) != len(found):
        _refuse_cycle([node for node in found if counts[node]])
    for node in reversed(order):
        node._depth = max(node._depth, 1 + max((parent._depth for parent in node.parents), default=0))


def interior_order(root: N) -> list[N]:
    """The nodes under ``root`` that are no leaves, each after its parents: ``backward_order`` reversed."""
    return backward_order(root)[::-1]


def topological_order(root: N) -> list[N]:
    """Every node under ``root`` once, each after its parents; ``root`` comes last.

    Backward runs through this list from its end. A leaf stands right before the first node that uses it.

    Raises:
        OperandTypeError: ``root`` is no Value.

    >>> from autograd import Value
    >>> a, b = Value(2.0, label="a"), Value(3.0, label="b")
    >>> [node.label or node._op for node in topological_order(a * b + a)]
    ['a', 'b', '*', '+']
    """
    if not isinstance(root, Node):
        hint = "; take one of its Values, or their sum" if isinstance(root, list | tuple) else ""
        raise OperandTypeError(f"the root of a graph is a Value; got one of type {type(root).__name__}{hint}")
    return _with_leaves(interior_order(root), [root])


def joint_order(roots: Sequence[N]) -> list[N]:
    """``topological_order`` of several roots together."""
    return _with_leaves(joint_interior_order(roots), roots)


def joint_interior_order(roots: Sequence[N]) -> list[N]:
    """``interior_order`` of several roots together."""
    return joint_backward_order(roots)[::-1]


def _with_leaves(interior: Sequence[N], roots: Sequence[N]) -> list[N]:
    """An order of inner nodes with each leaf right before the first that uses it; roots that are leaves come last."""
    order: list[N] = []
    seen: set[N] = set()
    for node in interior:
        for parent in node.parents:
            if parent.op is None and parent not in seen:
                seen.add(parent)
                order.append(parent)
        order.append(node)
    return order + [root for root in dict.fromkeys(roots) if root.op is None and root not in seen]


def reach(inputs: Iterable[N], order: Iterable[N]) -> dict[N, None]:
    """``inputs`` and every node of a topological ``order`` that depends on one of them, in that order.

    >>> from autograd import Value
    >>> a, b = Value(2.0), Value(3.0)
    >>> [node._op for node in reach([a], topological_order(a * 2 + b * b)) if node._op]
    ['*', '+']
    """
    reached = dict.fromkeys(inputs)
    for node in order:
        if any(parent in reached for parent in node.parents):
            reached[node] = None
    return reached


def consumers(order: Sequence[N]) -> dict[N, int]:
    """How many edges leave each node of ``order`` towards its root, a node used twice counted twice."""
    counts = dict.fromkeys(order, 0)
    for node in order:
        for parent in node.parents:
            counts[parent] += 1
    return counts


def _refuse_cycle(stuck: Iterable[Node]) -> None:
    """Raise the error for nodes that wait for a consumer among them: from consumer to consumer leads to the circle."""
    consumer = {parent: node for node in stuck for parent in node.parents}
    node, met = next(node for node in stuck if node in consumer), set()
    while node not in met:
        met.add(node)
        node = consumer[node]
    raise GraphCycleError(
        f"{consumer[node]!r} has {node!r} among its parents and among its descendants; parents assigned to `_prev` "
        "or `_children` must have been made before their child"
    )
