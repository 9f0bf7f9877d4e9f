"""Numbers that the tests of nn share, and the comparison with PyTorch in float64.  No test lives here."""

from __future__ import annotations

import random
from typing import Any

import pytest

from autograd import Value
from tests.requires import requires

TOLERANCE = 1e-12


def numbers(n: int, seed: int, low: float = -2.0, high: float = 2.0) -> list[float]:
    rng = random.Random(seed)
    return [rng.uniform(low, high) for _ in range(n)]


def rows(n: int, width: int, seed: int) -> list[list[float]]:
    flat = numbers(n * width, seed)
    return [flat[i * width : (i + 1) * width] for i in range(n)]


def values(x: Any) -> Any:
    """Nested lists of numbers as Values."""
    return [values(entry) for entry in x] if isinstance(x, list) else Value(x)


def data(x: Any) -> Any:
    """Nested lists of Values and numbers as floats."""
    return [data(entry) for entry in x] if isinstance(x, list | tuple) else float(x)


def grads(x: Any) -> Any:
    return [grads(entry) for entry in x] if isinstance(x, list) else x.grad


def close(x: Any, tolerance: float = TOLERANCE) -> Any:
    """What an equal result looks like, in nested lists, to a relative and absolute tolerance."""
    if isinstance(x, list):
        return [close(entry, tolerance) for entry in x]
    return pytest.approx(x, rel=tolerance, abs=tolerance, nan_ok=True)


def tensor(x: Any, requires_grad: bool = False) -> Any:
    """Nested lists as a tensor: numbers in float64, class indices as they are."""
    torch = requires("torch")
    whole = isinstance(x, list) and isinstance(x[0], int)
    return torch.tensor(x, dtype=torch.int64 if whole else torch.float64, requires_grad=requires_grad)
