"""What all plots share: their colours and dashes, and the axes they make where they are given none.

Colours are Okabe and Ito's, which colour-blind eyes can tell apart, and no picture depends on colour alone: lines
differ in dash, points in shape.  What does not live here: anything drawn.
"""

from typing import TYPE_CHECKING, Any, Final

from autograd.extra import extra

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BLUE: Final = "#0072b2"
ORANGE: Final = "#d55e00"
COLOURS: Final = (BLUE, ORANGE, "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000")
"""Source: Okabe & Ito, Color Universal Design, 2008."""
DASHES: Final[tuple[Any, ...]] = ("-", (0, (5, 2)), (0, (1, 1.2)), (0, (6, 2, 1, 2)))


def new_axes(ax: "Axes | None") -> "Axes":
    """``ax``, or the axes of a new figure; without the frame's upper and right sides."""
    if ax is None:
        _, ax = extra("matplotlib.pyplot", "plot").subplots(figsize=(6.4, 4.0), layout="constrained")
    assert ax is not None
    ax.spines[["top", "right"]].set_visible(False)
    return ax
