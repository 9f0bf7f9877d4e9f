"""The graph as data: nodes, their operands and local derivatives, and the topological order.

A graph here knows nothing of numbers' meaning.  A ``Node`` keeps

* ``op``: the row of the table it was made by, or None on a leaf
* ``operands``: what that primitive was given, in order: nodes and plain numbers
* ``parents``: the nodes among the operands, in order; the same node may stand twice (``a * a``)
* ``partials``: one local derivative per parent, ∂node/∂parent, as taken when the node was made

These four are views.  What is stored is five slots, because a scalar engine lives or dies by the size of a node:

    one operand        _x, _dx
    two operands       _x, _dx, _y, _dy       a plain number among them has None for its partial
    more, or lists     _x = groups of parents, _dy = their partials by group, _dx = None,
                       _y = the groups in which a node stands that is no leaf, the last first; the others need no visit
    a rule of one's    the same, and _dy = the function to call
      own

Beside them ``_uses`` counts what was made from the node, so that backward knows when its gradient is complete.

A list of operands is one group, a single operand a group of one.  A group of plain numbers stands among the others,
without partials; where a group has both, Values and numbers, the groups of parents are a ``Mixed``, which holds all
operands beside them.

Everything that follows the graph (backward, drawing, stepping, checking, compiling) uses ``topological_order`` or
its inner part ``interior_order``, so that all of them agree on the order in which contributions are added up.
What does not live here: numbers and operators (``value.py``), sweeps of derivatives (``sweep.py``).
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import Any, Final, TypeVar

from autograd.errors import GraphCycleError, OperandTypeError
from autograd.ops import Op

Groups = tuple[Sequence[Any], ...]


class Mixed(tuple[Any, ...]):
    """Groups of parents, beside the groups of operands, some of them plain numbers, that they were picked from."""

    operands: Groups


def mixed(parents: Groups, operands: Groups) -> Mixed:
    """The groups of parents among groups of operands."""
    groups = Mixed(parents)
    groups.operands = operands
    return groups


OPAQUE: Final = Op("opaque", ("xs",), "", ("",), python=(lambda xs: 0.0, lambda out, xs: ()))
"""Stands as the op of a node whose parents or backward rule were given by hand; no row of the table describes it."""


class Node:
    """A node of a computation graph; ``Value`` adds the number and the gradient."""

    __slots__ = ("_dx", "_dy", "_mark", "_uses", "_x", "_y", "op")

    op: Op | None
    _x: Any
    _y: Any
    _dx: Any
    _dy: Any
    _uses: int
    """How often the node stands among other nodes' operands, counted when these are made; never too low."""
    _mark: Any
    """For whoever numbers the nodes of a graph: holds for as long as that takes, and is not read afterwards."""

    @property
    def is_leaf(self) -> bool:
        """Whether this node was made from no other: a parameter, an input, a number."""
        return self.op is None

    @property
    def is_fused(self) -> bool:
        """Whether the node's operands come in groups: it has more than two, or lists of them."""
        return self._dx is None and self._dy is not None and self._dy.__class__ is not float

    @property
    def groups(self) -> Groups:
        """The operands group by group, one group for each operand that the node's row in the table names."""
        if self.op is None:
            return ()
        if self.is_fused:
            found: Groups = self._x.operands if self._x.__class__ is Mixed else self._x
            return found
        return ((self._x,),) if len(self.op.operands) == 1 else ((self._x,), (self._y,))

    @property
    def operands(self) -> tuple[Any, ...]:
        """What the node was computed from, in order: nodes and plain numbers (``x * 2`` has ``(x, 2.0)``)."""
        return tuple(chain.from_iterable(self.groups))

    @property
    def parents(self) -> tuple[Any, ...]:
        """The nodes among the operands, in order, each as often as it stands there."""
        if self.is_fused:
            return tuple(chain.from_iterable([group for group in self._x if group and isinstance(group[0], Node)]))
        if self._dx is None:
            return () if self._dy is None else (self._y,)
        return (self._x,) if self._dy is None else (self._x, self._y)

    @property
    def partials(self) -> tuple[float, ...]:
        """∂node/∂parent for each of ``parents``, as numbers taken when the node was made.

        Empty for a node whose rule is only a Python function: it has parents, but nobody knows its partials.
        """
        if self.is_fused:
            return () if self.is_opaque else tuple(map(float, chain.from_iterable(self._dy)))
        if self._dx is None:
            return () if self._dy is None else (self._dy,)
        return (self._dx,) if self._dy is None else (self._dx, self._dy)

    @property
    def is_opaque(self) -> bool:
        """Whether the node's backward rule is only a Python function, which no formula describes."""
        return self._dx is None and callable(self._dy)


