"""Operands of a scalar program: slots, rows of slots, and what is asked of them.

A slot is an int: from 0 up the instruction whose result it holds, below 0 a source.  What lives here is what both
manners of looking at a program need, instruction by instruction (``ir.py``) and by columns (``columns.py``).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

Operand = int | tuple[int, ...]
"""A slot, or a row of slots."""


def flat(operands: Iterable[Operand]) -> Iterator[int]:
    """The slots of an instruction's operands, rows opened."""
    for operand in operands:
        if operand.__class__ is int:
            yield operand
        else:
            yield from operand  # type: ignore[misc]


def paired(
    x: Sequence[int], y: Sequence[int], single: Iterable[int], rows: Mapping[int, tuple[Operand, ...]]
) -> list[tuple[Operand, ...]]:
    """The operands of each instruction: ``rows`` has them by place, at ``single`` places ``x`` alone counts.

    >>> paired([-1, 0, 0], [-2, 0, 0], [1], {2: (0, (1, -1))})
    [(-1, -2), (0,), (0, (1, -1))]
    """
    found: list[tuple[Operand, ...]] = list(zip(x, y, strict=True))
    for place in single:
        found[place] = found[place][:1]
    for place, operands in rows.items():
        found[place] = operands
    return found


def deepest(level: Sequence[int], operands: Iterable[Operand]) -> int:
    """The highest level among an instruction's operands; ``level`` has that of each slot, -1 for sources."""
    highest = -1
    for x in operands:
        if x.__class__ is int:
            highest = max(highest, level[x])
        elif x and max(x) >= 0:  # type: ignore[arg-type]  # rows of leaves have no depth
            highest = max(highest, *map(level.__getitem__, x))  # type: ignore[arg-type]
    return highest
