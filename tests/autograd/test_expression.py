"""``autograd.expression.parse``: what the language has, what it refuses, and that refusing costs nothing."""

from __future__ import annotations

import ast
import math
import string
import sys
import threading
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd
from autograd import ExpressionError, OperandTypeError, Value, topological_order
from autograd.expression import parse
from autograd.scan import CHARACTERS, DEPTH, NODES

# --- what the language has --------------------------------------------------------------------------------------------

MATHEMATICS = {"__builtins__": {}, "abs": abs, "max": max, "min": min, "pi": math.pi}


@pytest.mark.parametrize(
    "text",
    [
        "a + b*c", "a - b - c", "a / b / c", "-a**2", "2**-b", "a**b**0.5", "(a + b) * c", "-(-a)", "+a", "--a",
        "a // b", "a % b", "-a % b", "abs(-a)", "max(a, b, c)", "min([a, b, c])", "1_000 * a", ".5 + 1. + 2e-3 * a",
        "a if a > b else c", "a if a > b else b if b > c else c", "(a if b else c) + 1", "2 * pi", "\ta +\n b ",
        "a if (b if c else a) else b",
    ],
)  # fmt: skip
def test_arithmetic_means_what_it_means_in_python(text: str) -> None:
    values = {name: {"a": 1.5, "b": 2.25, "c": 0.75}[name] for name in names_of(text) - MATHEMATICS.keys()}
    expected = eval(f"({text})", MATHEMATICS, values)
    assert parse(text, **values).data == pytest.approx(expected, rel=1e-15)


def names_of(text: str) -> set[str]:
    return {node.id for node in ast.walk(ast.parse(f"({text})", mode="eval")) if isinstance(node, ast.Name)}


@pytest.mark.parametrize("text", ["tanh(a)", "a.tanh()", "(a).tanh()", "tanh((a))", "tanh( a )"])
def test_a_primitive_is_a_function_and_a_method(text: str) -> None:
    assert parse(text, a=0.5).data == Value(0.5).tanh().data


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sum([a, b, 1])", 6.0), ("prod((a, b))", 6.0), ("mean([a, b])", 2.5), ("dot([a, b], [b, a], 1)", 13.0),
        ("dot([a, 2], [b, 3])", 12.0), ("max(a, b)", 3.0), ("where(a > b, a, b)", 3.0), ("leaky_relu(-a, 0.5)", -1.0),
        ("a.leaky_relu()", 2.0), ("clamp(b, 0, 1)", 1.0), ("2.0.maximum(b)", 3.0), ("sum([])  + a", 2.0),
    ],
)  # fmt: skip
def test_functions_of_several_operands(text: str, expected: float) -> None:
    values = {name: {"a": 2.0, "b": 3.0}[name] for name in names_of(text) & {"a", "b"}}
    assert parse(text, **values).data == expected


@pytest.mark.parametrize("name", sorted(autograd.TABLE))
def test_every_row_of_the_table_can_be_called(name: str) -> None:
    operands = autograd.TABLE[name].operands
    text = f"{name}({', '.join('[a, b]' if x in ('xs', 'ws') else x for x in operands)})"
    at = {x: 0.25 + 0.5 * k for k, x in enumerate(sorted(names_of(text) - {name}))}
    leaves = {x: Value(number) for x, number in at.items()}
    arguments: list[Any] = [[leaves["a"], leaves["b"]] if x in ("xs", "ws") else leaves[x] for x in operands]
    expected = getattr(autograd, name)(*arguments).data
    assert parse(text, **at).data == expected or math.isnan(expected)


def test_each_name_is_one_labelled_leaf() -> None:
    root = parse("a*b + a", a=2, b=3)
    root.backward()
    assert [(leaf.label, leaf.data, leaf.grad) for leaf in topological_order(root) if leaf.is_leaf] == [
        ("a", 2.0, 4.0),
        ("b", 3.0, 2.0),
    ]


def test_a_value_may_be_given_and_becomes_the_leaf_itself() -> None:
    a, b = Value(2.0), Value(3.0, label="weight")
    parse("a*b", a=a, b=b).backward()
    assert (a.grad, a.label, b.label) == (3.0, "a", "weight")


def test_numbers_make_no_nodes() -> None:
    assert len(topological_order(parse("2*3 + a*(4 - 1)", a=1))) == 3


def test_every_literal_is_a_float_before_any_arithmetic() -> None:
    assert parse("9**9**9").data == math.inf
    assert parse("9" * 5000).data == math.inf
    assert parse("1/0").data == math.inf
    assert math.isnan(parse("0/0").data)
    assert parse("9007199254740993").data == 9007199254740992.0


def test_a_name_may_be_that_of_a_function_or_a_constant_when_it_has_a_value() -> None:
    assert parse("exp(exp) * pi", exp=0.0, pi=2.0).data == 2.0


def test_a_name_may_be_text() -> None:
    assert parse("text + self", text=1, self=2).data == 3.0


def test_a_text_must_be_a_text() -> None:
    with pytest.raises(OperandTypeError, match="of type bytes"):
        parse(b"a")  # type: ignore[arg-type]


