"""Transformations of functions: nesting without confusion, structures in and out, forward against reverse."""

from __future__ import annotations

import math
from collections import namedtuple
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd
from autograd import Value, grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp

number = st.floats(-3, 3, allow_subnormal=False)


def near(found: float, wanted: float, terms: float = 1.0) -> bool:
    return abs(found - wanted) <= 1e-12 * (1.0 + abs(terms))


def test_an_inner_derivative_does_not_see_the_outer_variable() -> None:
    assert grad(lambda x: x * grad(lambda y: x + y)(2.0))(1.0) == 1.0
    assert grad(lambda x: x * grad(lambda y: x * y)(2.0))(3.0) == 6.0
    assert grad(lambda x: grad(lambda y: x * x * y * y)(x))(2.0) == 6 * 4.0


def test_forward_within_reverse_and_reverse_within_forward_are_not_confused() -> None:
    assert grad(lambda x: x * jvp(lambda y: x + y, 2.0, 1.0)[1])(1.0) == 1.0
    assert jvp(lambda x: x * grad(lambda y: x + y)(2.0), 1.0, 1.0)[1] == 1.0
    assert jvp(lambda x: x * jvp(lambda y: x * y, 2.0, 1.0)[1], 3.0, 1.0)[1] == 6.0


def test_a_derivative_taken_with_respect_to_a_captured_value_is_that_of_the_argument_alone() -> None:
    x = Value(3.0)
    assert float(grad(lambda y: x * y)(x)) == 3.0
    slope = grad(lambda y: x * y * y)(x)  # 2·x·x, of which half came by the argument
    slope.backward()
    assert (slope.data, x.grad) == (18.0, 12.0)


def test_no_grad_field_is_ever_touched() -> None:
    x = Value(2.0)
    x.grad = 7.0
    for use in (grad, hessian, jacobian, value_and_grad):
        use(lambda y: x * y * y)(x)
    jvp(lambda y: x * y, (x,), (1.0,))
    vjp(lambda y: x * y, x)[1](1.0)
    assert x.grad == 7.0


def test_a_linear_function_of_a_value_has_a_value_as_derivative() -> None:
    slope = grad(lambda x: 3 * x)(Value(2.0))
    assert isinstance(slope, Value)
    assert slope.data == 3.0


def test_what_came_before_the_argument_need_not_be_differentiable_twice() -> None:
    a = Value(3.0)
    by_hand = Value(9.0, (a,), "by hand")
    assert float(grad(lambda x: x * x)(by_hand)) == 18.0
    assert grad(lambda x: x * by_hand)(2.0) == 9.0
    assert jvp(lambda x: x * by_hand, 2.0, 1.0)[1] == 9.0


def test_derivatives_are_taken_even_within_no_grad() -> None:
    with autograd.no_grad():
        assert grad(lambda x: x * x)(3.0) == 6.0
        assert float(grad(lambda x: x * x)(Value(3.0))) == 6.0
        assert hessian(lambda x: x**3)(2.0) == 12.0
        assert jvp(lambda x: x * x, 3.0, 1.0)[1] == 6.0


# structures ---------------------------------------------------------------------------------------------------------

Point = namedtuple("Point", "x y")


def test_gradients_come_in_the_structure_of_the_argument() -> None:
    def f(p: Any) -> Any:
        return p["w"][0] * p["w"][1] + p["at"].x * p["at"].y ** 2 + p["pair"][0] + 0 * p["pair"][1][0]

    at = {"w": [2.0, 3.0], "at": Point(5.0, 1.0), "pair": (1.0, [4])}
    found = grad(f)(at)
    assert found == {"w": [3.0, 2.0], "at": Point(1.0, 10.0), "pair": (1.0, [0.0])}
    assert type(found["at"]) is Point
    assert type(found["pair"]) is tuple


def test_several_arguments_give_a_tuple() -> None:
    f = lambda x, y, scale=1.0: scale * x * y[0]  # noqa: E731
    assert grad(f, argnums=(0, 1))(2.0, [5.0], scale=3.0) == (15.0, [6.0])
    assert grad(f, argnums=1)(2.0, [5.0]) == [2.0]
    assert grad(f, argnums=-1)(2.0, [5.0]) == [2.0]
    assert value_and_grad(f, argnums=(1,))(2.0, [5.0]) == (10.0, ([2.0],))


