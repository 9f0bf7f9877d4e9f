"""From the loss of one entry, or of one sample, to the loss of a batch: predictions beside targets, and a reduction.

What does not live here: what a single loss is (``losses.py``), the walk over nested lists (``nested.py``).
"""

from collections.abc import Callable
from typing import Any, Final

import autograd
from nn.errors import OptionError, TargetError
from nn.nested import flat, is_batch, nested_pairs, plain, shape

REDUCTIONS: Final = ("mean", "sum", "none")


def by_entry(name: str, input: Any, target: Any, entry: Callable[[Any, Any], Any], reduction: str) -> Any:
    """``entry(x, y)`` for every prediction and its target, reduced.

    Raises:
        TargetError: the shapes differ.
        OptionError: there is no such reduction.
    """

    def mismatch() -> TargetError:
        return TargetError(
            f"{name} compares predictions with targets of the same shape; got {shape(plain(input))} and "
            f"{shape(plain(target))}"
        )

    _known(reduction)
    return reduced(nested_pairs(input, target, entry, mismatch), reduction)


def by_sample(name: str, input: Any, target: Any, entry: Callable[[Any, Any], Any], reduction: str) -> Any:
    """``entry(sample, target)`` for every sample of a batch, or for one sample, reduced.

    Raises:
        TargetError: there are more or fewer targets than samples.
        OptionError: there is no such reduction.
    """
    _known(reduction)
    x, y = plain(input), plain(target)
    if not is_batch(x):
        return entry(x, y[0] if isinstance(y, list | tuple) and len(y) == 1 != len(x) else y)
    if not isinstance(y, list | tuple) or len(x) != len(y):
        given = len(y) if isinstance(y, list | tuple) else repr(y)
        raise TargetError(f"{name} takes one target for each of the {len(x)} samples; got {given}")
    one = [t[0] if isinstance(t, list | tuple) and len(t) == 1 != len(row) else t for row, t in zip(x, y, strict=True)]
    return reduced([entry(row, t) for row, t in zip(x, one, strict=True)], reduction)


def _known(reduction: str) -> None:
    if reduction not in REDUCTIONS:
        raise OptionError(f"reduction is one of {', '.join(REDUCTIONS)}; got {reduction!r}")


def reduced(losses: Any, reduction: str) -> Any:
    """A nest of losses as their mean, their sum, or as it is; one node for all of them."""
    if reduction == "none" or not isinstance(losses, list):
        return losses
    entries = flat(losses)
    if len(entries) == 1:
        return entries[0]
    return autograd.mean(entries) if reduction == "mean" else autograd.sum(entries)
