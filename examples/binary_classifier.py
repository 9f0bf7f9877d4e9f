"""Two species of iris told apart by a 2-4-1 network of sigmoids: mean squared error against cross-entropy.

You learn: that the loss decides how fast a sigmoid learns.  With squared error the gradient at the output carries the
factor σ'(z), which is next to nothing where the network is sure and wrong; the cross-entropy cancels it.  Both start
from the same weights and see the same 1,000 epochs.
"""

import random
from collections.abc import Sequence

import nn
from examples.lesson import extra, options, picture, standardised

MIN_ACCURACY = 0.93  # success: of the network trained on cross-entropy, on its 100 flowers ...
MAX_SHARE = 1.0  # ... whose cross-entropy is below that of the one trained on squared error

EPOCHS = 1000


def flowers() -> tuple[list[list[float]], list[int]]:
    """Petal length and width of the 100 irises that are versicolor (0) or virginica (1)."""
    iris = extra("sklearn.datasets", "data").load_iris()
    rows = [
        (row[2:], target - 1) for row, target in zip(iris.data.tolist(), iris.target.tolist(), strict=True) if target
    ]
    return standardised([row for row, _ in rows]), [target for _, target in rows]


def main(argv: Sequence[str] | None = None) -> None:
    """Train twice, side by side."""
    given = options(__doc__, argv, lr=0.5)
    X, y = flowers()
    losses = {"MSE": nn.mse_loss, "cross-entropy": nn.binary_cross_entropy}
    histories, entropies, accuracies, models = {}, {}, {}, {}
    for name, loss in losses.items():
        rng = random.Random(given.seed)
        model = models[name] = nn.Sequential(
            nn.Layer(2, 4, activation="sigmoid", rng=rng), nn.Layer(4, 1, activation="sigmoid", rng=rng)
        )
        histories[name] = nn.fit(
            model, (X, y), loss=loss, optimizer=nn.optim.SGD(model.parameters(), lr=given.lr), epochs=EPOCHS,
            batch_size=None, metrics=["accuracy"], shuffle=False, verbose=0, compile="array",
        )  # fmt: skip
        found = nn.evaluate(model, (X, y), loss=nn.binary_cross_entropy, metrics=["accuracy"])
        entropies[name], accuracies[name] = found["loss"], found["accuracy"]

    print("epoch     trained on MSE        trained on cross-entropy")
    for epoch in [0, 1, 9, *range(99, EPOCHS, 100)]:
        cells = [f"{h['loss'][epoch]:8.4f} ({h['accuracy'][epoch]:5.0%})" for h in histories.values()]
        print(f"{epoch + 1:5}   {cells[0]}       {cells[1]}")
    for name in losses:
        print(f"trained on {name}: accuracy {accuracies[name]:.0%}, cross-entropy {entropies[name]:.4f} nats")
    if given.plot:
        from visualize import plots

        with picture(given.plot, 2) as (left, right):
            plots.curves({f"accuracy on {name}": h["accuracy"] for name, h in histories.items()}, ax=left)
            model = models["cross-entropy"]
            plots.decision_boundary(lambda x: model(x) - 0.5, X, [2 * t - 1 for t in y], ax=right)
    accuracy, share = accuracies["cross-entropy"], entropies["cross-entropy"] / entropies["MSE"]
    assert accuracy >= MIN_ACCURACY, f"the accuracy is {accuracy:.0%}, not at least {MIN_ACCURACY:.0%}"
    assert share < MAX_SHARE, f"cross-entropy is no better trained on itself: {share:.2f} of the other"


if __name__ == "__main__":
    main()
