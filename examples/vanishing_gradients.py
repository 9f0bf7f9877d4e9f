"""Why deep sigmoid networks did not learn, and three cures: ReLU, good initialisation, batch normalisation.

You learn: that each sigmoid multiplies the gradient by at most 1/4, so that after eight layers next to nothing reaches
the first; how to see it (``nn.diagnose``, layer by layer) before wasting a night of training; and what each cure does
to the same picture.  Each changes one thing about the same network, and nothing else: ReLU alone takes away the 1/4,
while the weights as drawn go on to shrink the gradient, and Adam, which divides by its size, copes with what is left.
"""

import math
import random
from collections.abc import Sequence
from typing import Any

import nn
from examples.lesson import finished, options, picture, run

MAX_VANISHED = 1e-5  # success: the first layer's gradient in the plain network, as a share of the last one's ...
MIN_GAIN, MIN_KEPT = (
    100.0,
    0.05,
)  # ... of which ReLU keeps so many times more, and the other two at least this share ...
MIN_ACCURACY, MAX_ACCURACY = 0.9, 0.75  # ... and each cured network learns the task, the plain one does not

DEPTH, WIDTH, EPOCHS = 8, 12, 40
CURES: dict[str, dict[str, Any]] = {
    "plain": {},
    "ReLU": {"activation": "relu"},
    "initialisation": {"good_start": True},
    "batch norm": {"norm": True},
}


def ring(rng: random.Random) -> tuple[list[list[float]], list[int]]:
    """60 points in the plane, half of them (class 1) on a ring around the others."""
    X, y = [], []
    for i in range(60):
        angle, radius = rng.uniform(0, 2 * math.pi), rng.gauss(1.6 if i % 2 else 0.5, 0.12)
        X.append([radius * math.cos(angle), radius * math.sin(angle)])
        y.append(i % 2)
    return X, y


def network(
    rng: random.Random, activation: str = "sigmoid", good_start: bool = False, norm: bool = False
) -> nn.Sequential:
    """Eight hidden layers and one output; the plain one is of sigmoids, its weights as ``nn.Linear`` draws them."""
    layers: list[Any] = []
    for depth in range(DEPTH):
        layers.append(nn.Linear(WIDTH if depth else 2, WIDTH, rng=rng))
        layers += [nn.BatchNorm(WIDTH)] if norm else []
        layers.append(activation)
    model = nn.Sequential(*layers, nn.Linear(WIDTH, 1, rng=rng))
    if good_start:
        start_sigmoids(linear_layers(model), rng)
    return model


def start_sigmoids(layers: Sequence[nn.Linear], rng: random.Random) -> None:
    """LeCun's initialisation, translated from tanh, for which it was derived, to the sigmoid.

    Weights of variance 1 / fan_in keep the size of signals where an activation is 0 at 0 and has the slope 1 there, as
    tanh has; the sigmoid has 1/2 and 1/4.  But σ(z) = 1/2 + 1/2 tanh(z/2): a network of tanhs with weights W and biases
    0 is, number for number, one of sigmoids with weights 4W, and biases -2 ΣW (summed over a neuron's inputs) that take
    the 1/2 away again.  At either end, where no sigmoid stands before or none after, it is 2W.

    Source: LeCun et al., Efficient BackProp, 1998, sections 4.4 and 4.6, for W; Glorot & Bengio, Understanding the
    difficulty of training deep feedforward neural networks, 2010, section 3.1, for what the 1/2 does to deep networks.
    """
    for depth, layer in enumerate(layers):
        layer.reset_parameters("lecun_normal", rng)
        gain = 4.0 if 0 < depth < len(layers) - 1 else 2.0
        for neuron, bias in zip(layer.weight, layer.bias or (), strict=True):
            for weight in neuron:
                weight.data *= gain
            bias.data = -sum(weight.data for weight in neuron) / 2.0 if depth else 0.0


