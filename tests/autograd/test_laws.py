"""Laws of differentiation, held for any numbers and for graphs of every primitive; and derivatives of any order.

Next: `test_value.py` for the one class behind it.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd
from autograd import Value, grad, jvp, topological_order
from tests.autograd.counting import lines_run
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


# laws of calculus ---------------------------------------------------------------------------------------------------


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


# linear time --------------------------------------------------------------------------------------------------------


def diamonds(levels: int) -> tuple[Value, Value]:
    """Each level uses the one before twice: 2^levels paths, 3·levels nodes."""
    leaf = node = Value(1.0)
    for _ in range(levels):
        node = node * 0.5 + node * 0.5
    return leaf, node


@pytest.mark.usefixtures("without_collector")
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


@pytest.mark.usefixtures("without_collector")
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
