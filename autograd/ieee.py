"""The float world: arithmetic that never raises and never turns complex, as IEEE 754 has it.

Python's ``/``, ``**`` and ``math`` raise where IEEE 754 has an answer (``1 / 0`` is inf, ``log(0)`` is -inf,
``sqrt(-1)`` is NaN).  A learner's network should show the inf it made, not stop in the middle of a graph, so this
module gives those answers.  Functions that ``math`` already gets right are taken from it as they are.

What lives here: numbers in, numbers out.  What does not: derivatives (``ops.py``) and graphs (``graph.py``).

One rule goes past IEEE 754: a NaN among the operands always gives NaN.  ``math`` has ``pow(nan, 0) == 1`` and
``hypot(inf, nan) == inf``; here a NaN is never hidden.  Comparisons answer 1.0 or 0.0, and no NaN is greater than,
less than or equal to anything.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from math import asinh, atan, atan2, erf, erfc, fabs, inf, isnan, nan, pi, tanh
from operator import mul
from typing import Final

__all__ = [
    "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "cos", "cosh", "divide", "dot", "erf", "erfc", "exp",
    "expm1", "fabs", "floor_divide", "hypot", "inf", "log", "log1p", "logsumexp", "max", "min", "mod", "nan", "pi",
    "pow", "prod", "sin", "sinh", "sqrt", "sum", "tan", "tanh",
]  # fmt: skip

_sum, _max, _min = sum, max, min


def divide(x: float, y: float) -> float:
    """x / y, with x / 0 = ±inf (the signs of both count) and 0 / 0 = NaN.

    >>> divide(1.0, 0.0), divide(1.0, -0.0), divide(0.0, 0.0)
    (inf, -inf, nan)
    """
    try:
        return x / y
    except ZeroDivisionError:
        if x == 0.0 or x != x:
            return nan
        return math.copysign(inf, x) * math.copysign(1.0, y)


def mod(x: float, y: float) -> float:
    """x % y as Python has it (the sign is the divisor's); NaN for y = 0."""
    return x % y if y else nan


def floor_divide(x: float, y: float) -> float:
    """x // y as Python has it; NaN for y = 0."""
    return x // y if y else nan


def pow(x: float, y: float) -> float:
    """x ** y; NaN for a negative base with a fractional exponent, ±inf at a pole or past the largest float.

    >>> pow(2.0, 0.5) == 2**0.5, pow(-8.0, 1 / 3), pow(0.0, -1.0), pow(0.0, 0.0)
    (True, nan, inf, 1.0)
    """
    if x != x or y != y:
        return nan
    try:
        return math.pow(x, y)
    except OverflowError:
        return -inf if x < 0.0 and y % 2.0 == 1.0 else inf
    except ValueError:
        if x == 0.0:
            return math.copysign(inf, x) if y % 2.0 == 1.0 else inf
        return nan


def _guarded(function: Callable[[float], float], at_pole: Callable[[float], float] | None = None) -> Callable[
    [float], float
]:  # fmt: skip
    """``function`` with ``at_pole(x)`` (NaN if there is none) where ``math`` raises ValueError."""

    def guarded(x: float) -> float:
        try:
            return function(x)
        except ValueError:
            return nan if at_pole is None else at_pole(x)

    guarded.__name__ = guarded.__qualname__ = function.__name__
    guarded.__doc__ = f"``math.{function.__name__}``, with IEEE 754's inf and NaN where that raises."
    return guarded


def _saturating(function: Callable[[float], float], odd: bool = False) -> Callable[[float], float]:
    """``function`` with inf (for an odd function inf of x's sign) where ``math`` raises OverflowError."""

    def saturating(x: float) -> float:
        try:
            return function(x)
        except OverflowError:
            return math.copysign(inf, x) if odd else inf

    saturating.__name__ = saturating.__qualname__ = function.__name__
    saturating.__doc__ = f"``math.{function.__name__}``, with inf where that raises OverflowError."
    return saturating


exp: Final = _saturating(math.exp)
expm1: Final = _saturating(math.expm1)
sinh: Final = _saturating(math.sinh, odd=True)
cosh: Final = _saturating(math.cosh)
log: Final = _guarded(math.log, lambda x: -inf if x == 0.0 else nan)
log1p: Final = _guarded(math.log1p, lambda x: -inf if x == -1.0 else nan)
sqrt: Final = _guarded(math.sqrt)
sin: Final = _guarded(math.sin)
cos: Final = _guarded(math.cos)
tan: Final = _guarded(math.tan)
asin: Final = _guarded(math.asin)
acos: Final = _guarded(math.acos)
acosh: Final = _guarded(math.acosh)
atanh: Final = _guarded(math.atanh, lambda x: math.copysign(inf, x) if x in (-1.0, 1.0) else nan)


RAISING: Final = (
    "exp", "expm1", "log", "log1p", "sqrt", "sin", "cos", "tan", "asin", "acos", "sinh", "cosh", "acosh", "atanh",
)  # fmt: skip
"""The functions above that differ from ``math``'s own in nothing but an answer where these raise."""


def hypot(x: float, y: float) -> float:
    """√(x² + y²) without overflow or underflow on the way; NaN if either is NaN."""
    return nan if x != x or y != y else math.hypot(x, y)


def sum(xs: Iterable[float]) -> float:
    """x₁ + … + xₙ by Python's own ``sum``, which compensates rounding from 3.12 on; 0.0 for none."""
    return _sum(xs, 0.0)


def prod(xs: Iterable[float]) -> float:
    """x₁ · … · xₙ; 1.0 for none."""
    return math.prod(xs, start=1.0)


def dot(ws: Iterable[float], xs: Iterable[float], bias: float = 0.0) -> float:
    """w₁x₁ + … + wₙxₙ + bias, added up as ``sum`` does."""
    return _sum(map(mul, ws, xs), bias)


def max(xs: Sequence[float]) -> float:
    """The largest of ``xs``; NaN if one of them is NaN."""
    return nan if any(map(isnan, xs)) else _max(xs)


def min(xs: Sequence[float]) -> float:
    """The smallest of ``xs``; NaN if one of them is NaN."""
    return nan if any(map(isnan, xs)) else _min(xs)


def logsumexp(xs: Sequence[float]) -> float:
    """log(exp(x₁) + … + exp(xₙ)) without overflow and with an exact tail; -inf for none.

    The largest operand is taken out of the sum and its own term, exp(0) = 1, goes into ``log1p``:
    with m the largest, m + log1p(Σ exp(xᵢ - m) over the others).

    >>> logsumexp([1000.0, 1000.0]) == 1000 + math.log(2), logsumexp([0.0, -50.0])
    (True, 1.9287498479639178e-22)
    """
    if not xs:
        return -inf
    m = max(xs)
    if m in (inf, -inf) or m != m:
        return m
    rest = list(xs)
    rest.remove(m)
    return m + math.log1p(_sum(math.exp(x - m) for x in rest))
