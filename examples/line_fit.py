"""One hidden neuron learns y = 2x, and every gradient stands beside the one derived by hand.

You learn: what a forward pass, a loss, a backward pass and a step of gradient descent are, in the smallest network
there is, ŷ = w2 · relu(w1 · x + b1) + b2; and that each parameter's gradient is a sum over the samples.
"""

import random
from collections.abc import Sequence

import autograd
from autograd import Value
from examples.lesson import options, picture, run

MAX_LOSS = 1e-6  # success: the mean squared error at the end ...
MAX_DIFFERENCE = 1e-12  # ... and the largest difference between a gradient and its formula, at any step

X = [1.0, 2.0, 3.0, 4.0, 5.0]
Y = [2.0 * x for x in X]
STEPS = 50_000  # at most; it converges long before


def by_hand(w1: float, b1: float, w2: float, b2: float) -> list[float]:
    """The gradients of L = 1/n Σ (ŷ - y)², derived on paper.

    With z = w1·x + b1, h = relu(z), e = ŷ - y, the chain rule gives for each sample ∂L/∂ŷ = 2e/n, and from there
    ∂ŷ/∂w2 = h, ∂ŷ/∂b2 = 1, ∂ŷ/∂w1 = w2·[z > 0]·x, ∂ŷ/∂b1 = w2·[z > 0].  All samples share the parameters, so
    their contributions add up.
    """
    n = len(X)
    sums = [0.0, 0.0, 0.0, 0.0]
    for x, y in zip(X, Y, strict=True):
        z = w1 * x + b1
        h = max(0.0, z)
        g = 2.0 * (w2 * h + b2 - y) / n
        back = g * w2 * (1.0 if z > 0 else 0.0)
        for i, contribution in enumerate((back * x, back, g * h, g)):
            sums[i] += contribution
    return sums


def main(argv: Sequence[str] | None = None) -> None:
    """Train to convergence, comparing gradients at every step."""
    given = options(__doc__, argv, lr=0.01)
    rng = random.Random(given.seed)
    w1, w2 = Value(rng.uniform(0.5, 1.5), label="w1"), Value(rng.uniform(0.5, 1.5), label="w2")
    b1, b2 = Value(0.1, label="b1"), Value(0.1, label="b2")
    parameters = [w1, b1, w2, b2]

    losses: list[float] = []
    worst = 0.0
    for step in range(STEPS):
        predictions = [w2 * (w1 * x + b1).relu() + b2 for x in X]
        loss = autograd.mean([(p - y) ** 2 for p, y in zip(predictions, Y, strict=True)])
        for p in parameters:
            p.grad = 0.0
        loss.backward()
        expected = by_hand(*(p.data for p in parameters))
        if step == 0:
            print("the first step    backward()          by hand")
            for p, e in zip(parameters, expected, strict=True):
                print(f"  ∂loss/∂{p.label}   {p.grad:18.12f}  {e:18.12f}")
        worst = max(worst, *(abs(p.grad - e) for p, e in zip(parameters, expected, strict=True)))
        losses.append(loss.data)
        if max(abs(p.grad) for p in parameters) < 1e-6 or (step and losses[-1] == losses[-2]):
            break
        for p in parameters:
            p.data -= given.lr * p.grad

    print(f"after {len(losses)} steps the loss is {losses[-1]:.3e}; gradients differed by {worst:.1e} at most")
    print("  ".join(f"x={x:g}: {p.data:.4f}" for x, p in zip(X, predictions, strict=True)))
    if given.plot:
        from visualize import plots

        with picture(given.plot, 2) as (left, right):
            plots.curves(losses, ax=left).set_yscale("log")
            left.set(title="training", xlabel="step of gradient descent", ylabel="mean squared error")
            right.plot(X, Y, "o", markersize=9, label="y = 2x")
            right.plot(X, [p.data for p in predictions], label="the network")
            right.set(title="what was learned", xlabel="x", ylabel="y")
            right.legend(frameon=False)
    assert worst <= MAX_DIFFERENCE, f"gradients differ from the formulas by {worst}"
    assert losses[-1] <= MAX_LOSS, f"the loss is {losses[-1]}, not at most {MAX_LOSS}"


if __name__ == "__main__":
    run(main)