# --- what it refuses --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "place", "reason"),
    [
        ("", 0, "empty"), ("   ", 3, "empty"), ("a +", 3, "value is missing"), ("a b", 2, "operator is missing"),
        ("* a", 0, "value is missing"), ("2 3", 2, "operator is missing"), ("(a", 0, "never closed"),
        ("a)", 1, "nothing is open"), ("(a]", 0, "never closed"), ("a, b", 1, "comma"), ("(a, b)", 0, "list"),
        ("max(,a)", 4, "value is missing"), ("max(a,,b)", 6, "value is missing"), ("(-)", 2, "value is missing"),
        ("[a]", 0, "list"), ("()", 0, "list"), ("a[0]", 1, "indexed"), ("a()", 0, "no function `a`"),
        ("(a)(b)", 3, "operator is missing"), ("a < b < 1", 8, "one comparison"), ("a and b", 2, "`and`"),
        ("not a", 0, "`not`"), ("a if b", 2, "`else` is missing"), ("a else b", 2, "without `if`"),
        ("lambda: a", 0, "`lambda`"), ("[a for a in b]", 3, "`for`"), ("await a", 0, "`await`"), ("None", 0, "`None`"),
        ("True", 0, "`True`"), ("'a'", 0, "quotes"), ('f"{a}"', 1, "quotes"), ("b'a'", 1, "quotes"), ("a = 1", 2, "="),
        ("(a := 1)", 3, "`:`"), ("tanh(x=1)", 6, "="), ("tanh(*a)", 5, "value is missing"), ("{a}", 0, "`{`"),
        ("a ^ b", 2, "`**`"), ("a; b", 1, "`;`"), ("a @ b", 2, "`@`"), ("~a", 0, "`~`"), ("a\x00", 1, "not in the"),
        ("2j", 0, "decimal"), ("0x1f", 0, "decimal"), ("0b1", 0, "decimal"), ("1__0", 0, "decimal"), ("...", 0, "miss"),
        ("a.data", 2, "only methods"), ("a.__class__", 2, "only methods"), ("a.__class__()", 2, "no method"),
        ("a.backward()", 2, "no method"), ("a.sum()", 2, "no method"), ("a.", 2, "after a dot"), ("a.1", 1, "operator"),
        ("__import__(a)", 0, "no function"), ("eval(a)", 0, "no function"), ("tnah(a)", 0, "did you mean `tanh`"),
        ("tanh", 0, "is a function"), ("tanh()", 0, "takes 1 argument; 0"), ("tanh(a, b)", 0, "takes 1 argument; 2"),
        ("clamp(a, 0, 1, 2)", 0, "takes 1 to 3"), ("sum(a)", 0, "takes one list"), ("dot(a, b)", 4, "takes a list"),
        ("dot([a], [b, a])", 0, "equally long"), ("max()", 0, "no value"), ("mean([])", 0, "no value"),
        ("sum([[a]])", 5, "list"), ("é + a", 0, "ASCII"), ("a × b", 2, "ASCII"), ("\uff41", 0, "ASCII"),
        ("a if b if a else b else a", 7, "in brackets"), ("a.tanh().b", 9, "only methods"), ("a...", 2, "after a dot"),
        ("\ud800", 0, "ASCII"), ("c + a", 0, "no value is given for `c`"),
    ],
)  # fmt: skip
def test_anything_else_gets_one_line_with_a_caret_under_the_place(text: str, place: int, reason: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(text, a=1.0, b=2.0)
    what, excerpt, caret = str(caught.value).split("\n")
    assert reason in what
    assert caret == " " * (4 + place) + "^"
    assert len(excerpt) == 4 + len(text)
    assert excerpt.isprintable()


def test_a_value_for_a_name_that_does_not_occur_is_refused() -> None:
    with pytest.raises(ExpressionError, match="`b`, which does not occur"):
        parse("a", a=1, b=2)


def test_a_long_text_is_shown_around_the_place() -> None:
    with pytest.raises(ExpressionError) as caught:
        parse("a + " * 500 + "$" + " + a" * 500, a=1)
    _, excerpt, caret = str(caught.value).split("\n")
    assert len(excerpt) < 80
    assert excerpt[caret.index("^")] == "$"


def test_the_error_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="operator is missing"):
        parse("a a", a=1)


# --- limits -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("build", [
    lambda n: "(" * n + "a" + ")" * n, lambda n: "-" * n + "a", lambda n: "a" + "**a" * n,
    lambda n: "a if a else " * n + "a", lambda n: "tanh(" * n + "a" + ")" * n, lambda n: "+-" * (n // 2) + "a",
    lambda n: "(-" * (n // 2) + "a" + ")" * (n // 2), lambda n: "sum([" * (n // 2) + "a" + "])" * (n // 2),
])  # fmt: skip
def test_nesting_is_allowed_to_its_limit_and_no_further(build: Any) -> None:
    assert math.isfinite(parse(build(DEPTH), a=1).data)
    with pytest.raises(ExpressionError, match="nested more than 100 deep"):
        parse(build(DEPTH + 2), a=1)


