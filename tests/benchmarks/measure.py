"""How benchmarks measure: clock, rounds, garbage collector, memory, agreement.

Nothing here knows an engine; a benchmark hands in functions. Its figures become text in `report.py`. The rules that
keep a comparison fair live here and hold for all who take part:

- Contenders take turns, one run each a round, so that a machine that slows down slows all of them. Ratios are taken
  within a round, and the median over rounds is what counts.
- A run makes its inputs before its clock starts and keeps its graph until the clock has stopped. Freeing it, and a
  full collection after it, is outside of everybody's time. What a run drops by itself while the clock is on, and what
  the collector does meanwhile where it is on, is inside.
- What was in memory before the first round (modules, plans) is frozen out of the collector's sight, so that the
  collector finds what it would find in a fresh process, whatever else a benchmark has imported.
- Before each run a plain loop is timed, which needs nothing but the processor: where others compute on the same
  machine, or on the other half of the same core, it takes up to twice as long, and a reader sees that.

Next: `work.py`, what is measured.
"""

from __future__ import annotations

import contextlib
import gc
import math
import statistics
import sys
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import NamedTuple, TypeVar

T = TypeVar("T")

TOTAL = "total"
"""The phase that every result has: the sum of all others."""

PROGRAM, SEARCH = "program", "collector"
"""The phases of a contender whose time is taken apart, see `collector_apart`."""


# --- the clock ------------------------------------------------------------------------------------------------------


class Stopwatch:
    """Seconds by phase: `lap("forward")` books the time since the last lap, or since the start, under that name."""

    def __init__(self) -> None:
        self.phases: dict[str, float] = {}
        self._since = time.perf_counter()

    def lap(self, phase: str) -> None:
        """Book the time that has passed under `phase`."""
        now = time.perf_counter()
        self.phases[phase] = self.phases.get(phase, 0.0) + now - self._since
        self._since = time.perf_counter()


@dataclass(frozen=True)
class Contender:
    """One side of a race: `run` does the work once and gives seconds by phase, see `Stopwatch`.

    `units` is how much a run does (nodes, steps, samples); all figures are per unit.
    """

    name: str
    run: Callable[[], dict[str, float]]
    units: float = 1


def timed(name: str, function: Callable[[], object], units: float = 1) -> Contender:
    """A contender whose whole work is one call of `function`."""

    def run() -> dict[str, float]:
        clock = Stopwatch()
        kept = function()
        clock.lap(TOTAL)
        del kept
        return clock.phases

    return Contender(name, run, units)


class Spread(NamedTuple):
    """Median and quartiles."""

    median: float
    low: float
    high: float


def spread(values: Sequence[float]) -> Spread:
    """The median of `values` with its quartiles; with fewer than four values, with the least and the greatest."""
    if len(values) < 4:
        return Spread(statistics.median(values), min(values), max(values))
    low, median, high = statistics.quantiles(values, n=4, method="inclusive")
    return Spread(median, low, high)


@dataclass(frozen=True)
class Result:
    """What one contender took: seconds per unit by phase, one entry a round; seconds of a plain loop before each."""

    name: str
    phases: dict[str, list[float]]
    pace: list[float] = field(default_factory=list)

    def spread(self, phase: str = TOTAL) -> Spread:
        """Seconds per unit in `phase`."""
        return spread(self.phases[phase])

    def times_faster_than(self, peer: Result, phase: str = TOTAL) -> float:
        """How many times as long the peer takes: the median of the ratios within each round."""
        pairs = zip(peer.phases[phase], self.phases[phase], strict=True)
        return statistics.median(theirs / own for theirs, own in pairs)


def race(contenders: Sequence[Contender], rounds: int, collector: bool, warm_up: bool = True) -> dict[str, Result]:
    """Run all contenders in turn, `rounds` times, the collector on or off throughout.

    Every second round starts with the next of them, and the round after it goes through the same order backwards:
    nobody always follows whoever leaves the caches in the worst state.

    Args:
        contenders: each with a name of its own.
        rounds: 1 or more.
        collector: whether Python collects garbage cycles while a run's clock is on.
        warm_up: one round first that does not count; needless where the same contenders have just raced.
    """
    times: dict[str, dict[str, list[float]]] = {contender.name: {} for contender in contenders}
    paces: dict[str, list[float]] = {contender.name: [] for contender in contenders}
    with quiet_heap():
        for turn, counts in enumerate([False] * warm_up + [True] * rounds):
            for contender in in_turn(contenders, turn):
                with garbage_collector(collector):
                    pace = plain_loop()
                    phases = contender.run()
                if not counts:
                    continue
                paces[contender.name].append(pace)
                phases[TOTAL] = sum(seconds for phase, seconds in phases.items() if phase != TOTAL) or phases[TOTAL]
                for phase, seconds in phases.items():
                    times[contender.name].setdefault(phase, []).append(seconds / contender.units)
    return {name: Result(name, phases, paces[name]) for name, phases in times.items()}


