"""What may stand beside a Value: numbers made floats, lists of operands made ready, everything else refused in words.

Every number that enters the engine, through a constructor, an operator or a function, comes through here.  What does
not live here: what is done with operands (``bind.py``, ``fuse.py``).
"""

import numbers
from collections.abc import Iterator, Sequence
from operator import countOf
from typing import Any, Final

from autograd.errors import LengthError, NumberTooLargeError, OperandTypeError
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
    elif isinstance(thing, Node):
        hint = "; take its number, .data"
    elif isinstance(thing, str):
        hint = "; write float(...) around text that holds a number"
    return f"{text} of type {type(thing).__name__}{hint}"


def operand(thing: Any) -> Any:
    """What an operator makes of its other side: a Value, a float, or NotImplemented for a stranger's class."""
    if thing.__class__ is int and -_SMALL < thing < _SMALL:
        return float(thing)
    if isinstance(thing, Node):
        return thing
    number = _real(thing)
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


class Operands:
    """A list of operands made ready for several fused nodes; see ``operands``.

    It can be gone through, indexed and measured as a tuple, but is none: two of them are equal where they are one.
    """

    __slots__ = ("depth", "numbers", "parents", "read_at", "values")

    values: tuple[Any, ...]
    """Values and floats, in order."""
    numbers: Sequence[float]
    """Their numbers, as read last."""
    parents: tuple[Any, ...]
    """The Values among them: ``values`` itself where all are."""
    depth: int
    """The greatest depth among these: 0 where none is the result of something."""
    read_at: int
    """At which count of the ``clock`` they were read."""

    def __init__(self, values: tuple[Any, ...]) -> None:
        now = clock[0]
        self.values, self.numbers, self.parents, self.depth = read(values)
        self.read_at = now

    def read(self) -> None:
        """Look at the operands, again if some data were changed since."""
        now = clock[0]
        self.values, self.numbers, self.parents, self.depth = read(self.values)
        self.read_at = now  # last, for an interrupt may come before

    def __len__(self) -> int:
        return len(self.values)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.values)

    def __getitem__(self, index: Any) -> Any:
        return self.values[index]

    def __repr__(self) -> str:
        return f"operands({list(self.values)!r})"

    def __reduce__(self) -> Any:
        """Copies and pickles are read anew: another process has another clock."""
        return operands, (self.values,)


def operands(xs: Any) -> Operands:
    """The inputs of a layer, made ready once for all its neurons.

    Args:
        xs: Values and numbers in any iterable; a NumPy row as well.

    Returns:
        What ``autograd.dot`` and its kin take in place of a list, only faster.

    Raises:
        OperandTypeError: an entry is neither a Value nor a number.

    >>> operands([1, 2.5])
    operands([1.0, 2.5])
    """
    if xs.__class__ is Operands:
        ready: Operands = xs
        return ready
    given = xs if xs.__class__ is list or not hasattr(xs, "tolist") else xs.tolist()
    return Operands(tuple(given) if given.__class__ is list else listed(given, "operands"))


class Matrix:
    """Rows of operands and a bias for each, made ready for ``autograd.matvec``; see ``matrix``."""

    __slots__ = ("all_leaves", "biased", "biases", "lines", "read_at", "rows", "width")

    rows: list[Operands]
    biases: list[Any]
    """A Value or a float for each row."""
    width: int
    """How many entries a row has; -1 where not all have the same."""
    all_leaves: bool
    """Whether all entries are leaves, equally many in each row, and the biases leaves as well, or all floats."""
    biased: bool
    """Whether the biases are Values."""
    lines: list[tuple[tuple[Any, ...], Sequence[float], tuple[Any, ...], float]]
    """For each row its Values, their numbers, its bias as a group of one, and that one's number."""
    read_at: int
    """At which count of the ``clock`` they were read."""

    def __init__(self, rows: list[Operands], biases: list[Any]) -> None:
        self.rows, self.biases = rows, biases
        self.read()

    def read(self) -> None:
        """Look at the entries, again if some data were changed since."""
        now = clock[0]
        for row in self.rows:
            if row.read_at != now:
                row.read()
        widths = set(map(len, self.rows))
        self.width = widths.pop() if len(widths) == 1 else -1
        self.biased = any(isinstance(bias, Node) for bias in self.biases)
        self.all_leaves = (
            self.width > 0
            and all(row.parents is row.values and not row.depth for row in self.rows)
            and all(isinstance(bias, Node) is self.biased for bias in self.biases)
            and not (self.biased and any(bias.op is not None for bias in self.biases))
        )
        self.lines = [
            (row.values, row.numbers, (bias,), bias if bias.__class__ is float else bias._data)
            for row, bias in zip(self.rows, self.biases, strict=True)
        ]
        self.read_at = now

    def __len__(self) -> int:
        return len(self.rows)

    def __reduce__(self) -> Any:
        """Copies and pickles are read anew: another process has another clock."""
        return matrix, (self.rows, self.biases)


def matrix(rows: Any, biases: Any = None) -> Matrix:
    """The weights of a layer, made ready once for all its samples.

    Args:
        rows: lists of Values and numbers, n of them.
        biases: n Values or numbers; 0 by default.

    Returns:
        What ``autograd.matvec`` takes in place of the lists, only faster.

    Raises:
        LengthError: there are not as many biases as rows.
        OperandTypeError: ``rows`` is no list of lists, or an entry neither a Value nor a number.

    >>> len(matrix([[1, 2], [3, 4]]))
    2
    """
    if rows.__class__ is Matrix:
        if biases is not None:
            raise LengthError("a matrix that was made ready has its biases already; leave them out")
        ready: Matrix = rows
        return ready
    made = [operands(row) for row in listed(rows, "matrix")]
    if biases is None:
        return Matrix(made, [0.0] * len(made))
    given = [argument(bias) for bias in listed(biases, "matrix")]
    if len(given) != len(made):
        raise LengthError(f"{len(made)} rows need as many biases; got {len(given)}")
    return Matrix(made, given)


def listed(xs: Any, name: str) -> tuple[Any, ...]:
    """The operands of the function ``name`` as a tuple.

    Raises:
        OperandTypeError: ``xs`` is no list of operands.
    """
    if not hasattr(xs, "__iter__"):
        raise OperandTypeError(f"{name} takes a list of Values and numbers; got {_shown(xs)}")
    return tuple(xs)


def read(xs: tuple[Any, ...]) -> tuple[tuple[Any, ...], Sequence[float], tuple[Any, ...], int]:
    """A list of operands as Values and floats, their numbers, the Values among them, and the depth of the deepest."""
    if not xs:
        return xs, [], (), 0
    if xs[0].__class__ is float and countOf(map(type, xs), float) == len(xs):
        return xs, xs, (), 0
    try:
        if not xs[0]._depth:
            numbers = [x._data for x in xs if not x._depth]
            if len(numbers) == len(xs):
                return xs, numbers, xs, 0
        return xs, [x._data for x in xs], xs, max([x._depth for x in xs])
    except AttributeError:
        xs = tuple([x if x.__class__ is float else argument(x) for x in xs])
        values = tuple([x for x in xs if isinstance(x, Node)])
        return xs, [getattr(x, "_data", x) for x in xs], values, max([x._depth for x in values], default=0)
