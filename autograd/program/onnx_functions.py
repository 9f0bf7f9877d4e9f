"""Every function of the symbols in ONNX's operators, in double precision.

onnxruntime has doubles for arithmetic, exp, log, sqrt, sin, cos and tanh.  All others are built from these here, so
that they agree with the engine's to about fifteen digits, at their edges too: infinities, zeros, NaN.

Arguments are ``Array`` (``onnx_arrays.py``), which write down what is done to them; x, y are numbers, xs lists of shape
(n, k) or (n, k, samples).  What does not live here: any primitive's formula, and how a program runs (``to_onnx.py``).
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from autograd import ops
from autograd.program.onnx_arrays import Array, where
from autograd.program.symbols import COMPARED

_FAR: Final = 2.0**28
"""From here on 1 is lost in x²."""


def _is_nan(x: Array) -> Array:
    return x.op("IsNaN")


def _either_is_nan(x: Array, y: Array) -> Array:
    return _is_nan(x).op("Or", _is_nan(y))


def _is_infinite(x: Array) -> Array:
    return abs(x).op("Equal", math.inf)


def _is_negative(x: Array) -> Array:
    """Whether x is below 0, or -0.0."""
    return (x < 0.0).op("Or", (1.0 / x < 0.0))


def exp(x: Array) -> Array:
    """The exponential function."""
    return x.op("Exp")


def log(x: Array) -> Array:
    """The natural logarithm."""
    return x.op("Log")


def sqrt(x: Array) -> Array:
    """The square root."""
    return x.op("Sqrt")


def expm1(x: Array) -> Array:
    """exp(x) - 1 = tanh(x/2)·(exp(x) + 1)."""
    return where(abs(x) < 1.0, (x * 0.5).op("Tanh") * (exp(x) + 1.0), exp(x) - 1.0)


def log1p(x: Array) -> Array:
    """log(1 + x).

    Source: Kahan's log(u)·x/(u - 1) for u = 1 + x, in which the rounding of u cancels.
    """
    u = x + 1.0
    far = abs(x) > 1e15
    safe = where(far.op("Or", u.op("Equal", 1.0)), 2.0, u)
    return where(u.op("Equal", 1.0), x, where(far, log(u), log(safe) * x / (safe - 1.0)))


def sinh(x: Array) -> Array:
    """With e = exp|x| - 1, (e + e/(e + 1))/2; far out half of exp(|x|/2)², which overflows later."""
    a = abs(x)
    e, half = expm1(a), exp(a * 0.5)
    return x.op("Sign") * where(a < 700.0, 0.5 * (e + e / (e + 1.0)), 0.5 * half * half)


def cosh(x: Array) -> Array:
    """(exp(x) + exp(-x))/2."""
    a = abs(x)
    half = exp(a * 0.5)
    return where(a < 700.0, 0.5 * (exp(a) + exp(-a)), 0.5 * half * half)


def asinh(x: Array) -> Array:
    """Sign(x)·log1p(a + a²/(1 + √(1 + a²))) for a = |x|; far out log 2a."""
    a = abs(x)
    near = log1p(a + a * a / (1.0 + sqrt(a * a + 1.0)))
    return x.op("Sign") * where(a < _FAR, near, log(a) + math.log(2.0))


def acosh(x: Array) -> Array:
    """log1p(t + √(2t + t²)) for t = x - 1; far out log 2x."""
    t = where(x < 1.0, math.nan, x - 1.0)
    return where(x > _FAR, log(x) + math.log(2.0), log1p(t + sqrt(t * t + t * 2.0)))


def atanh(x: Array) -> Array:
    """Sign(x)·log1p(2a/(1 - a))/2 for a = |x|."""
    a = abs(x)
    return x.op("Sign") * log1p(a * 2.0 / (1.0 - a)) * 0.5


def tan(x: Array) -> Array:
    """sin/cos."""
    return x.op("Sin") / x.op("Cos")


def atan(x: Array) -> Array:
    """The arc of r = x, or 1/x beyond 1, from single precision made exact.

    A guess t turns the vector (1, r) back to (cos t + r·sin t, r·cos t - sin t), whose own arc is what t lacks: about
    10⁻⁷, of which the ratio of the two is right to 10⁻²¹.
    """
    outside = abs(x) > 1.0
    r = where(outside, 1.0 / x, x)
    t = r.single("Atan")
    sin, cos = t.op("Sin"), t.op("Cos")
    arc = t + (r * cos - sin) / (cos + r * sin)
    return where(outside, x.op("Sign") * (math.pi / 2) - arc, arc)


def asin(x: Array) -> Array:
    """2·atan(x/(1 + √(1 - x²)))."""
    return atan(x / (sqrt((1.0 - x) * (1.0 + x)) + 1.0)) * 2.0


def acos(x: Array) -> Array:
    """2·atan √((1 - x)/(1 + x))."""
    return atan(sqrt((1.0 - x) / (1.0 + x))) * 2.0


def atan2(y: Array, x: Array) -> Array:
    """The arc of |y|/|x|, put into the quadrant of (x, y); zeros have signs."""
    a, b = abs(y), abs(x)
    both_zero = (a + b).op("Equal", 0.0)
    both_infinite = _is_infinite(x).op("And", _is_infinite(y))
    arc = atan(where(both_zero, 0.0, where(both_infinite, 1.0, a / b)))
    arc = where(_is_negative(x), math.pi - arc, arc)
    return where(_is_negative(y), -arc, arc)


def hypot(x: Array, y: Array) -> Array:
    """m·√(1 + (n/m)²) for the greater m and the lesser n, which neither overflows nor underflows on the way."""
    m, n = abs(x).op("Max", abs(y)), abs(x).op("Min", abs(y))
    plain = m.op("Equal", 0.0).op("Or", _is_infinite(m))
    ratio = n / where(plain, 1.0, m)
    return where(_either_is_nan(x, y), math.nan, where(plain, m, m * sqrt(ratio * ratio + 1.0)))


def pow(x: Array, y: Array) -> Array:
    """x to the power y; NaN where either is."""
    return where(_either_is_nan(x, y), math.nan, x.op("Pow", y))


def _divided(x: Array, y: Array) -> tuple[Array, Array]:
    """The exact remainder with y's sign, and (x - remainder)/y before rounding."""
    rest = x.op("Mod", y, fmod=1)
    other_side = (rest < 0.0).op("Xor", y < 0.0).op("And", rest.op("Equal", 0.0).op("Not"))
    quotient = (x - rest) / y
    return where(other_side, rest + y, rest), where(other_side, quotient - 1.0, quotient)