def plain_loop() -> float:
    """Seconds that a loop of half a million turns takes, with nothing in it."""
    start = time.perf_counter()
    for _ in repeat(None, 500_000):
        pass
    return time.perf_counter() - start


def in_turn(contenders: Sequence[T], turn: int) -> list[T]:
    """The order of a round.

    >>> [in_turn([0, 1, 2], turn) for turn in range(4)]
    [[0, 1, 2], [2, 1, 0], [1, 2, 0], [0, 2, 1]]
    """
    first = turn // 2 % len(contenders)
    order = [*contenders[first:], *contenders[:first]]
    return order[::-1] if turn % 2 else order


# --- the collector, the heap, the stack -----------------------------------------------------------------------------


@contextlib.contextmanager
def garbage_collector(on: bool) -> Iterator[None]:
    """Inside, the collector is on or off as asked; it starts with nothing to collect and leaves nothing behind."""
    was_on = gc.isenabled()
    gc.collect()
    (gc.enable if on else gc.disable)()
    try:
        yield
    finally:
        (gc.enable if was_on else gc.disable)()
        gc.collect()


class CollectorClock:
    """Inside, `seconds` grows by what Python's collector takes, as Python's own `gc.callbacks` tell when it works.

    >>> with CollectorClock() as collector:
    ...     _ = gc.collect()
    >>> collector.seconds > 0
    True
    """

    def __init__(self) -> None:
        self.seconds = 0.0
        self._since = 0.0

    def _tell(self, phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            self._since = time.perf_counter()
        else:
            self.seconds += time.perf_counter() - self._since

    def __enter__(self) -> CollectorClock:
        gc.callbacks.append(self._tell)
        return self

    def __exit__(self, *error: object) -> None:
        gc.callbacks.remove(self._tell)


def collector_apart(contender: Contender) -> Contender:
    """The same work, in two phases: what the program itself takes, and what Python's collector takes in between.

    All that the collector does while `run` is running counts as in between, so little may be outside of its clock.
    """

    def run() -> dict[str, float]:
        with CollectorClock() as collector:
            total = sum(contender.run().values())
        return {PROGRAM: total - collector.seconds, SEARCH: collector.seconds}

    return Contender(contender.name, run, contender.units)


@contextlib.contextmanager
def quiet_heap() -> Iterator[None]:
    """Inside, the collector passes over everything that was there before."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def with_deep_stack(function: Callable[[], T], stack: int = 512 * 2**20, limit: int = 10**6) -> T:
    """Call `function` where recursion may go a million deep: in a thread with `stack` bytes; both limits are restored.

    A recursive backward needs it. The thread is started and ended outside of any clock that runs inside `function`.
    """
    outcome: list[T] = []
    failure: list[BaseException] = []

    def body() -> None:
        try:
            outcome.append(function())
        except BaseException as error:  # handed over to the caller's thread
            failure.append(error)

    old_limit, old_stack = sys.getrecursionlimit(), threading.stack_size(stack)
    sys.setrecursionlimit(limit)
    try:
        thread = threading.Thread(target=body, daemon=True)
        thread.start()
        thread.join()
    finally:
        threading.stack_size(old_stack)
        sys.setrecursionlimit(old_limit)
    if failure:
        raise failure[0]
    return outcome[0]


# --- memory ---------------------------------------------------------------------------------------------------------


class Memory(NamedTuple):
    """Bytes per node that Python's allocator holds for a graph, the leaves not counted."""

    before: float
    after: float
    peak: float


def memory(build: Callable[[], T], backward: Callable[[T], object], nodes: int) -> Memory:
    """Bytes a node after building, after backward, and at the peak in between, as tracemalloc counts them."""
    gc.collect()
    tracemalloc.start()
    try:
        start = tracemalloc.get_traced_memory()[0]
        root = build()
        gc.collect()
        before = tracemalloc.get_traced_memory()[0] - start
        tracemalloc.reset_peak()
        backward(root)
        peak = tracemalloc.get_traced_memory()[1] - start
        gc.collect()
        after = tracemalloc.get_traced_memory()[0] - start
    finally:
        tracemalloc.stop()
    return Memory(before / nodes, after / nodes, peak / nodes)


# --- agreement ------------------------------------------------------------------------------------------------------


def disagreement(expected: Sequence[float], found: Sequence[float], tolerance: float = 1e-9) -> str:
    """Say where `found` differs from `expected` by more than `tolerance` relative; empty where all agree."""
    if len(expected) != len(found):
        return f"{len(found)} numbers where {len(expected)} were expected"
    worst, place = 0.0, 0
    for i, (a, b) in enumerate(zip(expected, found, strict=True)):
        if a == b or (math.isnan(a) and math.isnan(b)):
            continue
        error = abs(a - b) / max(abs(a), abs(b)) if math.isfinite(a) and math.isfinite(b) else math.inf
        if error > worst:
            worst, place = error, i
    if worst <= tolerance:
        return ""
    return f"number {place} is {found[place]!r} where {expected[place]!r} was expected (relative error {worst:.1e})"
