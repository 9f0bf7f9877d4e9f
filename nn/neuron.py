"""Neuron, Layer and MLP: micrograd's three classes, with one fused node for each neuron's weighted sum.

    model = MLP(2, [16, 16, 1])     # two inputs, two hidden layers of 16 ReLU neurons, one linear output
    score = model([0.5, -1.2])      # a Value

Signatures, seeded weights and reprs are micrograd's; the activation may be named.  What does not live here: other
layers, losses, training.
"""

import random
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import autograd
from autograd import LengthError, Value, dot
from nn.module import Module

ACTIVATIONS: Final[dict[str, Callable[[Any], Any]]] = {
    "identity": lambda x: x, "linear": lambda x: x,
    **{name: getattr(Value, name) for name in (
        "relu", "leaky_relu", "elu", "gelu", "silu", "tanh", "sigmoid", "softplus", "sin",
    )},
}  # fmt: skip
"""Activations of a single neuron by name: methods of Value."""


class Neuron(Module):
    """w · x + b, through an activation.

    Args:
        nin: number of inputs.
        nonlin: False leaves the activation out.
        activation: its name, ``relu`` by default.
        rng: where the weights, uniform in [-1, 1), come from; Python's ``random`` by default.

    >>> neuron = Neuron(2, activation="tanh")
    >>> neuron
    TanhNeuron(2)
    >>> [p.label for p in neuron.parameters()]
    ['w[0]', 'w[1]', 'b']
    """

    def __init__(
        self, nin: int, nonlin: bool = True, activation: str = "relu", rng: random.Random | None = None
    ) -> None:
        uniform = random.uniform if rng is None else rng.uniform
        if activation not in ACTIVATIONS:
            raise autograd.StructureError(f"no activation is called {activation!r}; there are {', '.join(ACTIVATIONS)}")
        self.w = [Value(uniform(-1, 1)) for _ in range(nin)]
        self.b = Value(0.0)
        self.nonlin = nonlin
        self.activation = activation if nonlin else "linear"
        self.label_parameters()

    def __call__(self, x: Iterable[Any]) -> Any:
        """The neuron's output for the inputs ``x``, list[nin] of Values and numbers."""
        x = x if isinstance(x, tuple) else tuple(x)
        if len(x) != len(self.w):
            raise LengthError(f"{self!r} takes {len(self.w)} inputs; got {len(x)}")
        return ACTIVATIONS[self.activation](dot(self.w, x, self.b))

    def __repr__(self) -> str:
        names = {"relu": "ReLU", "linear": "Linear", "elu": "ELU", "gelu": "GELU", "silu": "SiLU"}
        return f"{names.get(self.activation, self.activation.title().replace('_', ''))}Neuron({len(self.w)})"


class Layer(Module):
    """``nout`` neurons over the same inputs.

    Args:
        nin: number of inputs.
        nout: number of neurons.
        kwargs: passed on to each ``Neuron``.

    Calling it gives a list[nout] of Values, and the Value itself for one neuron, as in micrograd.
    """

    def __init__(self, nin: int, nout: int, **kwargs: Any) -> None:
        self.neurons = [Neuron(nin, **kwargs) for _ in range(nout)]
        self.label_parameters()

    def __call__(self, x: Iterable[Any]) -> Any:
        """The layer's outputs for ``x``, list[nin]: list[nout], or the one Value."""
        given = autograd.operands(x)
        out = [neuron(given) for neuron in self.neurons]
        return out[0] if len(out) == 1 else out

    def __repr__(self) -> str:
        return f"Layer of [{', '.join(map(repr, self.neurons))}]"


class MLP(Module):
    """A multi-layer perceptron; the last layer is linear.

    Args:
        nin: number of inputs.
        nouts: number of neurons in each layer.
        activation: of all layers but the last.
        rng: where the weights come from; Python's ``random`` by default.

    >>> MLP(2, [2, 1])
    MLP of [Layer of [ReLUNeuron(2), ReLUNeuron(2)], Layer of [LinearNeuron(2)]]
    """

    def __init__(
        self, nin: int, nouts: Sequence[int], activation: str = "relu", rng: random.Random | None = None
    ) -> None:
        sizes = [nin, *nouts]
        self.layers = [
            Layer(sizes[i], sizes[i + 1], nonlin=i != len(nouts) - 1, activation=activation, rng=rng)
            for i in range(len(nouts))
        ]
        self.label_parameters()

    def __call__(self, x: Iterable[Any]) -> Any:
        """The network's outputs for ``x``, list[nin]: a list of Values, or the one Value."""
        for layer in self.layers:
            x = layer(x)
        return x

    def __repr__(self) -> str:
        return f"MLP of [{', '.join(map(repr, self.layers))}]"
