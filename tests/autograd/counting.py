"""How many lines of Python some work runs: a measure of its time that is the same on every machine.

Tests that use it run with the collector off (`without_collector`). Also here: doing work under a tracer, and something
else in the middle of it. What does not live here: interrupts before every bytecode of the engine (`test_interrupt.py`).
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import CodeType, FrameType
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


def meanwhile(code: CodeType, at: int, do: Callable[[], Any], work: Callable[[], Any]) -> bool:
    """Do `work`, and once `do`, before bytecode number `at` that it runs of `code`; whether there was such a one.

    Python 3.12 reports bytecodes only from the second traced run on.
    """
    left = at

    def tracer(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal left
        if frame.f_code is code:
            frame.f_trace_opcodes = True
            left -= event == "opcode"
            if event == "opcode" and left == -1:
                do()
        return tracer

    traced(tracer, work)
    return left < 0
