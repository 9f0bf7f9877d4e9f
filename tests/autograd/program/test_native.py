"""The native kernel's matrix products: blocks for every kind of register, layers of every width."""

from __future__ import annotations

from typing import Any

import pytest

import autograd
from autograd import Program, Value
from autograd.program.backends import machine
from autograd.program.backends.registers import Processor
from tests.autograd.program.agreement import agrees, plain_native
from tests.requires import requires

np = requires("numpy")

# blocks of matrix products --------------------------------------------------------------------------------------------


def block(name: str, processor: Processor | None) -> Any:
    """`tile` or `dots` as a function of (numbers, gradients, a row), compiled for such registers; None: in Python."""
    do: Any

    def tile(M: Any, G: Any, p: Any, places: Any) -> None:
        do(G, p[0], p[1], M, p[2], p[3], p[4], M, p[5], p[6], p[7], p[8], p[9], p[10])

    def dots(M: Any, G: Any, p: Any, places: Any) -> None:
        do(G, p[0], p[1], M, p[2], p[3], M, p[5], p[6], p[7], p[8], p[9], p[10])

    function = {"tile": tile, "dots": dots}[name]
    if processor is None:
        do = getattr(machine, name)
        return lambda M, G, p: function(M, G, p, p)
    instructions = machine.instructions(processor)
    do = getattr(instructions, name)
    compiled = requires("numba").cfunc(instructions.entry)(function)
    kinds = compiled.ctypes.argtypes

    def call(M: Any, G: Any, p: Any) -> None:
        arrays = (M, G, p, p)
        compiled.ctypes(*(array.ctypes.data_as(kind) for array, kind in zip(arrays, kinds, strict=True)))

    return call


PROCESSORS = [None, Processor(2, 8), Processor(2, 16), Processor(4, 8), Processor(8, 16)]


