"""Training as an animation: the decision boundary after each step, as a GIF.

Drawn by ``boundary.py``; Pillow, which matplotlib brings along, puts the frames together.
What does not live here: the animation of a walk (``visualize/animation.py``).
"""

import io
import os
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from autograd import LengthError
from autograd.extra import extra
from autograd.files import write
from visualize.plots.axes import new_axes
from visualize.plots.boundary import decision_boundary

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def training_animation(
    step: Callable[[int], Any],
    model: Callable[[Sequence[float]], Any],
    points: Iterable[Sequence[float]],
    labels: Iterable[float],
    path: str | os.PathLike[str],
    *,
    steps: int = 100,
    every: int = 2,
    seconds: float = 0.1,
    resolution: int = 40,
    progress: bool = True,
    ax: "Axes | None" = None,
) -> "Axes":
    """Train, and write the decision boundary on its way as an animated GIF, whole or not at all.

    Args:
        step: called with k = 0, 1, ..., steps - 1; trains one step and returns the loss.
        model: called with [x0, x1]; gives a score, positive for one class.
        points: list[n] of [x0, x1].
        labels: list[n]; positive numbers are the class of positive scores.
        path: the GIF.
        steps: how many steps to train.
        every: how many of them make a frame.
        seconds: how long a frame stays; at least 0.02, below which viewers slow down. The last one stays longer.
        resolution: how many scores to compute along each side.
        progress: whether a progress bar is shown.
        ax: where to draw; a new figure by default.

    Raises:
        LengthError: ``steps`` or ``every`` is less than 1, ``seconds`` less than 0.02, or labels do not fit points.
        MissingExtraError: matplotlib is not installed.
    """
    if steps < 1 or every < 1 or not seconds >= 0.02:
        raise LengthError(
            "an animation has steps >= 1, every >= 1 and seconds >= 0.02; "
            f"got steps={steps}, every={every}, seconds={seconds}"
        )
    image = extra("PIL.Image", "plot")
    ax = new_axes(ax)
    figure: Any = ax.figure
    data, signs = list(points), list(labels)
    frames: list[Any] = []
    for k in tqdm(range(steps), desc="training", disable=not progress):
        loss = float(step(k))
        if (k + 1) % every and k + 1 < steps:
            continue
        ax.clear()
        decision_boundary(model, data, signs, ax=ax, resolution=resolution)
        ax.set_title(f"step {k + 1}, loss {loss:.4f}")
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=80)
        frames.append(image.open(buffer).convert("RGB").quantize(64))
    content = io.BytesIO()
    durations = [round(1000 * seconds)] * (len(frames) - 1) + [round(1000 * (seconds + 1.5))]
    frames[0].save(content, format="GIF", save_all=True, append_images=frames[1:], duration=durations, loop=0)
    write(path, content.getvalue())
    return ax
