"""A network with more parameters than data learns the noise by heart; L1, L2 and dropout hold it back.

You learn: what overfitting looks like (the training loss falls on, the loss on new data rises), and three ways against
it: a penalty on the size of weights, one that drives them to zero, and neurons left out at random.
"""

import random
from collections.abc import Callable, Sequence
from typing import Any

import nn
from examples.lesson import finished, options, picture, run

MIN_GAP = 3.0  # success: without any help, new data have at least so many times the loss of the training data ...
MAX_SHARE = 0.9  # ... and each of L1, L2 and dropout leaves at most this share of that loss on new data

POINTS, FEATURES, EPOCHS = 24, 8, 100


def measured(rng: random.Random, n: int) -> tuple[list[list[float]], list[float]]:
    """Eight measurements of one hidden number, each with noise of its own, and that number, with noise as well."""
    hidden = [rng.gauss(0.0, 1.0) for _ in range(n)]
    X = [[s + rng.gauss(0.0, 1.0) for _ in range(FEATURES)] for s in hidden]
    return X, [s + rng.gauss(0.0, 1.0) for s in hidden]


def main(argv: Sequence[str] | None = None) -> None:
    """Train the same network four times, with and without help."""
    given = options(__doc__, argv, lr=0.01)
    rng = random.Random(given.seed)
    train, new = measured(rng, POINTS), measured(rng, 100)

    def network(dropout: float) -> nn.Sequential:
        draw = random.Random(given.seed)
        return nn.Sequential(
            nn.Dropout(0.6 * dropout, rng=draw), nn.Linear(FEATURES, 16, rng=draw), "tanh",
            nn.Dropout(dropout, rng=draw), nn.Linear(16, 1, rng=draw),
        )  # fmt: skip

    def penalised(model: nn.Module, penalty: Callable[[Any, float], Any], strength: float) -> Callable[[Any, Any], Any]:
        return lambda predictions, targets: nn.mse_loss(predictions, targets) + penalty(model, strength)

    models = {"nothing": network(0.0), "L1": network(0.0), "L2": network(0.0), "dropout": network(0.5)}
    losses: dict[str, Callable[[Any, Any], Any]] = dict.fromkeys(models, nn.mse_loss)
    losses["L1"] = penalised(models["L1"], nn.l1_penalty, 0.05)
    losses["L2"] = penalised(models["L2"], nn.l2_penalty, 0.1)
    found, curves = {}, {}
    for name, model in models.items():
        history = finished(nn.fit(
            model, train, loss=losses[name], optimizer=nn.optim.Adam(model.parameters(), lr=given.lr), epochs=EPOCHS,
            batch_size=12, rng=random.Random(given.seed), verbose=0, metrics=["mse"],
            validation_data=new if given.plot else None,
        ))  # fmt: skip
        curves[name] = history.get("val_mse", [])
        found[name] = (nn.evaluate(model, train, loss="mse")["loss"], nn.evaluate(model, new, loss="mse")["loss"])
        small = sum(abs(p.data) < 0.01 for p in model.parameters()) / len(model.parameters())
        print(
            f"{name:8}  loss on its {POINTS} points {found[name][0]:.3f}, on 100 new ones {found[name][1]:.3f}; "
            f"{small:4.0%} of the parameters are below 0.01"
        )
    if given.plot:
        from visualize import plots

        with picture(given.plot) as axes:
            plots.curves(curves, ax=axes)
            axes.set(title="one network, four trainings", ylabel="mean squared error on new data", xlabel="epoch")
    known, unknown = found["nothing"]
    assert unknown >= MIN_GAP * known, f"the network did not overfit: {unknown:.3f} on new data, {known:.3f} on its own"
    for name in ("L1", "L2", "dropout"):
        share = found[name][1] / unknown
        assert share <= MAX_SHARE, f"{name} leaves {share:.0%} of the loss on new data, not at most {MAX_SHARE:.0%}"


if __name__ == "__main__":
    run(main)
