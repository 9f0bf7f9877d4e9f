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

from . import peers, rivals, work
from .measure import Contender, Result, disagreement, race, timed
from .report import Target, heading, number, span, table, targets_block

NAN = float("nan")


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


def repeated(name: str, function: Callable[[], object], times: int) -> Contender:
    """A contender whose run calls `function` so often that the clock's own time does not count.

    It waits before its clock starts, until the threads of whoever ran before no longer spin.
    """

    def run() -> None:
        for _ in range(times):
            function()

    measured = timed(name, run, times)

    def rested() -> dict[str, float]:
        time.sleep(0.2)
        function()
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


def main(argv: list[str]) -> int:
    """Run all parts; 1 where somebody's numbers are wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks programs", description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="fewer rounds and smaller graphs, for a look")
    report = Report(parser.parse_args(argv).quick)
    print(heading("Compiled programs", ["numpy", "numba", "torch", "casadi", "micrograd"]))
    moons(report)
    single_sample(report)
    batch_of_32(report)
    digits(report)
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
            repeated(name, _descent(program, values, count, name == "python"), 3 if name == "python" else 200)
        )
    for rival in rivals.moons(points, labels):
        report.agree(f"moons, {rival.name}", wanted, rival.answer(fresh))
        contenders.append(repeated(rival.name, rival.step, rival.times))
    found = race(contenders, report.rounds, collector=False)
    with_micrograd(report, found, points, labels)
    print("\nMoons: one SGD step, 100 samples, 2-16-16-1, µs")
    print(rows(found, 1e6, ["micrograd", "PyTorch", "PyTorch, all threads"]))
    print("the arithmetic alone, 3 × 2 × 100 × 304 flops at 53 GF/s, is 3.4 µs; the rest is the start of some")
    print("thirty vector operations, their traffic through the first cache, and NumPy's update of the parameters")
    report.targets += [
        Target("moons step, python, against micrograd", 30, ratio(found, "python", "micrograd"), "×"),
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


def ratio(found: dict[str, Result], ours: str, theirs: str) -> float:
    """How many times as long `theirs` takes; NaN where it did not take part."""
    return found[ours].times_faster_than(found[theirs]) if ours in found and theirs in found else NAN


# --- 2. 784-64-64-10 ------------------------------------------------------------------------------------------------


def _network(sample: work.Sample) -> tuple[Any, list[Value]]:
    model = MLP(work.SIZES[0], list(work.SIZES[1:]))
    for p, x in zip(model.parameters(), sample.weights, strict=True):
        p.data = x
    return model, model.parameters()


def single_sample(report: Report) -> None:
    """Value and gradient of one sample's cross-entropy."""
    sample = work.digit_sample()
    model, parameters = _network(sample)
    logits = model(sample.pixels)
    loss = autograd.logsumexp(logits) - logits[sample.target]
    loss.backward()
    wanted = [loss.data, *(p.grad for p in parameters)]
    contenders = []
    for name in ("array", "native"):
        program = autograd.compile(loss, backend=name, parameters=parameters)
        value, gradient = program.value_and_grad(program.values)
        report.agree(f"single sample, {name}", wanted, [value, *gradient], 1e-8)
        values = program.memory()
        contenders.append(repeated(name, lambda program=program, values=values: program.value_and_grad(values), 50))  # type: ignore[misc]
    for rival in rivals.digit(sample):
        report.agree(f"single sample, {rival.name}", wanted, rival.answer(sample.weights), 1e-8)
        contenders.append(repeated(rival.name, rival.step, rival.times))
    found = race(contenders, report.rounds, collector=False)
    print("\nOne sample through 784-64-64-10, value and gradient, µs")
    print(rows(found, 1e6, ["PyTorch", "PyTorch, all threads"]))
    print("55,050 weights read and as many gradients written are 0.9 MB; at 100 GB/s, 9 µs")
    report.targets += [
        Target("single sample, array, against PyTorch", 2, ratio(found, "array", "PyTorch"), "×"),
        Target("single sample, native, against PyTorch", 6, ratio(found, "native", "PyTorch"), "×"),
    ]


