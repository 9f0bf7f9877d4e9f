"""The numeric checker: it accepts what is right, and a rule planted wrong in the table is caught, in every reader.

That the very same wrong rule shows in eager backward, in `create_graph` and in the walk proves that there is one truth.
"""

from __future__ import annotations

import dataclasses
import math
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import autograd
from autograd import TABLE, GradcheckError, Value, grad, gradcheck
from autograd.primitives import install_primitive
from tests.requires import requires

mpmath = requires("mpmath")
DIGITS = pytest.mark.parametrize("digits", [None, 0], ids=["50 digits", "floats"])

DOMAINS: dict[str, Callable[[Any], Any]] = {
    "log": lambda x: x * x + 0.5, "log1p": lambda x: x * x, "sqrt": lambda x: x * x + 0.5,
    "asin": lambda x: 0.9 * x.tanh(), "acos": lambda x: 0.9 * x.tanh(), "atanh": lambda x: 0.9 * x.tanh(),
    "acosh": lambda x: x * x + 1.5,
}  # fmt: skip
NAMES = [name for name in TABLE if getattr(autograd, name, None) is not None and TABLE[name].python is None]


def apply(name: str, x: Any, y: Any, z: Any) -> Any:
    op, call = TABLE[name], getattr(autograd, name)
    if name == "dot":
        return call([x, y], [z, x], y)
    if op.operands == ("xs",):
        return call([x, y, 1, z, y * z])
    if name == "pow":
        return call(x * x + 0.3, y)
    if len(op.operands) == 3:
        return call(x, y, z)
    return call(DOMAINS.get(name, lambda v: v)(x)) if len(op.operands) == 1 else call(x, y)


@DIGITS
@pytest.mark.parametrize("name", NAMES)
def test_every_primitive_passes(name: str, digits: int | None) -> None:
    rng = random.Random(name)
    for _ in range(3):
        at = [rng.uniform(0.3, 1.4) * rng.choice((-1, 1)) for _ in range(3)]
        assert gradcheck(lambda x, y, z: apply(name, x, y, z) + 0 * x, at, digits=digits)
        assert gradcheck(apply(name, *map(Value, at)) * Value(2.0), digits=digits)


@DIGITS
def test_structures_of_inputs_pass(digits: int | None) -> None:
    def f(p: Any, xs: Any) -> Any:
        return autograd.dot(p["w"], xs, p["b"]).tanh() ** 2

    assert gradcheck(f, [{"w": [0.5, -1.0], "b": 0.1}, (1.0, 2.0)], digits=digits)


@DIGITS
@pytest.mark.parametrize("f", [abs, autograd.relu, lambda x: autograd.maximum(x, 0), lambda x: autograd.clamp(x, 0, 1)])
def test_at_a_kink_any_slope_between_the_two_is_right(f: Callable[[Any], Any], digits: int | None) -> None:
    assert gradcheck(f, [0.0], digits=digits)


def wrong(name: str, factor: str = "(1 + 1e-6)") -> Any:
    row = TABLE[name]
    partials = tuple(
        f"[{factor} * d for d in {text}]" if row.operands[k] in ("xs", "ws") else f"{factor} * ({text})"
        for k, text in enumerate(row.partials)
    )
    return dataclasses.replace(row, partials=partials)


@pytest.fixture
def plant() -> Iterator[Callable[[Any], None]]:
    """Put a changed row in the table; the true row comes back at the end."""
    kept: list[Any] = []

    def put(row: Any) -> None:
        kept.append(TABLE[row.name])
        install_primitive(row)

    yield put
    for row in reversed(kept):
        install_primitive(row)
        assert TABLE[row.name] is row


STEEP = [name for name in NAMES if any(text not in ("0", "0 if x == x else nan") for text in TABLE[name].partials)]


