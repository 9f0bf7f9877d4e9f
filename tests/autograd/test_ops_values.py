"""Every value and every partial of the table against mpmath's own functions.

The oracles here are written apart from `autograd/ops.py`: a value is held against mpmath's function of that name (or a
definition from a textbook, where mpmath has none), a partial against the numeric derivative of that oracle. Neither
ever sees the table's formula.

How well a function is conditioned decides how near a float can come: a relative error of one half ulp in an operand
alone moves the result by cond = Σᵢ |xᵢ·∂ᵢf / f| half ulps. So a result may be off by 4 ulp where cond ≤ 1, and by
4·cond ulp elsewhere; cond is computed to many digits, too, never guessed.

Next: `test_ops_edges.py` for inf, NaN and kinks; `test_laws.py` for what holds of whole graphs.
"""

from __future__ import annotations

import math
import operator
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

import autograd
from autograd import Value
from tests.requires import requires

mpmath = requires("mpmath")
mp = mpmath.mp.clone()

POINTS = 1000
ULPS = 4
STEP = 22  # digits: a difference quotient steps by 10⁻²² of the operand, and errs by 10⁻⁴⁴

inf, nan = math.inf, math.nan
Sampler = Callable[[random.Random], tuple[Any, ...]]
TAILS = (20.0, 36.0, 37.5, 100.0, 360.0, 372.0, 700.0, 709.5, 740.0, 1000.0)
TINY = (5e-324, 1e-310, 2.2250738585072014e-308, 1e-200, 1e-20, 1e-8)


# how operands are sampled -------------------------------------------------------------------------------------------


def real(low: float = -inf, high: float = inf, *, near: float = 4.0, far: float = 30.0, least: float = 0.0) -> Sampler:
    """One operand in [low, high]: mostly near 0, some tiny, some far out, and all of the tails and subnormals.

    `least` keeps a divisor away from 0: among subnormals a quotient loses its digits on the way.
    """
    special = [s * t for t in (*TINY, *TAILS) for s in (1, -1) if t <= max(far, 1e-8)]

    def draw(rng: random.Random) -> tuple[float]:
        while True:
            kind = rng.random()
            if kind < 0.05:
                x = rng.choice(special)
            elif kind < 0.6:
                x = rng.uniform(-near, near)
            elif kind < 0.8:
                x = rng.choice((-1, 1)) * 10 ** rng.uniform(-9, 0)
            else:
                x = rng.uniform(-far, far)
            if low <= x <= high and abs(x) >= least:
                return (x,)

    return draw


def scale(low: float = -300, high: float = 300, *, signs: tuple[int, ...] = (-1, 1)) -> Sampler:
    """One operand of any magnitude between 10^low and 10^high."""
    return lambda rng: (rng.choice(signs) * 10 ** rng.uniform(low, high),)


def each(*samplers: Sampler) -> Sampler:
    """One operand from each sampler."""
    return lambda rng: tuple(s(rng)[0] for s in samplers)


def either(*samplers: Sampler) -> Sampler:
    """The operands of one of the samplers."""
    return lambda rng: rng.choice(samplers)(rng)


def several(sampler: Sampler, most: int = 4) -> Sampler:
    """One operand that is a list."""
    return lambda rng: ([sampler(rng)[0] for _ in range(rng.randint(1, most))],)


def neuron(rng: random.Random) -> tuple[Any, ...]:
    n = rng.randint(1, 3)
    return [rng.uniform(-2, 2) for _ in range(n)], [rng.uniform(-2, 2) for _ in range(n)], rng.uniform(-2, 2)


# the oracles --------------------------------------------------------------------------------------------------------


def sigmoid(x: Any) -> Any:
    return (1 + mp.tanh(x / 2)) / 2


def linear_tail(x: float) -> float:
    return 1.1 * abs(x)


def square_tail(x: float) -> float:
    return 0.6 * x * x


