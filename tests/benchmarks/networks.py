"""The networks among the benchmark of programs: one sample and a batch through 784-64-64-10; training is in `whole.py`.

Part of `programs.py`, which runs it.
"""

from __future__ import annotations

import random
from typing import Any

import numpy as np

import autograd
from autograd import Value
from nn import MLP

from . import rivals, work
from .contest import Report, ratio, repeated, rows
from .measure import race
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

    def loss_now() -> Value:
        logits = model(sample.pixels)
        return autograd.logsumexp(logits) - logits[sample.target]

    loss = loss_now()
    programs = {name: autograd.compile(loss, backend=name, parameters=parameters) for name in ("array", "native")}
    rng = random.Random(7)
    fresh = [x * rng.uniform(0.9, 1.1) for x in sample.weights]  # held against eager where no program was made
    autograd.write_data(parameters, fresh)
    expected = loss_now()
    expected.backward()
    wanted = [expected.data, *autograd.read_grads(parameters)]
    autograd.write_data(parameters, sample.weights)
    contenders = []
    for name, program in programs.items():
        value, gradient = program.value_and_grad(np.array(fresh))
        report.agree(f"single sample, {name}", wanted, [value, *gradient], 1e-8)
        values = program.memory()
        contenders.append(repeated(name, lambda program=program, values=values: program.value_and_grad(values), 50))  # type: ignore[misc]
    for rival in rivals.digit(sample):
        report.agree(f"single sample, {rival.name}", wanted, rival.answer(fresh), 1e-8)
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
        values = program.memory(32)
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
