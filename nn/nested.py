"""Samples and batches: what a layer or a loss may be given, told apart and walked.

A *sample* is a list[n] of Values and numbers (a bare number is a sample of one); a *batch* is a list of samples.  NumPy
rows and matrices are taken as the lists they stand for.  No arithmetic lives here; next: ``module.py``.
"""

from collections.abc import Callable, Mapping, Set
from typing import Any, Final

import autograd
from autograd import StructureError, Value
from nn.options import shown


def plain(x: Any) -> Any:
    """``x`` itself, or the nested lists and floats that an array, a table or a NumPy scalar stands for.

    An iterator, a ``range`` or a ``map`` say, becomes a list; a dict or a set, which has no order of numbers, stays.
    """
    if isinstance(x, _AS_THEY_ARE):
        return x
    if hasattr(x, "to_numpy"):  # a DataFrame, whose rows are the samples
        x = x.to_numpy()
    if hasattr(x, "tolist"):
        return x.tolist()
    return list(x) if hasattr(x, "__iter__") else x


_NOLISTS: Final = (str, bytes, bytearray, Mapping, Set)
_AS_THEY_ARE: Final = (Value, float, int, list, tuple, autograd.Operands, *_NOLISTS)
_SMALL: Final = 2**53  # an int below it is a float in all but type

# What every call of a layer asks for: `list | tuple` would be put together anew each time.
LISTS: Final = (list, tuple, autograd.Operands)
_NUMBERS: Final = (Value, float)
_INPUTS: Final = (*_NUMBERS, *LISTS)


def inputs(x: Any) -> Any:
    """What a layer is called with: a list or tuple, of numbers or of samples, or one number or Value.

    Raises:
        StructureError: it is none of these, but a dict, a set, text or None.
    """
    if isinstance(x, _INPUTS):
        return x
    x = plain(x)
    if isinstance(x, _NOLISTS) or not isinstance(x, (*_INPUTS, int)):
        raise StructureError(
            f"a sample is a list of numbers and Values, a batch a list of samples, or an array of such; got {shown(x)}"
        )
    return x


def scalar(x: Any) -> Any:
    """``x`` as a Value or a number of Python's.

    Raises:
        OperandTypeError: it is neither.
    """
    if isinstance(x, _NUMBERS) or (isinstance(x, int) and -_SMALL < x < _SMALL):
        return x
    return Value(x).data


def is_sequence(x: Any) -> bool:
    """Whether ``x`` holds several entries rather than being one number or Value."""
    return isinstance(x, LISTS) or (hasattr(x, "__len__") and hasattr(x, "__getitem__") and not isinstance(x, _NOLISTS))


def is_batch(x: Any) -> bool:
    """Whether ``x`` is a list of samples rather than one sample."""
    if not is_sequence(x) or len(x) == 0:
        return False
    first = x[0] if isinstance(x, LISTS) else next(iter(x))
    return not isinstance(first, _NUMBERS) and is_sequence(first)


def is_row(x: Any) -> bool:
    """Whether ``x`` is one sample at first sight: made ready already, or a list that starts with a Value."""
    if x.__class__ is list:
        return bool(x) and x[0].__class__ is Value
    return x.__class__ is autograd.Operands


def sample(x: Any) -> autograd.Operands:
    """The inputs of one layer, made ready for all its neurons.

    Raises:
        StructureError: it is a dict, a set, text or None.
        OperandTypeError: an entry is neither a Value nor a number.

    >>> sample([1, 2.5]), sample(3)
    (operands([1.0, 2.5]), operands([3.0]))
    """
    x = inputs(x)
    return autograd.operands(x if isinstance(x, LISTS) else (x,))


def elementwise(function: Callable[[Any], Any], x: Any) -> Any:
    """``function`` of every number and Value in ``x``, one or nested lists of them, in lists of the same shape.

    >>> elementwise(abs, [[1.0, -2.0], [3.0]])
    [[1.0, 2.0], [3.0]]
    """
    x = plain(x)
    return [elementwise(function, entry) for entry in x] if isinstance(x, LISTS) else function(scalar(x))


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
    if not isinstance(x, LISTS):
        return [x]
    return [entry for part in x for entry in flat(part)]


def nested_zip(function: Callable[..., Any], mismatch: Callable[[], Exception], *nests: Any) -> Any:
    """``function`` of the numbers that stand at the same place in nests of lists of one shape, in lists of that shape.

    A list of one may stand beside a bare number: ``[prediction]`` beside ``target``.

    >>> nested_zip(max, ValueError, [[1.0], [2.0]], [0.5, 3.0])
    [[1.0], [3.0]]
    """
    given = [plain(x) for x in nests]
    if not any(isinstance(x, LISTS) for x in given):
        return function(*map(scalar, given))
    lists = [x if isinstance(x, LISTS) else [x] for x in given]
    if len(set(map(len, lists))) > 1:
        raise mismatch()
    return [nested_zip(function, mismatch, *entries) for entries in zip(*lists, strict=True)]


def broadcast(x: Any, wanted: tuple[int, ...]) -> Any:
    """Nested lists repeated to the shape ``wanted``, as NumPy does it: shapes are held against each other from the end.

    Raises:
        LookupError: a length is neither the wanted one nor 1, or there are too many.

    >>> broadcast([1.0, 2.0], (2, 2)), broadcast([[1.0], [2.0]], (2, 2)), broadcast(3.0, (2,))
    ([[1.0, 2.0], [1.0, 2.0]], [[1.0, 1.0], [2.0, 2.0]], [3.0, 3.0])
    """
    given = shape(x)
    if len(given) > len(wanted):
        raise LookupError
    if not wanted:
        return x
    if len(given) < len(wanted):
        entries = [x] * wanted[0]
    elif given[0] in (1, wanted[0]):
        entries = list(x) * (wanted[0] // given[0])
    else:
        raise LookupError
    return [broadcast(entry, wanted[1:]) for entry in entries]
