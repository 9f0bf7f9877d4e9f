"""Random graphs held against PyTorch's float64, value and gradients: `python -m tests.autograd.random_graphs 100000`.

Two kinds. *Integer* graphs use only operations that are exact on small integers, so that both engines must give the
same bits. *Smooth* graphs draw from nearly all primitives; each gradient may differ by 10⁻¹³ of the sum, over all paths
from the root to the leaf, of the absolute products of partials along it: what cancels in that sum is no excuse to be
wrong, and no fault if it rounds. Graphs with a partial or a value that is not finite are drawn again.

`tests/autograd/test_against_torch.py` runs the first 2,000.
"""

from __future__ import annotations

import math
import random
import struct
import sys
from collections.abc import Callable, Sequence
from typing import Any

import autograd
from autograd import Value, topological_order
from tests.requires import requires

BOUND = 1e-13


def _stack(torch: Any, xs: Sequence[Any]) -> Any:
    return torch.stack(list(xs))


def small(x: Any) -> Any:
    """x brought into [-1.5, 1.5], where PyTorch itself is right to the last digits; mpmath is the oracle elsewhere.

    PyTorch's derivatives of tanh, sigmoid and expm1, 1 - t², s·(1 - s) and e + 1, lose their digits where these
    saturate, and those of gelu and silu cross zero near -1; the sine of a large number lacks the digits that the
    number's own rounding has cost. `test_ops_values.py` goes there.
    """
    return 3 * x / (1 + x * x)


Pair = tuple[int, Callable[..., Any], Callable[..., Any]]
"""How many operands, the operation on Values, and the same on tensors: `(torch, *operands)`."""

EXACT: dict[str, Pair] = {
    "add": (2, lambda x, y: x + y, lambda t, x, y: x + y),
    "sub": (2, lambda x, y: x - y, lambda t, x, y: x - y),
    "mul": (2, lambda x, y: x * y, lambda t, x, y: x * y),
    "add number": (1, lambda x: 3 + x, lambda t, x: 3 + x),
    "sub number": (1, lambda x: 2 - x, lambda t, x: 2 - x),
    "mul number": (1, lambda x: x * -2, lambda t, x: x * -2),
    "neg": (1, lambda x: -x, lambda t, x: -x),
    "square": (1, lambda x: x**2, lambda t, x: x**2),
    "cube": (1, lambda x: x**3, lambda t, x: x**3),
    "relu": (1, autograd.relu, lambda t, x: t.relu(x)),
    "abs": (1, abs, lambda t, x: abs(x)),
    "sign": (1, autograd.sign, lambda t, x: t.sign(x)),
    "leaky_relu": (1, lambda x: autograd.leaky_relu(x, 0.5), lambda t, x: t.nn.functional.leaky_relu(x, 0.5)),
    "maximum": (2, autograd.maximum, lambda t, x, y: t.maximum(x, y)),
    "minimum": (2, autograd.minimum, lambda t, x, y: t.minimum(x, y)),
    "clamp": (1, lambda x: autograd.clamp(x, -3, 3), lambda t, x: t.clamp(x, -3, 3)),
    "sum": (3, lambda *xs: autograd.sum(xs), lambda t, *xs: _stack(t, xs).sum()),
    "prod": (3, lambda *xs: autograd.prod(xs), lambda t, *xs: _stack(t, xs).prod()),
    "dot": (4, lambda a, b, c, d: autograd.dot([a, b], [c, d], 1), lambda t, a, b, c, d: a * c + b * d + 1),
    "where": (3, lambda c, x, y: autograd.where(autograd.greater(c, 0), x, y), lambda t, c, x, y: t.where(c > 0, x, y)),
}  # fmt: skip

