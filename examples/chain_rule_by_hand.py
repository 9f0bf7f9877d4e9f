"""Backpropagation as the textbook has it, four equations on matrices, held against the engine's scalar chain rule.

You learn: that BP1-BP4 are nothing but the chain rule, gathered by layer.  For z⁽ˡ⁾ = W⁽ˡ⁾a⁽ˡ⁻¹⁾ + b⁽ˡ⁾, a = σ(z):

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
from examples.lesson import extra, options, picture

MAX_DIFFERENCE = 1e-12  # success: of any gradient, for each activation ...
MAX_COST_LEFT = 0.1  # ... and what is left of the cost after training with the equations alone

SIZES = [3, 5, 4, 2]
STEPS = 400


def activations(np: Any) -> dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]]:
    """Each σ and its derivative, on arrays."""

    def sigmoid(z: Any) -> Any:
        return 1.0 / (1.0 + np.exp(-z))

    return {
        "sigmoid": (sigmoid, lambda z: sigmoid(z) * (1.0 - sigmoid(z))),
        "tanh": (np.tanh, lambda z: 1.0 - np.tanh(z) ** 2),
        "relu": (lambda z: np.maximum(z, 0.0), lambda z: (z > 0) * 1.0),
    }


def backprop(
    Ws: list[Any], bs: list[Any], sigma: Any, slope: Any, x: Any, y: Any
) -> tuple[float, list[Any], list[Any]]:
    """The cost C = ½‖a - y‖² of one sample and its gradients, by the four equations."""
    a, activations_, zs = x, [x], []
    for W, b in zip(Ws, bs, strict=True):
        z = W @ a + b
        a = sigma(z)
        zs.append(z)
        activations_.append(a)
    delta = (a - y) * slope(zs[-1])  # BP1
    grad_W, grad_b = [], []
    for layer in reversed(range(len(Ws))):
        grad_b.insert(0, delta)  # BP3
        grad_W.insert(0, delta[:, None] * activations_[layer][None, :])  # BP4
        if layer:
            delta = (Ws[layer].T @ delta) * slope(zs[layer - 1])  # BP2
    return float(((a - y) ** 2).sum() / 2), grad_W, grad_b


def by_the_engine(Ws: list[Any], bs: list[Any], name: str, x: Any, y: Any) -> tuple[list[Any], list[Any]]:
    """The same gradients from a graph of Values that knows nothing of layers."""
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
    grads = [[[w.grad for w in row] for row in rows] for rows in weights]
    return grads, [[b.grad for b in vector] for vector in biases]


def main(argv: Sequence[str] | None = None) -> None:
    """Compare for each activation, then train with the equations."""
    given = options(__doc__, argv, lr=0.5)
    np = extra("numpy", "fast")
    rng = random.Random(given.seed)

    def draw(*shape: int) -> Any:
        return np.array([rng.gauss(0.0, 1.0) for _ in range(int(np.prod(shape)))]).reshape(shape)

    worst, costs = 0.0, {}
    for name, (sigma, slope) in activations(np).items():
        Ws = [draw(n, m) / m**0.5 for m, n in pairwise(SIZES)]
        bs = [0.1 * draw(n) for n in SIZES[1:]]
        x, y = draw(SIZES[0]), np.array([0.2, 0.8])
        _, grad_W, grad_b = backprop(Ws, bs, sigma, slope, x, y)
        engine_W, engine_b = by_the_engine(Ws, bs, name, x, y)
        difference = max(
            float(abs(a - np.array(b)).max()) for a, b in zip(grad_W + grad_b, engine_W + engine_b, strict=True)
        )
        worst = max(worst, difference)
        print(f"{name:8} largest difference over {sum(g.size for g in grad_W + grad_b)} gradients: {difference:.1e}")
        if name == "sigmoid":
            delta = grad_b[-1]
            print(f"         δ at the output: {np.array2string(delta, precision=6)}, the engine has {engine_b[-1]}")
            costs = {name: []}
            for _ in range(STEPS):
                cost, grad_W, grad_b = backprop(Ws, bs, sigma, slope, x, y)
                costs[name].append(cost)
                for parameter, gradient in zip(Ws + bs, grad_W + grad_b, strict=True):
                    parameter -= given.lr * gradient
    left = costs["sigmoid"][-1] / costs["sigmoid"][0]
    print(f"trained by BP1-BP4 alone, {STEPS} steps leave {left:.2%} of the cost")
    if given.plot:
        from visualize import plots

        with picture(given.plot) as axes:
            plots.curves(costs["sigmoid"], ax=axes).set_yscale("log")
            axes.set_ylabel("cost")
    assert worst <= MAX_DIFFERENCE, f"the equations and the engine differ by {worst}"
    assert left <= MAX_COST_LEFT, f"{left:.1%} of the cost is left, not at most {MAX_COST_LEFT:.0%}"


if __name__ == "__main__":
    main()
