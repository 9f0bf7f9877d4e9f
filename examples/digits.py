"""A network of 55,050 single numbers learns to read: 784-64-64-10 on real handwritten digits.

You learn: the whole of a first course's classifier with the names of PyTorch and Keras (ReLU, softmax with sparse
cross-entropy, Adam, mini-batches, validation data), and what compiling the graph of one sample does for its speed.
By default it trains on a part of the data; ``--full`` takes all of it, ``--eager`` leaves the compiler out, and
``--samples`` and ``--epochs`` make either run longer or shorter.
"""

import random
import time
from collections.abc import Sequence
from typing import Any

import nn
from examples.lesson import extra, finished, options, picture, run, split

MIN_ACCURACY = 0.85  # success: on held-out digits, after the smaller run ...
MIN_ACCURACY_FULL = 0.96  # ... and after the whole of it

SAMPLES, SAMPLES_FULL = 500, 1797  # of which a fifth is held out
EPOCHS, EPOCHS_FULL = 5, 10
SHOWN = 16  # held-out digits that are read aloud


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


def plan(full: bool) -> tuple[int, int, float]:
    """How many digits, how many epochs, and the validation accuracy to be reached."""
    return (SAMPLES_FULL, EPOCHS_FULL, MIN_ACCURACY_FULL) if full else (SAMPLES, EPOCHS, MIN_ACCURACY)


def show(axes: Any, rows: list[list[float]], guesses: list[int], truths: list[int]) -> None:
    """Digits as pictures, four in a row, and below each what it was read as."""
    for k, (row, guess, truth) in enumerate(zip(rows, guesses, truths[: len(guesses)], strict=False)):
        x, y = 36 * (k % 4), 44 * (k // 4)
        image = [row[28 * r : 28 * r + 28] for r in range(28)]
        axes.imshow(image, cmap="gray_r", vmin=-1.0, vmax=1.0, extent=(x, x + 28, y + 28, y))
        text = f"{guess}" if guess == truth else f"{guess} ≠ {truth}"
        axes.text(x + 14, y + 30, text, ha="center", va="top", weight="normal" if guess == truth else "bold")
    axes.set(title="held out, and what was read (≠ what it is)", xlim=(-4, 140), ylim=(44 * 4 - 4, -2))
    axes.axis("off")


def report(run: nn.callbacks.Run) -> None:
    """A line after each epoch."""
    print(f"epoch {run.epoch:2}  " + "  ".join(f"{name} {number:.4f}" for name, number in run.history.last.items()))


def main(argv: Sequence[str] | None = None) -> None:
    """Train, and look at what it makes of digits that it has never seen."""
    given = options(
        __doc__, argv, lr=0.001,
        full=f"train on all {SAMPLES_FULL:,} digits for {EPOCHS_FULL} epochs",
        eager="build a fresh graph for every sample",
        samples=(None, f"how many digits (default {SAMPLES}, with --full all)"),
        epochs=(None, f"how often each is seen (default {EPOCHS}, with --full {EPOCHS_FULL})"),
    )  # fmt: skip
    samples, epochs, goal = plan(given.full)
    samples, epochs = given.samples or samples, given.epochs or epochs
    rng = random.Random(given.seed)
    X, y = handwritten()
    chosen = rng.sample(range(len(X)), min(samples, len(X)))
    train, held_out = split(([X[i] for i in chosen], [y[i] for i in chosen]), 0.2, rng)
    model = nn.MLP(784, [64, 64, 10], init="he_normal", rng=rng)
    print(nn.summary(model))
    print(f"{len(train[0])} digits to learn from, {len(held_out[0])} held out")

    started = time.perf_counter()
    history = finished(nn.fit(
        model, train, loss=nn.cross_entropy, optimizer=nn.optim.Adam(model.parameters(), lr=given.lr),
        epochs=epochs, batch_size=32, validation_data=held_out, metrics=["accuracy"], rng=rng,
        compile=False if given.eager else "array", verbose=0, callbacks=[report],
    ))  # fmt: skip
    accuracy = history["val_accuracy"][-1]
    print(f"validation accuracy {accuracy:.2%} after {time.perf_counter() - started:.1f} s")

    guesses = [max(range(10), key=scores.__getitem__) for scores in nn.predict(model, held_out[0][:SHOWN])]
    print("the first held-out digits are", *held_out[1][:SHOWN], "\n             the network reads", *guesses)
    if given.plot:
        from visualize import plots

        with picture(given.plot, 2) as (left, right):
            plots.curves({"trained on": history["accuracy"], "held out": history["val_accuracy"]}, ax=left)
            left.set(title="training", xlabel="epoch", ylabel="share that is right")
            left.set_xticks(range(1, epochs + 1))
            show(right, held_out[0], guesses, held_out[1])
    assert accuracy >= goal, f"the validation accuracy is {accuracy:.2%}, not at least {goal:.0%}"


if __name__ == "__main__":
    run(main)
