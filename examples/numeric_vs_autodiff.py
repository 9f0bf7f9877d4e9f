"""Finite differences against automatic differentiation: how wrong, how slow, and good for what.

You learn: that a difference quotient trades two errors, of the formula (too large a step) and of rounding (too small
a one), and never wins; that it needs a run of the function for every parameter, where one backward pass gives all
gradients; and that it is still the best way to check a gradient.
"""

import math
import random
from collections.abc import Callable, Sequence
from typing import Any

import autograd
import nn
from examples.lesson import options, picture, run

MAX_ERROR = 1e-15  # success: autodiff's relative error, where ...
MIN_ERRORS = {"forward": 1e-10, "central": 1e-13}  # ... differences cannot get below these, whatever their step ...
MAX_LOSS = 0.02  # ... and the mean squared error of a network trained by either kind of gradient

STEPS = 200


def f(x: Any) -> Any:
    """A function with a derivative that is easy on paper: f' = (cos x + 3x²) · f."""
    return autograd.exp(autograd.sin(x) + x**3)


def slope(x: float) -> float:
    """The derivative of f, by hand."""
    return (math.cos(x) + 3 * x * x) * math.exp(math.sin(x) + x**3)


def numeric_gradient(function: Callable[[], float], parameters: list[autograd.Value], h: float = 1e-5) -> list[float]:
    """∂function/∂parameter for each by central differences: two runs of the function a parameter."""
    found = []
    for p in parameters:
        middle = p.data
        p.data = middle + h
        above = function()
        p.data = middle - h
        found.append((above - function()) / (2 * h))
        p.data = middle
    return found


def errors_by_step(x: float) -> dict[str, list[tuple[float, float]]]:
    """Relative errors of both difference quotients for steps from 1 to 1e-16."""
    truth, found = slope(x), {"forward": [], "central": []}  # type: tuple[float, dict[str, list[tuple[float, float]]]]
    for k in range(33):
        h = 10.0 ** (-k / 2)
        quotients = {"forward": (f(x + h) - f(x)) / h, "central": (f(x + h) - f(x - h)) / (2 * h)}
        for name, quotient in quotients.items():
            found[name].append((h, max(abs(quotient - truth) / abs(truth), 1e-17)))
    return found


def train(lr: float, seed: int, numeric: bool) -> tuple[float, int]:
    """A 1-6-1 network on y = x², by either kind of gradient; the final loss, and how often the network was run.

    Biases are drawn as well: with biases of 0 the network is an odd function of x, and hard put to become an even one.
    """
    rng = random.Random(seed)
    model = nn.Sequential(nn.Linear(1, 6, rng=rng), "tanh", nn.Linear(6, 1, rng=rng))
    optimizer = nn.optim.Adam(model.parameters(), lr=lr)
    X = [[i / 4 - 1] for i in range(9)]
    y = [x * x for (x,) in X]
    runs = 0

    def loss() -> Any:
        nonlocal runs
        runs += 1
        return nn.mse_loss([model(x) for x in X], y)

    for _ in range(STEPS):
        optimizer.zero_grad()
        if numeric:
            with autograd.no_grad():
                gradients = numeric_gradient(lambda: float(loss()), model.parameters())
            for p, gradient in zip(model.parameters(), gradients, strict=True):
                p.grad = gradient
        else:
            loss().backward()
        optimizer.step()
    used = runs
    return float(loss()), used


def main(argv: Sequence[str] | None = None) -> None:
    """Compare errors, then costs."""
    given = options(__doc__, argv, lr=0.05)
    x = random.Random(given.seed).uniform(0.5, 1.5)
    ours = abs(autograd.grad(f)(x) - slope(x)) / slope(x)
    table = errors_by_step(x)
    print(f"relative error of f'({x:.3f})\n   step     forward     central")
    for (h, forward), (_, central) in list(zip(table["forward"], table["central"], strict=True))[::4]:
        print(f"{h:7.0e}   {forward:9.1e}   {central:9.1e}")
    best = {name: min(error for _, error in column) for name, column in table.items()}
    print(f"   best   {best['forward']:9.1e}   {best['central']:9.1e}     autodiff {ours:.1e}")

    losses = {}
    for name, numeric in (("autodiff", False), ("differences", True)):
        losses[name], runs = train(given.lr, given.seed, numeric)
        print(f"{STEPS} steps by {name:11}: loss {losses[name]:.6f}, the network was run {runs:5} times")
    if given.plot:
        with picture(given.plot) as axes:
            for (name, column), marker in zip(table.items(), "o^", strict=True):
                axes.loglog([h for h, _ in column], [error for _, error in column], marker=marker, ms=4, label=name)
            axes.axhline(max(ours, 1e-17), linestyle="--", color="black", label="autodiff")
            axes.set(title="how far f' is off", xlabel="step h of the quotient", ylabel="relative error")
            axes.legend(frameon=False, loc="center left", bbox_to_anchor=(0.0, 0.28))
    assert ours <= MAX_ERROR, f"autodiff is off by {ours}, more than {MAX_ERROR}"
    for name, least in MIN_ERRORS.items():
        assert best[name] >= least, f"{name} differences reached {best[name]}, below {least}"
    for name, loss in losses.items():
        assert loss <= MAX_LOSS, f"trained by {name} the loss is {loss:.4f}, not at most {MAX_LOSS}"


if __name__ == "__main__":
    run(main)
