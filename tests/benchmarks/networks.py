"""The networks among the benchmark of programs: one sample and a batch through 784-64-64-10, and the digits training.

Part of `programs.py`, which runs it.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np

import autograd
from autograd import Value
from nn import MLP

from . import rivals, work
from .contest import Report, ratio, repeated, rows
from .measure import race, timed
from .profile import spent
from .report import Target

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
    programs = {name: autograd.compile(loss, backend=name, parameters=parameters) for name in ("array", "native")}
    for name, program in programs.items():
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
    traffic = 2 * 8 * 55_050 / 100e9
    for program in programs.values():
        print("\n" + spent(program, traffic, "55,050 weights read, as many gradients written, at 100 GB/s"))
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