N = TypeVar("N", bound=Node)


Left = dict[Any, int]
"""For how many consumers nodes, and groups that several nodes share, still wait; who is not in it has met none yet."""


def backward_order(root: N) -> list[N]:
    """The nodes under ``root`` that are no leaves, each once, every node after all of its consumers.

    Kahn's algorithm with a queue: the root comes first, then each node as soon as its last consumer has come, of a
    consumer's operands the last one first. In a network that is layer after layer. A node knows from the forward pass
    how often it was used; only where uses lie outside of this graph, ``settle`` has to look how many do. A group that
    several nodes share (the neurons of a layer share their inputs) waits for all of them, as one consumer of each of
    its members. ``Value.backward()`` does the same steps inline, as it goes (``sweep.py``).

    Raises:
        GraphCycleError: parents assigned by hand lead back to where they came from.

    Source: A. B. Kahn, Topological sorting of large networks, Communications of the ACM 5 (1962).
    """
    return _order([root], {}) if root.op is not None else []


def _order(queue: list[N], left: Left) -> list[N]:
    order: list[N] = []

    def arrive(parent: Any) -> bool:
        """Whether the last consumer of ``parent`` has come."""
        if parent._uses > 1:
            waits = left.setdefault(parent, parent._uses) - 1
            if waits:
                left[parent] = waits
                return False
            del left[parent]
        return True

    while queue:
        for node in queue:  # it grows meanwhile
            if not node.is_fused:
                ready = [parent for parent in node.parents if parent.op is not None and arrive(parent)]
                queue += reversed(ready)
                continue
            complete = []
            for group in node._y:
                new = group.__class__ is tuple or group not in left
                waits = 1 if group.__class__ is tuple else left.get(group, group.uses)
                if waits > 1:
                    left[group] = waits - 1
                else:
                    complete.append(members(group))
                    if not new:
                        del left[group]
                for parent in members(group) if new else ():  # all are met before one of them is ready
                    if parent.op is not None and parent._uses > 1:
                        left.setdefault(parent, parent._uses)
            for group in complete:
                queue += [parent for parent in reversed(group) if parent.op is not None and arrive(parent)]
        order += queue
        queue = settle(left) if left else []
    return order


def settle(left: Left, reset: bool = False) -> list[Any]:
    """Count the consumers of all nodes that wait, or have not been met yet, afresh: only those that are still to come.

    Needed where a node was used outside of the graph as well, and by hand-given parents, which may form a circle.

    Args:
        left: the nodes and groups that wait; from now on, all those to come that wait for more than one.
        reset: set the gradient of each node that has not been met yet to zero.

    Returns:
        The nodes that wait in vain, to go on with.

    Raises:
        GraphCycleError: they wait for each other.
    """
    counts: Left = dict.fromkeys(left, 0)
    found: list[Any] = [waiting for waiting in left if isinstance(waiting, Node)]
    groups = [waiting for waiting in left if not isinstance(waiting, Node)]
    for group in groups:
        for parent in group.parents:
            if parent._uses == 1 and parent.op is not None:
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
                if parent._uses > 1:
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
    ready += [waiting for waiting in left if isinstance(waiting, Node) and not counts[waiting]]
    if not ready:
        _refuse_cycle(found)
    left.clear()
    left.update((waiting, n) for waiting, n in counts.items() if n)
    return ready


def use(parents: Iterable[Any], times: int = 1) -> None:
    """Count that ``parents`` were used."""
    for parent in parents:
        parent._uses += times


def members(group: Any) -> tuple[Any, ...]:
    """The parents that stand in one of the groups of ``_y``."""
    found: tuple[Any, ...] = group if group.__class__ is tuple else group.parents
    return found


def use_group(group: Any) -> None:
    """Count that one more node has ``group``; those that share it are one consumer of its members."""
    if group.__class__ is tuple:
        use(group)
    elif group.uses:
        group.uses += 1
    else:
        use(group.parents)
        group.uses = 1


def interior_order(root: N) -> list[N]:
    """``backward_order`` reversed: every node after its parents."""
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
    left: Left = {root: 0 for root in reversed(roots) if root.op is not None}
    return _order(settle(left), left)[::-1] if left else []


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


Rule = Callable[[], Any]
"""A backward rule assigned by hand: adds this node's contributions to its parents' ``.grad`` when called."""
