"""Derivatives pushed through a graph: the chain rule as loops over the topological order.

* ``accumulate``: backward over floats into ``.grad``, the loop behind ``Value.backward()``
* ``gradients``: the same loop over any world of numbers, into a dictionary; behind ``create_graph`` and ``grad``
* ``tangents``: the forward sweep behind ``jvp``

All three take the local derivatives from the graph (floats) or from the table (Values), and none of them knows a rule
of its own.  What does not live here: the order itself (``order.py``), user-facing functions (``functional.py``).
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import repeat
from types import SimpleNamespace
from typing import Any

from autograd.errors import OpaqueNodeError, StaleGraphError
from autograd.graph import Node, by_hand
from autograd.modes import check_gradient, describe, modes
from autograd.ops import FLOATS, is_list
from autograd.order import Waiting, backward_order, interior_order, joint_order, reach, recount
from autograd.unrolled import ADD, ADD_DOT, LONGEST
from autograd.world import World

Number = Any
"""A float, or a Value where a sweep is itself recorded as a graph."""


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
    queue: list[Any] = [root]
    while queue:
        push = queue.append
        for node in queue:  # it grows meanwhile
            # What `backward_order` and `propagate` do, inline: this loop is where an eager engine spends its time.
            # For each parent there are four cases: a leaf, used only here, met before, met for the first time.  They
            # stand once for each of two parents: a loop over these takes as long as a quarter of all the rest.
            g = node._grad
            dx = node._dx
            ready = None
            if dx is not None:
                parent = node._x
                if parent.op is None:
                    if g:
                        parent._grad += g * dx
                elif parent._uses == 1:
                    parent._grad = 0.0 + g * dx if g else 0.0
                    ready = parent
                elif parent in waiting:
                    if g:
                        parent._grad += g * dx
                    if (waits := waiting[parent]) > 1:
                        waiting[parent] = waits - 1
                    else:
                        del waiting[parent]
                        ready = parent
                else:
                    parent._grad = 0.0 + g * dx if g else 0.0
                    waiting[parent] = parent._uses - 1
            dy = node._dy
            if dy is None:
                pass
            elif dy.__class__ is float:
                parent = node._y
                if parent.op is None:
                    if g:
                        parent._grad += g * dy
                elif parent._uses == 1:
                    parent._grad = 0.0 + g * dy if g else 0.0
                    push(parent)
                elif parent in waiting:
                    if g:
                        parent._grad += g * dy
                    if (waits := waiting[parent]) > 1:
                        waiting[parent] = waits - 1
                    else:
                        del waiting[parent]
                        push(parent)
                else:
                    parent._grad = 0.0 + g * dy if g else 0.0
                    waiting[parent] = parent._uses - 1
            else:
                complete = []
                for group in node._y:
                    if group.__class__ is tuple:
                        complete.append(group)
                    elif group in waiting:
                        if (waits := waiting[group]) > 1:
                            waiting[group] = waits - 1
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
                    for parent in group:
                        if parent.op is not None:
                            if parent._uses == 1:
                                parent._grad = 0.0
                            elif parent not in waiting:
                                parent._grad = 0.0
                                waiting[parent] = parent._uses
                if g and len(dy) == 3 and len(dy[2]) == 1 and (width := len(dy[0])) == len(dy[1]) <= LONGEST:
                    ADD_DOT[width](node._x, dy, g)
                elif g:
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
                        if parent.op is not None:
                            if parent._uses == 1 or parent not in waiting:
                                push(parent)
                            elif (waits := waiting[parent]) > 1:
                                waiting[parent] = waits - 1
                            else:
                                del waiting[parent]
                                push(parent)
            if ready is not None:
                push(ready)
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
            check_gradient(node, parent, lambda parent=parent: float(parent._grad))  # type: ignore[misc]


def gradients(
    root: Any, seed: Number, world: World | None = None, inputs: Sequence[Any] | None = None
) -> dict[Any, Number]:
    """∂root/∂node · seed for every node that a gradient reaches, in a dictionary; no ``.grad`` is touched.

    Args:
        root: the node to differentiate.
        seed: its own gradient.
        world: the world of the local derivatives: None for the floats that stand in the graph, the Values' world to
            have the gradients be a graph themselves.
        inputs: the nodes whose gradients are wanted; what they do not reach is left out. None means all.

    Over floats a zero gradient is sent no further.  Over Values a zero may depend on the leaves (the derivative of
    (x·x)·y at y = 0), so it is sent on, except where it is a constant or the partial is not finite: there
    0 · inf would turn a first derivative that is right into NaN.

    Raises:
        StaleGraphError: with a ``world``, a node no longer fits its operands' data.
        OpaqueNodeError: a node's rule is only a Python function.
    """
    order = interior_order(root)
    reached = None if inputs is None else reach(inputs, order)
    if reached is not None:
        ends = set(inputs or ())
        order = [node for node in order if node in reached and node not in ends]
    partials_of = float_partials if world is None else recorded_partials(order, world)
    watched = world is None and modes().anomaly
    found: dict[Any, Number] = {root: seed}
    for node in reversed(order):
        g = found.get(node)
        if g is None or (g.__class__ is float and not g):
            continue
        for parent, partial in partials_of(node):
            if (reached is not None and parent not in reached) or not parent.requires_grad:
                continue
            contribution = _times(g, partial)
            if contribution is None:
                continue
            if watched:
                check_gradient(node, parent, lambda contribution=contribution: float(contribution))  # type: ignore[misc]
            before = found.get(parent)
            if before is None:
                # 0.0 + contribution, as in `accumulate`; it differs where the contribution is -0.0 alone.
                found[parent] = (
                    contribution if contribution.__class__ is not float and contribution._data else 0.0 + contribution
                )
            else:
                found[parent] = before + contribution
    return found


def _times(g: Number, partial: Number) -> Number | None:
    """g · partial without needless nodes; None where nothing is to be sent."""
    if partial.__class__ is float:
        if partial == 1.0:
            return g
        if g.__class__ is not float and (partial == 0.0 or (not g._data and not math.isfinite(partial))):
            return None
    elif not (g if g.__class__ is float else g._data) and not math.isfinite(partial._data):
        return None
    return g * partial


def tangents(roots: Sequence[Any], seeds: Mapping[Any, Number], world: World | None = None) -> dict[Any, Number]:
    """The directional derivative of every node along ``seeds`` (node → tangent): Σ partial · tangent, in order."""
    reached = reach(seeds, joint_order(roots))
    order = [node for node in reached if node not in seeds]
    partials_of = float_partials if world is None else recorded_partials(order, world)
    watched = world is None and modes().anomaly
    found: dict[Any, Number] = dict(seeds)
    for node in order:
        total: Number | None = None
        for parent, partial in partials_of(node):
            tangent = found.get(parent)
            if tangent is None or (tangent.__class__ is float and not tangent):
                continue
            contribution = _times(tangent, partial)
            if contribution is None:
                continue
            if watched:
                check_gradient(node, parent, lambda contribution=contribution: float(contribution))  # type: ignore[misc]
            total = contribution if total is None else total + contribution
        if total is not None:
            found[node] = total
    return found


def float_partials(node: Any) -> Iterable[tuple[Any, float]]:
    """Each parent with the local derivative that stands in the graph."""
    if node.is_opaque:
        raise opaque(node, "has no partials to multiply with")
    return zip(node.parents, node.partials, strict=True)


def recorded_partials(order: Iterable[Any], world: World) -> Callable[[Any], Iterable[tuple[Any, Number]]]:
    """A function that gives each parent with its local derivative over ``world``, from the table's formula."""
    for node in order:
        if node.op is not None:
            refuse_stale(node)

    def partials_of(node: Any) -> Iterable[tuple[Any, Number]]:
        op = node.op
        groups = node.groups
        arguments = [
            group if is_list(name) else group[0] for name, group in zip(op.operands, groups, strict=True)
        ]  # fmt: skip
        for index, (name, group) in enumerate(zip(op.operands, groups, strict=True)):
            if any(map(isinstance, group, repeat(Node))):
                partial = op.partial_in(world, index)(node, *arguments)
                column = partial if is_list(name) else (partial,)
                for operand, entry in zip(group, column, strict=True):
                    if isinstance(operand, Node):
                        yield operand, float(entry) if entry.__class__ is int else entry

    return partials_of


