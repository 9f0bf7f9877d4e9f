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

BUDGET: Final = 600_000
"""How many primitives are computed again at most, over all nodes; a larger graph stays unchecked, and says so."""
REPLAYS: Final = 18
"""How often the root is computed again for one node: ten times to see a kink, four times for each of two quotients."""
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
    ``differs``; ``unknown``: a jump, a pole or a number that is not finite lies there, or data were changed since the
    graph was computed; ``frozen``: the node takes no gradient; ``unchecked``: the graph is beyond ``BUDGET``."""
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
    if walk.note:  # numbers of two times have no slope
        return dict.fromkeys(walk.nodes, Check("unknown"))
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


class _Along:
    """The root's value as a function of how far one node is moved from its number."""

    def __init__(self, replay: _Replay, index: int) -> None:
        self.replay, self.index, self.x = replay, index, replay.base[index]
        self.largest = 0.0
        """The largest value seen: what rounding errors are relative to."""

    def __call__(self, h: float) -> float:
        y = self.replay.root(self.index, self.x + h)
        self.largest = max(self.largest, abs(y))
        return y


def _held(replay: _Replay, index: int, found: float) -> Check:
    node = replay.nodes[index]
    if not node.requires_grad:
        return Check("frozen")
    if not math.isfinite(found):
        return Check("unknown")
    x = abs(replay.base[index])
    verdict = _compared(_Along(replay, index), found, max(x, 0.01))
    if verdict.verdict in ("unknown", "differs") and 0 < x < 0.01:  # 1e-9 has a logarithm, and 1e-9 - 1e-8 has none
        verdict = _compared(_Along(replay, index), found, x)
    return verdict


def _compared(f: _Along, found: float, scale: float) -> Check:
    try:
        kink = _kink(f, scale)
        if kink:  # a curve looks straight from near, and a kink stays one
            nearer = _kink(f, 1e-2 * scale)
            kink = nearer if nearer and abs(nearer[1] - nearer[0]) > 0.5 * abs(kink[1] - kink[0]) else None
        slope, error = (math.nan, 0.0) if kink else _central(f, scale)
    except (ArithmeticError, ValueError):  # a primitive of the user's own may raise
        return Check("unknown")
    if kink:
        low, high = sorted(kink)
        margin = 1e-4 * (high - low)
        return Check("kink" if low - margin <= found <= high + margin else "differs", kink[1])
    if not math.isfinite(slope) or error > 1e-2 * max(abs(slope), 1e-6):
        return Check("unknown")
    return Check("agrees" if abs(found - slope) <= RELATIVE * abs(slope) + 4 * error else "differs", slope)


def _kink(f: _Along, scale: float) -> tuple[float, float] | None:
    """The slopes to the left and right where they are two; None where they are one.

    The quotients of two sizes of h are extrapolated to h = 0, which leaves of curvature only its third order.

    Raises:
        ArithmeticError: a jump, a pole, or a number that is not finite.
    """
    here = f(0.0)
    (left, right), (left_, right_) = (
        ((here - f(-h)) / h, (f(h) - here) / h) for h in (1e-4 * scale, 1e-5 * scale)
    )  # fmt: skip
    if not all(map(math.isfinite, (left, right, left_, right_))):
        raise ArithmeticError("not finite")
    rounding = 4e-16 * f.largest / (1e-5 * scale)
    sides = (10 * left_ - left) / 9, (10 * right_ - right) / 9
    if abs(sides[1] - sides[0]) <= max(8 * rounding, RELATIVE * max(map(abs, sides))):
        return None
    if max(abs(left_), abs(right_)) > 5 * max(abs(left), abs(right)):
        raise ArithmeticError("a jump: the quotient grows as h shrinks")
    return sides


def _central(f: _Along, scale: float) -> tuple[float, float]:
    """The central difference quotient on which two sizes of h agree best, and by how much they disagree."""
    best, error = math.nan, math.inf
    before = math.nan
    for size in STEPS:
        h = size * scale
        f.largest = 0.0
        slope = (8 * (f(h) - f(-h)) - f(2 * h) + f(-2 * h)) / (12 * h)
        rounding = 1e-15 * f.largest / h
        if abs(slope - before) + rounding < error:
            best, error = slope, abs(slope - before) + rounding
        if error <= 1e-8 * abs(best):
            break
        before = slope
    return best, error
