"""Trainings: a whole epoch of the digits and the whole of micrograd's moons run, eager; ten epochs of them, compiled.

Here are real trainings, with optimiser, mini-batches and all, on the same data from the same weights. micrograd does a
sample of the work, and PyTorch, for reference, computes on whole float64 tensors in one thread. What is raced together
is first held against each other; a contender with other numbers is named, and the exit status is 1. The compiled
training stands in `whole.py`.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import nn

from . import peers, work
from .eager import Report, race_table, target_ratio, title
from .measure import Contender, Stopwatch, disagreement, race
from .peers import Engine, Unavailable
from .report import heading, targets_block
from .whole import BATCH, RATE, handwritten, in_torchs_order, our_model, whole_training

MOONS_STEPS = 100


def main(argv: list[str]) -> int:
    """Run both parts and print tables and targets; 1 where numbers differ, 2 without micrograd or scikit-learn."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks training", description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a part of the epoch and few rounds, for a look")
    quick = parser.parse_args(argv).quick
    started = time.perf_counter()
    try:
        report = Report(quick, peers.micrograd(), peers.ours())
        pixels, classes = handwritten()
    except (Unavailable, ImportError) as error:
        print(f"Nothing to compare with: {error}", file=sys.stderr)
        return 2
    print(heading("Training benchmark", ["micrograd", "torch", "numpy", "scikit-learn"]))
    print(
        "\nContenders take turns in every round; figures are medians over rounds, and `faster` is micrograd's time over"
        "\nthe contender's, the median of the ratios within a round. A line named with * above\n"
        "its table is extrapolated."
    )
    digits(report, pixels, classes)
    moons(report)
    compiled = whole_training(quick)
    report.targets += compiled.targets
    report.faults += compiled.faults
    print("\n" + targets_block(report.targets))
    for fault in report.faults:
        print(f"WRONG NUMBERS  {fault}")
    print(f"{time.perf_counter() - started:.0f} s in all.")
    return 1 if report.faults else 0


# --- 1. an epoch of the digits --------------------------------------------------------------------------------------


def digits(report: Report, pixels: list[list[float]], classes: list[int]) -> None:
    """Race an epoch with Adam in batches of 32."""
    count, samples = (96, 1) if report.quick else (len(pixels), 2)
    steps = math.ceil(len(pixels) / BATCH)
    title(
        f"1. An epoch of the digits: 784-64-64-10, {len(pixels):,} samples, cross-entropy, Adam, batches of {BATCH}",
        f"s per epoch. micrograd* passes {samples} samples forward and back and takes one step of Adam, extrapolated to"
        f"\n{len(pixels):,} samples and {steps} steps; its Adam is a loop over the parameters, as its users write it."
        + (f"\nThis quick run trains ours* on {count} of them." * report.quick),
    )
    weights = work.digit_sample().weights
    hold_digits(report, weights, pixels, classes)
    part, scale = (pixels[:count], classes[:count]), len(pixels) / count
    theirs = micrograd_digits(report.micrograd, weights, pixels, classes, samples)
    contenders = [
        Contender("micrograd", partial(report.micrograd.call, theirs)),
        Contender(report.ours.name, our_digits(weights, part, scale)),
    ]
    absent = []
    try:
        contenders.append(Contender("PyTorch tensors", torch_digits(peers.load_torch(), weights, (pixels, classes))))
    except Unavailable as reason:
        absent.append(["PyTorch tensors", f"not available: {reason}"])
    results = race(contenders, 1 if report.quick else 3, collector=False)
    race_table(results, False, 1.0, absent)
    target_ratio(report, "digits epoch, eager", results, False, 60)


def our_digits(weights: list[float], data: Any, scale: float) -> Callable[[], dict[str, float]]:
    """An epoch of `nn.fit`; the model is made before the clock starts."""

    def run() -> dict[str, float]:
        model = our_model(weights)
        optimizer = nn.optim.Adam(model.parameters(), lr=RATE)
        clock = Stopwatch()
        nn.fit(
            model, data, loss=nn.cross_entropy, optimizer=optimizer, epochs=1, batch_size=BATCH, shuffle=False,
            verbose=0,
        )  # fmt: skip
        clock.lap("epoch")
        return {phase: seconds * scale for phase, seconds in clock.phases.items()}

    return run