def test_jacobian_has_the_output_s_structure_outside() -> None:
    found = jacobian(lambda v: {"sum": v[0] + v[1], "products": (v[0] * v[1], 7.0)})([2.0, 3.0])
    assert found == {"sum": [1.0, 1.0], "products": ([3.0, 2.0], [0.0, 0.0])}


def test_a_hessian_over_several_arguments_names_the_first_derivative_first() -> None:
    f = lambda x, y: x[0] * x[1] * y[0] * y[1] * y[2]  # noqa: E731
    found = hessian(f, argnums=(0, 1))([2.0, 1.0], [3.0, 4.0, 5.0])
    assert found[0][1] == [[20.0, 15.0, 12.0], [40.0, 30.0, 24.0]]
    assert found[1][0] == [list(column) for column in zip(*found[0][1], strict=True)]


def test_what_the_result_does_not_depend_on_has_derivative_zero() -> None:
    assert grad(lambda x: 5.0)([1.0, 2.0]) == [0.0, 0.0]
    assert jvp(lambda x: 5.0, 1.0, 1.0) == (5.0, 0.0)
    assert hessian(lambda x: 3 * x[0] + x[1])([1.0, 2.0]) == [[0.0, 0.0], [0.0, 0.0]]


vector = st.lists(number, min_size=3, max_size=3)


def field(v: Any) -> list[Any]:
    return [autograd.sin(v[0] * v[1]), autograd.tanh(v[2]) * v[0], autograd.logsumexp(v)]


@given(vector, vector, vector)
def test_forward_and_reverse_sweeps_agree(at: list[float], along: list[float], back: list[float]) -> None:
    value, forward = jvp(field, at, along)
    again, pull = vjp(field, at)
    (reverse,) = pull(back)
    assert value == again
    left = sum(b * f for b, f in zip(back, forward, strict=True))
    right = sum(r * a for r, a in zip(reverse, along, strict=True))
    assert near(left, right, 100.0)
    for row, entry in zip(jacobian(field)(at), forward, strict=True):
        assert near(sum(j * a for j, a in zip(row, along, strict=True)), entry, 100.0)


@given(vector, vector)
def test_hvp_is_the_hessian_times_the_vector(at: list[float], along: list[float]) -> None:
    f = lambda v: autograd.prod(v) * autograd.sin(v[0]) + v[1] ** 4  # noqa: E731
    table = hessian(f)(at)
    for row, entry in zip(table, hvp(f, at, along), strict=True):
        assert near(sum(h * a for h, a in zip(row, along, strict=True)), entry, 1000.0)


def test_hvp_over_several_arguments() -> None:
    assert hvp(lambda x, y: x * x * y, (2.0, 5.0), (1.0, 0.0)) == (10.0, 4.0)


def test_a_pull_back_may_be_differentiated_again() -> None:
    def slope(x: Any) -> Any:
        return vjp(lambda y: y**3, x)[1](1.0)[0]

    assert grad(slope)(2.0) == 12.0


def test_differentiating_a_pull_back_once_changes_nothing_about_it() -> None:
    _, pull = vjp(lambda x: x**3, 2.0)
    assert grad(lambda v: pull(v)[0])(1.0) == 12.0
    (slope,) = pull(1.0)
    assert type(slope) is float
    assert slope == 12.0


@pytest.mark.parametrize(
    "f", [lambda x: autograd.where(x < 0, x, -1.0).sqrt(), lambda x: (autograd.greater(x, 0.0) - 1.0).sqrt()]
)
def test_a_nan_that_meets_a_slope_of_zero_is_a_nan_at_each_order(f: Callable[[Any], Any]) -> None:
    once = grad(f)(2.0)
    again, _ = value_and_grad(lambda x: grad(f)(x))(2.0)
    _, pushed = jvp(f, 2.0, 1.0)
    pushed_again, _ = jvp(lambda x: jvp(f, x, 1.0)[1], 2.0, 1.0)
    x = Value(2.0)
    f(x).backward(create_graph=True)
    assert [math.isnan(slope) for slope in (once, again, pushed, pushed_again, x.grad.data)] == [True] * 5


@pytest.mark.parametrize(
    "f",
    [
        lambda x: autograd.where(x > 0, x.log(), 0.0),
        lambda x: autograd.where(autograd.greater(x, 0.0), x.log(), 0.0),
        lambda x: x.log().clamp(-1.0, 1.0),
        lambda x: 3.0 * autograd.maximum(x.sqrt(), 1.0),
    ],
)
def test_a_slope_that_is_infinite_counts_for_nothing_where_a_slope_of_zero_follows(f: Callable[[Any], Any]) -> None:
    once = grad(f)(0.0)
    again, _ = value_and_grad(lambda x: grad(f)(x))(0.0)
    _, pushed = jvp(f, 0.0, 1.0)
    pushed_again, _ = jvp(lambda x: jvp(f, x, 1.0)[1], 0.0, 1.0)
    pushed_back, _ = jvp(grad(f), 0.0, 1.0)
    assert [once, again, pushed, pushed_again, pushed_back] == [0.0] * 5


