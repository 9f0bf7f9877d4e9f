"""A curve through noisy points: sixteen tanh neurons learn sin(x) from forty measurements.

You learn: regression with mean squared error, what r² says, and that a network knows nothing outside of its data.
"""

import math
import random
from collections.abc import Sequence

import nn
from examples.lesson import finished, options, picture, run

MIN_R2 = 0.97  # success: against the noiseless curve, where there were data

NOISE, EPOCHS = 0.1, 200


def main(argv: Sequence[str] | None = None) -> None:
    """Fit the points, and hold the result against the curve behind them."""
    given = options(__doc__, argv, lr=0.03)
    rng = random.Random(given.seed)
    X = [[-3.0 + 6.0 * i / 39] for i in range(40)]
    y = [math.sin(x) + rng.gauss(0.0, NOISE) for (x,) in X]
    model = nn.MLP(1, [16, 1], activation="tanh", rng=rng)
    optimizer = nn.optim.Adam(model.parameters(), lr=given.lr)
    history = finished(nn.fit(
        model, (X, y), loss=nn.mse_loss, optimizer=optimizer, epochs=EPOCHS, batch_size=10, rng=rng, metrics=["r2"],
        verbose=0, callbacks=[nn.schedule.CosineAnnealingLR(optimizer, T_max=EPOCHS)],
    ))  # fmt: skip
    print(f"mean squared error {history['loss'][-1]:.4f}; the noise alone has {NOISE**2:.4f}")
    inside = [[-3.0 + 6.0 * i / 100] for i in range(101)]
    r2 = nn.evaluate(model, (inside, [math.sin(x) for (x,) in inside]), metrics=["r2"])["r2"]
    print(f"r² against sin(x) within the data: {r2:.4f}")
    print(
        "outside:  "
        + "   ".join(f"x = {x:g}: {model([x]).data:+.2f} (sin: {math.sin(x):+.2f})" for x in (-5.0, 4.5, 6.0))
    )
    if given.plot:
        from visualize import plots

        with picture(given.plot, 2) as (left, right):
            plots.curves(history["loss"], ax=left).set_yscale("log")
            left.axhline(NOISE**2, color="grey", linestyle=":")
            left.text(1, NOISE**2 * 1.03, "the noise alone", va="bottom", color="dimgrey")
            left.set(title="training", xlabel="epoch", ylabel="mean squared error")
            left.tick_params(axis="y", which="minor", labelleft=False)
            right.plot([x for (x,) in X], y, "o", markersize=4, label="measured")
            wide = [[-5.0 + 10.0 * i / 200] for i in range(201)]
            right.plot([x for (x,) in wide], [math.sin(x) for (x,) in wide], "--", label="sin(x)")
            right.plot([x for (x,) in wide], nn.predict(model, wide), label="the network")
            right.set(title=f"r² {r2:.3f} within the data", xlabel="x", ylabel="y", ylim=(-1.4, 2.2))
            right.legend(loc="upper left", frameon=False)
    assert r2 >= MIN_R2, f"r² is {r2:.3f}, not at least {MIN_R2}"


if __name__ == "__main__":
    run(main)
