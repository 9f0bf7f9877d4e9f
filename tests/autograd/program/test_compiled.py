"""What a user holds: compile, Program, and the errors that say what to do."""

from __future__ import annotations

import importlib
import random
from typing import Any

import pytest

import autograd
from autograd import MissingExtraError, OpaqueNodeError, ProgramError, ProgramMismatchError, StaleGraphError, Value
from tests.autograd.program.graphs import network, random_graph, squared_loss
from tests.requires import requires


def test_run_does_what_forward_and_backward_would() -> None:
    root, leaves = random_graph(1, 30)
    program = autograd.compile(root, backend="python")
    root.backward()
    expected = [leaf.grad for leaf in leaves]
    for leaf in leaves:
        leaf.zero_grad()
    assert program.run() == pytest.approx(root.data, rel=1e-13)
    assert [leaf.grad for leaf in leaves] == pytest.approx(expected, rel=1e-12)


def test_run_accumulates_until_zero_grad() -> None:
    x = Value(3.0)
    program = autograd.compile(x * x, backend="python")
    program.run()
    program.run()
    assert x.grad == 12.0


def test_run_leaves_the_graph_alone() -> None:
    x = Value(3.0)
    root = x * x
    program = autograd.compile(root, backend="python")
    x.data = 5.0
    assert program.run() == 25.0
    assert (root.data, root.grad) == (9.0, 0.0)


def test_value_and_grad_touches_no_value() -> None:
    x = Value(3.0)
    program = autograd.compile(x * x, backend="python")
    assert program.value_and_grad([4.0]) == (16.0, [8.0])
    assert (x.data, x.grad) == (3.0, 0.0)


def test_a_training_loop_on_a_program_is_the_eager_loop() -> None:
    def losses(compiled: bool) -> list[float]:
        rng = random.Random(0)
        forward, parameters = network(rng, [2, 4, 1])
        points = [[rng.uniform(-1, 1), rng.uniform(-1, 1)] for _ in range(6)]

        def loss() -> Value:
            return squared_loss(forward, points, [p[0] * p[1] for p in points])

        program = autograd.compile(loss(), backend="python")
        seen = []
        for _ in range(20):
            for p in parameters:
                p.zero_grad()
            if compiled:
                seen.append(program.run())
            else:
                root = loss()
                root.backward()
                seen.append(root.data)
            for p in parameters:
                p.data -= 0.2 * p.grad
        return seen

    assert losses(compiled=True) == pytest.approx(losses(compiled=False), rel=1e-11)


def test_parameters_come_first_and_in_their_order() -> None:
    forward, parameters = network(random.Random(0), [2, 3, 1])
    root = forward([Value(0.1), Value(0.2)])[0]
    program = autograd.compile(root, backend="python", parameters=parameters[::-1])
    assert program.leaves[: len(parameters)] == parameters[::-1]


@pytest.mark.parametrize("backend", ["python", "array", "native"])
def test_a_batch_leaf_among_the_parameters_is_a_batch_leaf(backend: str) -> None:
    requires("numba")
    a, b, x = Value(2.0), Value(3.0), Value(4.0)
    program = autograd.compile(a * x + b * b, batch=[x], parameters=[a, x, a], backend=backend)
    assert program.leaves == [a, b]
    value, gradient = program.value_and_grad(program.values, [4.0, 5.0])
    assert (list(value), list(gradient)) == ([17.0, 19.0], [9.0, 12.0])


@pytest.mark.parametrize("backend", ["python", "array", "native"])
def test_a_frozen_leaf_in_a_row_with_others_gets_no_gradient(backend: str) -> None:
    requires("numba")
    a, b = Value(2.0, requires_grad=False), Value(3.0)
    program = autograd.compile(autograd.sum([a, b, a]) * 2, backend=backend)
    _, gradient = program.value_and_grad(program.values)
    assert dict(zip(program.leaves, gradient, strict=True)) == {a: 0.0, b: 2.0}


def test_weights_come_first_where_nothing_is_said() -> None:
    forward, parameters = network(random.Random(0), [2, 3, 1])
    inputs = [Value(0.1), Value(0.2)]
    assert autograd.compile(forward(inputs)[0], backend="python").leaves == [*parameters, *inputs]


def test_a_frozen_leaf_is_an_input_without_a_gradient() -> None:
    x, y = Value(2.0), Value(3.0, requires_grad=False)
    program = autograd.compile(x * y, backend="python")
    assert program.value_and_grad([2.0, 5.0]) == (10.0, [5.0, 0.0])


@pytest.mark.parametrize("key", ["x", 0, None])
def test_batch_leaves_are_named_by_label_position_or_value(key: Any) -> None:
    x, w = Value(2.0, label="x"), Value(3.0, label="w")
    program = autograd.compile(x * w, batch=[x if key is None else key], backend="python")
    assert program.batch == [x]
    assert program.value_and_grad([10.0], [1.0, 2.0]) == ([10.0, 20.0], [3.0])