def mod(x: Array, y: Array) -> Array:
    """Python's x % y."""
    return _divided(x, y)[0]


def floor_divide(x: Array, y: Array) -> Array:
    """Python's x // y; the quotient is whole but for its rounding."""
    quotient = _divided(x, y)[1]
    below = quotient.op("Floor")
    return where(y.op("Equal", 0.0), math.nan, where(quotient - below > 0.5, below + 1.0, below))


# the error function ---------------------------------------------------------------------------------------------------

_A: Final = (1.85777706184603153e-1, 3.16112374387056560, 1.13864154151050156e2, 3.77485237685302021e2,
             3.20937758913846947e3)  # fmt: skip
_B: Final = (1.0, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3, 2.84423683343917062e3)
_C: Final = (2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594, 6.61191906371416295e1,
             2.98635138197400131e2, 8.81952221241769090e2, 1.71204761263407058e3, 2.05107837782607147e3,
             1.23033935479799725e3)  # fmt: skip
_D: Final = (1.0, 1.57449261107098347e1, 1.17693950891312499e2, 5.37181101862009858e2, 1.62138957456669019e3,
             3.29079923573345963e3, 4.36261909014324716e3, 3.43936767414372164e3, 1.23033935480374942e3)  # fmt: skip
_P: Final = (1.63153871373020978e-2, 3.05326634961232344e-1, 3.60344899949804439e-1, 1.25781726111229246e-1,
             1.60837851487422766e-2, 6.58749161529837803e-4)  # fmt: skip
_Q: Final = (1.0, 2.56852019228982242, 1.87295284992346725, 5.27905102951428412e-1, 6.05183413124413191e-2,
             2.33520497626869185e-3)  # fmt: skip
_NEAR: Final = 0.46875


