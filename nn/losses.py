"""Losses as functions, with PyTorch's names: how far predictions are from targets, as one Value to call backward on.

    loss = nn.cross_entropy(model(x), 3)                # one sample: logits and the index of its class
    loss = nn.mse_loss(model(batch), targets)           # a batch, averaged over all its entries

Predictions and targets are numbers, or lists of one shape, nested for batches; ``[prediction]`` may stand beside a
bare target.  ``reduction`` is ``"mean"``, ``"sum"`` or ``"none"``, which gives the losses in lists of that shape.
Plain numbers alone give plain numbers.  What does not live here: the losses over classes (``class_losses.py``, the next
file), the same losses as modules (``criteria.py``), how predictions meet targets and losses become one
(``reduction.py``), penalties on weights (``regularise.py``), any derivative.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

import autograd
from autograd import Value
from nn.class_losses import cross_entropy, nll_loss
from nn.errors import OptionTypeError, TargetError
from nn.nested import LISTS, is_sequence, plain
from nn.options import choice, flag, named, number
from nn.reduction import REDUCTIONS, by_entry, scaled


def mse_loss(input: Any, target: Any, reduction: str = "mean") -> Any:
    """Squared error: (x - y)².

    Args:
        input: predictions, any shape.
        target: of the same shape.
        reduction: ``"mean"`` over all entries, ``"sum"`` or ``"none"``.

    Raises:
        TargetError: the shapes differ.

    >>> mse_loss([1.0, 2.0], [1.0, 4.0])
    2.0
    """

    def entry(x: Any, y: Any) -> Any:
        d = x - y
        return d * d

    return by_entry("mse_loss", input, target, entry, reduction)


def l1_loss(input: Any, target: Any, reduction: str = "mean") -> Any:
    """Absolute error: |x - y|.

    Args:
        input: predictions, any shape.
        target: of the same shape.
        reduction: ``"mean"`` over all entries, ``"sum"`` or ``"none"``.

    Raises:
        TargetError: the shapes differ.

    >>> l1_loss([1.0, 2.0], [1.0, 4.0], reduction="none")
    [0.0, 2.0]
    """
    return by_entry("l1_loss", input, target, lambda x, y: abs(x - y), reduction)


def huber_loss(input: Any, target: Any, reduction: str = "mean", delta: float = 1.0) -> Any:
    """½ d² for errors d = x - y within ±delta, and beyond them the straight line delta · (|d| - ½ delta).

    Args:
        input: predictions, any shape.
        target: of the same shape.
        reduction: ``"mean"`` over all entries, ``"sum"`` or ``"none"``.
        delta: where the line takes over, above 0.

    Raises:
        TargetError: the shapes differ.
        OptionError: delta is no number above 0.

    Source: Huber, Robust estimation of a location parameter, 1964.

    >>> huber_loss([0.0, 0.0], [1.0, 10.0], reduction="none")
    [0.5, 9.5]
    """
    delta = huber_delta(delta)

    def entry(x: Any, y: Any) -> Any:
        d = x - y
        c = autograd.clamp(d, -delta, delta)  # c · (d - ½ c) is both pieces, and a compiled program decides again
        return c * (d - 0.5 * c)

    return by_entry("huber_loss", input, target, entry, reduction)


def hinge_loss(input: Any, target: Any, reduction: str = "mean") -> Any:
    """max(0, 1 - y · x) for targets y of -1 and 1: 0 once a score x is on the right side by a margin of 1.

    Args:
        input: scores, any shape.
        target: of the same shape, each -1 or 1.
        reduction: ``"mean"`` over all entries, ``"sum"`` or ``"none"``.

    Raises:
        TargetError: the shapes differ, or a target is neither -1 nor 1.

    Source: Cortes & Vapnik, Support-vector networks, 1995.

    >>> hinge_loss([0.25, 3.0], [-1, 1], reduction="none")
    [1.25, 0.0]
    """

    def entry(x: Any, y: Any) -> Any:
        if float(y) not in (-1.0, 1.0):
            raise TargetError(f"hinge_loss takes targets of -1 and 1; got {y!r}. Classes 0 and 1 become 2 * y - 1")
        return autograd.relu(1.0 - y * x)

    return by_entry("hinge_loss", input, target, entry, reduction)


def binary_cross_entropy(input: Any, target: Any, weight: Any = None, reduction: str = "mean") -> Any:
    """w · (-y · ln p - (1 - y) · ln(1 - p)), in nats; a logarithm counts as -100 at the least, as in PyTorch.

    Where it counts so, it is flat: the gradient of that term is 0 (PyTorch goes on with one of up to 1e12). Where you
    have logits, ``binary_cross_entropy_with_logits`` is exact also for those far from 0.

    Args:
        input: probabilities p of class 1, any shape.
        target: y of the same shape, from 0 to 1.
        weight: w, finite numbers from 0 up, of that shape or of one that is repeated to it; 1 by default.
        reduction: ``"mean"`` over all entries, ``"sum"`` or ``"none"``.

    Raises:
        TargetError: the shapes differ, or a prediction or target is no probability.
        OptionError: an option outside its range.

    >>> binary_cross_entropy([0.5, 0.0], [1, 1], reduction="none")
    [0.6931471805599453, 100.0]
    """

    def entry(p: Any, y: Any) -> Any:
        if not 0.0 <= p <= 1.0:
            raise TargetError(
                f"binary_cross_entropy takes probabilities, from 0 to 1; got {p!r}. "
                "For logits there is binary_cross_entropy_with_logits"
            )
        fixed = not isinstance(y, Value)
        if fixed and y == 1:
            return -autograd.maximum(autograd.log(p), -100.0)
        if fixed and y == 0:
            return -autograd.maximum(autograd.log1p(-p), -100.0)
        if fixed:
            _probability("binary_cross_entropy", y)
        yes, no = autograd.maximum(autograd.log(p), -100.0), autograd.maximum(autograd.log1p(-p), -100.0)
        return (y - 1.0) * no - y * yes

    return by_entry("binary_cross_entropy", input, target, entry, reduction, weight)


def binary_cross_entropy_with_logits(
    input: Any, target: Any, weight: Any = None, reduction: str = "mean", pos_weight: Any = None
) -> Any:
    """``binary_cross_entropy`` of sigmoid(z), from the logits z: w · (v · y · softplus(-z) + (1 - y) · softplus(z)).

    Never overflows.

    Args:
        input: logits z, any shape.
        target: y of the same shape, from 0 to 1.
        weight: w, finite numbers from 0 up, of that shape or of one that is repeated to it; 1 by default.
        reduction: ``"mean"`` over all entries, ``"sum"`` or ``"none"``.
        pos_weight: v, what an error on class 1 counts, as ``weight``: a rare class may count more.

    Raises:
        TargetError: the shapes differ, or a target is no probability.
        OptionError: an option outside its range.

    >>> binary_cross_entropy_with_logits([1000.0, -1000.0], [1, 1], reduction="none")
    [0.0, 1000.0]
    >>> binary_cross_entropy_with_logits([1000.0, -1000.0], [1, 1], reduction="none", pos_weight=3.0)
    [0.0, 3000.0]
    """

    def entry(z: Any, y: Any, v: float = 1.0) -> Any:
        fixed = not isinstance(y, Value)
        if fixed and y == 1:
            return scaled(v, autograd.softplus(-z))
        if fixed and y == 0:
            return autograd.softplus(z)
        if fixed:
            _probability("binary_cross_entropy_with_logits", y)
        if v == 1.0:
            return autograd.softplus(z) - y * z
        return (1.0 - y) * z + (1.0 + (v - 1.0) * y) * autograd.softplus(-z)

    return by_entry("binary_cross_entropy_with_logits", input, target, entry, reduction, weight, pos_weight)


def kl_div(input: Any, target: Any, reduction: str = "mean", log_target: bool = False) -> Any:
    """t · (ln t - x) for log-probabilities x and probabilities t, in nats: summed, the divergence KL(t ∥ eˣ).

    Args:
        input: log-probabilities x, any shape.
        target: probabilities of the same shape, or their logarithms with ``log_target``.
        reduction: ``"batchmean"``, the divergence by its definition, sums and divides by the length of ``input``;
            ``"mean"`` over all entries, ``"sum"`` or ``"none"``.
        log_target: whether the targets are logarithms.

    Raises:
        TargetError: the shapes differ.

    >>> kl_div([[-1.0, -1.0]], [[0.0, 1.0]], reduction="batchmean")
    1.0
    """

    def entry(x: Any, t: Any) -> Any:
        if log_target:
            return autograd.exp(t) * (t - x)
        if isinstance(t, Value):
            return autograd.where(autograd.equal(t, 0.0), 0.0, t * (autograd.log(t) - x))
        if t == 0:
            return Value(0.0) if isinstance(x, Value) else 0.0
        return t * autograd.log(t) - t * x

    log_target = flag("log_target", log_target)
    if choice("reduction", reduction, (*REDUCTIONS, "batchmean")) != "batchmean":
        return by_entry("kl_div", input, target, entry, reduction)
    x = plain(input)
    return by_entry("kl_div", x, target, entry, "sum") / (len(x) if isinstance(x, LISTS) else 1)


def huber_delta(given: Any) -> float:
    """Where the line of the Huber loss takes over.

    Raises:
        OptionError: it is no number above 0.
    """
    return number("delta", given, "a number above 0", lambda delta: delta > 0.0)


def _probability(name: str, target: float) -> None:
    if not 0.0 <= target <= 1.0:
        raise TargetError(
            f"{name} takes targets from 0 to 1; got {target!r}. For several classes there is cross_entropy"
        )


FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {
    **{function.__name__: function for function in (
        mse_loss, l1_loss, huber_loss, hinge_loss, binary_cross_entropy, binary_cross_entropy_with_logits,
        cross_entropy, nll_loss, kl_div,
    )},
    "mse": mse_loss, "mae": l1_loss, "l1": l1_loss, "huber": huber_loss, "hinge": hinge_loss,
}  # fmt: skip
"""Every loss by name."""


def loss_function(loss: str | Callable[..., Any]) -> Callable[..., Any]:
    """The loss of that name; a function or module ``(predictions, targets) -> loss`` is given back as it is.

    Raises:
        OptionError: there is none of that name.
    """
    if isinstance(loss, type):
        name = loss.__name__
        raise OptionTypeError(f"a loss is a function or an object, and {name} is a class: write {name}()")
    return loss if callable(loss) else named("loss", loss, FUNCTIONS)


def underlying(loss: Any) -> Any:
    """The plain function that a loss is made of: under its options, whether as a module or by ``functools.partial``.

    >>> underlying(partial(mse_loss, reduction="sum")) is mse_loss
    True
    """
    while isinstance(loss, partial):
        loss = loss.func
    return getattr(type(loss), "function", loss)


def refuse_single_scores(loss: Any, predictions: list[Any]) -> None:
    """Hold a model's outputs, one a sample, against a loss over classes, which would take bare scores for one sample.

    Raises:
        TargetError: it is such a loss, and the outputs are bare scores.
    """
    if predictions and not is_sequence(predictions[0]) and underlying(loss) in (cross_entropy, nll_loss):
        raise TargetError(
            f"{underlying(loss).__name__} takes a list of scores for each sample, one a class, and the model gives a "
            "single one: give it as many outputs as there are classes; for a single score each there is "
            "binary_cross_entropy_with_logits"
        )
