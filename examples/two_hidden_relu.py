"""Two hidden layers of ReLUs, 2-3-5-1, and the update rule spelled out for every single number.

You learn: the loop that all training is (predict, compare, go backward, step), written without any optimiser, and that
a network of ReLUs is a function of straight pieces: here it finds those of y = |x1 - x2|.
"""

import random
from collections.abc import Sequence

import autograd
from examples.lesson import options, picture
from nn import MLP

MAX_LOSS = 0.01  # success: the mean squared error over the whole grid at the end

GRID = [(i / 2 - 1, j / 2 - 1) for i in range(5) for j in range(5)]
TARGETS = [abs(a - b) for a, b in GRID]
STEPS = 1500


def main(argv: Sequence[str] | None = None) -> None:
    """Descend, step by step."""
    given = options(__doc__, argv, lr=0.05)
    model = MLP(2, [3, 5, 1], activation="relu", init="he_normal", rng=random.Random(given.seed))
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
            parameter.data = parameter.data - given.lr * parameter.grad
        if step % 50 == 0:
            first = model.layers[0].neurons[0].w[0]
            print(
                f"step {step:5}   loss {loss.data:.6f}   e.g. {first.label}: {first.data:+.4f}, ∂L/∂θ {first.grad:+.5f}"
            )
        if loss.data <= MAX_LOSS / 4 or (step > 10 and losses[-1] == losses[-10]):
            break

    print(f"after {len(losses)} steps the loss is {losses[-1]:.4f}")
    if given.plot:
        from visualize import plots

        with picture(given.plot, 2) as (left, right):
            plots.curves(losses, ax=left).set_yscale("log")
            line = [i / 25 - 1 for i in range(51)]
            right.plot(line, [abs(x - 0.25) for x in line], "--", label="|x1 - 0.25|")
            right.plot(line, [model([x, 0.25]).data for x in line], label="the network at x2 = 0.25")
            right.legend()
    assert losses[-1] <= MAX_LOSS, f"the loss is {losses[-1]:.4f}, not at most {MAX_LOSS}"


if __name__ == "__main__":
    main()