def test_a_batch_may_come_as_one_array() -> None:
    np = requires("numpy")
    x, y, w = Value(2.0), Value(1.0), Value(3.0)
    program = autograd.compile(x * w + y, batch=[x, y], backend="array")
    value, gradient = program.value_and_grad([2.0], np.array([[1.0, 2.0], [0.5, 0.25]]))
    assert value.tolist() == [2.5, 4.25]
    assert gradient.tolist() == [3.0]


@pytest.mark.parametrize("key", ["nobody", 7, Value(1.0), "twice"])
def test_a_leaf_that_is_not_there_is_refused(key: Any) -> None:
    root = Value(1.0, label="twice") * Value(2.0, label="twice")
    with pytest.raises(ProgramError, match="leaves of this graph"):
        autograd.compile(root, batch=[key])


def test_an_unknown_backend_is_refused_with_those_there_are() -> None:
    with pytest.raises(ProgramError, match="auto, python, array, native"):
        autograd.compile(Value(1.0) * 2, backend="fortran")


def test_an_unknown_library_is_refused_with_those_there_are() -> None:
    requires("numpy")
    with pytest.raises(ProgramError, match="numpy, torch, jax, cupy"):
        autograd.compile(Value(1.0) * 2, backend="array", array="eigen")


def test_an_unknown_dtype_is_refused() -> None:
    with pytest.raises(ProgramError, match="float16"):
        autograd.compile(Value(1.0) * 2, dtype="float16")


def test_a_leaf_takes_one_column() -> None:
    x = Value(1.0, label="x")
    with pytest.raises(ProgramError, match="names a leaf twice"):
        autograd.compile(x * 2.0, batch=["x", x], backend="python")


def test_wrong_lengths_are_refused() -> None:
    x, y = Value(1.0), Value(2.0)
    program = autograd.compile(x * y, batch=[y], backend="python")
    with pytest.raises(ProgramError, match="1 leaves"):
        program.value_and_grad([1.0, 2.0], [1.0])
    with pytest.raises(ProgramError, match="1 batch leaves; 0 columns"):
        program.value_and_grad([1.0])
    with pytest.raises(ProgramError, match="equally long"):
        autograd.compile(x * y, batch=[x, y], backend="python").value_and_grad([], [1.0], [1.0, 2.0])


def test_a_stale_graph_is_refused() -> None:
    x = Value(1.0)
    root = (x * 2).tanh()
    x.data = 3.0
    with pytest.raises(StaleGraphError, match="changed after the forward pass"):
        autograd.compile(root)


def test_an_opaque_primitive_is_refused() -> None:
    opaque = autograd.primitive("opaque_cube", lambda x: x**3, lambda out, x: (3 * x * x,))
    with pytest.raises(OpaqueNodeError, match="Python function"):
        autograd.compile(opaque(Value(2.0)) * 2)


def test_a_backward_rule_of_ones_own_is_refused() -> None:
    x = Value(2.0)
    node = x * 3
    node._backward = lambda: None
    with pytest.raises(OpaqueNodeError, match="Python function"):
        autograd.compile(node + 1)


