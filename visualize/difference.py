"""Every gradient of a walk held against a finite difference: nudge one node, compute all that follows from it again.

This is the check behind the badges of the page.  It believes no derivative: it knows only the primitives' values, moves
the number of one node by ±h, replays the part of the graph downstream of it over floats, and looks how far the root
moved.  A rule planted wrong in the table shows as a gradient that *differs*.
What does not live here: the steps (``steps.py``); the checker of single functions and edges (``autograd.gradcheck``).
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import autograd
from autograd import Op, Value
from visualize.steps import Steps

BUDGET: Final = 400_000
"""How many primitives are computed again at most, over all nodes; a larger graph stays unchecked, and says so."""
REPLAYS: Final = 11
"""How often the root is computed again for one node: thrice to see a kink, four times for each of two quotients."""
STEPS: Final = (1e-2, 3e-3, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7)
"""Sizes of h, relative to the node's number, tried until two quotients in a row agree."""
RELATIVE: Final = 1e-6
"""Accepted deviation, relative to the slope, beside the quotient's own error."""

Verdict = Literal["agrees", "kink", "differs", "unknown", "frozen", "unchecked"]


@dataclass(frozen=True, slots=True)
class Check:
    """What a finite difference says of one gradient."""

    verdict: Verdict
    """``agrees``; ``kink``: the slopes to the left and right are two, and the gradient is one of those between them;
    ``differs``; ``unknown``: a jump, a pole or a number that is not finite lies there; ``frozen``: the node takes no
    gradient; ``unchecked``: the graph is beyond ``BUDGET``."""
    slope: float = math.nan
    """The difference quotient; at a kink the one to the right."""


def check(walk: Steps) -> dict[Value, Check]:
    """Hold ∂root/∂node against differences of the root's value, for every node.

    Replays with central differences of fourth order, (8 (f(x+h) - f(x-h)) - f(x+2h) + f(x-2h)) / 12h, at shrinking h.

    Source: B. Fornberg, Generation of finite difference formulas on arbitrarily spaced grids, Mathematics of
    Computation 51 (1988), table 1.

    >>> from visualize import walk
    >>> a = Value(3.0, label="a")
    >>> check(walk(a * a))[a].verdict
    'agrees'
    """
    replay = _Replay(walk)
    if replay.work > BUDGET:
        return dict.fromkeys(walk.nodes, Check("unchecked"))
    return {node: _held(replay, index, walk.gradient[node]) for index, node in enumerate(walk.nodes)}


class _Replay:
    """The root's value as a function of any one node's number."""

    def __init__(self, walk: Steps) -> None:
        self.nodes = walk.nodes
        place = {node: index for index, node in enumerate(walk.nodes)}
        self.base = [node.data for node in walk.nodes]
        self.formulas = [None if node.op is None else _formula(node.op, node.groups, place) for node in walk.nodes]
        self.downstream = self._downstream([[place[parent] for parent in node.parents] for node in walk.nodes])
        self.work = REPLAYS * sum(map(len, self.downstream))

    def _downstream(self, parents: Sequence[Sequence[int]]) -> list[list[int]]:
        """For each node the nodes whose number depends on its own, in topological order."""
        count = len(parents)
        if count * sum(map(len, parents)) > 8 * BUDGET:
            return [[0] * BUDGET]
        found: list[list[int]] = []
        for index in range(count):
            reached = {index}
            for later in range(index + 1, count):
                if not reached.isdisjoint(parents[later]):
                    reached.add(later)
            found.append(sorted(reached - {index}))
        return found

    def root(self, index: int, x: float) -> float:
        """The root's value where the node ``index`` has the number ``x``."""
        numbers = self.base.copy()
        numbers[index] = x
        for later in self.downstream[index]:
            formula = self.formulas[later]
            assert formula is not None
            numbers[later] = formula(numbers)
        return numbers[-1]