@DIGITS
@pytest.mark.parametrize("name", STEEP)
def test_a_rule_planted_wrong_by_a_millionth_is_caught(
    name: str, digits: int | None, plant: Callable[[Any], None]
) -> None:
    plant(wrong(name))
    at = [1.3, 0.8, 0.6]
    if name == "relu" or name == "where":
        at[0] = 1.0
    with pytest.raises(GradcheckError) as raised:
        gradcheck(apply(name, *[Value(x, label=f"in{k}") for k, x in enumerate(at)]), digits=digits)
    assert name in str(raised.value)
    with pytest.raises(GradcheckError):
        gradcheck(lambda *xs: apply(name, *xs), at, digits=digits)


@DIGITS
def test_the_failure_names_node_parent_expected_and_found(digits: int | None, plant: Callable[[Any], None]) -> None:
    plant(wrong("tanh"))
    x = Value(0.5, label="x")
    with pytest.raises(GradcheckError) as raised:
        gradcheck(((x * 1).tanh() * 3), digits=digits)
    text = str(raised.value)
    assert "tanh(0.5)" in text
    assert "= 0.46211715726" in text  # the node
    assert "parent operand 0 = 0.5" in text
    assert "should be 0.78644773" in text
    assert "found 0.78644851" in text
    with pytest.raises(GradcheckError, match=r"parent x = 0\.5"):
        gradcheck(x.tanh(), digits=digits)


def test_a_planted_rule_shows_wrong_in_every_reader(plant: Callable[[Any], None]) -> None:
    visualize = requires("visualize")
    true = 1 / math.cosh(0.5) ** 2
    method, function = Value.tanh, autograd.tanh
    plant(wrong("tanh"))

    def is_planted(found: float) -> bool:
        return abs(found / true - 1.000001) < 1e-12

    x = Value(0.5)
    y = x.tanh()
    y.backward()
    assert is_planted(x.grad), "eager method"
    x.zero_grad()
    function(x).backward()
    assert is_planted(x.grad), "eager function, even one imported before"
    x.zero_grad()
    y.backward(create_graph=True)
    assert is_planted(x.grad.data), "create_graph"
    x.zero_grad()
    assert is_planted(grad(lambda x: x.tanh())(0.5)), "grad"
    assert is_planted(autograd.jvp(lambda x: x.tanh(), 0.5, 1.0)[1]), "jvp"
    assert any(
        is_planted(contribution.partial)
        for step in visualize.walk(y)
        for contribution in getattr(step, "contributions", ())
    ), "walk"
    program = autograd.compile(y) if hasattr(autograd, "compile") else None
    if program is not None:
        program.run()
        assert is_planted(x.grad), "compile"
    assert method is not Value.tanh


def test_afterwards_the_true_rule_is_back(plant: Callable[[Any], None]) -> None:
    before = TABLE["tanh"]
    plant(wrong("tanh"))
    install_primitive(before)
    assert gradcheck(Value(0.5).tanh())


def test_a_rule_of_one_s_own_primitive_is_checked_too() -> None:
    twice_wrong = autograd.primitive("test_gradcheck_cube", lambda x: x**3, lambda out, x: (3.1 * x * x,))
    try:
        with pytest.raises(GradcheckError, match="test_gradcheck_cube"):
            gradcheck(twice_wrong(Value(1.5)))
        with pytest.raises(GradcheckError):
            gradcheck(twice_wrong, [1.5])
    finally:
        del TABLE["test_gradcheck_cube"]


@DIGITS
@pytest.mark.parametrize("outside", [
    lambda x: x * x.data, lambda x: x * math.exp(x), lambda x: x * x.detach(), lambda x: x * float(x) ** 2,
    lambda x: x * round(x.data, 9),
])  # fmt: skip
def test_what_a_function_computes_outside_of_its_graph_is_found_out(outside: Any, digits: int | None) -> None:
    with pytest.raises(GradcheckError, match=r"expected .*, found .*outside of its graph"):
        gradcheck(outside, [3.0], digits=digits)


BRANCHES: dict[str, Callable[[Value, Value], Any]] = {
    "max": lambda x, y: max(x * x, y * y), "leaky": lambda x, y: x if x.data > y.data else 0.1 * x,
    "sorted": lambda x, y: sorted([x, y])[0] * x, "indexed": lambda x, y: [x * x, y * y][int(x.data > y.data)],
    "huber": lambda x, y: 0.5 * (x - y) ** 2 if abs((x - y).data) <= 1 else abs(x - y) - 0.5,
}  # fmt: skip


