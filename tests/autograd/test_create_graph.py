"""Derivatives of derivatives: bit for bit the same first gradient, and closed forms for the higher orders."""

from __future__ import annotations

import itertools
import math
import random
import struct
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import autograd
from autograd import TABLE, Value, grad, hessian, topological_order
from tests.requires import requires

mpmath = requires("mpmath")


def near(found: float, wanted: float, terms: float = 1.0) -> bool:
    return abs(found - wanted) <= 1e-12 * (1.0 + abs(terms))


def bits(x: float) -> bytes:
    return struct.pack("d", x)


NAMES = sorted(name for name in TABLE if getattr(autograd, name, None) is not None and TABLE[name].python is None)
DOMAINS: dict[str, Callable[[Any], Any]] = {
    "log": lambda x: x * x + 0.5, "log1p": lambda x: x * x, "sqrt": lambda x: x * x + 0.5,
    "asin": lambda x: 0.9 * x.tanh(), "acos": lambda x: 0.9 * x.tanh(), "atanh": lambda x: 0.9 * x.tanh(),
    "acosh": lambda x: x * x + 1.5,
}  # fmt: skip


def apply(name: str, x: Any, y: Any, z: Any) -> Any:
    """Any primitive on operands that it is defined on."""
    op, call = TABLE[name], getattr(autograd, name)
    if name == "dot":
        return call([x, y], [z, x], y)
    if op.operands == ("xs",):
        return call([x, y, x, 0.5, z])
    if name in ("div", "mod", "floor_divide"):
        return call(x, y * y + 0.7)
    if name == "pow":
        return call(x * x + 0.3, y)
    if name == "clamp":
        return call(x, y - 1, z + 1)
    if name == "where":
        return call(autograd.greater(x, y), y, z)
    if len(op.operands) == 1:
        return call(DOMAINS.get(name, lambda v: v)(x))
    return call(x, y)


def random_graph(seed: int) -> tuple[list[Value], Value]:
    rng = random.Random(seed)
    leaves = [Value(rng.uniform(-1.5, 1.5)) for _ in range(3)]
    nodes = list(leaves)
    names = [NAMES[seed % len(NAMES)], *rng.choices(NAMES, k=9)]
    for name in names:
        made = apply(name, *rng.choices(nodes, k=3))
        if math.isfinite(made.data) and abs(made.data) < 50:
            nodes.append(made)
    return leaves, autograd.sum([0.0, *nodes[3:], leaves[0]])


@pytest.mark.parametrize("seed", range(2 * len(NAMES)))
def test_create_graph_gives_backward_s_gradients_bit_for_bit(seed: int) -> None:
    _, root = random_graph(seed)
    order = topological_order(root)
    root.backward()
    plain = [node.grad for node in order]
    _, root = random_graph(seed)
    order = topological_order(root)  # as it is before the gradients' graph uses the same nodes
    root.backward(create_graph=True)
    recorded = [node.grad for node in order]
    assert all(isinstance(gradient, Value) for gradient in recorded)
    assert [bits(gradient.data) for gradient in recorded] == [bits(gradient) for gradient in plain]


@pytest.mark.parametrize("name", NAMES)
def test_create_graph_agrees_bit_for_bit_on_each_primitive(name: str) -> None:
    rng = random.Random(name)
    for _ in range(50):
        at = [rng.uniform(-2, 2) for _ in range(3)]
        plain, recorded = [list(map(Value, at)) for _ in range(2)]
        out = apply(name, *plain)
        out.backward()
        apply(name, *recorded).backward(create_graph=True)
        # a leaf that nothing reaches is not part of the graph, and keeps its 0.0
        assert [bits(float(leaf.grad)) for leaf in recorded] == [bits(leaf.grad) for leaf in plain], at


EDGES = (0.0, -0.0, 1.0, -2.0, 0.5, -2.5, 5e-324, 1e300, -800.0, math.inf, -math.inf, math.nan)


def at_edges(name: str) -> Iterator[tuple[list[Value], Value]]:
    """Results at edge numbers, with their leaves: a Value for each operand, and plain numbers beside one."""
    width = len(TABLE[name].operands)
    for numbers in itertools.product(EDGES, repeat=width):
        for leaf in [{0}] if width == 1 else [{0}, {1}, {0, 1}]:
            operands = [Value(number) if place in leaf else number for place, number in enumerate(numbers)]
            yield [x for x in operands if isinstance(x, Value)], getattr(autograd, name)(*operands)


FEW_OPERANDS = [name for name in NAMES if len(TABLE[name].operands) <= 2 and not TABLE[name].nary]


@pytest.mark.parametrize("name", FEW_OPERANDS)
def test_at_edges_and_beside_plain_numbers_create_graph_gives_what_backward_gives(name: str) -> None:
    for leaves, root in at_edges(name):
        root.backward()
        plain = [leaf.grad for leaf in leaves]
        for leaf in leaves:
            leaf.zero_grad()
        root.backward(create_graph=True)
        recorded = [leaf.grad.data for leaf in leaves]
        assert all(a == b or (a != a and b != b) for a, b in zip(plain, recorded, strict=True)), (root, plain, recorded)


@pytest.mark.parametrize("name", FEW_OPERANDS)
def test_where_all_is_finite_there_is_no_anomaly_in_recorded_derivatives_either(name: str) -> None:
    for leaves, root in at_edges(name):
        root.backward()
        if all(map(math.isfinite, (root.data, *[leaf.grad for leaf in leaves]))):
            with autograd.detect_anomaly():
                root.backward(create_graph=True)