def batch_of_32(report: Report) -> None:
    """The same network over a batch: the graph of one sample, compiled with its inputs as columns."""
    sample = work.digit_sample()
    model, parameters = _network(sample)
    loss, inputs = sample_loss(model, work.SIZES[0])
    rng = np.random.default_rng(0)
    pixels, targets = rng.random((32, work.SIZES[0])), rng.integers(0, 10, 32)
    columns = np.concatenate([pixels.T, np.eye(10)[:, targets]])
    contenders, wanted = [], None
    for name in ("array", "native"):
        program = autograd.compile(loss, batch=inputs, backend=name, parameters=parameters)
        value, gradient = program.value_and_grad(program.values, columns)
        answer = [float(value.mean()), *(gradient / 32)]
        if wanted is None:
            wanted = eager_batch(model, parameters, pixels, targets)
        report.agree(f"batch of 32, {name}", wanted, answer, 1e-8)
        values = program.memory()
        contenders.append(repeated(name, lambda p=program, v=values: p.value_and_grad(v, columns), 40))  # type: ignore[misc]
    for rival in rivals.digits_batch(sample, pixels, targets):
        report.agree(f"batch of 32, {rival.name}", wanted or [], rival.answer(sample.weights), 1e-8)
        contenders.append(repeated(rival.name, rival.step, rival.times))
    found = race(contenders, report.rounds, collector=False)
    print("\nA batch of 32 through 784-64-64-10, value and gradient, µs")
    print(rows(found, 1e6, ["PyTorch", "PyTorch, all threads"]))


def sample_loss(model: Any, inputs: int) -> tuple[Value, list[Value]]:
    """Cross-entropy of one sample, and its inputs: the pixels, then one number for each class, 1 for the right one."""
    pixels = [Value(0.5, requires_grad=False) for _ in range(inputs)]
    chosen = [Value(float(i == 0), requires_grad=False) for i in range(10)]
    logits = model(pixels)
    return autograd.logsumexp(logits) - autograd.dot(chosen, logits), [*pixels, *chosen]


def eager_batch(model: Any, parameters: list[Value], pixels: Any, targets: Any) -> list[float]:
    """Mean loss and gradient of a batch, eagerly."""
    for p in parameters:
        p.zero_grad()
    total = 0.0
    for row, target in zip(pixels.tolist(), targets.tolist(), strict=True):
        logits = model(row)
        loss = autograd.logsumexp(logits) - logits[target]
        loss.backward()
        total += loss.data / len(targets)
    return [total, *(p.grad / len(targets) for p in parameters)]


# --- 3. the whole digits training -----------------------------------------------------------------------------------


def digits(report: Report) -> None:
    """Ten epochs of Adam on scikit-learn's digits, batches of 32, 64-64-10."""
    data = rivals.digits_data()
    if data is None:
        print("\nThe digits training needs scikit-learn")
        return
    pixels, labels = data
    random.seed(2)
    model = MLP(64, [64, 10])
    parameters = model.parameters()
    weights = [p.data * 0.2 for p in parameters]
    for p, x in zip(parameters, weights, strict=True):
        p.data = x
    loss, inputs = sample_loss(model, 64)
    epochs = 2 if report.quick else 10
    contenders = []
    wanted = rivals.train_reference(weights, pixels, labels, 1)
    for name in ("array", "native"):
        program = autograd.compile(loss, batch=inputs, backend=name, parameters=parameters)
        train = _training(program, weights, pixels, labels)
        if wanted is not None:
            report.agree(f"digits training, {name}", [wanted], [train(1)], 1e-6)
        contenders.append(timed(name, lambda train=train: train(epochs)))  # type: ignore[misc]
    contenders += [timed(name, lambda run=run: run(epochs)) for name, run in rivals.trainings(weights, pixels, labels)]  # type: ignore[misc]
    found = race(contenders, 3, collector=False)
    print(f"\nDigits, 1,797 samples of 8×8, 64-64-10, batches of 32, Adam, {epochs} epochs, ms")
    print(rows(found, 1e3, ["PyTorch", "PyTorch, all threads"]))
    best = max(ratio(found, name, "PyTorch") for name in ("array", "native"))
    report.targets.append(Target("digits training against PyTorch", 1, best, "×"))


