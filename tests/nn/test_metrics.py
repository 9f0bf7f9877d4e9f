"""Metrics, held against scikit-learn's where it has them."""

from __future__ import annotations

import math
import random

import pytest

from autograd import LengthError, Value
from nn import metrics
from nn.metrics import accuracy
from tests.requires import requires


def test_numbers_agree_with_scikit_learn() -> None:
    oracle = requires("sklearn.metrics")
    rng = random.Random(0)
    p, t = [rng.gauss(0, 1) for _ in range(50)], [rng.gauss(0, 1) for _ in range(50)]
    assert metrics.mean_squared_error(p, t) == pytest.approx(oracle.mean_squared_error(t, p), rel=1e-12)
    assert metrics.mean_absolute_error(p, t) == pytest.approx(oracle.mean_absolute_error(t, p), rel=1e-12)
    assert metrics.r2_score(p, t) == pytest.approx(oracle.r2_score(t, p), rel=1e-12)
    scores = [[rng.random() for _ in range(4)] for _ in range(50)]
    classes = [rng.randrange(4) for _ in range(50)]
    assert accuracy(scores, classes) == oracle.accuracy_score(classes, [row.index(max(row)) for row in scores])


@pytest.mark.parametrize(
    ("predictions", "targets", "share"),
    [
        ([[0.2, 0.8], [0.9, 0.1]], [1, 0], 1.0),
        ([[0.2, 0.8], [0.9, 0.1]], [[0, 1], [0, 1]], 0.5),
        ([0.4, 0.6], [0, 1], 1.0),
        ([0.4, -0.6], [1, -1], 1.0),
        ([[0.4], [0.6]], [[0], [1]], 1.0),
        ([Value(0.6)], [1], 1.0),
        ([math.nan, 0.7], [0, 1], 0.5),
        ([[math.nan, 0.0]], [0], 0.0),
    ],
)
def test_accuracy_understands_all_scores(predictions: list[object], targets: list[object], share: float) -> None:
    assert accuracy(predictions, targets) == share


def test_r2_of_constant_targets_is_one_or_minus_infinity() -> None:
    assert metrics.r2_score([1.0, 1.0], [1.0, 1.0]) == 1.0
    assert metrics.r2_score([1.0, 2.0], [1.0, 1.0]) == -math.inf


def test_lengths_that_differ_are_refused() -> None:
    for call in (lambda: accuracy([], []), lambda: accuracy([1.0], [1, 0]),
                 lambda: metrics.mean_squared_error([[1.0]], [[1.0, 2.0]])):  # fmt: skip
        with pytest.raises(LengthError):
            call()
