"""Metrics, held against scikit-learn's where it has them."""

from __future__ import annotations

import functools
import math
import random
from typing import Any

import pytest

import nn
from autograd import LengthError, OperandTypeError, StructureError, Value
from nn import TargetError, metrics
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


ALL = [metrics.accuracy, metrics.mean_squared_error, metrics.mean_absolute_error, metrics.r2_score]


@pytest.mark.parametrize("metric", ALL)
def test_iterators_and_arrays_are_lists(metric: Any) -> None:
    numpy = requires("numpy")
    expected = metric([0.9, 0.2], [1.0, 0.0])
    assert metric(iter([0.9, 0.2]), (y for y in (1.0, 0.0))) == expected
    assert metric(numpy.array([[0.9], [0.2]]), numpy.array([1, 0], dtype=numpy.uint8)) == expected


@pytest.mark.parametrize("metric", ALL)
@pytest.mark.parametrize("wrong", [1.0, {0: 1.0}, None, "ab"])
def test_what_is_no_list_is_refused_in_words(metric: Any, wrong: Any) -> None:
    with pytest.raises(StructureError, match="a metric takes a list of predictions"):
        metric(wrong, [1.0])
    with pytest.raises(StructureError, match="a metric takes a list of targets"):
        metric([1.0], wrong)


@pytest.mark.parametrize("metric", ALL)
@pytest.mark.parametrize("wrong", ["a", None, {1: 2}])
def test_an_entry_that_is_no_number_is_refused_in_words(metric: Any, wrong: Any) -> None:
    with pytest.raises(OperandTypeError, match="a number was expected"):
        metric([wrong], [1.0])


def test_r2_of_a_prediction_that_is_nan_is_nan() -> None:
    assert math.isnan(metrics.r2_score([math.nan, 1.0], [0.0, 1.0]))
    assert math.isnan(metrics.r2_score([math.nan], [1.0]))


def test_r2_of_several_outputs_is_scikit_learns() -> None:
    sklearn = requires("sklearn.metrics")
    rng = random.Random(0)
    for _ in range(50):
        n, width = rng.randint(2, 9), rng.randint(1, 4)
        targets = [[rng.gauss(10.0 * place, 1.0) for place in range(width)] for _ in range(n)]
        predictions = [[t + rng.gauss(0.0, 0.5) for t in row] for row in targets]
        assert metrics.r2_score(predictions, targets) == pytest.approx(sklearn.r2_score(targets, predictions))
    with pytest.raises(LengthError, match="targets of one length; got some of 1 and 2"):
        metrics.r2_score([[1.0], [1.0, 2.0]], [[1.0], [1.0, 2.0]])


@pytest.mark.parametrize("target", [2, -100, 0.5, math.nan])
def test_a_single_score_beside_the_index_of_a_class_is_refused(target: float) -> None:
    with pytest.raises(TargetError, match=f"0 or 1, or of -1 or 1, beside a single score; got {float(target)}"):
        accuracy([0.0, 1.0], [0, target])


@pytest.mark.parametrize("target", [-1, [math.nan, 0.0]])
def test_a_prediction_that_is_nan_names_no_class(target: Any) -> None:
    assert accuracy([[math.nan, 0.0]], [target]) == 0.0


@pytest.mark.parametrize("loss", [
    nn.binary_cross_entropy_with_logits, functools.partial(nn.binary_cross_entropy_with_logits, pos_weight=2.0),
    nn.BCEWithLogitsLoss(), nn.hinge_loss, functools.partial(nn.hinge_loss, reduction="sum"),
])  # fmt: skip
def test_scores_of_a_loss_on_logits_or_margins_are_split_at_zero(loss: Any) -> None:
    """Also where all targets are of the class 1, by which one could not tell."""
    assert nn.evaluate(lambda x: x[0], [([0.3], 1), ([-0.3], 1)], loss=loss, metrics=["accuracy"])["accuracy"] == 0.5