def micrograd_digits(
    engine: Engine, weights: list[float], pixels: list[list[float]], classes: list[int], samples: int
) -> Callable[[], dict[str, float]]:
    """Some samples and one step of Adam, as seconds for the whole epoch."""
    assert engine.mlp is not None
    model = engine.mlp(work.SIZES[0], list(work.SIZES[1:]))
    for p, x in zip(model.parameters(), weights, strict=True):
        p.data = x

    def run() -> dict[str, float]:
        memory: dict[str, list[float]] = {}
        parameters = model.parameters()
        model.zero_grad()
        clock = Stopwatch()
        for k in range(samples):
            work.softmax_cross_entropy(model(pixels[k]), classes[k]).backward()
        clock.lap("samples")
        model.zero_grad()
        adam_step(parameters, memory, 1)
        clock.lap("step")
        for p, x in zip(parameters, weights, strict=True):
            p.data = x
        steps = math.ceil(len(pixels) / BATCH)
        return {"epoch": clock.phases["samples"] * len(pixels) / samples + clock.phases["step"] * steps}

    return run


def adam_step(parameters: list[Any], memory: dict[str, list[float]], t: int) -> None:
    """Kingma & Ba's algorithm 1 over scalars, as one writes it in a notebook."""
    means = memory.setdefault("m", [0.0] * len(parameters))
    squares = memory.setdefault("v", [0.0] * len(parameters))
    for i, p in enumerate(parameters):
        means[i] = 0.9 * means[i] + 0.1 * p.grad
        squares[i] = 0.999 * squares[i] + 0.001 * p.grad**2
        p.data -= RATE * (means[i] / (1 - 0.9**t)) / (math.sqrt(squares[i] / (1 - 0.999**t)) + 1e-8)


def torch_digits(torch: Any, weights: list[float], data: Any) -> Callable[[], dict[str, float]]:
    """The same epoch on tensors."""
    X, y = torch.tensor(data[0], dtype=torch.float64), torch.tensor(data[1])

    def run() -> dict[str, float]:
        model = nn.to_torch(our_model(weights))
        optimizer = torch.optim.Adam(model.parameters(), lr=RATE)
        clock = Stopwatch()
        for start in range(0, len(X), BATCH):
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(model(X[start : start + BATCH]), y[start : start + BATCH]).backward()
            optimizer.step()
        clock.lap("epoch")
        return clock.phases

    return run


def hold_digits(report: Report, weights: list[float], pixels: list[list[float]], classes: list[int]) -> None:
    """Gradients of the first sample against micrograd's, and weights after two steps of Adam against PyTorch's."""
    engine = report.micrograd
    assert engine.mlp is not None
    model = engine.mlp(work.SIZES[0], list(work.SIZES[1:]))
    for p, x in zip(model.parameters(), weights, strict=True):
        p.data = x
    engine.call(work.softmax_cross_entropy(model(pixels[0]), classes[0]).backward)
    ours = our_model(weights)
    nn.cross_entropy(ours(pixels[0]), classes[0]).backward()
    report.hold("digits, gradients", engine.gradients(model.parameters()), report.ours.gradients(ours.parameters()))
    try:
        torch = peers.load_torch()
    except Unavailable:
        return
    data = (pixels[: 2 * BATCH], classes[: 2 * BATCH])
    expected = nn.to_torch(our_model(weights))
    optimizer = torch.optim.Adam(expected.parameters(), lr=RATE)
    X, y = torch.tensor(data[0], dtype=torch.float64), torch.tensor(data[1])
    for start in (0, BATCH):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(expected(X[start : start + BATCH]), y[start : start + BATCH]).backward()
        optimizer.step()
    after = [p.data for p in nn.from_torch(expected).parameters()]
    model = our_model(weights)
    nn.fit(
        model, data, loss=nn.cross_entropy, optimizer=nn.optim.Adam(model.parameters(), lr=RATE), epochs=1,
        batch_size=BATCH, shuffle=False, verbose=0,
    )  # fmt: skip
    if difference := disagreement(after, in_torchs_order(model), 1e-6):
        report.faults.append(f"digits, weights after two steps: {difference}")


# --- 2. the moons run -----------------------------------------------------------------------------------------------


