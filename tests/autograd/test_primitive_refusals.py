"""What is no primitive is refused where it is declared, in words, and leaves the table and Value as they were.

What does not live here: primitives that work, and the first refusals (`test_primitive.py`).
"""

from __future__ import annotations

import inspect
from typing import Any

import pytest

import autograd
from autograd import TABLE, AutogradError, FormulaError, OperandTypeError, Value
from autograd.ops import FLOATS
from autograd.primitives import functions

NAME = "refused_primitive"
X, XY, XS = ("x",), ("x", "y"), ("xs",)


def state() -> tuple[Any, ...]:
    return dict(TABLE), set(FLOATS.namespace), set(FLOATS.formulas), set(functions), set(vars(Value))


REFUSED: dict[str, tuple[Any, Any, dict[str, Any], str]] = {
    # value, partials, further arguments, what the error says
    "a call with too many operands": ("exp(x, x)", "1", {}, r"fails at x = 0\.75: exp\(\) takes 1 positional"),
    "a call with too few": ("1 + exp()", "1", {}, "missing 1 required positional"),
    "a call with too few in a partial": ("x", "exp()", {}, "∂x of 'refused_primitive' fails"),
    "a number used as a list": ("sum(x)", "1", {}, "not iterable"),
    "the length of a number": ("len(x)", "1", {}, r"has no len\(\)"),
    "a list as a value": ("xs", ("[1 for x in xs]",), {"operands": XS}, "must give a number.*gives"),
    "a number as a list's partial": ("sum(xs)", ("1",), {"operands": XS}, "must give a list with a number for each"),
    "a partial one entry short": ("sum(xs)", ("others(others(1))",), {"operands": XS}, "fails at"),
    "the result within the value": ("out + x", "1", {}, "'out' is not defined"),
    "itself": (f"{NAME}(x)", "1", {}, "calls itself"),
    "an int that no float holds": ("1" + "0" * 400 + " * x", "1", {}, "1329 bits, which no float holds"),
    "deep negations": ("-" * 3000 + "x", "1", {}, "too deep|recursion"),
    "a long sum": ("x + " * 3000 + "x", "1", {}, "too deep|recursion"),
    "deep parentheses": ("(" * 5000 + "x" + ")" * 5000, "1", {}, "not a Python expression|too deep"),
    "a null byte": ("x\0", "1", {}, "not a Python expression"),
    "two lines": ("x\n+ 1", "1", {}, "not a Python expression"),
    "an attribute": ("x.__class__", "1", {}, "not in the formula language"),
    "a subscript": ("x[0]", "1", {}, "not in the formula language"),
    "a lambda": ("(lambda: x)()", "1", {}, "not in the formula language"),
    "an assignment": ("(y := x)", "1", {}, "not in the formula language"),
    "a text": ("'x'", "1", {}, "not in the formula language"),
    "a builtin": ("eval(x)", "1", {}, "unknown function 'eval'"),
    "an import": ("__import__(x)", "1", {}, "unknown function '__import__'"),
    "a keyword argument": ("leaky_relu(x, negative_slope=1)", "1", {}, "not in the formula language"),
    "a starred argument": ("max(*x)", "1", {}, "not in the formula language"),
    "a filter in a list": ("sum([x for x in xs if x])", ("xs",), {"operands": XS}, "not in the formula language"),
    "partials that are a number": ("x", 5, {}, "must be a formula or a sequence of them; got 5"),
    "partials that are numbers": ("x", (1.0,), {}, "must be a formula or a sequence of them"),
    "a value that is a number": (5, "1", {}, "needs formulas, or Python functions for both"),
    "a function with formulas for partials": (abs, "1", {}, "needs formulas, or Python functions for both"),
    "an operand with a blank": ("1", "0", {"operands": ("m y",)}, "simple name of its own.*'m y'"),
    "an operand that is a keyword": ("1", "0", {"operands": ("def",)}, "simple name of its own.*'def'"),
    "an operand twice": ("1", ("0", "0"), {"operands": ("x", "x")}, "simple name of its own.*'x'"),
    "a private operand": ("1", "0", {"operands": ("_data",)}, "simple name of its own.*'_data'"),
    "an operand the templates make": ("x", "1", {"operands": ("x_class",)}, "simple name of its own.*'x_class'"),
    "another the templates make": ("x", "1", {"operands": ("x_depth",)}, "simple name of its own.*'x_depth'"),
    "an operand named out": ("1", "0", {"operands": ("out",)}, "may not be named out"),
    "an operand named as a function": ("x / exp", ("0", "0"), {"operands": ("x", "exp")}, "may not be named exp"),
    "an operand named as a constant": ("pi", "0", {"operands": ("pi",)}, "may not be named pi"),
    "an operand named as a builtin": ("float", "1", {"operands": ("float",)}, "may not be named float"),
    "an operand the templates need": ("x * groups", ("groups", "x"), {"operands": ("x", "groups")}, "named groups"),
    "a default for no operand": ("x", "1", {"defaults": {"z": 1.0}}, "belong to its last operands.*defaults for z"),
    "a default for the first operand": ("x * y", ("y", "x"), {"defaults": {"x": 1.0}}, "belong to its last operands"),
    "a default in the middle": (
        "x * y * z", ("y * z", "x * z", "x * y"), {"operands": ("x", "y", "z"), "defaults": {"y": 1.0}}, "last operands"
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_primitive_is_refused_and_leaves_no_trace(case: str) -> None:
    value, partials, further, says = REFUSED[case]
    before = state()
    with pytest.raises(FormulaError, match=says) as raised:
        autograd.primitive(NAME, value, partials, **further)
    assert len(str(raised.value)) < 400
    assert state() == before


@pytest.mark.parametrize("name", ["tanh", "data", "_grad", "__add__", "op", "two words", "1x", "lambda", "", 5, None])
def test_a_name_that_is_taken_or_no_identifier_is_refused(name: Any) -> None:
    before = state()
    with pytest.raises(FormulaError, match="needs an identifier that is not taken yet"):
        autograd.primitive(name, "x", "1")
    assert state() == before


def test_a_default_that_is_no_number_is_refused() -> None:
    before = state()
    with pytest.raises(OperandTypeError, match=r"the default of y, a number, was expected.*'1'"):
        autograd.primitive(NAME, "x * y", ("y", "x"), defaults={"y": "1"})  # type: ignore[dict-item]
    assert state() == before


@pytest.fixture
def declared() -> Any:
    """Declares a primitive under `NAME`, which is taken out of the table again."""

    def declare(*arguments: Any, **further: Any) -> Any:
        return autograd.primitive(NAME, *arguments, **further)

    yield declare
    if NAME in TABLE:
        del TABLE[NAME], functions[NAME], FLOATS.namespace[NAME]
        FLOATS.formulas.pop(NAME, None)
        delattr(Value, NAME)


@pytest.mark.parametrize("note", ['"""; raise SystemExit; """', 'ends in "', "ends in \\", "{x} {0} %s", "'''"])
@pytest.mark.parametrize("operands", [XY, ("x", "y", "z")])
def test_a_note_is_a_note_whatever_stands_in_it(declared: Any, note: str, operands: tuple[str, ...]) -> None:
    f = declared("+".join(operands), ("1",) * len(operands), operands=operands, note=note)
    assert f(*map(Value, range(len(operands)))).data == sum(range(len(operands)))
    assert note[1:] in inspect.getdoc(f)


@pytest.mark.parametrize("given", [1.0, (), (1.0, 2.0), None])
def test_opaque_partials_that_are_no_tuple_of_the_operands_number_say_so(declared: Any, given: Any) -> None:
    f = declared(lambda x: x, lambda out, x: given)
    with pytest.raises(FormulaError, match="must come as a tuple, one for each operand, 1 in all"):
        f(Value(2.0))


@pytest.mark.parametrize("given", [([1.0],), ([1.0, 2.0, 3.0],), (1.0,), (["a", "b"],)])
def test_opaque_partials_of_a_list_are_one_for_each_entry(declared: Any, given: Any) -> None:
    f = declared(lambda xs: sum(xs), lambda out, xs: given)
    with pytest.raises(FormulaError, match=f"∂xs of '{NAME}' must be a list with a number for each entry of xs, 2 in"):
        f([Value(2.0), Value(3.0)])


def test_an_opaque_partial_is_a_number(declared: Any) -> None:
    f = declared(lambda x: x, lambda out, x: ([1.0],))
    with pytest.raises(FormulaError, match=f"∂x of '{NAME}' must be a number"):
        f(Value(2.0))


@pytest.mark.parametrize(
    "name", ["float", "next", "len", "zip", "choose", "others", "number", "fabs", "out", "node", "x", "xs"]
)
def test_a_name_that_generated_code_uses_is_refused(name: str) -> None:
    with pytest.raises(FormulaError, match=f"may not be named '{name}'"):
        autograd.primitive(name, "x * 2", "2")
    assert name not in TABLE


def test_an_error_in_an_opaque_primitive_is_the_user_s_own(declared: Any) -> None:
    f = declared(lambda x: 1 / x, lambda out, x: (-1 / x**2,))
    with pytest.raises(ZeroDivisionError) as raised:
        f(Value(0.0))
    assert not isinstance(raised.value, AutogradError)


def test_huge_powers_of_constants_are_floats_and_cost_nothing(declared: Any) -> None:
    assert declared("9**9**9**9 + x", "1")(1.0) == float("inf")
