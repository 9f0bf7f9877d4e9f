"""Backward over floats: the chain rule as one loop over the graph, behind ``Value.backward()``.

The local derivatives stand in the graph, so nothing here knows a rule of the calculus.  What does not live here: the
order itself (``order.py``), the same over Values and into dictionaries (``derivatives.py``), user-facing functions
(``functional.py``).
"""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

from autograd.graph import LEAF, MANY, ONCE, Groups, by_hand
from autograd.modes import check_gradient, modes
from autograd.order import Waiting, await_many, backward_order, recount
from autograd.unrolled import ADD, ADD_DOT, LONGEST


def propagate(node: Any) -> None:
    """Add this node's contribution, gradient × partial, to each parent's gradient: one step of backward."""
    g = node._grad
    dx = node._dx
    if dx is not None:
        if g:
            parent = node._x
            parent._grad += g * dx
            dy = node._dy
            if dy is not None:
                parent = node._y
                parent._grad += g * dy
    elif node._dy.__class__ is float:
        if g:
            parent = node._y
            parent._grad += g * node._dy
    elif callable(node._dy):
        node._dy()
    elif g:
        for parents, partials in zip(node._x, node._dy, strict=True):
            for parent, partial in zip(parents, partials, strict=bool(partials)):  # plain numbers have no partials
                parent._grad += g * partial


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
        propagate(SimpleNamespace(_grad=self.node._grad, **self.edges))


def accumulate(root: Any, seed: float) -> None:
    """Backward over floats: leaves add to their gradient, interior nodes start from zero, the root from ``seed``.

    A node whose gradient is exactly zero sends nothing back, so that 0 · inf never becomes NaN.  An interior gradient
    is set to zero when the first of the node's consumers comes, and sent on when the last one has.
    """
    if root.op is None:
        root._grad += seed
        return
    if by_hand[0] or modes().anomaly:
        order = backward_order(root)
        if by_hand[0] == 2 or modes().anomaly or any(node.is_opaque for node in order):
            _accumulate_slowly(order, seed)
            return
    root._grad = seed
    waiting: Waiting = {}
    counts: Waiting = {}
    queue: list[Any] = [root]
    while queue:
        for node in queue:  # it grows meanwhile
            # What `backward_order` and `propagate` do, inline: this loop is where an eager engine spends its time.
            # For each parent there are four cases: used only here, a leaf, met before, met for the first time.  They
            # stand once for each of two parents: a loop over these takes as long as a quarter of all the rest.
            # The first contribution is not added to the 0.0 an interior gradient starts from, but stored; `+ 0.0` makes
            # of -0.0 what that would give.  `if g` would cost more than a comparison does.
            g = node._grad
            parent = node._x
            dx = node._dx
            dy = node._dy
            if dx is None:
                if dy.__class__ is not float:
                    complete: Groups = ()  # mostly none, so no list is made for them
                    for group in node._y:
                        if group.__class__ is tuple:
                            complete += (group,)
                        elif group in waiting:
                            if (waits := waiting[group]) > 1:
                                waiting[group] = waits - 1
                            else:
                                del waiting[group]
                                complete += (group.parents,)
                            continue
                        elif group.uses == 1:
                            group = group.parents
                            complete += (group,)
                        else:
                            waiting[group] = group.uses - 1
                            group = group.parents
                        for parent in group:
                            uses = parent._uses
                            if uses is ONCE:
                                parent._grad = 0.0
                            elif uses is MANY:
                                if parent not in waiting:
                                    await_many(parent, root, counts, waiting)
                            elif uses is not LEAF and parent not in waiting:
                                parent._grad = 0.0
                                waiting[parent] = uses.count
                    if g == 0.0:
                        pass
                    elif len(dy) == 3 and len(dy[2]) == 1 and (width := len(dy[0])) == len(dy[1]) <= LONGEST:
                        ADD_DOT[width](node._x, dy, g)
                    else:
                        k = 0
                        for parents in node._x:
                            partials = dy[k]
                            k += 1  # noqa: SIM113 (`enumerate` is slower here, too)
                            width = len(partials)
                            if width <= LONGEST:
                                ADD[width](parents, partials, g)
                            else:
                                for parent, partial in zip(parents, partials):  # noqa: B905 (equal by construction; hot)
                                    parent._grad += g * partial
                    for group in complete:
                        for parent in reversed(group):
                            uses = parent._uses
                            if uses is LEAF:
                                pass
                            elif uses is ONCE or parent not in waiting:
                                queue.append(parent)
                            elif (waits := waiting[parent]) > 1:
                                waiting[parent] = waits - 1
                            else:
                                del waiting[parent]
                                queue.append(parent)
                    continue
                parent, dx, dy = node._y, dy, None  # a number stands first
            if g == 0.0:  # it sends nothing; its parents are met all the same
                dx = 1.0
                if dy is not None:
                    dy = 1.0
            ready = None
            uses = parent._uses
            if uses is ONCE:
                parent._grad = g * dx + 0.0
                if dy is None:
                    queue.append(parent)
                    continue
                ready = parent
            elif uses is LEAF:
                if g != 0.0:
                    parent._grad += g * dx
            elif parent in waiting or (uses is MANY and await_many(parent, root, counts, waiting)):
                parent._grad += g * dx
                if (waits := waiting[parent]) > 1:
                    waiting[parent] = waits - 1
                else:
                    del waiting[parent]
                    ready = parent
            else:
                parent._grad = g * dx + 0.0
                waiting[parent] = uses.count - 1
            if dy is not None:
                parent = node._y
                uses = parent._uses
                if uses is ONCE:
                    parent._grad = g * dy + 0.0
                    queue.append(parent)
                elif uses is LEAF:
                    if g != 0.0:
                        parent._grad += g * dy
                elif parent in waiting or (uses is MANY and await_many(parent, root, counts, waiting)):
                    parent._grad += g * dy
                    if (waits := waiting[parent]) > 1:
                        waiting[parent] = waits - 1
                    else:
                        del waiting[parent]
                        queue.append(parent)
                else:
                    parent._grad = g * dy + 0.0
                    waiting[parent] = uses.count - 1
            if ready is not None:
                queue.append(ready)
        queue = recount(waiting, reset=True) if waiting else []


def _accumulate_slowly(order: Sequence[Any], seed: float) -> None:
    """The same where rules were given by hand, or where ``detect_anomaly()`` looks at every gradient."""
    watched = modes().anomaly
    for node in order:
        node._grad = 0.0
    order[0]._grad = seed
    for node in order:
        propagate(node)
        for parent in node.parents if watched else ():
            check_gradient(node, parent, float(parent._grad))
