"""A walk cut into moments, and the numbers at each."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from autograd import Value
from autograd.expression import parse
from visualize import walk
from visualize.terminal.moments import Stepper, moments

TEXT = "(a*b + a).tanh() * b"


def test_there_is_a_moment_for_the_start_each_forward_step_the_seed_and_each_edge() -> None:
    steps = walk(parse(TEXT, a=2, b=-3))
    kinds = [moment.kind for moment in moments(steps)]
    assert kinds == ["start"] + ["forward"] * 4 + ["seed"] + ["term"] * 7


def test_a_backward_step_that_sends_nothing_is_a_moment_too() -> None:
    steps = walk(Value(2.0).exp() * 0.0)
    assert [moment.kind for moment in moments(steps)][-2:] == ["term", "idle"]


@given(st.lists(st.integers(-3, 20), max_size=12))
def test_the_numbers_at_a_moment_do_not_depend_on_the_way_there(ways: list[int]) -> None:
    steps = walk(parse(TEXT, a=2, b=-3))
    wandering, straight = Stepper(steps), Stepper(steps)
    for to in ways:
        wandering.go(to)
    straight.go(wandering.at)
    assert wandering.gradient == straight.gradient
    assert wandering.computed == straight.computed


def test_the_last_moment_has_the_gradients_of_the_walk() -> None:
    steps = walk(parse(TEXT, a=2, b=-3))
    stepper = Stepper(steps)
    stepper.go(10**9)
    assert stepper.gradient == steps.gradient
    assert stepper.computed == set(steps.nodes)


def test_the_next_moment_of_a_node_comes_round_again() -> None:
    steps = walk(parse("a*b", a=2, b=-3))
    stepper = Stepper(steps)
    a = steps.nodes[0]
    stepper.go(stepper.next_of(a))
    assert stepper.moment.term is not None
    assert stepper.moment.term.parent is a
    assert stepper.next_of(a) == stepper.at
    stepper.go(stepper.next_of(steps.root))
    assert stepper.moment.node is steps.root
