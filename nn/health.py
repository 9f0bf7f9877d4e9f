"""``diagnose``: what ails a network that does not learn, layer by layer, with the textbooks' remedies.

    print(nn.diagnose(model, (X, y), loss="cross_entropy"))

One forward and one backward pass over some samples are looked at: how large each layer's gradients are beside the
others', which ReLUs are 0 for every sample, and how many sigmoids and tanhs have come to where they are flat.  Nothing
of the model is changed.  What does not live here: pictures of it (``visualize``).

Source: Glorot & Bengio 2010; Pascanu, Mikolov & Bengio, On the difficulty of training recurrent neural networks, 2013;
Goodfellow, Bengio & Courville, Deep Learning, 2016, sections 6.3 and 8.2.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

import autograd
from autograd import Value
from nn.class_losses import cross_entropy
from nn.data import samples
from nn.losses import loss_function, mse_loss
from nn.module import Module
from nn.nested import is_sequence
from nn.neuron import Neuron
from nn.options import instance
from nn.training import outputs

VANISHING: Final = 1e-3
"""A layer's gradients vanish where they are smaller than this share of the largest layer's."""
EXPLODING: Final = 100.0
"""A layer's gradients explode where their root mean square is larger than this, or no number."""
DEAD: Final = 0.1
"""More dead ReLUs than this share of a layer are worth a remark."""
SATURATED: Final = 0.25
"""More saturated outputs than this share of a layer's are worth a remark."""
FLAT: Final = 0.05
"""A sigmoid or tanh is saturated where its slope is below this share of the steepest."""

REMEDIES: Final = {
    "vanishing": "use ReLU or a relative of it in the hidden layers, He or Glorot initialisation "
    '(model.reset_parameters(init="he_normal")), BatchNorm between the layers, or fewer layers',
    "exploding": "clip the gradients (nn.clip_grad_norm_), lower the learning rate, standardise the inputs, or "
    "initialise by He or Glorot",
    "dead": 'use "leaky_relu" or "elu", a smaller learning rate, He initialisation, or BatchNorm before the ReLU',
    "saturated": "standardise the inputs, initialise by Glorot, put BatchNorm before the activation; at the output, "
    "train on logits with a cross-entropy",
    "no gradient": "the loss does not depend on these weights, or is at its least already: look for dead ReLUs "
    "further on, for frozen layers and for a loss that is flat",
}
"""What the textbooks advise, by trouble."""

_SLOPE: Final[dict[str, Callable[[float], float]]] = {
    "sigmoid": lambda out: 4.0 * out * (1.0 - out),
    "tanh": lambda out: 1.0 - out * out,
}
"""The slope at an output, as a share of the steepest: enough to tell flat from steep."""


@dataclass
class Health:
    """One layer's figures."""

    name: str
    parameters: int
    gradient: float
    """Root mean square of the gradients of its weights and biases."""
    weight: float
    """Root mean square of the weights and biases themselves."""
    activation: str = ""
    dead: float | None = None
    """Share of ReLUs that are 0 for every sample; None where there are none."""
    saturated: float | None = None
    """Share of outputs of sigmoids or tanhs that are flat; None where there are none."""


