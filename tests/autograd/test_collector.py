"""Python's garbage collector is off inside the block, and afterwards as it was before."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from itertools import count
from types import FrameType
from typing import Any

import pytest

import autograd
from autograd import Value
from autograd.blank import MANY
from autograd.collector import made_at_once
from tests.autograd.counting import traced


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


def test_an_error_while_something_is_made_turns_the_collector_on_again(collector_on: None) -> None:
    with pytest.raises(ValueError, match="int"):
        made_at_once(partial(int, "no number"))
    assert gc.isenabled()


def test_an_interrupt_before_any_bytecode_leaves_the_collector_on(collector_on: None) -> None:
    def interrupted(at: int) -> bool:
        left = at

        def tracer(frame: FrameType, event: str, argument: Any) -> Any:
            nonlocal left
            if frame.f_code is made_at_once.__code__:
                frame.f_trace_opcodes = True
                left -= event == "opcode"
                if left < 0:
                    raise KeyboardInterrupt
            return tracer

        with suppress(KeyboardInterrupt):
            traced(tracer, lambda: made_at_once(list))
        return left < 0

    interrupted(0)  # Python 3.12 reports bytecodes only from the second traced run on
    for bytecodes in count():
        assert gc.isenabled()
        if not interrupted(bytecodes):
            break
    assert bytecodes > 10


def test_a_collector_turned_off_meanwhile_by_somebody_else_stays_off(collector_on: None) -> None:
    def turned_off(at: int) -> bool:
        left = at

        def tracer(frame: FrameType, event: str, argument: Any) -> Any:
            nonlocal left
            if frame.f_code is made_at_once.__code__:
                frame.f_trace_opcodes = True
                left -= event == "opcode"
                if left == -1:
                    gc.disable()  # as another thread would, between two bytecodes
            return tracer

        traced(tracer, lambda: made_at_once(list))
        return left < 0

    turned_off(0)
    for bytecodes in count():
        gc.enable()
        if not turned_off(bytecodes):
            break
        assert not gc.isenabled()
    assert bytecodes > 10
