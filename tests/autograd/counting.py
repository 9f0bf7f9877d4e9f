"""How many lines of Python some work runs: a measure of its time that is the same on every machine.

Tests that use it run with the collector off (`without_collector`). Also here: doing work under a tracer. What does not
live here: interrupts, which come before single bytecodes (`test_interrupt.py`).
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any


def lines_run(work: Callable[[], Any]) -> int:
    """The lines that run from `work`'s beginning to its end, in whatever file."""
    count = 0

    def tracer(frame: Any, event: str, argument: Any) -> Any:
        nonlocal count
        count += event == "line"
        return tracer

    traced(tracer, work)
    return count


def traced(tracer: Callable[..., Any], work: Callable[[], Any]) -> None:
    """Do `work` under `tracer`; whoever traced before does so afterwards, however it ends."""
    before = sys.gettrace()
    sys.settrace(tracer)
    try:
        work()
    finally:
        sys.settrace(before)
