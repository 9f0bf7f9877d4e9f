"""NumPy beside a Value: its scalars are numbers on either side of every operator, its arrays are refused in words."""

from __future__ import annotations

import operator
import random
from typing import Any

import pytest

from autograd import OperandTypeError, Value
from nn import MLP
from tests.requires import requires

numpy = requires("numpy")

ARITHMETIC = [
    operator.add, operator.sub, operator.mul, operator.truediv, operator.pow, operator.mod, operator.floordiv
]  # fmt: skip
COMPARISONS = [operator.lt, operator.le, operator.gt, operator.ge]
SCALARS = ["float64", "float32", "float16", "int64", "int8", "uint8", "bool_"]


def named(thing: Any) -> str:
    return str(getattr(thing, "__name__", thing))


@pytest.mark.parametrize("scalar", SCALARS)
@pytest.mark.parametrize("operation", ARITHMETIC, ids=named)
def test_a_numpy_scalar_on_either_side_gives_what_a_float_gives(operation: Any, scalar: str) -> None:
    number = getattr(numpy, scalar)(1)
    for arguments in ((number, Value(3.0)), (Value(3.0), number)):
        result = operation(*arguments)
        x = next(argument for argument in arguments if isinstance(argument, Value))
        assert type(result) is Value
        result.backward()
        y = Value(3.0)
        plain = operation(*(y if isinstance(argument, Value) else 1.0 for argument in arguments))
        plain.backward()
        assert (result.data, x.grad) == (plain.data, y.grad)


@pytest.mark.parametrize("scalar", SCALARS)
@pytest.mark.parametrize("operation", COMPARISONS, ids=named)
def test_a_numpy_scalar_on_either_side_compares_as_a_float_does(operation: Any, scalar: str) -> None:
    number = getattr(numpy, scalar)(1)
    for value in (0.5, 1.0, 3.0):
        assert operation(Value(value), number) is operation(value, 1.0)
        assert operation(number, Value(value)) is operation(1.0, value)


@pytest.mark.parametrize("operation", [*ARITHMETIC, *COMPARISONS], ids=named)
def test_an_array_on_either_side_is_refused_with_what_to_do(operation: Any) -> None:
    array = numpy.array([1.0, 2.0])
    for arguments in ((array, Value(3.0)), (Value(3.0), array)):
        with pytest.raises(OperandTypeError, match=r"got array.*a Value is one scalar, so build one Value for each"):
            operation(*arguments)


def test_a_row_of_an_array_is_an_input() -> None:
    rows = numpy.array([[0.5, -1.0], [2.0, 3.0]])
    model = MLP(2, [3, 1], rng=random.Random(0))
    assert model(rows[0]).data == model([0.5, -1.0]).data
    assert [out.data for out in map(model, rows)] == [model(row).data for row in rows.tolist()]


@pytest.mark.parametrize("scalar", SCALARS)
def test_a_value_of_a_numpy_scalar_holds_a_python_float(scalar: str) -> None:
    x = Value(getattr(numpy, scalar)(1))
    assert type(x.data) is float
    x.data -= numpy.float64(0.25)
    assert type(x.data) is float
    assert x.data == 0.75
