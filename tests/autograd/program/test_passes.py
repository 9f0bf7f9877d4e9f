"""Each pass: what it removes, and what it must leave as it is."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

import autograd
from autograd import TABLE, Value
from autograd.program import ir
from autograd.program.ir import Code, levels, validated
from autograd.program.passes import fold, gather, optimised, prune, regular, share, simplify
from autograd.program.trace import trace
from tests.autograd.program.agreement import agrees
from tests.autograd.program.graphs import random_graph
from tests.requires import requires


def names(code: Code) -> list[str]:
    return [op.name for op in code.ops]


def traced(root: Value) -> Code:
    return trace([root]).code


def test_constants_are_folded() -> None:
    add, mul = TABLE["add"], TABLE["mul"]
    code = Code((0, 2.0, 3.0), (add, mul), ((-2, -3), (0, -1)), (1,))
    folded = fold(code)
    assert str(folded) == "v0 = mul(5.0, x0)\nreturn v0"


def test_a_program_without_constant_instructions_is_not_copied() -> None:
    code = traced(Value(2.0) * 3)
    assert fold(code) is code


@pytest.mark.parametrize(
    "build",
    [
        lambda x: x * 1,
        lambda x: 1 * x,
        lambda x: x / 1,
        lambda x: x - 0.0,
        lambda x: x**1,
        lambda x: x + -0.0,
        lambda x: -0.0 + x,
    ],
)
def test_what_changes_nothing_goes(build: object) -> None:
    code = simplify(traced(build(Value(3.0)).tanh()))  # type: ignore[operator]
    assert names(code) == ["tanh"]


def test_adding_zero_goes_only_where_the_sign_of_a_zero_is_safe() -> None:
    assert names(simplify(traced(Value(1.0).exp() + 0.0))) == ["exp"]
    assert names(simplify(traced(Value(1.0) + 0.0))) == ["add"]
    assert names(simplify(traced(Value(1.0) * 2.0 + 0.0))) == ["mul", "add"]


def test_a_square_becomes_a_product() -> None:
    assert str(simplify(traced(Value(3.0) ** 2))) == "v0 = mul(x0, x0)\nreturn v0"


def test_equal_instructions_become_one() -> None:
    x = Value(0.5)
    code = prune(share(traced(x.tanh() * x.tanh())))
    assert str(code) == "v0 = tanh(x0)\nv1 = mul(v0, v0)\nreturn v1"


def test_zeros_of_either_sign_are_not_one_constant() -> None:
    x = Value(0.5)
    code = share(traced(autograd.atan2(x, 0.0) + autograd.atan2(x, -0.0)))
    assert names(code) == ["atan2", "atan2", "add"]


def test_what_no_output_needs_goes() -> None:
    tanh = TABLE["tanh"]
    code = Code((0,), (tanh, tanh, tanh), ((-1,), (0,), (0,)), (2,))
    assert names(prune(code)) == ["tanh", "tanh"]


def test_a_neuron_written_out_becomes_one_dot() -> None:
    w, x, b = [Value(1.0), Value(2.0), Value(3.0)], [Value(4.0), Value(5.0), Value(6.0)], Value(7.0)
    code = prune(gather(traced(sum((wi * xi for wi, xi in zip(w, x, strict=True)), b))))  # type: ignore[arg-type]
    assert names(code) == ["dot"]
    assert {len(operand) for operand in code.operands[0][:2]} == {3}  # type: ignore[arg-type]


def test_sum_from_zero_leaves_no_trace_in_a_dot() -> None:
    w, x = [Value(1.0), Value(2.0)], [Value(4.0), Value(5.0)]
    code = prune(gather(traced(sum(wi * xi for wi, xi in zip(w, x, strict=True)))))  # type: ignore[arg-type]
    assert str(code) == "v0 = dot((x0, x2), (x1, x3), 0.0)\nreturn v0"


def test_several_terms_beside_the_products_become_a_sum_that_is_the_bias() -> None:
    w, x, b, c = [Value(1.0), Value(2.0)], [Value(4.0), Value(5.0)], Value(3.0), Value(6.0)
    code = validated(prune(gather(traced(b + w[0] * x[0] + c + w[1] * x[1]))))
    assert names(code) == ["sum", "dot"]


def test_a_bias_added_to_a_dot_becomes_its_bias() -> None:
    w, x = [Value(1.0), Value(2.0)], [Value(4.0), Value(5.0)]
    assert names(prune(gather(traced(autograd.dot(w, x) + Value(3.0))))) == ["dot"]


def test_a_sum_that_is_used_twice_is_not_taken_apart() -> None:
    a, b, c = Value(1.0), Value(2.0), Value(3.0)
    part = a + b
    code = prune(gather(traced((part + c + a) * part)))
    assert names(code) == ["add", "sum", "mul"]


def test_a_product_that_is_an_output_stays_one() -> None:
    a, b = Value(1.0), Value(2.0)
    product = a * b
    code = gather(trace([product + a * a + b, product]).code)
    assert "mul" in names(code)


def test_a_long_chain_of_additions_is_one_sum() -> None:
    leaves = [Value(float(i)) for i in range(2000)]
    total = leaves[0]
    for leaf in leaves[1:]:
        total = total + leaf
    assert names(prune(gather(traced(total)))) == ["sum"]


@pytest.mark.parametrize("passes", [optimised, regular, fold, simplify, share, gather, prune])
@pytest.mark.parametrize("seed", range(6))
def test_a_program_taken_by_columns_becomes_what_it_becomes_instruction_by_instruction(
    passes: Callable[[Code], Code], seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    requires("numpy")
    root, _ = random_graph(seed, size=120, names=("add", "mul", "tanh", "neg", "dot", "sum", "where", "sub"))
    monkeypatch.setattr(ir, "LONG", 10**9)
    by_loops = traced(root)
    assert by_loops.columns is None
    one_by_one = validated(passes(by_loops))
    depths = levels(one_by_one)
    monkeypatch.setattr(ir, "LONG", 0)
    by_columns = traced(root)
    assert by_columns.columns is not None
    found = passes(by_columns)
    assert str(validated(found)) == str(one_by_one)
    assert levels(found) == depths
    afresh = Code(found.sources, found.ops, found.operands, found.outputs)
    assert rows_of(found) == rows_of(afresh)


@pytest.mark.parametrize("long", [0, 10**9], ids=["by columns", "by loops"])
def test_chains_are_gathered_wherever_they_stand_and_rows_follow(long: int, monkeypatch: pytest.MonkeyPatch) -> None:
    if not long:
        requires("numpy")
    monkeypatch.setattr(ir, "LONG", long)
    a, b, c, d = (Value(x) for x in (0.5, -1.5, 2.0, 0.25))
    hidden = a + (b + (c + d))  # two of its additions vanish, and what comes after them moves up
    root = autograd.dot([a, b], [c, hidden.tanh()]) * autograd.dot([hidden.exp(), b], [a, c])
    code = gather(traced(root))
    assert sorted(names(code)) == ["dot", "dot", "exp", "mul", "sum", "tanh"]
    agrees(autograd.compile(root, backend="python"), root)
    assert len(validated(code)) == 6


def rows_of(code: Code) -> list[object]:
    columns = code.columns
    assert columns is not None
    ops = [columns.ops[kind].name for kind in columns.kinds]
    return [ops, *(column.tolist() for column in (columns.arity, columns.x, columns.y)), columns.others, columns.size]


@pytest.mark.parametrize("passes", [optimised, regular, fold, simplify, share, prune])
@pytest.mark.parametrize("seed", range(4))
def test_every_pass_keeps_a_random_program_valid_and_its_value(passes: object, seed: int) -> None:
    from autograd.program.backends.python import PythonBackend

    root, _ = random_graph(seed)
    found = trace([root])
    code = validated(passes(found.code))  # type: ignore[operator]
    backend = PythonBackend(code, range(len(found.leaves)), [], frozenset(), guarded=True)
    (value,) = backend.forward([leaf.data for leaf in found.leaves], [])
    assert math.isclose(value, root.data, rel_tol=1e-12, abs_tol=1e-13)


@pytest.mark.parametrize("seed", range(4))
def test_the_exact_passes_change_no_bit(seed: int) -> None:
    from autograd.program.backends.python import PythonBackend

    root, _ = random_graph(seed, names=["add", "mul", "sub", "div", "tanh", "pow"])
    found = trace([root])
    code = prune(share(simplify(fold(found.code))))
    backend = PythonBackend(code, range(len(found.leaves)), [], frozenset(), guarded=True)
    assert backend.forward([leaf.data for leaf in found.leaves], []) == [root.data]
