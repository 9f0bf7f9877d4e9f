"""Arrays on another device: everything that a run makes is made there, and where there is a GPU, it computes the same.

PyTorch's device `meta` has shapes and no numbers, and refuses arrays of another device, so where things are made can be
told without a GPU. What each library computes is held against eager in `test_backends.py`.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from typing import Any

import pytest

import autograd
import nn
from autograd import Program, Value
from tests.autograd.program.agreement import agrees
from tests.autograd.program.graphs import PRIMITIVES, apply, random_graph
from tests.requires import requires

np = requires("numpy")
requires("array_api_compat")


def cross_entropy(model: Callable[..., Any], inputs: int, classes: int) -> tuple[Value, list[Value]]:
    """A sample's loss, and its inputs: entries, then 1 for the right class and 0 for the others."""
    entries = [Value(0.5, requires_grad=False) for _ in range(inputs)]
    chosen = [Value(float(i == 0), requires_grad=False) for i in range(classes)]
    logits = model(entries)
    return autograd.logsumexp(logits) - autograd.dot(chosen, logits), [*entries, *chosen]


# where things are made ------------------------------------------------------------------------------------------------


def made_elsewhere(root: Value, columns: int = 0, **options: Any) -> None:
    """Run forward and backward on `meta`, which fails at the first array that lies somewhere else."""
    requires("torch")
    program = autograd.compile(root, backend="array", array="torch:meta", **options)
    backend = program._backend
    assert backend.executor.xp.zeros(1).device.type == "cpu"  # what is made without a device is refused there
    batch = [[0.5] * 3 for _ in range(columns)]
    run = backend.executor.forward(*backend._inputs([leaf.data for leaf in program.leaves], batch))
    outputs = run.outputs()
    gradient, _ = run.backward(backend.executor.xp.ones_like(outputs[0]))
    assert {array.device.type for array in [*outputs, gradient]} == {"meta"}


@pytest.mark.parametrize("name", PRIMITIVES)
def test_every_primitive_makes_its_arrays_on_the_device(name: str) -> None:
    leaves = [Value(x) for x in (0.7, -1.3, 0.4, 1.1, -0.2, 0.9)]
    made_elsewhere(apply(name, leaves) * leaves[1])


@pytest.mark.parametrize("seed", range(3))
def test_random_graphs_are_computed_on_the_device_alone(seed: int) -> None:
    root, leaves = random_graph(seed, 40)
    made_elsewhere(root)
    made_elsewhere(root, 2, batch=leaves[:2], outputs=[leaves[3], leaves[4] * 2.0])


def test_a_network_over_a_batch_is_computed_on_the_device_alone() -> None:
    loss, columns = cross_entropy(nn.MLP(4, [8, 3], rng=random.Random(0)), 4, 3)
    made_elsewhere(loss, len(columns), batch=columns)


# where there is a GPU -------------------------------------------------------------------------------------------------


def _torch() -> bool:
    import torch

    return torch.cuda.is_available()


def _jax() -> bool:
    import jax

    return any(device.platform in ("gpu", "cuda", "rocm") for device in jax.devices())


def _cupy() -> bool:
    import cupy

    return cupy.cuda.is_available()  # type: ignore[no-any-return]


GPU: dict[str, Callable[[], bool]] = {"torch:cuda": _torch, "jax:gpu": _jax, "cupy": _cupy}


@pytest.fixture(params=GPU)
def on_gpu(request: pytest.FixtureRequest) -> Iterator[Callable[..., Program]]:
    """`compiled(root, ...)` for the GPU and the library that the test is run for."""
    array = request.param
    try:
        there = GPU[array]()
    except ImportError:
        pytest.skip(f"{array.partition(':')[0]} is not installed")
    if not there:
        pytest.skip(f"{array.partition(':')[0]} finds no GPU")
    with double_precision() if array.startswith("jax") else nullcontext():
        yield lambda root, **options: autograd.compile(root, backend="array", array=array, **options)


def double_precision() -> Any:
    import jax

    return jax.enable_x64(True) if hasattr(jax, "enable_x64") else jax.experimental.enable_x64()


@pytest.mark.parametrize("seed", range(4))
def test_random_graphs_of_every_primitive_agree_on_a_gpu(on_gpu: Callable[..., Program], seed: int) -> None:
    root, _ = random_graph(seed, 40)
    agrees(on_gpu(root), root, 1e-11)


def test_what_is_not_finite_on_a_gpu_is_as_in_eager(on_gpu: Callable[..., Program]) -> None:
    x, y = Value(0.0), Value(2.0)
    root = autograd.log(x) * y
    agrees(on_gpu(root), root)
    assert math.isinf(root.data)


def test_a_network_over_a_batch_agrees_on_a_gpu(on_gpu: Callable[..., Program]) -> None:
    model = nn.MLP(4, [8, 3], rng=random.Random(0))
    loss, columns = cross_entropy(model, 4, 3)
    rng = np.random.default_rng(0)
    batch = np.concatenate([rng.random((4, 16)), np.eye(3)[:, rng.integers(0, 3, 16)]])
    options: dict[str, Any] = {"batch": columns, "parameters": model.parameters()}
    value, gradient = on_gpu(loss, **options).value_and_grad([p.data for p in model.parameters()], *batch)
    expected = autograd.compile(loss, backend="python", **options)
    wanted_value, wanted = expected.value_and_grad(expected.values, *batch.tolist())
    assert [float(v) for v in value] == pytest.approx(wanted_value, rel=1e-12)
    assert [float(g) for g in gradient] == pytest.approx(wanted, rel=1e-11, abs=1e-13)
