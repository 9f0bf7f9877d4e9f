"""How activations and gradients are spread within each layer of a network, and how gradients flow from layer to layer.

What does not live here: which numbers belong to which layer (``layers.py``).
"""

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from autograd import Value
from visualize.plots.axes import BLUE, DASHES, ORANGE, new_axes
from visualize.plots.layers import activations, gradients

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def activation_histograms(
    source: Value | Mapping[str, Iterable[Any]], *, ax: "Axes | None" = None, bins: int = 40
) -> "Axes":
    """How the numbers that each layer hands on are spread: one row a layer, with mean, deviation and share of zeros.

    Args:
        source: a result of the network, or numbers by layer; see ``layers.activations``.
        ax: where to draw; a new figure by default.
        bins: of a row.

    Raises:
        LengthError: there is no layer, or one without a number.
    """
    layers = activations(source)
    finite = {name: [x for x in xs if math.isfinite(x)] for name, xs in layers.items()}
    edges = _edges([x for xs in finite.values() for x in xs], bins)
    ax = new_axes(ax)
    for row, (name, xs) in enumerate(finite.items()):
        _ridge(ax, row, xs, edges)
        zeros = sum(not x for x in xs) / len(layers[name])
        spread = f"mean {_mean(xs):.2g}, std {statistics.pstdev(xs):.2g}\n{zeros:.0%} zero" if xs else ""
        _note(ax, row, spread, len(layers[name]) - len(xs))
    ax.set_xlabel("activation")
    return _rows(ax, layers)


def gradient_histograms(source: Any, *, ax: "Axes | None" = None, bins: int = 40) -> "Axes":
    """How the sizes of each layer's gradients are spread, on a logarithmic axis: one row a layer.

    Rows that drift to the left from the last layer to the first are vanishing gradients, to the right exploding ones.

    Args:
        source: a module, a root after ``backward()``, or numbers by layer; see ``layers.gradients``.
        ax: where to draw; a new figure by default.
        bins: of a row.

    Raises:
        LengthError: there is no layer, or one without a number.
    """
    layers = gradients(source)
    sizes = {name: [abs(x) for x in xs if x and math.isfinite(x)] for name, xs in layers.items()}
    exponents = {name: [math.log10(x) for x in xs] for name, xs in sizes.items()}
    edges = _edges([x for xs in exponents.values() for x in xs], bins)
    ax = new_axes(ax)
    for row, (name, xs) in enumerate(exponents.items()):
        _ridge(ax, row, xs, edges, power=10.0)
        zeros = sum(not x for x in layers[name]) / len(layers[name])
        median = f"median {10 ** statistics.median(xs):.1e}\n" if xs else ""
        _note(ax, row, f"{median}{zeros:.0%} zero", sum(not math.isfinite(x) for x in layers[name]))
    ax.set_xscale("log")
    ax.set_xlabel("size of gradient")
    return _rows(ax, layers)


def gradient_flow(source: Any, *, ax: "Axes | None" = None) -> "Axes":
    """The mean and the largest size of the gradients of each layer, from the first layer to the last.

    A line that falls towards the first layer shows vanishing gradients, one that rises exploding ones.

    Args:
        source: a module, a root after ``backward()``, or numbers by layer; see ``layers.gradients``.
        ax: where to draw; a new figure by default.

    Raises:
        LengthError: there is no layer, or one without a number.
    """
    layers = gradients(source)
    ax = new_axes(ax)
    places = range(len(layers))
    sizes = [[abs(x) for x in xs] for xs in layers.values()]
    drawn = (("largest", [max(xs) for xs in sizes], ORANGE, "^"), ("mean", [_mean(xs) for xs in sizes], BLUE, "o"))
    for (name, heights, colour, marker), dash in zip(drawn, DASHES[1::-1], strict=True):
        on_axis = [y if y and math.isfinite(y) else math.nan for y in heights]
        ax.plot(places, on_axis, color=colour, linestyle=dash, marker=marker, label=name)
    for place, xs in zip(places, sizes, strict=True):
        odd = "0" if not any(xs) else "" if all(map(math.isfinite, xs)) else "not finite"
        ax.text(place, 0.02, odd, color=ORANGE, ha="center", weight="bold", transform=ax.get_xaxis_transform())
    if any(x and math.isfinite(x) for xs in sizes for x in xs):
        ax.set_yscale("log")
    ax.set_xticks(list(places), list(layers), rotation=30 if len(layers) > 5 else 0)
    ax.set_ylabel("size of gradient")
    ax.legend(frameon=False)
    return ax


def _edges(numbers: Sequence[float], bins: int) -> list[float]:
    """The ends of ``bins`` equal bins over the range of ``numbers``."""
    low, high = (min(numbers), max(numbers)) if numbers else (0.0, 0.0)
    if high - low <= 1e-9 * max(abs(low), abs(high)):
        low, high = low - 0.5, high + 0.5
    return [low + (high - low) * k / bins for k in range(bins + 1)]


def _ridge(ax: "Axes", row: int, numbers: Sequence[float], edges: Sequence[float], power: float = 0.0) -> None:
    """One histogram standing on the line y = -row; with ``power`` the numbers are exponents of it."""
    counts = [0] * (len(edges) - 1)
    for x in numbers:
        counts[min(len(counts) - 1, int((x - edges[0]) / (edges[-1] - edges[0]) * len(counts)))] += 1
    tallest = max(counts) or 1
    ends = [power**x for x in edges] if power else list(edges)
    ax.stairs([0.8 * count / tallest - row for count in counts], ends, baseline=-row, fill=True, color=BLUE, alpha=0.75)
    ax.axhline(-row, color="#999999", linewidth=0.8)


def _note(ax: "Axes", row: int, text: str, not_finite: int) -> None:
    """Words to the right of a row."""
    if not_finite:
        text = f"{text}, {not_finite} not finite".removeprefix(", ")
    ax.text(1.01, 0.3 - row, text, va="center", size="small", transform=ax.get_yaxis_transform())


def _rows(ax: "Axes", layers: Mapping[str, Sequence[float]]) -> "Axes":
    ax.set_yticks([-row for row in range(len(layers))], list(layers))
    ax.set_ylim(0.1 - len(layers), 1.0)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    return ax


def _mean(numbers: Sequence[float]) -> float:
    return sum(numbers) / len(numbers)
