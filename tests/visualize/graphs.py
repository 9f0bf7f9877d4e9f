"""Graphs that the tests of drawing share: a scalar expression, networks, a batch. No test stands here."""

from __future__ import annotations

import random
from collections.abc import Sequence

from autograd import Value
from nn import MLP


def expression() -> Value:
    """A labelled expression with a plain number, after backward."""
    a, b, c = (Value(x, label=name) for name, x in {"a": 2.0, "b": -3.0, "c": 10.0}.items())
    loss = (a * b + c).tanh() * 2 + a * a
    loss.label = "L"
    loss.backward()
    return loss


def network(inputs: int, widths: Sequence[int], **options: str) -> Value:
    """The squared error of a network on one sample, after backward."""
    model = MLP(inputs, list(widths), rng=random.Random(1), **options)
    loss = (model([0.5 * k - 1.0 for k in range(inputs)]) - 1.0) ** 2
    loss.label = "loss"
    loss.backward()
    return loss


def batch(samples: int = 100) -> Value:
    """micrograd's demonstration: a hinge loss over many samples and a penalty on every parameter, after backward."""
    draw = random.Random(2)
    model = MLP(2, [16, 16, 1], rng=draw)
    scores = [model([draw.gauss(0, 1), draw.gauss(0, 1)]) for _ in range(samples)]
    losses = [(1 + -draw.choice((-1.0, 1.0)) * score).relu() for score in scores]
    total = sum(losses) * (1.0 / samples) + 1e-4 * sum(p * p for p in model.parameters())
    total.label = "loss"
    total.backward()
    return total


def chain(length: int) -> Value:
    """A product of ``length`` factors, one after the other."""
    node = Value(1.0, label="x")
    for _ in range(length):
        node = node * 1.0000001
    return node
