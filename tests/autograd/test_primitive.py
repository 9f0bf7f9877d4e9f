"""Primitives of one's own: by formulas they serve every reader, as opaque Python functions they are eager only."""

from __future__ import annotations

import copy
import itertools
import math
import pickle
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import autograd
from autograd import TABLE, FormulaError, OpaqueNodeError, Value, grad, gradcheck, hessian, primitive
from autograd.ops import FLOATS
from tests.requires import requires

_numbers = itertools.count()


@pytest.fixture
def name() -> Iterator[str]:
    """A name that no primitive has; the table is as before afterwards."""
    before = dict(TABLE)
    yield f"test_primitive_{next(_numbers)}"
    for added in set(TABLE) - set(before):
        del TABLE[added]
        if hasattr(Value, added):
            delattr(Value, added)


@pytest.fixture
def softsign(name: str) -> Callable[..., Any]:
    return autograd.primitive(name, "x / (1 + abs(x))", "1 / (1 + abs(x))**2", symbol="softsign")


def test_a_primitive_by_formula_is_a_function_and_a_method(softsign: Callable[..., Any], name: str) -> None:
    x = Value(-3.0)
    assert softsign(x).data == getattr(x, name)().data == softsign(-3.0) == -0.75
    assert softsign(x).partials == (1 / 16,)
    assert softsign(x)._op == "softsign"


def test_it_serves_gradients_of_gradients_and_the_checker(softsign: Callable[..., Any]) -> None:
    assert grad(softsign)(3.0) == 1 / 16
    assert grad(grad(softsign))(3.0) == pytest.approx(-2 / 64)
    assert grad(grad(grad(softsign)))(3.0) == pytest.approx(6 / 256)
    assert gradcheck(softsign, [0.7])


def test_it_can_be_copied_and_pickled(softsign: Callable[..., Any]) -> None:
    out = softsign(Value(3.0)) * 2
    for again in (copy.deepcopy(out), pickle.loads(pickle.dumps(out))):
        again.backward()
        assert again.data == 1.5


def test_two_operands_of_either_kind(name: str) -> None:
    f = autograd.primitive(name, "x * x * y", ("2 * x * y", "x * x"))
    x, y = Value(2.0), Value(5.0)
    assert f(x, y).partials == (20.0, 4.0)
    assert f(x, 5).partials == (20.0,)
    assert f(2, y).partials == (4.0,)
    assert f(2, 5) == 20.0
    assert getattr(x, name)(5).data == 20.0
    assert hessian(lambda v: f(v[0], v[1]))([2.0, 5.0]) == [[10.0, 4.0], [4.0, 0.0]]


def test_a_list_of_operands(name: str) -> None:
    f = autograd.primitive(name, "sum([x * x for x in xs])", ("[2 * x for x in xs]",), operands=("xs",))
    a, b = Value(1.0), Value(2.0)
    out = f([a, b, 3, a])
    assert out.data == 15.0
    assert (out.parents, out.partials) == ((a, b, a), (2.0, 4.0, 2.0))
    assert hessian(f)([1.0, 2.0]) == [[2.0, 0.0], [0.0, 2.0]]


def test_defaults_may_be_left_out(name: str) -> None:
    f = autograd.primitive(name, "x * k", ("k", "x"), operands=("x", "k"), defaults={"k": 2.0})
    assert f(Value(3.0)).data == 6.0
    assert f(Value(3.0), 4).data == 12.0


def test_a_formula_that_leaves_the_domain_gives_inf_or_nan(name: str) -> None:
    f = autograd.primitive(name, "1 / x + x ** 0.5", "-1 / x**2 + 0.5 * x ** -0.5")
    assert f(Value(0.0)).data == math.inf
    assert math.isnan(f(Value(-1.0)).data)


def test_a_division_may_stand_in_the_list_a_comprehension_runs_over(name: str) -> None:
    f = autograd.primitive(
        name, "sum(xs)", ("[2 * d * d for d in [(x / (x + 1))**2 + 1 / (1 + x) for x in xs]]",), operands=("xs",)
    )
    assert f([Value(1.0)]).partials == (2 * 0.75**2,)


def test_an_operand_may_have_any_name(name: str) -> None:
    f = autograd.primitive(name, "1 / (t1 * t1) + t1", "-2 / t1**3 + 1", operands=("t1",))
    assert f(Value(2.0)).data == 2.25
    assert f(Value(2.0)).partials == (0.75,)


@pytest.fixture
def cube(name: str) -> Callable[..., Any]:
    return autograd.primitive(name, lambda x: x**3, lambda out, x: (3 * x * x,))


@pytest.mark.parametrize("operands", [("depth", "take"), ("take", "fresh", "depth")])
def test_operands_may_be_called_what_they_are(name: str, operands: tuple[str, ...]) -> None:
    f = primitive(name, " * ".join(operands), ["*".join(set(operands) - {x}) for x in operands], operands=operands)
    values = [Value(k + 2.0) * 1.0 for k in range(len(operands))]
    product = f(*values)
    assert product.data == math.prod(v.data for v in values)
    assert product.partials == tuple(product.data / v.data for v in values)