@pytest.mark.parametrize(("backend", "missing"), [("array", "numpy"), ("native", "numba")])
def test_a_missing_package_is_named_with_its_command(
    backend: str, missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    requires("numpy")
    real = importlib.import_module

    def absent(name: str, *rest: Any) -> Any:
        if name == missing:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return real(name, *rest)

    monkeypatch.setattr(importlib, "import_module", absent)
    with pytest.raises(MissingExtraError, match=r'pip install "chainrule\[fast\]"'):
        autograd.compile(Value(1.0) * 2, backend=backend)
    if missing == "numpy":
        program = autograd.compile(Value(1.0) * 2, backend="python")
        with pytest.raises(MissingExtraError, match=r'pip install "chainrule\[fast\]"'):
            _ = program.rerolled


def test_auto_picks_python_for_a_small_graph() -> None:
    assert autograd.compile(Value(1.0) * 2).backend == "python"


def test_auto_picks_the_fastest_that_is_installed_for_a_large_one(monkeypatch: pytest.MonkeyPatch) -> None:
    requires("numpy")
    monkeypatch.setattr("autograd.program.compiled.find_spec", lambda name: None if name == "numba" else object())
    root = autograd.sum([Value(float(i)).tanh() for i in range(500)])
    assert autograd.compile(root).backend == "array"
    monkeypatch.setattr("autograd.program.compiled.find_spec", lambda name: None)
    assert autograd.compile(root).backend == "python"


def test_the_source_is_python_that_runs() -> None:
    x, y = Value(2.0), Value(3.0)
    program = autograd.compile(x * y + x, backend="python")
    scope: dict[str, Any] = {}
    exec(program.source, scope)
    assert scope["value_and_grad"]([2.0, 3.0]) == (8.0, [4.0, 2.0])


def test_the_listing_is_readable() -> None:
    x, y = Value(2.0), Value(3.0)
    assert str(autograd.compile((x * y).tanh(), backend="python")) == "v0 = mul(x0, x1)\nv1 = tanh(v0)\nreturn v1"


def test_stats_count_what_is_there() -> None:
    requires("numpy")
    forward, _ = network(random.Random(0), [3, 4, 2])
    root = autograd.sum(forward([Value(0.1), Value(0.2), Value(0.3)]))
    stats = autograd.compile(root, backend="python").stats
    assert stats["nodes"] == 4 + 4 + 2 + 1
    assert stats["instructions"] == 11
    assert stats["levels"] == 4
    assert stats["matrix products"] == 2
    assert stats["flops"] == 2 * (4 * 3 + 2 * 4) + 4 + 2
    assert stats["bytes"] > 0


def test_check_passes_where_the_graph_is_the_same() -> None:
    w = Value(0.5)
    x = Value(1.0)
    program = autograd.compile((w * x).tanh(), batch=[x])
    program.check(lambda number: (w * Value(number)).tanh(), [0.1, -3.0])


def test_check_names_the_first_node_that_a_python_branch_changed() -> None:
    w, x = Value(0.5, label="w"), Value(1.0, label="x")

    def build(number: float) -> Value:
        x = Value(number, label="x")
        return (w * x).tanh() if x.data > 0 else (w * x).exp()

    program = autograd.compile(build(1.0), batch=["x"])
    program.check(build, [2.0])
    with pytest.raises(ProgramMismatchError, match=r"sample 1: node 1 is exp\(-1.0\).*but tanh.*`where`"):
        program.check(build, [2.0, -2.0])
    del x


def test_check_says_that_a_number_is_baked_in() -> None:
    w = Value(0.5)
    program = autograd.compile((w * 2.0).tanh())
    with pytest.raises(ProgramMismatchError, match=r"operand 1 3\.0 where 2\.0 was compiled.*baked in"):
        program.check(lambda number: (w * number).tanh(), [3.0])


def test_check_notices_a_longer_and_a_shorter_graph() -> None:
    w = Value(0.5)
    program = autograd.compile((w * w).tanh())
    with pytest.raises(ProgramMismatchError, match="was not compiled"):
        program.check(lambda _: (w * w).tanh().exp(), [0])
    with pytest.raises(ProgramMismatchError, match="is missing"):
        program.check(lambda _: w * w, [0])


def test_check_takes_samples_of_several_numbers() -> None:
    w, x, y = Value(0.5), Value(1.0), Value(2.0)
    program = autograd.compile(w * x - y, batch=[x, y])
    program.check(lambda a, b: w * Value(a) - Value(b), [(3.0, 4.0), (5.0, 6.0)])


@pytest.mark.parametrize("backend", ["python", "array", "native"])
@pytest.mark.parametrize("count", [3, 4, 8])
def test_check_passes_where_what_is_computed_cancels(backend: str, count: int) -> None:
    requires("numba" if backend == "native" else "numpy")
    rng = random.Random(count)
    ws, xs = [Value(rng.gauss(0, 1)) for _ in range(count)], [rng.gauss(0, 1) for _ in range(count)]
    target = sum(w.data * x for w, x in zip(ws, xs, strict=True))

    def build() -> Any:
        return (sum(w * x for w, x in zip(ws, xs, strict=True)) - target) ** 2

    autograd.compile(build(), backend=backend).check(build, [()])


def test_check_notices_wrong_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    w = Value(0.5)
    program = autograd.compile(w * w, backend="python")
    monkeypatch.setattr(program._backend, "value_and_grad", lambda values, batch: (0.25, [2.0]))
    with pytest.raises(ProgramMismatchError, match=r"gradient of leaf 0 is 2\.0"):
        program.check(lambda _: w * w, [0])
    monkeypatch.setattr(program._backend, "value_and_grad", lambda values, batch: (0.5, [1.0]))
    with pytest.raises(ProgramMismatchError, match=r"value is 0\.5"):
        program.check(lambda _: w * w, [0])


def test_a_chain_of_twenty_thousand_nodes_compiles_without_recursion() -> None:
    requires("numpy")
    x = Value(0.5)
    node = x
    for _ in range(20_000):
        node = node * 0.99999
    program = autograd.compile(node, backend="python")
    assert program.run() == pytest.approx(node.data, rel=1e-12)


def test_what_is_no_value_cannot_be_compiled() -> None:
    with pytest.raises(autograd.OperandTypeError, match="a program computes Values; got 3 of type int"):
        autograd.compile(3)