def test_along_a_direction_of_zero_an_infinite_slope_is_none() -> None:
    assert jvp(lambda x, y: x + autograd.sqrt(y), (1.0, 0.0), (1.0, 0.0)) == (1.0, 1.0)
    assert jvp(lambda x, y: x + autograd.sqrt(y), (1.0, 0.0), (0.0, 1.0)) == (1.0, math.inf)
    assert jvp(lambda x, y: x + autograd.sqrt(y), (1.0, 0.0), (Value(1.0), Value(0.0)))[1].data == 1.0
    curvature = hvp(lambda p: p[0] ** 2 + p[1] ** 1.5, [1.0, 0.0], [Value(1.0), Value(0.0)])
    assert [entry.data for entry in curvature] == [2.0, 0.0]
    assert jvp(lambda v: jvp(lambda p: p[0] + autograd.sqrt(p[1]), [1.0, 0.0], v)[1], [1.0, 0.0], [1.0, 0.0]) == (1, 1)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: grad(Value(1.0)), "loss.backward()"),
        (lambda: grad(lambda x: [x, x])(1.0), "jacobian"),
        (lambda: grad(lambda x: x)("1"), "numbers, lists, tuples and dicts"),
        (lambda: grad(lambda x: x)({1.0, 2.0}), "got set"),
        (lambda: grad(lambda x: None)(1.0), "one number"),
    ],
)
def test_what_is_no_function_of_numbers_is_refused_with_a_way_out(call: Callable[[], Any], says: str) -> None:
    with pytest.raises(autograd.StructureError, match=says.replace("(", r"\(").replace(")", r"\)")):
        call()


def test_pytorch_s_grad_of_a_loss_shows_both_right_ways() -> None:
    x = Value(2.0)
    with pytest.raises(autograd.StructureError, match=r"autograd\.grad\(f\)\(x\).*loss\.backward\(\)"):
        grad(x * x, [x])  # type: ignore[arg-type]


def test_an_argument_that_is_not_there_and_a_direction_of_another_shape_are_named() -> None:
    with pytest.raises(autograd.LengthError, match="argument 2"):
        grad(lambda x: x, argnums=2)(1.0)
    with pytest.raises(autograd.LengthError, match="tangent"):
        jvp(lambda x: x[0], [1.0, 2.0], [1.0])
    with pytest.raises(autograd.StructureError, match="a cotangent has the structure of the output: here, a number"):
        vjp(lambda x: x, 1.0)[1]([1.0, 2.0])
    with pytest.raises(autograd.StructureError, match=r"here, a dict of the keys \['w', 'b'\]; got one of \['w'\]"):
        jvp(lambda p: p["w"] * p["b"], {"w": 1.0, "b": 2.0}, {"w": 1.0})
    with pytest.raises(autograd.StructureError, match="here, a list of 2; got float"):
        jvp(lambda a, b: a[0] * b, ([1.0, 2.0], 3.0), (1.0, [2.0, 3.0]))
    with pytest.raises(autograd.StructureError, match="names an argument twice"):
        grad(lambda x, y: x * y, argnums=(1, -1))(1.0, 2.0)


def test_a_direction_meets_its_primal_by_key() -> None:
    point, direction = {"w": 1.0, "b": 2.0}, {"b": 1.0, "w": 0.0}
    assert jvp(lambda p: p["w"] * 10 + p["b"], point, direction) == (12.0, 1.0)
    assert hvp(lambda p: p["w"] ** 2 * 10 + p["b"] ** 2, point, direction) == {"w": 0.0, "b": 2.0}
    assert vjp(lambda x: {"a": x, "b": 3 * x}, 1.0)[1]({"b": 1.0, "a": 0.0}) == (3.0,)


@pytest.mark.parametrize("argnums", ["x", 1.0, None, (0, "x")])
def test_an_argument_is_named_by_its_position(argnums: Any) -> None:
    with pytest.raises(autograd.StructureError, match="argnums is the position"):
        grad(lambda x, y: x * y, argnums=argnums)(1.0, 2.0)
