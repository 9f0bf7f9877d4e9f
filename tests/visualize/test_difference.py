"""Gradients held against finite differences: what agrees, what differs, and where nothing can be said."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd
from autograd import TABLE, Value, dot, logsumexp, primitive
from autograd import max as largest
from tests.visualize.conftest import deep, neuron_graph, small
from visualize import difference, walk
from visualize.difference import check
from visualize.steps import Steps


def verdicts(root: Value) -> dict[str, str]:
    steps = Steps(root)
    return {steps.name[node]: found.verdict for node, found in check(steps).items()}


def test_right_gradients_agree() -> None:
    assert set(verdicts(small()).values()) == {"agrees"}


def test_the_slope_is_the_gradient_to_six_digits() -> None:
    steps = Steps(small())
    for node, found in check(steps).items():
        assert found.slope == pytest.approx(steps.gradient[node], rel=1e-6)


@pytest.mark.parametrize("name", sorted(TABLE))
def test_every_primitive_of_the_table_can_be_replayed(name: str) -> None:
    op = TABLE[name]
    if op.python is not None:
        pytest.skip("an opaque primitive of another test")
    arguments = [
        [Value(0.3), Value(0.7)] if operand in ("xs", "ws") else Value(0.4 + 0.1 * k)
        for k, operand in enumerate(op.operands)
    ]
    if name == "acosh":
        arguments = [Value(1.7)]
    function = getattr(autograd, name, None) or getattr(Value, name)
    root = function(*arguments) * 2
    found = check(Steps(root))
    assert {check.verdict for check in found.values()} == {"agrees"}


@given(st.floats(-50, 50), st.floats(-50, 50), st.floats(0.01, 50))
def test_no_right_gradient_is_ever_called_wrong(x: float, y: float, z: float) -> None:
    a, b, c = Value(x), Value(y), Value(z)
    root = (a * b - c).tanh() * c.log() + largest(a, b, c) * dot([a, b], [c, 1.5], 0.2) + logsumexp([a, c]) / c
    assert "differs" not in verdicts(root).values()


@pytest.mark.parametrize("factor", [1.001, 0.0, -1.0, 2.0])
def test_a_wrong_local_derivative_is_found_in_all_that_lies_behind_it(factor: float) -> None:
    a, b = Value(2.0, label="a"), Value(3.0, label="b")
    square = (a * b).sin()
    square.label = "s"
    square._dx *= factor
    assert verdicts(square + b) == {"a": "differs", "b": "differs", "v1": "differs", "s": "agrees", "v2": "agrees"}


def test_at_a_kink_any_slope_between_the_two_sides_will_do() -> None:
    x = Value(0.0, label="x")
    kinked = x.relu()
    assert verdicts(kinked)["x"] == "kink"
    kinked._dx = 1.5
    assert verdicts(kinked)["x"] == "differs"


@pytest.mark.parametrize(
    "build",
    [lambda x: x.log(), lambda x: x.sqrt(), lambda x: x.sign(), lambda x: x.step(), lambda x: 1 / x],
    ids=["log", "sqrt", "sign", "step", "reciprocal"],
)
def test_at_a_pole_a_jump_and_the_edge_of_a_domain_nothing_is_said(build: Callable[[Value], Value]) -> None:
    assert verdicts(build(Value(0.0, label="x")))["x"] == "unknown"


@pytest.mark.parametrize("x", [1e-30, 1e-9, 1e9, -1e12])
def test_the_size_of_a_number_does_not_matter(x: float) -> None:
    a = Value(x, label="a")
    assert verdicts(a * 3 + a * a / x)["a"] == "agrees"
    assert verdicts(a.abs().log())["a"] == "agrees"


def test_a_frozen_leaf_has_nothing_to_check() -> None:
    assert verdicts(neuron_graph())["x"] == "frozen"


def test_a_graph_beyond_the_budget_says_that_it_is_not_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    assert set(verdicts(deep(60)).values()) == {"agrees"}
    monkeypatch.setattr(difference, "BUDGET", 1000)
    assert set(verdicts(deep(60)).values()) == {"unchecked"}


def test_a_primitive_of_ones_own_is_replayed_too() -> None:
    cube = primitive("cube_for_this_test", "x * x * x", "3 * x * x")
    python = primitive("python_for_this_test", lambda x, y: math.exp(x) * y, lambda out, x, y: (out, math.exp(x)))
    try:
        x = Value(1.5, label="x")
        assert set(verdicts(cube(x) + python(x, 2.0)).values()) == {"agrees"}
    finally:
        for name in ("cube_for_this_test", "python_for_this_test"):
            del TABLE[name]
            delattr(Value, name)


def test_a_primitive_that_raises_leaves_nothing_to_say() -> None:
    strict = primitive("strict_for_this_test", lambda x: math.log(x), lambda out, x: (1 / x,))
    try:
        x = Value(5e-324, label="x")
        assert verdicts(strict(x) * 2)["x"] == "unknown"
    finally:
        del TABLE["strict_for_this_test"]
        delattr(Value, "strict_for_this_test")


def test_checking_changes_no_number() -> None:
    root = small()
    root.backward()
    steps = walk(root)
    before = [(node.data, node.grad) for node in steps.nodes]
    check(steps)
    assert [(node.data, node.grad) for node in steps.nodes] == before


@pytest.mark.parametrize(("build", "x"), [
    (Value.log, 1e-5), (lambda x: 1.0 / x, 1e-5), (lambda x: 1.0 / x, 2e-6), (Value.cos, 1000.0), (Value.sin, 843.0),
    (Value.sqrt, 1.5e-6),
])  # fmt: skip
def test_a_curve_is_no_kink_however_strongly_it_bends(build: Callable[[Value], Value], x: float) -> None:
    assert set(verdicts(build(Value(x, label="x"))).values()) == {"agrees"}


@pytest.mark.parametrize("build", [abs, Value.relu, lambda x: abs(x) * 3.0 + x, lambda x: abs(x.sin())])
@pytest.mark.parametrize("wrong", [False, True])
def test_a_kink_stays_one_from_near(build: Callable[[Value], Value], wrong: bool) -> None:
    root = build(Value(0.0, label="x"))
    steps = Steps(root)
    if wrong:
        steps.gradient[steps.nodes[0]] = 17.0
    assert check(steps)[steps.nodes[0]].verdict == ("differs" if wrong else "kink")


def test_of_numbers_of_two_times_nothing_is_said() -> None:
    p = Value(2.0, label="p")
    root = (p * p - 3.0) ** 2
    p.data = 1.5
    assert set(verdicts(root).values()) == {"unknown"}
