"""A walk as text: every line can be read, and computed again from what it says."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

import autograd
from autograd import Value
from tests.visualize.graphs import expression, network
from tests.visualize.hostile import hostile
from visualize import walk
from visualize.escape import visible
from visualize.text import equation, equation_in_numbers


@pytest.mark.parametrize("build", [expression, lambda: network(2, [3, 1])], ids=["expression", "network"])
def test_every_line_of_the_chain_rule_adds_up(build: Callable[[], Value]) -> None:
    number = r"(-?[\d.]+(?:e[+-]\d+)?)"
    terms = re.findall(
        rf" = {number};  {number} × {number} = {number};  \S+\.grad: {number} \+ {number} = {number}$",
        str(walk(build())),
        re.MULTILINE,
    )
    assert len(terms) == sum(len(step.contributions) for step in walk(build()).backward)
    for partial, upstream, factor, product, before, term, after in (map(float, line) for line in terms):
        assert (partial, product) == (factor, term)
        assert upstream * factor == pytest.approx(product, rel=1e-5, abs=1e-9)
        assert before + term == pytest.approx(after, rel=1e-5, abs=1e-5 * max(abs(before), abs(term)))


def test_the_last_lines_are_the_gradients_of_the_leaves() -> None:
    a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    assert str(walk(a * b)).endswith("gradients\n  a.grad = -3\n  b.grad = 2")


def test_a_leaf_alone_is_told_by_its_number() -> None:
    assert str(walk(Value(float("inf"), label="x"))).splitlines()[:2] == ["forward", "  x = inf"]


@pytest.mark.parametrize(
    ("build", "names", "numbers"),
    [
        (lambda x, y: x - y, "x - y", "-2 - (-3)"),
        (lambda x, y: -y, "-y", "-(-3)"),
        (lambda x, y: x**y, "x ** y", "(-2) ** (-3)"),
        (lambda x, y: y.tanh(), "tanh(y)", "tanh(-3)"),
        (lambda x, y: autograd.clamp(x, -1, y), "clamp(x, -1, y)", "clamp(-2, -1, -3)"),
        (lambda x, y: autograd.sum([x, y, 1]), "sum(x, y, 1)", "sum(-2, -3, 1)"),
        (lambda x, y: autograd.dot([x, 4], [1, y], x), "dot([x, 4], [1, y], x)", "dot([-2, 4], [1, -3], -2)"),
        (lambda x, y: autograd.sum([x] * 9), "sum(x, x, x, x, x, ..., x)", "sum(-2, -2, -2, -2, -2, ..., -2)"),
    ],
)
def test_an_operation_is_written_so_that_it_can_be_read_only_one_way(
    build: Callable[[Value, Value], Value], names: str, numbers: str
) -> None:
    node = build(Value(-2.0, label="x"), Value(-3.0, label="y"))
    assert equation(walk(node), node) == names
    assert equation_in_numbers(node) == numbers


def test_a_gradient_of_zero_says_that_it_sends_nothing_back() -> None:
    assert "a gradient of zero sends nothing back" in str(walk((Value(-1.0) * 2).relu() * 3))


@hostile
def test_no_label_obeys_a_terminal_or_makes_a_line_of_its_own(label: str) -> None:
    a, b = Value(2.0, label=label), Value(3.0, label="b")
    harmless = Value(2.0, label="a")
    text = str(walk(a * b))
    assert all(line == visible(line, len(line) + 1) for line in text.split("\n"))
    assert len(text.split("\n")) == len(str(walk(harmless * b)).split("\n"))
    text.encode()