SMOOTH: dict[str, Pair] = {
    **EXACT,
    "div": (2, lambda x, y: x / (y * y + 0.5), lambda t, x, y: x / (y * y + 0.5)),
    "over": (1, lambda x: 2 / (x * x + 0.5), lambda t, x: 2 / (x * x + 0.5)),
    "mod": (2, lambda x, y: x % (y * y + 0.7), lambda t, x, y: x % (y * y + 0.7)),
    "pow": (2, lambda x, y: (x * x + 0.3) ** (0.2 * y), lambda t, x, y: (x * x + 0.3) ** (0.2 * y)),
    "rpow": (1, lambda x: 1.5**x, lambda t, x: 1.5**x),
    "root": (1, lambda x: (x * x + 0.1) ** -0.5, lambda t, x: (x * x + 0.1) ** -0.5),
    **{
        name: (1, getattr(autograd, name), lambda t, x, name=name: getattr(t, name)(x))
        for name in ("exp", "atan", "sinh", "cosh", "asinh", "erf", "erfc")
    },
    "log": (1, lambda x: autograd.log(x * x + 0.5), lambda t, x: t.log(x * x + 0.5)),
    "log1p": (1, lambda x: autograd.log1p(x * x), lambda t, x: t.log1p(x * x)),
    "sqrt": (1, lambda x: autograd.sqrt(x * x + 0.5), lambda t, x: t.sqrt(x * x + 0.5)),
    "asin": (1, lambda x: autograd.asin(0.6 * small(x)), lambda t, x: t.asin(0.6 * small(x))),
    "acos": (1, lambda x: autograd.acos(0.6 * small(x)), lambda t, x: t.acos(0.6 * small(x))),
    "acosh": (1, lambda x: autograd.acosh(x * x + 1.5), lambda t, x: t.acosh(x * x + 1.5)),
    "atanh": (1, lambda x: autograd.atanh(0.6 * small(x)), lambda t, x: t.atanh(0.6 * small(x))),
    "softplus": (1, autograd.softplus, lambda t, x: t.nn.functional.softplus(x, threshold=1000)),
    "elu": (1, lambda x: autograd.elu(x, 1.5), lambda t, x: t.nn.functional.elu(x, 1.5)),
    **{
        name: (1, lambda x, name=name: getattr(small(x), name)(), lambda t, x, name=name: getattr(t, name)(small(x)))
        for name in ("sin", "cos", "tan", "expm1")
    },
    "tanh": (1, lambda x: small(x).tanh(), lambda t, x: t.tanh(small(x))),
    "sigmoid": (1, lambda x: small(x).sigmoid(), lambda t, x: t.sigmoid(small(x))),
    "gelu": (1, lambda x: (small(x) + 2).gelu(), lambda t, x: t.nn.functional.gelu(small(x) + 2)),
    "silu": (1, lambda x: (small(x) + 2).silu(), lambda t, x: t.nn.functional.silu(small(x) + 2)),
    "atan2": (2, lambda y, x: autograd.atan2(y, x + 0.1), lambda t, y, x: t.atan2(y, x + 0.1)),
    "hypot": (2, lambda x, y: autograd.hypot(x, y + 0.1), lambda t, x, y: t.hypot(x, y + 0.1)),
    "mean": (3, lambda *xs: autograd.mean(xs), lambda t, *xs: _stack(t, xs).mean()),
    "logsumexp": (3, lambda *xs: autograd.logsumexp(xs), lambda t, *xs: t.logsumexp(_stack(t, xs), 0)),
    "max": (3, lambda *xs: autograd.max(xs), lambda t, *xs: t.amax(_stack(t, xs), 0)),
    "min": (3, lambda *xs: autograd.min(xs), lambda t, *xs: t.amin(_stack(t, xs), 0)),
}  # fmt: skip
LARGEST = {"integer": 2**40, "smooth": 30.0}
"""A result beyond this is not used further: integers stay exact, and exp of exp does not run away."""


