"""Eager speed and memory: single operations, the moons step, a simulation, one sample through 784-64-64-10, linearity.

The five parts and what is said about them live here. What is run stands in `work.py`, who runs it in `peers.py`, how
one engine does it in `runners.py`, and the rules of fair measuring in `measure.py`. Every line first holds value and
gradients against micrograd's; one that differs is named, and the exit status is 1. Figures that miss their target are
marked, and change no exit status.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from . import peers, work
from .measure import PROGRAM, SEARCH, TOTAL, Contender, Result, collector_apart, disagreement, race, spread
from .peers import Engine, Unavailable
from .report import Target, heading, number, span, table, targets_block
from .runners import (
    answer,
    elementary_contender,
    moons_runner,
    sample_runner,
    spring_runner,
    torch_sample_runner,
    weigh,
)

NS, MS = 1e9, 1e3
COLLECTOR = {False: "collector off", True: "collector on"}


@dataclass
class Report:
    """What the parts find out: targets, and faults, which are lines whose numbers are wrong."""

    quick: bool
    micrograd: Engine
    ours: Engine
    targets: list[Target] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def rounds(self, full: int) -> int:
        """`full` rounds, or 2 in a quick run."""
        return 2 if self.quick else full

    def hold(self, name: str, expected: Sequence[float], found: Sequence[float]) -> None:
        """Hold a contender's numbers against micrograd's and keep what differs."""
        if difference := disagreement(expected, found):
            self.faults.append(f"{name}: {difference}")
            print(f"WRONG NUMBERS  {self.faults[-1]}")


def main(argv: list[str]) -> int:
    """Run all five parts and print tables and targets; 1 where an engine's numbers differ, 2 without micrograd."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks eager", description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="fewer rounds and smaller sizes, for a look (under 30 s)")
    quick = parser.parse_args(argv).quick
    started = time.perf_counter()
    try:
        report = Report(quick, peers.micrograd(), peers.ours())
    except Unavailable as error:
        print(f"Nothing to compare with: {error}", file=sys.stderr)
        return 2

    print(heading("Eager benchmark", ["micrograd", "torch", "numpy", "scikit-learn"]))
    print(
        "\nContenders take turns in every round; figures are medians over rounds, with quartiles of the total, and"
        "\n`faster` is micrograd's time over the engine's, the median of the ratios within a round. Inputs and leaves"
        "\nare made before the clock starts; the finished graph is freed after it has stopped. That goes for everyone."
        "\nA first round does not count: what an engine keeps for its next graph, such as memory, it has from then on."
        "\n`plain loop` is what an empty loop of Python takes right before a run, ms, by quartiles: on a machine that"
        "\nothers compute on it is up to twice its least, and ratios shift with it."
    )
    elementary(report)
    moons(report)
    sample(report)
    simulation(report)
    linearity(report)

    print("\n" + targets_block(report.targets))
    if quick:
        print("A quick run is for a look: smaller graphs, few rounds. The targets are meant for a full run.")
    for fault in report.faults:
        print(f"WRONG NUMBERS  {fault}")
    agree = "Some engine's numbers differ from micrograd's." if report.faults else "All agree with micrograd to 1e-9."
    print(f"{agree} {time.perf_counter() - started:.0f} s in all.")
    return 1 if report.faults else 0


# --- 1. the elementary graph ----------------------------------------------------------------------------------------


def elementary(report: Report) -> None:
    """Race all engines on a graph of single operations, and weigh its nodes."""
    plan = work.elementary_plan(50_000 if report.quick else 100_000)
    small, mark = (work.elementary_plan(5_000), "*") if report.quick else (plan, "")
    note = (
        f"\n* runs a graph of {small.nodes:,} nodes of the same kind, extrapolated: a node of the large one takes as"
        "\nlong or longer, for it does not fit the processor's caches."
    )
    title(
        f"1. Elementary graph: {plan.nodes:,} nodes, a third each mul, add and tanh",
        "ns per node. HIPS/autograd runs in a process of its own, in turn with the others." + (note if mark else ""),
    )
    expected = answer(report.micrograd, plan)
    report.hold(f"elementary graph, {report.ours.name}", expected, answer(report.ours, plan))
    contenders = [elementary_contender(report.micrograd, plan)]
    absent = []

    expected = answer(report.micrograd, small)
    try:
        scalars = peers.torch_scalars()
        report.hold(f"elementary graph, {scalars.name}", expected, answer(scalars, small))
        contenders.append(elementary_contender(scalars, small, mark))
    except Unavailable as reason:
        absent.append(["PyTorch 0-dim", f"not available: {reason}"])
    worker = None
    try:
        worker = peers.HipsWorker(small, create=not report.quick)
        report.hold(f"elementary graph, {worker.name}", expected, worker.answer())
        contenders.append(Contender(worker.name + mark, worker.run, small.nodes))
    except Unavailable as reason:
        absent.append([peers.HipsWorker.name, f"not available: {reason}"])
    contenders.append(elementary_contender(report.ours, plan))

    for collector, limit in ((False, 4), (True, 10)):
        results = race(contenders, report.rounds(9 if collector else 15), collector, warm_up=not collector)
        race_table(results, collector, NS, absent)
        target_ratio(report, "elementary graph", results, collector, limit)
    if worker is not None:
        worker.close()

    weights = {engine.name: weigh(engine, plan) for engine in (report.micrograd, report.ours)}
    rows = [[name, *(number(figure) for figure in weight)] for name, weight in weights.items()]
    print("\n" + table(["bytes per node", "before backward", "after", "peak in backward"], rows))
    weight = weights[report.ours.name]
    report.targets.append(Target("elementary graph, memory before backward", 150, weight.before, "B", at_most=True))
    report.targets.append(Target("elementary graph, memory after backward", 180, weight.after, "B", at_most=True))


