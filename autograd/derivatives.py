"""Derivatives over any world of numbers, into dictionaries: the chain rule where ``.grad`` is left alone.

* ``gradients``: reverse, from a root to all that it was made from; behind ``create_graph``, ``grad`` and their kin
* ``tangents``: forward, from inputs to all that was made from them; behind ``jvp``

Both take the local derivatives from the graph (floats) or from the table (Values), and neither knows a rule of its own.
A graph whose data were changed after the forward pass has no derivatives: ``stale`` finds the nodes, ``refuse_stale``
says so.  What does not live here: backward over floats (``sweep.py``), the order (``order.py``), user-facing functions
(``functional.py``).
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import repeat
from typing import Any

from autograd.errors import OpaqueNodeError, StaleGraphError
from autograd.graph import Node
from autograd.modes import check_gradient, describe, modes, unwatched
from autograd.ops import FLOATS, is_list
from autograd.order import interior_order, joint_order, reach, topological_order
from autograd.world import World

Number = Any
"""A float, or a Value where a sweep is itself recorded as a graph."""


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
    watched = modes().anomaly
    found: dict[Any, Number] = {root: seed}
    with unwatched():
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
                before = found.get(parent)
                if before is not None:
                    total = before + contribution
                elif contribution.__class__ is not float and contribution._data:
                    total = contribution
                else:
                    total = 0.0 + contribution  # as in `accumulate`: a contribution of -0.0 alone is 0.0
                found[parent] = total
                if watched:
                    check_gradient(node, parent, float(total))
    return found


def _times(g: Number, partial: Number) -> Number | None:
    """g · partial without needless nodes; None where nothing is to be sent."""
    if partial.__class__ is float:
        if partial == 1.0:
            return g
        if g.__class__ is not float:
            nothing = math.isfinite(g._data) if partial == 0.0 else not g._data and not math.isfinite(partial)
            if nothing:
                return None
    elif not (g if g.__class__ is float else g._data) and not math.isfinite(partial._data):
        return None
    return g * partial


def _pushed(tangent: Number, partial: Number) -> Number:
    """partial · tangent without needless nodes; 0 where the partial is 0, so that 0 · inf never becomes NaN."""
    if partial.__class__ is float:
        if partial == 0.0:
            return 0.0
        if partial == 1.0:
            return tangent
    elif not partial._data and not math.isfinite(tangent if tangent.__class__ is float else tangent._data):
        return 0.0
    if tangent.__class__ is not float and not tangent._data and not math.isfinite(partial):
        return 0.0  # a direction of zero
    return tangent * partial


def tangents(roots: Sequence[Any], seeds: Mapping[Any, Number], world: World | None = None) -> dict[Any, Number]:
    """The directional derivative of every node along ``seeds`` (node → tangent): Σ partial · tangent, in order.

    A partial of zero passes nothing on, whatever the tangent: on the same paths as backward, where a gradient that has
    become zero is sent no further.  A seed of zero counts for nothing where the slope is not finite.
    """
    reached = reach(seeds, joint_order(roots))
    order = [node for node in reached if node not in seeds]
    partials_of = float_partials if world is None else recorded_partials(order, world)
    watched = modes().anomaly
    found: dict[Any, Number] = {node: seed for node, seed in seeds.items() if seed.__class__ is not float or seed}
    with unwatched():
        for node in order:
            total: Number | None = None
            for parent, partial in partials_of(node):
                tangent = found.get(parent)
                if tangent is None:
                    continue
                contribution = _pushed(tangent, partial)
                if watched:
                    check_gradient(node, parent, float(contribution))
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
                rule = op.partial_in(world, index)
                try:
                    partial = rule(node, *arguments)
                except ArithmeticError:  # Python's own, for a plain number by another one; of Values it is IEEE 754's
                    partial = rule(node, *map(world.namespace["constant"], arguments))
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
    if _differ(now, node._data):
        raise StaleGraphError(
            f"{describe(node)} is {now} now, but the graph holds {node._data}: data were changed after the forward "
            "pass. Build the graph again before you differentiate or compile it"
        )


def stale(root: Any) -> list[Any]:
    """The nodes under ``root`` whose number no longer follows from their operands': data were assigned since.

    They come in topological order; one whose primitive is only a Python function is taken as it is.

    Raises:
        OperandTypeError: ``root`` is no Value.

    >>> from autograd import Value
    >>> a = Value(2.0)
    >>> b = a * a + 1
    >>> stale(b)
    []
    >>> a.data = 3.0
    >>> stale(b)
    [Value(data=4.0, grad=0.0)]
    """
    formulas = (node for node in topological_order(root) if node.op is not None and node.op.python is None)
    return [node for node in formulas if _differ(value_now(node), node._data)]


def _differ(x: float, y: float) -> bool:
    """Whether two numbers are not the same, NaN being the same as NaN."""
    return x != y and (x == x or y == y)


def opaque(node: Any, why: str) -> OpaqueNodeError:
    """The error for a node whose rule is only a Python function."""
    return OpaqueNodeError(
        f"the node {node._op!r} {why}: its backward rule is a Python function. "
        "Give the primitive formulas (`autograd.primitive`), or use plain `backward()`"
    )
