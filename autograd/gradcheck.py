"""Derivatives held against numeric differences: of a whole function, or of every node of a graph.

A derivative in this library is written once, in the table, and a mistake there would show in every reader.  This is
the one module that does not believe the table's partials: it knows only the values, and differences them,

* to 50 digits where mpmath is installed: a central difference with h = 1e-15, whose error is about 1e-30; to more where
  the numbers are of so different sizes that 50 digits do not tell;
* else over floats: central differences with shrinking steps, extrapolated to step 0 (Ridders 1982; Press et al.,
  Numerical Recipes, section 5.7), which gives about ten digits.

What is differenced is the graph, computed again at other numbers, where it holds all that the function does; else the
function, called again, over floats.
At a kink the two one-sided differences disagree, and any slope between them is accepted.
"""

import math
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from numbers import Real
from typing import Any

from autograd.errors import GradcheckError, OpaqueNodeError, OperandTypeError
from autograd.graph import Node
from autograd.modes import describe, made_at
from autograd.ops import FLOATS, VECTOR_FUNCTIONS, complete, is_list
from autograd.order import topological_order
from autograd.trees import leaves, rebuild
from autograd.value import Value
from autograd.world import World

DIGITS = (50, 200, 1000)
"""How many digits are computed with, as long as these do not tell: a step may be 647 digits below another number."""


def gradcheck(
    f: Any, inputs: Any = None, *, rtol: float = 1e-7, atol: float = 1e-10, digits: int | None = None
) -> bool:
    """Hold derivatives against numeric differences; True, or an error that names the first that is wrong.

    Args:
        f: a function of ``inputs`` that returns one Value; or a Value: then every edge of its graph is checked, its
            partial against the difference quotient of the node's own value.
        inputs: the function's arguments: numbers, Values or nested lists, tuples and dicts of numbers; a number, a
            Value or a dict by itself is the one argument.
        rtol: accepted relative deviation.
        atol: accepted absolute deviation.
        digits: 50-digit differences need mpmath: None takes it if it is there, 0 never.

    Raises:
        GradcheckError: names node, parent, expected and found.
        OpaqueNodeError: a node of the graph has a backward rule given by hand; check it within a function.
        OperandTypeError: ``f`` is neither a function nor a Value, or a function comes without ``inputs``.

    >>> gradcheck(lambda x, y: (x * y).tanh(), [0.3, -2.0])
    True
    >>> gradcheck(Value(0.3).exp() * 2)
    True
    """
    world = _fifty_digits() if digits is None or digits else None
    if isinstance(f, Value):
        for node in topological_order(f):
            if node.is_opaque:
                raise OpaqueNodeError(
                    f"the node {node._op!r} cannot be checked on its own: its backward rule was given by hand. Check "
                    "the function that makes it: `gradcheck(f, inputs)` compares the gradients of the inputs"
                )
        _check_nodes(f, world, rtol, atol)
        return True
    if not callable(f) or inputs is None:
        given = f"got {type(f).__name__}" if not callable(f) else "the function came without inputs"
        raise OperandTypeError(f"gradcheck takes a Value, or a function and the list of its inputs; {given}")
    trees = (inputs,) if isinstance(inputs, Real | Value | dict) else tuple(inputs)
    numbers = [leaf._data if isinstance(leaf, Value) else leaf for leaf in leaves(trees, "an input")]

    def run(at: Sequence[float]) -> tuple[Any, list[Value]]:
        fresh = [Value(number, label=f"inputs[{index}]") for index, number in enumerate(at)]
        return f(*rebuild(trees, iter(fresh))), fresh

    root, fresh = run(numbers)
    if not isinstance(root, Value):
        raise GradcheckError(f"gradcheck needs a function that returns one Value; it returned {type(root).__name__}")
    gradient = _gradient(root, fresh)
    formulas = not any(
        node.is_opaque or (node.op is not None and node.op.python is not None) for node in topological_order(root)
    )
    for index, (leaf, found) in enumerate(zip(fresh, gradient, strict=True)):

        def afresh(x: float, index: int = index) -> float:
            try:
                return float(run([*numbers[:index], x, *numbers[index + 1 :]])[0])
            except Exception as error:  # the function is a stranger's, and may refuse a number in any manner
                raise ValueError("the function has no value here") from error

        def replayed(x: Any, m: World = FLOATS, leaf: Value = leaf) -> Any:
            return _replay(root, m, {leaf: x})

        whole = formulas and _agree(afresh, replayed, numbers[index])
        along = partial(replayed, m=world or FLOATS) if whole else afresh
        wrong = _deviation(along, numbers[index], found, world if whole else None, rtol, atol)
        if wrong is not None:
            _check_nodes(root, world, rtol, atol)  # names the very node, if one edge is to blame
            hint = "" if whole or not formulas else (
                ". Part of f is outside of its graph: it goes by .data, float(), math's functions, detach() or a branch"
            )  # fmt: skip
            raise GradcheckError(f"∂f/∂inputs[{index}] at {numbers[index]}: expected {wrong}, found {found}{hint}")
    return True


