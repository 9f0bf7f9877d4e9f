"""Initialisation: the distributions that fresh weights are drawn from, and which one suits which activation.

Each draws one weight from ``rng``, a ``random.Random``; ``rng=None`` means Python's module ``random``, so that
``random.seed`` works.  ``fan_in`` is the number of inputs of a neuron, ``fan_out`` the number of neurons in its layer.
A weight of variance 2 / fan_in keeps signals of ReLU layers as large as they are (He), 2 / (fan_in + fan_out) those of
tanh and sigmoid layers, forward and backward (Glorot), 1 / fan_in those of linear ones (LeCun).

    nn.Linear(784, 64, init="he_normal", rng=random.Random(7))      # or init=nn.init.he_normal
    model.reset_parameters(init="glorot_uniform")                   # every layer of a model afresh

What does not live here: what the layers do with the weights (``neuron.py``, ``layers.py``).
"""

import inspect
import random
from collections.abc import Callable
from math import sqrt
from typing import Any, Final

from nn.errors import OptionTypeError
from nn.options import named, shown

Initialiser = Callable[..., float]
"""``(fan_in, fan_out, rng) -> weight``."""


def source(rng: random.Random | None) -> Any:
    """Where random numbers come from: ``rng``, or Python's module ``random``.

    Raises:
        OptionTypeError: ``rng`` is no generator of Python's, but a seed, say.
    """
    if rng is None:
        return random
    if not hasattr(rng, "gauss"):
        raise OptionTypeError(f"rng is a generator, random.Random(7) for one; got {shown(rng)}")
    return rng


def uniform(fan_in: int, fan_out: int, rng: random.Random | None = None) -> float:
    """Uniform in [-1, 1) whatever the fans: micrograd's.

    >>> uniform(3, 4, random.Random(0)) == random.Random(0).uniform(-1, 1)
    True
    """
    weight: float = source(rng).uniform(-1, 1)
    return weight


def fan_in_uniform(fan_in: int, fan_out: int, rng: random.Random | None = None) -> float:
    """Uniform within ±1 / √fan_in: what PyTorch draws a linear layer's weights and biases from."""
    return _within(1.0 / sqrt(max(fan_in, 1)), rng)


def glorot_uniform(fan_in: int, fan_out: int, rng: random.Random | None = None) -> float:
    """Uniform within ±√(6 / (fan_in + fan_out)), for tanh and sigmoid.

    Source: Glorot & Bengio, Understanding the difficulty of training deep feedforward neural networks, 2010, eq. 16.
    """
    return _within(sqrt(6.0 / (fan_in + fan_out)), rng)


def glorot_normal(fan_in: int, fan_out: int, rng: random.Random | None = None) -> float:
    """Normal of variance 2 / (fan_in + fan_out), for tanh and sigmoid.

    Source: Glorot & Bengio 2010, eq. 12.
    """
    return _normal(sqrt(2.0 / (fan_in + fan_out)), rng)


def he_uniform(fan_in: int, fan_out: int, rng: random.Random | None = None) -> float:
    """Uniform within ±√(6 / fan_in), for ReLU and its kin.

    Source: He et al., Delving deep into rectifiers, 2015, eq. 10.
    """
    return _within(sqrt(6.0 / max(fan_in, 1)), rng)


def he_normal(fan_in: int, fan_out: int, rng: random.Random | None = None) -> float:
    """Normal of variance 2 / fan_in, for ReLU and its kin.

    Source: He et al. 2015, eq. 10.
    """
    return _normal(sqrt(2.0 / max(fan_in, 1)), rng)


def lecun_uniform(fan_in: int, fan_out: int, rng: random.Random | None = None) -> float:
    """Uniform within ±√(3 / fan_in).

    Source: LeCun et al., Efficient BackProp, 1998, section 4.6.
    """
    return _within(sqrt(3.0 / max(fan_in, 1)), rng)


def lecun_normal(fan_in: int, fan_out: int, rng: random.Random | None = None) -> float:
    """Normal of variance 1 / fan_in.

    Source: LeCun et al. 1998, section 4.6.
    """
    return _normal(1.0 / sqrt(max(fan_in, 1)), rng)


def zeros(fan_in: int, fan_out: int, rng: random.Random | None = None) -> float:
    """0: right for biases; weights that are all equal stay equal, and the neurons of a layer never differ."""
    return 0.0


def _within(limit: float, rng: random.Random | None) -> float:
    weight: float = source(rng).uniform(-limit, limit)
    return weight


def _normal(deviation: float, rng: random.Random | None) -> float:
    weight: float = source(rng).gauss(0.0, deviation)
    return weight


INITIALISERS: Final[dict[str, Initialiser]] = {
    **{function.__name__: function for function in (
        uniform, fan_in_uniform, glorot_uniform, glorot_normal, he_uniform, he_normal, lecun_uniform, lecun_normal,
        zeros,
    )},
    "xavier_uniform": glorot_uniform, "xavier_normal": glorot_normal,
    "kaiming_uniform": he_uniform, "kaiming_normal": he_normal,
}  # fmt: skip
"""Every initialisation by name; Xavier and Kaiming are Glorot's and He's first names."""


def initialiser(init: str | Initialiser) -> Initialiser:
    """The initialisation of that name; a function is given back as it is.

    Raises:
        OptionError: there is none of that name, or it is a function of other arguments.
    """
    if not callable(init):
        return named("initialisation", init, INITIALISERS)
    try:
        inspect.signature(init).bind(1, 1, None)
    except TypeError as error:
        raise OptionTypeError(
            f"init is a name, or a function (fan_in, fan_out, rng) -> weight; {shown(init)} takes others: {error}"
        ) from None
    except ValueError:  # a function written in C that does not tell its arguments
        pass
    return init
