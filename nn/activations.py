"""Activations: by name, as functions, and as modules to stand between layers.

The functions of one number are primitives of the engine; this file gives them names and modules, which work on every
entry of a sample or a batch.  Of its own it has only ``softmax`` and ``log_softmax``, which look at a whole sample.

    nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 3), "softmax")

What does not live here: any derivative (they stand in the engine's table), layers with weights (``layers.py``).
"""

from collections.abc import Callable, Iterable
from typing import Any, Final

import autograd
from nn.module import Module
from nn.nested import elementwise, is_batch, plain, sample
from nn.options import finite, named


def identity(x: Any) -> Any:
    """``x`` itself."""
    return x


SCALAR: Final = ("relu", "leaky_relu", "elu", "gelu", "silu", "tanh", "sigmoid", "softplus", "sin")
"""Names of the engine's primitives that serve as activations of a single neuron."""


def softmax(xs: Iterable[Any]) -> list[Any]:
    """Probabilities in proportion to eˣ: exp(xᵢ - logsumexp(x)), which never overflows.

    Args:
        xs: list[n] of Values and numbers, the logits.

    >>> softmax([1000.0, 0.0])
    [1.0, 0.0]
    """
    return [autograd.exp(x) for x in log_softmax(xs)]


def log_softmax(xs: Iterable[Any]) -> list[Any]:
    """Logarithms of ``softmax``, in nats: xᵢ - logsumexp(x), exact where the probability is 0 in floats.

    Args:
        xs: list[n] of Values and numbers, the logits.

    >>> log_softmax([0.0, 1000.0])
    [-1000.0, 0.0]
    """
    logits = sample(xs)
    total = autograd.logsumexp(logits)
    return [x - total for x in logits]


class Activation(Module):
    """Base of the activations without weights: ``function`` of every entry of a sample or a batch."""

    def function(self, x: Any) -> Any:
        """The activation of one number or Value."""
        raise NotImplementedError(f"{type(self).__name__} is a base without a formula: define function(self, x) in it")

    def forward(self, x: Any) -> Any:
        """``function`` of every entry, in lists of the same shape."""
        return elementwise(self.function, x)


class Identity(Activation):
    """x."""

    function = staticmethod(identity)


class ReLU(Activation):
    """max(0, x).

    >>> ReLU()([1.0, -2.0])
    [1.0, 0.0]
    """

    function = staticmethod(autograd.relu)


class LeakyReLU(Activation):
    """x where x > 0, else negative_slope · x.

    Args:
        negative_slope: the slope on the left.

    Raises:
        OptionError: it is no finite number.
    """

    def __init__(self, negative_slope: float = 0.01) -> None:
        self.negative_slope = finite("negative_slope", negative_slope)

    def function(self, x: Any) -> Any:
        """The activation of one number or Value."""
        return autograd.leaky_relu(x, self.negative_slope)

    def extra_repr(self) -> str:
        """The options."""
        return f"negative_slope={self.negative_slope}"


class ELU(Activation):
    """x where x > 0, else alpha · (eˣ - 1).

    Args:
        alpha: minus the limit on the left.

    Raises:
        OptionError: it is no finite number.

    Source: Clevert, Unterthiner & Hochreiter 2016.
    """

    def __init__(self, alpha: float = 1.0) -> None:
        self.alpha = finite("alpha", alpha)

    def function(self, x: Any) -> Any:
        """The activation of one number or Value."""
        return autograd.elu(x, self.alpha)

    def extra_repr(self) -> str:
        """The options."""
        return f"alpha={self.alpha}"


class GELU(Activation):
    """x · Φ(x), with the exact normal distribution.

    Source: Hendrycks & Gimpel 2016.
    """

    function = staticmethod(autograd.gelu)


class SiLU(Activation):
    """x · sigmoid(x), also known as swish."""

    function = staticmethod(autograd.silu)


class Tanh(Activation):
    """The hyperbolic tangent."""

    function = staticmethod(autograd.tanh)


class Sigmoid(Activation):
    """1 / (1 + e⁻ˣ)."""

    function = staticmethod(autograd.sigmoid)


class Softplus(Activation):
    """ln(1 + eˣ), a smooth ReLU."""

    function = staticmethod(autograd.softplus)


class Sine(Activation):
    """sin(x), x in radians."""

    function = staticmethod(autograd.sin)


class Softmax(Module):
    """``softmax`` of a sample, or of each sample of a batch.

    >>> Softmax()([[0.0, 0.0], [0.0, 1000.0]])
    [[0.5, 0.5], [0.0, 1.0]]
    """

    def forward(self, x: Any) -> Any:
        """list[n] to list[n], or list[batch][n] to list[batch][n]."""
        x = plain(x)
        return [self.forward(row) for row in x] if is_batch(x) else softmax(x)


class LogSoftmax(Module):
    """``log_softmax`` of a sample, or of each sample of a batch."""

    def forward(self, x: Any) -> Any:
        """list[n] to list[n], or list[batch][n] to list[batch][n]."""
        x = plain(x)
        return [self.forward(row) for row in x] if is_batch(x) else log_softmax(x)


FUNCTIONS: Final[dict[str, Callable[[Any], Any]]] = {
    "identity": identity, "linear": identity, **{name: getattr(autograd, name) for name in SCALAR},
}  # fmt: skip
"""The activations of one number by name."""

MODULES: Final[dict[str, type[Module]]] = {
    "identity": Identity, "linear": Identity, "relu": ReLU, "leaky_relu": LeakyReLU, "elu": ELU, "gelu": GELU,
    "silu": SiLU, "tanh": Tanh, "sigmoid": Sigmoid, "softplus": Softplus, "sin": Sine, "softmax": Softmax,
    "log_softmax": LogSoftmax,
}  # fmt: skip
"""The class of each activation's module by name."""


def activation(name: str) -> Module:
    """The module of the activation called ``name``.

    Raises:
        OptionError: there is none of that name.

    >>> activation("tanh")
    Tanh()
    """
    return named("activation", name, MODULES)()