class RandomGraph:
    """One graph, written down as a recipe, so that both engines build the same."""

    def __init__(self, seed: int, kind: str) -> None:
        rng = random.Random(f"{kind} {seed}")
        pairs = EXACT if kind == "integer" else SMOOTH
        count = rng.randint(1, 4)
        self.inputs = [float(rng.randint(-4, 4)) if kind == "integer" else rng.uniform(-2.0, 2.0) for _ in range(count)]
        self.leaves = [Value(x) for x in self.inputs]
        self.recipe: list[tuple[str, tuple[int, ...]]] = []
        self.pairs = pairs
        nodes: list[Value] = list(self.leaves)
        names = list(pairs)
        for _ in range(rng.randint(2, 14)):
            name = rng.choice(names)
            places = tuple(rng.randrange(len(nodes)) for _ in range(pairs[name][0]))
            made = pairs[name][1](*(nodes[place] for place in places))
            if not math.isfinite(made.data) or abs(made.data) > LARGEST[kind]:
                continue
            self.recipe.append((name, places))
            nodes.append(made)
        # the root takes in all that nothing else has used
        used = {place for _, places in self.recipe for place in places}
        self.ends = [place for place in range(len(nodes)) if place not in used]
        self.root = nodes[self.ends[0]]
        for place in self.ends[1:]:
            self.root = self.root + nodes[place]

    def in_torch(self, torch: Any) -> tuple[float, list[float]]:
        leaves = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in self.inputs]
        nodes = list(leaves)
        for name, places in self.recipe:
            nodes.append(self.pairs[name][2](torch, *(nodes[place] for place in places)))
        root = nodes[self.ends[0]]
        for place in self.ends[1:]:
            root = root + nodes[place]
        if not root.requires_grad:
            return float(root), [0.0] * len(leaves)
        root.backward()
        return root.item(), [0.0 if leaf.grad is None else leaf.grad.item() for leaf in leaves]

    def path_sums(self) -> dict[Value, float]:
        """For each node, Σ over all paths from the root of Π |partial|."""
        order = topological_order(self.root)
        sums = dict.fromkeys(order, 0.0)
        sums[self.root] = 1.0
        for node in reversed(order):
            for parent, partial in zip(node.parents, node.partials, strict=True):
                sums[parent] += sums[node] * abs(partial)
        return sums


def finite(graph: RandomGraph) -> bool:
    """Whether every partial and every sum of path products is a finite number."""
    return all(map(math.isfinite, graph.path_sums().values()))


def bits(x: float) -> bytes:
    """The bytes of a float; the sign of a zero says nothing here."""
    return struct.pack("d", x + 0.0)


def compare(seed: int, kind: str, torch: Any) -> str:
    """Hold graph number `seed` against PyTorch; what is wrong, or nothing, or "skipped"."""
    graph = RandomGraph(seed, kind)
    if not finite(graph):
        return "skipped"
    graph.root.backward()
    value, gradients = graph.in_torch(torch)
    found = [graph.root.data, *(leaf.grad for leaf in graph.leaves)]
    wanted = [value, *gradients]
    if kind == "integer":
        wrong = [(f, w) for f, w in zip(found, wanted, strict=True) if bits(f) != bits(w)]
    else:
        sums = graph.path_sums()
        largest = max(abs(node.data) for node in topological_order(graph.root))
        room = [largest, *(sums.get(leaf, 0.0) for leaf in graph.leaves)]
        wrong = [(f, w) for f, w, r in zip(found, wanted, room, strict=True) if not abs(f - w) <= BOUND * r]
    return f"{kind} graph {seed}, {graph.recipe} at {graph.inputs}: found and wanted {wrong}" if wrong else ""


def main(count: int) -> int:
    """Compare `count` graphs of each kind in turns; the number of failures."""
    torch = requires("torch")
    torch.set_num_threads(1)
    wrong = skipped = 0
    for seed in range(count):
        result = compare(seed, ("integer", "smooth")[seed % 2], torch)
        if result == "skipped":
            skipped += 1
        elif result:
            wrong += 1
            print(result)
    print(f"{count} random graphs, {count - skipped} compared, {skipped} not finite and skipped, {wrong} wrong")
    return wrong


if __name__ == "__main__":
    sys.exit(min(main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000), 1))