def _formula(op: Op, groups: Sequence[Sequence[Any]], place: Mapping[Value, int]) -> Callable[[list[float]], float]:
    """A node's value as a function of the numbers of all nodes."""
    rule = _rule(op)
    places = [[place[x] if isinstance(x, Value) else x for x in group] for group in groups]
    lists = [name in ("xs", "ws") for name in op.operands]

    if lists == [False]:
        return lambda numbers: rule(numbers[places[0][0]])

    def formula(numbers: list[float]) -> float:
        now = [[numbers[k] if k.__class__ is int else k for k in group] for group in places]
        return rule(*[group if whole else group[0] for whole, group in zip(lists, now, strict=True)])

    return formula


def _rule(op: Op) -> Callable[..., float]:
    """A primitive over floats, under the name by which ``autograd`` shows it; one of the user's own is a method."""
    function: Callable[..., float] | None = getattr(autograd, op.name, None)
    if function is not None and function.__module__ == "autograd":
        return function
    method: Callable[..., Any] = getattr(Value, op.name)
    return lambda x, *more: float(method(Value(x), *more))


def _held(replay: _Replay, index: int, found: float) -> Check:
    node = replay.nodes[index]
    if not node.requires_grad:
        return Check("frozen")
    if not math.isfinite(found):
        return Check("unknown")
    x = replay.base[index]
    verdict = _compared(replay, index, found, max(abs(x), 0.01))
    if verdict.verdict == "unknown" and 0 < abs(x) < 0.01:  # 1e-9 has a logarithm, and 1e-9 - 1e-8 has none
        verdict = _compared(replay, index, found, abs(x))
    return verdict


def _compared(replay: _Replay, index: int, found: float, scale: float) -> Check:
    x = replay.base[index]
    try:
        here = replay.root(index, x)
        left, right = _sides(replay, index, here, 1e-6 * scale)
        if not math.isfinite(left) or not math.isfinite(right):
            return Check("unknown")
        if abs(left - right) > 1e-3 * max(abs(left), abs(right), 1e-6):
            finer = _sides(replay, index, here, 1e-7 * scale)
            return _kink(found, (left, right), finer)
        slope, error = _central(replay, index, scale)
    except (ArithmeticError, ValueError):  # a primitive of the user's own may raise
        return Check("unknown")
    if not math.isfinite(slope) or error > 1e-2 * max(abs(slope), 1e-6):
        return Check("unknown")
    return Check("agrees" if abs(found - slope) <= RELATIVE * abs(slope) + 4 * error else "differs", slope)


def _sides(replay: _Replay, index: int, here: float, h: float) -> tuple[float, float]:
    """The difference quotients to the left and to the right."""
    x = replay.base[index]
    return (here - replay.root(index, x - h)) / h, (replay.root(index, x + h) - here) / h


def _kink(found: float, sides: tuple[float, float], finer: tuple[float, float]) -> Check:
    """At a kink each side has a slope of its own, and any number between the two is a subgradient."""
    size = max(map(abs, sides))
    if any(abs(one - other) > 1e-2 * size for one, other in zip(sides, finer, strict=True)):
        return Check("unknown")  # a quotient that grows as h shrinks: a jump
    margin = 1e-5 * size
    return Check("kink" if min(sides) - margin <= found <= max(sides) + margin else "differs", sides[1])


def _central(replay: _Replay, index: int, scale: float) -> tuple[float, float]:
    """The central difference quotient on which two sizes of h agree best, and by how much they disagree."""
    x = replay.base[index]
    best, error = math.nan, math.inf
    before = math.nan
    for size in STEPS:
        h = size * scale
        nearby, beyond = (replay.root(index, x + k) - replay.root(index, x - k) for k in (h, 2 * h))
        slope = (8 * nearby - beyond) / (12 * h)
        rounding = 1e-15 * max(abs(replay.base[-1]), abs(nearby)) / h
        if abs(slope - before) + rounding < error:
            best, error = slope, abs(slope - before) + rounding
        if error <= 1e-8 * abs(best):
            break
        before = slope
    return best, error