def linear_layers(model: nn.Sequential) -> list[nn.Linear]:
    """Those with weights: neither activations nor batch normalisations."""
    return [layer for layer in model if isinstance(layer, nn.Linear)]


def gradients(model: nn.Sequential, diagnosis: Any) -> list[float]:
    """The root mean square of each linear layer's gradients, from the first layer to the last."""
    by_name = {layer.name: layer.gradient for layer in diagnosis.layers}
    return [by_name[name] for name, module in model.named_modules() if isinstance(module, nn.Linear)]


def main(argv: Sequence[str] | None = None) -> None:
    """Diagnose the four networks, then train them."""
    given = options(__doc__, argv, lr=0.015)
    X, y = ring(random.Random(given.seed))
    loss = nn.binary_cross_entropy_with_logits
    flows, losses, accuracies = {}, {}, {}
    for name, change in CURES.items():
        model = network(random.Random(given.seed), **change)
        diagnosis = nn.diagnose(model, (X, y), loss=loss)
        flows[name] = gradients(model, diagnosis)
        if name == "plain":
            print(diagnosis, end="\n\n")
        troubles = sorted({trouble for trouble, _ in diagnosis.findings})
        optimizer = nn.optim.Adam(model.parameters(), lr=given.lr)
        history = finished(nn.fit(
            model, (X, y), loss=loss, optimizer=optimizer, epochs=EPOCHS, batch_size=10, verbose=0,
            rng=random.Random(given.seed), callbacks=[nn.schedule.CosineAnnealingLR(optimizer, T_max=EPOCHS)],
            compile=False if "norm" in change else "python",  # a batch normalisation needs the batch: no program of it
        ))  # fmt: skip
        losses[name] = history["loss"]
        found = nn.evaluate(model, (X, y), loss=loss, metrics=["accuracy"])
        accuracies[name] = found["accuracy"]
        print(
            f"{name:15} diagnosis: {', '.join(troubles) or 'nothing ails it':16} loss {losses[name][0]:.3f} at first, "
            f"{found['loss']:.3f} after {EPOCHS} epochs, accuracy {found['accuracy']:.0%}"
        )

    print("\ngradients before training   " + "".join(f"{name:>16}" for name in CURES))
    for layer, row in enumerate(zip(*flows.values(), strict=True), 1):
        print(f"layer {layer}" + " " * 21 + "".join(f"{size:16.1e}" for size in row))
    kept = {name: flow[0] / flow[-1] for name, flow in flows.items()}
    print("first layer / last layer    " + "".join(f"{share:16.1e}" for share in kept.values()))
    if given.plot:
        from visualize import plots

        with picture(given.plot, 2) as (left, right):
            plots.curves(flows, ax=left).set_yscale("log")
            left.set(title="before training", xlabel="layer", ylabel="gradient, root mean square")
            plots.curves(losses, ax=right)
            right.set(title="training", xlabel="epoch", ylabel="cross-entropy, nats")
            right.legend(frameon=False, loc="upper right", bbox_to_anchor=(1.0, 0.86))
    assert kept["plain"] <= MAX_VANISHED, f"the plain network's gradient did not vanish: {kept['plain']:.1e}"
    assert kept["ReLU"] >= MIN_GAIN * kept["plain"], f"ReLU keeps {kept['ReLU']:.1e}, the plain one {kept['plain']:.1e}"
    for name in ("initialisation", "batch norm"):
        assert kept[name] >= MIN_KEPT, f"{name}: {kept[name]:.1e} of the gradient reaches the first layer"
    assert accuracies["plain"] <= MAX_ACCURACY, f"the plain network learned after all: {accuracies['plain']:.0%}"
    for name in list(CURES)[1:]:
        assert accuracies[name] >= MIN_ACCURACY, f"{name}: the accuracy is {accuracies[name]:.0%}"


if __name__ == "__main__":
    run(main)
