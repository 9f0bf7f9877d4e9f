"""Two species of iris told apart by a 2-4-1 network of sigmoids: mean squared error against cross-entropy.

You learn: that the loss decides how fast a sigmoid learns.  With squared error the gradient at the output carries the
factor σ'(z), which is next to nothing where the network is sure and wrong; the cross-entropy cancels it.  Both start
from the same weights and see the same 1,000 epochs; ``--every 1`` prints each of them.
"""

import random
from collections.abc import Sequence
from typing import Any

import nn
from examples.lesson import extra, finished, options, picture, run, standardised

MIN_ACCURACY = 0.93  # success: of the network trained on cross-entropy, on its 100 flowers ...
MAX_SHARE = 1.0  # ... whose cross-entropy is below that of the one trained on squared error ...
MAX_EPOCHS_SHARE = 0.8  # ... and which has nine flowers in ten right after at most this share of the other's epochs

EPOCHS, EVERY = 1000, 50


def flowers() -> tuple[list[list[float]], list[int]]:
    """Petal length and width of the 100 irises that are versicolor (0) or virginica (1)."""
    iris = extra("sklearn.datasets", "data").load_iris()
    rows = [
        (row[2:], target - 1) for row, target in zip(iris.data.tolist(), iris.target.tolist(), strict=True) if target
    ]
    return standardised([row for row, _ in rows]), [target for _, target in rows]


def entropy(predictions: Sequence[Any], targets: Sequence[Any]) -> float:
    """The cross-entropy as a metric: measured for either network, whatever it is trained on."""
    return float(nn.binary_cross_entropy(predictions, targets))


def table(histories: dict[str, nn.History], every: int) -> None:
    """Print both losses and the accuracy of each network, side by side: the first epoch, and then each ``every``-th."""
    print(" " * 9 + "".join(f"{'trained on ' + name:38}" for name in histories).rstrip())
    print("epoch    " + (f"{'MSE':10}{'cross-entropy':17}{'right':11}" * len(histories)).rstrip())
    for epoch in range(EPOCHS):
        if epoch == 0 or (epoch + 1) % every == 0:
            cells = [
                f"{h['mse'][epoch]:<10.4f}{h['entropy'][epoch]:<17.4f}{h['accuracy'][epoch]:<11.0%}"
                for h in histories.values()
            ]
            print(f"{epoch + 1:5}    " + "".join(cells).rstrip())


def main(argv: Sequence[str] | None = None) -> None:
    """Train twice, side by side."""
    given = options(__doc__, argv, lr=0.5, every=(EVERY, f"print each N-th epoch (default {EVERY})"))
    X, y = flowers()
    losses: dict[str, Any] = {"MSE": nn.mse_loss, "cross-entropy": nn.binary_cross_entropy}
    histories, found, soon = {}, {}, {}
    for name, loss in losses.items():
        rng = random.Random(given.seed)
        model = nn.Sequential(
            nn.Layer(2, 4, activation="sigmoid", rng=rng), nn.Layer(4, 1, activation="sigmoid", rng=rng)
        )
        histories[name] = finished(nn.fit(
            model, (X, y), loss=loss, optimizer=nn.optim.SGD(model.parameters(), lr=given.lr), epochs=EPOCHS,
            batch_size=None, metrics=["accuracy", "mse", entropy], shuffle=False, verbose=0, compile="array",
        ))  # fmt: skip
        found[name] = nn.evaluate(model, (X, y), loss=nn.binary_cross_entropy, metrics=["accuracy"])
        soon[name] = next((k for k, right in enumerate(histories[name]["accuracy"], 1) if right >= 0.9), EPOCHS)

    table(histories, given.every)
    for name in losses:
        print(
            f"trained on {name}: nine in ten right after {soon[name]} epochs; "
            f"at the end {found[name]['accuracy']:.0%}, cross-entropy {found[name]['loss']:.4f} nats"
        )
    if given.plot:
        from visualize import plots

        with picture(given.plot, 3) as (left, middle, right):
            plots.curves({f"trained on {name}": h["entropy"] for name, h in histories.items()}, ax=left).set_xscale(
                "log"
            )
            left.set(title="the loss", xlabel="epoch", ylabel="cross-entropy, nats")
            plots.curves({f"trained on {name}": h["accuracy"] for name, h in histories.items()}, ax=middle).set_xscale(
                "log"
            )
            middle.set(title="the accuracy", xlabel="epoch", ylabel="share that is right")
            plots.decision_boundary(lambda x: model(x) - 0.5, X, [2 * t - 1 for t in y], ax=right)
            right.set(
                title="trained on cross-entropy:   ▲ versicolor   ● virginica",
                xlabel="petal length, standardised",
                ylabel="petal width",
            )
    accuracy, share = found["cross-entropy"]["accuracy"], found["cross-entropy"]["loss"] / found["MSE"]["loss"]
    assert accuracy >= MIN_ACCURACY, f"the accuracy is {accuracy:.0%}, not at least {MIN_ACCURACY:.0%}"
    assert share < MAX_SHARE, f"cross-entropy is no better trained on itself: {share:.2f} of the other"
    assert soon["cross-entropy"] <= MAX_EPOCHS_SHARE * soon["MSE"], f"cross-entropy is no faster: {soon} epochs"


if __name__ == "__main__":
    run(main)
