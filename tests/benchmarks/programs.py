"""Compiled programs against micrograd, PyTorch vectorised, CasADi and hand-written NumPy; and compile time.

    python -m tests.benchmarks programs [--quick]

Five parts: the moons step; one sample and a batch of 32 through 784-64-64-10; the whole digits training; an irregular
graph that holds no matrix product; compile time against graph size.  Before anything is timed, value and gradients of
everyone are held, elementwise and at fresh numbers, against eager.  The rivals stand in `rivals.py`.
"""

from __future__ import annotations

import argparse
import os
import random
import time
from collections.abc import Callable
from typing import Any

# NumPy's own threads are settled when it is first imported; they would take turns with PyTorch's.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

import autograd
from autograd import Value
from nn import MLP

from . import networks, peers, rivals, work
from .contest import Report, per_node, ratio, repeated, rows
from .measure import Result, race, timed
from .profile import spent
from .report import Target, heading, number, table, targets_block
from .whole import whole_training


def main(argv: list[str]) -> int:
    """Run all parts; 1 where somebody's numbers are wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks programs", description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="fewer rounds and smaller graphs, for a look")
    report = Report(parser.parse_args(argv).quick)
    print(heading("Compiled programs", ["numpy", "numba", "torch", "casadi", "micrograd", "scikit-learn"]))
    moons(report)
    networks.single_sample(report)
    networks.batch_of_32(report)
    trained = whole_training(report.quick)
    report.targets += trained.targets
    report.faults += trained.faults
    irregular(report)
    compile_time(report)
    print("\n" + targets_block(report.targets))
    for fault in report.faults:
        print(f"WRONG NUMBERS  {fault}")
    return 1 if report.faults else 0


# --- 1. the moons step ----------------------------------------------------------------------------------------------


def moons(report: Report) -> None:
    """One step of gradient descent over 100 samples in one graph, in micrograd's own words."""
    points, labels = work.moons()
    random.seed(1)
    model = MLP(2, [16, 16, 1])
    parameters = model.parameters()
    loss, _ = work.moons_loss(Value, model, points, labels)
    programs = {b: autograd.compile(loss, backend=b, parameters=parameters) for b in ("python", "array", "native")}
    count = len(parameters)
    start = np.array([p.data for p in parameters])

    # at fresh numbers, against eager
    rng = random.Random(7)
    fresh = [rng.uniform(-1, 1) for _ in parameters]
    for p, x in zip(parameters, fresh, strict=True):
        p.data = x
    expected, _ = work.moons_loss(Value, model, points, labels)
    model.zero_grad()
    expected.backward()
    wanted = [expected.data, *(p.grad for p in parameters)]

    contenders = []
    for name, program in programs.items():
        values = np.array(program.values, dtype=float)
        values[:count] = fresh
        given = values if name != "python" else values.tolist()
        value, gradient = program.value_and_grad(given)
        report.agree(f"moons, {name}", wanted, [value, *gradient[:count]])
        values[:count] = start
        contenders.append(
            repeated(
                name, _descent(program, values, count, name == "python"), *((3, 20) if name == "python" else (200,))
            )
        )
    for rival in rivals.moons(points, labels):
        report.agree(f"moons, {rival.name}", wanted, rival.answer(fresh))
        contenders.append(repeated(rival.name, rival.step, rival.times))
    found = race(contenders, report.rounds, collector=False)
    with_micrograd(report, found, points, labels)
    operations = work.single_operations(autograd.topological_order(loss))
    print(f"\nMoons: one SGD step, 100 samples, 2-16-16-1, {operations:,} single operations, µs")
    print(rows(found, 1e6, ["micrograd", "PyTorch", "PyTorch, all threads"]))
    limit = 3 * 2 * 100 * 304 / 53e9
    for name in ("array", "native"):
        print("\n" + spent(programs[name], limit, "3 × 2 × 100 × 304 flops of products at 53 GF/s"))
    report.targets += [
        Target("moons step, python, against micrograd", 30, ratio(found, "python", "micrograd"), "×"),
        Target("moons step, python", 50, found["python"].spread().median / operations * 1e9, "ns an operation", True),
        Target("moons step, array, against PyTorch", 4.5, ratio(found, "array", "PyTorch"), "×"),
        Target("moons step, native, against PyTorch", 6, ratio(found, "native", "PyTorch"), "×"),
    ]


def with_micrograd(report: Report, found: dict[str, Result], points: Any, labels: Any) -> None:
    """Add micrograd's own time, collector off."""
    try:
        engine = peers.micrograd()
    except peers.Unavailable:
        return
    random.seed(1)
    assert engine.mlp is not None
    model = engine.mlp(2, [16, 16, 1])
    run = timed("micrograd", lambda: work.moons_step(engine.value, model, points, labels, 0.1))
    slow = race([run], 3, collector=False)["micrograd"]
    whole = slow.phases["total"]
    found["micrograd"] = Result("micrograd", {"total": (whole * report.rounds)[: report.rounds]})


