"""What a classifier of points in the plane says of every place in it."""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from autograd import LengthError, no_grad
from visualize.plots.axes import BLUE, ORANGE, new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes


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

    Where a score is NaN or infinite the plane stays white, and the title counts such places.

    Raises:
        LengthError: there is no point, one not of two numbers, or not one label for each.
    """
    given = list(points)
    for point in given:
        if len(point) != 2:
            raise LengthError(f"a point in the plane is [x0, x1]; got one of {len(point)} numbers, {point!r:.60}")
    data = [(float(a), float(b)) for a, b in given]
    signs = [float(y) > 0 for y in labels]
    if not data or len(data) != len(signs):
        raise LengthError(f"one label for each point, and one point at least; got {len(data)} and {len(signs)}")
    xs, ys = (_span([p[axis] for p in data], resolution) for axis in (0, 1))
    with no_grad():
        scores = [[float(model([x, y])) for x in xs] for y in ys]
    ax = new_axes(ax)
    finite = [abs(score) for row in scores for score in row if math.isfinite(score)]
    if len(finite) < resolution * resolution:
        ax.set_title(f"{resolution * resolution - len(finite):,} of {resolution * resolution:,} scores are not finite")
    scores = [[score if math.isfinite(score) else math.nan for score in row] for row in scores]
    if finite:
        largest = max(finite) or 1.0
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


def _span(numbers: Sequence[float], count: int) -> list[float]:
    """``count`` numbers evenly spread over the range of ``numbers`` and a tenth beyond it."""
    low, high = min(numbers), max(numbers)
    margin = 0.1 * (high - low) or 1.0
    return [low - margin + (high - low + 2 * margin) * k / (count - 1) for k in range(count)]
