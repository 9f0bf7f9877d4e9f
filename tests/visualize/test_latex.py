"""LaTeX of expressions and of the chain rule."""

from __future__ import annotations

import dataclasses
import re

import pytest

import autograd
from autograd import FormulaError, OpaqueNodeError, StructureError, Value
from tests.requires import requires
from tests.visualize.graphs import chain, network
from tests.visualize.hostile import LABELS, hostile
from visualize import latex
from visualize.latex_terms import latex_number


def letters(**numbers: float) -> list[Value]:
    return [Value(x, label=name) for name, x in numbers.items()]


a, b, c = letters(a=2.0, b=-3.0, c=10.0)


@pytest.mark.parametrize(
    ("root", "text"),
    [
        (a * (b + c), r"a \cdot \left(b + c\right)"),
        (a * b + c, r"a \cdot b + c"),
        (a - (b - c), r"a - \left(b - c\right)"),
        (a - b - c, "a - b - c"),
        (a + -b, r"a + \left(-b\right)"),
        (-(a + b), r"-\left(a + b\right)"),
        ((a + b) ** 2, r"{\left(a + b\right)}^{2}"),
        ((a / b) ** 2, r"{\left(\frac{a}{b}\right)}^{2}"),
        (a.tanh() ** 2, r"{\left(\tanh\left(a\right)\right)}^{2}"),
        (2**a, "{2}^{a}"),
        (a / (b + c), r"\frac{a}{b + c}"),
        (a * -2, r"a \cdot \left(-2\right)"),
        (-2 * a, r"\left(-2\right) \cdot a"),
        (a % (b * c), r"a \bmod \left(b \cdot c\right)"),
        ((a * b) % c, r"a \cdot b \bmod c"),
        ((a % b) * c, r"\left(a \bmod b\right) \cdot c"),
        (a * (b % c), r"a \cdot \left(b \bmod c\right)"),
        ((a % b) % c, r"\left(a \bmod b\right) \bmod c"),
        (a % b - c, r"\left(a \bmod b\right) - c"),
        (-(a % b), r"-\left(a \bmod b\right)"),
        ((a * b + c).exp(), r"e^{a \cdot b + c}"),
        (a.exp() ** 2, r"{\left(e^{a}\right)}^{2}"),
        (autograd.hypot(a + b, c), r"\sqrt{\left(a + b\right)^2 + c^2}"),
        (autograd.clamp(a + b, -1, 1), r"\operatorname{clamp}_{-1}^{1}\left(a + b\right)"),
        (autograd.sum([a, b, c]), r"\sum\left(a, b, c\right)"),
        (autograd.dot([a, b], [c, 2.0], a), r"\left(a, b\right) \cdot \left(c, 2\right) + a"),
        (autograd.dot([a, b], [c, 2.0]) * b, r"\left(a, b\right) \cdot \left(c, 2\right) \cdot b"),
        (autograd.greater(a, b) * c, r"\left(a > b\right) \cdot c"),
        (Value(3.0) * a, r"3 \cdot a"),
        (a, "a"),
    ],
    ids=str,
)
def test_an_expression_is_written_with_the_parentheses_it_needs(root: Value, text: str) -> None:
    assert latex(root) == text


def test_the_text_of_an_operation_is_the_tables() -> None:
    y = Value(2.0, label="x").tanh()
    y.op = dataclasses.replace(autograd.TABLE["tanh"], latex=r"\operatorname{{th}}\left({0}\right)")
    assert latex(y) == r"\operatorname{th}\left(x\right)"


def test_a_template_with_single_braces_is_refused_with_the_way_out() -> None:
    y = Value(2.0, label="x").tanh()
    y.op = dataclasses.replace(autograd.TABLE["tanh"], latex=r"\operatorname{th}\left({0}\right)")
    with pytest.raises(FormulaError, match="every other brace is doubled"):
        latex(y)


def test_the_formula_of_a_local_derivative_is_the_tables() -> None:
    y = Value(2.0, label="x").tanh()
    y.op = dataclasses.replace(autograd.TABLE["tanh"], partials=("7 * x + 1",))
    assert r"7 \cdot x + 1" in latex(y, wrt=y.parents[0])


def test_a_part_that_is_used_twice_has_a_line_and_a_name() -> None:
    d = a * b
    d.label = "d"
    assert latex(d * d + d).splitlines() == [
        r"\begin{aligned}",
        r"d &= a \cdot b \\",
        r"v_{2} &= d \cdot d + d",
        r"\end{aligned}",
    ]


def test_repeated_squaring_stays_short() -> None:
    node = a
    for _ in range(200):
        node = node * node
    assert len(latex(node)) < 5000


@pytest.mark.slow
def test_a_chain_of_a_million_nodes_is_written_from_its_end() -> None:
    text = latex(chain(1_000_000))
    assert len(text) < 50_000
    assert r"\vdots" in text


