"""Laws of differentiation, held for any numbers and for graphs of every primitive; and derivatives of any order.

Next: `test_value.py` for the one class behind it.
"""

from __future__ import annotations

import math
import random
import struct
import sys
from collections import namedtuple
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd
from autograd import TABLE, Value, grad, hessian, hvp, jacobian, jvp, topological_order, value_and_grad, vjp
from tests.requires import requires

mpmath = requires("mpmath")

number = st.floats(-3, 3, allow_subnormal=False)
UNARY: dict[str, Callable[[Any], Any]] = {
    "sin": autograd.sin, "tanh": autograd.tanh, "exp": autograd.exp, "softplus": autograd.softplus,
    "cube": lambda x: x**3, "rational": lambda x: 1 / (1 + x * x), "gelu": autograd.gelu, "sigmoid": autograd.sigmoid,
}  # fmt: skip
function = st.sampled_from(sorted(UNARY)).map(UNARY.__getitem__)


def near(found: float, wanted: float, terms: float = 1.0) -> bool:
    return abs(found - wanted) <= 1e-12 * (1.0 + abs(terms))


# laws of calculus --------------------------------------------------------------------------------------------------------


@given(function, function, number, number, number)
def test_linearity(f: Any, g: Any, a: float, b: float, x: float) -> None:
    df, dg = grad(f)(x), grad(g)(x)
    assert near(grad(lambda x: a * f(x) + b * g(x))(x), a * df + b * dg, abs(a * df) + abs(b * dg))


@given(function, function, number)
def test_sum_rule(f: Any, g: Any, x: float) -> None:
    df, dg = grad(f)(x), grad(g)(x)
    assert near(grad(lambda x: f(x) + g(x))(x), df + dg, abs(df) + abs(dg))


@given(function, function, number)
def test_product_rule(f: Any, g: Any, x: float) -> None:
    first, second = grad(f)(x) * g(x), f(x) * grad(g)(x)
    assert near(grad(lambda x: f(x) * g(x))(x), first + second, abs(first) + abs(second))


@given(function, function, number)
def test_chain_rule(f: Any, g: Any, x: float) -> None:
    inner = autograd.tanh(g(x))  # kept small, so that f does not overflow
    wanted = grad(f)(inner) * grad(lambda x: autograd.tanh(g(x)))(x)
    assert near(grad(lambda x: f(autograd.tanh(g(x))))(x), wanted, wanted)


@given(number)
def test_a_node_used_twice_gets_both_contributions(x: float) -> None:
    for build, wanted in ((lambda a: a * a, 2 * x), (lambda a: a + a, 2.0), (lambda a: a - a, 0.0)):
        a = Value(x)
        build(a).backward()
        assert a.grad == wanted


def test_a_second_backward_accumulates_on_leaves_as_in_micrograd() -> None:
    a = Value(3.0)
    cube = a**3
    cube.backward()
    assert a.grad == 27.0
    cube.backward()
    assert a.grad == 54.0


def test_a_second_backward_starts_interior_nodes_from_zero() -> None:
    a = Value(2.0)
    b = a * 3
    c = b * b
    c.backward()
    c.backward()
    assert (a.grad, b.grad, c.grad) == (72.0, 12.0, 1.0)