def _ratio(x: Array, numerator: Sequence[float], denominator: Sequence[float]) -> Array:
    """A ratio of polynomials, the highest power first."""

    def polynomial(coefficients: Sequence[float]) -> Array:
        found = x * coefficients[0] + coefficients[1]
        for coefficient in coefficients[2:]:
            found = found * x + coefficient
        return found

    return polynomial(numerator) / polynomial(denominator)


def _tail(a: Array) -> Array:
    """Erfc of a >= 0.46875.

    exp(-a²) is taken of a² in two parts, of which the greater is exact.
    """
    a = where(a > 30.0, 30.0, a)  # where all is 0
    square = 1.0 / (a * a)
    far = (1.0 / math.sqrt(math.pi) - square * _ratio(square, _P, _Q)) / a
    rough = (a * 16.0).op("Floor") * 0.0625
    small = exp(-(rough * rough)) * exp((rough - a) * (rough + a))
    return small * where(a > 4.0, far, _ratio(a, _C, _D))


def erf(x: Array) -> Array:
    """The error function.

    Source: W. J. Cody, Rational Chebyshev approximations for the error function, Math. Comp. 23 (1969).
    """
    a = abs(x)
    return where(a > _NEAR, x.op("Sign") * (1.0 - _tail(a)), x * _ratio(x * x, _A, _B))


def erfc(x: Array) -> Array:
    """1 - erf(x), exact in its tail.

    Source: as for ``erf``.
    """
    near = 1.0 - x * _ratio(x * x, _A, _B)
    tail = _tail(abs(x))
    return where(abs(x) > _NEAR, where(x < 0.0, 2.0 - tail, tail), near)


# lists ----------------------------------------------------------------------------------------------------------------


def _reduced(operator: str) -> Callable[[Array], Array]:
    return lambda xs: xs.reduced(operator)


def prod(xs: Array) -> Array:
    """One product after the other: onnxruntime has the operator for floats alone."""
    product = xs[:, 0]
    for k in range(1, xs.shape[1]):
        product = product * xs[:, k]
    return product


def others(xs: Array) -> Array:
    """For each entry the product of all the others."""
    if xs.shape[1] == 1:
        return xs.graph.array(np.ones([1] * len(xs.shape)))
    columns = [column[:, None] for column in ops.others([xs[:, k] for k in range(xs.shape[1])])]
    return xs.graph.node("Concat", columns, xs.shape, axis=1)


def logsumexp(xs: Array) -> Array:
    """m + log1p(Σ exp(xᵢ - m)) for the greatest m, whose own term is left out of the sum."""
    m = xs.reduced("ReduceMax")
    base = where(_is_infinite(m), 0.0, m)
    shape = (1, xs.shape[1], *[1] * (len(xs.shape) - 2))
    positions = np.arange(xs.shape[1], dtype=np.int64).reshape(shape)
    greatest = xs.node("ArgMax", (xs.shape[0], 1, *xs.shape[2:]), axis=1, keepdims=1)
    terms = where(greatest.op("Equal", positions), 0.0, exp(xs - base[:, None]))
    return where(_is_infinite(m), m, m + log1p(terms.reduced("ReduceSum")))


def _operator(name: str) -> Callable[..., Array]:
    return lambda x, *more: x.op(name, *more)


_RELATION: Final = {
    "greater": "Greater", "greater_equal": "GreaterOrEqual", "less": "Less", "less_equal": "LessOrEqual",
    "equal": "Equal",
}  # fmt: skip

FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {
    **{name: _operator(operator) for name, operator in _RELATION.items()},
    "not_equal": lambda x, y: x.op("Equal", y).op("Not"),
    **{name: _operator(name.capitalize()) for name in ("add", "sub", "mul", "div", "neg", "sin", "cos", "tanh")},
    "fabs": abs, "maximum": _operator("Max"), "minimum": _operator("Min"),
    **{f.__name__: f for f in (exp, log, sqrt, expm1, log1p, sinh, cosh, asinh, acosh, atanh, tan, atan, asin, acos,
                               atan2, hypot, pow, mod, floor_divide, erf, erfc, prod, others,
                               logsumexp)},
    "sum": _reduced("ReduceSum"), "max": _reduced("ReduceMax"), "min": _reduced("ReduceMin"),
}  # fmt: skip
"""Each function by the symbols' name."""

assert set(FUNCTIONS) >= COMPARED
