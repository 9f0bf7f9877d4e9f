"""From the loss of one entry, or of one sample, to the loss of a batch: predictions beside targets, and a reduction.

What does not live here: what a single loss is (``losses.py``, ``class_losses.py``), the walk over nested lists
(``nested.py``).
"""

from collections.abc import Callable
from typing import Any, Final

import autograd
from autograd import Value
from nn.errors import OptionError, TargetError
from nn.nested import LISTS, broadcast, flat, is_batch, is_sequence, nested_zip, plain, shape
from nn.options import at_least_zero, choice

REDUCTIONS: Final = ("mean", "sum", "none")


def by_entry(
    name: str, input: Any, target: Any, entry: Callable[..., Any], reduction: str,
    weight: Any = None, pos_weight: Any = None,
) -> Any:  # fmt: skip
    """``entry(x, y)`` for every prediction and its target, reduced; ``entry(x, y, p)`` where there is a ``pos_weight``.

    Args:
        name: of the loss, for errors.
        input: predictions, any shape.
        target: of the same shape.
        entry: the loss of one of them.
        reduction: one of ``REDUCTIONS``.
        weight: numbers to multiply the losses by, of the targets' shape or one that is repeated to it.
        pos_weight: numbers for ``entry``, of such a shape as well.

    Raises:
        TargetError: the shapes differ.
        OptionError: there is no such reduction, or weights that fit no target.
    """
    choice("reduction", reduction, REDUCTIONS)
    x, y = plain(input), plain(target)
    beside = [_like("pos_weight", pos_weight, y)] if pos_weight is not None else []
    function = entry
    if weight is not None:
        beside.append(_like("weight", weight, y))

        def function(x: Any, y: Any, *numbers: float) -> Any:
            return scaled(numbers[-1], entry(x, y, *numbers[:-1]))

    def mismatch() -> TargetError:
        return TargetError(f"{name} compares predictions with targets of the same shape; got {shape(x)} and {shape(y)}")

    return reduced(nested_zip(function, mismatch, x, y, *beside), reduction)


def by_sample(
    name: str, input: Any, target: Any, entry: Callable[[Any, Any], tuple[Any, float]], reduction: str
) -> Any:
    """``entry(sample, target)``, a loss and its weight, for every sample of a batch, or for one sample, reduced.

    The mean is that of the losses, which are weighted already, over the sum of the weights, as in PyTorch: NaN, where
    that is 0.

    Raises:
        TargetError: there are more or fewer targets than samples.
        OptionError: there is no such reduction.
    """
    choice("reduction", reduction, REDUCTIONS)
    x, y = plain(input), plain(target)
    single = not is_batch(x) and not x == y == []
    if single:
        x, y = [x], [y]
    elif not isinstance(y, LISTS) or len(x) != len(y):
        given = len(y) if isinstance(y, LISTS) else repr(y)
        raise TargetError(f"{name} takes one target for each of the {len(x)} samples; got {given}")
    found = [entry(row, _bare(t, row)) for row, t in zip(x, y, strict=True)]
    losses, weights = [loss for loss, _ in found], [weight for _, weight in found]
    if reduction == "none":
        alike = [_beside_values(loss, row) for loss, row in zip(losses, x, strict=True)]
        return alike[0] if single else alike
    if reduction == "sum" or set(weights) <= {1.0}:
        result = reduced(losses, reduction)
    else:
        result = autograd.div(reduced(losses, "sum"), autograd.sum(weights))
    return _beside_values(result, x)


def _beside_values(loss: Any, scores: Any) -> Any:
    """A loss as a Value where the scores are: one of ignored samples made no node, and may still call backward()."""
    is_number = not isinstance(loss, Value) and any(isinstance(z, Value) for z in flat(scores))
    return Value(loss) if is_number else loss


def scaled(weight: float, loss: Any) -> Any:
    """weight · loss, without a node where the weight is 1."""
    return loss if weight == 1.0 else loss * weight


def weights(name: str, given: Any) -> Any:
    """Weights as nested lists of floats, or as one float.

    Raises:
        OptionTypeError: an entry is no number.
        OptionError: it is below 0, or not finite.
    """
    given = plain(given)
    if isinstance(given, LISTS):
        return [weights(name, entry) for entry in given]
    if isinstance(given, str):
        at_least_zero(f"{name} (a reduction is named: reduction={given!r})", given)
    return at_least_zero(name, given)


def _like(name: str, given: Any, target: Any) -> Any:
    """Weights repeated to the targets' shape."""
    wanted = shape(target)
    try:
        return broadcast(weights(name, given), wanted)
    except LookupError:
        raise OptionError(
            f"{name} has the targets' shape {wanted}, or one that is repeated to it; got {shape(plain(given))}"
        ) from None


def _bare(target: Any, row: Any) -> Any:
    """A class index that stands in a list by itself, without the list."""
    alone = isinstance(target, LISTS) and len(target) == 1 and is_sequence(row) and len(row) != 1
    return target[0] if alone else target


def reduced(losses: Any, reduction: str) -> Any:
    """A nest of losses as their mean, their sum, or as it is; one node for all of them."""
    if reduction == "none" or not isinstance(losses, list):
        return losses
    entries = flat(losses)
    if len(entries) == 1:
        return entries[0]
    return autograd.mean(entries) if reduction == "mean" else autograd.sum(entries)