@dataclass
class Oracle:
    """A primitive as mpmath knows it.

    Args:
        function: the value, from mpmath numbers.
        sample: draws the operands.
        digits: how many more digits the difference quotient needs at x, where the function saturates.
        allowance: further conditioning that the textbook's formula of partial k has, beside the function's own.
    """

    function: Callable[..., Any]
    sample: Sampler
    digits: Callable[[float], float] = lambda x: 0.0
    allowance: Callable[..., float] = lambda k, *xs: 0.0


anything = either(real(), scale())
two = each(anything, anything)
ordinary = each(real(), real())
normal = each(real(least=1e-100), real(least=1e-100))
small_list = several(real(far=8.0))


def _compared(relation: Callable[[Any, Any], bool]) -> Oracle:
    return Oracle(lambda x, y: mp.mpf(relation(x, y)), two)


ORACLES: dict[str, Oracle] = {
    "add": Oracle(operator.add, two),
    "sub": Oracle(operator.sub, two),
    "mul": Oracle(operator.mul, two),
    "div": Oracle(operator.truediv, either(normal, each(scale(-150, 150), scale(-150, 150)))),
    "mod": Oracle(operator.mod, each(real(far=1e3), real(near=9.0, far=50.0, least=1e-3))),
    "floor_divide": Oracle(lambda x, y: mp.floor(x / y), each(real(far=1e3), real(near=9.0, far=50.0, least=1e-3))),
    "neg": Oracle(operator.neg, anything),
    "pow": Oracle(
        mp.power,
        either(
            each(real(1e-6, near=9.0, far=90.0), real(near=4.0, far=9.0)),
            each(scale(-60, 60, signs=(1,)), real(near=4.0, far=4.0)),
        ),
        # x**(y - 1) is computed with the rounded y - 1, which moves it by |(y - 1)·ln x| half ulps
        allowance=lambda k, x, y: abs((y - 1) * math.log(x)) if k == 0 else 0.0,
    ),
    "exp": Oracle(mp.exp, real(far=745.0)),
    "expm1": Oracle(mp.expm1, real(far=705.0), linear_tail),
    "log": Oracle(mp.log, either(real(5e-324), scale(signs=(1,)))),
    "log1p": Oracle(mp.log1p, either(real(-0.999999), scale(-20, 300, signs=(1,)))),
    "sqrt": Oracle(mp.sqrt, either(real(5e-324), scale(signs=(1,)))),
    "sin": Oracle(mp.sin, real(far=1e5)),
    "cos": Oracle(mp.cos, real(far=1e5)),
    "tan": Oracle(mp.tan, real(far=1e5)),
    "asin": Oracle(mp.asin, real(-0.9999999, 0.9999999, near=1.0, far=1.0)),
    "acos": Oracle(mp.acos, real(-0.9999999, 0.9999999, near=1.0, far=1.0)),
    "atan": Oracle(mp.atan, either(real(), scale(-20, 150)), lambda x: 4 * max(0.0, math.log10(abs(x) + 1))),
    "atan2": Oracle(
        mp.atan2, either(normal, each(scale(-150, -140), scale(-150, -140)), each(scale(199, 200), scale(199, 200)))
    ),
    "hypot": Oracle(
        mp.hypot, either(ordinary, each(scale(-200, -190), scale(-200, -190)), each(scale(299, 300), scale(299, 300)))
    ),
    "sinh": Oracle(mp.sinh, real(far=709.0), lambda x: 0.0),
    "cosh": Oracle(mp.cosh, real(far=709.0), lambda x: 0.0),
    "tanh": Oracle(mp.tanh, real(far=1000.0), linear_tail),
    "asinh": Oracle(mp.asinh, either(real(), scale(-20, 300))),
    "acosh": Oracle(mp.acosh, either(real(1.0000001), scale(0.1, 300, signs=(1,)))),
    "atanh": Oracle(mp.atanh, real(-0.9999999, 0.9999999, near=1.0, far=1.0)),
    "erf": Oracle(mp.erf, real(far=26.0), square_tail),
    "erfc": Oracle(mp.erfc, real(far=26.0), lambda x: square_tail(x) if x < 0 else 0.0),
    "sigmoid": Oracle(sigmoid, real(far=1000.0), linear_tail),
    "softplus": Oracle(lambda x: mp.log(1 + mp.exp(x)), real(far=1000.0), linear_tail),
    "relu": Oracle(lambda x: max(x, mp.zero), anything),
    "leaky_relu": Oracle(lambda x, slope: max(x, mp.zero) + slope * min(x, mp.zero), each(anything, real(0.001, 1.0))),
    "elu": Oracle(
        lambda x, alpha: x if x > 0 else alpha * (mp.exp(x) - 1), each(real(far=1000.0), real(0.1, 3.0)), linear_tail
    ),
    "gelu": Oracle(lambda x: x * mp.ncdf(x), real(far=37.0)),
    "silu": Oracle(lambda x: x * sigmoid(x), real(far=1000.0), linear_tail),
    "abs": Oracle(mp.fabs, anything),
    "sign": Oracle(mp.sign, anything),
    "step": Oracle(lambda x: mp.mpf(x > 0), anything),
    "maximum": Oracle(max, two),
    "minimum": Oracle(min, two),
    "clamp": Oracle(
        lambda x, lo, hi: min(max(x, lo), hi), each(real(), real(-9.0, -0.5, near=9.0), real(0.5, 9.0, near=9.0))
    ),
    "where": Oracle(lambda c, x, y: x if c else y, lambda rng: (float(rng.randint(0, 1)), *two(rng))),
    "greater": _compared(operator.gt),
    "greater_equal": _compared(operator.ge),
    "less": _compared(operator.lt),
    "less_equal": _compared(operator.le),
    "equal": _compared(operator.eq),
    "not_equal": _compared(operator.ne),
    "sum": Oracle(mp.fsum, small_list),
    "prod": Oracle(mp.fprod, small_list),
    "mean": Oracle(lambda xs: mp.fsum(xs) / len(xs), small_list),
    "dot": Oracle(lambda ws, xs, bias: mp.fdot(ws, xs) + bias, neuron),
    "logsumexp": Oracle(
        lambda xs: mp.log(mp.fsum(map(mp.exp, xs))),
        several(real(far=40.0), 3),
        linear_tail,
        # x - out is rounded as coarsely as out, and exp turns that into a relative error
        allowance=lambda k, *xs: abs(float(mp.log(mp.fsum(map(mp.exp, xs[0]))))),
    ),
    "max": Oracle(max, small_list),
    "min": Oracle(min, small_list),
}


