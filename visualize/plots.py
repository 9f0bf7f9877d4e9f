"""Pictures of training, by matplotlib: curves, decision boundary, histograms by layer, gradient flow, animation.

Each function returns the ``Axes`` it drew on and accepts one as ``ax``; save by ``ax.figure.savefig(path)``.  Colours
are Okabe and Ito's, which colour-blind eyes can tell apart, and no picture depends on colour alone: lines differ in
dash, points in shape.  What does not live here: graphs (``dot.py``), steps (``walk.py``).
"""

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from autograd import LengthError, no_grad
from visualize.extra import extra

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BLUE: Final = "#0072b2"
ORANGE: Final = "#d55e00"
COLOURS: Final = (BLUE, ORANGE, "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000")
"""Source: Okabe & Ito, Color Universal Design, 2008."""
DASHES: Final[tuple[Any, ...]] = ("-", (0, (5, 2)), (0, (1, 1.2)), (0, (6, 2, 1, 2)))


def curves(history: Mapping[str, Sequence[float]] | Sequence[float], *, ax: "Axes | None" = None) -> "Axes":
    """Numbers over the steps of training: the loss, the accuracy, any metric.

    Args:
        history: a sequence of n numbers, one a step, or several such sequences by name.
        ax: where to draw; a new figure by default.

    Raises:
        LengthError: there is nothing to draw.

    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> curves({"loss": [1.0, 0.5, 0.25]}).get_ylabel()
    'loss'
    """
    named = history if isinstance(history, Mapping) else {"loss": history}
    if not any(len(numbers) for numbers in named.values()):
        raise LengthError("curves need at least one number; got none. Append the loss after each step of training")
    ax = _axes(ax)
    styles = zip(itertools.cycle(COLOURS), itertools.cycle(DASHES), strict=False)
    for (name, numbers), (colour, dash) in zip(named.items(), styles, strict=False):
        ax.plot(range(1, len(numbers) + 1), [float(x) for x in numbers], color=colour, linestyle=dash, label=name)
    ax.set_xlabel("step")
    if len(named) == 1:
        ax.set_ylabel(next(iter(named)))
    else:
        ax.legend(frameon=False)
    return ax


def decision_boundary(
    model: Callable[[Sequence[float]], Any],
    points: Iterable[Sequence[float]],
    labels: Iterable[float],
    *,
    ax: "Axes | None" = None,
    resolution: int = 60,
) -> "Axes":
    """The sign of a model's score over the plane, the line where it is 0, and the data.

    Args:
        model: called with [x0, x1]; gives a score, positive for one class.
        points: list[n] of [x0, x1].
        labels: list[n]; positive numbers are the class of positive scores.
        ax: where to draw; a new figure by default.
        resolution: how many scores to compute along each side.

    Raises:
        LengthError: there is no point, or not one label for each.
    """
    data = [(float(a), float(b)) for a, b in points]
    signs = [float(y) > 0 for y in labels]
    if not data or len(data) != len(signs):
        raise LengthError(f"one label for each point, and one point at least; got {len(data)} and {len(signs)}")
    xs, ys = (_span([p[axis] for p in data], resolution) for axis in (0, 1))
    with no_grad():
        scores = [[float(model([x, y])) for x in xs] for y in ys]
    ax = _axes(ax)
    largest = max(abs(score) for row in scores for score in row) or 1.0
    ax.contourf(xs, ys, scores, levels=[-largest, 0.0, largest], colors=["#f6d9c4", "#c9e0ef"])
    ax.contour(xs, ys, scores, levels=[0.0], colors=["#333333"], linewidths=1.2)
    for positive, marker, colour, name in ((True, "o", BLUE, "positive"), (False, "^", ORANGE, "negative")):
        chosen = [point for point, sign in zip(data, signs, strict=True) if sign is positive]
        ax.scatter(
            [p[0] for p in chosen], [p[1] for p in chosen],
            marker=marker, color=colour, edgecolors="white", linewidths=0.6, s=36, label=name, zorder=3,
        )  # fmt: skip
    ax.set_xlabel("x0")
    ax.set_ylabel("x1")
    return ax


def _axes(ax: "Axes | None") -> "Axes":
    """``ax``, or the axes of a new figure; without the frame's upper and right sides."""
    if ax is None:
        _, ax = extra("matplotlib.pyplot", "plot").subplots(figsize=(6.4, 4.0), layout="constrained")
    assert ax is not None
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def _span(numbers: Sequence[float], count: int) -> list[float]:
    """``count`` numbers evenly spread over the range of ``numbers`` and a tenth beyond it."""
    low, high = min(numbers), max(numbers)
    margin = 0.1 * (high - low) or 1.0
    return [low - margin + (high - low + 2 * margin) * k / (count - 1) for k in range(count)]
