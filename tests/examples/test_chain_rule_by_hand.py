"""The four equations against the engine, for any number of layers, any widths and every activation."""

from __future__ import annotations

import random

import pytest

from examples.chain_rule_by_hand import activations, backprop, by_the_engine, difference, draw
from tests.requires import requires

SHAPES = [
    [1, 1], [3, 2], [3, 5, 4, 2], [2, 1, 3], [1, 2, 1, 2, 1], [4, 8, 8, 8, 8, 3], [6, 16, 16, 4], [2, *[4] * 12, 2],
]  # fmt: skip

shapes = pytest.mark.parametrize("sizes", SHAPES, ids=lambda sizes: "-".join(map(str, sizes)))
names = pytest.mark.parametrize("name", ["sigmoid", "tanh", "relu"])


@shapes
@names
@pytest.mark.parametrize("seed", range(5))
def test_every_gradient_is_the_engines(sizes: list[int], name: str, seed: int) -> None:
    np, rng = requires("numpy"), random.Random(seed)
    Ws, bs, _, _ = draw(np, sizes, rng)
    for _ in range(3):
        _, _, x, y = draw(np, sizes, rng)
        cost, ours = backprop(np, Ws, bs, name, x, y)
        same, theirs = by_the_engine(np, Ws, bs, name, x, y)
        assert cost == pytest.approx(same, rel=1e-12)
        assert [gradient.shape for gradient in ours[0] + ours[1]] == [parameter.shape for parameter in Ws + bs]
        assert difference(ours, theirs) <= 1e-12


@names
def test_every_gradient_is_pytorchs(name: str) -> None:
    np, torch = requires("numpy"), requires("torch")
    Ws, bs, x, y = draw(np, [4, 6, 6, 3], random.Random(0))
    weights, biases = ([torch.tensor(p, requires_grad=True) for p in parameters] for parameters in (Ws, bs))
    a = torch.tensor(x)
    for W, b in zip(weights, biases, strict=True):
        a = getattr(torch, name)(W @ a + b)
    (((a - torch.tensor(y)) ** 2).sum() / 2).backward()
    theirs = [p.grad.numpy() for p in weights], [p.grad.numpy() for p in biases]
    assert difference(backprop(np, Ws, bs, name, x, y)[1], theirs) <= 1e-12


def test_a_difference_is_a_share_of_the_largest_entry_of_its_layer() -> None:
    np = requires("numpy")
    ours, theirs = ([np.array([[1e-6, 2e-6]])], [np.array([0.0])]), ([np.array([[1e-6, 1e-6]])], [np.array([0.0])])
    assert difference(ours, theirs) == pytest.approx(1.0)
    assert difference(ours, ours) == 0.0


@names
def test_the_slope_is_the_derivative_even_where_it_is_flat(name: str) -> None:
    np, mpmath = requires("numpy"), requires("mpmath")
    exact = {"sigmoid": lambda z: 1 / (1 + mpmath.exp(-z)), "tanh": mpmath.tanh, "relu": lambda z: max(z, 0)}[name]
    sigma, slope = activations(np)[name]
    with mpmath.workdps(50):
        for z in (-15.0, -3.0, -0.1, 0.2, 2.0, 15.0):
            assert float(sigma(z)) == pytest.approx(float(exact(mpmath.mpf(z))), rel=1e-13)
            assert float(slope(z)) == pytest.approx(float(mpmath.diff(exact, z)), rel=1e-13)
