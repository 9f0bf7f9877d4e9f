"""Neuron, Layer and MLP: micrograd's three classes, with one fused node for each neuron's weighted sum.

    model = MLP(2, [16, 16, 1])     # two inputs, two hidden layers of 16 ReLU neurons, one linear output
    score = model([0.5, -1.2])      # a Value
    scores = model([[0.5, -1.2], [1.0, 2.0]])   # a batch: one output a sample

Signatures, seeded weights and reprs are micrograd's; activation and initialisation may be named.  What does not live
here: layers with PyTorch's names (``layers.py``, the next file), losses, training.
"""

import random
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from autograd import LengthError, Matrix, Operands, Value, dot, matrix, matvec, observed, operands
from nn.activations import MODULES, SCALAR, identity, softmax
from nn.init import Initialiser, initialiser
from nn.module import Module
from nn.nested import inputs, is_batch, is_row, sample
from nn.options import count, counts, flag, named
from nn.weights import Watched, Watching, changes

_METHODS: Final[dict[str, Callable[[Value], Value]]] = {
    "identity": identity, "linear": identity, **{name: getattr(Value, name) for name in SCALAR},
}  # fmt: skip
"""Activations of a single neuron by name, as methods of Value, since a neuron's weighted sum is always one."""


class Neuron(Watching, Module):
    """w · x + b, through an activation.

    Args:
        nin: number of inputs, from 1 up.
        nonlin: False leaves the activation out.
        activation: its name, ``relu`` by default.
        rng: where the weights come from; Python's ``random`` by default.
        init: how they are drawn (see ``nn.init``), uniform in [-1, 1) by default; the bias starts from 0.
        fan_out: how many neurons its layer has, for initialisations that ask.

    Raises:
        OptionError: no activation or initialisation has that name, or a size is no whole number from 1 up.

    >>> neuron = Neuron(2, activation="tanh")
    >>> neuron
    TanhNeuron(2)
    >>> [p.label for p in neuron.parameters()]
    ['w[0]', 'w[1]', 'b']
    """

    def __init__(
        self, nin: int, nonlin: bool = True, activation: str = "relu", rng: random.Random | None = None,
        init: str | Initialiser = "uniform", fan_out: int = 1,
    ) -> None:  # fmt: skip
        nin, fan_out = count("nin", nin), count("fan_out", fan_out)
        named("activation of a neuron", activation, _METHODS)
        nonlin = flag("nonlin", nonlin, f"An activation is named: activation={nonlin!r}")
        draw = initialiser(init)
        self.w: list[Value] = Watched(Value(draw(nin, fan_out, rng)) for _ in range(nin))
        self.b = Value(0.0)
        self.nonlin = nonlin
        self.activation = activation if nonlin else "linear"
        self.label_parameters()

    def __call__(self, x: Iterable[Any]) -> Any:
        """The neuron's output for the inputs ``x``, list[nin] of Values and numbers."""
        if not isinstance(x, Operands):
            x = inputs(x)
            if is_batch(x):
                return [self(row) for row in x]
            x = sample(x)
        if len(x) != len(self.w):
            raise LengthError(f"{self!r} takes {len(self.w)} inputs; got {len(x)}")
        return _METHODS[self.activation](dot(self.ready(), x, self.b))

    def ready(self) -> Operands:
        """The weights made ready for ``dot``, which sees for itself what numbers they have."""
        # A list of the user's own may change unnoticed, and is read at each call.
        now = changes[0]
        if self._changes_seen != now or self.w.__class__ is not Watched:
            self._kept_ready = operands(self.w)
            self._changes_seen = now  # last, for an interrupt may come before
        return self._kept_ready

    def reset_parameters(
        self, init: str | Initialiser = "uniform", rng: random.Random | None = None, fan_out: int = 1
    ) -> None:
        """Draw the weights afresh, and set the bias to 0."""
        draw = initialiser(init)
        for weight in self.w:
            weight.data = draw(len(self.w), fan_out, rng)
        self.b.data = 0.0

    def __repr__(self) -> str:
        name = MODULES[self.activation].__name__ if self.activation != "linear" else "Linear"
        return f"{name}Neuron({len(self.w)})"


