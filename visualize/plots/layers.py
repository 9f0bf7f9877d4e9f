"""Numbers of a network layer by layer: what its neurons gave, and what gradients its parameters got.

Layers are read from the graph: parameters' labels, as ``nn`` gives them, or the scopes noted under
``autograd.provenance()``.  What does not live here: how they are plotted (``by_layer.py``).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from autograd import LengthError, StructureError, Value, topological_order
from visualize.clusters import Path, homes, path_of

ByLayer = dict[str, list[float]]


def activations(source: Value | Mapping[str, Iterable[Any]]) -> ByLayer:
    """The numbers that each layer hands on, in the order of the layers.

    Args:
        source: a result of the network (its output, its loss: every sample under it counts), or the numbers or Values
            themselves by name of the layer.

    Raises:
        LengthError: nothing in the graph belongs to a layer.

    >>> from autograd import dot
    >>> x = [0.5, -1.0]
    >>> hidden = [dot([Value(w, label=f"layers[0].neurons[{k}].w[0]")], x[:1]).relu() for k, w in enumerate((1.0, 0.0))]
    >>> activations(dot([Value(2.0, label="layers[1].neurons[0].w[0]")], hidden[:1]) + hidden[1])
    {'layers[0]': [0.5, 0.0], 'layers[1]': [1.0]}
    """
    if isinstance(source, Mapping):
        return _numbers(source)
    nodes = topological_order(source)
    home = homes(nodes)
    leaving = {source}
    for node in nodes:
        for parent in node.parents:
            if parent not in leaving and (node not in home or layer_of(home[node]) != layer_of(home.get(parent, ()))):
                leaving.add(parent)
    return _gathered((home[node], node.data) for node in nodes if node in home and node in leaving and not node.is_leaf)


def gradients(source: Any) -> ByLayer:
    """The gradients that the parameters of each layer have at the moment, in the order of the layers.

    Args:
        source: a module with ``named_parameters()``, a root whose ``backward()`` has run, or the numbers or Values
            (then their ``.grad``) themselves by name of the layer.

    Raises:
        LengthError: no parameter belongs to a layer.
        StructureError: ``source`` is none of these.
    """
    if isinstance(source, Mapping):
        return _numbers(source, gradient=True)
    if isinstance(source, Value):
        nodes = topological_order(source)
        home = homes(nodes)
        return _gathered((home[x], float(x.grad)) for x in nodes if x.is_leaf and x in home and x.requires_grad)
    if hasattr(source, "named_parameters"):
        named = [(path_of(name), x) for name, x in source.named_parameters() if x.requires_grad]
        return _gathered((path, float(x.grad)) for path, x in named if path)
    raise StructureError(
        "gradients by layer come from a module, a Value, or a dict of numbers by layer; "
        f"got {type(source).__name__}"
    )  # fmt: skip


def layer_of(path: Path) -> str:
    """The name of the layer that a neuron's path lies in.

    >>> layer_of(("layers[0]", "neurons[2]")), layer_of(("neurons[2]",))
    ('layers[0]', 'neurons')
    """
    return ".".join(path[:-1]) or "".join(path).partition("[")[0]


def _gathered(found: Iterable[tuple[Path, float]]) -> ByLayer:
    layers: ByLayer = {}
    for path, number in found:
        layers.setdefault(layer_of(path), []).append(number)
    if not layers:
        raise LengthError(
            "nothing here belongs to a layer. Build the network from nn's modules, or give the numbers yourself: "
            '{"first layer": [0.1, ...], ...}'
        )
    return layers


def _numbers(source: Mapping[str, Iterable[Any]], gradient: bool = False) -> ByLayer:
    def number(x: Any) -> float:
        return float(x.grad if gradient and isinstance(x, Value) else x)

    layers = {str(name): [number(x) for x in xs] for name, xs in source.items()}
    if not layers or not all(layers.values()):
        raise LengthError(f"each layer needs at least one number; got {shape(layers)}")
    return layers


def shape(layers: Mapping[str, Sequence[float]]) -> str:
    """How many numbers each layer has, in words."""
    return ", ".join(f"{name}: {len(xs)}" for name, xs in layers.items()) or "no layer"