@DIGITS
@pytest.mark.parametrize("name", BRANCHES)
def test_a_branch_of_python_s_close_by_is_no_contradiction(name: str, digits: int | None) -> None:
    rng = random.Random(name)
    for _ in range(40):
        x, distance = rng.uniform(0.5, 2.0), 10 ** rng.uniform(-7, -1) * rng.choice([-1, 1])
        assert gradcheck(BRANCHES[name], [x, x - distance - (name == "huber")], digits=digits)


@DIGITS
def test_a_function_that_refuses_numbers_close_by_is_checked_by_its_graph(digits: int | None) -> None:
    name = f"test_gradcheck_doubled_{digits}"
    doubled = autograd.primitive(name, "2 * x", "3")

    def guarded(x: Value) -> Value:
        assert x.data >= 0.0
        return doubled(x)  # type: ignore[no-any-return]

    try:
        for number in (1e-7, 0.0):
            with pytest.raises(GradcheckError, match=r"should be (2\.0|1\.9999999|2\.0000000)\d*, found 3\.0"):
                gradcheck(guarded, [number], digits=digits)
        assert gradcheck(lambda x: x * [1.0, 2.0, 3.0][int(x.data)], [2.99999], digits=digits)
    finally:
        del TABLE[name]


@DIGITS
def test_a_function_that_gives_something_else_each_time_is_checked_by_its_graph(digits: int | None) -> None:
    rng = random.Random(0)
    assert gradcheck(lambda x: x * rng.random(), [1.5], digits=digits)


def test_nobody_s_gradient_is_changed() -> None:
    w = Value(3.0)
    inner = w * 2
    w.grad, inner.grad = 5.0, 7.0
    x = Value(2.0)
    assert gradcheck(lambda x: (x * w + inner).tanh(), [x])
    with pytest.raises(GradcheckError):
        gradcheck(lambda x: (x * inner) * x.data, [x])
    assert (w.grad, inner.grad, x.grad) == (5.0, 7.0, 0.0)


def test_a_hand_written_backward_is_checked_through_the_function() -> None:
    def square(x: Value, factor: float) -> Value:
        out = Value(x.data**2, (x,), "square")

        def step() -> None:
            x.grad += factor * x.data * out.grad

        out._backward = step
        return out

    assert gradcheck(lambda x: square(x * 1.5, 2.0), [3.0])
    with pytest.raises(GradcheckError, match=r"inputs\[0\]"):
        gradcheck(lambda x: square(x * 1.5, 2.001), [3.0])


def test_a_function_that_gives_no_value_is_refused() -> None:
    with pytest.raises(GradcheckError, match="one Value"):
        gradcheck(lambda x: [x], [1.0])


def test_the_inputs_gradients_stay_as_they_are() -> None:
    x = Value(2.0)
    x.grad = 5.0
    gradcheck(lambda x: x * x, [x])
    gradcheck(x * x)
    assert x.grad == 5.0


@DIGITS
def test_a_partial_that_is_not_finite_where_the_slope_is_is_caught(digits: int | None) -> None:
    name = f"test_gradcheck_lost_{digits}"
    lost = autograd.primitive(name, "x * x", "2 * x * nan")
    try:
        with pytest.raises(GradcheckError, match="found nan"):
            gradcheck(lost(Value(1.5)), digits=digits)
        with pytest.raises(GradcheckError, match="found nan"):
            gradcheck(lost, [1.5], digits=digits)
    finally:
        del TABLE[name]