# --- 2. the moons step ----------------------------------------------------------------------------------------------


def moons(report: Report) -> None:
    """Race micrograd and ours on one step of micrograd's demo, the same user code on each one's own MLP."""
    points, labels = work.moons()
    title(
        "2. Moons step: MLP(2, [16, 16, 1]), 100 samples, max-margin loss, L2, accuracy, update",
        "ms per step. With the collector off, a run is one step. With it on, a run is several steps in a row, as in"
        "\ntraining, and what earlier steps leave behind is freed inside the time, by whatever means the engine has.",
    )
    engines = (report.micrograd, report.ours)
    expected = engines[0].call(moons_runner(engines[0], points, labels, steps=3)[1])
    report.hold("moons step, chainrule", expected, engines[1].call(moons_runner(engines[1], points, labels, 3)[1]))
    for collector, steps, limit in ((False, 1, 16), (True, 2 if report.quick else 3, 40)):
        contenders = []
        for engine in engines:
            run, _ = moons_runner(engine, points, labels, steps)
            contenders.append(Contender(engine.name, partial(engine.call, run), steps))
        results = race(contenders, report.rounds(9 if collector else 41), collector, warm_up=not collector)
        race_table(results, collector, MS)
        target_ratio(report, "moons step", results, collector, limit)


# --- 3. one sample through 784-64-64-10 -----------------------------------------------------------------------------


def sample(report: Report) -> None:
    """Race micrograd, ours and PyTorch's tensors on one sample with cross-entropy, forward and backward."""
    import autograd

    picture = work.digit_sample()
    title(
        "3. One sample through 784-64-64-10, ReLU, cross-entropy",
        "ms per sample. The pixels are plain numbers. micrograd has the loss from exp, add, divide and log nodes, ours"
        "\nfrom logsumexp; PyTorch, for reference, computes on whole float64 tensors in one thread.",
    )

    def fused_cross_entropy(logits: list[Any], target: int) -> Any:
        return autograd.logsumexp(logits) - logits[target]

    contenders = []
    expected: list[float] = []
    for engine, loss in ((report.micrograd, work.softmax_cross_entropy), (report.ours, fused_cross_entropy)):
        run, numbers = sample_runner(engine, picture, loss)
        contenders.append(Contender(engine.name, partial(engine.call, run)))
        found = numbers()
        expected = expected or found
        report.hold(f"784-64-64-10, {engine.name}", expected, found)
    absent = []
    try:
        run, numbers = torch_sample_runner(peers.load_torch(), picture)
        report.hold("784-64-64-10, PyTorch tensors", expected, numbers())
        contenders.insert(1, Contender("PyTorch tensors", run))
    except Unavailable as reason:
        absent.append(["PyTorch tensors", f"not available: {reason}"])
    for collector in (False,) if report.quick else (False, True):
        results = race(contenders, report.rounds(5 if collector else 11), collector, warm_up=not collector)
        race_table(results, collector, MS, absent)
        if not collector:
            target_ratio(report, "784-64-64-10, one sample", results, collector, 60)


# --- 4. descent through a simulation --------------------------------------------------------------------------------


def simulation(report: Report) -> None:
    """Race micrograd and ours on descent through a long simulation: large graphs, and next to nothing that lasts."""
    simulated, steps = (1_000, 2) if report.quick else (10_000, 3)
    title(
        f"4. Descent through {simulated:,} steps of a spring, three parameters, {steps} steps in a row",
        "ms per step. What a step leaves behind is freed inside the time, after the next one's forward pass, and its"
        "\nmemory goes back to the system, unless an engine keeps it for the graphs to come.",
    )
    runners = {engine.name: spring_runner(engine, simulated, steps) for engine in (report.micrograd, report.ours)}
    expected = report.micrograd.call(runners[report.micrograd.name][1])
    report.hold(f"simulation, {report.ours.name}", expected, report.ours.call(runners[report.ours.name][1]))
    contenders = [
        Contender(engine.name, partial(engine.call, runners[engine.name][0]), steps)
        for engine in (report.micrograd, report.ours)
    ]
    for collector in (False, True):
        race_table(race(contenders, report.rounds(3 if collector else 5), collector, not collector), collector, MS)


