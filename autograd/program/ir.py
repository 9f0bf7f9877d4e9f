"""The scalar program: a flat list of instructions, each assigned once, each a row of the table.

An instruction's number is the slot its result goes to.  Slots from 0 up are results; negative slots are sources:
slot -1 is the first source, -2 the second, and so on.  A source is an int, the number of a leaf that is read at each
run, or a float, a constant.  An operand of an instruction is a slot, or, where the row of the table takes a whole list
(``ws``, ``xs``), a tuple of slots.

    v0 = mul(x0, x1)            slots:  x0 is -1, x1 is -2, v0 is 0
    v1 = dot((x0, v0), (x1, x1), 1.0)

What lives here: the program, its listing and its validation.  What does not: how a graph becomes one (``trace.py``).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final, NamedTuple

from autograd.errors import ProgramError
from autograd.ops import TABLE, Op, is_list
from autograd.program.slots import Operand, deepest

if TYPE_CHECKING:
    from autograd.program.columns import Columns

LONG: Final = 2_000
"""Instructions from which on a program is looked at by columns; NumPy's calls cost more than loops below it."""

LIBRARY: Final = tuple(TABLE.values())
"""The rows of the table that came with the library; users add theirs later."""

Source = int | float
"""The number of a leaf, or a constant: an int or a float by its class, for a program may have a million leaves."""


class Instruction(NamedTuple):
    """One row of the table applied to slots."""

    op: Op
    operands: tuple[Operand, ...]


@dataclass(frozen=True, eq=False)
class Code:
    """A scalar program.

    Args:
        sources: what the negative slots stand for; slot -1 - i is ``sources[i]``.
        ops: the row of the table of each instruction.
        operands: the operands of each instruction, one entry for each operand of its row.
        outputs: the slots whose values are wanted; the first is the root.
        known: the columns, where a pass has them already.
    """

    sources: Sequence[Source]
    ops: Sequence[Op]
    operands: Sequence[tuple[Operand, ...]]
    outputs: tuple[int, ...]
    known: "Columns | None" = None

    def __len__(self) -> int:
        return len(self.ops)

    def __iter__(self) -> Iterator[Instruction]:
        return map(Instruction, self.ops, self.operands)

    @cached_property
    def inputs(self) -> dict[int, int]:
        """The slot of each leaf, by the leaf's number."""
        return {source: -1 - i for i, source in enumerate(self.sources) if source.__class__ is int}

    @cached_property
    def constants(self) -> dict[int, float]:
        """The number of each constant, by its slot."""
        kinds, found, i = list(map(type, self.sources)), {}, -1  # there may be a million leaves between them
        for _ in range(kinds.count(float)):
            i = kinds.index(float, i + 1)
            found[-1 - i] = self.sources[i]
        return found

    @cached_property
    def columns(self) -> "Columns | None":
        """The instructions by column, if the program is long, well formed and NumPy is there; see ``columns.py``."""
        if self.known is not None:
            return self.known
        if not is_long(self.ops):
            return None
        from autograd.program.columns import by_column

        return by_column(self.ops, self.operands, len(self.sources))

    def name(self, slot: int) -> str:
        """How listings and source call a slot: ``v3``, ``x0``, or a constant's digits."""
        if slot >= 0:
            return f"v{slot}"
        source = self.sources[-1 - slot]
        return f"x{source}" if source.__class__ is int else repr(source)

    def __str__(self) -> str:
        lines = [f"v{i} = {self._call(instruction)}" for i, instruction in enumerate(self)]
        return "\n".join([*lines, f"return {', '.join(map(self.name, self.outputs))}"])

    def _call(self, instruction: Instruction) -> str:
        arguments = [
            f"({', '.join(map(self.name, operand))})" if isinstance(operand, tuple) else self.name(operand)
            for operand in instruction.operands
        ]
        return f"{instruction.op.name}({', '.join(arguments)})"


def is_long(ops: Sequence[Op]) -> bool:
    """Whether a program of these instructions is looked at by columns."""
    return len(ops) >= LONG and find_spec("numpy") is not None


def validated(code: Code) -> Code:
    """``code`` itself, once every instruction is known to be well formed.

    Raises:
        ProgramError: an instruction has operands of the wrong number or kind, or uses a slot that no earlier
            instruction assigned; an output does not exist.
    """
    lowest = -len(code.sources)
    shapes: dict[Op, tuple[type, ...]] = {}
    places: Iterable[int] = range(len(code))
    if code.columns is not None:
        places = code.columns.others if code.columns.within() else places
    for place in places:
        op, operands = code.ops[place], code.operands[place]
        shape = shapes.get(op)
        if shape is None:
            shape = shapes[op] = tuple(tuple if is_list(name) else int for name in op.operands)
        if tuple(map(type, operands)) != shape:
            raise ProgramError(
                f"instruction v{place}: {op.name} takes ({', '.join(op.operands)}), one slot each and a tuple of slots "
                f"for a list; got {operands!r}"
            )
        slots: list[int] = []
        for x in operands:
            if x.__class__ is int:
                slots.append(x)
            else:
                slots += x  # type: ignore[arg-type]
        if slots and (max(slots) >= place or min(slots) < lowest):
            wrong = next(slot for slot in slots if not lowest <= slot < place)
            raise ProgramError(
                f"instruction v{place}: {op.name} uses slot {wrong}, which no source and no earlier instruction assigns"
            )
        if op.name == "dot" and len(operands[0]) != len(operands[1]):  # type: ignore[arg-type]
            raise ProgramError(f"instruction v{place}: dot of rows of unequal length")
    for slot in code.outputs:
        if not lowest <= slot < len(code):
            raise ProgramError(f"output slot {slot} does not exist; there are {len(code)} instructions")
    for source in code.sources:
        if source.__class__ is not int and source.__class__ is not float:
            raise ProgramError(f"a source is an int, a leaf's number, or a float; got {source!r}")
    return code


def levels(code: Code) -> list[int]:
    """The length of the longest path from a source to each instruction."""
    if code.columns is not None:
        return code.columns.levels(code.operands)
    found = [-1] * (len(code) + len(code.sources))
    for place, operands in enumerate(code.operands):
        if len(operands) == 2 and operands[0].__class__ is int and operands[1].__class__ is int:
            a, b = found[operands[0]], found[operands[1]]
            found[place] = (a if a > b else b) + 1
        elif len(operands) == 1 and operands[0].__class__ is int:
            found[place] = found[operands[0]] + 1
        else:
            found[place] = 1 + deepest(found, operands)
    return found[: len(code)]


def edges(code: Code) -> int:
    """How many operand edges the program has."""
    return sum(1 if isinstance(x, int) else len(x) for operands in code.operands for x in operands)
