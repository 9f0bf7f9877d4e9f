"""Python's garbage collector is off inside the block, and afterwards as it was before."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

import autograd
from autograd import Value
from autograd.blank import MANY
from autograd.collector import made_at_once
from tests.autograd.counting import meanwhile


@pytest.fixture
def collector_on() -> Iterator[None]:
    was_on = gc.isenabled()
    gc.enable()
    yield
    (gc.enable if was_on else gc.disable)()


@pytest.mark.parametrize("on", [True, False])
def test_the_collector_is_off_inside_and_as_before_afterwards(on: bool) -> None:
    was_on = gc.isenabled()
    (gc.enable if on else gc.disable)()
    try:
        with autograd.without_collector():
            assert not gc.isenabled()
        assert gc.isenabled() is on
    finally:
        (gc.enable if was_on else gc.disable)()


def test_an_error_inside_turns_it_on_again() -> None:
    was_on = gc.isenabled()
    gc.enable()
    try:
        with pytest.raises(ZeroDivisionError), autograd.without_collector():
            autograd.grad(lambda x: 1 // 0 * x)(1.0)
        assert gc.isenabled()
    finally:
        (gc.enable if was_on else gc.disable)()


def test_the_collector_comes_once_a_bulk_of_nodes(collector_on: None) -> None:
    x = y = Value(0.5)
    for _ in range(2 * MANY):  # the bulks have their full size from here on
        y = y * x
    before = gc.get_stats()[0]["collections"]
    for _ in range(20 * MANY):
        y = y * x
    assert gc.get_stats()[0]["collections"] - before <= 25


@pytest.mark.parametrize("on", [True, False])
def test_what_is_made_at_once_is_made_without_the_collector(on: bool, collector_on: None) -> None:
    (gc.enable if on else gc.disable)()
    assert made_at_once(gc.isenabled) is False
    assert gc.isenabled() is on


@pytest.mark.parametrize("on", [True, False])
def test_an_error_while_something_is_made_leaves_the_collector_as_it_was(on: bool, collector_on: None) -> None:
    (gc.enable if on else gc.disable)()
    with pytest.raises(ValueError, match="int"):
        made_at_once(partial(int, "no number"))
    assert gc.isenabled() is on


def interrupt() -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize(("event", "on_afterwards"), [(interrupt, True), (gc.disable, False)])
def test_whatever_comes_between_two_bytecodes_the_collector_is_as_it_should_be(
    event: Callable[[], Any], on_afterwards: bool, collector_on: None
) -> None:
    """An interrupt leaves it on; another thread that turns it off finds it off."""
    times = 0
    for at in range(100):
        gc.enable()
        try:
            come = meanwhile(made_at_once.__code__, at, event, partial(made_at_once, list))
        except KeyboardInterrupt:
            come = True
        assert gc.isenabled() is (on_afterwards if come else True)
        times += come
    assert 10 < times < 100  # before every bytecode there is
