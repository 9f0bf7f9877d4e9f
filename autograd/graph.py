"""The graph as data: nodes, their operands and local derivatives.

A graph here knows nothing of numbers' meaning.  A ``Node`` keeps

* ``op``: the row of the table it was made by, or None on a leaf
* ``operands``: what that primitive was given, in order: nodes and plain numbers
* ``parents``: the nodes among the operands, in order; the same node may stand twice (``a * a``)
* ``partials``: one local derivative per parent, ∂node/∂parent, as taken when the node was made

These four are views.  What is stored is five slots, because a scalar engine lives or dies by the size of a node:

    one operand        _x, _dx
    two operands       _x, _dx, _y, _dy       a plain number among them has None for its partial
    more, or lists     _x = groups of parents, _dy = their partials by group, _dx = None,
                       _y = the groups in which a node stands that is no leaf, the last first; the others need no
                       visit, and a list that was made ready for several nodes stands there itself (see ``members``)
    a rule of one's    the same, and _dy = the function to call
      own

Beside them ``_depth`` is the length of the longest way to a leaf.  A node lies deeper than all it was made from, so
whoever goes from the deepest nodes upwards meets each one after all of its consumers.

A list of operands is one group, a single operand a group of one.  A group of plain numbers stands among the others,
without partials; where a group has both, Values and numbers, the groups of parents are a ``Mixed``, which holds all
operands beside them.

What does not live here: the order in which a graph is gone through (``order.py``, the next file), numbers and
operators (``value.py``).
"""

from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any, Final

from autograd.errors import OperandTypeError
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


by_hand: Final[list[int]] = [0]
"""1 as soon as any node's parents or rule were given by hand, 2 as soon as such parents lay as deep as it, or deeper.

Such a node's rule may add to whatever it likes, and what was made from the node before may not lie deeper than it does
now: from then on, what goes through a graph looks at that first, and takes longer.
"""


DEEPER: Final[list[int]] = list(range(1, 1025))
"""``DEEPER[d]`` is d + 1, one int for all nodes of that depth: one of their own would take 28 bytes more of each."""

_DEEPEST: Final = 2**20
"""So long ``DEEPER`` may become, which is 36 MiB; nodes that lie deeper have ints of their own."""


def deeper(depth: int) -> int:
    """``depth`` + 1, as an int of its own; ``DEEPER`` goes on from there, if it has not been so long yet."""
    known = len(DEEPER)
    if known <= depth and known < _DEEPEST:
        DEEPER[known:] = range(known + 1, 2 * known + 1)  # several threads at once write the same
    return depth + 1


class Node:
    """A node of a computation graph; ``Value`` adds the number and the gradient."""

    __slots__ = ("_depth", "_dx", "_dy", "_x", "_y", "op")

    op: Op | None
    _x: Any
    _y: Any
    _dx: Any
    _dy: Any
    _depth: int
    """0 on a leaf, on a result more than any of its parents had when it was made."""

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


def members(group: Any) -> tuple[Any, ...]:
    """The parents that stand in one of the groups of ``_y``."""
    found: tuple[Any, ...] = group if group.__class__ is tuple else group.parents
    return found


def adopt(node: Node, parents: tuple[Any, ...], rule: Callable[[], Any], late: bool) -> None:
    """Give a node parents and a rule by hand; ``late`` if others may have been made from it before.

    Raises:
        OperandTypeError: a parent is no node.
    """
    for parent in parents:
        if not isinstance(parent, Node):
            raise OperandTypeError(f"parents are Values; got {parent!r} of type {type(parent).__name__}")
    depth = 1 + max((parent._depth for parent in parents), default=0)
    by_hand[0] = max(by_hand[0], 2 if late and depth > node._depth else 1)
    node._depth = max(depth, node._depth)  # not less: the rule may add to what were its parents before
    node.op, node._dx = OPAQUE, None
    node._x = node._y = (parents,)
    node._dy = rule
