"""The scalar program: a flat list of instructions, each assigned once, each a row of the table.

An instruction's number is the slot its result goes to.  Slots from 0 up are results; negative slots are sources:
slot -1 is the first source, -2 the second, and so on.  A source is an ``Input``, a leaf read at each run, or a
constant, a float.  An operand of an instruction is a slot, or, where the row of the table takes a whole list (``ws``,
``xs``), a tuple of slots.

    v0 = mul(x0, x1)            slots:  x0 is -1, x1 is -2, v0 is 0
    v1 = dot((x0, v0), (x1, x1), 1.0)

What lives here: the program, its listing and its validation.  What does not: how a graph becomes one (``trace.py``).
"""

import gc
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from typing import Final, NamedTuple

from autograd.errors import ProgramError
from autograd.ops import TABLE, Op, is_list

LIBRARY: Final = tuple(TABLE.values())
"""The rows of the table that came with the library; users add theirs later."""

Operand = int | tuple[int, ...]
"""A slot, or a row of slots."""


class Input(NamedTuple):
    """A source that is read at each run: the leaf with this number."""

    leaf: int


Source = Input | float


class Instruction(NamedTuple):
    """One row of the table applied to slots."""

    op: Op
    operands: tuple[Operand, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Code:
    """A scalar program.

    Args:
        sources: what the negative slots stand for; slot -1 - i is ``sources[i]``.
        ops: the row of the table of each instruction.
        operands: the operands of each instruction, one entry for each operand of its row.
        outputs: the slots whose values are wanted; the first is the root.
    """

    sources: Sequence[Source]
    ops: Sequence[Op]
    operands: Sequence[tuple[Operand, ...]]
    outputs: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.ops)

    def __iter__(self) -> Iterator[Instruction]:
        return map(Instruction, self.ops, self.operands)

    @property
    def inputs(self) -> dict[int, int]:
        """The slot of each leaf, by the leaf's number."""
        return {s.leaf: -1 - i for i, s in enumerate(self.sources) if isinstance(s, Input)}

    def name(self, slot: int) -> str:
        """How listings and source call a slot: ``v3``, ``x0``, or a constant's digits."""
        if slot >= 0:
            return f"v{slot}"
        source = self.sources[-1 - slot]
        return f"x{source.leaf}" if isinstance(source, Input) else repr(source)

    def __str__(self) -> str:
        lines = [f"v{i} = {self._call(instruction)}" for i, instruction in enumerate(self)]
        return "\n".join([*lines, f"return {', '.join(map(self.name, self.outputs))}"])

    def _call(self, instruction: Instruction) -> str:
        arguments = [
            f"({', '.join(map(self.name, operand))})" if isinstance(operand, tuple) else self.name(operand)
            for operand in instruction.operands
        ]
        return f"{instruction.op.name}({', '.join(arguments)})"


def flat(operands: Iterable[Operand]) -> Iterator[int]:
    """The slots of an instruction's operands, rows opened."""
    for operand in operands:
        if operand.__class__ is int:
            yield operand
        else:
            yield from operand  # type: ignore[misc]


def validated(code: Code) -> Code:
    """``code`` itself, once every instruction is known to be well formed.

    Raises:
        ProgramError: an instruction has operands of the wrong number or kind, or uses a slot that no earlier
            instruction assigned; an output does not exist.
    """
    lowest = -len(code.sources)
    shapes: dict[Op, tuple[type, ...]] = {}
    for place, (op, operands) in enumerate(zip(code.ops, code.operands, strict=True)):
        if len(operands) == 2 and op in shapes:
            x, y = operands  # the common case, without a call
            if (
                x.__class__ is int
                and y.__class__ is int
                and lowest <= x < place
                and lowest <= y < place
                and len(shapes[op]) == 2
            ):
                continue
        shape = shapes.get(op)
        if shape is None:
            shape = shapes[op] = tuple(tuple if is_list(name) else int for name in op.operands)
        if tuple(map(type, operands)) != shape:
            raise ProgramError(
                f"instruction v{place}: {op.name} takes ({', '.join(op.operands)}), one slot each and a tuple of slots "
                f"for a list; got {operands!r}"
            )
        slots: Sequence[int] = operands if len(shape) <= 2 and tuple not in shape else tuple(flat(operands))  # type: ignore[assignment]
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
        if source.__class__ is not Input and source.__class__ is not float:
            raise ProgramError(f"a source is an Input or a float; got {source!r}")
    return code


@contextmanager
def without_collector() -> Iterator[None]:
    """A block in which Python does not look for garbage cycles: it makes many objects, and no cycle."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def edges(code: Code) -> int:
    """How many operand edges the program has."""
    return sum(1 for _ in chain.from_iterable(map(flat, code.operands)))
