"""Python's garbage collector is off inside the block, and afterwards as it was before."""

from __future__ import annotations

import gc

import pytest

import autograd


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