# --- 5. linearity ---------------------------------------------------------------------------------------------------


def linearity(report: Report) -> None:
    """Measure ours on growing elementary graphs and fit time = a · nodes**e: linear where e is 1."""
    sizes = [10**3, 10**4, 10**5] if report.quick else [10**3, 10**4, 10**5, 10**6]
    title(
        f"5. Linearity: {report.ours.name} on elementary graphs of {sizes[0]:,} to {sizes[-1]:,} nodes",
        "ns and bytes per node. Small graphs fit the processor's caches, a million nodes do not: a step, not growth"
        "\nwithout end. With the collector on, Python searches all live objects the more often per node the larger the"
        "\ngraph, until its rule sets a bound (a quarter of them must be new). What it takes is told apart from what"
        "\nthe program takes, which finds less in the caches after it. Memory has in it what is made in reserve, up to"
        "\nas many nodes again as the graph has, and never more than 4,096.",
    )
    times, weights, counts = [], [], []
    off_total, on_total, on_program, after = [], [], [], []
    for size in sizes:
        plan = work.elementary_plan(size)
        contender = elementary_contender(report.ours, plan)
        rounds = report.rounds(max(3, min(41, 10**6 // size)))
        off = race([contender], rounds, collector=False)[contender.name]
        on = race([collector_apart(contender)], rounds, collector=True)[contender.name]
        weight = weigh(report.ours, plan)
        without = [off.spread(phase).median * NS for phase in ("forward", "backward", TOTAL)]
        with_it = [on.spread(phase).median * NS for phase in (PROGRAM, SEARCH, TOTAL)]
        counts.append(plan.nodes)
        off_total.append(without[-1])
        on_program.append(with_it[0])
        on_total.append(with_it[-1])
        after.append(weight.after)
        times.append([f"{plan.nodes:,}", *map(number, without), *map(number, with_it)])
        weights.append([f"{plan.nodes:,}", number(weight.before), number(weight.after)])
    headers = ["forward", "backward", "total", "collector on: program", "collector", "total with it"]
    print("\n" + table(["ns per node", *headers], times))
    print("\n" + table(["bytes per node", "before backward", "after"], weights))
    print("\nFitted over this range, where an exponent of at most 1.10 counts as linear:")

    def growth(what: str, figures: Sequence[float]) -> Target:
        exponent = 1 + slope(counts, figures)
        print(f"{what:<26}  grows as nodes^{exponent:.2f}: {'linear' if exponent <= 1.1 else 'NOT linear'}")
        return Target(f"growth of {what}, exponent", 1.1, exponent, "", at_most=True)

    report.targets.append(growth("time, collector off", off_total))
    report.targets.append(growth("time, collector on", on_total))
    growth("of that, the program's own", on_program)
    report.targets.append(growth("memory", after))


def slope(sizes: Sequence[float], values: Sequence[float]) -> float:
    """The least-squares slope of log(values) over log(sizes)."""
    x, y = [math.log(size) for size in sizes], [math.log(value) for value in values]
    middle_x, middle_y = sum(x) / len(x), sum(y) / len(y)
    rise = sum((a - middle_x) * (b - middle_y) for a, b in zip(x, y, strict=True))
    return rise / sum((a - middle_x) ** 2 for a in x)


# --- what the parts share -------------------------------------------------------------------------------------------


def title(text: str, explanation: str) -> None:
    """Print a part's title and what its figures are."""
    print(f"\n{text}\n{'-' * len(text)}\n{explanation}")


def race_table(results: dict[str, Result], collector: bool, scale: float, absent: Sequence[list[str]] = ()) -> None:
    """Print a race: the median of every phase, the total's spread, how many times faster than micrograd, the pace."""
    peer = results["micrograd"]
    phases = [phase for phase in peer.phases if phase != TOTAL]
    rows = []
    for name, result in results.items():
        medians = [number(result.spread(phase).median * scale) for phase in (*phases, TOTAL)]
        faster = f"{number(result.times_faster_than(peer))}x"
        rows.append([name, *medians, span(result.spread(), scale), faster, span(spread(result.pace), MS)])
    headers = [COLLECTOR[collector], *phases, TOTAL, "quartiles", "faster", "plain loop"]
    print("\n" + table(headers, [*rows, *absent]))


def target_ratio(report: Report, what: str, results: dict[str, Result], collector: bool, limit: float) -> None:
    """Note how many times faster than micrograd this engine is, beside what it has to be."""
    reached = results[report.ours.name].times_faster_than(results[report.micrograd.name])
    report.targets.append(Target(f"{what}, {COLLECTOR[collector]}, micrograd over ours", limit, reached, "x"))
