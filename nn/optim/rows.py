"""A row of numbers, one a parameter, and a rule carried out on all of them: as floats, or in NumPy's arrays.

    move = optimizer.rule(options, t, rows)     # (x, g, remembered, ...) -> (x, remembered, ...)
    x, *remembered = rows.advance(move, [x, g, *remembered])

A rule is arithmetic on numbers or on arrays of them alike, and calls ``rows.sqrt`` and ``rows.maximum`` for the two
functions it may need, so that there is one text of it.  Both kinds of row give the same numbers to the last bit.
What does not live here: rules (``sgd.py``, ``adaptive.py``), parameters (``optimizer.py``), arrays in place
(``inplace.py``).
"""

import math
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from importlib.util import find_spec
from itertools import repeat
from typing import Any, Final, Protocol

import autograd
from autograd import Value
from autograd.extra import extra

Number = Any
"""A float, an array of floats, or a Value."""

Row = Any
"""A list of floats or an array of them, one a parameter; None for what is not yet remembered."""

Move = Callable[..., tuple[Number, ...]]
"""A rule of one step: (number, gradient, *remembered) -> (number, *remembered)."""

MANY: Final = 1000
"""From so many parameters on, arrays are worth it."""


class Arithmetic(Protocol):
    """What a rule may need beyond + - * /."""

    @property
    def sqrt(self) -> Callable[[Number], Number]:
        """The square root of a number, or of each."""

    @property
    def maximum(self) -> Callable[[Number, Number], Number]:
        """The larger of two; NaN where one is."""


class Rows(Arithmetic, Protocol):
    """One kind of row."""

    def row(self, numbers: Iterable[float]) -> Row:
        """A row of its own with these numbers."""

    def as_row(self, row: Row) -> Row:
        """``row`` itself where it is one of this kind, else one with its numbers."""

    def pick(self, row: Row, places: Sequence[int] | slice) -> Row:
        """The numbers at these places."""

    def put(self, row: Row, places: Sequence[int] | slice, numbers: Row) -> None:
        """Write numbers to these places."""

    def advance(self, rule: Callable[[Arithmetic], Move], columns: Sequence[Row]) -> list[Row]:
        """The rule for every parameter: new numbers, and what is remembered now.

        Args:
            rule: gives the move in the arithmetic of a kind of row.
            columns: numbers, gradients, and each remembered quantity; none is changed.
        """


class Floats:
    """Lists of floats."""

    sqrt = staticmethod(math.sqrt)

    @staticmethod
    def maximum(x: Number, y: Number) -> Number:
        """The larger of two; NaN where one is."""
        return y if y > x or y != y else x

    def row(self, numbers: Iterable[float]) -> list[float]:
        """A list of its own."""
        return list(numbers)

    def as_row(self, row: Row) -> Row:
        """``row`` itself where it is a list."""
        return row if row.__class__ is list else row.tolist()

    def pick(self, row: Row, places: Sequence[int] | slice) -> Row:
        """The numbers at these places."""
        return row[places] if isinstance(places, slice) else [row[i] for i in places]

    def put(self, row: Row, places: Sequence[int] | slice, numbers: Row) -> None:
        """Write numbers to these places."""
        if isinstance(places, slice):
            row[places] = numbers
        else:
            for i, number in zip(places, numbers, strict=True):
                row[i] = number

    def advance(self, rule: Callable[[Arithmetic], Move], columns: Sequence[Row]) -> list[Row]:
        """The rule for one parameter after the other."""
        columns = [repeat(None) if column is None else column for column in columns]
        try:
            moved = list(map(rule(self), *columns))
        except (ArithmeticError, ValueError):  # 0 / 0 with eps=0, and what floats refuse besides
            careful = rule(_IEEE())
            moved = [_by_ieee(careful, entry) for entry in zip(*columns, strict=False)]
        return [[entry[k] for entry in moved] for k in range(len(moved[0]))]


class _IEEE:
    """Values, whose arithmetic never raises."""

    sqrt = staticmethod(autograd.sqrt)
    maximum = staticmethod(autograd.maximum)


def _by_ieee(move: Move, entry: tuple[float | None, ...]) -> tuple[float, ...]:
    with autograd.no_grad():
        return tuple(float(x) for x in move(*(None if number is None else Value(number) for number in entry)))


class Arrays:
    """NumPy's arrays.

    Args:
        fused: whether numba is in use anyway, and may compile a rule.
    """

    def __init__(self, fused: bool = False) -> None:
        import numpy

        self.numpy = numpy
        self.fused = fused and not extra("numba.core.config", "fast").DISABLE_JIT
        self.sqrt, self.maximum = numpy.sqrt, numpy.maximum

    def row(self, numbers: Iterable[float]) -> Row:
        """An array of its own."""
        return self.numpy.array(numbers if hasattr(numbers, "__len__") else list(numbers), float)

    def as_row(self, row: Row) -> Row:
        """``row`` itself where it is an array."""
        return self.numpy.asarray(row, float)

    def pick(self, row: Row, places: Sequence[int] | slice) -> Row:
        """The numbers at these places, a view for a slice."""
        return row[places]

    def put(self, row: Row, places: Sequence[int] | slice, numbers: Row) -> None:
        """Write numbers to these places."""
        row[places] = numbers

    def advance(self, rule: Callable[[Arithmetic], Move], columns: Sequence[Row]) -> list[Row]:
        """The rule for all parameters at once."""
        with self.numpy.errstate(all="ignore"):
            return [self.row(column) for column in rule(self)(*columns)]


FLOATS: Final = Floats()


@cache
def arrays(fused: bool = False) -> Arrays | None:
    """NumPy's rows, where it is installed; with ``fused``, for rules that numba compiles."""
    return Arrays(fused) if find_spec("numpy") is not None else None


def rows_for(n: int) -> Rows:
    """The kind of row that is faster for n parameters."""
    return (arrays() if n >= MANY else None) or FLOATS
