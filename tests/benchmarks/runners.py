"""One engine at one piece of work: functions that do it once under a clock, and functions that give its numbers.

They join `work.py` (what is done) and `peers.py` (who does it) to what `measure.race` takes. Inputs, leaves and
resetting are outside of every clock here, and the graph is let go after it has stopped. Nothing is compared or printed.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from functools import partial
from typing import Any

from . import work
from .measure import TOTAL, Contender, Memory, Stopwatch, memory
from .peers import Engine

Runner = tuple[Callable[[], dict[str, float]], Callable[[], list[float]]]
"""Two functions: one does the work under a clock and gives seconds by phase, one does it and gives its numbers."""


def answer(engine: Engine, plan: work.Plan) -> list[float]:
    """The root's number and the gradients of all leaves."""
    leaves = [engine.value(x) for x in plan.leaves]
    root = work.build_elementary(plan, leaves)
    engine.call(root.backward)
    return [float(root.data), *engine.gradients(leaves)]


def elementary_contender(engine: Engine, plan: work.Plan, mark: str = "") -> Contender:
    """A forward and a backward pass over the plan with fresh leaves."""

    def run() -> dict[str, float]:
        leaves = [engine.value(x) for x in plan.leaves]
        clock = Stopwatch()
        root = work.build_elementary(plan, leaves)
        clock.lap("forward")
        root.backward()
        clock.lap("backward")
        return clock.phases

    return Contender(engine.name + mark, partial(engine.call, run), plan.nodes)


def weigh(engine: Engine, plan: work.Plan) -> Memory:
    """Bytes per node of the plan's graph; the leaves are there before."""

    def run() -> Memory:
        leaves = [engine.value(x) for x in plan.leaves]
        engine.empty()
        return memory(lambda: work.build_elementary(plan, leaves), lambda root: root.backward(), plan.nodes)

    weight: Memory = engine.call(run)
    return weight


def moons_runner(engine: Engine, points: list[work.Point], labels: list[int], steps: int) -> Runner:
    """Two functions that start from the same weights: one times `steps` steps, one gives what they come to."""
    assert engine.mlp is not None
    random.seed(1337)
    model = engine.mlp(2, [16, 16, 1])
    start = [p.data for p in model.parameters()]

    def reset() -> None:
        for p, x in zip(model.parameters(), start, strict=True):
            p.data = x

    def run() -> dict[str, float]:
        reset()
        clock = Stopwatch()
        for _ in range(steps):
            loss = work.moons_step(engine.value, model, points, labels, rate=0.1)
        clock.lap(TOTAL)
        del loss
        return clock.phases

    def outcome() -> list[float]:
        reset()
        for _ in range(steps):
            loss = work.moons_step(engine.value, model, points, labels, rate=0.1)
        parameters = model.parameters()
        return [float(loss.data), *engine.gradients(parameters), *(float(p.data) for p in parameters)]

    return run, outcome


def spring_runner(engine: Engine, simulated: int, steps: int) -> Runner:
    """Two functions: one times `steps` steps of descent in a row, one gives what they come to."""

    def descend(parameters: list[Any]) -> Any:
        for _ in range(steps):
            loss = work.spring_step(parameters, simulated, rate=0.05)
        return loss

    def run() -> dict[str, float]:
        parameters = list(map(engine.value, work.SPRING))
        clock = Stopwatch()
        loss = descend(parameters)
        clock.lap(TOTAL)
        del loss
        return clock.phases

    def outcome() -> list[float]:
        parameters = list(map(engine.value, work.SPRING))
        loss = descend(parameters)
        return [float(loss.data), *engine.gradients(parameters), *(float(p.data) for p in parameters)]

    return run, outcome


def sample_runner(engine: Engine, picture: work.Sample, loss_of: Callable[[list[Any], int], Any]) -> Runner:
    """Two functions on one model with the sample's weights: one times a pass, one gives loss and gradients."""
    assert engine.mlp is not None
    model = engine.mlp(work.SIZES[0], list(work.SIZES[1:]))
    for p, x in zip(model.parameters(), picture.weights, strict=True):
        p.data = x

    def run() -> dict[str, float]:
        model.zero_grad()
        clock = Stopwatch()
        loss = loss_of(model(picture.pixels), picture.target)
        clock.lap("forward")
        loss.backward()
        clock.lap("backward")
        return clock.phases

    def numbers() -> list[float]:
        model.zero_grad()
        loss = loss_of(model(picture.pixels), picture.target)
        engine.call(loss.backward)
        return [float(loss.data), *engine.gradients(model.parameters())]

    return run, numbers


def torch_sample_runner(torch: Any, picture: work.Sample) -> Runner:
    """The same two functions on PyTorch's layers; a row of its weights and the bias are one neuron of ours."""
    sizes = list(itertools.pairwise(work.SIZES))
    layers = [torch.nn.Linear(fan_in, fan_out, dtype=torch.float64) for fan_in, fan_out in sizes]
    numbers_left = iter(picture.weights)
    with torch.no_grad():
        for layer, (fan_in, fan_out) in zip(layers, sizes, strict=True):
            rows = [[next(numbers_left) for _ in range(fan_in + 1)] for _ in range(fan_out)]
            layer.weight.copy_(torch.tensor([row[:-1] for row in rows], dtype=torch.float64))
            layer.bias.copy_(torch.tensor([row[-1] for row in rows], dtype=torch.float64))
    model = torch.nn.Sequential(layers[0], torch.nn.ReLU(), layers[1], torch.nn.ReLU(), layers[2])
    pixels = torch.tensor([picture.pixels], dtype=torch.float64)
    target = torch.tensor([picture.target])

    def forward() -> Any:
        return torch.nn.functional.cross_entropy(model(pixels), target)

    def run() -> dict[str, float]:
        model.zero_grad()
        clock = Stopwatch()
        loss = forward()
        clock.lap("forward")
        loss.backward()
        clock.lap("backward")
        return clock.phases

    def numbers() -> list[float]:
        model.zero_grad()
        loss = forward()
        loss.backward()
        found = [loss.item()]
        for layer in layers:
            for row, bias in zip(layer.weight.grad.tolist(), layer.bias.grad.tolist(), strict=True):
                found += [*row, bias]
        return found

    return run, numbers