@dataclass
class Diagnosis:
    """What was found: figures by layer, and findings as pairs (trouble, text)."""

    loss: float
    samples: int
    layers: list[Health]
    findings: list[tuple[str, str]] = field(default_factory=list)

    @property
    def healthy(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    def __contains__(self, trouble: str) -> bool:
        return any(trouble == found for found, _ in self.findings)

    def __str__(self) -> str:
        head = ("layer", "parameters", "gradient", "weight", "activation", "dead", "saturated")
        rows = [
            (layer.name, f"{layer.parameters}", f"{layer.gradient:.2e}", f"{layer.weight:.2e}", layer.activation,
             _percent(layer.dead), _percent(layer.saturated))
            for layer in self.layers
        ]  # fmt: skip
        widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
        lines = [f"loss {self.loss:.6g} over {self.samples} samples; root mean squares by layer"]
        lines += [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in (head, *rows)
        ]
        troubles = dict.fromkeys(trouble for trouble, _ in self.findings)
        lines += [f"{trouble}: {text}" for trouble, text in self.findings] or ["nothing ails it"]
        lines += [f"  against {trouble}: {REMEDIES[trouble]}" for trouble in troubles]
        return "\n".join(lines)


def diagnose(model: Module, data: Any, *, loss: str | Callable[..., Any] | None = None) -> Diagnosis:
    """Look at one forward and backward pass of ``model`` over ``data``, and say what is wrong.

    Args:
        model: in the mode it is in; weights, gradients and running statistics are left as they are.
        data: n samples in the forms that ``fit`` takes; a hundred or so are enough.
        loss: as for ``fit``; by default ``cross_entropy`` where the model gives several scores and a target is the
            index of a class, and else ``mse_loss``.

    Raises:
        LengthError: there are no samples.
        OptionError: ``model`` is no module, or the loss is not one Value.

    >>> import random
    >>> from nn import MLP
    >>> deep = MLP(2, [8] * 10 + [1], activation="sigmoid", init="glorot_uniform", rng=random.Random(0))
    >>> diagnosis = diagnose(deep, ([[0.0, 1.0], [1.0, 0.0]], [1.0, 0.0]))
    >>> "vanishing" in diagnosis, diagnosis.healthy
    (True, False)
    """
    instance("model", model, Module, "a module")
    given = samples(data)
    state = model.state_dict()
    parameters = dict(model.named_parameters())
    before = [p.grad for p in parameters.values()]
    model.zero_grad()
    try:
        found = outputs(model, given.inputs)
        root = (_usual_loss(found, given.targets) if loss is None else loss_function(loss))(found, given.targets)
        hint = "A loss with reduction='none', and a model without parameters, have no gradient to look at"
        instance("the loss", root, Value, "one Value for all samples", hint)
        root.backward()
        owners = _owners(model)
        layers = _figures(parameters, owners)
        _look_at_activations(root, layers, {p: owners[p] for p in parameters.values()})
    finally:
        model.load_state_dict(state)
        for p, gradient in zip(parameters.values(), before, strict=True):
            p.grad = gradient
    figures = list(layers.values())
    return Diagnosis(root.data, len(given.inputs), figures, _findings(figures))


def _usual_loss(predictions: list[Any], targets: list[Any]) -> Callable[..., Any]:
    scores = predictions[0]
    classes = is_sequence(scores) and len(scores) > 1 and not is_sequence(targets[0])
    return cross_entropy if classes else mse_loss


def _owners(model: Module) -> dict[Value, str]:
    """The layer that each parameter is of; neurons count as their layer."""
    owners: dict[Value, str] = {}
    for path, module in model.named_modules():
        if isinstance(module, Neuron):
            path = path.rpartition("neurons[")[0].removesuffix(".")
        for _, parameter in module.named_parameters():
            owners[parameter] = path or type(model).__name__  # inner modules come later, and have the last word
    return owners


def _figures(parameters: dict[str, Value], owners: dict[Value, str]) -> dict[str, Health]:
    grouped: dict[str, list[Value]] = {}
    for parameter in parameters.values():
        grouped.setdefault(owners[parameter], []).append(parameter)
    return {
        name: Health(name, len(group), _rms(float(p.grad) for p in group), _rms(p.data for p in group))
        for name, group in grouped.items()
    }


def _look_at_activations(root: Value, layers: dict[str, Health], owners: dict[Value, str]) -> None:
    """Dead and saturated shares from the graph: an activation is of the layer whose parameters come right before it.

    One unit makes one node a sample; its nodes are told by the first parameter that leads to them.
    """
    nearest: dict[Value, Value] = {}
    alive: dict[str, dict[Value, bool]] = {}
    flat: dict[str, list[bool]] = {}
    for node in autograd.topological_order(root):
        if node.op is None:
            continue
        own = next((p for p in node.parents if p in owners), None)
        unit = own if own is not None else next((nearest[p] for p in node.parents if p in nearest), None)
        if unit is None:  # (not `own or ...`: a bias of 0 is false)
            continue
        nearest[node] = unit
        name = node.op.name
        if name == "relu":
            units = alive.setdefault(owners[unit], {})
            units[unit] = units.get(unit, False) or node.data > 0.0
        elif name in _SLOPE:
            flat.setdefault(owners[unit], []).append(_SLOPE[name](node.data) < FLAT)
        if name in ("relu", *_SLOPE):
            layers[owners[unit]].activation = name
    for name, units in alive.items():
        layers[name].dead = sum(not lives for lives in units.values()) / len(units)
    for name, outputs_ in flat.items():
        layers[name].saturated = sum(outputs_) / len(outputs_)


def _findings(layers: list[Health]) -> list[tuple[str, str]]:
    found = []
    largest = max((layer.gradient for layer in layers if math.isfinite(layer.gradient)), default=0.0)
    for layer in layers:
        if not layer.gradient <= EXPLODING:
            found.append(("exploding", f"{layer.name} has gradients of {layer.gradient:.2e}"))
        elif layer.gradient == 0.0:
            found.append(("no gradient", f"{layer.name} has none"))
        elif layer.gradient < VANISHING * largest:
            share = layer.gradient / largest
            found.append(("vanishing", f"{layer.name} has gradients of {share:.1e} of the largest layer's"))
        if layer.dead is not None and layer.dead > DEAD:
            found.append(("dead", f"{_percent(layer.dead)} of the ReLUs of {layer.name} are 0 for every sample"))
        if layer.saturated is not None and layer.saturated > SATURATED:
            found.append(
                ("saturated", f"{_percent(layer.saturated)} of the {layer.activation}s of {layer.name} are flat")
            )
    return found


def _rms(numbers: Iterable[float]) -> float:
    given = list(numbers)
    return math.hypot(*given) / math.sqrt(len(given))


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.0%}"
