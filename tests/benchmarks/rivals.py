"""Who compiled programs race against: PyTorch vectorised, hand-written NumPy, CasADi; each given the same numbers.

A `Rival` answers at given weights, so that its numbers can be held against eager, and does one step when called.
Nothing is timed here.  What is not installed does not take part.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import work


@dataclass(frozen=True)
class Rival:
    """Value and gradient in one list at given weights, one step, and how many steps make a run worth timing."""

    name: str
    answer: Callable[[list[float]], list[float]]
    step: Callable[[], object]
    times: int


def _torch() -> Iterator[tuple[str, Any]]:
    """PyTorch with one thread, then with all; nothing where it is not installed."""
    try:
        import torch
    except ImportError:
        return
    yield "PyTorch", torch
    if (os.cpu_count() or 1) > 1:
        yield "PyTorch, all threads", torch


def _threads(torch: Any, name: str) -> None:
    torch.set_num_threads(os.cpu_count() or 1 if "all" in name else 1)


def _matrices(weights: Any, sizes: tuple[int, ...], of: Callable[[Any], Any]) -> list[tuple[Any, Any]]:
    """Weights and biases of each layer, from the flat list in the order of `parameters()`."""
    found, at = [], 0
    for fan_in, fan_out in itertools.pairwise(sizes):
        block = np.array(weights[at : at + fan_out * (fan_in + 1)]).reshape(fan_out, fan_in + 1)
        found.append((of(np.ascontiguousarray(block[:, :-1])), of(np.ascontiguousarray(block[:, -1]))))
        at += fan_out * (fan_in + 1)
    return found


def _flat(layers: list[tuple[Any, Any]]) -> list[float]:
    return np.concatenate([np.concatenate([w, b[:, None]], axis=1).ravel() for w, b in layers]).tolist()  # type: ignore[no-any-return]


# --- moons ----------------------------------------------------------------------------------------------------------


def moons(points: Any, labels: Any) -> Iterator[Rival]:
    """The max-margin loss with L2 over all samples, and a step of gradient descent."""
    sizes = (2, 16, 16, 1)
    x, y = np.array(points), np.array(labels, float)
    start = np.random.default_rng(0).uniform(-1, 1, 337).tolist()
    yield _numpy_moons(x, y, sizes, start)
    for name, torch in _torch():
        xt, yt = torch.tensor(x), torch.tensor(y)

        def made(weights: Any, torch: Any = torch) -> Any:
            return _matrices(weights, sizes, lambda a: torch.tensor(a, requires_grad=True))

        def loss(layers: Any, torch: Any = torch, xt: Any = xt, yt: Any = yt) -> Any:
            h = xt
            for w, b in layers[:-1]:
                h = torch.relu(torch.addmm(b, h, w.T))
            scores = torch.addmm(layers[-1][1], h, layers[-1][0].T)[:, 0]
            penalty = sum((w * w).sum() + (b * b).sum() for w, b in layers)
            return torch.relu(1 - yt * scores).mean() + 1e-4 * penalty

        def answer(weights: list[float], made: Any = made, loss: Any = loss) -> list[float]:
            layers = made(weights)
            value = loss(layers)
            value.backward()
            return [value.item(), *_flat([(w.grad.numpy(), b.grad.numpy()) for w, b in layers])]

        layers = made(start)
        flat = [p for layer in layers for p in layer]

        def step(
            torch: Any = torch, layers: Any = layers, flat: Any = flat, loss: Any = loss, name: str = name
        ) -> None:
            _threads(torch, name)
            for p in flat:
                p.grad = None
            loss(layers).backward()
            with torch.no_grad():
                for p in flat:
                    p -= 0.01 * p.grad

        yield Rival(name, answer, step, 20)


def _numpy_moons(x: Any, y: Any, sizes: tuple[int, ...], start: list[float]) -> Rival:
    def run(layers: Any) -> tuple[float, list[tuple[Any, Any]]]:
        (w1, b1), (w2, b2), (w3, b3) = layers
        a1 = x @ w1.T + b1
        h1 = np.maximum(a1, 0)
        a2 = h1 @ w2.T + b2
        h2 = np.maximum(a2, 0)
        scores = (h2 @ w3.T + b3)[:, 0]
        margins = 1 - y * scores
        penalty = sum(float((w * w).sum() + (b * b).sum()) for w, b in layers)
        value = float(np.maximum(margins, 0).mean()) + 1e-4 * penalty
        g = ((margins > 0) * -y / len(y))[:, None]
        g2 = (g @ w3) * (a2 > 0)
        g1 = (g2 @ w2) * (a1 > 0)
        found = [(g1.T @ x, g1.sum(0)), (g2.T @ h1, g2.sum(0)), (g.T @ h2, g.sum(0))]
        return value, [(dw + 2e-4 * w, db + 2e-4 * b) for (dw, db), (w, b) in zip(found, layers, strict=True)]

    def answer(weights: list[float]) -> list[float]:
        value, gradient = run(_matrices(weights, sizes, lambda a: a))
        return [value, *_flat(gradient)]

    layers = _matrices(start, sizes, lambda a: a)

    def step() -> None:
        _, gradient = run(layers)
        for (w, b), (dw, db) in zip(layers, gradient, strict=True):
            w -= 0.01 * dw
            b -= 0.01 * db

    return Rival("NumPy by hand", answer, step, 100)


# --- 784-64-64-10 ---------------------------------------------------------------------------------------------------


def digit(sample: work.Sample) -> Iterator[Rival]:
    """One sample's cross-entropy."""
    yield from digits_batch(sample, np.array([sample.pixels]), np.array([sample.target]), 50)


