"""Pictures of graphs, and backprop one contribution at a time.  Reads graphs; holds no derivative of its own."""

from visualize.dot import draw_dot, trace
from visualize.steps import Backward, Contribution, Forward, Steps
from visualize.walk import Walk, walk

__all__ = ["Backward", "Contribution", "Forward", "Steps", "Walk", "draw_dot", "trace", "walk"]
