"""Backward over floats: the chain rule as one loop over the graph, behind ``Value.backward()``.

The local derivatives stand in the graph, so nothing here knows a rule of the calculus.  What does not live here: the
order itself (``order.py``), the same over Values and into dictionaries (``derivatives.py``), user-facing functions
(``functional.py``).
"""

from collections import deque
from collections.abc import Sequence
from itertools import chain, repeat
from types import SimpleNamespace
from typing import Any, Final

from autograd.graph import by_hand
from autograd.modes import check_gradient, modes
from autograd.order import backward_order
from autograd.unrolled import ADD, ADD_DOT, LONGEST

Levels = list[Any]
"""For each depth a list of nodes, those that have been met and not yet sent on."""


AHEAD: Final = 256
"""So many levels come to be together."""


class _Unmet(list[Any]):
    """Stands at the depths of a deep graph where no list is yet, an empty one that makes way for others.

    With all lists from the start, a long chain would have as many as nodes, and Python's collector would go through
    all there is because of them.
    """

    __slots__ = ("levels",)

    def __init__(self, levels: Levels) -> None:
        self.levels = levels

    def append(self, node: Any) -> None:
        """Put lists at the node's depth and around it, where there are none, and the node into its own."""
        depth, levels = node._depth, self.levels
        first = depth - depth % AHEAD
        levels[first : first + AHEAD] = [[] if level is self else level for level in levels[first : first + AHEAD]]
        levels[depth].append(node)


def _release(levels: Levels) -> None:
    """Say of the nodes in ``levels`` that nobody goes through their graph: what they were sent meanwhile goes.

    In one call of C, which no interrupt comes in the middle of.
    """
    deque(map(setattr, chain.from_iterable(levels), repeat("_grad"), repeat(None)), maxlen=0)


def propagate(node: Any) -> None:
    """Add this node's contribution, gradient × partial, to each parent's gradient: one step of backward."""
    g = node.grad
    dx = node._dx
    if dx is not None:
        if g:
            node._x.grad += g * dx
            if node._dy is not None:
                node._y.grad += g * node._dy
    elif node._dy.__class__ is float:
        if g:
            node._y.grad += g * node._dy
    elif callable(node._dy):
        node._dy()
    elif g:
        for parents, partials in zip(node._x, node._dy, strict=True):
            for parent, partial in zip(parents, partials, strict=bool(partials)):  # plain numbers have no partials
                parent.grad += g * partial


class Step:
    """What ``node._backward`` gives: this node's step of backward, when called.

    It keeps the edges the node has now, so a rule of one's own may wrap it, and ``_prev`` may be replaced after it.
    """

    __slots__ = ("edges", "node")

    def __init__(self, node: Any) -> None:
        self.node = node
        self.edges = {slot: getattr(node, slot, None) for slot in ("_x", "_dx", "_y", "_dy")}

    def __call__(self) -> None:
        """Add this node's contributions to its parents' gradients."""
        propagate(SimpleNamespace(grad=self.node.grad, **self.edges))


def accumulate(root: Any, seed: float) -> None:
    """Backward over floats: leaves add to their gradient, interior nodes start from zero, the root from ``seed``.

    A node whose gradient is exactly zero sends nothing back, so that 0 · inf never becomes NaN.
    """
    if root.op is None:
        root._grad += seed
        return
    if by_hand[0] or modes().anomaly:
        order = backward_order(root)
        if by_hand[0] == 2 or modes().anomaly or any(node.is_opaque for node in order):
            _accumulate_slowly(order, seed)
            return
    levels: Levels = []
    try:
        if root._depth > AHEAD:
            levels += [_Unmet(levels)] * (root._depth - AHEAD)
        levels += [[] for _ in range(len(levels), root._depth)]
        levels.append([root])
        root._grad = seed
        _sweep(levels)
    except BaseException:  # an interrupt: the next backward would go on with what has been added up so far
        _release(levels)
        raise
    finally:
        levels.clear()  # `_Unmet` in it refers to it


def _sweep(levels: Levels) -> None:
    """Send the gradients of the nodes in ``levels``, which are by depth, down to the leaves.

    What ``backward_order`` and ``propagate`` do, inline: this loop is where an eager engine spends its time.  A node's
    ``_grad`` is None until the first of its consumers comes, which puts it among those of its depth; by the time the
    loop gets there, the last one has.  A leaf is never put anywhere: its ``_grad`` is a number all the time.
    """
    shared: set[Any] = set()
    for depth in range(len(levels) - 1, 0, -1):
        for node in levels[depth]:
            # The steps for a parent stand once for each of two parents: a loop over these takes a quarter more.
            g = node._grad
            node._grad = None
            node._sent = g
            parent = node._x
            dx = node._dx
            dy = node._dy
            if dx is None:
                if dy.__class__ is not float:
                    for group in node._y:
                        if group.__class__ is not tuple:
                            if group in shared:
                                continue
                            shared.add(group)
                            group = group.parents
                        for parent in reversed(group):
                            if parent._grad is None:
                                levels[parent._depth].append(parent)
                                parent._grad = 0.0
                    if g == 0.0:
                        node._sent = 0.0
                    elif len(dy) == 3 and len(dy[2]) == 1 and (width := len(dy[0])) == len(dy[1]) <= LONGEST:
                        ADD_DOT[width](node._x, dy, g)
                    else:
                        for parents, partials in zip(node._x, dy):  # noqa: B905 (equal by construction; hot)
                            width = len(partials)
                            if width <= LONGEST:
                                ADD[width](parents, partials, g)
                            else:
                                for parent, partial in zip(parents, partials):  # noqa: B905
                                    parent._grad += g * partial
                    continue
                parent, dx, dy = node._y, dy, None  # a number stands first
            if g == 0.0:
                # It sends nothing, but meets its parents.  -0.0 becomes what adding a first contribution to 0.0 gives.
                node._sent = 0.0
                for met in (parent,) if dy is None else (node._y, parent):
                    if met._grad is None:
                        levels[met._depth].append(met)
                        met._grad = 0.0
                continue
            if dy is not None:
                second = node._y
                if second is parent:
                    dx, dy = dy, dx
                before = second._grad
                if before is None:
                    levels[second._depth].append(second)
                    second._grad = g * dy
                else:
                    second._grad = before + g * dy
            before = parent._grad
            if before is None:
                levels[parent._depth].append(parent)
                parent._grad = g * dx
            else:
                parent._grad = before + g * dx
        levels[depth] = ()


def _accumulate_slowly(order: Sequence[Any], seed: float) -> None:
    """The same where rules were given by hand, or where ``detect_anomaly()`` looks at every gradient."""
    watched = modes().anomaly
    for node in order:
        node._sent = 0.0
    order[0]._sent = seed
    for node in order:
        propagate(node)
        for parent in node.parents if watched else ():
            check_gradient(node, parent, float(parent.grad))
