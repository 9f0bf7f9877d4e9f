"""Two layers of sigmoids, 3-4-2, learn two samples: the smallest example of a network with several outputs.

You learn: how a hidden layer's gradient gathers contributions from all outputs, and to read a training to its end
instead of for a fixed number of steps.
"""

import random
from collections.abc import Sequence

import autograd
from examples.lesson import options, picture, run
from nn import Layer, Module

TOLERANCE = 0.1  # success: every output within this of its target, for both samples

SAMPLES = [([0.5, 0.1, 0.2], [1.0, 0.0]), ([0.3, 0.4, 0.6], [0.0, 1.0])]
STEPS = 60_000  # at most; it stops when both samples are right


class Network(Module):
    """3 inputs, 4 hidden sigmoids, 2 sigmoids."""

    def __init__(self, rng: random.Random) -> None:
        self.hidden = Layer(3, 4, activation="sigmoid", rng=rng)
        self.output = Layer(4, 2, activation="sigmoid", rng=rng)

    def forward(self, x: list[float]) -> list[autograd.Value]:
        """Two numbers between 0 and 1."""
        outputs: list[autograd.Value] = self.output(self.hidden(x))
        return outputs


def main(argv: Sequence[str] | None = None) -> None:
    """Train until both samples are right."""
    given = options(__doc__, argv, lr=0.1)
    model = Network(random.Random(given.seed))
    losses: list[float] = []
    worst = 1.0
    for step in range(STEPS):
        outputs = [model(x) for x, _ in SAMPLES]
        errors = [o - t for out, (_, y) in zip(outputs, SAMPLES, strict=True) for o, t in zip(out, y, strict=True)]
        loss = autograd.sum([e * e for e in errors])
        losses.append(loss.data)
        worst = max(abs(e.data) for e in errors)
        if step % 2000 == 0:
            print(f"step {step:6}   loss {loss.data:.6f}   largest error {worst:.3f}")
        if worst <= TOLERANCE or (step >= 100 and losses[-1] == losses[-100]):
            break
        model.zero_grad()
        loss.backward()
        for p in model.parameters():
            p.data -= given.lr * p.grad

    print(f"stopped after {len(losses)} steps")
    for (x, y), out in zip(SAMPLES, outputs, strict=True):
        print(f"  {x} -> {[round(o.data, 3) for o in out]}, wanted {y}")
    if given.plot:
        from visualize import plots

        with picture(given.plot) as axes:
            plots.curves(losses, ax=axes)
            axes.set(title="until both samples are right", xlabel="step", ylabel="sum of squared errors")
    assert worst <= TOLERANCE, f"an output is {worst:.3f} from its target, not at most {TOLERANCE}"


if __name__ == "__main__":
    run(main)