def test_every_row_of_the_table_has_an_oracle_of_its_own() -> None:
    from autograd.ops import _rows

    assert {op.name for op in _rows()} == set(ORACLES)


# the comparison -----------------------------------------------------------------------------------------------------


def flat(args: Sequence[Any]) -> list[Any]:
    return [x for arg in args for x in (arg if isinstance(arg, list) else [arg])]


def shaped(args: Sequence[Any], numbers: Sequence[Any]) -> list[Any]:
    supply = iter(numbers)
    return [[next(supply) for _ in arg] if isinstance(arg, list) else next(supply) for arg in args]


class Exact:
    """An oracle at one point: its value, its numeric partials, and how each is conditioned."""

    def __init__(self, oracle: Oracle, args: Sequence[Any]) -> None:
        numbers = flat(args)
        sizes = [0.0, *(math.log10(abs(x)) for x in numbers if x)]
        spread = max(sizes) - min(sizes) if len(numbers) > 1 else -min(sizes)
        self.digits = int(100 + 2.2 * spread + max(oracle.digits(x) for x in numbers))
        self.args, self.function = args, oracle.function
        with mp.workdps(self.digits):
            self.numbers = [mp.mpf(x) for x in numbers]
            self.steps = [(abs(x) or mp.one) / mp.mpf(10) ** STEP for x in self.numbers]

    def at(self, *moves: tuple[int, int]) -> Any:
        numbers = list(self.numbers)
        for index, sign in moves:
            numbers[index] = numbers[index] + sign * self.steps[index]
        return self.function(*shaped(self.args, numbers))

    def value(self) -> tuple[Any, float]:
        """The value, and Σ|xᵢ·∂ᵢf / f|."""
        with mp.workdps(self.digits):
            value = self.at()
            moved = sum(abs(x * self.slope(k)) for k, x in enumerate(self.numbers))
            return value, float(moved / abs(value)) if value else inf

    def slope(self, k: int, *moves: tuple[int, int]) -> Any:
        return (self.at((k, 1), *moves) - self.at((k, -1), *moves)) / (2 * self.steps[k])

    def partial(self, k: int) -> tuple[Any, float]:
        """∂f/∂xₖ, and its own conditioning."""
        with mp.workdps(self.digits):
            slope = self.slope(k)
            if not slope:
                return slope, 1.0
            moved = mp.zero
            for j, x in enumerate(self.numbers):
                if j == k:
                    curved = (self.at((k, 1)) - 2 * self.at() + self.at((k, -1))) / self.steps[k] ** 2
                else:
                    curved = (self.slope(k, (j, 1)) - self.slope(k, (j, -1))) / (2 * self.steps[j])
                moved += abs(x * curved)
            return slope, float(moved / abs(slope))


