"""``chainrule demo moons``: a scalar network learns two moons, and everything about it is written down to be looked at.

The training loop is the one a learner writes: forward, loss, ``backward()``, a step downhill.  The demo is
micrograd's (same data, network, loss and learning rate), so the two can be laid side by side.
What does not live here: the pictures (``plots``, ``svg.py``), the steps (``walk.py``), the command (``cli.py``).
"""

import io
import os
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import tqdm

import autograd
from autograd import Value, no_grad, topological_order
from autograd.extra import extra
from autograd.files import write
from visualize import plots
from visualize.svg import to_svg
from visualize.walk import walk

Point = list[float]
Loss = tuple[Value, float]

ROWS: Final = 15
COLUMNS: Final = 60


def moons(folder: Path, steps: int = 100, seed: int = 1337) -> None:
    """Train, report, and write the pictures to ``folder``.

    Raises:
        MissingExtraError: scikit-learn or matplotlib is not there.
        OSError: ``folder`` is a file, or cannot be made.
    """
    from nn import MLP

    points, labels = two_moons(seed)
    extra("matplotlib", "plot")  # better missed now than after the training
    refuse_no_folder(folder)
    model = MLP(2, [16, 16, 1], rng=random.Random(seed))
    print("Two moons, learned by a network of scalars")
    print(f"  data      {len(points)} points of scikit-learn's make_moons, seed {seed}")
    print(f"  network   MLP(2, [16, 16, 1]), ReLU, {len(model.parameters())} parameters")
    print("  loss      max-margin, plus L2 on the parameters")
    print(f"  steps     {steps}, learning rate from 1.0 down to 0.1\n", flush=True)
    history = train(model, points, labels, steps)
    loss, accuracy = max_margin(model, points, labels)
    print(f"\nAfter {steps} steps: accuracy {accuracy:.0%}, loss {loss.data:.4f}\n")
    print(map_of(model, points, labels))

    neuron = one_neuron()
    steps_of_neuron = walk(neuron)
    print("\n\nOne neuron, o = tanh(x1*w1 + x2*w2 + b), and its backward pass step by step\n")
    print("\n".join(f"  {line}" for line in str(steps_of_neuron).splitlines()))

    sample = model([Value(x, label=f"x[{i}]") for i, x in enumerate(points[0])])
    sample.label = "score"
    model.zero_grad()  # or the last step of training would be in the gradients that are drawn
    sample.backward()
    written: list[tuple[str, str, str]] = [
        ("loss.svg", _curve_svg(history), "the loss and the accuracy, step by step"),
        ("boundary.svg", _boundary_svg(model, points, labels), "what the network says of every place in the plane"),
        ("layers.svg", _drawn(sample, depth=0), "the graph of one sample: three layers,"),
        ("neurons.svg", _drawn(sample, depth=1), "its 33 neurons,"),
        ("nodes.svg", _drawn(sample, depth=2), f"and all of its {len(topological_order(sample))} nodes"),
        ("neuron.svg", _drawn(neuron), "the graph of the neuron above, with its gradients"),
        ("neuron.html", steps_of_neuron.to_html(), "step through it in a browser: ← → Home End space"),
    ]
    folder.mkdir(parents=True, exist_ok=True)
    for name, svg, _ in written:
        write(folder / name, svg)
    print("\nWritten:")
    for name, _, what in written:
        print(f"  {folder / name!s:<28}  {what}")


def refuse_no_folder(folder: Path) -> None:
    """Raise where ``folder`` neither is one nor can be made; nothing is made yet.

    Raises:
        OSError: a file stands there or on the way there, or it may not be written to.
    """
    there = folder.absolute()
    while not there.exists():
        there = there.parent
    if not there.is_dir():
        raise NotADirectoryError(f"the pictures need a folder; {str(there)!r} is a file")
    if not os.access(there, os.W_OK):
        raise PermissionError(f"the pictures need a folder to write to; {str(there)!r} cannot be written to")


def two_moons(seed: int) -> tuple[list[Point], list[float]]:
    """100 points of two interleaved half circles, and for each -1.0 or 1.0, which of the two it is on."""
    points, sides = extra("sklearn.datasets", "data").make_moons(n_samples=100, noise=0.1, random_state=seed)
    return points.tolist(), [2.0 * side - 1.0 for side in sides.tolist()]


