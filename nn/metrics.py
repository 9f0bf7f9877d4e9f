"""Metrics: numbers about predictions for people to read.  They are not trained on and make no graph.

A metric is a function ``(predictions, targets) -> float`` over lists of n predictions and n targets; ``fit`` and
``evaluate`` take such functions, or the names in ``METRICS``.  What does not live here: losses (``losses.py``).
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, Final

from autograd import LengthError, StructureError
from nn.errors import TargetError
from nn.nested import LISTS, plain, scalar
from nn.options import listed, named, shown

Metric = Callable[[Sequence[Any], Sequence[Any]], float]


def accuracy(predictions: Sequence[Any], targets: Sequence[Any], threshold: float | None = None) -> float:
    """The share of predictions that name the right class.

    Args:
        predictions: list[n] of scores: a list[c] each, whose largest stands for the class, or one number each.
        targets: list[n] of classes: indices, or distributions whose largest counts (one-hot); for a single score 0 or
            1, or -1 or 1.
        threshold: a single score above it means the class 1. By default 0 where a target is -1, as for margins, and
            else 0.5, as for probabilities; give 0 for logits. ``fit`` and ``evaluate`` give 0 where the loss is one on
            logits or margins.

    Raises:
        LengthError: there is no prediction, or not one target for each.
        StructureError: predictions or targets are no list.
        TargetError: the target of a single score is none of 0, 1 and -1.
        OperandTypeError: an entry is no number.

    >>> accuracy([[0.1, 0.9], [0.8, 0.2]], [1, 1])
    0.5
    >>> accuracy([0.7, -2.0], [1, -1])
    1.0
    """
    predictions, targets = _beside(predictions, targets)
    wanted = [_single(target) for target in targets]
    if threshold is None:
        threshold = 0.0 if any(not isinstance(target, list) and target < 0 for target in wanted) else 0.5
    right = 0
    for prediction, target in zip(map(_single, predictions), wanted, strict=True):
        if isinstance(prediction, list):
            named = _largest(prediction)
            right += named is not None and named == (_largest(target) if isinstance(target, list) else target)
        elif target in (0.0, 1.0, -1.0):
            right += (prediction > threshold) == (target > 0) and not math.isnan(prediction)
        else:
            raise TargetError(
                f"accuracy takes a target of 0 or 1, or of -1 or 1, beside a single score; got {target!r}. For several "
                "classes a prediction is a list with a score for each"
            )
    return right / len(wanted)


def mean_squared_error(predictions: Sequence[Any], targets: Sequence[Any]) -> float:
    """The mean of (prediction - target)² over all numbers.

    >>> mean_squared_error([1.0, 3.0], [1.0, 1.0])
    2.0
    """
    errors = _differences(predictions, targets)
    return math.fsum(error * error for error in errors) / len(errors)


def mean_absolute_error(predictions: Sequence[Any], targets: Sequence[Any]) -> float:
    """The mean of |prediction - target| over all numbers.

    >>> mean_absolute_error([1.0, 3.0], [1.0, 1.0])
    1.0
    """
    errors = _differences(predictions, targets)
    return math.fsum(map(abs, errors)) / len(errors)


def r2_score(predictions: Sequence[Any], targets: Sequence[Any]) -> float:
    """The share of the targets' variance that the predictions explain: 1 - Σ(p - t)² / Σ(t - mean t)².

    Where a target is a list, the mean of the shares of its entries, each about its own mean (scikit-learn's
    ``multioutput="uniform_average"``).

    >>> r2_score([1.0, 2.0, 3.0], [1.0, 2.0, 3.0])
    1.0
    >>> r2_score([[1.0, 10.5], [3.0, 10.5]], [[1.0, 10.0], [3.0, 11.0]])
    0.5
    """
    predictions, targets = _beside(predictions, targets)
    _differences(predictions, targets)  # which looks at the lengths
    given, wanted = list(map(_numbers, predictions)), list(map(_numbers, targets))
    if len(lengths := set(map(len, wanted))) != 1:
        raise LengthError(f"r2 takes targets of one length; got some of {min(lengths)} and {max(lengths)}")
    columns = zip(zip(*given, strict=True), zip(*wanted, strict=True), strict=True)
    shares = [_explained(*column) for column in columns]
    return math.fsum(shares) / len(shares)


def _explained(predictions: Sequence[float], targets: Sequence[float]) -> float:
    """``r2_score`` of one number a sample."""
    middle = math.fsum(targets) / len(targets)
    spread = math.fsum((target - middle) ** 2 for target in targets)
    missed = math.fsum((p - t) ** 2 for p, t in zip(predictions, targets, strict=True))
    if spread == 0 and missed == missed:
        return 1.0 if missed == 0 else -math.inf
    return 1.0 - missed / spread if spread else math.nan


METRICS: Final[dict[str, Metric]] = {
    "accuracy": accuracy, "mae": mean_absolute_error, "mse": mean_squared_error, "r2": r2_score,
}  # fmt: skip
"""The metrics that go by a name."""


def by_name(metrics: Sequence[str | Metric], logits: bool = False) -> dict[str, Metric]:
    """The metrics with the names under which a history has them.

    Args:
        metrics: functions, and names in ``METRICS``.
        logits: whether single scores are logits, so that the accuracy's threshold is 0.

    Raises:
        OptionError: there is no metric of that name.
    """
    found: dict[str, Metric] = {}
    for metric in listed("metrics", metrics):
        if callable(metric):
            found[getattr(metric, "__name__", type(metric).__name__)] = metric
        elif metric == "accuracy" and logits:
            found[metric] = logit_accuracy
        else:
            found[metric] = named("metric", metric, METRICS, ", or give a function")
    return found


def logit_accuracy(predictions: Sequence[Any], targets: Sequence[Any]) -> float:
    """``accuracy`` of scores before the sigmoid: above 0 means the class 1.

    >>> logit_accuracy([0.3, -0.3], [1, 0])
    1.0
    """
    return accuracy(predictions, targets, threshold=0.0)


def _beside(predictions: Any, targets: Any) -> tuple[list[Any], list[Any]]:
    """Both as lists of one length.

    Raises:
        LengthError: they are of different lengths, or empty.
        StructureError: one of them is no list.
    """
    x, y = plain(predictions), plain(targets)
    for name, given in (("predictions", x), ("targets", y)):
        if not isinstance(given, LISTS):
            raise StructureError(f"a metric takes a list of {name}, one a sample; got {shown(given)}")
    if not x or len(x) != len(y):
        raise LengthError(f"a metric needs one target for each prediction; got {len(y)} for {len(x)}")
    return list(x), list(y)


def _numbers(thing: Any) -> list[float]:
    """The numbers of a prediction or target: a number, a Value, or a flat sequence of them."""
    thing = plain(thing)
    return [float(scalar(entry)) for entry in (thing if isinstance(thing, LISTS) else [thing])]


def _single(thing: Any) -> Any:
    """A float, or a list of several."""
    numbers = _numbers(thing)
    return numbers[0] if len(numbers) == 1 else numbers


def _largest(numbers: list[float]) -> int | None:
    """The index of the largest; None where one is NaN."""
    return None if any(map(math.isnan, numbers)) else numbers.index(max(numbers))


def _differences(predictions: Sequence[Any], targets: Sequence[Any]) -> list[float]:
    pairs = [(_numbers(p), _numbers(t)) for p, t in zip(*_beside(predictions, targets), strict=True)]
    for prediction, target in pairs:
        if len(prediction) != len(target):
            raise LengthError(f"a prediction has {len(prediction)} numbers and its target {len(target)}")
    return [a - b for prediction, target in pairs for a, b in zip(prediction, target, strict=True)]