def ulps_off(found: float, exact: Any) -> float:
    """How many units in the last place lie between a float and an exact number."""
    nearest = float(exact)
    if found == nearest:
        return 0.0
    if not math.isfinite(found) or math.isinf(nearest):
        return 0.0 if abs(found) > 1.797e308 and abs(nearest) > 1.797e308 else inf
    return float(abs(mp.mpf(found) - exact) / math.ulp(nearest))


def partials_of(out: Value, leaves: Sequence[Value]) -> list[float]:
    """The partials in the order of the operands; every operand is a Value of its own."""
    assert list(out.parents) == list(leaves)
    return list(out.partials)


@pytest.mark.parametrize("name", ORACLES)
def test_value_and_partials_are_within_four_ulp_of_mpmath(name: str) -> None:
    oracle = ORACLES[name]
    function = getattr(autograd, name)
    rng = random.Random(f"{name} values")
    for _ in range(POINTS):
        args = oracle.sample(rng)
        exact = Exact(oracle, args)
        leaves = [Value(x) for x in flat(args)]
        out = function(*shaped(args, leaves))
        value, cond = exact.value()
        off = ulps_off(out.data, value)
        assert off <= ULPS * max(1.0, cond), (
            f"{name}{args} = {out.data!r}, exactly {value}: {off:.1f} ulp, cond {cond:.3g}"
        )
        assert math.isfinite(out.data) or abs(value) > 1.797e308
        assert function(*args) == out.data, "numbers alone give the same number"
        for k, found in enumerate(partials_of(out, leaves)):
            slope, cond = exact.partial(k)
            cond += oracle.allowance(k, *args)
            off = ulps_off(found, slope)
            assert off <= ULPS * max(1.0, cond), (
                f"∂{k} {name}{args} = {found!r}, exactly {mp.nstr(slope, 20)}: {off:.1f} ulp, cond {cond:.3g}"
            )


@pytest.mark.parametrize("x", [s * t for t in TAILS for s in (1, -1)])
@pytest.mark.parametrize("name", ["tanh", "sigmoid", "softplus", "silu", "elu"])
def test_tails_are_exact(name: str, x: float) -> None:
    """1 - tanh² is 100 % wrong at 20; no cond excuses an error here beyond that of rounding x itself."""
    oracle = ORACLES[name]
    args = (x, 1.0) if name == "elu" else (x,)
    exact = Exact(oracle, args)
    out = getattr(autograd, name)(Value(x))
    value, cond = exact.value()
    slope, steep = exact.partial(0)
    assert ulps_off(out.data, value) <= ULPS * max(1.0, cond)
    assert ulps_off(out.partials[0], slope) <= ULPS * max(1.0, steep)


@pytest.mark.parametrize("name", ["tanh", "sigmoid"])
def test_the_saturating_derivatives_stay_within_four_ulp_even_where_they_are_steep(name: str) -> None:
    rng = random.Random(name)
    for _ in range(POINTS):
        x = rng.uniform(-345, 345)
        slope, _ = Exact(ORACLES[name], (x,)).partial(0)
        assert ulps_off(getattr(Value(x), name)().partials[0], slope) <= ULPS
