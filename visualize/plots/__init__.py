"""Pictures of training, by matplotlib: curves, decision boundary, histograms by layer, gradient flow, an animation.

Each function returns the ``Axes`` it drew on and accepts one as ``ax``; save by ``ax.figure.savefig(path)``.

    axes.py        colours that colour-blind eyes tell apart, and new axes
    curves.py      numbers over the steps of training
    boundary.py    what a classifier says of every place in the plane
    layers.py      which activations and gradients belong to which layer
    by_layer.py    histograms of them, and the flow of gradients
    training.py    the boundary on its way, as a GIF

This file only gathers the names.  What does not live here: graphs (``visualize/svg.py``) and walks through them.
"""

from visualize.plots.boundary import decision_boundary
from visualize.plots.by_layer import activation_histograms, gradient_flow, gradient_histograms
from visualize.plots.curves import curves
from visualize.plots.training import training_animation

__all__ = [
    "activation_histograms", "curves", "decision_boundary", "gradient_flow", "gradient_histograms",
    "training_animation",
]  # fmt: skip
