"""The exception tree: each error is ours and also the built-in a Python user would catch; texts say what to do."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pytest

import autograd
from autograd import Value, errors

BUILT_IN = {
    "OperandTypeError": TypeError,
    "NumberTooLargeError": OverflowError,
    "LengthError": ValueError,
    "FormulaError": ValueError,
    "StructureError": TypeError,
    "GraphError": RuntimeError,
    "StaleGraphError": RuntimeError,
    "OpaqueNodeError": RuntimeError,
    "GraphCycleError": RuntimeError,
    "ProgramError": RuntimeError,
    "ProgramMismatchError": RuntimeError,
    "AnomalyError": FloatingPointError,
    "GradcheckError": AssertionError,
    "ExpressionError": ValueError,
    "MissingExtraError": ImportError,
}
CLASSES = {name: cls for name, cls in inspect.getmembers(errors, inspect.isclass) if cls.__module__ == errors.__name__}


@pytest.mark.parametrize("use", [Value, lambda x: setattr(x, "data", x * 0.1)])
def test_a_value_in_the_place_of_its_number_is_told_from_it(use: Callable[[Value], Any]) -> None:
    with pytest.raises(autograd.OperandTypeError, match=r"take its number, \.data"):
        use(Value(2.0))


def test_every_error_is_in_this_list() -> None:
    assert set(CLASSES) == {"AutogradError", *BUILT_IN}


@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_each_error_is_ours_and_python_s(name: str) -> None:
    assert issubclass(CLASSES[name], errors.AutogradError)
    assert issubclass(CLASSES[name], BUILT_IN[name])


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_each_error_is_documented_and_drawn_in_the_tree(name: str) -> None:
    assert CLASSES[name].__doc__
    assert name in (errors.__doc__ or "")


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_each_error_is_a_public_name(name: str) -> None:
    assert getattr(autograd, name) is CLASSES[name]


def stale() -> None:
    x = Value(2.0, label="x")
    y = x * x
    x.data = 5.0
    y.backward(create_graph=True)


def opaque() -> None:
    x = Value(2.0)
    y = Value(4.0, (x,), "mine")
    y.backward(create_graph=True)


def cycle() -> None:
    x = Value(2.0)
    y = x * x
    z = y + 1
    y._prev = {z}
    z.backward()


def anomaly() -> None:
    with autograd.detect_anomaly():
        autograd.log(Value(0.0, label="probability"))


CASES: dict[str, tuple[type[Exception], Callable[[], Any], tuple[str, ...]]] = {
    "a string": (errors.OperandTypeError, lambda: Value("3"), ("'3'", "str", "float(")),  # type: ignore[arg-type]
    "bytes": (errors.OperandTypeError, lambda: Value(b"3"), ("bytes",)),
    "None": (errors.OperandTypeError, lambda: Value(None), ("NoneType",)),
    "a complex number": (errors.OperandTypeError, lambda: Value(1j), ("1j", "complex")),
    "a list": (errors.OperandTypeError, lambda: Value([1.0]), ("list", "one Value for each entry")),
    "a string operand": (errors.OperandTypeError, lambda: Value(1.0) + "3", ("'3'", "number or a Value")),
    "a reflected string": (errors.OperandTypeError, lambda: "3" * Value(1.0), ("'3'",)),
    "a complex operand": (errors.OperandTypeError, lambda: 1j - Value(1.0), ("complex",)),
    "None in a function": (errors.OperandTypeError, lambda: autograd.exp(None), ("None",)),
    "a string in a list": (errors.OperandTypeError, lambda: autograd.sum([Value(1.0), "3"]), ("'3'",)),
    "a comparison with a string": (errors.OperandTypeError, lambda: Value(1.0) < "3", ("'3'",)),
    "a gradient that is none": (errors.OperandTypeError, lambda: setattr(Value(1.0), "grad", "x"), ("gradient", "'x'")),
    "data that are none": (errors.OperandTypeError, lambda: setattr(Value(1.0), "data", None), ("data", "None")),
    "a rule that is none": (errors.OperandTypeError, lambda: setattr(Value(1.0), "_backward", 3), ("function", "3")),
    "parents that are none": (errors.OperandTypeError, lambda: Value(1.0, (2.0,)), ("parents", "2.0")),  # type: ignore[arg-type]
    "freezing a result": (
        errors.OperandTypeError,
        lambda: setattr(Value(1.0) * 2, "requires_grad", False),
        ("leaf", "detach()"),
    ),
    "an int past all floats": (errors.NumberTooLargeError, lambda: Value(10**400), ("1.8e308", "1329 bits")),
    "such an int as operand": (errors.NumberTooLargeError, lambda: Value(1.0) + 10**400, ("1.8e308",)),
    "weights that do not fit": (errors.LengthError, lambda: autograd.dot([Value(1.0)], []), ("1 and 0",)),
    "a formula with an attribute": (
        errors.FormulaError,
        lambda: autograd.primitive("attribute_access", "x.real", "1"),
        ("x.real", "formula language"),
    ),
    "a name that is taken": (errors.FormulaError, lambda: autograd.primitive("exp", "x", "1"), ("'exp'", "taken")),
    "stale data": (errors.StaleGraphError, stale, ("x=5.0", "25.0", "4.0", "Build the graph again")),
    "an opaque node": (errors.OpaqueNodeError, opaque, ("'mine'", "formulas", "backward()")),
    "a cycle": (errors.GraphCycleError, cycle, ("parents", "_prev")),
    "an anomaly": (errors.AnomalyError, anomaly, ("log(probability=0.0)", "-inf", "test_errors.py")),
}


@pytest.mark.parametrize("case", CASES)
def test_an_error_says_what_was_given_and_what_to_do(case: str) -> None:
    kind, cause, words = CASES[case]
    with pytest.raises(kind) as raised:
        cause()
    for word in words:
        assert word in str(raised.value)


@pytest.mark.parametrize("case", CASES)
def test_an_error_is_caught_by_who_knows_python_only(case: str) -> None:
    kind, cause, _ = CASES[case]
    with pytest.raises(BUILT_IN[kind.__name__]):
        cause()


def test_a_class_of_a_stranger_may_handle_its_own_operators() -> None:
    class Stranger:
        def __radd__(self, other: Any) -> str:
            return "theirs"

    assert Value(1.0) + Stranger() == "theirs"
    with pytest.raises(TypeError, match="unsupported operand"):
        Value(1.0) * Stranger()
