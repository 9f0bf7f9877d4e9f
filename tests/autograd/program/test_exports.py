"""A program elsewhere: as a JAX function, and as an ONNX model."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import autograd
from autograd import Program, Value
from tests.autograd.program.graphs import network, random_graph
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


def run(path: Path, **inputs: Any) -> list[Any]:
    session = requires("onnxruntime").InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return session.run(None, inputs)  # type: ignore[no-any-return]


def test_onnxruntimes_answer_is_ours(tmp_path: Path) -> None:
    requires("onnx")
    program, columns = batched()
    program.to_onnx(tmp_path / "network.onnx")
    inputs = {f"batch_{i}": column for i, column in enumerate(columns)}
    (found,) = run(tmp_path / "network.onnx", values=program.values, **inputs)
    np.testing.assert_allclose(found, program.forward(program.values, *columns)[0], rtol=1e-12)
    short = {name: column[:3] for name, column in inputs.items()}
    assert run(tmp_path / "network.onnx", values=program.values, **short)[0].shape == (3,)


SINGLE = {"asin", "acos", "atan", "atan2", "erf", "erfc", "gelu"}
"""What onnxruntime computes in single precision."""


@pytest.mark.parametrize("name", sorted(name for name, op in autograd.TABLE.items() if op.python is None))
def test_every_primitive_goes_to_onnx(name: str, tmp_path: Path) -> None:
    requires("onnx")
    root, leaves = random_graph(3, 12, [name, name, "add", "mul"])
    program = autograd.compile(root, backend="array", batch=leaves[:1], outputs=[leaves[1]])
    program.to_onnx(tmp_path / "primitive.onnx")
    column = np.array([leaves[0].data, 0.25, -0.6])
    inputs = {"batch_0": column} if program.batch else {}
    found, leaf = run(tmp_path / "primitive.onnx", values=program.values, **inputs)
    expected = program.forward(program.values, column)
    np.testing.assert_allclose(
        found, expected[0], rtol=1e-5 if name in SINGLE else 1e-11, atol=1e-6 if name in SINGLE else 1e-12
    )
    np.testing.assert_array_equal(leaf, expected[1])