def _gradient(root: Any, inputs: Sequence[Any]) -> list[float]:
    """∂root/∂input for each of ``inputs``, by backward; nobody's ``.grad`` is changed by it."""
    before = [(node, node.grad) for node in topological_order(root)]
    try:
        for leaf in inputs:
            leaf.zero_grad()
        root.backward()
        return [leaf.grad for leaf in inputs]
    finally:
        for node, grad in before:
            node.grad = grad


def _agree(afresh: Callable[[float], float], replayed: Callable[[float], float], x: float) -> bool:
    """Whether the recorded graph computes what the function does, to the last bit, somewhere near ``x`` as well.

    Of three distances one is enough: beyond a branch the function goes another way.  Where it has no value, or another
    one each time it is called, nothing speaks against the graph.
    """
    try:
        if not _same(afresh(x), replayed(x)):
            return True
        steps = [size * max(abs(x), 1e-2) for size in (1e-4, 1e-6, 1e-8)]
        return any(all(_same(afresh(at), replayed(at)) for at in (x - step, x + step)) for step in steps)
    except (ArithmeticError, ValueError, TypeError):
        return True


def _same(a: float, b: float) -> bool:
    return a == b or (a != a and b != b)


def _check_nodes(root: Value, world: World | None, rtol: float, atol: float) -> None:
    """Check each edge of the graph under ``root``: ∂node/∂parent against differences of the node's own value."""
    for node in topological_order(root):
        if node.op is None or node.is_opaque:
            continue
        m = FLOATS if world is None or node.op.python is not None else world
        partials = iter(node.partials)
        slots = [(g, k) for g, group in enumerate(node.groups) for k, x in enumerate(group) if isinstance(x, Node)]
        for g, k in slots:
            parent, found = node.groups[g][k], next(partials)
            wrong = _deviation(
                lambda x, node=node, g=g, k=k, m=m: _value(node, m, {(g, k): x}),  # type: ignore[misc]
                parent.data, found, None if m is FLOATS else m, rtol, atol,
            )  # fmt: skip
            if wrong is not None:
                name = parent.label or f"operand {k if len(node.groups) == 1 else g}"
                raise GradcheckError(
                    f"node {describe(node)} = {node.data}, parent {name} = {parent.data}: "
                    f"the partial should be {wrong}, found {found}{made_at(node)}"
                )


def _value(node: Any, m: World, replaced: Mapping[tuple[int, int], Any]) -> Any:
    """The node's value over ``m``, with some of its operands replaced."""
    number = _number(m)
    groups = [
        [replaced.get((g, k), number(getattr(x, "data", x))) for k, x in enumerate(group)]
        for g, group in enumerate(node.groups)
    ]
    arguments = [group if is_list(name) else group[0] for name, group in zip(node.op.operands, groups, strict=True)]
    return node.op.value_in(m)(*arguments) if node.op.python is None else node.op.python[0](*arguments)


def _replay(root: Any, m: World, replaced: Mapping[Any, Any]) -> Any:
    """The root's value over ``m``, every node computed again, with some leaves replaced."""
    number = _number(m)
    known: dict[Any, Any] = {}
    for node in topological_order(root):
        if node.op is None:
            known[node] = replaced.get(node, number(node.data))
            continue
        groups = [[known[x] if isinstance(x, Node) else number(x) for x in group] for group in node.groups]
        arguments = [group if is_list(name) else group[0] for name, group in zip(node.op.operands, groups, strict=True)]
        known[node] = node.op.value_in(m)(*arguments)
    return known[root]


def _number(m: World) -> Callable[[Any], Any]:
    number: Callable[[Any], Any] = m.namespace.get("number", float)
    return number


def _deviation(
    along: Callable[[Any], Any], x: float, found: float, m: World | None, rtol: float, atol: float
) -> str | None:
    """What the difference quotient says, if ``found`` contradicts it; None if they agree or it has nothing to say.

    Over an ``m`` of many digits a contradiction is computed again with more: it may be one of rounding.
    """
    try:
        if m is None:
            return _contradiction(*_one_sided(along, x), found, rtol, atol)
        for digits in DIGITS:
            with m.namespace["number"].context.workdps(digits):
                left, right, error = _fine(along, m.namespace["number"](x))
            said = _contradiction(left, right, error, found, rtol, atol)
            if said is None and error <= 1e-15 * (1 + max(abs(left), abs(right))):
                break
    except (ArithmeticError, ValueError, TypeError):
        return None  # a pole or the edge of the domain lies within the step
    return said


