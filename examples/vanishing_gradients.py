"""Why deep sigmoid networks did not learn, and three cures: ReLU, good initialisation, batch normalisation.

You learn: that each sigmoid multiplies the gradient by at most 1/4, so that after eight layers next to nothing reaches
the first; how to see it (``nn.diagnose``, layer by layer) before wasting a night of training; and what the cures do to
the same picture.
"""

import math
import random
from collections.abc import Sequence
from typing import Any

import nn
from examples.lesson import options, picture

MAX_VANISHED = (
    1e-4  # success: the first layer's gradient in the plain sigmoid network, as a share of the last one's ...
)
MIN_KEPT = 0.02  # ... and in each of the cured ones ...
MIN_ACCURACY, MAX_ACCURACY = 0.9, 0.75  # ... of which the ReLUs learn the task, and the plain one does not

DEPTH, WIDTH = 8, 8


def ring(rng: random.Random) -> tuple[list[list[float]], list[int]]:
    """60 points in the plane, half of them (class 1) on a ring around the others."""
    X, y = [], []
    for i in range(60):
        angle, radius = rng.uniform(0, 2 * math.pi), rng.gauss(1.6 if i % 2 else 0.5, 0.12)
        X.append([radius * math.cos(angle), radius * math.sin(angle)])
        y.append(i % 2)
    return X, y


def network(activation: str, init: str, norm: bool, rng: random.Random) -> nn.Sequential:
    """Eight hidden layers of eight, and one output."""
    layers: list[Any] = []
    for depth in range(DEPTH):
        layers.append(nn.Linear(WIDTH if depth else 2, WIDTH, init=init, rng=rng))
        layers += [nn.BatchNorm(WIDTH)] if norm else []
        layers.append(activation)
    return nn.Sequential(*layers, nn.Linear(WIDTH, 1, init=init, rng=rng))


def main(argv: Sequence[str] | None = None) -> None:
    """Diagnose four networks, and train the first and the last."""
    given = options(__doc__, argv, lr=0.02)
    X, y = ring(random.Random(given.seed))
    kinds = {
        "sigmoid, as drawn by default": ("sigmoid", "fan_in_uniform", False),
        "tanh, Glorot's initialisation": ("tanh", "glorot_uniform", False),
        "sigmoid, batch normalisation": ("sigmoid", "glorot_uniform", True),
        "ReLU, He's initialisation": ("relu", "he_normal", False),
    }
    flows, kept, accuracies = {}, {}, {}
    for name, kind in kinds.items():
        rng = random.Random(given.seed)
        model = network(*kind, rng)
        diagnosis = nn.diagnose(model, (X, y), loss="binary_cross_entropy_with_logits")
        flows[name] = [layer.gradient for layer in diagnosis.layers if layer.parameters != 2 * WIDTH]  # no BatchNorm
        kept[name] = flows[name][0] / flows[name][-1]
        print(f"{name:32} first layer's gradient / last one's: {kept[name]:.1e}")
        if name in (next(iter(kinds)), list(kinds)[-1]):
            if not diagnosis.healthy:
                print("\n".join(f"    {line}" for line in str(diagnosis).splitlines()))
            nn.fit(
                model, (X, y), loss=nn.binary_cross_entropy_with_logits, epochs=40, batch_size=10, rng=rng, verbose=0,
                optimizer=nn.optim.Adam(model.parameters(), lr=given.lr),
            )  # fmt: skip
            loss = nn.binary_cross_entropy_with_logits
            accuracies[name] = nn.evaluate(model, (X, y), loss=loss, metrics=["accuracy"])["accuracy"]
            print(f"    after 40 epochs: accuracy {accuracies[name]:.0%}")
    if given.plot:
        from visualize import plots

        with picture(given.plot) as axes:
            plots.curves(flows, ax=axes).set_yscale("log")
            axes.set_xlabel("layer")
            axes.set_ylabel("root mean square of its gradients")
    (plain, *cured), (stuck, learned) = kept, accuracies.values()
    assert kept[plain] <= MAX_VANISHED, f"the plain network's gradient did not vanish: {kept[plain]:.1e}"
    for name in cured:
        assert kept[name] >= MIN_KEPT, f"{name}: {kept[name]:.1e} of the gradient reaches the first layer"
    assert stuck <= MAX_ACCURACY, f"the plain network learned after all: {stuck:.0%}"
    assert learned >= MIN_ACCURACY, f"the ReLUs reached {learned:.0%}, not {MIN_ACCURACY:.0%}"


if __name__ == "__main__":
    main()
