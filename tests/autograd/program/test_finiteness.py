"""When a run's result counts as finite: a network's weights are not read again where its results tell."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

import pytest

import autograd
from autograd import Value
from tests.requires import requires

np = requires("numpy")
requires("numba")

BACKENDS = ("array", "native")


def network(inputs: Sequence[float | Value], weights: Sequence[Value], scale: float = 1.0) -> Value:
    """8 inputs, 8 ReLUs, two outputs that are added up; a weight more for each neuron, its bias."""
    rows = [weights[9 * i : 9 * i + 9] for i in range(10)]
    hidden = [autograd.dot(row[:8], inputs, row[8]).relu() for row in rows[:8]]
    outputs = [autograd.dot(row[:8], hidden, row[8]) for row in rows[8:]]
    return (outputs[0] + outputs[1]) * scale


def some_weights(seed: int = 0) -> list[Value]:
    rng = random.Random(seed)
    return [Value(rng.uniform(0.1, 1.0)) for _ in range(90)]


def checked(loss: Value, weights: Sequence[Value], backend: str) -> tuple[bool, bool]:
    """What the backend says of its own gradient, and whether it is so."""
    made = autograd.compile(loss, backend=backend, parameters=weights)._backend
    value, gradient = made.value_and_grad(np.array([w.data for w in weights]), ())
    return made.finite(value, gradient), math.isfinite(value) and bool(np.isfinite(gradient).all())


@pytest.mark.parametrize("backend", BACKENDS)
def test_no_weight_of_a_network_on_constants_is_doubtful(backend: str) -> None:
    weights = some_weights()
    program = autograd.compile(network([0.5] * 8, weights), backend=backend, parameters=weights)
    assert program._backend.program.doubtful == []
    assert checked(network([0.5] * 8, weights), weights, backend) == (True, True)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("scale", [1e-300, 1.0, 1e140, 1e160, 1e300])
@pytest.mark.parametrize("entry", [0.0, 1e-200, 1e140, 1e160, 1e300, math.inf, -math.inf, math.nan])
def test_a_gradient_is_finite_where_the_backend_says_so(backend: str, scale: float, entry: float) -> None:
    weights = some_weights()
    said, finite = checked(network([0.5] * 7 + [entry], weights, scale), weights, backend)
    assert finite or not said
    if max(abs(entry), 1.0) * scale < 1e140:
        assert said


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("place", [0, 8, 40, 72, 89])
def test_a_weight_that_is_used_elsewhere_as_well_is_looked_at(backend: str, place: int) -> None:
    weights = some_weights()
    weights[place].data = 0.0
    loss = network([0.5] * 8, weights) + weights[place].sqrt()  # whose value is 0, and whose derivative is inf
    assert checked(loss, weights, backend) == (False, False)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_gradient_that_overflows_only_as_a_product_is_seen(backend: str) -> None:
    weights = [Value(0.0) for _ in range(18)]
    outputs = [autograd.dot(weights[i : i + 8], [0.5] * 7 + [1e140], weights[i + 8]) for i in (0, 9)]
    assert checked((outputs[0] + outputs[1]) * 1e200, weights, backend) == (False, False)


@pytest.mark.parametrize("backend", BACKENDS)
def test_inputs_that_are_leaves_may_be_large_where_no_result_is(backend: str) -> None:
    weights = [Value(1e-250) for _ in range(18)]
    inputs = [Value(0.5, requires_grad=False) for _ in range(7)] + [Value(1e200, requires_grad=False)]
    outputs = [autograd.dot(weights[i : i + 8], inputs, weights[i + 8]) for i in (0, 9)]
    made = autograd.compile((outputs[0] + outputs[1]) * 1e140, backend=backend, parameters=weights)._backend
    value, gradient = made.value_and_grad(np.array([leaf.data for leaf in [*weights, *inputs]]), ())
    assert math.isfinite(value)
    assert not np.isfinite(gradient).all()
    assert not made.finite(value, gradient)


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_third_operand_of_a_primitive_is_no_bias(backend: str) -> None:
    root_of_third = autograd.primitive(
        f"test_root_of_third_{backend}", "x + y + sqrt(z)", ("1", "1", "0.5 / sqrt(z)"), operands=("x", "y", "z")
    )
    weights = some_weights()
    weights[8].data = 0.0
    loss = root_of_third(network([0.5] * 8, weights), 1.0, weights[8])
    assert checked(loss, weights, backend) == (False, False)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_large_constant_that_is_no_factor_makes_nothing_infinite(backend: str) -> None:
    weights = some_weights()
    assert checked(autograd.minimum(network([0.5] * 8, weights), 1e300), weights, backend) == (True, True)