def test_a_quotient_by_the_number_zero_may_be_differentiated_twice() -> None:
    assert grad(lambda x: x / 0.0)(2.0) == math.inf
    assert grad(grad(lambda x: x / 0.0))(2.0) == 0.0
    x = Value(2.0)
    (x / 0.0).backward(create_graph=True)
    assert x.grad.data == math.inf


def test_results_start_from_zero_each_time_and_leaves_add_up() -> None:
    x = Value(3.0)
    inner = x * x
    root = inner * 2.0
    for times in (1, 2):
        root.backward(create_graph=True)
        assert (inner.grad.data, root.grad.data, x.grad.data) == (2.0, 1.0, times * 12.0)


def test_a_zero_that_depends_on_the_leaves_is_sent_on() -> None:
    x, y = Value(1.0), Value(0.0)
    ((x * x) * y).backward(create_graph=True)
    slope, x.grad, y.grad = x.grad, 0.0, 0.0
    slope.backward()
    assert slope.data == 0.0
    assert (x.grad, y.grad) == (0.0, 2.0)
    assert hessian(lambda v: (v[0] * v[0]) * v[1])([1.0, 0.0]) == [[0.0, 2.0], [2.0, 0.0]]


THIRD: dict[str, tuple[Callable[[Any], Any], list[float]]] = {
    name: (f, points)
    for names, points in (
        ("exp expm1 sin cos tan atan sinh cosh tanh asinh erf erfc", [-1.3, 0.0, 0.4, 2.1]),
        ("log log1p sqrt", [0.3, 1.7, 9.0]),
        ("asin acos atanh", [-0.6, 0.0, 0.8]),
        ("acosh", [1.2, 3.0]),
        ("abs sign", [-2.0, 3.0]),
    )
    for name in names.split()
    for f in [getattr(mpmath, {"abs": "fabs"}.get(name, name))]
}
THIRD.update({
    "neg": (lambda x: -x, [1.3]),
    "sigmoid": (lambda x: 1 / (1 + mpmath.exp(-x)), [-2.0, 0.0, 1.5, 30.0]),
    "softplus": (lambda x: mpmath.log(1 + mpmath.exp(x)), [-2.0, 0.0, 1.5]),
    "gelu": (lambda x: x * mpmath.ncdf(x), [-2.0, 0.0, 1.5]),
    "silu": (lambda x: x / (1 + mpmath.exp(-x)), [-2.0, 0.0, 1.5]),
    "relu": (lambda x: max(x, mpmath.mpf(0)), [-2.0, 1.5]),
    "step": (lambda x: mpmath.mpf(x > 0), [-2.0, 1.5]),
    "leaky_relu": (lambda x: x if x > 0 else x / 100, [-2.0, 1.5]),
    "elu": (lambda x: x if x > 0 else mpmath.exp(x) - 1, [-2.0, 1.5]),
    "clamp": (lambda x: x, [0.7]),
})  # fmt: skip


@pytest.mark.parametrize("name", sorted(THIRD))
def test_third_derivative_of_each_unary_primitive(name: str) -> None:
    oracle, points = THIRD[name]
    f = getattr(autograd, name)
    for x in points:
        with mpmath.workdps(60):
            wanted = float(mpmath.diff(oracle, mpmath.mpf(x), 3))
            size = max(abs(float(mpmath.diff(oracle, mpmath.mpf(x), n))) for n in range(4))
        found = grad(grad(grad(f)))(x)
        assert abs(found - (0.0 if name == "leaky_relu" else wanted)) <= 1e-12 * (1 + size), x


def test_every_unary_primitive_has_its_third_derivative_checked() -> None:
    assert {name for name in NAMES if TABLE[name].operands[0] == "x" and (TABLE[name].method or name == "neg")} - set(
        THIRD
    ) == {"add", "sub", "mul", "div", "mod", "floor_divide", "pow", "hypot", "maximum", "minimum"}


@pytest.mark.parametrize("x", [0.0, -2.0, 1.5])
@pytest.mark.parametrize("exponent", [0, 1, 2, 3, 4, 5])
def test_powers_with_whole_exponents_to_any_order(x: float, exponent: int) -> None:
    f: Any = lambda x: x**exponent  # noqa: E731
    coefficient = 1.0
    for order in range(7):
        left = exponent - order
        wanted = coefficient * (x**left if left >= 0 else 0.0)
        found = f(x)
        assert near(found, wanted, wanted)
        f, coefficient = grad(f), coefficient * left


def test_mixed_partials_of_the_binary_primitives_commute() -> None:
    for name in ("mul", "div", "pow", "atan2", "hypot"):
        f = getattr(autograd, name)
        table = hessian(lambda v, f=f: f(v[0], v[1]))([0.7, 1.9])  # type: ignore[misc]
        assert near(table[0][1], table[1][0])
        with mpmath.workdps(40):
            oracle = {"mul": lambda x, y: x * y, "div": lambda x, y: x / y, "pow": mpmath.power}.get(name) or getattr(
                mpmath, name
            )
            for (i, j), order in (((0, 0), (2, 0)), ((0, 1), (1, 1)), ((1, 1), (0, 2))):
                wanted = float(mpmath.diff(oracle, (mpmath.mpf(0.7), mpmath.mpf(1.9)), order))
                assert near(table[i][j], wanted, wanted)