@DIGITS
@pytest.mark.parametrize(
    "build",
    [
        lambda x: x.log(), lambda x: x.sqrt(), lambda x: 1 / x, lambda x: autograd.atan2(x, 0.0 * x), lambda x: x % x,
        lambda x: (x + 1).asin(), lambda x: (x + 1).acosh(), lambda x: (x - 1).atanh(), lambda x: (x + 1000).exp(),
        lambda x: (x - 1) ** (x + 3), lambda x: x * math.inf,
    ],
)  # fmt: skip
def test_at_a_pole_and_at_the_edge_of_a_domain_there_is_no_difference_to_hold_against(
    build: Callable[[Any], Any], digits: int | None
) -> None:
    assert gradcheck(build(Value(0.0)), digits=digits)


@pytest.mark.parametrize("by_hand", ["rule", "parents"])
def test_a_graph_with_a_rule_by_hand_is_not_called_right_unseen(by_hand: str) -> None:
    x = Value(2.0)
    node = Value(6.0, (x,), "triple") if by_hand == "parents" else x * 3
    if by_hand == "rule":
        node._backward = lambda: None
    with pytest.raises(autograd.OpaqueNodeError, match=r"gradcheck\(f, inputs\)"):
        gradcheck(node + 1)


@pytest.mark.parametrize(("arguments", "says"), [((3,), "got int"), ((lambda x: x,), "without inputs")])
def test_what_is_neither_a_graph_nor_a_function_with_inputs_is_refused(arguments: tuple[Any, ...], says: str) -> None:
    with pytest.raises(autograd.OperandTypeError, match=says):
        gradcheck(*arguments)


@DIGITS
@pytest.mark.parametrize(
    "graph",
    [
        lambda: Value(-100.0).exp() + 1,
        lambda: Value(1e-30) + Value(1.0),
        lambda: Value(-1e200) + Value(0.5),
        lambda: Value(1e-40).sigmoid(),
        lambda: autograd.dot([Value(1e-40), Value(2.0)], [3.0, 4.0]),
        lambda: Value(5e-324) * 1e300 + 1e300,
        lambda: autograd.logsumexp([Value(-700.0), Value(700.0)]),
        lambda: Value(5e-324).sqrt(),
    ],
)
def test_numbers_of_very_different_sizes_are_no_contradiction(graph: Callable[[], Value], digits: int | None) -> None:
    assert gradcheck(graph(), digits=digits)


@DIGITS
@pytest.mark.parametrize(
    ("f", "at"), [(lambda x: x + 1e10, 1.0), (lambda x, y: x + y, (1e-30, 1.0)), (lambda x: x * 1e-30 + 7.0, 1e-20)]
)
def test_nor_are_they_in_a_function(f: Callable[..., Value], at: Any, digits: int | None) -> None:
    assert gradcheck(f, at, digits=digits)


def test_what_cancels_out_within_a_function_is_no_contradiction() -> None:
    assert gradcheck(lambda x: (x + 1e200) - 1e200, [1.0])


def test_a_wrong_rule_is_caught_beside_a_number_of_another_size() -> None:
    lost = autograd.primitive("test_gradcheck_lost", "x + y", ("1.0", "0.0"))
    try:
        for size in (1.0, 1e-40, 1e-300):
            with pytest.raises(GradcheckError, match=r"should be 1\.0, found 0\.0"):
                gradcheck(lost(Value(1.0), Value(size)))
    finally:
        del TABLE["test_gradcheck_lost"]


@DIGITS
@pytest.mark.parametrize("inputs", [3.0, Value(3.0), [3.0]])
def test_one_input_may_stand_by_itself(inputs: Any, digits: int | None) -> None:
    assert gradcheck(lambda x: x**2, inputs, digits=digits)


@DIGITS
def test_a_dict_is_the_one_argument(digits: int | None) -> None:
    assert gradcheck(lambda p: p["w"] * p["x"], {"w": 2.0, "x": 3.0}, digits=digits)


def test_a_wrong_rule_is_caught_over_floats_beside_a_large_number() -> None:
    wrong = autograd.primitive("test_gradcheck_square", lambda x: x * x, lambda out, x: (1.9 * x,))
    try:
        for large in (1.0, 1e8, 3e9, 1e10):
            with pytest.raises(GradcheckError):
                gradcheck(lambda x, large=large: wrong(x) + large, [1.3])
    finally:
        del TABLE["test_gradcheck_square"]