class Layer(Watching, Module):
    """``nout`` neurons over the same inputs.

    Args:
        nin: number of inputs, from 1 up.
        nout: number of neurons, from 1 up.
        kwargs: passed on to each ``Neuron``; ``activation="softmax"`` is taken over all of them together.

    Calling it gives a list[nout] of Values, and the Value itself for one neuron, as in micrograd.

    >>> Layer(3, 2, activation="sigmoid")
    Layer of [SigmoidNeuron(3), SigmoidNeuron(3)]
    """

    def __init__(self, nin: int, nout: int, **kwargs: Any) -> None:
        nout = count("nout", nout)
        self.softmax: bool = kwargs.get("activation") == "softmax" and flag("nonlin", kwargs.get("nonlin", True))
        if kwargs.get("activation") == "softmax":
            kwargs["activation"] = "linear"
        kwargs.setdefault("fan_out", nout)
        self.neurons: list[Neuron] = Watched(Neuron(nin, **kwargs) for _ in range(nout))
        self.label_parameters()

    def __call__(self, x: Iterable[Any]) -> Any:
        """The layer's outputs for ``x``, list[nin]: list[nout], or the one Value; a list of them for a batch."""
        if not is_row(x):
            x = inputs(x)
            if is_batch(x):
                return [self(row) for row in x]
            x = sample(x)
        given = operands(x)
        if self._changes_seen != changes[0] or self.neurons.__class__ is not Watched:
            self._make_ready()
        if self._kept_matrix is not None and self._kept_matrix.width == len(given.values) and not observed():
            out = matvec(self._kept_matrix, given)
            if (activation := self._kept_activation) is not identity:
                out = [activation(v) for v in out]
        else:
            out = [neuron(given) for neuron in self.neurons]
        if self.softmax:
            out = softmax(out)
        return out[0] if len(out) == 1 else out

    def _make_ready(self) -> None:
        """Take in what the neurons are: where all are ``Neuron`` itself and of one kind, their weights are a matrix.

        Then no neuron is called; one of a class of its own always is.
        """
        now = changes[0]
        self._kept_matrix: Matrix | None = None
        kinds = {
            (neuron.w.__class__, neuron.activation) if neuron.__class__ is Neuron else None for neuron in self.neurons
        }
        if len(kinds) == 1 and (kind := kinds.pop()) and kind[0] is Watched:
            self._kept_activation = _METHODS[kind[1]]
            self._kept_matrix = matrix(
                [neuron.ready() for neuron in self.neurons], [neuron.b for neuron in self.neurons]
            )
        self._changes_seen = now

    def reset_parameters(self, init: str | Initialiser = "uniform", rng: random.Random | None = None) -> None:
        """Draw all weights afresh, and set the biases to 0."""
        for neuron in self.neurons:
            neuron.reset_parameters(init, rng, len(self.neurons))

    def __repr__(self) -> str:
        return f"{'Softmax ' if self.softmax else ''}Layer of [{', '.join(map(repr, self.neurons))}]"


class MLP(Module):
    """A multi-layer perceptron; the last layer is linear.

    Args:
        nin: number of inputs, from 1 up.
        nouts: number of neurons in each layer, one layer at least.
        activation: of all layers but the last.
        rng: where the weights come from; Python's ``random`` by default.
        init: how they are drawn (see ``nn.init``), uniform in [-1, 1) by default.

    >>> MLP(2, [2, 1])
    MLP of [Layer of [ReLUNeuron(2), ReLUNeuron(2)], Layer of [LinearNeuron(2)]]
    """

    def __init__(
        self, nin: int, nouts: Sequence[int], activation: str = "relu", rng: random.Random | None = None,
        init: str | Initialiser = "uniform",
    ) -> None:  # fmt: skip
        sizes = [count("nin", nin), *counts("nouts", nouts, "neurons in each layer")]
        last = len(sizes) - 2
        self.layers = [
            Layer(sizes[i], sizes[i + 1], nonlin=i != last, activation=activation, rng=rng, init=init)
            for i in range(last + 1)
        ]
        self.label_parameters()

    def __call__(self, x: Iterable[Any]) -> Any:
        """The outputs for ``x``, list[nin]: a list of Values, or the one Value; a list of them for a batch."""
        if not is_row(x):
            x = inputs(x)
            if is_batch(x):
                return [self(row) for row in x]
        for layer in self.layers:
            x = layer(x)
        return x

    def __repr__(self) -> str:
        return f"MLP of [{', '.join(map(repr, self.layers))}]"
