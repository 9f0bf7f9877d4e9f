"""What a node shows of its history, and what happens when its operands' data are changed behind its back.

What does not live here: the order of nodes (`test_laws.py`), parents assigned by hand (`test_value.py`).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

import autograd
from autograd import OpaqueNodeError, StaleGraphError, Value, clamp, dot, greater, topological_order, where

# operands, parents, partials ------------------------------------------------------------------------------------------

NODES: dict[str, tuple[Callable[[Value, Value], Value], Any, str, tuple[float, ...]]] = {
    "a * b": (lambda a, b: a * b, "ab", "ab", (3.0, 2.0)),
    "a * a": (lambda a, b: a * a, "aa", "aa", (2.0, 2.0)),
    "a * 5": (lambda a, b: a * 5, ("a", 5.0), "a", (5.0,)),
    "5 * a": (lambda a, b: 5 * a, (5.0, "a"), "a", (5.0,)),
    "5 - a": (lambda a, b: 5 - a, (5.0, "a"), "a", (-1.0,)),
    "12 / a": (lambda a, b: 12 / a, (12.0, "a"), "a", (-3.0,)),
    "a**3": (lambda a, b: a**3, ("a", 3.0), "a", (12.0,)),
    "-a": (lambda a, b: -a, "a", "a", (-1.0,)),
    "relu": (lambda a, b: a.relu(), "a", "a", (1.0,)),
    "leaky_relu": (lambda a, b: a.leaky_relu(), ("a", 0.01), "a", (1.0,)),
    "clamp": (lambda a, b: clamp(a, 0, b), ("a", 0.0, "b"), "ab", (1.0, 0.0)),
    "where": (lambda a, b: where(True, a, b), (1.0, "a", "b"), "ab", (1.0, 0.0)),
    "greater": (lambda a, b: greater(a, 1), ("a", 1.0), "a", (0.0,)),
    "dot": (lambda a, b: dot([a, b], [b, a]), ("a", "b", "b", "a", 0.0), "abba", (3.0, 2.0, 2.0, 3.0)),
    "dot with numbers": (
        lambda a, b: dot([a, 4], [5, b], a), ("a", 4.0, 5.0, "b", "a"), "aba", (5.0, 4.0, 1.0)
    ),
    "dot over numbers": (lambda a, b: dot([1, 2], [3, 4], b), (1.0, 2.0, 3.0, 4.0, "b"), "b", (1.0,)),
    "sum": (lambda a, b: autograd.sum([a, 1, a]), ("a", 1.0, "a"), "aa", (1.0, 1.0)),
    "prod": (lambda a, b: autograd.prod([a, 10, b]), ("a", 10.0, "b"), "ab", (30.0, 20.0)),
    "max": (lambda a, b: autograd.max(a, b, 3), ("a", "b", 3.0), "ab", (0.0, 0.5)),
}  # fmt: skip


@pytest.mark.parametrize("name", NODES)
def test_a_node_shows_its_operands_parents_and_partials(name: str) -> None:
    build, operands, parents, partials = NODES[name]
    leaves = {"a": Value(2.0), "b": Value(3.0)}
    node = build(leaves["a"], leaves["b"])
    assert node.operands == tuple(leaves.get(operand, operand) for operand in operands)
    assert node.parents == tuple(leaves[letter] for letter in parents)
    assert node.partials == partials
    assert {type(partial) for partial in node.partials} == {float}
    assert not node.is_leaf


@pytest.mark.parametrize("name", NODES)
def test_backward_adds_a_node_s_partials_to_its_parents(name: str) -> None:
    build, _, parents, partials = NODES[name]
    leaves = {"a": Value(2.0), "b": Value(3.0)}
    build(leaves["a"], leaves["b"]).backward()
    for letter, leaf in leaves.items():
        assert leaf.grad == math.fsum(d for parent, d in zip(parents, partials, strict=True) if parent == letter)


def test_numbers_within_lists_make_no_nodes() -> None:
    x = Value(2.0)
    assert [node._op for node in topological_order(dot([x, 1.0], [2.0, 3.0], 4.0) + 1)] == ["", "dot", "+"]


def test_a_fused_node_over_numbers_alone_is_a_number() -> None:
    assert (dot([1.0], [2.0]), autograd.sum([1, 2]), autograd.max(1, 2)) == (2.0, 3.0, 2.0)


@pytest.mark.parametrize("view", ["operands", "parents", "partials", "is_leaf"])
def test_a_view_cannot_be_assigned(view: str) -> None:
    with pytest.raises(AttributeError):
        setattr(Value(2.0) * 3, view, ())


def test_an_attribute_misspelt_is_an_error() -> None:
    with pytest.raises(AttributeError, match="grda"):
        Value(1.0).grda = 0.0  # type: ignore[attr-defined]


def test_a_list_given_and_changed_later_does_not_change_the_node() -> None:
    xs = [Value(1.0), Value(2.0)]
    node = autograd.prod(xs)
    first, second = xs
    xs.clear()
    node.backward()
    assert node.parents == (first, second)
    assert (first.grad, second.grad) == (2.0, 1.0)


# data changed after the forward pass --------------------------------------------------------------------------------

READERS: dict[str, Callable[[Value], Any]] = {
    "create_graph": lambda root: root.backward(create_graph=True),
    "compile": autograd.compile,
}
readers = pytest.mark.parametrize("read", READERS.values(), ids=READERS)


@readers
def test_a_stale_node_is_named_with_both_numbers_and_what_to_do(read: Callable[[Value], Any]) -> None:
    x = Value(3.0, label="x")
    y = x**3
    x.data = 4.0
    with pytest.raises(StaleGraphError, match=r"pow\(x=4\.0, 3\.0\) is 64\.0 now, but the graph holds 27\.0.*Build"):
        read(y)
    assert x.grad == 0.0


@readers
def test_a_change_deep_in_a_list_of_operands_is_noticed(read: Callable[[Value], Any]) -> None:
    xs = [Value(1.0), Value(2.0)]
    y = dot(xs, [3.0, 4.0]) * 2 + 1
    xs[1].data = 5.0
    with pytest.raises(StaleGraphError, match=r"is 23\.0 now, but the graph holds 11\.0"):
        read(y)


@readers
def test_a_result_overwritten_by_hand_is_noticed(read: Callable[[Value], Any]) -> None:
    inner = Value(3.0) * 2
    root = inner + 1
    inner.data = 10.0
    with pytest.raises(StaleGraphError, match=r"mul\(3\.0, 2\.0\) is 6\.0 now, but the graph holds 10\.0"):
        read(root)


@readers
def test_a_change_that_no_result_shows_is_no_matter(read: Callable[[Value], Any]) -> None:
    x = Value(-3.0)
    y = x.relu() * 2
    x.data = -5.0
    read(y)


@readers
@pytest.mark.parametrize("number", [3.0, math.nan, math.inf])
def test_data_put_back_are_not_stale(read: Callable[[Value], Any], number: float) -> None:
    x = Value(number)
    y = x * 2 + 1
    x.data = 0.5
    x.data = number
    read(y)


@readers
def test_a_rule_of_one_s_own_has_no_formula(read: Callable[[Value], Any]) -> None:
    y = Value(3.0) * 2
    y._backward = lambda: None
    with pytest.raises(OpaqueNodeError, match=r"the node '\*'.*rule is a Python function"):
        read(y + 1)


def test_plain_backward_does_not_mind() -> None:
    x = Value(3.0)
    y = x**3
    x.data = 4.0
    y.backward()
    assert x.grad == 27.0


@pytest.mark.parametrize("root", [3.0, None, "x", [Value(1.0)]])
def test_the_root_of_a_graph_is_a_value(root: Any) -> None:
    with pytest.raises(autograd.OperandTypeError, match="the root of a graph is a Value"):
        autograd.topological_order(root)
