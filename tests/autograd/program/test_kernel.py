"""Functions of numbers that the native kernel has for itself, held against mpmath's."""

from __future__ import annotations

import math
import random
from typing import Any

from autograd.program.backends.kernel import tanh_
from tests.requires import requires


def test_tanh_is_right_to_an_ulp_and_a_half() -> None:
    mpmath: Any = requires("mpmath")
    rng = random.Random(0)
    points = [rng.uniform(-0.7, 0.7) for _ in range(4000)] + [rng.uniform(-20.0, 20.0) for _ in range(2000)]
    points += [rng.uniform(-1.0, 1.0) * 10.0 ** rng.uniform(-320, 0) for _ in range(2000)]
    with mpmath.workprec(120):
        for x in points:
            exact = mpmath.tanh(mpmath.mpf(x))
            assert abs(mpmath.mpf(tanh_(x)) - exact) <= 1.5 * math.ulp(float(exact)), x


def test_tanh_at_the_edges() -> None:
    assert [tanh_(x) for x in (math.inf, -math.inf, 1e308, -1e308, 5e-324)] == [1.0, -1.0, 1.0, -1.0, 5e-324]
    assert math.isnan(tanh_(math.nan))
    assert [math.copysign(1.0, tanh_(x)) for x in (0.0, -0.0)] == [1.0, -1.0]
