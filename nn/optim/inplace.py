"""A rule carried out on arrays in place: traced once, then a list of calls that write where the numbers already lie.

    calls = in_place(m, rule, [x, g, mean, square], total, n, scratch)      # nothing is computed yet
    carried_out(calls)                              # x, mean and square hold the next step's numbers

Arithmetic on whole arrays makes a new one for every intermediate result, which costs more than the arithmetic.  Here
the rule is called with numbers that only note what is done to them; from the notes follows who is needed for how long,
and so where each result may go.  ``carried_out`` is a single call into C: no Ctrl-C comes in between.
What does not live here: rules, floats (``rows.py``), the same as one loop of machine code (``fused.py``).
"""

import contextlib
import math
import sys
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache, partial
from operator import call
from typing import Any, Final

from autograd import AutogradError
from nn.optim.fused import loop
from nn.optim.rows import Arithmetic, Arrays, Move

Calls = list[Callable[[], Any]]

GRADIENT: Final = 1
"""The place of the gradients among a rule's columns; they are read only."""


class UntraceableError(AutogradError, TypeError):
    """A rule that does more than note: it compares numbers, or gives one of them back in another's place."""


Step = tuple[str, tuple[int, ...]]
"""An operation's name in NumPy, and its operands: places of columns or earlier results; constants count -1, -2, ..."""


class Notes:
    """What a rule does, in order; as a world of numbers it has ``sqrt`` and ``maximum``."""

    def __init__(self, columns: int) -> None:
        self.places = columns
        self.steps: list[Step] = []
        self.constants: list[float] = []

    def note(self, name: str, *operands: Any) -> "Noted":
        """The result of an operation that was not carried out."""
        where = []
        for operand in operands:
            if operand.__class__ is Noted:
                where.append(operand.place)
            else:
                self.constants.append(float(operand))
                where.append(-len(self.constants))
        self.steps.append((name, tuple(where)))
        self.places += 1
        return Noted(self, self.places - 1)

    def sqrt(self, x: Any) -> Any:
        """The square root."""
        return self.note("sqrt", x) if isinstance(x, Noted) else math.sqrt(x)

    def maximum(self, x: Any, y: Any) -> Any:
        """The larger of two."""
        return self.note("maximum", x, y)


class Noted:
    """A number that is none: its arithmetic goes to the notes."""

    __slots__ = ("notes", "place")

    def __init__(self, notes: Notes, place: int) -> None:
        self.notes, self.place = notes, place

    def __add__(self, other: Any) -> "Noted":
        return self.notes.note("add", self, other)

    def __radd__(self, other: Any) -> "Noted":
        return self.notes.note("add", other, self)

    def __sub__(self, other: Any) -> "Noted":
        return self.notes.note("subtract", self, other)

    def __rsub__(self, other: Any) -> "Noted":
        return self.notes.note("subtract", other, self)

    def __mul__(self, other: Any) -> "Noted":
        return self.notes.note("multiply", self, other)

    def __rmul__(self, other: Any) -> "Noted":
        return self.notes.note("multiply", other, self)

    def __truediv__(self, other: Any) -> "Noted":
        return self.notes.note("divide", self, other)

    def __rtruediv__(self, other: Any) -> "Noted":
        return self.notes.note("divide", other, self)

    def __neg__(self) -> "Noted":
        return self.notes.note("negative", self)

    def __bool__(self) -> bool:
        raise UntraceableError("a rule that decides by a number cannot be traced")


