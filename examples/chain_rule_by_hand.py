"""Backpropagation as the textbook has it, four equations on matrices, held against the engine's scalar chain rule.

You learn: that BP1-BP4 are nothing but the chain rule, gathered by layer.  For z⁽ˡ⁾ = W⁽ˡ⁾a⁽ˡ⁻¹⁾ + b⁽ˡ⁾, a = σ(z),
l = 1..L, whatever L and the widths of the layers:

    BP1   δ⁽ᴸ⁾ = ∇ₐC ⊙ σ'(z⁽ᴸ⁾)                      the error at the output
    BP2   δ⁽ˡ⁾ = (W⁽ˡ⁺¹⁾ᵀ δ⁽ˡ⁺¹⁾) ⊙ σ'(z⁽ˡ⁾)            the error one layer further back
    BP3   ∂C/∂b⁽ˡ⁾ = δ⁽ˡ⁾
    BP4   ∂C/∂W⁽ˡ⁾ = δ⁽ˡ⁾ a⁽ˡ⁻¹⁾ᵀ

Source of the equations' names: Nielsen, Neural Networks and Deep Learning, chapter 2.
"""

import random
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import autograd
from autograd import Value
from examples.lesson import extra, options, picture, run

MAX_DIFFERENCE = 1e-12  # success: of any one gradient, as a share of its layer's largest, whatever σ ...
MAX_COST_LEFT = 0.1  # ... and what is left of the cost after training with the equations alone

SHAPES = [[3, 5, 4, 2], [2, 1], [4, 6, 6, 6, 6, 3]]  # the numbers of inputs, of neurons by layer, of outputs
STEPS = 400

Gradients = tuple[list[Any], list[Any]]  # ∂C/∂W and ∂C/∂b, an array a layer


def activations(np: Any) -> dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]]:
    """Each σ and its derivative, on arrays."""

    def sigmoid(z: Any) -> Any:
        return 1.0 / (1.0 + np.exp(-z))

    return {
        "sigmoid": (sigmoid, lambda z: sigmoid(z) * sigmoid(-z)),
        "tanh": (np.tanh, lambda z: 1.0 / np.cosh(z) ** 2),
        "relu": (lambda z: np.maximum(z, 0.0), lambda z: (z > 0) * 1.0),
    }


def draw(np: Any, sizes: Sequence[int], rng: random.Random) -> tuple[list[Any], list[Any], Any, Any]:
    """Weights and biases of a network of these sizes, an input and a target."""

    def normal(*shape: int) -> Any:
        return np.array([rng.gauss(0.0, 1.0) for _ in range(int(np.prod(shape)))]).reshape(shape)

    Ws = [normal(n, m) / m**0.5 for m, n in pairwise(sizes)]
    bs = [0.1 * normal(n) for n in sizes[1:]]
    return Ws, bs, normal(sizes[0]), np.array([rng.uniform(0.1, 0.9) for _ in range(sizes[-1])])


def backprop(np: Any, Ws: list[Any], bs: list[Any], name: str, x: Any, y: Any) -> tuple[float, Gradients]:
    """The cost C = ½‖a - y‖² of one sample and its gradients, by the four equations.

    Args:
        np: NumPy.
        Ws: the weights of L layers, an array (n, m) for each layer of n neurons over m.
        bs: their biases, an array (n,) each.
        name: of the activation of every layer, one of ``activations``.
        x: the sample.
        y: its target.
    """
    sigma, slope = activations(np)[name]
    a, outputs, zs = x, [x], []
    for W, b in zip(Ws, bs, strict=True):
        z = W @ a + b
        a = sigma(z)
        zs.append(z)
        outputs.append(a)
    delta = (a - y) * slope(zs[-1])  # BP1
    grad_W: list[Any] = []
    grad_b: list[Any] = []
    for layer in reversed(range(len(Ws))):
        grad_b.insert(0, delta)  # BP3
        grad_W.insert(0, delta[:, None] * outputs[layer][None, :])  # BP4
        if layer:
            delta = (Ws[layer].T @ delta) * slope(zs[layer - 1])  # BP2
    return float(((a - y) ** 2).sum() / 2), (grad_W, grad_b)