def moons(report: Report) -> None:
    """Race the hundred steps of micrograd's demo."""
    points, labels = work.moons()
    sampled = 2 if report.quick else 5
    title(
        f"2. The moons run: MLP(2, [16, 16, 1]), 100 samples, max-margin loss, L2, {MOONS_STEPS} steps",
        f"s per run. micrograd* does {sampled} steps of it, extrapolated. Ours does all, in the same words on its"
        "\nown MLP; the line below it writes hinge_loss and l2_penalty where the demo spells them out.",
    )
    engines = (report.micrograd, report.ours)
    weights = [p.data for p in report.ours.mlp(2, [16, 16, 1]).parameters()]  # type: ignore[misc]
    runs = {engine.name: partial(moons_run, engine, weights, points, labels) for engine in engines}
    held = [engine.call(partial(runs[engine.name], 3)) for engine in engines]
    report.hold("moons run, the loss after three steps", [held[0][0]], [held[1][0]])
    report.hold("moons run, with nn's losses", [held[0][0]], [moons_by_nn(weights, points, labels, 3)[0]])
    contenders = [
        Contender("micrograd", partial(engines[0].call, lambda: runs["micrograd"](sampled)[1]), sampled / MOONS_STEPS),
        Contender(report.ours.name, lambda: runs[report.ours.name](MOONS_STEPS)[1]),
        Contender("  with nn's losses", lambda: moons_by_nn(weights, points, labels, MOONS_STEPS)[1]),
    ]
    absent = []
    try:
        torch = peers.load_torch()
        report.hold("moons run, PyTorch", [held[0][0]], [moons_by_torch(torch, weights, points, labels, 3)[0]])
        contenders.append(
            Contender("PyTorch tensors", lambda: moons_by_torch(torch, weights, points, labels, MOONS_STEPS)[1])
        )
    except Unavailable as reason:
        absent.append(["PyTorch tensors", f"not available: {reason}"])
    for collector in (False, True):
        results = race(contenders, report.rounds(3), collector, warm_up=not collector)
        race_table(results, collector, 1.0, absent)


Outcome = tuple[float, dict[str, float]]
"""The last step's loss, and seconds by phase."""


def rate(step: int) -> float:
    """The demo's learning rate, from 1 down to 0.1."""
    return 1.0 - 0.9 * step / MOONS_STEPS


def moons_run(engine: Engine, weights: list[float], points: list[work.Point], labels: list[int], steps: int) -> Outcome:
    """The demo's own words on an engine's own MLP."""
    assert engine.mlp is not None
    model = engine.mlp(2, [16, 16, 1])
    for p, x in zip(model.parameters(), weights, strict=True):
        p.data = x
    clock = Stopwatch()
    for step in range(steps):
        loss = work.moons_step(engine.value, model, points, labels, rate(step))
    clock.lap("run")
    return float(loss.data), clock.phases


def moons_by_nn(weights: list[float], points: list[work.Point], labels: list[int], steps: int) -> Outcome:
    """The same with this library's losses and optimiser."""
    model = nn.MLP(2, [16, 16, 1])
    for p, x in zip(model.parameters(), weights, strict=True):
        p.data = x
    optimizer = nn.optim.SGD(model.parameters(), lr=1.0)
    clock = Stopwatch()
    for step in range(steps):
        scores = [model(x) for x in points]
        loss = nn.hinge_loss(scores, labels) + nn.l2_penalty(model, 1e-4)
        nn.metrics.accuracy(scores, labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.param_groups[0]["lr"] = rate(step)
        optimizer.step()
    clock.lap("run")
    return loss.data, clock.phases


def moons_by_torch(
    torch: Any, weights: list[float], points: list[work.Point], labels: list[int], steps: int
) -> Outcome:
    """The same on whole tensors."""
    made = nn.MLP(2, [16, 16, 1])
    for p, x in zip(made.parameters(), weights, strict=True):
        p.data = x
    model = nn.to_torch(made)
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    X, y = torch.tensor(points, dtype=torch.float64), torch.tensor(labels, dtype=torch.float64)
    clock = Stopwatch()
    for step in range(steps):
        scores = model(X)[:, 0]
        loss = (1 - y * scores).relu().mean() + 1e-4 * sum((p * p).sum() for p in model.parameters())
        ((y > 0) == (scores > 0)).double().mean().item()
        optimizer.zero_grad()
        loss.backward()
        optimizer.param_groups[0]["lr"] = rate(step)
        optimizer.step()
    clock.lap("run")
    return float(loss.detach()), clock.phases