def in_place(
    m: Arrays, rule: Callable[[Arithmetic], Move], columns: list[Any], total: Any, n: int,
    scratch: Callable[[int], Sequence[Any]],
) -> Calls:  # fmt: skip
    """The calls that carry out a rule on arrays.

    Args:
        m: the kind of arrays, which says whether numba is in use.
        rule: gives the move in an arithmetic.
        columns: numbers, gradients, and each remembered quantity; where one is None, a new array takes its place.
        total: the gradient summed over samples; its mean is written to the column of gradients first.
        n: how many samples.
        scratch: gives so many arrays as long as these that may be written to.

    Raises:
        UntraceableError: the rule cannot be traced.
    """
    notes, numpy = Notes(len(columns)), m.numpy
    try:
        made = rule(notes)(*(None if column is None else Noted(notes, i) for i, column in enumerate(columns)))
        places = tuple(result.place for result in made)
    except (TypeError, AttributeError) as error:
        raise UntraceableError(f"this rule cannot be traced: {error}") from error
    steps, unread = tuple(notes.steps), sum(column is None for column in columns)
    homes, copies, extra = layout(steps, len(columns), places)
    for i, column in enumerate(columns):
        if column is None:
            columns[i] = numpy.empty_like(columns[0])
    if m.fused:
        constants = numpy.array([n, *notes.constants], float)
        return [partial(loop(steps, len(columns), places, unread), constants, total, *columns)]
    buffers = [*columns, *scratch(extra)]
    held = [
        *columns,
        *[buffers[home] for home in homes],
        *reversed(notes.constants),
    ]  # by place, constants from the end
    calls: Calls = [partial(numpy.divide, total, n, columns[GRADIENT])]
    calls += [
        partial(getattr(numpy, name), *[held[place] for place in operands], out=buffers[home])
        for (name, operands), home in zip(notes.steps, homes, strict=True)
    ]
    return calls + [partial(numpy.copyto, buffers[target], buffers[source]) for source, target in copies]


def carried_out(calls: Iterable[Callable[[], Any]]) -> None:
    """Call them all, without a bytecode in between that could be interrupted."""
    with _as_ieee():
        deque(map(call, calls), maxlen=0)


def _as_ieee() -> Any:
    """NumPy's warnings of inf and NaN off, where NumPy is in use."""
    numpy = sys.modules.get("numpy")
    return contextlib.nullcontext() if numpy is None else numpy.errstate(all="ignore")


@lru_cache(maxsize=256)
def layout(
    steps: tuple[Step, ...], columns: int, results: tuple[int, ...]
) -> tuple[list[int], list[tuple[int, int]], int]:
    """Where each step's result goes: the column that it will be in the end, or another that nobody needs any more.

    Args:
        steps: what is done, in order.
        columns: how many there are to begin with; their buffers are 0, 1, ..., and scratch ones are counted on.
        results: the places of the new number and of what is remembered.

    Returns:
        A buffer for each step, pairs (from, to) of buffers to be copied at the end, and the number of scratch ones.
    """
    targets = {place: number + (number > 0) for number, place in enumerate(results)}
    if len(targets) < len(results) or any(place < columns and place != GRADIENT for place in targets):
        raise UntraceableError("a rule that gives a number back as it is, or twice, cannot be carried out in place")
    needed = {place: i for i, (_, operands) in enumerate(steps) for place in operands}
    needed.update(dict.fromkeys(results, len(steps)))
    holds = {buffer: buffer for buffer in range(columns)}  # the place whose numbers a buffer has
    home = dict(holds)
    for i, (_, operands) in enumerate(steps):
        place = columns + i
        mine = [home[operand] for operand in operands if operand >= 0]
        scratch = [buffer for buffer in holds if buffer >= columns]
        if place in targets:  # what stays goes home at once, or to where no other's home is
            choice = [targets[place], *(buffer for buffer in mine if buffer >= columns), *scratch]
        else:
            choice = [*mine, *scratch]
        free = (buffer for buffer in choice if buffer != GRADIENT and needed.get(holds[buffer], -1) <= i)
        home[place] = buffer = next(free, len(holds))
        holds[buffer] = place
    copies = [(home[place], target) for place, target in targets.items() if home[place] != target]
    return [home[columns + i] for i in range(len(steps))], copies, len(holds) - columns
