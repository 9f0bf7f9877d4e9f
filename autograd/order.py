"""The orders in which a graph is gone through: every node once, after its parents or after its consumers.

``Value.backward()`` goes through ``backward_order``; everything else that follows a graph (drawing, stepping, checking,
copying, compiling) uses ``topological_order`` or its inner part ``interior_order``, so that all of them agree on the
order in which contributions are added up. Both are one order, unless nodes were used outside of the graph as well: then
what is shown stays as it is, and backward may add up in another order, to sums that differ in their last bits.
What does not live here: what a node is (``graph.py``), what is sent along it (``sweep.py``, ``derivatives.py``).
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from autograd.errors import GraphCycleError, OperandTypeError
from autograd.graph import LEAF, MANY, ONCE, Node, by_hand

N = TypeVar("N", bound=Node)

Waiting = dict[Any, int]
"""For how many consumers nodes, and groups that several nodes share, still wait; who is not in it has met none yet."""


def backward_order(root: N) -> list[N]:
    """The nodes under ``root`` that are no leaves, each once, every node after all of its consumers.

    Kahn's algorithm with a queue: the root comes first, then each node as soon as its last consumer has come, of a
    consumer's operands the last one first. In a network that is layer after layer. A node knows from the forward pass
    how often it was used; only where uses lie outside of this graph, ``recount`` has to look how many do. A group that
    several nodes share (the neurons of a layer share their inputs) waits for all of them, as one consumer of each of
    its members. ``Value.backward()`` does the same steps inline, as it goes (``sweep.py``).

    Raises:
        GraphCycleError: parents assigned by hand lead back to where they came from.

    Source: A. B. Kahn, Topological sorting of large networks, Communications of the ACM 5 (1962).
    """
    if by_hand[0] == 2:
        return _careful_order([root])
    waiting: Waiting = {}
    order = _order([root], waiting) if root.op is not None else []
    if any(getattr(entry, "_uses", None) is MANY for entry in waiting):
        return joint_interior_order([root])[::-1]
    while waiting:
        order += _order(recount(waiting), waiting)
    return order


def await_many(node: Any, root: Any, counts: Waiting, waiting: Waiting) -> bool:
    """Let a node used ``MANY`` times, now met first, wait for as many consumers as it has under ``root``; True.

    Its gradient starts from zero.  ``counts`` is empty at first, and has the consumers of all nodes from then on.
    """
    if not counts:
        counts[root] = 0
        recount(counts)
    node._grad, waiting[node] = 0.0, counts.get(node, 1)
    return True


def _order(queue: list[N], waiting: Waiting) -> list[N]:
    """``queue`` and all that becomes ready with it; who still waits then is in ``waiting``."""
    push = queue.append
    for node in queue:  # it grows meanwhile
        ready = None
        if node._dx is not None:
            parent = node._x
            if (uses := parent._uses) is not LEAF:
                if uses is ONCE:
                    ready = parent
                elif waits := waiting.get(parent, uses.count) - 1:
                    waiting[parent] = waits
                else:
                    del waiting[parent]
                    ready = parent
            if node._dy is None:
                if ready is not None:
                    push(ready)
                continue
        elif node._dy.__class__ is not float:
            _pass_groups(node, waiting, push)
            continue
        parent = node._y
        if (uses := parent._uses) is not LEAF:
            if uses is ONCE:
                push(parent)
            elif waits := waiting.get(parent, uses.count) - 1:
                waiting[parent] = waits
            else:
                del waiting[parent]
                push(parent)
        if ready is not None:
            push(ready)
    return queue


def _pass_groups(node: Any, waiting: Waiting, push: Callable[[Any], None]) -> None:
    """Let a fused node be one consumer less for the groups that it has, and push what is ready then."""
    complete = []
    for group in node._y:
        if group.__class__ is tuple:
            complete.append(group)
        elif group in waiting:
            if waiting[group] > 1:
                waiting[group] -= 1
            else:
                del waiting[group]
                complete.append(group.parents)
            continue
        elif group.uses == 1:
            group = group.parents
            complete.append(group)
        else:
            waiting[group] = group.uses - 1
            group = group.parents
        for parent in group:  # all are met before one of them is ready
            if (uses := parent._uses) is not LEAF and uses is not ONCE:
                waiting.setdefault(parent, uses.count)
    for group in complete:
        for parent in reversed(group):
            if parent.op is not None:
                if parent not in waiting:
                    push(parent)
                elif waiting[parent] > 1:
                    waiting[parent] -= 1
                else:
                    del waiting[parent]
                    push(parent)


def _careful_order(roots: Sequence[N]) -> list[N]:
    """``backward_order`` of several roots by nothing but their nodes' parents, whatever was counted or left out."""
    counts: dict[Any, int] = {root: 0 for root in reversed(roots) if root.op is not None}
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
        for parent in reversed(node.parents):
            if parent.op is not None:
                counts[parent] -= 1
                if not counts[parent]:
                    order.append(parent)
    if len(order) != len(found):
        _refuse_cycle([node for node in found if counts[node]])
    return order


