"""The list of steps: the very floats of backward(), and not a number of the graph changed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from autograd import OpaqueNodeError, OperandTypeError, Value, topological_order
from tests.visualize.graphs import batch, chain, expression, network
from visualize import walk

GRAPHS = pytest.mark.parametrize(
    "build",
    [expression, lambda: network(3, [4, 1], activation="tanh"), lambda: batch(3), lambda: chain(5000)],
    ids=["expression", "network", "batch", "chain"],
)


@GRAPHS
def test_its_gradients_are_backwards_to_the_last_bit_whatever_grad_holds(build: Callable[[], Value]) -> None:
    root = build()
    nodes = topological_order(root)
    for node in nodes:
        node.grad = 7.0
    found = walk(root).gradient
    for node in nodes:
        node.grad = 0.0
    root.backward()
    assert [found[node].hex() for node in nodes] == [node.grad.hex() for node in nodes]


@GRAPHS
def test_it_changes_no_number_of_the_graph(build: Callable[[], Value]) -> None:
    root = build()
    nodes = topological_order(root)
    before = [(node.data, node.grad) for node in nodes]
    walk(root)
    assert [(node.data, node.grad) for node in nodes] == before


@GRAPHS
def test_each_gradient_is_complete_before_it_is_passed_on(build: Callable[[], Value]) -> None:
    steps = walk(build())
    grown = dict.fromkeys(steps.nodes, 0.0) | {steps.root: 1.0}
    for step in steps.backward:
        assert step.upstream == grown[step.node] == steps.gradient[step.node]
        for term in step.contributions:
            assert term.before == grown[term.parent]
            assert term.contribution == term.upstream * term.partial
            grown[term.parent] = term.after
            assert term.after == term.before + term.contribution
    assert grown == steps.gradient


def test_it_is_a_sequence_of_forward_and_then_backward_steps() -> None:
    steps = walk(expression())
    assert list(steps) == [*steps.forward, *steps.backward] == steps[:]
    assert (steps[0], steps[-1], len(steps)) == (steps.forward[0], steps.backward[-1], 2 * len(steps.forward))
    assert [step.index for step in steps] == list(range(len(steps)))
    with pytest.raises(IndexError):
        steps[len(steps)]


def test_the_same_parent_twice_takes_two_contributions() -> None:
    a = Value(3.0)
    (step,) = walk(a * a).backward
    assert [(term.edge, term.before, term.after) for term in step.contributions] == [(0, 0.0, 3.0), (1, 3.0, 6.0)]


def test_a_frozen_leaf_receives_nothing() -> None:
    a, frozen = Value(3.0), Value(2.0, requires_grad=False)
    steps = walk(a * frozen)
    assert [term.parent for term in steps.backward[0].contributions] == [a]
    assert steps.gradient[frozen] == 0.0


def test_a_zero_gradient_meets_an_infinite_slope_without_nan() -> None:
    x = Value(0.0)
    assert walk(x.sqrt() * 0.0 + x).gradient[x] == 1.0


def test_equal_labels_are_told_apart() -> None:
    twice = Value(1.0, label="x") * Value(2.0, label="x")
    assert sorted(walk(twice).name.values()) == ["v1", "v2", "v3"]


def test_a_rule_given_by_hand_is_refused() -> None:
    node = Value(1.0) * 2.0
    node._backward = lambda: None
    with pytest.raises(OpaqueNodeError, match="stepped through"):
        walk(node)


@pytest.mark.parametrize("root", [3.0, "a*b", [Value(1.0)], None])
def test_what_is_no_graph_is_refused(root: object) -> None:
    with pytest.raises(OperandTypeError, match="the root of a graph is a Value"):
        walk(root)  # type: ignore[arg-type]


def test_a_walk_over_data_that_were_changed_says_so() -> None:
    p = Value(2.0, label="p")
    root = (p * p - 3.0) ** 2
    steps = walk(root)
    assert steps.note == ""
    p.data = 1.5  # the walk is there already, and tells of the graph as it is when it is shown
    assert str(steps).splitlines()[0] == f"note: {steps.note}"
    assert steps.note.startswith("data were changed after the forward pass: v1 no longer follows from its operands.")
    p.data = 2.0
    assert steps.note == ""


def test_numbers_that_are_not_finite_have_not_changed() -> None:
    x = Value(float("nan"), label="x")
    assert walk(x * 2.0 + (Value(0.0).log() - Value(0.0).log())).note == ""
