"""Functions from the literature with values, gradients and Hessians to 24 digits, in `reference/problems.json`.

The bound is 10⁻¹³ of the largest intermediate term: a sum that cancels cannot be nearer than its terms allow. The
largest term is read from the graph itself, and at least 1 where the digits say so.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import autograd
from autograd import Value, exp, hessian, log, logsumexp, prod, sin, topological_order, value_and_grad

PROBLEMS = json.loads((Path(__file__).parent / "reference" / "problems.json").read_text())


def griewank_walther(x: Any) -> Any:
    a, b = x
    return (sin(a / b) + a / b - exp(b)) * (a / b - exp(b))


def beale(v: Any) -> Any:
    x, y = v
    return (1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2


def powell(x: Any) -> Any:
    a, b, c, d = x
    return (a + 10 * b) ** 2 + 5 * (c - d) ** 2 + (b - 2 * c) ** 4 + 10 * (a - d) ** 4


def neuron(w: Any) -> Any:
    return ((w[0] * 0.5 + w[1] * -1.25 + w[2]).sigmoid() - 1) ** 2


def product_by_hand(x: Any) -> Any:
    total = 1
    for factor in x:
        total = total * factor
    return total


WAYS: dict[str, list[Callable[[Any], Any]]] = {
    "speelpenning-5": [prod, product_by_hand],
    "speelpenning-zero": [prod, product_by_hand],
    "griewank-walther": [griewank_walther],
    "baydin": [lambda x: log(x[0]) + x[0] * x[1] - sin(x[1])],
    "rosenbrock": [lambda v: 100 * (v[1] - v[0] ** 2) ** 2 + (1 - v[0]) ** 2],
    "beale": [beale],
    "himmelblau": [lambda v: (v[0] ** 2 + v[1] - 11) ** 2 + (v[0] + v[1] ** 2 - 7) ** 2],
    "powell-singular": [powell],
    "sigmoid-neuron-squared-error": [
        neuron,
        lambda w: (1 / (1 + exp(-(w[0] * 0.5 + w[1] * -1.25 + w[2]))) - 1) ** 2,
        lambda w: (autograd.dot(w[:2], [0.5, -1.25], w[2]).sigmoid() - 1) ** 2,
    ],
    "log-sum-exp": [logsumexp, lambda x: log(exp(x[0]) + exp(x[1]) + exp(x[2]))],
}
"""Each problem as a learner might write it, and with a fused primitive where there is one."""

CASES = [
    pytest.param(problem, f, id=f"{problem['name']}-{k}")
    for problem in PROBLEMS
    for k, f in enumerate(WAYS[problem["name"]])
]


def scales(f: Callable[[Any], Any], at: list[float]) -> tuple[float, float, float]:
    """The largest intermediate term of the value, of the gradient and of the Hessian."""
    leaves = [Value(x) for x in at]
    root = f(leaves)
    root.backward(create_graph=True)
    value = max(abs(node.data) for node in topological_order(root))
    slopes = [leaf.grad for leaf in leaves]
    gradient = max(abs(node.data) for slope in slopes for node in topological_order(slope))
    curved = gradient
    for slope in slopes:
        slope.backward()
        curved = max(curved, *(abs(float(node.grad)) for node in topological_order(slope)))
    return value, gradient, curved


def near(found: float, wanted: str, largest: float) -> bool:
    return abs(Fraction(found) - Fraction(wanted)) <= Fraction(1e-13) * Fraction(largest)


@pytest.mark.parametrize(("problem", "f"), CASES)
def test_value_gradient_and_hessian(problem: dict[str, Any], f: Callable[[Any], Any]) -> None:
    at = [float(x) for x in problem["at"]]
    of_value, of_gradient, of_hessian = scales(f, at)
    value, gradient = value_and_grad(f)(at)
    assert near(value, problem["value"], of_value)
    for found, wanted in zip(gradient, problem["gradient"], strict=True):
        assert near(found, wanted, of_gradient)
    for row, exact in zip(hessian(f)(at), problem["hessian"], strict=True):
        for found, wanted in zip(row, exact, strict=True):
            assert near(found, wanted, of_hessian)


@pytest.mark.parametrize(("problem", "f"), CASES)
def test_backward_agrees(problem: dict[str, Any], f: Callable[[Any], Any]) -> None:
    leaves = [Value(float(x)) for x in problem["at"]]
    f(leaves).backward()
    _, of_gradient, _ = scales(f, [leaf.data for leaf in leaves])
    for leaf, wanted in zip(leaves, problem["gradient"], strict=True):
        assert near(leaf.grad, wanted, of_gradient)


def test_every_problem_of_the_file_is_solved() -> None:
    assert {problem["name"] for problem in PROBLEMS} == set(WAYS)
