"""Penalties on weights, to be added to a loss: large weights cost something, so a net fits less of the noise.

    loss = nn.mse_loss(model(x), y) + nn.l2_penalty(model.parameters(), 1e-4)

The ``weight_decay`` of an optimiser is the L2 penalty of half that strength, without a node in the graph.  What does
not live here: dropout (``layers.py``).
"""

from collections.abc import Iterable
from typing import Any

import autograd
from nn.module import Module
from nn.options import at_least_zero, listed


def l1_penalty(parameters: Iterable[Any] | Module, strength: float = 1.0) -> Any:
    """strength · Σ |w|: drives weights to exactly 0 (its slope does not shrink with them).

    Args:
        parameters: Values in any iterable, or a module, which stands for all its parameters.
        strength: from 0 up.

    Raises:
        OptionError: it is below 0 or no number, or the parameters are no list.

    Source: Tibshirani, Regression shrinkage and selection via the lasso, 1996.

    >>> l1_penalty([autograd.Value(-2.0), autograd.Value(1.0)], 0.5).data
    1.5
    """
    return _times(strength, autograd.sum([abs(w) for w in _values(parameters)]))


def l2_penalty(parameters: Iterable[Any] | Module, strength: float = 1.0) -> Any:
    """strength · Σ w²: keeps all weights small.

    Args:
        parameters: Values in any iterable, or a module, which stands for all its parameters.
        strength: from 0 up.

    Raises:
        OptionError: it is below 0 or no number, or the parameters are no list.

    Source: Krogh & Hertz, A simple weight decay can improve generalization, 1991.

    >>> l2_penalty([autograd.Value(-2.0), autograd.Value(1.0)], 0.5).data
    2.5
    """
    weights = tuple(_values(parameters))
    return _times(strength, autograd.dot(weights, weights))


def _values(parameters: Iterable[Any] | Module) -> list[Any]:
    if isinstance(parameters, Module):
        return parameters.parameters()
    return listed("parameters", parameters, "a module, or a list of Values as model.parameters() gives it")


def _times(strength: float, norm: Any) -> Any:
    strength = at_least_zero("strength", strength)
    return norm if strength == 1.0 else norm * strength
