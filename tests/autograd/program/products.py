"""Dots of every make, for the tests of matrix products: what their weights, inputs and biases may be, in a batch."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from typing import Any

import autograd
from autograd import Value

KINDS = ("leaf", "batch", "result", "varying", "constant")
"""A leaf; one that takes a column; what is computed from leaves alone; what depends on a column; a plain number."""

LAYOUTS = ((2, 1, 2, "row"), (2, 3, 2, "row"), (3, 2, 1, "each"), (2, 2, 3, "each"))
"""Rows of weights, rows of inputs, their length, and whether a bias belongs to a row of weights or to each dot."""


def mixtures() -> list[tuple[str, str, str]]:
    """Every combination of kinds of weights, inputs and biases but constants alone."""
    return [kinds for kinds in itertools.product(KINDS, repeat=3) if set(kinds) != {"constant"}]


def dots(kinds: tuple[str, str, str], layout: tuple[int, int, int, str]) -> tuple[Value, list[Value]]:
    """The sum of tanh(w · x + bias) over all pairs of rows, and the leaves that take a column."""
    j, b, k, biases = layout
    rng = random.Random(f"{kinds}{layout}")
    number = lambda: rng.uniform(-1.0, 1.0)  # noqa: E731
    slope, column = Value(0.7), Value(-0.4)
    batch = [column]

    def in_column() -> Value:
        batch.append(Value(number()))
        return batch[-1]

    make: dict[str, Callable[[], Any]] = {
        "leaf": lambda: Value(number()), "batch": in_column, "result": lambda: (slope * number()).tanh(),
        "varying": lambda: (column * slope * number()).tanh(), "constant": number,
    }  # fmt: skip
    w_kind, x_kind, bias_kind = kinds
    ws = [[make[w_kind]() for _ in range(k)] for _ in range(j)]
    xs = [[make[x_kind]() for _ in range(k)] for _ in range(b)]
    terms = []
    for w in ws:
        shared = [make[bias_kind]()] * b if biases == "row" else [make[bias_kind]() for _ in xs]
        terms += [autograd.tanh(autograd.dot(w, x, bias)) for x, bias in zip(xs, shared, strict=True)]
    return autograd.sum([*terms, slope * column]), batch
