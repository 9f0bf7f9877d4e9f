"""A program as an ONNX model: onnxruntime's answers are ours, each function's to a dozen digits and at its edges."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

import autograd
from autograd import Value
from autograd.program.ir import LIBRARY
from tests.autograd.program.graphs import network, random_graph
from tests.autograd.program.products import LAYOUTS, dots
from tests.requires import requires

np = requires("numpy")
inf, nan = math.inf, math.nan


def run(program: Any, folder: Path, *columns: Sequence[float]) -> list[Any]:
    """The outputs of the exported program."""
    requires("onnx")
    program.to_onnx(folder / "model.onnx")
    session = requires("onnxruntime").InferenceSession(str(folder / "model.onnx"), providers=["CPUExecutionProvider"])
    inputs = {f"batch_{i}": np.array(column) for i, column in enumerate(columns)}
    values = np.array(program.values, dtype=float)
    names = [x.name for x in session.get_inputs()]
    return session.run(None, {k: v for k, v in {"values": values, **inputs}.items() if k in names})  # type: ignore[no-any-return]


def answers(name: str, folder: Path, *columns: Sequence[float]) -> list[float]:
    """A primitive's values by onnxruntime, one a sample."""
    leaves = [Value(0.3 + 0.4 * i) for i in range(len(columns))]
    root = getattr(autograd, name)(*leaves)
    program = autograd.compile(root, batch=leaves, backend="array")
    return run(program, folder, *columns)[0].tolist()  # type: ignore[no-any-return]


def ours(name: str, *columns: Sequence[float]) -> list[float]:
    """The same by the engine, eagerly."""
    return [getattr(autograd, name)(*map(Value, sample)).data for sample in zip(*columns, strict=True)]


def agree(found: Sequence[float], wanted: Sequence[float], inputs: Sequence[Any], relative: float) -> None:
    for x, y, at in zip(found, wanted, inputs, strict=True):
        if math.isfinite(y) and math.isfinite(x):
            assert abs(x - y) <= relative * max(abs(y), 1e-300), (at, x, y)
        else:
            assert x == y or (x != x and y != y), (at, x, y)


def test_onnxruntimes_answer_is_ours(tmp_path: Path) -> None:
    rng = random.Random(0)
    forward, parameters = network(rng, [3, 6, 5, 1], skip=True)
    inputs = [Value(rng.uniform(-1, 1)) for _ in range(4)]
    root = (forward(inputs[:3])[0] - inputs[3]) ** 2
    program = autograd.compile(root, batch=inputs, backend="array", parameters=parameters)
    for samples in (8, 3):
        columns = np.random.default_rng(samples).uniform(-1, 1, (4, samples))
        (found,) = run(program, tmp_path, *columns)
        np.testing.assert_allclose(found, program.forward(program.values, *columns)[0], rtol=1e-12)


@pytest.mark.parametrize("name", [op.name for op in LIBRARY])
def test_every_primitive_goes_to_onnx(name: str, tmp_path: Path) -> None:
    root, leaves = random_graph(3, 12, [name, name, "add", "mul"])
    program = autograd.compile(root, backend="array", batch=leaves[:1], outputs=[leaves[1]])
    column = np.array([leaves[0].data, 0.25, -0.6])
    found, leaf = run(program, tmp_path, column)
    expected = program.forward(program.values, column)
    np.testing.assert_allclose(found, expected[0], rtol=1e-12, atol=1e-13)
    np.testing.assert_array_equal(leaf, expected[1])


EDGES = (0.0, -0.0, 1.0, -1.0, inf, -inf, nan, 1e-300, -1e-300, 1e-12, 0.46875, 0.5, -0.5, 1 - 2**-53, 1 + 2**-52, 2.0,
         -4.0, 26.0, 709.5, -709.5, 710.2, 1e9, -1e9, 1e155, -1e155, 1e300, -1e300)  # fmt: skip
SPREAD = {
    "asin": 1, "acos": 1, "atanh": 1, "log1p": 3, "acosh": 9, "erf": 6, "erfc": 26, "gelu": 30, "exp": 700,
    "expm1": 700, "sinh": 710, "cosh": 710, "tan": 1.5, "sin": 3,
}  # fmt: skip
"""Where a function's numbers are looked for, from minus this to this; elsewhere over all magnitudes."""

ONE = [op.name for op in LIBRARY if op.operands == ("x",)]
TWO = [op.name for op in LIBRARY if op.operands in (("x", "y"), ("y", "x"))]


def spread(name: str, seed: int) -> list[float]:
    rng = random.Random(seed)
    if name in SPREAD:
        low = 1.0 if name == "acosh" else -min(SPREAD[name], 1 if name == "log1p" else inf)
        return [rng.uniform(low, SPREAD[name]) for _ in range(300)]
    return [rng.choice([-1, 1]) * 10 ** rng.uniform(-9, 9) for _ in range(300)]