def recount(waiting: Waiting, reset: bool = False) -> list[Any]:
    """Count the consumers of all nodes that wait, or have not been met yet, afresh: only those that are still to come.

    Needed where a node was used outside of the graph as well, and by hand-given parents, which may form a circle.

    Args:
        waiting: the nodes and groups that wait; from now on, all those to come but nodes that were only used once.
        reset: set the gradient of each node that has not been met yet to zero.

    Returns:
        The nodes that wait in vain, to go on with.

    Raises:
        GraphCycleError: they wait for each other.
    """
    counts: Waiting = dict.fromkeys(waiting, 0)
    found: list[Any] = [entry for entry in waiting if isinstance(entry, Node)]
    groups = [entry for entry in waiting if not isinstance(entry, Node)]
    for group in groups:
        for parent in group.parents:
            if parent._uses is ONCE:
                found.append(parent)
            elif parent in counts:
                counts[parent] += 1
    for node in found:  # it grows meanwhile
        parents: tuple[Any, ...]
        if node._dx is not None:
            parents = (node._x,) if node._dy is None else (node._x, node._y)
        elif node._dy.__class__ is float:
            parents = (node._y,)
        else:
            parents = ()
            for group in node._y:
                if group.__class__ is tuple:
                    parents += group
                elif group in counts:
                    counts[group] += 1
                else:
                    counts[group] = 1
                    parents += group.parents
        for parent in parents:
            if parent in counts:
                counts[parent] += 1
            elif parent.op is not None:
                found.append(parent)
                if parent._uses is not ONCE:
                    counts[parent] = 1
                if reset:
                    parent._grad = 0.0
    ready: list[Any] = []
    for group in groups:
        for parent in group.parents if not counts[group] else ():
            if parent in counts:
                counts[parent] -= 1
            elif parent.op is not None:
                ready.append(parent)
    ready += [entry for entry in waiting if isinstance(entry, Node) and not counts[entry]]
    if not ready:
        _refuse_cycle(found)
    waiting.clear()
    waiting.update((entry, n) for entry, n in counts.items() if n and getattr(entry, "_uses", None) is not ONCE)
    return ready


def interior_order(root: N) -> list[N]:
    """The nodes under ``root`` that are no leaves, each once, every node after its parents.

    It is ``backward_order`` reversed, but depends on this graph alone: where uses lie outside, all are counted anew.
    """
    if by_hand[0] == 2:
        return _careful_order([root])[::-1]
    waiting: Waiting = {}
    order = _order([root], waiting) if root.op is not None else []
    return joint_interior_order([root]) if waiting else order[::-1]


def topological_order(root: N) -> list[N]:
    """Every node under ``root`` once, each after its parents; ``root`` comes last.

    Backward runs through this list from its end, unless the graph's nodes were used outside of it as well; then it may
    run through another such list. A leaf stands right before the first node that uses it.

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
    if by_hand[0] == 2:
        return _careful_order(roots)[::-1]
    waiting: Waiting = {root: 0 for root in reversed(roots) if root.op is not None}
    order: list[N] = []
    while waiting:
        order += _order(recount(waiting), waiting)
    return order[::-1]


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
