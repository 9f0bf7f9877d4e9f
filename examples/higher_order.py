"""Gradients of gradients: Newton's method walks down Rosenbrock's valley in a few steps.

You learn: that a gradient is itself a graph, which can be differentiated again; that the matrix of second derivatives
gives the right direction and the right length of a step where the gradient alone creeps; and three ways to a Hessian
(``backward(create_graph=True)``, ``autograd.hessian``, and ``hvp``, its product with a vector, without the matrix).
"""

import random
from collections.abc import Sequence
from typing import Any

import autograd
from autograd import Value
from examples.lesson import options, picture, run

MAX_DISTANCE = 1e-9  # success: from the minimum at (1, 1), in each coordinate ...
MAX_STEPS = 30  # ... after at most so many steps of Newton's method ...
MIN_DISTANCE_OF_DESCENT = 1e-3  # ... while gradient descent is further away after a hundred times as many


def rosenbrock(x: Any, y: Any) -> Any:
    """(1 - x)² + 100 (y - x²)²: a curved valley with the minimum 0 at (1, 1)."""
    return (1 - x) ** 2 + 100 * (y - x * x) ** 2


def hessian_by_hand(x: float, y: float) -> list[list[float]]:
    """Second derivatives by differentiating the gradient's own graph, one row at a time."""
    rows = []
    for k in range(2):
        leaves = [Value(x), Value(y)]
        rosenbrock(*leaves).backward(create_graph=True)
        slope = leaves[k].grad
        for leaf in leaves:
            leaf.grad = 0.0
        slope.backward()
        rows.append([float(leaf.grad) for leaf in leaves])
    return rows


def solved(H: list[list[float]], g: list[float]) -> list[float]:
    """The step s with H · s = g, by Cramer's rule."""
    (a, b), (c, d) = H
    determinant = a * d - b * c
    return [(g[0] * d - b * g[1]) / determinant, (a * g[1] - c * g[0]) / determinant]


def draw(paths: dict[str, list[Any]], left: Any, right: Any) -> None:
    """The ways of both methods through the valley, and how far they still have to go."""
    xs, ys = [i / 50 - 2 for i in range(176)], [i / 50 - 2.2 for i in range(216)]
    levels = [10.0 ** (k / 2) for k in range(-2, 7)]
    left.contour(xs, ys, [[rosenbrock(x, y) for x in xs] for y in ys], levels=levels, colors="silver", linewidths=0.8)
    for (name, path), style, size in zip(paths.items(), ("o-", "--"), (5, 0), strict=True):
        left.plot([x for x, _ in path], [y for _, y in path], style, markersize=size, label=name)
        distances = [max(abs(x - 1), abs(y - 1)) for x, y in path]
        right.loglog(range(1, len(path) + 1), [d or 1e-16 for d in distances], style, markersize=size, label=name)
    left.plot([1], [1], "*", color="black", markersize=12, label="the minimum")
    left.set(title="Rosenbrock's valley", xlabel="x", ylabel="y", xlim=(xs[0], xs[-1]), ylim=(ys[0], ys[-1]))
    left.legend(frameon=False, fontsize=9, loc="lower left")
    right.set(
        title="distance from the minimum",
        xlabel="point on the way; 1 is the start",
        ylabel="larger of |x - 1| and |y - 1|",
    )
    right.legend(frameon=False)


def main(argv: Sequence[str] | None = None) -> None:
    """Race Newton's method with gradient descent."""
    given = options(__doc__, argv, lr=1.0, lr_means="share of a Newton step to take")
    rng = random.Random(given.seed)
    start = [rng.uniform(-1.5, -0.5), rng.uniform(0.5, 1.5)]
    gradient = autograd.grad(rosenbrock, argnums=(0, 1))

    by_hand = hessian_by_hand(*start)
    exact = [[2 - 400 * (start[1] - 3 * start[0] ** 2), -400 * start[0]], [-400 * start[0], 200.0]]
    print("the Hessian at the start   by gradients of gradients           by hand on paper")
    for ours, theirs in zip(by_hand, exact, strict=True):
        print(" " * 27 + f"{ours[0]:14.6f} {ours[1]:14.6f}     {theirs[0]:14.6f} {theirs[1]:14.6f}")
    pairs = [(a, b) for ours, theirs in zip(by_hand, exact, strict=True) for a, b in zip(ours, theirs, strict=True)]
    product = autograd.hvp(rosenbrock, tuple(start), (1.0, 0.0))
    print(f"its first column by hvp    {product[0]:14.6f} {product[1]:14.6f}")

    point, path = list(start), [tuple(start)]
    for step in range(MAX_STEPS):
        g = list(gradient(*point))
        if max(map(abs, g)) == 0.0:
            break
        H = autograd.hessian(lambda p: rosenbrock(*p))(point)
        point = [p - given.lr * s for p, s in zip(point, solved(H, g), strict=True)]
        path.append(tuple(point))
        print(f"Newton {step + 1:2}   ({point[0]:+.12f}, {point[1]:+.12f})   f = {rosenbrock(*point):.3e}")
        if max(abs(p - 1.0) for p in point) <= MAX_DISTANCE / 10 or path[-1] == path[-2]:
            break
    slow, slow_path = list(start), [tuple(start)]
    for _ in range(100 * MAX_STEPS):
        slow = [p - 1e-3 * s for p, s in zip(slow, gradient(*slow), strict=True)]
        slow_path.append(tuple(slow))
    print(f"descent {100 * MAX_STEPS}  ({slow[0]:+.12f}, {slow[1]:+.12f})   f = {rosenbrock(*slow):.3e}")

    if given.plot:
        with picture(given.plot, 2) as (left, right):
            draw({"Newton's method": path, "gradient descent": slow_path}, left, right)
    distance = max(abs(p - 1.0) for p in point)
    crept = max(abs(p - 1.0) for p in slow)
    assert all(abs(a - b) <= 1e-9 * max(1.0, abs(b)) for a, b in pairs), f"the Hessians differ: {pairs}"
    assert distance <= MAX_DISTANCE, f"Newton's method is {distance} away from the minimum, not at most {MAX_DISTANCE}"
    assert crept >= MIN_DISTANCE_OF_DESCENT, f"gradient descent came as close as {crept}"


if __name__ == "__main__":
    run(main)
