"""A program elsewhere: as a JAX function."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest

import autograd
from autograd import Program, Value
from tests.autograd.program.graphs import network, random_graph
from tests.autograd.program.products import LAYOUTS, dots
from tests.requires import requires

np = requires("numpy")


@pytest.fixture(scope="module")
def jax() -> Iterator[Any]:
    module = requires("jax")
    with module.enable_x64(True) if hasattr(module, "enable_x64") else module.experimental.enable_x64():
        yield module


def batched() -> tuple[Program, Any]:
    rng = random.Random(0)
    forward, parameters = network(rng, [3, 6, 5, 1], skip=True)
    inputs = [Value(rng.uniform(-1, 1)) for _ in range(4)]
    root = (forward(inputs[:3])[0] - inputs[3]) ** 2
    columns = np.random.default_rng(0).uniform(-1, 1, (4, 8))
    return autograd.compile(root, batch=inputs, backend="array", parameters=parameters), columns


def test_a_jax_function_has_the_programs_values_and_gradients(jax: Any) -> None:
    program, columns = batched()
    function = program.to_jax()
    value, gradient = program.value_and_grad(program.values, *columns)
    np.testing.assert_allclose(function(program.values, *columns), value, rtol=1e-13)
    found = jax.grad(lambda values: function(values, *columns).sum())(program.values)
    np.testing.assert_allclose(found, gradient, rtol=1e-12, atol=1e-14)


def test_it_composes_with_jit_and_vmap(jax: Any) -> None:
    program, columns = batched()
    function = program.to_jax()

    def loss(values: Any) -> Any:
        return function(values, *columns).sum()

    several = np.stack([program.values, 2 * program.values])
    found = jax.jit(jax.vmap(jax.grad(loss)))(several)
    for row, values in zip(found, several, strict=True):
        np.testing.assert_allclose(row, program.value_and_grad(values, *columns)[1], rtol=1e-11, atol=1e-13)


def test_it_can_be_differentiated_twice(jax: Any) -> None:
    x = Value(0.7)
    function = autograd.compile(x * x * x, backend="array").to_jax()
    second = jax.grad(lambda v: jax.grad(function)(v)[0])(np.array([0.7]))
    assert float(second[0]) == pytest.approx(6 * 0.7)


def test_its_derivative_at_a_kink_is_the_tables(jax: Any) -> None:
    function = autograd.compile(Value(0.0).relu(), backend="array").to_jax()
    assert float(jax.grad(function)(np.array([0.0]))[0]) == 0.0


def test_gradients_of_batch_leaves_come_one_a_sample(jax: Any) -> None:
    w, x = Value(3.0), Value(2.0)
    function = autograd.compile(w * x * x, batch=[x], backend="array").to_jax()
    found = jax.grad(lambda column: function(np.array([3.0]), column).sum())(np.array([1.0, 2.0]))
    assert found.tolist() == [6.0, 12.0]


@pytest.mark.parametrize("seed", range(2))
def test_a_random_graph_of_every_primitive_goes_to_jax(jax: Any, seed: int) -> None:
    root, _ = random_graph(seed, 12)
    program = autograd.compile(root, backend="array")
    value, gradient = program.value_and_grad(program.values)
    found, slope = jax.value_and_grad(program.to_jax())(program.values)
    assert float(found) == pytest.approx(value, rel=1e-11)
    np.testing.assert_allclose(slope, gradient, rtol=1e-10, atol=1e-11)


@pytest.mark.parametrize("kinds", [("leaf", "batch", "varying"), ("batch", "leaf", "batch")])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_dots_with_biases_that_vary_lead_out_as_well(
    jax: Any, kinds: tuple[str, str, str], layout: tuple[int, int, int, str]
) -> None:
    root, batch = dots(kinds, layout)
    program = autograd.compile(root, batch=batch, backend="array")
    columns = np.linspace(-1.0, 1.0, 3 * len(batch)).reshape(len(batch), 3)
    value, gradient = program.value_and_grad(program.values, *columns)
    function = program.to_jax()
    np.testing.assert_allclose(function(program.values, *columns), value, rtol=1e-12)
    found = jax.grad(lambda values: function(values, *columns).sum())(program.values)
    np.testing.assert_allclose(found, gradient, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize(("name", "second"), [("log", -4.0), ("log1p", -1 / 1.5**2), ("atanh", 1 / 0.75**2)])
def test_reverse_over_reverse_is_right_where_a_partial_has_branches(jax: Any, name: str, second: float) -> None:
    function = autograd.compile(getattr(autograd, name)(Value(0.5)), backend="array").to_jax()
    twice = jax.grad(jax.grad(lambda x: function(jax.numpy.reshape(x, (1,))).reshape(())))
    assert float(twice(0.5)) == pytest.approx(second, rel=1e-12)