def by_the_engine(np: Any, Ws: list[Any], bs: list[Any], name: str, x: Any, y: Any) -> tuple[float, Gradients]:
    """The same from a graph of Values that knows nothing of layers."""
    weights = [[[Value(w) for w in row] for row in W.tolist()] for W in Ws]
    biases = [[Value(b) for b in vector.tolist()] for vector in bs]
    a: list[Any] = x.tolist()
    for rows, vector in zip(weights, biases, strict=True):
        sums = [
            autograd.sum([w * i for w, i in zip(row, a, strict=True)]) + b for row, b in zip(rows, vector, strict=True)
        ]
        a = [getattr(z, name)() for z in sums]
    cost = 0.5 * autograd.sum([(out - target) ** 2 for out, target in zip(a, y.tolist(), strict=True)])
    cost.backward()
    grad_W = [np.array([[w.grad for w in row] for row in rows]) for rows in weights]
    return cost.data, (grad_W, [np.array([b.grad for b in vector]) for vector in biases])


def difference(ours: Gradients, theirs: Gradients) -> float:
    """The largest difference between two entries, as a share of the largest entry of the same ∂C/∂W or ∂C/∂b."""
    pairs = [(a, b) for one, other in zip(ours, theirs, strict=True) for a, b in zip(one, other, strict=True)]
    return max(float(abs(a - b).max()) / (float(abs(b).max()) or 1.0) for a, b in pairs)


def main(argv: Sequence[str] | None = None) -> None:
    """Compare for each shape and activation, then train with the equations."""
    given = options(__doc__, argv, lr=0.5)
    np = extra("numpy", "fast")
    rng = random.Random(given.seed)
    worst = 0.0
    for sizes in SHAPES:
        for name in activations(np):
            Ws, bs, x, y = draw(np, sizes, rng)
            cost, ours = backprop(np, Ws, bs, name, x, y)
            _, theirs = by_the_engine(np, Ws, bs, name, x, y)
            found = difference(ours, theirs)
            worst = max(worst, found)
            count, shape = sum(gradient.size for kind in ours for gradient in kind), "-".join(map(str, sizes))
            print(f"{shape:12} {name:8} cost {cost:.4f}, {count:3} gradients differ by {found:.1e} at most")

    Ws, bs, x, y = draw(np, SHAPES[0], rng)
    _, (_, deltas) = backprop(np, Ws, bs, "sigmoid", x, y)
    _, (_, same) = by_the_engine(np, Ws, bs, "sigmoid", x, y)
    for layer, pair in enumerate(zip(deltas, same, strict=True), 1):
        for name, delta in zip((f"δ of layer {layer}", "  the engine's"), pair, strict=True):
            print(f"{name:16}", np.array2string(delta, precision=6))
    costs = []
    for _ in range(STEPS):
        cost, (grad_W, grad_b) = backprop(np, Ws, bs, "sigmoid", x, y)
        costs.append(cost)
        for parameter, gradient in zip(Ws + bs, grad_W + grad_b, strict=True):
            parameter -= given.lr * gradient
    left = costs[-1] / costs[0]
    print(f"trained by BP1-BP4 alone, {STEPS} steps leave {left:.1e} of the cost")
    if given.plot:
        from visualize import plots

        with picture(given.plot) as axes:
            plots.curves(costs, ax=axes).set_yscale("log")
            axes.set(
                title="a 3-5-4-2 network, trained by BP1-BP4 alone",
                xlabel="step of gradient descent",
                ylabel="cost of the sample",
            )
    assert worst <= MAX_DIFFERENCE, f"the equations and the engine differ by {worst} of a layer's largest gradient"
    assert left <= MAX_COST_LEFT, f"{left:.1%} of the cost is left, not at most {MAX_COST_LEFT:.0%}"


if __name__ == "__main__":
    run(main)
