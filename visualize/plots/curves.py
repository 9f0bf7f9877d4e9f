"""Numbers over the steps of training, as lines."""

import itertools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from autograd import LengthError
from visualize.plots.axes import COLOURS, DASHES, new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes


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
    ax = new_axes(ax)
    styles = zip(itertools.cycle(COLOURS), itertools.cycle(DASHES), strict=False)
    for (name, numbers), (colour, dash) in zip(named.items(), styles, strict=False):
        ax.plot(range(1, len(numbers) + 1), [float(x) for x in numbers], color=colour, linestyle=dash, label=name)
    ax.set_xlabel("step")
    if len(named) == 1:
        ax.set_ylabel(next(iter(named)))
    else:
        ax.legend(frameon=False)
    return ax
