"""What the parts of the benchmark of programs share: targets and faults, contenders that rest, tables of ratios."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from .measure import Contender, Result, disagreement, timed
from .report import Target, number, span, table

NAN = float("nan")

RUN_UP = 0.01
"""Seconds."""


class Report:
    """What the parts share: how much to do, and the targets found."""

    def __init__(self, quick: bool) -> None:
        self.quick = quick
        self.rounds = 5 if quick else 15
        self.targets: list[Target] = []
        self.faults: list[str] = []

    def agree(self, name: str, expected: Any, found: Any, tolerance: float = 1e-9) -> None:
        """Note it where the numbers of `name` are wrong."""
        fault = disagreement(list(map(float, expected)), list(map(float, found)), tolerance)
        if fault:
            self.faults.append(f"{name}: {fault}")


def repeated(name: str, function: Callable[[], object], times: int, warm_up: int = 0) -> Contender:
    """A contender whose run calls `function` so often that the clock's own time does not count.

    It waits before its clock starts, until the threads of whoever ran before no longer spin, and then calls `function`
    for `RUN_UP` seconds: a core that has rested takes milliseconds to come to speed, which would be the whole of a fast
    contender's time and little of a slow one's.  `warm_up` calls come before everything: CPython fits generated code to
    floats within its first some twenty calls.
    """
    for _ in range(warm_up):
        function()

    def run() -> None:
        for _ in range(times):
            function()

    measured = timed(name, run, times)

    def rested() -> dict[str, float]:
        time.sleep(0.2)
        ready = time.perf_counter() + RUN_UP
        while True:
            function()
            if time.perf_counter() > ready:
                return measured.run()

    return Contender(name, rested, times)


def per_node(contender: Contender, nodes: int) -> Contender:
    """The same contender, its time counted per node."""
    return Contender(contender.name, contender.run, contender.units * nodes)


def rows(results: dict[str, Result], scale: float, bases: list[str]) -> str:
    """A table: time with quartiles, and how many times as long each of `bases` takes."""
    present = [base for base in bases if base in results]
    lines = []
    for name, result in results.items():
        ratios = [number(result.times_faster_than(results[base])) for base in present]
        lines.append([name, number(result.spread().median * scale), span(result.spread(), scale), *ratios])
    return table(["", "median", "quartiles", *(f"× {base}" for base in present)], lines)


def ratio(found: dict[str, Result], ours: str, theirs: str) -> float:
    """How many times as long `theirs` takes; NaN where it did not take part."""
    return found[ours].times_faster_than(found[theirs]) if ours in found and theirs in found else NAN
