"""What may stand beside a Value: numbers made floats, lists of operands made ready, everything else refused in words.

Every number that enters the engine, through a constructor, an operator or a function, comes through here.  What does
not live here: what is done with operands (``bind.py``, ``fuse.py``).
"""

import numbers
from collections.abc import Iterator, Sequence
from itertools import repeat, starmap
from operator import countOf
from typing import Any, Final

from autograd.errors import NumberTooLargeError, OperandTypeError
from autograd.graph import Node

_NO_NUMBERS: Final = (str, bytes, bytearray, complex, list, tuple, dict, set, type(None))
_SMALL: Final = 2**53  # below it an int needs no care: it is a float already in all but type


def as_float(number: Any, what: str = "a number") -> float:
    """``number`` as a plain float.

    Takes int, float, bool and real NumPy scalars.

    Raises:
        OperandTypeError: it is no real number.
        NumberTooLargeError: it is an int that no float can hold.
    """
    result = _real(number)
    if result is None:
        raise OperandTypeError(f"{what} was expected, an int or a float; got {_shown(number)}")
    return result


def _real(number: Any) -> float | None:
    """``number`` as a float, or None if it is no real number."""
    if isinstance(number, numbers.Real) or (
        type(number).__module__ == "numpy" and getattr(number, "shape", None) == () and number.dtype.kind in "fiub"
    ):
        try:
            return float(number)
        except OverflowError:
            raise NumberTooLargeError(
                f"a number of {int(abs(number)).bit_length()} bits does not fit a float, "
                "which holds up to 1024 of them, about 1.8e308"
            ) from None
    return None


def _shown(thing: Any) -> str:
    text = repr(thing)
    if len(text) > 60:
        text = text[:57] + "..."
    hint = ""
    if isinstance(thing, list | tuple) or getattr(thing, "shape", None):
        hint = "; a Value is one scalar, so build one Value for each entry"
    elif isinstance(thing, str):
        hint = "; write float(...) around text that holds a number"
    return f"{text} of type {type(thing).__name__}{hint}"


def operand(thing: Any) -> Any:
    """What an operator makes of its other side: a Value, a float, or NotImplemented for a stranger's class."""
    if isinstance(thing, Node):
        return thing
    number = float(thing) if thing.__class__ is int and -_SMALL < thing < _SMALL else _real(thing)
    if number is not None:
        return number
    if isinstance(thing, _NO_NUMBERS) or hasattr(thing, "__array__"):
        raise OperandTypeError(f"the other operand must be a number or a Value; got {_shown(thing)}")
    return NotImplemented


def argument(thing: Any) -> Any:
    """What a function makes of an argument: a Value or a float."""
    return thing if isinstance(thing, Node) else as_float(thing, "a number or a Value")


clock: Final[list[int]] = [0]
"""How often any Value's data or place in a graph was changed by hand: numbers read at the same count are still true."""


Reading = tuple[int, Sequence[float], Sequence[Any] | None, bool]
"""What was read of a list of operands: at which count of the ``clock``, their numbers, the Values among them (None if
all of them are: a tuple that holds itself is freed only by the collector), and whether one of these is the result of
something."""


class Operands(tuple[Any, ...]):
    """A list of operands made ready for several fused nodes; see ``operands``."""

    reading: Reading
    uses: int = 0
    """How many nodes have this list, some of whose entries are the results of others."""

    def read(self) -> Reading:
        """Look at the operands, again if some data were changed since."""
        _, numbers, values, interior = read(self)
        self.reading = clock[0], numbers, values if len(values) != len(self) else None, interior
        return self.reading

    def __reduce__(self) -> Any:
        """Copies and pickles are read anew: another process has another clock."""
        return operands, (tuple(self),)

    @property
    def numbers(self) -> Sequence[float]:
        """The operands' numbers, as read last."""
        return self.reading[1]


def operands(xs: Any) -> Operands:
    """The inputs of a layer, made ready once for all its neurons.

    Args:
        xs: Values and numbers in any iterable; a NumPy row as well.

    Returns:
        A tuple of Values and floats, which ``autograd.dot`` and its kin take as they take any other, only faster.

    Raises:
        OperandTypeError: an entry is neither a Value nor a number.

    >>> operands([1, 2.5])
    (1.0, 2.5)
    """
    if xs.__class__ is Operands:
        return xs
    made = Operands(xs.tolist() if xs.__class__ is not list and hasattr(xs, "tolist") else xs)
    fit, numbers, values, interior = read(made)
    if fit is not made:  # some numbers were no floats yet
        made = Operands(fit)
    made.reading = clock[0], numbers, values if len(values) != len(made) else None, interior
    return made


def blank(value_class: type[Any]) -> Iterator[Any]:
    """Nodes without end, their slots still empty; ``next(...)`` of it skips a fifth of what ``object.__new__`` takes."""
    return starmap(object.__new__, repeat((value_class,)))


def listed(xs: Any, name: str) -> tuple[Any, ...]:
    """The operands of the function ``name`` as a tuple.

    Raises:
        OperandTypeError: ``xs`` is no list of operands.
    """
    if not hasattr(xs, "__iter__"):
        raise OperandTypeError(f"{name} takes a list of Values and numbers; got {_shown(xs)}")
    return tuple(xs)


def read(xs: Sequence[Any]) -> tuple[Sequence[Any], Sequence[float], Sequence[Any], bool]:
    """A list of operands as Values and floats, their numbers, the Values among them, and whether some may be inner."""
    if not xs:
        return xs, [], [], False
    if xs[0].__class__ is float and countOf(map(type, xs), float) == len(xs):
        return xs, list(xs), [], False  # a copy: a tuple that holds itself would wait for the collector
    try:
        interior = xs[0].op is not None
        if not interior:
            numbers = [x._data for x in xs if x.op is None]
            interior = len(numbers) != len(xs)
        if interior:
            numbers = [x._data for x in xs]
    except AttributeError:
        xs = tuple([x if x.__class__ is float else argument(x) for x in xs])
        values = tuple([x for x in xs if isinstance(x, Node)])
        return xs, [getattr(x, "_data", x) for x in xs], values, any(x.op is not None for x in values)
    return xs, numbers, xs, interior