@given(st.lists(number, min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_gradients_do_not_depend_on_the_order_of_commuting_operands(xs: list[float], rng: random.Random) -> None:
    order = list(range(len(xs)))
    rng.shuffle(order)
    for f in (autograd.sum, autograd.prod, autograd.logsumexp, autograd.max, autograd.mean):
        plain = grad(f)(xs)
        shuffled = grad(f)([xs[k] for k in order])
        assert all(near(shuffled[place], plain[k], plain[k]) for place, k in enumerate(order))


@given(number)
def test_a_permutation_of_a_layer_s_neurons_permutes_its_gradients(x: float) -> None:
    weights = [0.3, -1.2, 0.7]

    def f(ws: list[Any]) -> Any:
        return autograd.sum([autograd.tanh(w * x) for w in ws])

    assert grad(f)(weights[::-1]) == grad(f)(weights)[::-1]


# linear time -------------------------------------------------------------------------------------------------------------


def diamonds(levels: int) -> tuple[Value, Value]:
    """Each level uses the one before twice: 2^levels paths, 3·levels nodes."""
    leaf = node = Value(1.0)
    for _ in range(levels):
        node = node * 0.5 + node * 0.5
    return leaf, node


def lines_run(work: Callable[[], Any]) -> int:
    count = 0

    def tracer(frame: Any, event: str, argument: Any) -> Any:
        nonlocal count
        count += event == "line"
        return tracer

    before = sys.gettrace()
    sys.settrace(tracer)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


def test_sixty_stacked_diamonds_take_linear_time() -> None:
    thirty, sixty = (lines_run(diamonds(levels)[1].backward) for levels in (30, 60))
    assert sixty < 60 * 3 * 40
    assert sixty <= 2.1 * thirty
    leaf, root = diamonds(60)
    root.backward()
    assert leaf.grad == 1.0


def test_each_node_of_sixty_diamonds_steps_back_exactly_once() -> None:
    leaf, root = diamonds(60)
    visits: list[Value] = []
    for node in topological_order(root):
        if node.parents:
            step = node._backward
            node._backward = lambda node=node, step=step: (visits.append(node), step())  # type: ignore[misc]
    root.backward()
    assert len(visits) == len(set(visits)) == 180
    assert leaf.grad == 1.0


@pytest.mark.parametrize("transform", [grad, lambda f: lambda x: jvp(f, x, 1.0)[1], lambda f: grad(grad(f))])
def test_derivatives_of_sixty_diamonds_take_linear_time(transform: Any) -> None:
    def f(levels: int) -> Callable[[Any], Any]:
        def stacked(x: Any) -> Any:
            for _ in range(levels):
                x = (x * 0.5 + x * 0.5) * 1.0
            return x * x

        return stacked

    thirty, sixty = (lines_run(lambda levels=levels: transform(f(levels))(3.0)) for levels in (30, 60))  # type: ignore[misc]
    assert sixty <= 2.2 * thirty


def test_topological_order_puts_every_parent_first_and_the_root_last() -> None:
    _, root = diamonds(10)
    order = topological_order(root)
    place = {node: index for index, node in enumerate(order)}
    assert order[-1] is root
    assert len(place) == len(order) == 31
    assert all(place[parent] < place[node] for node in order for parent in node.parents)


# gradients of gradients --------------------------------------------------------------------------------------------------


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
    leaves, root = random_graph(seed)
    order = topological_order(root)
    root.backward()
    plain = [node.grad for node in order]
    again, root = random_graph(seed)
    root.backward(create_graph=True)
    recorded = [node.grad for node in topological_order(root)]
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
        table = hessian(lambda v, f=getattr(autograd, name): f(v[0], v[1]))([0.7, 1.9])  # type: ignore[misc]
        assert near(table[0][1], table[1][0])
        with mpmath.workdps(40):
            oracle = {"mul": lambda x, y: x * y, "div": lambda x, y: x / y, "pow": mpmath.power}.get(name) or getattr(
                mpmath, name
            )
            for (i, j), order in (((0, 0), (2, 0)), ((0, 1), (1, 1)), ((1, 1), (0, 2))):
                wanted = float(mpmath.diff(oracle, (mpmath.mpf(0.7), mpmath.mpf(1.9)), order))
                assert near(table[i][j], wanted, wanted)


# nesting, and no confusion of perturbations ------------------------------------------------------------------------------


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


# structures --------------------------------------------------------------------------------------------------------------

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
    with pytest.raises(autograd.LengthError, match="cotangent"):
        vjp(lambda x: x, 1.0)[1]([1.0, 2.0])