def max_margin(model: Any, points: Sequence[Point], labels: Sequence[float], alpha: float = 1e-4) -> Loss:
    """The loss, mean of max(0, 1 - label · score) plus alpha · Σ p², and the share of points on the right side."""
    scores = [model(point) for point in points]
    hinge = autograd.mean([(1 - label * score).relu() for label, score in zip(labels, scores, strict=True)])
    penalty = alpha * autograd.sum([p * p for p in model.parameters()])
    right = [(score > 0) == (label > 0) for label, score in zip(labels, scores, strict=True)]
    return hinge + penalty, sum(right) / len(right)


def train(model: Any, points: Sequence[Point], labels: Sequence[float], steps: int) -> dict[str, list[float]]:
    """Gradient descent on all points at once; the loss and the accuracy of every step."""
    history: dict[str, list[float]] = {"loss": [], "accuracy": []}
    with tqdm.tqdm(total=steps, desc="  training", unit="step", bar_format=_BAR) as bar:
        for k in range(steps):
            loss, accuracy = max_margin(model, points, labels)
            model.zero_grad()
            loss.backward()
            rate = 1.0 - 0.9 * k / steps
            for p in model.parameters():
                p.data -= rate * p.grad
            history["loss"].append(loss.data)
            history["accuracy"].append(accuracy)
            bar.set_postfix_str(f"loss {loss.data:.4f}, accuracy {accuracy:.0%}", refresh=False)
            bar.update()
    return history


_BAR: Final = "{desc} {bar:30} {n_fmt}/{total_fmt}{postfix}  {elapsed}"


def map_of(model: Callable[[Point], Any], points: Sequence[Point], labels: Sequence[float]) -> str:
    """The plane in characters: shaded where the score is positive, and the data, ● for 1 and ○ for -1."""
    (left, right), (low, high) = ((min(c) - 0.1, max(c) + 0.1) for c in zip(*points, strict=True))
    with no_grad():
        rows = [
            [
                "░" if model([left + (right - left) * (j + 0.5) / COLUMNS, high - (high - low) * (i + 0.5) / ROWS]) > 0
                else " " for j in range(COLUMNS)
            ]
            for i in range(ROWS)
        ]  # fmt: skip
    for (x, y), label in zip(points, labels, strict=True):
        row, column = int((high - y) / (high - low) * ROWS), int((x - left) / (right - left) * COLUMNS)
        rows[row][column] = "●" if label > 0 else "○"
    return "\n".join("  " + "".join(row).rstrip() for row in rows)


def one_neuron() -> Value:
    """A neuron written out, product by product, with numbers that come out round."""
    x1, x2 = Value(2.0, label="x1"), Value(0.0, label="x2")
    w1, w2, b = Value(-3.0, label="w1"), Value(1.0, label="w2"), Value(6.8813735870195432, label="b")
    p1, p2 = x1 * w1, x2 * w2
    p1.label, p2.label = "x1w1", "x2w2"
    total = p1 + p2
    total.label = "xw"
    n = total + b
    n.label = "n"
    o = n.tanh()
    o.label = "o"
    o.backward()
    return o


def _drawn(root: Value, depth: int | None = None) -> str:
    """The graph, laid out by ourselves: the same picture on every machine."""
    return to_svg(root, depth=depth, layout="builtin", limit=1000)


def _figure() -> Any:
    """A figure that no window and no pyplot knows of."""
    return extra("matplotlib.figure", "plot").Figure(figsize=(6.4, 4.0), layout="constrained")


def _svg(figure: Any) -> str:
    buffer = io.StringIO()
    with extra("matplotlib", "plot").rc_context({"svg.hashsalt": "chainrule"}):
        figure.savefig(buffer, format="svg", metadata={"Date": None})  # the same picture is the same file
    return buffer.getvalue()


def _curve_svg(history: dict[str, list[float]]) -> str:
    figure = _figure()
    plots.curves(history, ax=figure.subplots())
    return _svg(figure)


def _boundary_svg(model: Any, points: Sequence[Point], labels: Sequence[float]) -> str:
    figure = _figure()
    plots.decision_boundary(model, points, labels, ax=figure.subplots())
    return _svg(figure)