def test_the_chain_rule_is_written_as_symbols_formulas_and_numbers() -> None:
    d = a * b
    d.label = "d"
    loss = d.exp()
    loss.label = "L"
    assert latex(loss, wrt=a).splitlines() == [
        r"\begin{aligned}",
        r"\frac{\partial L}{\partial a} &= \frac{\partial L}{\partial d} \cdot \frac{\partial d}{\partial a} \\",
        r"&= L \cdot b \\",
        r"&= 0.00247875 \cdot \left(-3\right) \\",
        r"&= -0.00743626 \\",
        r"d &= a \cdot b \\",
        r"L &= e^{d}",
        r"\end{aligned}",
    ]


def test_a_sum_over_paths_has_one_term_for_each_path() -> None:
    text = latex(a * a + a, wrt=a)
    assert r"&= a \cdot 1" not in text
    assert r"&= 1 \cdot a + 1 \cdot a + 1" in text
    assert r"&= 5" in text


def test_many_paths_and_long_paths_end_in_dots_and_claim_no_total() -> None:
    node = a
    for _ in range(40):
        node = node + node
    text = latex(node, wrt=a)
    assert text.count(r"\cdots") > 2
    assert len(text) < 20_000


def test_the_derivative_of_a_node_by_itself_is_one() -> None:
    assert latex(a, wrt=a) == r"\frac{\partial a}{\partial a} = 1"


def test_the_total_is_the_gradient() -> None:
    loss = network(2, [2, 1], activation="tanh")
    weight = next(node for node in autograd.topological_order(loss) if node.label == "layers[0].neurons[0].w[1]")
    assert f"&= {latex_number(weight.grad)[0]} \\\\" in latex(loss, wrt=weight)


def test_a_node_of_another_graph_is_refused() -> None:
    with pytest.raises(StructureError, match="c is not in the graph of"):
        latex(a * b, wrt=c)


def test_a_rule_by_hand_has_an_expression_but_no_derivative() -> None:
    y = Value(9.0, (a,), "square")
    assert latex(y) == r"\mathrm{square}\left(a\right)"
    with pytest.raises(OpaqueNodeError, match="Python function"):
        latex(y, wrt=a)


def test_a_primitive_made_of_python_functions_has_its_fraction_for_a_derivative() -> None:
    y = a.exp()
    y.op = dataclasses.replace(autograd.TABLE["exp"], name="f", latex="", python=(lambda x: x, lambda out, x: (1.0,)))
    assert latex(y) == r"f\left(a\right)"
    assert r"\frac{\partial v_{1}}{\partial a} &= 7.38906" in latex(y, wrt=a)


def balanced(text: str) -> bool:
    bare = re.sub(r"\\[{}]", "", text)
    return bare.count("{") == bare.count("}") and text.count(r"\left") == text.count(r"\right")


def samples() -> list[Value]:
    """One node of every row of the table."""
    found = []
    for op in autograd.TABLE.values():
        operands = [[a, b] if name in ("xs", "ws") else Value(0.5, label=name) for name in op.operands]
        found.append(getattr(autograd, op.name)(*operands))
    return found


@pytest.mark.parametrize("node", samples(), ids=lambda node: node.op.name)
def test_every_primitive_has_an_expression_and_a_derivative(node: Value) -> None:
    assert balanced(latex(node + 1))
    for parent in node.parents:
        text = latex(node, wrt=parent)
        assert balanced(text)
        assert "operand" not in text
        assert r"\mathrm{len}" not in text


@hostile
def test_a_hostile_label_stays_a_name(label: str) -> None:
    x = Value(2.0, label=label)
    for text in (latex(x * x + 1), latex(x * x, wrt=x)):
        assert balanced(text)
        assert not re.search(r"<[A-Za-z/!?]", text)
        assert r"\input" not in text


@pytest.mark.parametrize("label", [label for label in LABELS.values() if label.isascii() and label.isprintable()])
def test_a_parser_of_latex_takes_an_expression_with_any_label(label: str) -> None:
    text = re.sub(r"\\[#&]", "+", latex(Value(2.0, label=label[:80]).tanh() + 1))
    requires("matplotlib.mathtext").MathTextParser("path").parse(f"${text}$")


@pytest.mark.parametrize(
    ("number", "text"),
    [(0.5, "0.5"), (-1e-7, "-10^{-7}"), (2.5e30, r"2.5 \cdot 10^{30}"), (float("nan"), r"\mathrm{NaN}")],
)
def test_a_number_is_written_as_in_print(number: float, text: str) -> None:
    assert latex_number(number)[0] == text


@pytest.mark.parametrize("wrt", ["a", 3.0, Value(1.0)])
def test_a_derivative_by_what_is_not_in_the_graph_is_refused(wrt: object) -> None:
    with pytest.raises(StructureError, match="is not in the graph"):
        latex(Value(2.0, label="a") * 3, wrt=wrt)  # type: ignore[arg-type]
