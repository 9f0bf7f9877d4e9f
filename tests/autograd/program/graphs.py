"""Graphs that the program's tests share: random ones with every primitive, and networks written in several styles.

Nothing is compiled here and nothing is asserted.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from typing import Any

import autograd
from autograd import TABLE, Value

# What an operand is mapped to first, so that a primitive meets numbers from its domain.
DOMAINS: dict[str, Callable[[Any], Any]] = {
    "log": lambda x: x * x + 0.5,
    "log1p": lambda x: x * x,
    "sqrt": lambda x: x * x + 0.5,
    "asin": lambda x: 0.9 * x.tanh(),
    "acos": lambda x: 0.9 * x.tanh(),
    "atanh": lambda x: 0.9 * x.tanh(),
    "acosh": lambda x: x * x + 1.5,
}
DIVISORS = {"div", "mod", "floor_divide"}

PRIMITIVES = sorted(name for name in TABLE if not name.startswith("test_"))


def apply(name: str, operands: Sequence[Any]) -> Any:
    """One primitive on operands of any size, its domain seen to; the result is kept small."""
    op = TABLE[name]
    function = getattr(autograd, name)
    x, y, z = operands[:3]
    if name == "dot":
        result = function(operands[0::2], operands[1::2], z)
    elif op.operands == ("xs",):
        result = function(operands)
    elif name in DIVISORS:
        result = function(x, y * y + 0.7)
    elif name == "pow":
        result = function(x * x + 0.3, 0.5 * y)
    elif name == "clamp":
        result = function(x, -0.5, 0.8)
    elif name == "where":
        result = function(autograd.greater(x, y), y, z)
    elif len(op.operands) == 1:
        result = function(DOMAINS.get(name, lambda v: v)(x))
    elif op.operands == ("x", "y") or name == "atan2":
        result = function(x, y)
    else:
        result = function(x, 0.3)
    return result


def random_graph(seed: int, size: int = 40, names: Sequence[str] = PRIMITIVES) -> tuple[Value, list[Value]]:
    """A graph of about `size` random primitives on six leaves and some constants; its root, its leaves."""
    rng = random.Random(seed)
    leaves = [Value(rng.uniform(-1.5, 1.5)) for _ in range(6)]
    nodes: list[Any] = list(leaves)
    for _ in range(size):
        operands = [rng.choice(nodes[-20:]) for _ in range(2 * rng.randrange(2, 5))]
        node = apply(rng.choice(list(names)), operands)
        if abs(node.data) > 3.0:
            node = node.tanh()
        nodes.append(node)
    root = autograd.sum([node * rng.uniform(-1, 1) for node in nodes])
    return root, leaves


def network(
    rng: random.Random, sizes: Sequence[int], style: str = "fused", skip: bool = False, shuffled: bool = False,
    shared: bool = False,
) -> tuple[Callable[[list[Any]], list[Any]], list[Value]]:  # fmt: skip
    """A multi-layer network in plain user code, and its parameters in order.

    `style`: "fused" neurons are one `dot`, "written out" ones are products and additions as in micrograd.
    `skip`: every layer but the first sees the network's inputs as well.  `shuffled`: each neuron adds its products in
    an order of its own.  `shared`: equally shaped layers share their weights.
    """
    layers: list[list[tuple[list[Value], Value, list[int]]]] = []
    inputs, fan_in = sizes[0], sizes[0]
    for depth, width in enumerate(sizes[1:]):
        same = [layer for layer in layers if len(layer) == width and len(layer[0][0]) == fan_in]
        if shared and same:
            layers.append(same[0])
        else:
            layer = []
            for _ in range(width):
                weights = [Value(rng.uniform(-1, 1) / math.sqrt(fan_in)) for _ in range(fan_in)]
                order = list(range(fan_in))
                if shuffled:
                    rng.shuffle(order)
                layer.append((weights, Value(rng.uniform(-0.1, 0.1)), order))
            layers.append(layer)
        fan_in = width + (inputs if skip and depth < len(sizes) - 2 else 0)

    def neuron(w: list[Value], b: Value, order: list[int], x: list[Any]) -> Any:
        ws, xs = [w[i] for i in order], [x[i] for i in order]
        if style == "fused":
            return autograd.dot(ws, xs, b)
        return sum((wi * xi for wi, xi in zip(ws, xs, strict=True)), b)

    def forward(x: list[Any]) -> list[Any]:
        first = x
        for depth, layer in enumerate(layers):
            x = [neuron(w, b, order, x) for w, b, order in layer]
            if depth < len(layers) - 1:
                x = [v.tanh() if depth % 2 else v.relu() for v in x]
                x = x + first if skip else x
        return x

    seen = {id(layer): layer for layer in layers}
    return forward, [p for layer in seen.values() for w, b, _ in layer for p in (*w, b)]


def squared_loss(
    forward: Callable[[list[Any]], list[Any]], points: Sequence[Sequence[Any]], targets: Sequence[float]
) -> Value:
    """The mean squared error of a network's first output over all points, in one graph."""
    errors = [(forward(list(point))[0] - target) ** 2 for point, target in zip(points, targets, strict=True)]
    return sum(errors) * (1.0 / len(errors))  # type: ignore[return-value]
