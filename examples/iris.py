"""Fisher's irises: three species from four measurements, on flowers that the network has never seen.

You learn: several classes with softmax and cross-entropy, holding data out, early stopping that brings the best
weights back, and where the mistakes are: a confusion matrix.
"""

import random
from collections.abc import Sequence

import nn
from examples.lesson import extra, finished, options, picture, run, split, standardised

MIN_ACCURACY = 0.9  # success: on the fifth of the flowers that is held out

EPOCHS = 60  # at most
SPECIES = ["setosa", "versicolor", "virginica"]


def main(argv: Sequence[str] | None = None) -> None:
    """Train until the held-out loss no longer falls."""
    given = options(__doc__, argv, lr=0.02)
    rng = random.Random(given.seed)
    iris = extra("sklearn.datasets", "data").load_iris()
    train, held_out = split((standardised(iris.data.tolist()), iris.target.tolist()), 0.2, rng)
    model = nn.MLP(4, [8, 3], activation="tanh", init="glorot_uniform", rng=rng)
    history = finished(nn.fit(
        model, train, loss=nn.cross_entropy, optimizer=nn.optim.Adam(model.parameters(), lr=given.lr), epochs=EPOCHS,
        batch_size=16, validation_data=held_out, metrics=["accuracy"], rng=rng, verbose=0,
        callbacks=[nn.EarlyStopping(patience=8)],
    ))  # fmt: skip
    print(history)

    guesses = [max(range(3), key=scores.__getitem__) for scores in nn.predict(model, held_out[0])]
    print(f"\n{'':12}" + "".join(f"{name:>12}" for name in SPECIES) + "   (read as)")
    for k, name in enumerate(SPECIES):
        row = [sum(t == k and g == j for t, g in zip(held_out[1], guesses, strict=True)) for j in range(3)]
        print(f"{name:>12}" + "".join(f"{n:12}" for n in row))
    if given.plot:
        from visualize import plots

        with picture(given.plot, 2) as (left, right):
            for name, unit, axes in (("loss", "cross-entropy, nats", left), ("accuracy", "share that is right", right)):
                plots.curves({"trained on": history[name], "held out": history[f"val_{name}"]}, ax=axes)
                axes.axvline(history["val_loss"].index(min(history["val_loss"])) + 1, color="grey", linestyle=":")
                axes.set(title=f"{name} (dotted line: weights kept)", xlabel="epoch", ylabel=unit)
    accuracy = nn.evaluate(model, held_out, metrics=["accuracy"])["accuracy"]
    assert accuracy >= MIN_ACCURACY, f"the held-out accuracy is {accuracy:.0%}, not at least {MIN_ACCURACY:.0%}"


if __name__ == "__main__":
    run(main)
