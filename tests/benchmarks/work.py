"""The work the benchmarks do: plans and data from a seed, the same for every engine, and the user code that runs them.

Nothing here is timed and no engine is imported: a function gets the number class, or a model, as an argument.
`peers.py` makes the engines ready, `measure.py` times them.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

Point = list[float]


# --- the elementary graph -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Plan:
    """A random graph of mul, add and tanh nodes in equal parts, every one of them an ancestor of the root.

    It comes in blocks of three levels, all equally wide: each mul takes a node of the level before and a weight, each
    add takes two of these products, each tanh one sum; additions at the end gather the last level into the root.
    Weights have a size that lets neither values nor gradients die out or explode with depth, so no engine can save
    work on zeros.

    `leaves` holds the first level's numbers, then the weights (`width` of each); indices count within a level.
    """

    width: int
    leaves: list[float]
    blocks: list[tuple[list[tuple[int, int]], list[tuple[int, int]]]]
    nodes: int


def elementary_plan(nodes: int, seed: int = 0) -> Plan:
    """Plan a graph of about `nodes` nodes (leaves not counted), about as wide as it is deep."""
    rng = random.Random(seed)
    width = max(4, round(math.sqrt(nodes)))
    depth = max(1, round((nodes - width + 1) / (3 * width)))
    leaves = [rng.uniform(-1.0, 1.0) for _ in range(width)]
    leaves += [rng.choice((-1.0, 1.0)) * rng.uniform(0.6, 1.0) for _ in range(width)]
    blocks = []
    for _ in range(depth):
        products = [(i, rng.randrange(width)) for i in rng.sample(range(width), width)]
        sums = [(i, rng.randrange(width)) for i in rng.sample(range(width), width)]
        blocks.append((products, sums))
    return Plan(width, leaves, blocks, 3 * width * depth + width - 1)


def build_elementary(plan: Plan, leaves: Sequence[Any], tanh: Callable[[Any], Any] | None = None) -> Any:
    """Run the plan on `leaves` (numbers of any engine) and return the root; `tanh` where it is no method."""
    level, weights = leaves[: plan.width], leaves[plan.width :]
    for products, sums in plan.blocks:
        level = [level[i] * weights[j] for i, j in products]
        level = [level[i] + level[j] for i, j in sums]
        level = [x.tanh() for x in level] if tanh is None else [tanh(x) for x in level]
    root = level[0]
    for x in level[1:]:
        root = root + x
    return root


# --- the moons step of micrograd's demo -----------------------------------------------------------------------------


def moons(samples: int = 100, seed: int = 1337) -> tuple[list[Point], list[int]]:
    """Give two interleaved half circles with noise, labels -1 and 1; scikit-learn's where it is installed."""
    try:
        from sklearn.datasets import make_moons
    except ImportError:
        return _moons_by_formula(samples, random.Random(seed))
    points, labels = make_moons(n_samples=samples, noise=0.1, random_state=seed)
    return points.tolist(), [2 * int(label) - 1 for label in labels]


def _moons_by_formula(samples: int, rng: random.Random) -> tuple[list[Point], list[int]]:
    points, labels = [], []
    for k in range(samples):
        angle, label = math.pi * rng.random(), -1 if k % 2 else 1
        x, y = math.cos(angle), math.sin(angle)
        x, y = (x, y) if label == -1 else (1.0 - x, 0.5 - y)
        points.append([rng.gauss(x, 0.1), rng.gauss(y, 0.1)])
        labels.append(label)
    return points, labels


def moons_loss(value: Callable[[float], Any], model: Any, points: list[Point], labels: list[int]) -> tuple[Any, float]:
    """Give the max-margin loss with L2 over all samples, and the accuracy, in the words of micrograd's demo."""
    inputs = [list(map(value, point)) for point in points]
    scores = list(map(model, inputs))
    losses = [(1 + -label * score).relu() for label, score in zip(labels, scores, strict=True)]
    data_loss = sum(losses) * (1.0 / len(losses))
    penalty = 1e-4 * sum(p * p for p in model.parameters())
    accuracy = [(label > 0) == (score.data > 0) for label, score in zip(labels, scores, strict=True)]
    return data_loss + penalty, sum(accuracy) / len(accuracy)


def moons_step(value: Callable[[float], Any], model: Any, points: list[Point], labels: list[int], rate: float) -> Any:
    """Do one step of gradient descent, forward pass to update, and return the loss."""
    loss, _ = moons_loss(value, model, points, labels)
    model.zero_grad()
    loss.backward()
    for p in model.parameters():
        p.data -= rate * p.grad
    return loss


def single_operations(order: Sequence[Any]) -> int:
    """How many nodes micrograd would have for the nodes in `order`: each product and each addition is one."""
    count = 0
    for node in order:
        if node.op is not None:
            entries = len(node.operands)
            count += 2 * (entries // 2) if node.op.name == "dot" else max(1, entries - 1)
    return count


# --- descent through a simulation -----------------------------------------------------------------------------------

SPRING = (1.3, 0.1, 0.9)
"""Stiffness, damping and initial velocity, at which descent starts."""


def spring_loss(stiffness: Any, damping: Any, velocity: Any, steps: int) -> Any:
    """How far, in the mean square, a spring that stiffens as it is stretched stays from 0.3: twelve nodes a step."""
    place: Any = 0.0
    loss: Any = 0.0
    for _ in range(steps):
        force = stiffness * (place * place * place) + damping * velocity
        velocity = velocity - force * 0.01
        place = place + velocity * 0.01
        loss = loss + (place - 0.3) ** 2
    return loss * (1.0 / steps)


def spring_step(parameters: Sequence[Any], steps: int, rate: float) -> Any:
    """Do one step of gradient descent on the three parameters, and return the loss."""
    loss = spring_loss(*parameters, steps)
    for p in parameters:
        p.grad = 0.0
    loss.backward()
    for p in parameters:
        p.data -= rate * p.grad
    return loss


# --- one sample through 784-64-64-10 --------------------------------------------------------------------------------

SIZES = (784, 64, 64, 10)


@dataclass(frozen=True)
class Sample:
    """One picture of 784 pixels in (0, 1), its class, and weights for SIZES in the order of `MLP.parameters()`."""

    pixels: list[float]
    target: int
    weights: list[float]


def digit_sample(seed: int = 0) -> Sample:
    """Draw pixels and He-scaled weights from the seed: speed does not depend on what the picture shows."""
    rng = random.Random(seed)
    weights = []
    for fan_in, fan_out in itertools.pairwise(SIZES):
        for _ in range(fan_out):
            weights += [rng.gauss(0.0, math.sqrt(2.0 / fan_in)) for _ in range(fan_in)] + [0.01]
    return Sample([rng.random() for _ in range(SIZES[0])], rng.randrange(SIZES[-1]), weights)


def softmax_cross_entropy(logits: list[Any], target: int) -> Any:
    """Give -log softmax(logits)[target] from exp, add, divide and log nodes, as micrograd's lectures write it."""
    counts = [logit.exp() for logit in logits]
    total = sum(counts)
    probabilities = [count / total for count in counts]
    return -probabilities[target].log()
