"""Pictures of graphs, and backprop one contribution at a time.  Reads graphs; holds no derivative of its own."""

import visualize.namesake as _namesake  # noqa: F401 (first of all)
from visualize import plots
from visualize.dot import draw_dot, trace
from visualize.errors import DrawingError
from visualize.latex import latex
from visualize.program import program
from visualize.save import save
from visualize.steps import Backward, Contribution, Forward, Steps
from visualize.svg import to_svg
from visualize.walk import Walk, walk

__all__ = [
    "Backward",
    "Contribution",
    "DrawingError",
    "Forward",
    "Steps",
    "Walk",
    "draw_dot",
    "latex",
    "plots",
    "program",
    "save",
    "to_svg",
    "trace",
    "walk",
]
