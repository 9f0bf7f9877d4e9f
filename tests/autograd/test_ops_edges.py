"""What the primitives do at their edges: inf, NaN, kinks and ties, through functions, methods and operators.

Each row names a primitive, its operands, its value and its partials, and is tried with every operand a Value, with one
Value among numbers (the reflected operators), and over numbers alone. None stands for what is left open.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from typing import Any

import pytest

import autograd
from autograd import TABLE, Op, Value

inf, nan = math.inf, math.nan


def flat(args: Sequence[Any]) -> list[Any]:
    return [x for arg in args for x in (arg if isinstance(arg, list) else [arg])]


def shaped(args: Sequence[Any], numbers: Sequence[Any]) -> list[Any]:
    supply = iter(numbers)
    return [[next(supply) for _ in arg] if isinstance(arg, list) else next(supply) for arg in args]


def partials_of(out: Value, leaves: Sequence[Value]) -> list[float]:
    """The partials in the order of the operands; every operand is a Value of its own."""
    assert list(out.parents) == list(leaves)
    return list(out.partials)


H = 0.5
EDGES: list[tuple[str, tuple[Any, ...], float, tuple[Any, ...]]] = [
    # kinks: subgradient of least norm
    ("relu", (0.0,), 0.0, (0.0,)), ("relu", (-0.0,), 0.0, (0.0,)),
    ("abs", (0.0,), 0.0, (0.0,)), ("sign", (0.0,), 0.0, (0.0,)), ("step", (0.0,), 0.0, (0.0,)),
    ("hypot", (0.0, 0.0), 0.0, (0.0, 0.0)),
    ("leaky_relu", (0.0, 0.01), 0.0, (0.01, 0.0)), ("leaky_relu", (0.0, 0.3), 0.0, (0.3, 0.0)),
    ("clamp", (-1.0, -1.0, 2.0), -1.0, (1.0, 0.0, 0.0)), ("clamp", (2.0, -1.0, 2.0), 2.0, (1.0, 0.0, 0.0)),
    ("clamp", (-3.0, -1.0, 2.0), -1.0, (0.0, 1.0, 0.0)), ("clamp", (3.0, -1.0, 2.0), 2.0, (0.0, 0.0, 1.0)),
    ("clamp", (0.0, 5.0, 2.0), 2.0, (0.0, 0.0, 1.0)),
    ("elu", (0.0, 2.0), 0.0, (2.0, 0.0)),
    # ties
    ("maximum", (3.0, 3.0), 3.0, (H, H)), ("minimum", (3.0, 3.0), 3.0, (H, H)),
    ("max", ([1.0, 1.0],), 1.0, (H, H)), ("min", ([1.0, 1.0],), 1.0, (H, H)),
    ("max", ([2.0, 2.0, 1.0, 2.0],), 2.0, (1 / 3, 1 / 3, 0.0, 1 / 3)),
    ("min", ([2.0, 2.0, 4.0, 2.0],), 2.0, (1 / 3, 1 / 3, 0.0, 1 / 3)),
    ("maximum", (inf, inf), inf, (H, H)), ("max", ([-inf, -inf],), -inf, (H, H)),
    # a NaN is never hidden
    ("relu", (nan,), nan, (nan,)), ("abs", (nan,), nan, (nan,)), ("sign", (nan,), nan, (nan,)),
    ("step", (nan,), nan, (nan,)), ("leaky_relu", (nan, 0.01), nan, (nan, nan)), ("elu", (nan, 1.0), nan, (nan, nan)),
    ("clamp", (nan, 0.0, 1.0), nan, (nan, nan, nan)), ("clamp", (0.5, nan, 1.0), nan, (nan, nan, nan)),
    ("clamp", (0.5, 0.0, nan), nan, (nan, nan, nan)), ("clamp", (5.0, 0.0, nan), nan, (nan, nan, nan)),
    ("maximum", (nan, 1.0), nan, (nan, nan)), ("maximum", (1.0, nan), nan, (nan, nan)),
    ("minimum", (nan, 1.0), nan, (nan, nan)), ("minimum", (1.0, nan), nan, (nan, nan)),
    ("max", ([1.0, nan, 2.0],), nan, (nan, nan, nan)), ("min", ([1.0, nan, 2.0],), nan, (nan, nan, nan)),
    ("where", (nan, 1.0, 2.0), nan, (nan, nan, nan)),
    ("hypot", (inf, nan), nan, (nan, nan)), ("pow", (nan, 0.0), nan, (None, nan)), ("pow", (1.0, nan), nan, (nan, nan)),
    ("sqrt", (nan,), nan, (nan,)), ("log", (nan,), nan, (nan,)), ("tanh", (nan,), nan, (nan,)),
    ("sigmoid", (nan,), nan, (nan,)), ("softplus", (nan,), nan, (nan,)), ("gelu", (nan,), nan, (nan,)),
    ("silu", (nan,), nan, (nan,)), ("exp", (nan,), nan, (nan,)), ("atanh", (nan,), nan, (nan,)),
    ("add", (nan, 1.0), nan, (1.0, 1.0)), ("mul", (nan, 2.0), nan, (2.0, nan)), ("sum", ([nan, 1.0],), nan, (1.0, 1.0)),
    ("logsumexp", ([nan, 1.0],), nan, (nan, nan)), ("prod", ([nan, 2.0],), nan, (2.0, nan)),
    ("mean", ([nan, 2.0],), nan, (H, H)), ("dot", ([nan], [2.0], 1.0), nan, (2.0, nan, 1.0)),
    # powers
    ("pow", (0.0, 0.0), 1.0, (0.0, 0.0)), ("pow", (5.0, 0.0), 1.0, (0.0, math.log(5.0))),
    ("pow", (-5.0, 0.0), 1.0, (0.0, nan)),
    ("pow", (inf, 0.0), 1.0, (0.0, inf)),
    ("pow", (-8.0, 1 / 3), nan, (nan, nan)), ("pow", (-2.0, 3.0), -8.0, (12.0, nan)),
    ("pow", (-2.0, -1.0), -0.5, (-0.25, nan)),
    ("pow", (0.0, 2.0), 0.0, (0.0, 0.0)), ("pow", (0.0, 1.0), 0.0, (1.0, 0.0)), ("pow", (0.0, 0.5), 0.0, (inf, 0.0)),
    ("pow", (0.0, -1.0), inf, (-inf, -inf)), ("pow", (-0.0, -1.0), -inf, (-inf, None)),
    ("pow", (10.0, 400.0), inf, (inf, inf)),
    ("pow", (-10.0, 401.0), -inf, (inf, nan)),
    # logarithms and roots
    ("log", (0.0,), -inf, (inf,)), ("log", (-1.0,), nan, (nan,)), ("log", (inf,), inf, (0.0,)),
    ("log1p", (-1.0,), -inf, (inf,)), ("log1p", (-2.0,), nan, (nan,)),
    ("sqrt", (0.0,), 0.0, (inf,)), ("sqrt", (-1.0,), nan, (nan,)),
    ("asin", (1.0,), math.pi / 2, (inf,)), ("asin", (2.0,), nan, (nan,)), ("acos", (1.0,), 0.0, (-inf,)),
    ("acos", (-2.0,), nan, (nan,)), ("acosh", (1.0,), 0.0, (inf,)), ("acosh", (0.5,), nan, (nan,)),
    ("atanh", (1.0,), inf, (inf,)), ("atanh", (-1.0,), -inf, (inf,)), ("atanh", (2.0,), nan, (nan,)),
    ("sin", (inf,), nan, (nan,)), ("cos", (-inf,), nan, (nan,)), ("tan", (inf,), nan, (nan,)),
    # division
    ("div", (1.0, 0.0), inf, (inf, -inf)), ("div", (-1.0, 0.0), -inf, (inf, inf)),
    ("div", (1.0, -0.0), -inf, (-inf, -inf)),
    ("div", (0.0, 0.0), nan, (inf, nan)), ("mod", (5.0, 3.0), 2.0, (1.0, -1.0)), ("mod", (-5.0, 3.0), 1.0, (1.0, 2.0)),
    ("mod", (5.0, -3.0), -1.0, (1.0, 2.0)), ("mod", (5.0, 0.0), nan, (1.0, nan)),
    ("floor_divide", (-5.0, 3.0), -2.0, (0.0, 0.0)), ("floor_divide", (5.0, 0.0), nan, (0.0, 0.0)),
    # tails
    ("exp", (1000.0,), inf, (inf,)), ("exp", (-1000.0,), 0.0, (0.0,)), ("expm1", (1000.0,), inf, (inf,)),
    ("expm1", (-1000.0,), -1.0, (0.0,)), ("sinh", (-1000.0,), -inf, (inf,)), ("cosh", (-1000.0,), inf, (-inf,)),
    ("tanh", (1000.0,), 1.0, (0.0,)), ("tanh", (-1000.0,), -1.0, (0.0,)), ("tanh", (inf,), 1.0, (0.0,)),
    ("sigmoid", (1000.0,), 1.0, (0.0,)), ("sigmoid", (-1000.0,), 0.0, (0.0,)), ("sigmoid", (-inf,), 0.0, (0.0,)),
    ("softplus", (1000.0,), 1000.0, (1.0,)), ("softplus", (-1000.0,), 0.0, (0.0,)), ("softplus", (inf,), inf, (1.0,)),
    ("logsumexp", ([1000.0, 1000.0],), 1000.0 + math.log(2), (None, None)),
    ("logsumexp", ([-1000.0, -1000.0],), -1000.0 + math.log(2), (None, None)),
    ("logsumexp", ([1e5, 0.0],), 1e5, (1.0, 0.0)), ("logsumexp", ([7.0],), 7.0, (1.0,)),
    ("erf", (30.0,), 1.0, (0.0,)), ("erfc", (30.0,), 0.0, (-0.0,)), ("gelu", (-100.0,), 0.0, (0.0,)),
    ("silu", (-1000.0,), 0.0, (0.0,)),
    # angles
    ("atan2", (0.0, 0.0), 0.0, (nan, nan)), ("atan2", (1e-200, 1e-200), math.pi / 4, (5e199, -5e199)),
    ("atan2", (1e200, 1e200), math.pi / 4, (5e-201, -5e-201)), ("hypot", (3e200, 4e200), 5e200, (0.6, 0.8)),
    ("hypot", (3e-200, 4e-200), 5e-200, (0.6, 0.8)),
    # choices
    ("where", (1.0, 7.0, 9.0), 7.0, (0.0, 1.0, 0.0)), ("where", (0.0, 7.0, 9.0), 9.0, (0.0, 0.0, 1.0)),
    ("where", (-2.0, 7.0, 9.0), 7.0, (0.0, 1.0, 0.0)), ("where", (1.0, 7.0, nan), 7.0, (0.0, 1.0, 0.0)),
    ("where", (0.0, nan, 9.0), 9.0, (0.0, 0.0, 1.0)),
    ("greater", (1.0, 1.0), 0.0, (0.0, 0.0)), ("greater_equal", (1.0, 1.0), 1.0, (0.0, 0.0)),
    ("greater", (nan, 1.0), 0.0, (0.0, 0.0)),
    ("less", (0.0, 1.0), 1.0, (0.0, 0.0)), ("less_equal", (nan, nan), 0.0, (0.0, 0.0)),
    ("equal", (nan, nan), 0.0, (0.0, 0.0)),
    ("equal", (0.0, -0.0), 1.0, (0.0, 0.0)), ("not_equal", (nan, nan), 1.0, (0.0, 0.0)),
    # products with zeros, and empty lists
    ("prod", ([0.0, 2.0, 3.0],), 0.0, (6.0, 0.0, 0.0)), ("prod", ([0.0, 0.0, 3.0],), 0.0, (0.0, 0.0, 0.0)),
    ("dot", ([], [], 4.0), 4.0, (1.0,)),
]  # fmt: skip


def same(found: float, wanted: float | None) -> bool:
    """Equal, to the last ulps; NaN is NaN; None stands for what DESIGN leaves open."""
    if wanted is None:
        return True
    if wanted != wanted:
        return found != found
    return found == wanted or math.isclose(found, wanted, rel_tol=1e-15, abs_tol=0.0)


def forms(op: Op, args: tuple[Any, ...]) -> list[tuple[str, Callable[..., Any]]]:
    """The ways to write a primitive: function, method, operator."""
    ways: list[tuple[str, Callable[..., Any]]] = [("function", getattr(autograd, op.name))]
    if op.method and hasattr(Value, op.name):
        ways.append(("method", lambda x, *rest: getattr(x, op.name)(*rest)))
    if op.dunders:
        ways.append(("operator", OPERATORS[op.name]))
    return ways


OPERATORS: dict[str, Callable[..., Any]] = {
    "add": operator.add, "sub": operator.sub, "mul": operator.mul, "div": operator.truediv, "mod": operator.mod,
    "floor_divide": operator.floordiv, "neg": operator.neg, "pow": operator.pow, "abs": operator.abs,
}  # fmt: skip

EDGE_IDS = [f"{name}{args}" for name, args, _, _ in EDGES]


@pytest.mark.parametrize(("name", "args", "value", "partials"), EDGES, ids=EDGE_IDS)
def test_edge_with_every_operand_a_value(
    name: str, args: tuple[Any, ...], value: float, partials: tuple[float | None, ...]
) -> None:
    for way, call in forms(TABLE[name], args):
        leaves = [Value(x) for x in flat(args)]
        out = call(*shaped(args, leaves))
        assert same(out.data, value), f"{way}: {out.data} instead of {value}"
        found = partials_of(out, leaves)
        assert all(map(same, found, partials)), f"{way}: {found} instead of {partials}"


@pytest.mark.parametrize(("name", "args", "value", "partials"), EDGES, ids=EDGE_IDS)
def test_edge_with_one_operand_a_value_and_numbers_for_the_others(
    name: str, args: tuple[Any, ...], value: float, partials: tuple[float | None, ...]
) -> None:
    """`2 / v` and `v / 2`: plain numbers make no node, and take the reflected operator where they come first."""
    for way, call in forms(TABLE[name], args):
        for k in range(len(partials)):
            numbers: list[Any] = flat(args)
            numbers[k] = leaf = Value(numbers[k])
            given = shaped(args, numbers)
            if way == "method" and not isinstance(given[0], Value):
                continue
            out = call(*given)
            assert same(out.data, value), f"{way}, operand {k}: {out.data} instead of {value}"
            assert out.parents == (leaf,)
            assert same(out.partials[0], partials[k]), f"{way}: {out.partials[0]} instead of {partials[k]}"


@pytest.mark.parametrize(("name", "args", "value"), [edge[:3] for edge in EDGES], ids=EDGE_IDS)
def test_edge_over_numbers_alone_gives_a_float(name: str, args: tuple[Any, ...], value: float) -> None:
    found = getattr(autograd, name)(*args)
    assert type(found) is float
    assert same(found, value)


def test_a_choice_keeps_an_infinite_partial_out_of_the_gradient() -> None:
    for condition in (lambda x: x > 0, lambda x: autograd.greater(x, 0)):
        x = Value(0.0)
        autograd.where(condition(x), autograd.log(x), 0).backward()
        assert x.grad == 0.0


def test_no_operation_raises_or_turns_complex_on_any_pair_of_extreme_floats() -> None:
    extremes = [
        0.0,
        -0.0,
        1.0,
        -1.0,
        0.5,
        -2.5,
        3.0,
        inf,
        -inf,
        nan,
        1.7e308,
        -1.7e308,
        5e-324,
        -5e-324,
        1000.0,
        -1000.0,
    ]
    for name, op in TABLE.items():
        function = getattr(autograd, name, None)
        if function is None:  # a row that another test has added
            continue
        if any(operand in ("xs", "ws") for operand in op.operands):
            for x in extremes:
                for y in extremes:
                    args = ([Value(x), y], [y, Value(x)], Value(x)) if name == "dot" else ([Value(x), y, Value(y)],)
                    assert type(function(*args).data) is float
            continue
        for x in extremes:
            for y in extremes if len(op.operands) > 1 else [0.0]:
                args = (x, y, 1.0)[: len(op.operands)]
                out = function(*map(Value, args))
                assert type(out.data) is float
                assert all(type(partial) is float for partial in out.partials)
                assert same(function(*args), out.data)
                out.backward()


def test_operands_left_out_take_their_defaults() -> None:
    x = Value(-2.0)
    assert autograd.leaky_relu(x).data == -0.02
    assert x.leaky_relu(negative_slope=0.5).data == -1.0
    assert autograd.elu(x).data == math.expm1(-2.0)
    assert autograd.clamp(x, hi=-3).data == -3.0
    assert autograd.clamp(x, lo=-1).data == -1.0
    assert autograd.dot([x], [3.0]).data == -6.0


def test_max_and_min_take_one_iterable_or_several_operands() -> None:
    a, b = Value(1.0), Value(2.0)
    assert autograd.max(a, b).data == autograd.max([a, b]).data == autograd.max(v for v in (a, b)).data == 2.0
    assert autograd.min(a, 0.5).data == 0.5
    assert autograd.max(a).data == 1.0


@pytest.mark.parametrize("x", [1e3, -1e3, 1e5])
def test_softmax_of_large_operands_is_right_to_the_rounding_of_the_sum(x: float) -> None:
    out = autograd.logsumexp([Value(x), Value(x)])
    assert out.partials == pytest.approx((0.5, 0.5), rel=math.ulp(x))


def test_sums_of_nothing_are_neutral() -> None:
    assert (autograd.sum([]), autograd.prod([]), autograd.logsumexp([])) == (0.0, 1.0, -inf)


@pytest.mark.parametrize("name", ["max", "min", "mean"])
def test_what_has_no_value_over_nothing_says_so(name: str) -> None:
    with pytest.raises(autograd.LengthError, match="at least one"):
        getattr(autograd, name)([])


def test_dot_names_the_two_lengths_that_do_not_fit() -> None:
    with pytest.raises(autograd.LengthError, match="2 and 1"):
        autograd.dot([Value(1.0), 2.0], [3.0])


def test_one_node_holds_any_number_of_operands_and_plain_numbers_make_none() -> None:
    xs = [Value(float(k)) for k in range(100)]
    out = autograd.dot(xs, [2.0] * 100, 1.0)
    assert out.parents == tuple(xs)
    assert out.partials == (2.0,) * 100
    assert len(out.operands) == 201
    assert len(autograd.topological_order(out)) == 101


def test_the_same_node_may_stand_twice_among_the_operands() -> None:
    a = Value(3.0)
    assert (a * a).parents == (a, a)
    assert autograd.sum([a, a, 1.0]).parents == (a, a)


@pytest.mark.parametrize("x", [1e-310, -1e-310, 5e-324, 1e-200, 2.0, -2.0, 1e300, inf])
def test_a_power_of_zero_is_flat_everywhere(x: float) -> None:
    root = Value(x)
    (root**0).backward()
    assert root.grad == 0.0
    assert autograd.grad(autograd.grad(lambda x: x**1))(x) == 0.0
    assert autograd.grad(autograd.grad(autograd.grad(lambda x: x**2)))(x) == 0.0


def test_the_mixed_derivative_of_a_power_is_right_at_zero() -> None:
    by_both = autograd.hessian(lambda x, y: x**y, argnums=(0, 1))(2.0, 0.0)
    assert by_both == ((0.0, 0.5), (0.5, pytest.approx(math.log(2.0) ** 2)))


@pytest.mark.parametrize("name", ["log", "log1p", "atanh"])
def test_a_branch_that_is_not_taken_brings_no_nan_into_a_recorded_derivative(name: str) -> None:
    x = Value(0.5)
    with autograd.detect_anomaly():
        getattr(autograd, name)(x).backward(create_graph=True)
    assert all(math.isfinite(node.data) for node in autograd.topological_order(x.grad))


def test_a_recorded_power_of_zero_is_finite_inside() -> None:
    x, y = Value(0.0), Value(2.0)
    (x**y).backward(create_graph=True)
    assert all(math.isfinite(node.data) for node in autograd.topological_order(x.grad))