def value_now(node: Any) -> float:
    """The node's value computed afresh from its operands' present data, by the table's formula."""
    numbers = [[getattr(x, "_data", x) for x in group] for group in node.groups]
    names = node.op.operands
    arguments = [group if is_list(name) else group[0] for name, group in zip(names, numbers, strict=True)]
    return float(node.op.value_in(FLOATS)(*arguments))


def refuse_stale(node: Any) -> None:
    """Hold a node against its operands' present data.

    Raises:
        StaleGraphError: the node's value does not follow from them.
        OpaqueNodeError: the node has no formula to compute it by.
    """
    if node.is_opaque or node.op.python is not None:
        raise opaque(node, "has no formula to differentiate or to run again")
    now = value_now(node)
    if now != node._data and (now == now or node._data == node._data):
        raise StaleGraphError(
            f"{describe(node)} is {now} now, but the graph holds {node._data}: data were changed after the forward "
            "pass. Build the graph again before you differentiate or compile it"
        )


def opaque(node: Any, why: str) -> OpaqueNodeError:
    """The error for a node whose rule is only a Python function."""
    return OpaqueNodeError(
        f"the node {node._op!r} {why}: its backward rule is a Python function. "
        "Give the primitive formulas (`autograd.primitive`), or use plain `backward()`"
    )