@pytest.mark.parametrize("name", ONE)
def test_a_function_of_one_number_is_ours_to_a_dozen_digits_and_at_every_edge(name: str, tmp_path: Path) -> None:
    for numbers, relative in ((EDGES, 1e-12), (spread(name, 0), 1e-12)):
        agree(answers(name, tmp_path, numbers), ours(name, numbers), numbers, relative)


@pytest.mark.parametrize("name", TWO)
def test_a_function_of_two_numbers_is_ours_to_a_dozen_digits_and_at_every_edge(name: str, tmp_path: Path) -> None:
    pairs = [(x, y) for x in EDGES for y in EDGES]
    pairs += zip(spread(name, 0), spread(name, 1), strict=True)
    columns = list(zip(*pairs, strict=True))
    agree(answers(name, tmp_path, *columns), ours(name, *columns), pairs, 1e-12)


EXACT: dict[str, Callable[[Any, Any], Any]] = {
    "asin": lambda mp, x: mp.asin(x), "acos": lambda mp, x: mp.acos(x), "atan": lambda mp, x: mp.atan(x),
    "erf": lambda mp, x: mp.erf(x), "erfc": lambda mp, x: mp.erfc(x),
    "gelu": lambda mp, x: x / 2 * mp.erfc(-x / mp.sqrt(2)),
}  # fmt: skip


@pytest.mark.parametrize("name", EXACT)
def test_what_onnxruntime_has_in_single_precision_alone_is_exact_to_a_dozen_digits(name: str, tmp_path: Path) -> None:
    mpmath = requires("mpmath")
    rng = random.Random(1)
    near_one = [s * (1 - 2.0**-k) for k in range(1, 53) for s in (-1, 1)]
    small = [s * 10.0**-k for k in range(0, 300, 7) for s in (-1, 1)]
    numbers = [*small, *(near_one if name in ("asin", "acos") else []), *spread(name, 2),
               *(rng.uniform(0.4, 4.5) for _ in range(200 if name not in ("asin", "acos") else 0))]  # fmt: skip
    with mpmath.workdps(40):
        wanted = [float(EXACT[name](mpmath, mpmath.mpf(x))) for x in numbers]
    agree(answers(name, tmp_path, numbers), wanted, numbers, 1e-12)


@pytest.mark.parametrize(
    "numbers",
    [[1000.0, 1000.0], [0.0, -50.0], [inf, 1.0], [-inf, -inf], [nan, 1.0], [inf, -inf], [3.0, 3.0], [-2.0, 1e300]],
)
@pytest.mark.parametrize("name", ["logsumexp", "max", "min", "sum", "mean", "prod"])
def test_a_function_of_a_list_is_ours_at_every_edge(name: str, numbers: list[float], tmp_path: Path) -> None:
    for count in (0, 1):  # the list uniform, or with a batch in it
        leaves = [Value(x) for x in (0.25, 0.5)]
        program = autograd.compile(getattr(autograd, name)(leaves), batch=leaves[:count], backend="array")
        for leaf, number in zip(leaves, numbers, strict=True):
            leaf.data = number
        columns = [[number] * 3 for number in numbers[:count]]
        wanted = getattr(autograd, name)([Value(x) for x in numbers]).data
        (found,) = run(program, tmp_path, *columns)
        agree(np.atleast_1d(found).tolist(), [wanted] * max(1, 3 * count), [numbers] * max(1, 3 * count), 1e-12)


def test_a_formula_of_ones_own_with_the_product_of_the_others_goes_to_onnx(tmp_path: Path) -> None:
    own = autograd.primitive("test_sum_of_others", "sum(others(xs))", "[sum(xs) for x in xs]", operands=["xs"])
    for numbers in ([2.0], [2.0, 3.0], [2.0, 3.0, 5.0]):
        leaves = list(map(Value, numbers))
        root = own(leaves) + own(leaves[:1])
        (found,) = run(autograd.compile(root, backend="array"), tmp_path)
        assert float(found) == root.data


@pytest.mark.parametrize(
    "kinds", [("leaf", "batch", "varying"), ("batch", "leaf", "batch"), ("leaf", "varying", "leaf")]
)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_dots_over_a_batch_are_exported_whatever_their_biases_are(
    kinds: tuple[str, str, str], layout: tuple[int, int, int, str], tmp_path: Path
) -> None:
    root, batch = dots(kinds, layout)
    program = autograd.compile(root, batch=batch, backend="array")
    columns = [[0.1 * i - 0.2 * k for k in range(3)] for i in range(len(batch))]
    (found,) = run(program, tmp_path, *columns)
    assert found.tolist() == pytest.approx(program.forward(program.values, *columns)[0].tolist(), rel=1e-12)
