"""The whole digits training, compiled: `nn.fit(..., compile=...)` against the same loop in PyTorch.

    784-64-64-10 with ReLU, cross-entropy, Adam at 0.001, batches of 32 in the same order, ten epochs, float64

The clock of `nn.fit` is on from its call to its return: preparing, which is tracing, compiling, trying the program
against the eager model and laying out the data, and training. PyTorch's is on in its loop alone; its tensors and its
model are there before. Here stands who takes part; part of `training.py` and `programs.py`, which run it.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median
from typing import Any

# NumPy's own threads are settled when it is first imported; they would take turns with PyTorch's.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import nn
from nn.compiled import CompiledStep
from nn.data import batches, samples

from . import work
from .measure import TOTAL, Contender, Result, Stopwatch, disagreement, race
from .report import Target, number, span, table

BATCH, RATE, EPOCHS = 32, 0.001, 10
BACKENDS = ("array", "native")
PREPARING, TRAINING = "preparing", "training"


@dataclass
class Outcome:
    """What a benchmark reports of it."""

    targets: list[Target] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def whole_training(quick: bool) -> Outcome:
    """Race it, print the table, and give targets and faults; nothing where scikit-learn is not installed."""
    outcome = Outcome()
    try:
        data = handwritten()
    except ImportError as error:
        print(f"\nThe digits training is left out: {error}")
        return outcome
    weights = work.digit_sample().weights
    epochs = 2 if quick else EPOCHS
    contenders = [Contender(f"fit, {backend}", ours(backend, weights, data, epochs)) for backend in BACKENDS]
    try:
        import torch

        theirs = {"PyTorch": 1, "PyTorch, all threads": os.cpu_count() or 1}
        contenders += [Contender(n, by_torch(torch, count, weights, data, epochs)) for n, count in theirs.items()]
        for backend in BACKENDS:
            hold(outcome, backend, weights, (data[0][:200], data[1][:200]), torch)
    except ImportError:
        print("\nPyTorch is not installed, so there is nobody to race against")
    found = race(contenders, 3 if quick else 7, collector=False)
    report(outcome, found, len(data[0]), epochs)
    where_a_step_goes(weights, data)
    return outcome


def report(outcome: Outcome, found: dict[str, Result], samples: int, epochs: int) -> None:
    """The table, and ratios to PyTorch as targets."""
    rivals = [name for name in ("PyTorch", "PyTorch, all threads") if name in found]
    rows = []
    for name, result in found.items():
        parts = [number(result.spread(part).median) if part in result.phases else "" for part in (PREPARING, TRAINING)]
        ratios = [f"{number(result.times_faster_than(found[rival], TRAINING))}x" for rival in rivals]
        rows.append([name, number(result.spread().median), *parts, span(result.spread(TRAINING)), *ratios])
    print(f"\nThe digits training: 784-64-64-10, {samples:,} samples, Adam, batches of {BATCH}, {epochs} epochs, s")
    print(table(["", "in all", PREPARING, TRAINING, "quartiles", *(f"of {rival}" for rival in rivals)], rows))
    print("The last columns: how many times as long that one trains, preparing left out, the median within rounds.")
    for rival in rivals:
        best = min(BACKENDS, key=lambda backend: found[f"fit, {backend}"].spread(TRAINING).median)
        mine = found[f"fit, {best}"]
        for what, phase in (("training", TRAINING), ("with preparing", TOTAL)):
            ratio = mine.times_faster_than(found[rival], phase)
            outcome.targets.append(Target(f"digits, {epochs} epochs, {what}, {best}, {rival}", 1, ratio, "x"))


def where_a_step_goes(weights: list[float], data: Any) -> None:
    """A table of what one step of `nn.fit` takes, part by part, over three epochs."""
    rows = []
    for backend in BACKENDS:
        model = our_model(weights)
        optimizer = nn.optim.Adam(model.parameters(), lr=RATE)
        step = CompiledStep(model, nn.cross_entropy, samples(data), optimizer, backend=backend)
        taken: dict[str, list[float]] = {"batch": [], "program": [], "update": []}
        for places in [*batches(len(data[0]), BATCH, None)] * 3:
            clock = Stopwatch()
            batch = step._columns(step.table, places)
            clock.lap("batch")
            _, gradient = step.program.value_and_grad(step.flat.numbers, *batch)
            clock.lap("program")
            step.flat.step(gradient, len(places))
            clock.lap("update")
            for part, seconds in clock.phases.items():
                taken[part].append(seconds)
        rows.append([backend, *(number(median(seconds) * 1e6) for seconds in taken.values())])
    print(f"\nWhere a step of {BATCH} samples goes, medians, µs")
    print(table(["", "the batch", "forward and backward", "Adam"], rows))
    print(
        "At 53 GF/s the arithmetic of forward and backward is 137 µs: 3.6 MF there, and as much again for the weights'"
        "\ngradients. Adam reads four arrays of 55,050 numbers and writes three, 3.1 MB: 31 µs at 100 GB/s."
    )


def handwritten() -> tuple[list[list[float]], list[int]]:
    """The digits of the lesson, four fifths of them, as it trains on."""
    from examples.digits import handwritten as load

    pixels, classes = load()
    count = round(0.8 * len(pixels))
    return pixels[:count], classes[:count]


def our_model(weights: list[float]) -> nn.MLP:
    """784-64-64-10 with these weights."""
    model = nn.MLP(work.SIZES[0], list(work.SIZES[1:]), init="zeros")
    for p, x in zip(model.parameters(), weights, strict=True):
        p.data = x
    return model


class InOrder(random.Random):
    """Leaves the samples in their order, and books a lap when it is first asked to shuffle: training begins."""

    def __init__(self, clock: Stopwatch) -> None:
        super().__init__(0)
        self.clock = clock

    def shuffle(self, x: Any) -> None:
        """Book the time of preparing."""
        if PREPARING not in self.clock.phases:
            self.clock.lap(PREPARING)


def ours(backend: str, weights: list[float], data: Any, epochs: int) -> Callable[[], dict[str, float]]:
    """`nn.fit` from its call to its return; the model is made before."""

    def run() -> dict[str, float]:
        model = our_model(weights)
        optimizer = nn.optim.Adam(model.parameters(), lr=RATE)
        clock = Stopwatch()
        nn.fit(
            model, data, loss=nn.cross_entropy, optimizer=optimizer, epochs=epochs, batch_size=BATCH,
            rng=InOrder(clock), verbose=0, compile=backend,
        )  # fmt: skip
        clock.lap(TRAINING)
        return clock.phases

    return run


def by_torch(torch: Any, threads: int, weights: list[float], data: Any, epochs: int) -> Callable[[], dict[str, float]]:
    """The same epochs on tensors."""
    X, y = torch.tensor(data[0], dtype=torch.float64), torch.tensor(data[1])

    def run() -> dict[str, float]:
        torch.set_num_threads(threads)
        model = nn.to_torch(our_model(weights))
        optimizer = torch.optim.Adam(model.parameters(), lr=RATE)
        clock = Stopwatch()
        for _ in range(epochs):
            total = 0.0
            for start in range(0, len(X), BATCH):
                optimizer.zero_grad()
                part = slice(start, start + BATCH)
                loss = torch.nn.functional.cross_entropy(model(X[part]), y[part])
                loss.backward()
                optimizer.step()
                total += loss.item() * len(y[part])
        clock.lap(TRAINING)
        return {PREPARING: 0.0, **clock.phases}

    return run


def hold(outcome: Outcome, backend: str, weights: list[float], data: Any, torch: Any) -> None:
    """Weights after two epochs of some samples against PyTorch's."""
    expected = nn.to_torch(our_model(weights))
    optimizer = torch.optim.Adam(expected.parameters(), lr=RATE)
    X, y = torch.tensor(data[0], dtype=torch.float64), torch.tensor(data[1])
    for start in [*range(0, len(X), BATCH)] * 2:
        optimizer.zero_grad()
        part = slice(start, start + BATCH)
        torch.nn.functional.cross_entropy(expected(X[part]), y[part]).backward()
        optimizer.step()
    after = [p.data for p in nn.from_torch(expected).parameters()]
    model = our_model(weights)
    nn.fit(
        model, data, loss=nn.cross_entropy, optimizer=nn.optim.Adam(model.parameters(), lr=RATE), epochs=2,
        batch_size=BATCH, shuffle=False, verbose=0, compile=backend,
    )  # fmt: skip
    if difference := disagreement(after, in_torchs_order(model), 1e-6):
        outcome.faults.append(f"digits training, {backend}, weights after two epochs: {difference}")


def in_torchs_order(model: nn.MLP) -> list[float]:
    """The weights of each layer, then its biases."""
    return [
        p.data
        for neurons in (layer.neurons for layer in model.layers)
        for p in [*(w for neuron in neurons for w in neuron.w), *(neuron.b for neuron in neurons)]
    ]
