"""XOR, which no straight line can separate, learned by four hidden neurons.

You learn: why a hidden layer is needed at all, and to compare a network with the same one without it.
"""

import random
from collections.abc import Sequence

import nn
from examples.lesson import finished, options, picture, run

MAX_LOSS = 0.05  # success: the cross-entropy, in nats, with all four points on their right side ...
MIN_LOSS_OF_A_LINE = 0.5  # ... where a single neuron stays above this: its best is ln 2 = 0.693

POINTS = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
TARGETS = [0, 1, 1, 0]


def train(model: nn.Module, lr: float, rng: random.Random) -> nn.History:
    """Descend on the cross-entropy of the four points until it is small, or no longer moves."""
    return finished(nn.fit(
        model, (POINTS, TARGETS), loss=nn.binary_cross_entropy_with_logits, metrics=["accuracy"], verbose=0,
        optimizer=nn.optim.SGD(model.parameters(), lr=lr, momentum=0.9), epochs=2000, batch_size=None, rng=rng,
        callbacks=[nn.StopAt(MAX_LOSS / 2), nn.Convergence(1e-9)],
    ))  # fmt: skip


def main(argv: Sequence[str] | None = None) -> None:
    """Train both, and look at what each makes of the four points."""
    given = options(__doc__, argv, lr=0.1)
    rng = random.Random(given.seed)
    line = nn.MLP(2, [1], rng=rng)
    network = nn.MLP(2, [4, 1], activation="tanh", rng=rng)
    histories = {"one neuron": train(line, given.lr, rng), "2-4-1": train(network, given.lr, rng)}
    for (name, history), model in zip(histories.items(), (line, network), strict=True):
        scores = "  ".join(f"{int(a)} xor {int(b)}: {model([a, b]).data:+.2f}" for a, b in POINTS)
        print(f"{name:10}  loss {history['loss'][-1]:.4f} after {history.epochs:4} epochs   {scores}")
    if given.plot:
        from visualize import plots

        with picture(given.plot, 2) as (left, right):
            plots.curves({name: history["loss"] for name, history in histories.items()}, ax=left)
            left.set(title="training", xlabel="epoch", ylabel="cross-entropy, nats")
            plots.decision_boundary(network, POINTS, [2 * t - 1 for t in TARGETS], ax=right)
            right.set(title="what 2-4-1 says:   ● true   ▲ false", xlabel="a", ylabel="b")
    found = nn.evaluate(network, (POINTS, TARGETS), loss=nn.binary_cross_entropy_with_logits, metrics=["accuracy"])
    alone = histories["one neuron"]["loss"][-1]
    assert found["accuracy"] == 1.0, f"{found['accuracy']:.0%} of the points are right, not all"
    assert found["loss"] <= MAX_LOSS, f"the loss is {found['loss']:.3f}, not at most {MAX_LOSS}"
    assert alone >= MIN_LOSS_OF_A_LINE, f"a single neuron reached a loss of {alone:.3f}, which cannot be"


if __name__ == "__main__":
    run(main)
