"""Gradient clipping, with PyTorch's names: call it between ``backward()`` and ``optimizer.step()``.

What does not live here: the optimisers (``optim/``).
"""

import math
from collections.abc import Iterable
from typing import Final

from autograd import AnomalyError, Value
from nn.options import instance, listed, number

_AT_LEAST_ZERO: Final = ("a number from 0 up", lambda x: x >= 0.0)


def clip_grad_value_(parameters: Iterable[Value] | Value, clip_value: float) -> None:
    """Bring every gradient into [-clip_value, clip_value], in place; NaN stays NaN.

    Args:
        parameters: Values.
        clip_value: 0 or more.

    Raises:
        OptionError: it is none, or the parameters are no Values.

    >>> w = Value(1.0)
    >>> (w * 10).backward()
    >>> clip_grad_value_([w], 2.5)
    >>> w.grad
    2.5
    """
    clip_value = number("clip_value", clip_value, *_AT_LEAST_ZERO)
    for p in _listed(parameters):
        g = float(p.grad)
        if g > clip_value:
            p.grad = clip_value
        elif g < -clip_value:
            p.grad = -clip_value


def clip_grad_norm_(
    parameters: Iterable[Value] | Value, max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False
) -> float:
    """Scale all gradients together so that their norm (Σ |g|ᵖ)^(1/p) is max_norm at most; gives the norm before.

    Args:
        parameters: Values.
        max_norm: 0 or more.
        norm_type: p, above 0; ``math.inf`` means the largest.
        error_if_nonfinite: raise, rather than scale, where the norm is inf or NaN.

    Raises:
        OptionError: a number outside its range, or the parameters are no Values.
        AnomalyError: the norm is not finite, with ``error_if_nonfinite``.

    Source: Pascanu, Mikolov & Bengio, On the difficulty of training recurrent neural networks, 2013, algorithm 1.

    >>> v, w = Value(1.0), Value(1.0)
    >>> (v * 3 + w * 4).backward()
    >>> clip_grad_norm_([v, w], 1.0)
    5.0
    """
    max_norm = number("max_norm", max_norm, *_AT_LEAST_ZERO)
    norm_type = number("norm_type", norm_type, "a number above 0, or math.inf", lambda p: p > 0.0)
    params = [p for p in _listed(parameters) if p.requires_grad]
    grads = [float(p.grad) for p in params]
    norm = _norm(grads, norm_type)
    if error_if_nonfinite and not math.isfinite(norm):
        raise AnomalyError(f"the norm of the gradients is {norm}; they were not scaled. See autograd.detect_anomaly()")
    scale = max_norm / (norm + 1e-6)
    if not scale >= 1.0:
        for p, g in zip(params, grads, strict=True):
            p.grad = g * scale
    return norm


def _listed(parameters: Iterable[Value] | Value) -> list[Value]:
    if isinstance(parameters, Value):
        return [parameters]
    given = listed("parameters", parameters, "a list of Values, as model.parameters() gives it")
    return [instance("a parameter", p, Value, "a Value") for p in given]


def _norm(grads: list[float], p: float) -> float:
    if p == 2.0:
        return math.nan if any(map(math.isnan, grads)) else math.hypot(*grads)
    largest = max(map(abs, grads), default=0.0)
    if any(map(math.isnan, grads)):
        return math.nan
    if p == math.inf or largest in (0.0, math.inf):
        return largest
    return float(largest * math.fsum((abs(g) / largest) ** p for g in grads) ** (1.0 / p))
