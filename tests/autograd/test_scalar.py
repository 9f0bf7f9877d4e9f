"""A Value among Python's numbers: compared, converted and printed by its data, and what is no number refused.

What does not live here: NumPy's numbers (`test_numpy_operands.py`), the texts of errors (`test_errors.py`).
"""

from __future__ import annotations

import decimal
import fractions
import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd
from autograd import NumberTooLargeError, OperandTypeError, Value

anything = st.floats(allow_nan=True, allow_infinity=True)
STRANGERS = ["1.5", b"1", None, 1j, [1.0], (1.0,), {}, {1.0}, object(), decimal.Decimal(1)]


@given(anything, anything)
def test_comparisons_are_those_of_the_data(a: float, b: float) -> None:
    x, y = Value(a), Value(b)
    wanted = (a < b, a <= b, a > b, a >= b)
    assert (x < y, x <= y, x > y, x >= y) == wanted
    assert (x < b, x <= b, x > b, x >= b) == wanted
    assert (a < y, a <= y, a > y, a >= y) == wanted


@given(anything)
def test_conversions_are_those_of_the_data(a: float) -> None:
    x = Value(a)
    assert repr(float(x)) == repr(a)
    assert bool(x) is bool(a)
    if math.isfinite(a):
        assert (int(x), round(x), round(x, 2)) == (int(a), round(a), round(a, 2))
        assert (math.floor(x), math.ceil(x), math.trunc(x)) == (math.floor(a), math.ceil(a), math.trunc(a))


@pytest.mark.parametrize(("number", "error"), [(math.inf, OverflowError), (math.nan, ValueError)])
def test_what_is_not_finite_has_no_int_as_in_python(number: float, error: type[Exception]) -> None:
    with pytest.raises(error):
        int(Value(number))


@pytest.mark.parametrize("specification", [".2f", ">12.4e", "+g", "08.1f", "%"])
def test_a_format_is_that_of_the_data(specification: str) -> None:
    assert format(Value(1234.5678), specification) == format(1234.5678, specification)


@pytest.mark.parametrize("number", [0.1, -0.0, math.inf, math.nan, 1e-300])
def test_a_repr_shows_the_number_as_python_does(number: float) -> None:
    assert repr(Value(number)) == f"Value(data={number!r}, grad=0.0)"


def test_a_key_stays_the_same_key_when_its_data_change() -> None:
    x = Value(2.0)
    table = {x: "found"}
    x.data = 5.0
    assert table[x] == "found"


def test_python_s_own_mathematics_reads_the_data() -> None:
    assert (math.sqrt(Value(4.0)), math.hypot(Value(3.0), 4), complex(Value(2.0))) == (2.0, 5.0, 2 + 0j)


USES: dict[str, Callable[[Value, Any], Any]] = {
    "constructor": lambda x, thing: Value(thing),
    "left": lambda x, thing: thing * x,
    "right": lambda x, thing: x + thing,
    "power": lambda x, thing: x**thing,
    "comparison": lambda x, thing: x < thing,
    "method": lambda x, thing: x.maximum(thing),
    "function": lambda x, thing: autograd.exp(thing),
    "list": lambda x, thing: autograd.dot([x, thing], [1.0, 2.0]),
    "data": lambda x, thing: setattr(x, "data", thing),
    "grad": lambda x, thing: setattr(x, "grad", thing),
    "gradient": lambda x, thing: x.backward(gradient=thing),
}


@pytest.mark.parametrize("thing", STRANGERS, ids=lambda thing: type(thing).__name__)
@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_what_is_no_real_number_is_a_type_error_everywhere(use: Callable[[Value, Any], Any], thing: Any) -> None:
    x = Value(2.0)
    with pytest.raises(TypeError, match=type(thing).__name__):
        use(x, thing)
    assert (x.data, x.grad) == (2.0, 0.0)


def test_a_value_is_no_number_to_build_another_from() -> None:
    with pytest.raises(OperandTypeError, match="of type Value"):
        Value(Value(1.0))


@pytest.mark.parametrize("number", [10**400, -(10**400), fractions.Fraction(10**400)], ids=["int", "minus", "fraction"])
@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_what_no_float_holds_is_refused_with_its_size_everywhere(use: Callable[[Value, Any], Any], number: Any) -> None:
    with pytest.raises(NumberTooLargeError, match="a number of 1329 bits does not fit a float"):
        use(Value(2.0), number)