def test_a_sum_of_many_terms_is_not_deep() -> None:
    assert parse("-a*a" + "+a**a-a/-a" * 150, a=1).data == -1.0 + 150 * 2
    assert parse("+".join("a" * (NODES // 2)), a=1).data == NODES // 2
    assert parse("tanh(-a)" + "+tanh(-a)" * 200, a=0).data == 0.0


def test_nodes_are_allowed_to_their_limit_and_no_further() -> None:
    with pytest.raises(ExpressionError, match="at most 2,000 names, numbers and operators"):
        parse("+".join("a" * (NODES // 2 + 1)), a=1)


def test_characters_are_allowed_to_their_limit_and_no_further() -> None:
    assert parse("a".ljust(CHARACTERS), a=1).data == 1.0
    with pytest.raises(ExpressionError, match="at most 10,000 characters; this one has 10,001"):
        parse("a".ljust(CHARACTERS + 1), a=1)


HOSTILE = {
    "a million digits in hex": "0x" + "f" * 1_000_000,
    "almost ten thousand digits in hex": "0x" + "f" * 9_990,
    "ten million brackets": "(" * 10_000_000,
    "brackets never closed": "(" * 10_000,
    "brackets of both kinds": "([" * 5_000,
    "prefix signs": "-" * 10_000,
    "powers": "9**" * 3_333 + "9",
    "choices": "a if a else " * 800 + "a",
    "method calls": "a" + ".tanh()" * 1_428,
    "function calls": "tanh(" * 1_999,
    "a long name": "f" * 9_990 + "(a)",
    "a long number": "9" * 10_000,
    "commas": "max(" + "a," * 4_990 + "a)",
    "spaces": " " * 10_000,
    "exponents": "1e" * 5_000,
    "underscores": "1_" * 5_000,
    "line breaks": "\n" * 10_000,
    "marks above marks": "a" + "\u0301" * 9_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_is_answered_at_once_and_briefly(text: str) -> None:
    def answer() -> float:
        start = time.perf_counter()
        assert len(refusal(text, a=1.0)) < 400
        return time.perf_counter() - start

    assert min(answer() for _ in range(3)) < 0.1  # milliseconds on an idle machine


def refusal(text: str, **values: float) -> str:
    """The text of the error, empty if there is none."""
    try:
        parse(text, **values)
    except ExpressionError as refused:
        return str(refused)
    return ""


def test_a_small_stack_is_enough() -> None:
    results: list[float] = []
    before = threading.stack_size(512 * 1024)
    try:
        thread = threading.Thread(target=lambda: results.append(parse("(" * 50 + "-" * 50 + "a" + ")" * 50, a=1).data))
        thread.start()
        thread.join()
    finally:
        threading.stack_size(before)
    assert results == [1.0]


def test_from_the_bottom_of_a_deep_stack_there_is_a_graph_or_an_expression_error() -> None:
    def at_depth(left: int) -> str:
        return at_depth(left - 1) if left else refusal("+".join("a" * 1000), a=1.0)

    frames, frame = 0, sys._getframe()
    while frame is not None:
        frames, frame = frames + 1, frame.f_back
    said = at_depth(sys.getrecursionlimit() - frames - 120)
    assert not said or "too deep for what is left of Python's stack" in said


# --- laws -------------------------------------------------------------------------------------------------------------


@given(st.text(max_size=80) | st.text(alphabet=string.printable, max_size=80))
def test_any_text_is_a_graph_or_an_expression_error(text: str) -> None:
    if said := refusal(text):
        what, excerpt, caret = said.split("\n")
        assert what
        assert set(caret) == {" ", "^"}
        assert len(caret) <= len(excerpt) + 1


TOKENS = [*"abc()[],.+-*/%<>", "**", "//", "<=", "==", " if ", " else ", " and ", "1", "0.5", "tanh(", ".exp()", "max("]


@given(st.lists(st.sampled_from(TOKENS), max_size=25).map("".join))
def test_python_has_nothing_to_add_to_the_scans_refusals(text: str) -> None:
    assert "this is no expression" not in refusal(text, a=0.5, b=1.5, c=-2.0)


expressions = st.recursive(
    st.sampled_from(["a", "b", "2.0", "0.25"]),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/", "**"]), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        inner.map(lambda x: f"-{x}"),
        inner.map(lambda x: f"({x}).tanh()"),
    ),
    max_leaves=8,
)


@given(expressions, st.floats(-3, 3), st.floats(-3, 3))
def test_a_graph_is_the_one_that_python_would_build(text: str, a: float, b: float) -> None:
    x, y = Value(a), Value(b)
    mine = eval(text.replace("2.0", "Value(2.0)").replace("0.25", "Value(0.25)"), {"a": x, "b": y, "Value": Value})
    parsed = parse(text, **{name: x for name, x in {"a": a, "b": b}.items() if name in text.replace("tanh", "")})
    assert parsed.data == mine.data or (math.isnan(parsed.data) and math.isnan(mine.data))