def digits_batch(sample: work.Sample, pixels: Any, targets: Any, times: int = 40) -> Iterator[Rival]:
    """The mean cross-entropy of a batch, and its gradient."""

    def run(layers: Any) -> tuple[float, list[tuple[Any, Any]]]:
        hidden = [pixels]
        for w, b in layers[:-1]:
            hidden.append(np.maximum(hidden[-1] @ w.T + b, 0))
        w, b = layers[-1]
        logits = hidden[-1] @ w.T + b
        logits -= logits.max(1, keepdims=True)
        exps = np.exp(logits)
        total = exps.sum(1, keepdims=True)
        rows = np.arange(len(targets))
        value = float((np.log(total[:, 0]) - logits[rows, targets]).mean())
        g = exps / total
        g[rows, targets] -= 1
        g /= len(targets)
        found = []
        for (w, _), h in zip(reversed(layers), reversed(hidden), strict=True):
            found.append((g.T @ h, g.sum(0)))
            if h is not pixels:
                g = (g @ w) * (h > 0)
        return value, found[::-1]

    def answer(weights: list[float]) -> list[float]:
        value, gradient = run(_matrices(weights, work.SIZES, lambda a: a))
        return [value, *_flat(gradient)]

    layers = _matrices(sample.weights, work.SIZES, lambda a: a)
    yield Rival("NumPy by hand", answer, lambda: run(layers), times)
    for name, torch in _torch():
        xt, yt = torch.tensor(pixels), torch.tensor(targets)

        def gradients(layers: Any, torch: Any = torch, xt: Any = xt, yt: Any = yt) -> Any:
            h = xt
            for w, b in layers[:-1]:
                h = torch.relu(torch.addmm(b, h, w.T))
            value = torch.nn.functional.cross_entropy(torch.addmm(layers[-1][1], h, layers[-1][0].T), yt)
            flat = [p for layer in layers for p in layer]
            return value, torch.autograd.grad(value, flat)

        def made(weights: Any, torch: Any = torch) -> Any:
            return _matrices(weights, work.SIZES, lambda a: torch.tensor(a, requires_grad=True))

        def torch_answer(weights: list[float], made: Any = made, gradients: Any = gradients) -> list[float]:
            value, found = gradients(made(weights))
            pairs = [(found[i].numpy(), found[i + 1].numpy()) for i in range(0, len(found), 2)]
            return [value.item(), *_flat(pairs)]

        ready = made(sample.weights)

        def step(torch: Any = torch, ready: Any = ready, gradients: Any = gradients, name: str = name) -> None:
            _threads(torch, name)
            gradients(ready)

        yield Rival(name, torch_answer, step, times)


# --- an irregular graph ---------------------------------------------------------------------------------------------


def irregular(plan: work.Plan) -> Iterator[Rival]:
    """CasADi's scalar graph of the same plan, and its reverse-mode gradient, run by its virtual machine."""
    try:
        import casadi
    except ImportError:
        return
    x = casadi.SX.sym("x", len(plan.leaves))
    root = work.build_elementary(plan, [x[i] for i in range(len(plan.leaves))], casadi.tanh)
    function = casadi.Function("f", [x], [root, casadi.gradient(root, x)])
    buffer, run = function.buffer()
    given = np.array(plan.leaves)
    value, gradient = np.zeros(1), np.zeros(len(plan.leaves))
    buffer.set_arg(0, memoryview(given))
    buffer.set_res(0, memoryview(value))
    buffer.set_res(1, memoryview(gradient))

    def answer(weights: list[float]) -> list[float]:
        given[:] = weights
        run()
        return [float(value[0]), *gradient.tolist()]

    def step(kept: Any = (function, buffer)) -> None:  # CasADi's buffers die with these
        run()

    yield Rival("CasADi", answer, step, 1)
