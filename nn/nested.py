"""Samples and batches: what a layer or a loss may be given, told apart and walked.

A *sample* is a list[n] of Values and numbers (a bare number is a sample of one); a *batch* is a list of samples.  NumPy
rows and matrices are taken as the lists they stand for.  No arithmetic lives here; next: ``module.py``.
"""

from collections.abc import Callable
from typing import Any

import autograd
from autograd import Value


def plain(x: Any) -> Any:
    """``x`` itself, or the nested lists and floats that an array or a NumPy scalar stands for.

    An iterator, a ``range`` or a ``map`` say, becomes a list.
    """
    if isinstance(x, Value | float | int | list | tuple | str):
        return x
    if hasattr(x, "tolist"):
        return x.tolist()
    return list(x) if hasattr(x, "__iter__") else x


def is_sequence(x: Any) -> bool:
    """Whether ``x`` holds several entries rather than being one number or Value."""
    return isinstance(x, list | tuple) or (
        hasattr(x, "__len__") and hasattr(x, "__getitem__") and not isinstance(x, str | bytes)
    )


def is_batch(x: Any) -> bool:
    """Whether ``x`` is a list of samples rather than one sample."""
    return is_sequence(x) and len(x) > 0 and not isinstance(x[0], Value | float) and is_sequence(x[0])


def sample(x: Any) -> autograd.Operands:
    """The inputs of one layer, made ready for all its neurons.

    >>> sample([1, 2.5]), sample(3)
    ((1.0, 2.5), (3.0,))
    """
    if isinstance(x, Value | float | int) or getattr(x, "shape", None) == ():
        x = (x,)
    return autograd.operands(x)


def elementwise(function: Callable[[Any], Any], x: Any) -> Any:
    """``function`` of every number and Value in ``x``, one or nested lists of them, in lists of the same shape.

    >>> elementwise(abs, [[1.0, -2.0], [3.0]])
    [[1.0, 2.0], [3.0]]
    """
    x = plain(x)
    return [elementwise(function, entry) for entry in x] if isinstance(x, list | tuple) else function(x)


def shape(x: Any) -> tuple[int, ...]:
    """The lengths of nested lists, read along their first entries."""
    found = []
    while is_sequence(x):
        found.append(len(x))
        if not len(x):
            break
        x = x[0]
    return tuple(found)


def flat(x: Any) -> list[Any]:
    """Every number and Value in nested lists, in order."""
    if not isinstance(x, list | tuple):
        return [x]
    return [entry for part in x for entry in flat(part)]


def nested_pairs(x: Any, y: Any, function: Callable[[Any, Any], Any], mismatch: Callable[[], Exception]) -> Any:
    """``function(x, y)`` of the entries that stand at the same place in two nests of lists of one shape.

    A list of one may stand beside a bare number: ``[prediction]`` beside ``target``.
    """
    x, y = plain(x), plain(y)
    if not isinstance(x, list | tuple):
        if not isinstance(y, list | tuple):
            return function(x, y)
        x = [x]
    elif not isinstance(y, list | tuple):
        y = [y]
    if len(x) != len(y):
        raise mismatch()
    return [nested_pairs(a, b, function, mismatch) for a, b in zip(x, y, strict=True)]
