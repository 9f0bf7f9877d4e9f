"""Losses over classes: scores of one sample beside the index of its class, or beside a distribution over the classes.

    loss = nn.cross_entropy(logits, 3, weight=[1.0, 1.0, 1.0, 5.0])     # a rare class counts five times
    loss = nn.cross_entropy(batch, targets, ignore_index=0, label_smoothing=0.1)

Names and definitions are PyTorch's, and so is the mean: with class indices the losses' sum is divided by the weights of
the classes that were there, with distributions by the number of samples.  What does not live here: losses of single
entries (``losses.py``), what a batch's losses become (``reduction.py``).
"""

from typing import Any

import autograd
from autograd import Value
from nn.errors import OptionError, TargetError
from nn.nested import is_sequence, sample
from nn.options import at_least_zero, listed, number, whole
from nn.reduction import by_sample, scaled

IGNORE_INDEX = -100
"""PyTorch's choice of a target that is no class."""


def cross_entropy(
    input: Any, target: Any, weight: Any = None, ignore_index: int = IGNORE_INDEX, reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Any:  # fmt: skip
    """-Σ wⱼ tⱼ ln softmax(z)ⱼ, in nats, from the logits z; where t is the class c, w[c] · (logsumexp(z) - z[c]).

    Args:
        input: logits of one sample, list[n], or of a batch, list[batch][n].
        target: for each sample the index of its class, from 0 to n - 1, or a distribution t, list[n].
        weight: w, list[n] of finite numbers from 0 up, one a class; all 1 by default.
        ignore_index: the target of samples that do not count: their loss is 0, and the mean is over the others.
        reduction: ``"mean"`` (the sum over the sum of the weights w[c], or over the batch for distributions),
            ``"sum"`` or ``"none"``.
        label_smoothing: ε from 0 to 1: t becomes (1 - ε) t + ε / n.

    Raises:
        TargetError: there is no such class, or as many targets as samples, or entries as logits.
        OptionError: an option outside its range.

    Source: label smoothing, Szegedy et al., Rethinking the Inception architecture, 2016, section 7.

    >>> cross_entropy([[0.0, 1000.0], [1000.0, 0.0]], [1, 1], reduction="none")
    [0.0, 1000.0]
    >>> cross_entropy([[0.0, 8.0], [8.0, 0.0]], [1, -100]) == cross_entropy([0.0, 8.0], 1)
    True
    """
    w, ignored = class_weights(weight), whole("ignore_index", ignore_index)
    epsilon = smoothing(label_smoothing)

    def entry(logits: Any, t: Any) -> tuple[Any, float]:
        zs = sample(logits)
        each = _fitted(w, len(zs))
        if is_sequence(t):
            if ignored >= 0:
                raise OptionError(f"ignore_index is for class indices; got {ignored} beside a distribution")
            shares = _distribution(sample(t), each, len(zs), epsilon)
            return _against(shares, zs), 1.0
        if _is(t, ignored):
            return 0.0, 0.0
        c = class_index("cross_entropy", t, len(zs))
        own = 1.0 if each is None else each[c]
        if not epsilon:
            return scaled(own, autograd.logsumexp(zs) - zs[c]), own
        rest = [epsilon / len(zs) * weight for weight in each or [1.0] * len(zs)]
        rest[c] += (1.0 - epsilon) * own
        return _against(rest, zs), own

    return by_sample("cross_entropy", input, target, entry, reduction)


def nll_loss(
    input: Any, target: Any, weight: Any = None, ignore_index: int = IGNORE_INDEX, reduction: str = "mean"
) -> Any:
    """-w[c] · x[c], minus the log-probability of the right class c, in nats; the cross-entropy after ``log_softmax``.

    Args:
        input: log-probabilities x of one sample, list[n], or of a batch, list[batch][n].
        target: for each sample the index c of its class, from 0 to n - 1.
        weight: w, list[n] of finite numbers from 0 up, one a class; all 1 by default.
        ignore_index: the target of samples that do not count: their loss is 0, and the mean is over the others.
        reduction: ``"mean"`` (the sum over the sum of the weights w[c]), ``"sum"`` or ``"none"``.

    Raises:
        TargetError: there is no such class, or as many targets as samples.
        OptionError: an option outside its range.

    >>> nll_loss([[-0.5, -1.0], [-2.0, -0.25]], [0, 1])
    0.375
    """
    w, ignored = class_weights(weight), whole("ignore_index", ignore_index)

    def entry(row: Any, t: Any) -> tuple[Any, float]:
        logs = sample(row)
        each = _fitted(w, len(logs))
        if _is(t, ignored):
            return 0.0, 0.0
        c = class_index("nll_loss", t, len(logs))
        own = 1.0 if each is None else each[c]
        return scaled(own, -logs[c]), own

    return by_sample("nll_loss", input, target, entry, reduction)


def class_weights(given: Any) -> list[float] | None:
    """One finite number from 0 up for each class, or None where nothing is weighted.

    Raises:
        OptionTypeError: it is no list of numbers.
        OptionError: one is below 0 or not finite.
    """
    if given is None:
        return None
    what = "a list of numbers, one a class (a reduction is named: reduction=...)"
    return [at_least_zero(f"weight[{place}]", entry) for place, entry in enumerate(listed("weight", given, what))]


def smoothing(given: Any) -> float:
    """The share of a target that label smoothing spreads over all classes.

    Raises:
        OptionError: it is no number from 0 to 1.
    """
    return number("label_smoothing", given, "a share, from 0 to 1", lambda share: 0.0 <= share <= 1.0)


def class_index(name: str, target: Any, classes: int) -> int:
    """``target`` as the index of one of so many classes.

    Raises:
        TargetError: it is none.
    """
    try:
        index = int(target)
        is_whole = index == float(target)
    except (TypeError, ValueError, OverflowError):
        is_whole = False
    if not is_whole or not 0 <= index < classes:
        raise TargetError(f"{name} takes the index of a class, a whole number from 0 to {classes - 1}; got {target!r}")
    return index


def _fitted(weight: list[float] | None, classes: int) -> list[float] | None:
    if weight is not None and len(weight) != classes:
        raise OptionError(f"weight has one number for each class; got {len(weight)} for {classes} classes")
    return weight


def _distribution(ts: Any, weight: list[float] | None, classes: int, epsilon: float) -> list[Any]:
    """wⱼ · ((1 - ε) tⱼ + ε / n) for each class."""
    if len(ts) != classes:
        raise TargetError(f"cross_entropy has {classes} logits and a distribution over {len(ts)} classes")
    numbers = [t for t in ts if not isinstance(t, Value)]
    if any(t < 0.0 for t in numbers) or (len(numbers) == len(ts) and _are_labels(numbers)):
        raise TargetError(
            f"cross_entropy took {list(ts)!r:.60} for a distribution over {classes} classes, and it is none: shares "
            "from 0 up that sum to 1. The scores of one sample are a list; for a single score each there is "
            "binary_cross_entropy_with_logits"
        )
    smooth = [t * (1.0 - epsilon) + epsilon / classes for t in ts] if epsilon else ts
    return list(smooth) if weight is None else [w * t for w, t in zip(weight, smooth, strict=True)]


def _are_labels(numbers: list[float]) -> bool:
    """Whether these are whole numbers but no one-hot distribution: a list of class indices, most likely."""
    return all(float(t).is_integer() for t in numbers) and sum(numbers) != 1.0


def _against(shares: list[Any], zs: Any) -> Any:
    """-Σ sⱼ ln softmax(z)ⱼ = logsumexp(z) · Σ sⱼ - Σ sⱼ zⱼ."""
    total, mass = autograd.logsumexp(zs), autograd.sum(shares)
    return (total if mass.__class__ is float and mass == 1.0 else total * mass) - autograd.dot(shares, zs)


def _is(target: Any, ignored: int) -> bool:
    return bool(target == ignored)