@pytest.mark.parametrize("between", ["{f}(x) / (x - 1)", "sin({g}(x))"])
def test_a_formula_calls_an_opaque_primitive_once_and_lets_its_errors_out(name: str, between: str) -> None:
    called = []

    def own(x: float) -> float:
        called.append(x)
        if x > 5.0:
            raise OverflowError("mine")
        return x

    f, g = f"{name}_f", f"{name}_g"
    primitive(f, own, lambda out, x: (1.0,))
    primitive(g, f"{f}(x) + 1", "1")
    calls = primitive(name, between.format(f=f, g=g), "1 / (x - 1)")
    called.clear()
    assert not calls(Value(1.0)).partials[0] < math.inf
    assert called == [1.0]
    with pytest.raises(OverflowError, match="mine") as raised:
        calls(Value(6.0))
    assert called == [1.0, 6.0]
    assert raised.value.__context__ is None


def test_an_opaque_primitive_runs_eagerly(cube: Callable[..., Any]) -> None:
    x = Value(2.0)
    (cube(x) * 5).backward()
    assert x.grad == 60.0
    assert cube(2.0) == 8.0
    assert cube(x).partials == (12.0,)
    assert grad(cube)(2.0) == 12.0
    assert autograd.jvp(cube, 2.0, 1.0) == (8.0, 12.0)
    assert gradcheck(cube, [1.5])


@pytest.mark.parametrize(
    "use",
    [
        lambda cube: cube(Value(2.0)).backward(create_graph=True),
        lambda cube: (cube(Value(2.0)) * 3).backward(create_graph=True),
        lambda cube: grad(grad(cube))(2.0),
        lambda cube: hessian(cube)(2.0),
        lambda cube: grad(cube)(Value(2.0)),
    ],
)
def test_who_needs_formulas_says_that_there_are_none(cube: Callable[..., Any], name: str, use: Any) -> None:
    with pytest.raises(OpaqueNodeError, match=rf"{name}.*no formula.*autograd\.primitive"):
        use(cube)


def test_an_opaque_primitive_may_compute_with_numpy(name: str) -> None:
    np = requires("numpy")
    fma = primitive(
        name, lambda a, b, c: np.float64(a * b + c), lambda out, a, b, c: (np.float64(b), np.float64(a), np.float64(1))
    )
    inputs = Value(2.0), Value(3.0), Value(4.0)
    result = fma(*inputs)
    result.backward()
    assert (result.data, *[x.grad for x in inputs]) == (10.0, 3.0, 2.0, 1.0)
    assert {type(result.data), *[type(x.grad) for x in inputs]} == {float}


def test_an_opaque_primitive_of_two_operands_takes_its_names_from_the_function(name: str) -> None:
    f = autograd.primitive(name, lambda base, height: base * height / 2, lambda out, b, h: (h / 2, b / 2))
    assert TABLE[name].operands == ("base", "height")
    assert f(Value(4.0), Value(3.0)).partials == (1.5, 2.0)


@pytest.mark.parametrize(
    ("taken", "value", "partials", "operands", "says"),
    [
        ("tanh", "x", "1", None, "taken"),
        ("data", "x", "1", None, "taken"),
        ("backward", "x", "1", None, "taken"),
        ("no name", "x", "1", None, "identifier"),
        ("lambda", "x", "1", None, "identifier"),
        (None, "x +", "1", None, "not a Python expression"),
        (None, "z", "1", None, "unknown name 'z'"),
        (None, "frob(x)", "1", None, "unknown function 'frob'"),
        (None, "x.real", "1", None, "not in the formula language"),
        (None, "__import__('os')", "1", None, "unknown function"),
        (None, "x if x > 0 > -1 else 0", "1", None, "not in the formula language"),
        (None, "True", "1", None, "constant True"),
        (None, "x * y", ("y",), ("x", "y"), "needs 2 partials"),
        (None, "self", "1", ("self",), "may not be named self"),
        (None, "1", (), (), "at least one"),
        (None, abs, "1", None, "must be a function"),
    ],
)
def test_what_is_no_primitive_is_refused_and_leaves_no_trace(
    name: str, taken: str | None, value: Any, partials: Any, operands: Any, says: str
) -> None:
    before = dict(TABLE)
    with pytest.raises(FormulaError, match=says):
        autograd.primitive(taken or name, value, partials, operands=operands)
    assert before == TABLE
    if taken is None:
        assert autograd.primitive(name, "x", "1")(2.0) == 2.0


def test_the_documentation_shows_the_formulas(softsign: Callable[..., Any]) -> None:
    text = softsign.__doc__ or ""
    assert "x / (1 + abs(x))" in text
    assert "∂/∂x: 1 / (1 + abs(x))**2" in text


def test_a_primitive_may_be_named_as_math_s_own_functions_are_called_inline(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(FLOATS.namespace, "math_exp", None)  # put back as it was, which is not at all
    monkeypatch.delitem(FLOATS.namespace, "math_exp")
    taken = primitive("math_exp", "x * 10", "10")
    calls_it = primitive(name, "math_exp(x + 1) + exp(x)", "math_exp(1) + exp(x)")
    y = calls_it(Value(0.0))
    assert (taken(3.0), y.data, y.partials) == (30.0, 11.0, (11.0,))


def test_an_operand_may_be_named_so_as_well(name: str) -> None:
    assert primitive(name, "exp(math_exp)", "out", operands=["math_exp"])(Value(0.0)).data == 1.0


def test_a_function_with_an_argument_too_many_is_refused(name: str) -> None:
    late = primitive(name, "x if x < 100 else log(x, 2)", "1")
    with pytest.raises(TypeError, match="positional argument"):
        late(Value(300.0))


def test_a_formula_calls_the_function_that_stands_in_the_place_of_math_s(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(FLOATS.namespace, "log", lambda x: 100.0 * x)
    doubled = primitive(name, "2 * log(x)", "2 / x")
    assert doubled(Value(3.0)).data == 600.0
