"""What every pass needs to make a new scalar program from an old one: counting uses, renumbering, writing anew.

What does not live here: what is changed and why (``passes.py``).
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate, compress
from typing import Any

from autograd.ops import Op
from autograd.program.ir import Code, Source
from autograd.program.slots import Operand


class Builder:
    """A new program in the making, and where each slot of the old one went."""

    def __init__(self, code: Code) -> None:
        self.sources: list[Source] = list(code.sources)
        self.ops: list[Op] = []
        self.operands: list[tuple[Operand, ...]] = []
        self.places: list[int] = []

    def emit(self, op: Op, operands: tuple[Operand, ...]) -> int:
        """Append an instruction; gives its slot."""
        self.ops.append(op)
        self.operands.append(operands)
        return len(self.ops) - 1

    def constant(self, number: float) -> int:
        """The slot of a new constant."""
        self.sources.append(number)
        return -len(self.sources)

    def moved(self, operands: Sequence[Any]) -> tuple[Any, ...]:
        """Slots of the old program, and rows of them, as slots of the new one; sources stay where they are."""
        places = self.places
        if len(operands) == 2 and operands[0].__class__ is int and operands[1].__class__ is int:
            x, y = operands
            return (x if x < 0 else places[x], y if y < 0 else places[y])
        return tuple([
            (slot if slot < 0 else places[slot]) if slot.__class__ is int else self.moved(slot) for slot in operands
        ])  # fmt: skip


def rewrite(code: Code, step: Callable[[Builder, int, Op, tuple[Operand, ...]], int]) -> Code:
    """A new program from the old one: ``step(new, place, op, operands)`` gives the slot that holds the result now.

    ``operands`` are slots of the old program; ``new.moved(operands)`` are those of the new one.
    """
    new = Builder(code)
    for place, (op, operands) in enumerate(zip(code.ops, code.operands, strict=True)):
        new.places.append(step(new, place, op, operands))
    return Code(new.sources, new.ops, new.operands, new.moved(code.outputs))


def uses(code: Code) -> list[int]:
    """How often each instruction's result is used, outputs counted."""
    places: Sequence[int] = range(len(code))
    if code.columns is not None:
        count, places = code.columns.uses(), code.columns.others
    else:
        count = [0] * (len(code) + len(code.sources))
    for place in places:
        for x in code.operands[place]:
            if x.__class__ is int:
                count[x] += 1
            elif x and max(x) >= 0:  # type: ignore[arg-type]  # a row of leaves uses no result
                for slot in x:  # type: ignore[union-attr]
                    count[slot] += 1
    for slot in code.outputs:
        count[slot] += 1
    return count[: len(code)]


def replaced(
    code: Code, sources: Sequence[Source], ops: Sequence[Op], changes: Mapping[int, tuple[Operand, ...]]
) -> Code:
    """The program with ``sources``, one more than before, and new instructions, which take rows, in some places.

    Args:
        code: a program.
        sources: its sources and one more.
        ops: the row of the table of each instruction, the new ones among them.
        changes: the operands of the new ones by place.
    """
    if code.columns is None:
        operands = list(code.operands)
        for place, changed in changes.items():
            operands[place] = changed
        return Code(sources, ops, operands, code.outputs)
    from autograd.program.columns import Operands

    found = code.columns.replaced(changes, ops)
    rows = {place: changes.get(place) or code.operands[place] for place in found.others}
    return Code(sources, ops, Operands(found, rows), code.outputs, found)


def compacted(code: Code, keep: bytearray) -> Code:
    """The program without the instructions that are not to be kept, which none of the others may use."""
    places = list(accumulate(keep, initial=0))

    def moved(operands: tuple[Operand, ...]) -> tuple[Operand, ...]:
        return tuple([
            (x if x < 0 else places[x])
            if x.__class__ is int
            else x if x and x[0] < 0 and max(x) < 0  # type: ignore[index, arg-type]  # a row of leaves stays as it is
            else tuple([slot if slot < 0 else places[slot] for slot in x])  # type: ignore[union-attr]
            for x in operands
        ])  # fmt: skip

    ops = list(compress(code.ops, keep))
    outputs = tuple(slot if slot < 0 else places[slot] for slot in code.outputs)
    if code.columns is None:
        return Code(code.sources, ops, list(map(moved, compress(code.operands, keep))), outputs)
    from autograd.program.columns import Operands

    found = code.columns.renumbered(keep)
    others = filter(keep.__getitem__, code.columns.others)
    rows = {new: moved(code.operands[old]) for new, old in zip(found.others, others, strict=True)}
    return Code(code.sources, ops, Operands(found, rows), outputs, found)
