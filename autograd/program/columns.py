"""The scalar program as columns of slots, so that a question is put to a million instructions at once.

``Code.columns`` is one of these where NumPy is there and the program is long.  Each function below answers in a few
array operations what ``ir.py`` and ``passes.py`` find out by a loop, instruction by instruction; the loops define the
answers, and the tests hold the two together.  What does not live here: any pass, any error.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain, compress
from typing import Any, NamedTuple

import numpy as np

from autograd.ops import Op, is_list
from autograd.program.slots import Operand, deepest, paired


class Columns(NamedTuple):
    """A program's instructions by column.

    Instructions of one or two single operands stand in ``x`` and ``y``, those of one with ``y`` equal to ``x``.  The
    places of all others (rows of operands, or three) are in ``others``, and their entries of ``x`` and ``y`` are -1.
    """

    ops: list[Op]
    """Rows of the table, those that occur among them."""
    kinds: Any
    """The number of each instruction's row in ``ops``."""
    arity: Any
    """How many single operands each instruction has: 1 or 2, or 0 for the others."""
    x: Any
    y: Any
    others: list[int]
    size: int
    """How many slots there are, sources included."""

    def within(self) -> bool:
        """Whether every plain instruction uses sources that exist and results that come before it."""
        before = np.arange(len(self.x))
        low = len(self.x) - self.size
        x, y = self.x, self.y
        return bool(((x < before) & (y < before) & (x >= low) & (y >= low))[self.arity > 0].all())

    def uses(self) -> list[int]:
        """How often each slot is an operand of a plain instruction; negative slots count from the end."""
        two = self.arity == 2
        slots = np.concatenate([self.x[self.arity > 0], self.y[two]])
        found: list[int] = np.bincount(slots % self.size, minlength=self.size).tolist()
        return found

    def repeats(self) -> bool:
        """Whether two plain instructions are equal."""
        plain = self.arity > 0
        size = self.size
        keys = (self.kinds[plain] * size + self.x[plain] % size) * size + self.y[plain] % size
        keys.sort()
        return bool((keys[1:] == keys[:-1]).any())

    def reading(self, op: Op, read: Collection[Op]) -> list[int]:
        """The plain instructions of the row ``op`` that have a result of one of the rows ``read`` as an operand."""
        number = {known: i for i, known in enumerate(self.ops)}
        marked = np.zeros(self.size, bool)  # sources are at the end, and unmarked
        marked[: len(self.kinds)] = np.isin(self.kinds, [number[known] for known in read if known in number])
        found = (self.kinds == number.get(op, -1)) & (self.arity > 0) & (marked[self.x] | marked[self.y])
        places: list[int] = np.flatnonzero(found).tolist()
        return places

    def replaced(self, places: Collection[int], ops: Sequence[Op]) -> "Columns":
        """The columns after instructions that take rows came in at ``places``, with one source more than before."""
        number = {op: i for i, op in enumerate(dict.fromkeys([*self.ops, *map(ops.__getitem__, places)]))}
        at = np.fromiter(places, np.int64, len(places))
        kinds, arity, x, y = (column.copy() for column in (self.kinds, self.arity, self.x, self.y))
        kinds[at], arity[at], x[at], y[at] = [number[ops[place]] for place in places], 0, -1, -1
        others = np.flatnonzero(arity == 0).tolist()
        return Columns(list(number), kinds, arity, x, y, others, self.size + 1)

    def renumbered(self, keep: Any) -> "Columns":
        """The columns of the instructions to ``keep``."""
        keep = np.frombuffer(keep, np.bool_)
        n = len(keep)
        places = np.concatenate([np.cumsum(keep) - 1, np.arange(n - self.size, 0)])
        x, y, arity = places[self.x[keep]], places[self.y[keep]], self.arity[keep]
        left = int(keep.sum())
        others = places[self.others][keep[self.others]].tolist()
        return self._replace(kinds=self.kinds[keep], arity=arity, x=x, y=y, others=others, size=self.size - n + left)

    def levels(self, operands: Sequence[Any]) -> list[int]:
        """The length of the longest path from a source to each instruction; ``operands`` are those of ``others``."""
        n = len(self.x)
        found = [-1] * self.size
        x, y, start = self.x.tolist(), self.y.tolist(), 0
        for stop in [*self.others, n]:
            for place, a, b in zip(range(start, stop), x[start:stop], y[start:stop], strict=True):
                a, b = found[a], found[b]
                found[place] = (a if a > b else b) + 1
            if stop < n:
                found[stop] = 1 + deepest(found, operands[stop])
            start = stop + 1
        return found[:n]


class Operands(Sequence[tuple[Operand, ...]]):
    """The operands of each instruction, from columns and the rows of ``others``; tuples are made when asked for."""

    def __init__(self, columns: Columns, rows: Mapping[int, tuple[Operand, ...]]) -> None:
        self.columns, self.rows = columns, rows

    @cached_property
    def _tuples(self) -> list[tuple[Operand, ...]]:
        columns = self.columns
        return paired(columns.x.tolist(), columns.y.tolist(), np.flatnonzero(columns.arity == 1).tolist(), self.rows)

    def __len__(self) -> int:
        return len(self.columns.x)

    def __getitem__(self, place: Any) -> Any:
        if place.__class__ is int and place in self.rows:
            return self.rows[place]
        return self._tuples[place]

    def __iter__(self) -> Iterator[tuple[Operand, ...]]:
        return iter(self._tuples)


def by_column(ops: Sequence[Op], operands: Sequence[Any], sources: int) -> Columns | None:
    """The columns of a program; None where an instruction has operands of a number or kind that its row forbids."""
    n = len(ops)
    number, kinds, arity = _kinds(ops)
    lengths = np.fromiter(map(len, operands), np.int64, n)
    plain = arity > 0
    if (lengths != arity)[plain].any():
        return None
    rows: Any = operands if plain.all() else list(compress(operands, plain.tolist()))
    if set(map(type, chain.from_iterable(rows))) - {int}:
        return None
    slots = np.fromiter(chain.from_iterable(rows), np.int64, int(arity.sum()))
    ends = np.cumsum(arity)[plain]
    x, y = np.full(n, -1), np.full(n, -1)
    x[plain], y[plain] = slots[ends - arity[plain]], slots[ends - 1]
    return Columns(list(number), kinds, arity, x, y, np.flatnonzero(~plain).tolist(), n + sources)


def from_slots(ops: Sequence[Op], x: Sequence[int], y: Sequence[int], others: list[int], sources: int) -> Columns:
    """The columns whose ``x`` and ``y`` are known; those of instructions with one operand are equal."""
    number, kinds, arity = _kinds(ops)
    return Columns(list(number), kinds, arity, np.array(x, np.int64), np.array(y, np.int64), others, len(ops) + sources)


def _kinds(ops: Sequence[Op]) -> tuple[dict[Op, int], Any, Any]:
    """The rows that occur, by number; the number of each instruction's row, and how many single operands it has."""
    number = {op: i for i, op in enumerate(dict.fromkeys(ops))}
    arities = [len(op.operands) if _is_plain(op) else 0 for op in number]
    kinds = np.fromiter(map(number.__getitem__, ops), np.int64, len(ops))
    return number, kinds, np.array(arities, np.int64)[kinds]


def _is_plain(op: Op) -> bool:
    return len(op.operands) <= 2 and not any(map(is_list, op.operands))