def _contradiction(left: float, right: float, error: float, found: float, rtol: float, atol: float) -> str | None:
    """What the two one-sided difference quotients say, if ``found`` is not between them; None if it is."""
    if not all(map(math.isfinite, (left, right))):
        return None
    low, high = min(left, right), max(left, right)
    margin = atol + rtol * max(abs(low), abs(high)) + error
    if low - margin <= found <= high + margin:
        return None
    return repr(left) if high - low <= margin else f"between {low!r} and {high!r}"


def _fine(along: Callable[[Any], Any], x: Any) -> tuple[float, float, float]:
    """The one-sided difference quotients at many digits, or the central one twice where they agree; and their error."""
    h = x * 0 + abs(x) / 10**15 + (0 if x else 1) / type(x)(10) ** 15
    below, here, above = along(x - h), along(x), along(x + h)
    if abs(above - below) > 1e-3 * (1 + abs(here)):
        raise ValueError("a jump lies within the step")
    left, right = (here - below) / h, (above - here) / h
    if abs(left - right) <= 1e-9 * (abs(left) + abs(right)) + 1e-12:
        left = right = (above - below) / (2 * h)
    rounding = abs(here) * 10**5 * x.context.eps / h
    return float(left), float(right), float(rounding)


def _one_sided(along: Callable[[float], float], x: float) -> tuple[float, float, float]:
    """Ridders' extrapolated central difference; at a kink the two one-sided quotients."""
    here = along(x)
    if not math.isfinite(here):
        raise ValueError("there is no value, and so no slope")
    h = 1e-7 * max(1.0, abs(x))
    left, right = (here - along(x - h)) / h, (along(x + h) - here) / h
    if abs(left - right) > 1e-2 * max(abs(left), abs(right), 1e-3):
        if abs(along(x + h) - along(x - h)) > 1e-2 * (1 + abs(here)):
            raise ValueError("a jump lies within the step")
        return left, right, 1e-6 * max(abs(left), abs(right))
    for step in (None, 1e-3 * max(abs(x), 1e-3), 1e-5 * max(abs(x), 1e-3)):  # smaller where a jump lies near
        slope, error = ridders(along, x, step)
        least = (step or 0.02 * max(abs(x), 0.05)) / 40  # of the steps that `ridders` goes down to
        rounding = 2 * abs(here) * sys.float_info.epsilon / least
        if error <= 1e-5 * abs(slope) + 1e-9 + rounding:
            return slope, slope, 4 * error + rounding
    raise ValueError("the difference quotients do not converge")


def ridders(f: Callable[[float], float], x: float, step: float | None = None) -> tuple[float, float]:
    """The derivative of ``f`` at ``x`` and an estimate of its error: central differences, extrapolated to step 0.

    Source: C. Ridders, Accurate computation of F'(x) and F'(x)F''(x), Advances in Engineering Software 4 (1982).

    >>> slope, error = ridders(math.sin, 1.0)
    >>> abs(slope - math.cos(1.0)) < 1e-11, error < 1e-9
    (True, True)
    """
    shrink, rows = 1.4, 12
    h = step if step is not None else 0.02 * max(abs(x), 0.05)
    best, error = math.nan, math.inf
    previous: list[float] = []
    for row in range(rows):
        current = [(f(x + h) - f(x - h)) / (2 * h)]
        factor = shrink * shrink
        for column, older in enumerate(previous):
            current.append((current[column] * factor - older) / (factor - 1))
            factor *= shrink * shrink
            estimate = max(abs(current[-1] - current[-2]), abs(current[-1] - older))
            if estimate <= error:
                best, error = current[-1], estimate
        if row and abs(current[-1] - previous[-1]) >= 2 * error:
            break
        previous = current
        h /= shrink
    return best, error


@cache
def _mpmath() -> World | None:
    try:
        import mpmath  # type: ignore[import-untyped, unused-ignore]
    except ImportError:
        return None
    m = mpmath.mp.clone()
    m.dps = 50
    names = ("acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "cos", "cosh", "erf", "erfc", "exp", "expm1",
             "fabs", "hypot", "inf", "log", "log1p", "nan", "pi", "sin", "sinh", "sqrt", "tan", "tanh")  # fmt: skip
    return World("mpmath", {
        **VECTOR_FUNCTIONS, **{name: getattr(m, name) for name in names},
        "number": m.mpf, "sum": m.fsum, "prod": m.fprod, "max": max, "min": min,
        "dot": lambda ws, xs, bias: m.fdot(ws, xs) + bias,
        "logsumexp": lambda xs: m.log(m.fsum(map(m.exp, xs))),
        "floor_divide": lambda x, y: m.floor(x / y),
    }, native_branches=True)  # fmt: skip


def _fifty_digits() -> World | None:
    world = _mpmath()
    return None if world is None else complete(world)