@pytest.mark.parametrize("processor", PROCESSORS, ids=str)
def test_a_tile_is_a_product_of_matrices_whatever_the_registers(processor: Processor | None) -> None:
    rows, lanes = (processor.rows, 2 * processor.width) if processor else (machine.ROWS, machine.LANES)
    compute = block("tile", processor)
    rng = np.random.default_rng(0)
    for r, e, n, store in [
        (rows, lanes, 7, 1),
        (1, 1, 3, 0),
        (rows - 1, lanes - 1, 1, 0),
        (rows, 1, 0, 1),
        (1, lanes, 5, 0),
        (rows + 2, lanes + 5, 4, 1),
    ]:
        A, X, Y = rng.normal(size=(n, rows)), rng.normal(size=(n, lanes + 2)), rng.normal(size=(rows + 1, lanes + 3))
        M, G = np.concatenate([A.ravel(), X.ravel()]), Y.ravel().copy()
        compute(M, G, np.array([1, lanes + 3, 0, 1, rows, A.size, lanes + 2, n, r, e, store]))
        r, e = min(r, rows), min(e, lanes)
        Y[:r, 1 : 1 + e] = A.T[:r] @ X[:, :e] + (0.0 if store else Y[:r, 1 : 1 + e])
        np.testing.assert_allclose(G, Y.ravel(), rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("processor", PROCESSORS, ids=str)
def test_a_block_of_dots_is_a_product_with_the_transposed_whatever_the_registers(processor: Processor | None) -> None:
    rows, lanes = (processor.dots, processor.width) if processor else (machine.DOTS, machine.LANES // 2)
    compute = block("dots", processor)
    rng = np.random.default_rng(0)
    for r, e, n, store in [
        (rows, lanes, 16, 1),
        (1, 1, 3, 0),
        (rows, lanes, 0, 1),
        (rows, 1, 19, 0),
        (rows + 1, lanes + 3, 9, 1),
    ]:
        A, X, Y = (
            rng.normal(size=(rows, n + 1)),
            rng.normal(size=(lanes, n + 2)),
            rng.normal(size=(rows + 1, lanes + 3)),
        )
        M, G = np.concatenate([A.ravel(), X.ravel()]), Y.ravel().copy()
        compute(M, G, np.array([1, lanes + 3, 0, n + 1, 0, A.size, n + 2, n, r, e, store]))
        r, e = min(r, rows), min(e, lanes)
        Y[:r, 1 : 1 + e] = A[:r, :n] @ X[:e, :n].T + (0.0 if store else Y[:r, 1 : 1 + e])
        np.testing.assert_allclose(G, Y.ravel(), rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize(
    ("features", "found"),
    [("+sse2,+avx,+avx2,+avx512f", (8, 16)), ("+avx,-avx512f", (4, 8)), ("+avx2x", (2, 8)), ("", (2, 8))],
)
def test_a_processors_registers_are_known_by_its_features(features: str, found: tuple[int, int]) -> None:
    assert Processor.of("x86_64-unknown-linux-gnu", features) == found


def test_an_arm_processor_has_many_short_registers() -> None:
    assert Processor.of("arm64-apple-darwin23", "+neon,+fullfp16") == (2, 16)


NATIVE = [lambda root, **options: autograd.compile(root, backend="native", **options), plain_native]


@pytest.mark.parametrize("compiled", NATIVE, ids=["native", "plain native"])
@pytest.mark.parametrize(("width", "samples"), [(1, 1), (1, 5), (3, 2), (9, 17), (17, 8), (20, 33)])
def test_layers_of_every_width_over_a_batch_of_every_size_are_as_numpys(
    compiled: Any, width: int, samples: int
) -> None:
    requires("numba")
    rng = np.random.default_rng(width)
    xs = [Value(x) for x in rng.normal(size=3)]
    hidden, parameters = xs, []
    for wide in (width, width, 1):
        rows = [[Value(w) for w in rng.normal(size=len(hidden))] for _ in range(wide)]
        biases = [Value(b) for b in rng.normal(size=wide)]
        parameters += [p for row in rows for p in row] + biases
        hidden = [autograd.dot(row, hidden, b).tanh() for row, b in zip(rows, biases, strict=True)]
    columns = rng.normal(size=(3, samples))
    ours = compiled(hidden[0], batch=xs, parameters=parameters)
    theirs = autograd.compile(hidden[0], batch=xs, parameters=parameters, backend="array")
    for found, wanted in zip(*(p.value_and_grad(p.values, columns) for p in (ours, theirs)), strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("compiled", NATIVE, ids=["native", "plain native"])
def test_a_product_whose_every_result_has_a_bias_of_its_own(compiled: Any) -> None:
    requires("numba")
    ws = [[Value(0.1 * i + j) for j in range(3)] for i in range(2)]
    xs = [[Value(0.3 * i - 0.2 * j) for j in range(3)] for i in range(4)]
    shared = Value(0.25)
    biases = [[shared if i == j else Value(0.1 * i * j) for j in range(4)] for i in range(2)]
    root = autograd.sum([autograd.dot(w, x, biases[i][j]).tanh() for i, w in enumerate(ws) for j, x in enumerate(xs)])
    program: Program = compiled(root)
    assert program.rerolled.stats["matrix products"] == 1
    agrees(program, root)


@pytest.mark.parametrize("compiled", NATIVE, ids=["native", "plain native"])
def test_a_batch_of_no_samples_has_no_values_and_no_gradient(compiled: Any) -> None:
    requires("numba")
    ws, xs = [Value(0.5), Value(2.0)], [Value(1.0), Value(3.0)]
    hidden = [autograd.dot(ws, xs), autograd.dot(ws[::-1], xs)]
    program: Program = compiled(autograd.dot(ws, [h.tanh() for h in hidden]), batch=xs)
    value, gradient = program.value_and_grad(program.values, [], [])
    assert len(value) == 0
    assert gradient.tolist() == [0.0, 0.0]
