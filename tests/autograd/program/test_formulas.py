"""Primitives of one's own, compiled from their formulas: whatever the language can say, every backend runs."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest

import autograd
from autograd import Program, ProgramError, Value
from tests.autograd.program.agreement import agrees, plain_native
from tests.requires import requires

requires("numpy")


BACKENDS = ["python", "array", "native", "plain native", "torch"]


def compiled(root: Value, backend: str) -> Program:
    """The program on one of `BACKENDS`."""
    if backend == "plain native":
        return plain_native(root)
    if backend == "torch":
        requires("torch"), requires("array_api_compat")
        return autograd.compile(root, backend="array", array="torch")
    if backend == "native":
        requires("numba")
    return autograd.compile(root, backend=backend)


CROSSED = "one list within another"

FORMULAS: dict[str, tuple[list[str], str, list[str]]] = {
    "logsumexp of an expression": (
        ["xs"], "logsumexp([x * x for x in xs])", ["[2 * x * exp(x * x - out) for x in xs]"]),
    "logsumexp within a partial": (
        ["xs", "y"], "y * logsumexp(xs)", ["[y * exp(x - logsumexp(xs)) for x in xs]", "logsumexp(xs)"]),
    "a sum within a sum": (
        ["xs"], "sum([x / sum([exp(y) for y in xs]) for x in xs])",
        ["[1 / sum([exp(y) for y in xs]) - exp(x) * sum(xs) / sum([exp(y) for y in xs])**2 for x in xs]"]),
    "the product of the others, in an expression": (["xs"], "2 * prod(xs)", ["[2 * other for other in others(xs)]"]),
    "the product of expressions of the others": (
        ["xs"], "prod([sin(x) for x in xs])", ["[cos(x) * out / sin(x) for x in xs]"]),
    "six operands": (
        ["a", "b", "c", "d", "u", "v"], "a * b + c * d + u * v", ["b", "a", "d", "c", "v", "u"]),
    "operands named as the kernel names its own": (
        ["n", "k", "e", "places"], "n * k * e * places",
        ["k * e * places", "n * e * places", "n * k * places", "n * k * e"]),
    "an operand named as gradients are": (["g", "p"], "g * g * p", ["2 * g * p", "g * g"]),
    CROSSED: (["xs"], "sum([sum([x * y for y in xs]) for x in xs])", ["[2 * sum(xs) for x in xs]"]),
    "the greatest of expressions": (["xs"], "max([x * x for x in xs])", ["[equal(x * x, out) * 2 * x for x in xs]"]),
}  # fmt: skip


@cache
def primitive(what: str) -> Callable[..., Value]:
    """The primitive of one of `FORMULAS`, made once."""
    operands, value, partials = FORMULAS[what]
    name = f"test_{'_'.join(what.replace(',', '').split())}"
    return autograd.primitive(name, value, partials, operands=operands)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("what", [what for what in FORMULAS if what != CROSSED])
def test_a_formula_of_ones_own_runs(backend: str, what: str) -> None:
    operands, own = FORMULAS[what][0], primitive(what)
    leaves = [Value(x) for x in (0.7, -0.3, 0.4, 1.1, -0.2, 0.9, 0.35)]
    lists = "xs" in operands
    first = [leaves[:5], *leaves[5:6]] if lists else leaves
    second = [leaves[1:4], *leaves[6:7]] if lists else leaves[::-1]
    root = own(*first[: len(operands)]) * leaves[6] + own(*second[: len(operands)]).tanh()
    program = compiled(root, backend)
    agrees(program, root)
    value, gradient = program._backend.value_and_grad(program.values, ())
    assert program._backend.finite(value, gradient)  # so that the reference has not stood in


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("numbers", [[30.0, -30.0], [0.0, 1e-200], [1.0], [float("nan"), 1.0], [1e200, 2.0]])
def test_logsumexp_of_expressions_is_safe_at_its_edges(backend: str, numbers: list[float]) -> None:
    root = primitive("logsumexp of an expression")([Value(x) for x in numbers])
    agrees(compiled(root, backend), root)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_list_gone_through_once_for_each_entry_runs_on_python_and_nowhere_else(backend: str) -> None:
    leaves = [Value(0.1 * i) for i in range(5)]
    root = primitive(CROSSED)(leaves)
    if backend == "python":
        agrees(compiled(root, backend), root)
        return
    with pytest.raises(ProgramError, match="only the backend 'python'"):
        compiled(root, "array" if backend == "plain native" else backend).value_and_grad([leaf.data for leaf in leaves])


def test_auto_leaves_such_a_formula_to_python_however_large_the_graph() -> None:
    leaves = [Value(0.1 * i) for i in range(5)]
    root = autograd.sum([x * 2.0 + 1.0 for x in leaves * 100])
    assert autograd.compile(root).backend != "python"
    assert autograd.compile(root + primitive(CROSSED)(leaves)).backend == "python"


def test_a_primitive_that_calls_such_a_one_is_refused_too() -> None:
    primitive(CROSSED)
    inner = f"test_{'_'.join(CROSSED.split())}"
    outer = autograd.primitive("test_calls_it", f"2 * {inner}(xs)", "[4 * sum(xs) for x in xs]", operands=["xs"])
    with pytest.raises(ProgramError, match=inner):
        autograd.compile(outer([Value(1.0), Value(2.0)]), backend="array")
