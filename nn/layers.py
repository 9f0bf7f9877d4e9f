"""Layers with PyTorch's names: Linear, Sequential, Dropout.  Each takes one sample, list[n], or a batch of them.

    model = nn.Sequential(nn.Linear(2, 16), "relu", nn.Dropout(0.2), nn.Linear(16, 3))
    logits = model([0.5, -1.2])     # list[3] of Values

A ``Linear`` gives a list for one output as well; losses take ``[prediction]`` beside a bare target.  What does not
live here: batch normalisation (``batchnorm.py``, the next file), activations (``activations.py``), micrograd's classes
(``neuron.py``).
"""

import random
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any

from autograd import LengthError, Value, matrix, matvec, operands
from nn.activations import activation
from nn.errors import OptionTypeError
from nn.init import Initialiser, initialiser, source
from nn.module import Module
from nn.nested import elementwise, inputs, is_batch, is_row, sample
from nn.options import count, flag, number, shown
from nn.weights import Watched, Watching, changes


class Linear(Watching, Module):
    """W · x + b.

    Args:
        in_features: number of inputs, from 1 up.
        out_features: number of outputs, from 1 up.
        bias: whether there is a b.
        init: how weights are drawn (see ``nn.init``).  The default is PyTorch's, which draws the biases alike; with
            any other, biases start from 0.
        rng: where they come from; Python's ``random`` by default.

    ``weight`` is a list[out_features][in_features] of Values, ``bias`` a list[out_features] of Values or None.

    Raises:
        OptionError: a size is no whole number from 1 up, or no initialisation has that name.
        LengthError: when called with a sample of another length.

    >>> layer = Linear(3, 2, rng=random.Random(7))
    >>> layer, len(layer([1.0, 2.0, 3.0]))
    (Linear(in_features=3, out_features=2, bias=True), 2)
    """

    def __init__(
        self, in_features: int, out_features: int, bias: bool = True, init: str | Initialiser = "fan_in_uniform",
        rng: random.Random | None = None,
    ) -> None:  # fmt: skip
        self.in_features = count("in_features", in_features)
        self.out_features = count("out_features", out_features)
        bias = flag("bias", bias, "In a Sequential an activation is a layer of its own, and rng and init are named")
        self.init = init
        self.weight: list[list[Value]] = Watched(
            Watched(Value(0.0) for _ in range(self.in_features)) for _ in range(self.out_features)
        )
        self.bias: list[Value] | None = Watched(Value(0.0) for _ in range(self.out_features)) if bias else None
        self.reset_parameters(rng=rng)
        self.label_parameters()

    def reset_parameters(self, init: str | Initialiser | None = None, rng: random.Random | None = None) -> None:
        """Draw the weights afresh, by ``init`` or as the layer was made."""
        init = self.init if init is None else init
        draw = initialiser(init)
        drawn = [[draw(self.in_features, self.out_features, rng) for _ in row] for row in self.weight]
        own = draw is initialiser("fan_in_uniform")
        biases = [draw(self.in_features, self.out_features, rng) if own else 0.0 for _ in self.bias or ()]
        for parameter, start in zip(chain(*self.weight, self.bias or ()), chain(*drawn, biases), strict=True):
            parameter.data = start

    def forward(self, x: Any) -> Any:
        """list[in_features] to list[out_features] of Values; a list of them for a batch."""
        if not is_row(x):
            x = inputs(x)
            if is_batch(x):
                return [self.forward(row) for row in x]
            x = sample(x)
        given = operands(x)
        if len(given) != self.in_features:
            raise LengthError(f"{self!r} takes {self.in_features} inputs; got {len(given)}")
        now = changes[0]
        if self._changes_seen != now or not self._kept_watched:  # a list of the user's own is read at each call
            lists = [self.weight, *self.weight, self.weight if self.bias is None else self.bias]
            self._kept_watched = set(map(type, lists)) == {Watched}
            self._kept_matrix = matrix(self.weight, self.bias)
            self._changes_seen = now
        return matvec(self._kept_matrix, given)

    def extra_repr(self) -> str:
        """The options."""
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"


class Sequential(Module):
    """One layer after the other.

    Args:
        layers: modules, names of activations, or any functions.

    Raises:
        OptionError: something is none of these.

    >>> Sequential(Linear(2, 1), "relu")
    Sequential(
      (layers[0]): Linear(in_features=2, out_features=1, bias=True)
      (layers[1]): ReLU()
    )
    """

    def __init__(self, *layers: Module | str | Callable[[Any], Any]) -> None:
        self.layers: list[Any] = []
        for layer in layers:
            self.layers.append(_layer(layer))
        self.label_parameters()

    def append(self, layer: Module | str | Callable[[Any], Any]) -> "Sequential":
        """Add a layer at the end; gives the module back.

        Raises:
            OptionError: it is no module, no function and no name of an activation.
        """
        made = _layer(layer)
        self.layers.append(made)
        if isinstance(made, Module):
            if any(parameter.label.startswith("layers[") for parameter in made.parameters()):
                self.label_parameters()  # it may share them with a layer that comes before
            else:
                made.label_below(f"layers[{len(self) - 1}]")
        return self

    def forward(self, x: Any) -> Any:
        """What the last layer makes of what the others made of ``x``."""
        for layer in self.layers:
            x = layer(x)
        return x

    def __len__(self) -> int:
        return len(self.layers)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.layers)

    def __getitem__(self, index: int | slice) -> Any:
        if not isinstance(index, slice):
            return self.layers[index]
        part = Sequential()
        part.layers = self.layers[index]  # the parameters keep the labels that they have in the whole
        return part


def _layer(layer: Any) -> Any:
    """What stands for ``layer`` in a Sequential: a module or a function."""
    made: Any = activation(layer) if isinstance(layer, str) else layer
    if callable(made) and not isinstance(made, type):
        return made
    hint = ""
    if isinstance(layer, type):
        hint = f". That is a class: write {layer.__name__}(...)"
    elif isinstance(layer, list | tuple):
        hint = ". Write Sequential(*layers), with a star, for layers that stand in a list"
    raise OptionTypeError(f"a layer is a module, a function or the name of an activation; got {shown(layer)}{hint}")


class Dropout(Module):
    """While training, each entry becomes 0 with probability p, and the others are divided by 1 - p.

    Under ``eval()`` it does nothing.

    Args:
        p: in [0, 1].
        rng: what decides; Python's ``random`` by default.

    Raises:
        OptionError: p is no probability, or rng no generator.

    Source: Srivastava et al., Dropout, 2014.

    >>> layer = Dropout(0.5, rng=random.Random(1))
    >>> layer([1.0, 1.0, 1.0, 1.0]), layer.eval()([1.0, 2.0])
    ([0.0, 2.0, 2.0, 0.0], [1.0, 2.0])
    """

    def __init__(self, p: float = 0.5, rng: random.Random | None = None) -> None:
        self.p = number("p", p, "a probability, from 0 to 1", lambda p: 0.0 <= p <= 1.0)
        source(rng)  # refused now rather than at the first call
        self._rng = rng

    def forward(self, x: Any) -> Any:
        """The entries of ``x`` that stay, in lists of the same shape."""
        if not self.training or self.p == 0.0:
            return inputs(x)
        if self.p == 1.0:
            return elementwise(lambda entry: 0.0, x)
        draw, scale, p = source(self._rng).random, 1.0 / (1.0 - self.p), self.p
        return elementwise(lambda entry: 0.0 if draw() < p else entry * scale, x)

    def extra_repr(self) -> str:
        """The options."""
        return f"p={self.p}"
