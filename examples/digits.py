"""A network of 55,050 single numbers learns to read: 784-64-64-10 on real handwritten digits.

You learn: the whole of a first course's classifier with the names of PyTorch and Keras (ReLU, softmax with sparse
cross-entropy, Adam, mini-batches, validation data), and what compiling the graph of one sample does for its speed.
By default it trains on a part of the data; ``--full`` takes all of it, ``--eager`` leaves the compiler out.
"""

import random
import time
from collections.abc import Sequence
from typing import Any

import nn
from examples.lesson import extra, options, picture, split

MIN_ACCURACY = 0.85  # success: on held-out digits, after the smaller run ...
MIN_ACCURACY_FULL = 0.96  # ... and after the whole of it

SMALL = 500  # samples of the smaller run, of which a fifth is held out
EPOCHS, EPOCHS_FULL = 5, 10


def handwritten() -> tuple[list[list[float]], list[int]]:
    """scikit-learn's 1,797 digits of 8×8 pixels, scaled to 28×28, from -1 (paper) to 1 (ink), and their classes."""
    np = extra("numpy", "data")
    found = extra("sklearn.datasets", "data").load_digits()
    pictures = enlarged(np, found.images / 8.0 - 1.0, 28)
    return pictures.reshape(len(pictures), -1).tolist(), found.target.tolist()


def enlarged(np: Any, images: Any, side: int) -> Any:
    """Images (n, h, h) scaled to (n, side, side), bilinear between the centres of pixels."""
    before = images.shape[1]
    places = np.clip((np.arange(side) + 0.5) * before / side - 0.5, 0, before - 1)
    low = np.minimum(places.astype(int), before - 2)
    share = places - low
    matrix = np.zeros((side, before))
    matrix[np.arange(side), low] = 1 - share
    matrix[np.arange(side), low + 1] += share
    return matrix @ images @ matrix.T


def report(run: nn.callbacks.Run) -> None:
    """A line after each epoch."""
    print(f"epoch {run.epoch:2}  " + "  ".join(f"{name} {number:.4f}" for name, number in run.history.last.items()))


def main(argv: Sequence[str] | None = None) -> None:
    """Train, and look at what it makes of digits that it has never seen."""
    given = options(
        __doc__, argv, lr=0.001, full="train on all digits for 10 epochs", eager="build a fresh graph for every sample"
    )
    rng = random.Random(given.seed)
    X, y = handwritten()
    if not given.full:
        chosen = rng.sample(range(len(X)), SMALL)
        X, y = [X[i] for i in chosen], [y[i] for i in chosen]
    train, held_out = split((X, y), 0.2, rng)
    model = nn.MLP(784, [64, 64, 10], init="he_normal", rng=rng)
    print(nn.summary(model))
    print(f"{len(train[0])} digits to learn from, {len(held_out[0])} held out")

    started = time.perf_counter()
    history = nn.fit(
        model, train, loss=nn.cross_entropy, optimizer=nn.optim.Adam(model.parameters(), lr=given.lr),
        epochs=EPOCHS_FULL if given.full else EPOCHS, batch_size=32, validation_data=held_out, metrics=["accuracy"],
        rng=rng, compile=False if given.eager else "array", verbose=0,
        callbacks=[report],
    )  # fmt: skip
    accuracy = history["val_accuracy"][-1]
    print(f"validation accuracy {accuracy:.2%} after {time.perf_counter() - started:.1f} s")

    guesses = [max(range(10), key=scores.__getitem__) for scores in nn.predict(model, held_out[0][:16])]
    print("the first held-out digits are", *held_out[1][:16], "\n             the network reads", *guesses)
    if given.plot:
        from visualize import plots

        with picture(given.plot, 2) as (left, right):
            plots.curves({name: history[name] for name in ("accuracy", "val_accuracy")}, ax=left)
            tiles = [[row[28 * r : 28 * r + 28] for r in range(28)] for row in held_out[0][:16]]
            right.imshow(
                [[p for t in tiles[4 * i : 4 * i + 4] for p in t[r]] for i in range(4) for r in range(28)],
                cmap="gray_r",
            )
            right.set_title("read as " + " ".join(map(str, guesses)))
            right.axis("off")
    goal = MIN_ACCURACY_FULL if given.full else MIN_ACCURACY
    assert accuracy >= goal, f"the validation accuracy is {accuracy:.2%}, not at least {goal:.0%}"


if __name__ == "__main__":
    main()