def _descent(program: Any, values: Any, count: int, plain: bool) -> Callable[[], None]:
    if plain:
        numbers = values.tolist()

        def step() -> None:
            _, gradient = program.value_and_grad(numbers)
            for i in range(count):
                numbers[i] -= 0.01 * gradient[i]

        return step

    def array_step() -> None:
        _, gradient = program.value_and_grad(values)
        values[:count] -= 0.01 * gradient[:count]

    return array_step


# --- 4. an irregular graph ------------------------------------------------------------------------------------------


def irregular(report: Report) -> None:
    """A random graph of single operations, value and gradient, per node."""
    plan = work.elementary_plan(20_000 if report.quick else 100_000)
    leaves = list(map(Value, plan.leaves))
    root = work.build_elementary(plan, leaves)
    rng = random.Random(7)
    fresh = [x * rng.uniform(0.9, 1.1) for x in plan.leaves]  # held against eager where the program was not made
    others = list(map(Value, fresh))
    expected = work.build_elementary(plan, others)
    expected.backward()
    wanted = [expected.data, *(leaf.grad for leaf in others)]
    contenders = []
    for name in ("python", "array", "native") if not report.quick else ("array", "native"):
        program = autograd.compile(root, backend=name, parameters=leaves)
        value, gradient = program.value_and_grad(fresh if name == "python" else np.array(fresh))
        report.agree(f"irregular, {name}", wanted, [value, *gradient])
        given = program.memory()
        times, warm_up = (3, 20) if name == "python" else (20, 0)
        run = lambda p=program, v=given: p.value_and_grad(v)  # noqa: E731
        contenders.append(per_node(repeated(name, run, times, warm_up), plan.nodes))
    for rival in rivals.irregular(plan):
        report.agree(f"irregular, {rival.name}", wanted, rival.answer(fresh))
        contenders.append(per_node(repeated(rival.name, rival.step, 20), plan.nodes))
    found = race(contenders, report.rounds, collector=False)
    print(f"\nAn irregular graph of {plan.nodes:,} nodes without a matrix product, value and gradient, ns a node")
    print(rows(found, 1e9, ["CasADi"]))
    if "python" in found:
        report.targets.append(
            Target("irregular graph, python", 50, found["python"].spread().median * 1e9, "ns a node", True)
        )
    report.targets += [
        Target("irregular graph, native", 12, found["native"].spread().median * 1e9, "ns a node", True),
        Target("irregular graph, native, against CasADi", 1, ratio(found, "native", "CasADi"), "×"),
    ]


# --- 5. compile time ------------------------------------------------------------------------------------------------


def compile_time(report: Report) -> None:
    """Trace and compile, per operand edge, the moons step and irregular graphs from 10³ to 10⁶ nodes."""
    print("\nTrace and compile, µs an operand edge (python: µs a single operation, value and gradient)")
    lines = [_compile_moons(report)]
    worst, python_worst = 0.0, 0.0
    for nodes in (10**3, 10**4, 10**5) if report.quick else (10**3, 10**4, 10**5, 10**6):
        plan = work.elementary_plan(nodes)
        root = work.build_elementary(plan, list(map(Value, plan.leaves)))
        found = _compiled(root, ("array", "native", "python") if nodes <= 10**5 else ("array", "native"))
        lines.append([f"irregular, {plan.nodes:,} nodes", *map(number, found.values()), ""][:4])
        python_worst = max(python_worst, found.get("python", 0.0))
        if nodes >= 10**4:
            worst = max(worst, found["array"], found["native"])
        del root
    print(table(["", "array", "native", "python"], lines))
    report.targets += [
        Target("compile for array and native, from 10⁴ nodes", 2, worst, "µs an edge", True),
        Target("compile for python, irregular graphs", 8, python_worst, "µs an operation", True),
    ]


def _compile_moons(report: Report) -> list[str]:
    points, labels = work.moons()
    random.seed(1)
    loss, _ = work.moons_loss(Value, MLP(2, [16, 16, 1]), points, labels)
    found = _compiled(loss, ("array", "native", "python"))
    report.targets.append(Target("compile for python, moons step", 8, found["python"], "µs an operation", True))
    return ["moons step", *map(number, found.values())]


def _compiled(root: Value, backends: tuple[str, ...]) -> dict[str, float]:
    """Microseconds to compile for each backend: the best of three times, or the only one for the largest graphs."""
    order = autograd.topological_order(root)
    operations, edges = work.single_operations(order), sum(len(node.operands) for node in order)
    times = 3 if operations < 500_000 else 1
    return {
        backend: min(_seconds(root, backend) for _ in range(times))
        * 1e6
        / (operations if backend == "python" else edges)
        for backend in backends
    }


def _seconds(root: Value, backend: str) -> float:
    start = time.perf_counter()
    program = autograd.compile(root, backend=backend)
    if backend == "python":  # it compiles its functions when they are first called
        program.value_and_grad(program.values)
    return time.perf_counter() - start