def _training(program: Any, weights: list[float], pixels: Any, labels: Any) -> Callable[[int], float]:
    def train(epochs: int) -> float:
        values = program.memory()
        values[:] = weights
        first, second = np.zeros_like(values), np.zeros_like(values)
        columns = np.concatenate([pixels.T, np.eye(10)[:, labels]])
        batches = [np.ascontiguousarray(columns[:, i : i + 32]) for i in range(0, len(labels), 32)]
        step, last = 0, 0.0
        for _ in range(epochs):
            last = 0.0
            for batch in batches:
                value, gradient = program.value_and_grad(values, batch)
                gradient = gradient * (1.0 / batch.shape[1])
                step += 1
                first += 0.1 * (gradient - first)
                second += 0.001 * (gradient * gradient - second)
                root = np.sqrt(second)
                root *= 1.0 / (1.0 - 0.999**step) ** 0.5
                root += 1e-8
                values -= (0.001 / (1.0 - 0.9**step)) * first / root
                last += float(value.sum())
        return last / len(labels)

    return train


# --- 4. an irregular graph ------------------------------------------------------------------------------------------


def irregular(report: Report) -> None:
    """A random graph of single operations, value and gradient, per node."""
    plan = work.elementary_plan(20_000 if report.quick else 100_000)
    leaves = list(map(Value, plan.leaves))
    root = work.build_elementary(plan, leaves)
    root.backward()
    wanted = [root.data, *(leaf.grad for leaf in leaves)]
    contenders = []
    for name in ("python", "array", "native") if not report.quick else ("array", "native"):
        program = autograd.compile(root, backend=name, parameters=leaves)
        values = program.values
        value, gradient = program.value_and_grad(values)
        report.agree(f"irregular, {name}", wanted, [value, *gradient])
        given = program.memory()
        contenders.append(per_node(repeated(name, lambda p=program, v=given: p.value_and_grad(v), 3), plan.nodes))  # type: ignore[misc]
    for rival in rivals.irregular(plan):
        report.agree(f"irregular, {rival.name}", wanted, rival.answer(plan.leaves))
        contenders.append(per_node(repeated(rival.name, rival.step, 3), plan.nodes))
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
    """Trace and compile, per operand edge, from 10³ to 10⁶ nodes."""
    print("\nTrace and compile, µs an operand edge (python: µs a node)")
    lines = []
    worst, python_worst = 0.0, 0.0
    for nodes in (10**3, 10**4, 10**5) if report.quick else (10**3, 10**4, 10**5, 10**6):
        plan = work.elementary_plan(nodes)
        root = work.build_elementary(plan, list(map(Value, plan.leaves)))
        count = sum(len(node.operands) for node in autograd.topological_order(root))
        cells = [f"{plan.nodes:,} nodes"]
        for backend in ("array", "native", "python"):
            if backend == "python" and nodes > 10**5:
                cells.append("")
                continue
            per = plan.nodes if backend == "python" else count
            best = min(_seconds(root, backend) for _ in range(3 if nodes < 10**6 else 1)) * 1e6 / per
            cells.append(number(best))
            if backend == "python":
                python_worst = max(python_worst, best)
            elif nodes >= 10**4:
                worst = max(worst, best)
        lines.append(cells)
        del root
    print(table(["", "array", "native", "python"], lines))
    report.targets += [
        Target("compile for array and native, from 10⁴ nodes", 2, worst, "µs an edge", True),
        Target("compile for python", 8, python_worst, "µs a node", True),
    ]


def _seconds(root: Value, backend: str) -> float:
    start = time.perf_counter()
    program = autograd.compile(root, backend=backend)
    if backend == "python":  # it compiles its functions when they are first called
        program.value_and_grad(program.values)
    return time.perf_counter() - start
