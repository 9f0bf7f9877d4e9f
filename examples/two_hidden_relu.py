"""Two hidden layers of ReLUs, 2-3-5-1, and the update rule spelled out for every single number.

You learn: the loop that all training is (predict, compare, go backward, step), written without any optimiser; that a
network of ReLUs is a function of straight pieces: here it finds those of y = |x1 - x2|; and that a small one may start
with ReLUs that are dead, or die on the way, and stay stuck: how to notice (``nn.diagnose``), and to draw again.
"""

import random
from collections.abc import Sequence

import autograd
import nn
from examples.lesson import options, picture, run

MAX_LOSS = 0.01  # success: the mean squared error over the whole grid at the end ...
MAX_STARTS = 8  # ... of one of so many starts

GRID = [(i / 2 - 1, j / 2 - 1) for i in range(5) for j in range(5)]
TARGETS = [abs(a - b) for a, b in GRID]
STEPS = 1500  # of a start, at most
PATIENCE, SLOWEST = 200, 0.98  # it is stuck where so many steps leave more than this share of the loss


def descend(model: nn.MLP, lr: float) -> list[float]:
    """Go down until the loss is small, or no longer falls; the losses on the way."""
    losses: list[float] = []
    for step in range(STEPS):
        predictions = [model(x) for x in GRID]
        loss = autograd.mean([(p - y) ** 2 for p, y in zip(predictions, TARGETS, strict=True)])
        losses.append(loss.data)
        model.zero_grad()
        loss.backward()
        for parameter in model.parameters():
            # the update rule of gradient descent: a small step against the slope
            #     θ ← θ - η · ∂L/∂θ
            parameter.data = parameter.data - lr * parameter.grad
        if step % 50 == 0:
            first = model.layers[0].neurons[0].w[0]
            print(
                f"step {step:5}   loss {loss.data:.6f}   e.g. {first.label}: {first.data:+.4f}, ∂L/∂θ {first.grad:+.5f}"
            )
        if loss.data <= MAX_LOSS / 4 or stuck(losses):
            break
    return losses


def stuck(losses: list[float]) -> bool:
    """Whether the loss is too large still, and hardly falls."""
    return losses[-1] > MAX_LOSS and len(losses) > PATIENCE and losses[-1] > SLOWEST * losses[-1 - PATIENCE]


def main(argv: Sequence[str] | None = None) -> None:
    """Descend, from another start where the first leads nowhere."""
    given = options(__doc__, argv, lr=0.05)
    rng = random.Random(given.seed)
    tries: list[list[float]] = []
    while len(tries) < MAX_STARTS and not (tries and tries[-1][-1] <= MAX_LOSS):
        model = nn.MLP(2, [3, 5, 1], activation="relu", init="he_normal", rng=rng)
        print(f"start {len(tries) + 1}")
        tries.append(descend(model, given.lr))
        if tries[-1][-1] > MAX_LOSS:
            print(f"it got stuck at a loss of {tries[-1][-1]:.4f} after {len(tries[-1])} steps; nn.diagnose:")
            print("\n".join(f"    {line}" for line in str(nn.diagnose(model, (GRID, TARGETS))).splitlines()))

    losses = tries[-1]
    print(f"after {len(losses)} steps from start {len(tries)} the loss is {losses[-1]:.4f}")
    if given.plot:
        from visualize import plots

        with picture(given.plot, 2) as (left, right):
            plots.curves({f"start {n}": found for n, found in enumerate(tries, 1)}, ax=left).set_yscale("log")
            left.set(title="training", ylabel="mean squared error", xlabel="step of gradient descent")
            line = [i / 25 - 1 for i in range(51)]
            right.plot(line, [abs(x - 0.25) for x in line], "--", label="|x1 - 0.25|")
            right.plot(line, [model([x, 0.25]).data for x in line], label="the network")
            right.set(title="a cut through both at x2 = 0.25", xlabel="x1", ylabel="y")
            right.legend(frameon=False)
    assert losses[-1] <= MAX_LOSS, f"the loss is {losses[-1]:.4f} after {len(tries)} starts, not at most {MAX_LOSS}"


if __name__ == "__main__":
    run(main)
