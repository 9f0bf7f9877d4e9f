"""What the array backends add to NumPy: outer products, logsumexp, the check that all numbers are finite."""

from __future__ import annotations

import math
import random

import pytest

import autograd
from autograd import Value, ieee
from tests.requires import requires

np = requires("numpy")

from autograd.program.backends.array import FUNCTIONS, all_finite  # noqa: E402

INF, NAN = math.inf, math.nan


@pytest.mark.parametrize("width", [1, 255, 256, 785])
def test_an_outer_product_of_any_width_is_each_number_times_each(width: int) -> None:
    rng = np.random.default_rng(width)
    column, row = rng.random((7, 1)), rng.random((1, width))
    room = np.full((7, width + 1), NAN)  # rows that do not lie side by side, as weights with their biases
    size = np.getbufsize()
    FUNCTIONS["outer"](column, row, out=room[:, :width])
    assert (room[:, :width] == column @ row).all()
    assert np.isnan(room[:, width]).all()
    assert np.getbufsize() == size


@pytest.mark.parametrize("samples", [1, 40], ids=["a few numbers", "many"])
@pytest.mark.parametrize("lanes", [0, 3])
def test_logsumexp_of_rows_is_that_of_the_engine(samples: int, lanes: int) -> None:
    rng = random.Random(samples)
    edges = [
        [1.0, 1.0, 1.0], [1000.0, -1000.0, 999.0], [0.0, -40.0, -800.0], [INF, 1.0, INF], [-INF, -INF, -INF],
        [-INF, 2.0, -INF], [NAN, 1.0, 2.0], [INF, NAN, 0.0], [-0.0, -50.0, -60.0], [700.0, 700.0, -700.0],
    ]  # fmt: skip
    rows = [*edges, *([rng.uniform(-50, 50) for _ in range(3)] for _ in range(samples))]
    given = np.array(rows)
    if lanes:
        given = np.repeat(given[..., None], lanes, axis=2)
    expected = [ieee.logsumexp(row) for row in rows]
    with np.errstate(invalid="ignore"):  # as every run has it
        columns = FUNCTIONS["logsumexp"](given).reshape(len(rows), -1).T
    for found in columns:
        assert found.tolist() == pytest.approx(expected, rel=1e-14, abs=1e-30, nan_ok=True)


@pytest.mark.parametrize("number", [NAN, INF, -INF, 1e200])
@pytest.mark.parametrize("place", [0, 8191, 8192, 20_000])
def test_one_number_that_is_not_finite_is_found_wherever_it_stands(number: float, place: int) -> None:
    numbers = np.zeros(20_001)
    assert all_finite(numbers)
    numbers[place] = number
    assert not all_finite(numbers)


def test_of_no_numbers_all_are_finite() -> None:
    assert all_finite(np.zeros(0))
    assert all_finite(())


@pytest.mark.parametrize("backend", ["array", "native"])
def test_a_gradient_whose_square_overflows_is_right_and_nobody_is_warned(backend: str) -> None:
    if backend == "native":
        requires("numba")
    x = Value(1e-3)
    program = autograd.compile(x * 1e200, backend=backend)
    value, gradient = program.value_and_grad(program.values)
    assert (value, gradient.tolist()) == (1e197, [1e200])


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_bias_of_one_column_never_gets_a_minus_zero(dtype: str) -> None:
    weights = [[Value(1.0), Value(2.0)] for _ in range(3)]
    biases = [Value(0.1) for _ in range(3)]
    root = autograd.sum([y * -0.0 for y in autograd.matvec(weights, [3.0, 4.0], biases)])
    program = autograd.compile(root, backend="array", parameters=biases, dtype=dtype)
    _, gradient = program.value_and_grad(program.values)
    assert not np.signbit(gradient[:3]).any()  # as in eager: 0.0 + -0.0
