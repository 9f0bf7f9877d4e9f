"""Many Values at once: their numbers and gradients, read and written in one pass each.

What an optimiser does to every parameter at every step costs by the attribute; these four loops go to the slots where
the numbers lie.  For one Value there are ``v.data`` and ``v.grad``.  What does not live here: any arithmetic.
"""

from collections.abc import Iterable
from typing import Any

from autograd.errors import LengthError
from autograd.operand import as_float, clock


def read_data(values: Iterable[Any]) -> list[float]:
    """The numbers of all ``values``, list[n].

    >>> from autograd import Value
    >>> read_data([Value(1.0), Value(2.0)])
    [1.0, 2.0]
    """
    return [v._data for v in values]


def read_grads(values: Iterable[Any]) -> list[float]:
    """The gradients of all ``values`` as plain numbers, list[n]; 0 for a frozen one.

    >>> from autograd import Value
    >>> x, y = Value(2.0), Value(5.0)
    >>> (x * y).backward()
    >>> read_grads([x, y])
    [5.0, 2.0]
    """
    values = values if isinstance(values, list) else list(values)
    grads = [v._grad for v in values]
    if not set(map(type, grads)) <= {
        float
    }:  # after backward(create_graph=True) they are Values; a result's are not there
        grads = [float(v.grad) for v in values]
    return grads


def write_data(values: Iterable[Any], numbers: Iterable[Any]) -> None:
    """Set the number of each of ``values``, as ``v.data = number`` does.

    Args:
        values: Values, n of them.
        numbers: n numbers, or an array of them.

    Raises:
        LengthError: there are more or fewer numbers than Values; none is set then.
        OperandTypeError: a number is none; those before it are set.

    >>> from autograd import Value
    >>> x, y = Value(2.0), Value(5.0)
    >>> write_data([x, y], [3.0, 4.0])
    >>> x.data, y.data
    (3.0, 4.0)
    """
    try:
        for v, number in zip(*_paired(values, numbers), strict=True):
            v._data = number if number.__class__ is float else as_float(number, "data, a number,")
    finally:
        clock[0] += 1


def write_grads(values: Iterable[Any], numbers: Iterable[Any] | float) -> None:
    """Set the gradient of each of ``values``, as ``v.grad = number`` does; frozen ones stay at 0.

    Args:
        values: Values, n of them.
        numbers: n numbers, an array of them, or one number for all.

    Raises:
        LengthError: there are more or fewer numbers than Values; none is set then.
        OperandTypeError: a number is none; those before it are set.

    >>> from autograd import Value
    >>> x, y = Value(2.0), Value(5.0)
    >>> (x * y).backward()
    >>> write_grads([x, y], 0.0)
    >>> x.grad, y.grad
    (0.0, 0.0)
    """
    if isinstance(numbers, float | int):
        number = float(numbers)
        for v in values:
            if v.op is None:
                v._grad = number
            else:
                v.grad = number
        return
    for v, number in zip(*_paired(values, numbers), strict=True):
        if v.op is None and number.__class__ is float:
            v._grad = number
        else:
            v.grad = number


def _paired(values: Iterable[Any], numbers: Any) -> tuple[list[Any], list[Any]]:
    """Both as lists of one length."""
    values = values if isinstance(values, list) else list(values)
    numbers = numbers.tolist() if hasattr(numbers, "tolist") else list(numbers)
    if len(values) != len(numbers):
        raise LengthError(f"{len(values)} Values need as many numbers; got {len(numbers)}")
    return values, numbers
