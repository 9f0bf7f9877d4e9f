"""Every backend against eager: every primitive, every edge of the table, at the compiled numbers and at fresh ones."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import autograd
from autograd import Program, Value
from autograd.program.trace import trace
from tests.autograd.program.agreement import agrees, plain_native, same
from tests.autograd.program.graphs import PRIMITIVES, apply, random_graph
from tests.autograd.program.products import LAYOUTS, dots, mixtures
from tests.requires import requires

BACKENDS = ["python", "array", "native", "plain native", "numpy by the standard", "torch", "jax"]
CORE = BACKENDS[:4]

Compile = Callable[..., Program]


@pytest.fixture(scope="module")
def double_precision() -> Iterator[None]:
    jax = requires("jax")
    with jax.enable_x64(True) if hasattr(jax, "enable_x64") else jax.experimental.enable_x64():
        yield


@pytest.fixture
def compiled(request: pytest.FixtureRequest) -> Compile:
    """`compiled(root, ...)` on the backend that the test is run for."""
    name = request.param
    if name == "python":
        return lambda root, **options: autograd.compile(root, backend="python", **options)
    requires("numpy")
    if name == "array":
        return lambda root, **options: autograd.compile(root, backend="array", **options)
    if name == "native":
        requires("numba")
        return lambda root, **options: autograd.compile(root, backend="native", **options)
    if name == "plain native":
        return plain_native
    requires("array_api_compat")
    library = name.split()[0]
    requires(library)
    if library == "jax":
        request.getfixturevalue("double_precision")
    return lambda root, **options: autograd.compile(root, backend="array", array=library, **options)


def own_primitives() -> tuple[Any, Any]:
    """Two primitives that no library has, made once: of a number, and of a list."""
    if "bent" not in autograd.TABLE:
        own["bent"] = autograd.primitive("bent", "x / (1 + abs(x)) + step(x)", "1 / (1 + abs(x))**2")
        own["length"] = autograd.primitive(
            "length", "sqrt(sum([x * x for x in xs]))", "[x / out for x in xs]", operands=["xs"]
        )
    return own["bent"], own["length"]


own: dict[str, Any] = {}


def at_fresh_numbers(root: Value, numbers: dict[Value, float]) -> Value:
    """The same graph built again with other numbers in its leaves."""
    for leaf, number in numbers.items():
        leaf.data = number
    again: dict[Any, Any] = {}
    for node in autograd.topological_order(root):
        if not node.parents:
            again[node] = node
            continue
        groups = [[again.get(x, x) for x in group] for group in node.groups]
        names = node.op.operands
        arguments = [tuple(g) if name in ("xs", "ws") else g[0] for name, g in zip(names, groups, strict=True)]
        again[node] = getattr(autograd, node.op.name)(*arguments)
    return again[root]  # type: ignore[no-any-return]


@pytest.mark.parametrize("compiled", CORE, indirect=True)
@pytest.mark.parametrize("name", PRIMITIVES)
def test_a_primitive_agrees_with_eager(compiled: Compile, name: str) -> None:
    leaves = [Value(x) for x in (0.7, -1.3, 0.4, 1.1, -0.2, 0.9)]
    root = apply(name, leaves) * leaves[1]
    agrees(compiled(root), root)


@pytest.mark.parametrize(
    ("compiled", "seed"), [(b, s) for b in BACKENDS for s in range(1 if b == "jax" else 4)], indirect=["compiled"]
)
def test_random_graphs_of_every_primitive_agree_with_eager(compiled: Compile, seed: int) -> None:
    root, _ = random_graph(seed, 40)
    agrees(compiled(root), root, 1e-11)


@pytest.mark.parametrize("compiled", CORE, indirect=True)
@pytest.mark.parametrize("seed", range(5))
def test_a_program_follows_its_leaves_to_fresh_numbers(compiled: Compile, seed: int) -> None:
    root, leaves = random_graph(seed, 50)
    program = compiled(root)
    rng = random.Random(seed)
    fresh = at_fresh_numbers(root, {leaf: rng.uniform(-1, 1) for leaf in leaves})
    agrees(program, fresh, 1e-11)


EDGES: dict[str, tuple[Callable[..., Any], list[float]]] = {
    "relu at 0": (lambda x: x.relu(), [0.0]),
    "abs at 0": (lambda x: abs(x), [0.0]),
    "sign at 0": (lambda x: x.sign() + x, [0.0]),
    "hypot at the origin": (lambda x, y: autograd.hypot(x, y), [0.0, 0.0]),
    "leaky_relu at 0": (lambda x: x.leaky_relu(0.1), [0.0]),
    "clamp at its bound": (lambda x: x.clamp(0.0, 1.0), [1.0]),
    "maximum of equals": (lambda x, y: autograd.maximum(x, y), [2.0, 2.0]),
    "max of equals": (lambda x, y, z: autograd.max([x, y, z]), [2.0, 2.0, 1.0]),
    "NaN into relu": (lambda x, y: x.relu() * y, [math.nan, 2.0]),
    "NaN into maximum": (lambda x, y: autograd.maximum(x, y), [math.nan, 2.0]),
    "NaN chosen away": (lambda x, y: autograd.where(autograd.greater(y, 0), y, x.log()), [-1.0, 2.0]),
    "NaN as a condition": (lambda x, y: autograd.where(x.log(), y, x), [-1.0, 2.0]),
    "NaN to the power 0": (lambda x, y: (x * y) ** 0 + y, [math.nan, 2.0]),
    "NaN in hypot with inf": (lambda x, y: 1 / autograd.hypot(x, y), [math.nan, math.inf]),
    "0 to the 0": (lambda x, y: x**y, [0.0, 0.0]),
    "0 to the constant 0": (lambda x: x**0, [0.0]),
    "negative base, fractional exponent": (lambda x, y: x**y, [-2.0, 0.5]),
    "negative base, whole exponent": (lambda x, y: x**y, [-2.0, 3.0]),
    "0 to a positive power": (lambda x, y: x**y, [0.0, 2.5]),
    "0 to the -1": (lambda x: x**-1, [0.0]),
    "log 0": (lambda x: x.log(), [0.0]),
    "log -1": (lambda x: x.log(), [-1.0]),
    "sqrt 0": (lambda x: x.sqrt(), [0.0]),
    "sqrt -1": (lambda x: x.sqrt(), [-1.0]),
    "1/0": (lambda x, y: x / y, [1.0, 0.0]),
    "1/-0": (lambda x, y: x / y, [1.0, -0.0]),
    "0/0": (lambda x, y: x / y, [0.0, 0.0]),
    "floor divide by 0, hidden": (lambda x, y: 1 / (x // y), [1.0, 0.0]),
    "mod by 0": (lambda x, y: x % y, [1.0, 0.0]),
    "exp 1000": (lambda x: x.exp(), [1000.0]),
    "exp 1000, hidden": (lambda x: 1 / x.exp(), [1000.0]),
    "exp -1000": (lambda x: x.exp(), [-1000.0]),
    "tanh 1000": (lambda x: x.tanh(), [1000.0]),
    "tanh 20": (lambda x: x.tanh(), [20.0]),
    "tanh -0.0": (lambda x, y: autograd.atan2(x.tanh(), y), [-0.0, -1.0]),
    "tanh inf": (lambda x: x.tanh(), [-math.inf]),
    "tanh nan": (lambda x: x.tanh(), [math.nan]),
    "sigmoid -1000": (lambda x: x.sigmoid(), [-1000.0]),
    "sigmoid 1000": (lambda x: x.sigmoid(), [1000.0]),
    "zero gradient into an infinite partial": (lambda x, y: x.sqrt() * y, [0.0, 0.0]),
    "logsumexp far out": (lambda x, y: autograd.logsumexp([x, y]), [1000.0, 1000.0]),
    "logsumexp's tail": (lambda x, y: autograd.logsumexp([x, y]), [0.0, -50.0]),
    "logsumexp with inf": (lambda x, y: autograd.logsumexp([x, y]), [math.inf, 1.0]),
    "prod with zeros": (lambda x, y, z: autograd.prod([x, y, z]), [0.0, 0.0, 3.0]),
    "atan2 at the origin": (lambda x, y: autograd.atan2(x, y), [0.0, 0.0]),
    "erfc's tail": (lambda x: autograd.erfc(x), [6.0]),
    "a dot that overflows": (lambda x, y: autograd.dot([x, x], [y, -y]), [1e200, 1e200]),
    "sum of nothing": (lambda x: x + autograd.sum([]), [1.5]),
}


@pytest.mark.parametrize("compiled", CORE, indirect=True)
@pytest.mark.parametrize("edge", EDGES)
def test_an_edge_is_as_in_eager(compiled: Compile, edge: str) -> None:
    build, numbers = EDGES[edge]
    root = build(*map(Value, numbers))
    agrees(compiled(root), root)


@pytest.mark.parametrize("compiled", CORE, indirect=True)
@pytest.mark.parametrize("edge", [edge for edge in EDGES if edge != "sum of nothing"])
def test_an_edge_that_comes_up_later_is_as_in_eager(compiled: Compile, edge: str) -> None:
    build, numbers = EDGES[edge]
    leaves = [Value(0.5 + i) for i in range(len(numbers))]
    root = build(*leaves)
    program = compiled(root)
    for leaf, number in zip(leaves, numbers, strict=True):
        leaf.data = number
    agrees(program, build(*leaves))


@pytest.mark.parametrize("compiled", BACKENDS, indirect=True)
def test_a_batch_gives_each_sample_its_value_and_sums_the_gradients(compiled: Compile) -> None:
    w, b, x, y = Value(0.5), Value(-0.3), Value(1.0), Value(2.0)
    columns = [[0.3, -1.2, 0.8], [1.0, 0.0, -1.0]]
    program = compiled((autograd.dot([w, w], [x, y], b).tanh() - y) ** 2, batch=[x, y])
    values, gradient = program.value_and_grad(program.values, *columns)
    expected, total = [], {w: 0.0, b: 0.0}
    for x_now, y_now in zip(*columns, strict=True):
        w.zero_grad(), b.zero_grad()
        loss = (autograd.dot([w, w], [x_now, y_now], b).tanh() - y_now) ** 2
        loss.backward()
        expected.append(loss.data)
        total = {leaf: before + leaf.grad for leaf, before in total.items()}
    assert list(map(float, values)) == pytest.approx(expected, rel=1e-12)
    assert list(map(float, gradient)) == pytest.approx([total[leaf] for leaf in program.leaves], rel=1e-12)


@pytest.mark.parametrize("compiled", BACKENDS[1:-1], indirect=True)  # JAX without jit takes its time
@pytest.mark.parametrize("kinds", mixtures(), ids="-".join)
def test_dots_over_a_batch_are_right_whatever_they_are_made_of(compiled: Compile, kinds: tuple[str, str, str]) -> None:
    for layout in LAYOUTS:
        root, batch = dots(kinds, layout)
        program, reference = compiled(root, batch=batch), autograd.compile(root, backend="python", batch=batch)
        rng = random.Random(str(kinds))
        columns = [[rng.uniform(-1, 1) for _ in range(4)] for _ in batch]
        values, gradient = program.value_and_grad(program.values, *columns)
        wanted, slopes = reference.value_and_grad(reference.values, *columns)
        by_leaf = dict(zip(reference.leaves, slopes, strict=True))
        assert list(map(float, values)) == pytest.approx(wanted, rel=1e-12), layout
        assert list(map(float, gradient)) == pytest.approx(
            [by_leaf[leaf] for leaf in program.leaves], rel=1e-11, abs=1e-12
        ), layout


@pytest.mark.parametrize("compiled", BACKENDS, indirect=True)
def test_a_root_that_does_not_vary_counts_once_for_each_sample(compiled: Compile) -> None:
    w, x = Value(3.0), Value(2.0)
    program = compiled(w * w, outputs=[w / x], batch=[x])
    for column in ([1.0, 2.0, 4.0], [1.0, 2.0, 0.0]):  # an output that is not finite is found on the reference
        outputs, gradient = program.outputs_and_grad(program.values, column)
        assert list(map(float, outputs[0])) == [9.0] * 3
        assert list(map(float, gradient)) == [18.0]


@pytest.mark.parametrize("compiled", BACKENDS, indirect=True)
@pytest.mark.parametrize("flat", [
    lambda x: (x // 1).sqrt(), lambda x: autograd.greater(x, 5.0).sqrt(), lambda x: autograd.step(x - 2.0).sqrt(),
    lambda x: (x // 1) * 1e200 * 1e200,
], ids=["floor", "greater", "step", "overflow"])  # fmt: skip
def test_an_infinite_gradient_times_a_slope_of_zero_is_nan_as_in_eager(compiled: Compile, flat: Any) -> None:
    x = Value(0.3)
    root = flat(x) + x * x
    root.backward()
    assert math.isnan(x.grad)
    value, gradient = compiled(root).value_and_grad([0.3])
    assert float(value) == root.data
    assert math.isnan(float(gradient[0]))


@pytest.mark.parametrize("compiled", BACKENDS, indirect=True)
def test_a_batch_of_no_samples_has_a_column_of_nothing_for_each_output(compiled: Compile) -> None:
    w, x = Value(3.0), Value(2.0)
    program = compiled((w * x).tanh(), outputs=[w * x], batch=[x])
    assert [len(column) for column in program.forward(program.values, [])] == [0, 0]
    outputs, gradient = program.outputs_and_grad(program.values, [])
    assert [len(column) for column in outputs] == [0, 0]
    assert list(map(float, gradient)) == [0.0]


@pytest.mark.parametrize("compiled", BACKENDS[:-1], indirect=True)  # JAX without jit takes its time
@pytest.mark.parametrize("seed", range(2))
def test_random_graphs_over_a_batch_agree_with_one_sample_at_a_time(compiled: Compile, seed: int) -> None:
    root, leaves = random_graph(seed, 25)
    program, single = compiled(root, batch=leaves[:2]), autograd.compile(root, backend="python")
    rng = random.Random(seed)
    columns = [[rng.uniform(-1, 1) for _ in range(5)] for _ in range(2)]
    values, gradient = program.value_and_grad(program.values, *columns)
    total = dict.fromkeys(single.leaves, 0.0)
    for sample, value in zip(zip(*columns, strict=True), map(float, values), strict=True):
        numbers = [sample[leaves[:2].index(leaf)] if leaf in leaves[:2] else leaf.data for leaf in single.leaves]
        wanted, part = single.value_and_grad(numbers)
        assert same(value, wanted, 1e-11)
        total = {leaf: before + g for (leaf, before), g in zip(total.items(), part, strict=True)}
    size = max(map(abs, total.values()))
    assert all(same(float(g), total[leaf], 1e-11, size) for g, leaf in zip(gradient, program.leaves, strict=True))


@pytest.mark.parametrize("compiled", CORE, indirect=True)
def test_a_batch_with_an_edge_in_one_sample_is_as_in_eager(compiled: Compile) -> None:
    w, x = Value(2.0), Value(1.0)
    program = compiled((w * x).log(), batch=[x])
    values, gradient = program.value_and_grad(program.values, [1.0, 0.0, -1.0])
    assert list(map(float, values))[:2] == [math.log(2.0), -math.inf]
    assert math.isnan(float(values[2]))
    assert math.isnan(float(gradient[0]))


@pytest.mark.parametrize("compiled", CORE, indirect=True)
def test_piecewise_operations_decide_again_at_each_run(compiled: Compile) -> None:
    x, y = Value(1.0), Value(2.0)
    root = autograd.where(autograd.greater(x, y), x * 10, y * 100) + x.relu() + autograd.max([x, y])
    program = compiled(root)
    for numbers in ((1.0, 2.0), (3.0, 2.0), (-1.0, -4.0)):
        x.data, y.data = numbers
        agrees(program, autograd.where(autograd.greater(x, y), x * 10, y * 100) + x.relu() + autograd.max([x, y]))


@pytest.mark.parametrize("compiled", CORE, indirect=True)
def test_a_primitive_of_ones_own_is_compiled_from_its_formulas(compiled: Compile) -> None:
    bent, length = own_primitives()
    leaves = [Value(0.5), Value(-2.0), Value(1.5)]
    root = length([bent(leaf) for leaf in leaves])
    agrees(compiled(root), root)


@pytest.mark.parametrize("compiled", ["array", "torch", "numpy by the standard"], indirect=True)
def test_single_precision_stays_single(compiled: Compile) -> None:
    root, _ = random_graph(1, 30, ["add", "mul", "tanh", "sub", "dot", "sum"])
    program = compiled(root, dtype="float32")
    value, gradient = program.value_and_grad(program.values)
    assert "float32" in str(gradient.dtype)
    assert float(value) == pytest.approx(root.data, rel=1e-4)
    root.backward()
    assert [float(g) for g in gradient] == pytest.approx([leaf.grad for leaf in program.leaves], rel=1e-3, abs=1e-4)


@pytest.mark.parametrize("compiled", CORE, indirect=True)
def test_outputs_are_given_beside_the_root(compiled: Compile) -> None:
    x = Value(0.5)
    hidden = x.tanh()
    program = compiled(hidden * 2, outputs=[hidden, x])
    assert [float(v) for v in program.forward(program.values)] == pytest.approx(
        [hidden.data * 2, hidden.data, 0.5], rel=1e-14
    )


@pytest.mark.parametrize(
    ("compiled", "seed"), [(b, s) for b in BACKENDS for s in range(1 if b == "jax" else 3)], indirect=["compiled"]
)
def test_outputs_and_gradient_come_from_one_run_as_from_two(compiled: Compile, seed: int) -> None:
    root, leaves = random_graph(seed, 25)
    inner = [node for node in autograd.topological_order(root) if node.parents][:4]
    for batch, columns in (([], []), (leaves[:2], [[0.3, -0.7, 0.2], [0.9, 0.1, -0.4]])):
        program = compiled(root, batch=batch, outputs=[*inner, leaves[3]])
        outputs, gradient = program.outputs_and_grad(program.values, *columns)
        assert list(gradient) == list(program.value_and_grad(program.values, *columns)[1])
        for found, wanted in zip(outputs, program.forward(program.values, *columns), strict=True):
            assert (list(found) == list(wanted)) if batch else (float(found) == float(wanted))


@pytest.mark.parametrize("compiled", CORE, indirect=True)
def test_outputs_and_gradient_at_an_edge_are_as_in_eager(compiled: Compile) -> None:
    w, x = Value(2.0), Value(1.0)
    hidden = (w * x).log()
    program = compiled(hidden * hidden, batch=[x], outputs=[hidden])
    outputs, gradient = program.outputs_and_grad(program.values, [1.0, 0.0])
    assert [list(map(float, column)) for column in outputs] == [
        [math.log(2.0) ** 2, math.inf],
        [math.log(2.0), -math.inf],
    ]
    assert math.isnan(float(gradient[0]))  # 2 · log 0 · 1/0 · 0


@pytest.mark.parametrize("compiled", CORE, indirect=True)
def test_an_output_that_is_not_finite_is_as_in_eager_where_the_root_is(compiled: Compile) -> None:
    x = Value(0.0)
    hidden = x.log()
    program = compiled(autograd.clamp(hidden, -1.0, 1.0) * x, outputs=[hidden])
    outputs, _ = program.outputs_and_grad(program.values)
    assert list(map(float, outputs)) == [0.0, -math.inf]


@pytest.mark.parametrize("compiled", CORE, indirect=True)
def test_the_root_may_be_a_leaf(compiled: Compile) -> None:
    program = compiled(Value(3.0))
    value, gradient = program.value_and_grad(program.values)
    assert (float(value), list(map(float, gradient))) == (3.0, [1.0])


@pytest.mark.parametrize("compiled", CORE, indirect=True)
def test_a_gradient_that_the_caller_keeps_is_not_overwritten(compiled: Compile) -> None:
    x = Value(1.0)
    program = compiled(x * x * x)
    kept = [program.value_and_grad([number])[1] for number in (1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0)]
    assert [float(gradient[0]) for gradient in kept] == pytest.approx([3.0, 12.0, 27.0, 48.0, 75.0, 108.0, 147.0])


def test_the_guarded_program_adds_contributions_in_backwards_own_order() -> None:
    root, _ = random_graph(11, 80)
    found = trace([root])
    from autograd.program.backends.python import PythonBackend

    everything = range(len(found.leaves))
    backend = PythonBackend(found.code, everything, [], frozenset(everything), guarded=True)
    value, gradient = backend.value_and_grad([leaf.data for leaf in found.leaves], [])
    root.backward()
    assert value == root.data
    assert gradient == [leaf.grad for leaf in found.leaves]


@pytest.mark.parametrize("compiled", BACKENDS, indirect=True)
def test_a_lists_partial_may_be_another_operand(compiled: Compile) -> None:
    name = "test_scaled_sum"
    if name not in own:
        own[name] = autograd.primitive(name, "s * sum(xs)", ("sum(xs)", "[s for x in xs]"), operands=("s", "xs"))
    root = own[name](Value(2.0), [Value(1.0), Value(3.0)])
    agrees(compiled(root), root)
