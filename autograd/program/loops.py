"""Equal parts of a scalar program, found again: what the terms of a sum have each for themselves, as turns of a loop.

    v0 = w * x0                             for x1_0 in (x0, x1, ...):
    v1 = tanh(v0)                               v1_0 = w * x1_0
    v2 = w * x1                                 v1_1 = tanh(v1_0)
    v3 = tanh(v2)
    ...                                     v99 = v1 + v3 + ...
    v99 = v1 + v3 + ...

A loss over many samples, traced as one graph, is such a sum.  It is found by structure alone: an entry of a row has for
itself whatever only leads to that entry, and entries that have the same, operand by operand, are turns of one loop.
The matrix products of ``arrays.py`` are found in another way, with NumPy; this file needs the standard library.
What does not live here: how a loop is written as Python (``backends/text.py``).
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from autograd.ops import is_list
from autograd.program.ir import Code, Source, edges
from autograd.program.rewrite import uses
from autograd.program.slots import Operand, flat

TURNS: Final = 8
"""A loop has at least so many turns,"""
LENGTH: Final = 2
"""of so many instructions each,"""
WORTH: Final = 200
"""and so many in all;"""
SHARED: Final = 4
"""and a turn has at least so many operands for each number that only it has: to hand that over takes time as well."""

_LOOKS: Final = 4  # how often an operand is looked at, at the most, on average: heads may lie below heads


class Loop(NamedTuple):
    """Instructions that are computed alike, turn by turn."""

    at: int
    """The only instruction that reads what the turns give; the loop comes right before it."""
    turns: list[list[int]]
    """The instructions of each turn, in the order of ``body``."""
    body: Code
    """One turn as a program; its result is that of its last instruction, and two of its sources may be one input."""
    given: list[tuple[int, ...]]
    """What the inputs of ``body`` stand for: a slot for each turn, or the only one that all turns share."""

    @property
    def results(self) -> list[int]:
        """What each turn gives."""
        return [turn[-1] for turn in self.turns]


class _Turn(NamedTuple):
    places: list[int]
    edges: int
    shape: tuple[Any, ...]
    given: list[int]


def loops(code: Code, takes: Sequence[int]) -> list[Loop]:
    """The loops of a program, each for itself, outer ones first.

    Args:
        code: the program.
        takes: for each slot whether it gets a gradient; turns of one loop agree in that.

    >>> from autograd import Value, sum
    >>> from autograd.program.trace import trace
    >>> w = Value(2.0)
    >>> loss = sum([(w * x).tanh().exp() for x in range(100)])
    >>> [(len(loop.turns), len(loop.body), loop.given[:1]) for loop in loops(trace([loss]).code, [1] * 1000)]
    [(100, 3, [(-1,)])]
    """
    rows = {op for op in set(code.ops) if any(map(is_list, op.operands))}
    heads = [place for place, op in enumerate(code.ops) if op in rows] if len(code) >= WORTH else []
    if not heads:
        return []
    count = uses(code)
    owned = bytearray(len(code))
    left = _LOOKS * edges(code)
    found: list[Loop] = []
    for head in reversed(heads):
        entries = [slot for row in code.operands[head] if row.__class__ is tuple for slot in row if slot >= 0]
        if len(entries) < TURNS or owned[head]:
            continue
        alone = [slot for slot, times in Counter(entries).items() if times == count[slot]]
        if len(alone) < TURNS:
            continue
        alike: dict[tuple[Any, ...], list[_Turn]] = {}
        for slot in alone:
            turn = _turn(code, slot, count)
            alike.setdefault((turn.shape, *map(takes.__getitem__, turn.given)), []).append(turn)
            left -= turn.edges
            if left < 0:
                return found
        for turns in alike.values():
            loop = _loop(code, head, turns)
            if loop is not None:
                found.append(loop)
                for places in loop.turns:
                    for place in places:
                        owned[place] = 1
    return found


def _turn(code: Code, root: int, count: Sequence[int]) -> _Turn:
    """What ``root`` has for itself: instructions that are used nowhere else, in an order that depends on them alone."""
    seen: dict[int, int] = {}
    places, looked = [root], 0
    for place in places:  # it grows meanwhile
        for slot in flat(code.operands[place]):
            looked += 1
            if slot >= 0:
                seen[slot] = times = seen.get(slot, 0) + 1
                if times == count[slot]:
                    places.append(slot)
    places.reverse()
    own = {place: number for number, place in enumerate(places)}
    given: list[int] = []
    rows: dict[tuple[int, ...], tuple[int, ...]] = {}
    sources = code.sources

    def moved(slot: int) -> int:
        if slot in own:
            return own[slot]
        given.append(slot)
        if slot >= 0 or sources[-1 - slot].__class__ is not float:  # a number may be another one in the next turn
            own[slot] = -len(given)
        return -len(given)

    def operand(x: Any) -> Any:
        if x.__class__ is int:
            return moved(x)
        if x not in rows:
            before = len(own), len(given)
            row = tuple(map(moved, x))
            if len(own) - before[0] != len(given) - before[1]:
                return row
            rows[x] = row
        return rows[x]

    ops, operands = code.ops, code.operands
    return _Turn(places, looked, tuple([(ops[place], *map(operand, operands[place])) for place in places]), given)


def _loop(code: Code, at: int, turns: list[_Turn]) -> Loop | None:
    """The loop of turns of one shape, if it is worth it."""
    shape = turns[0].shape
    if len(turns) < TURNS or len(shape) < LENGTH or len(turns) * len(shape) < WORTH:
        return None
    sources: list[Source] = []
    given: dict[tuple[int, ...], int] = {}
    for slots in zip(*(turn.given for turn in turns), strict=True):
        first = slots[0]
        same = slots.count(first) == len(slots)
        number = code.sources[-1 - first] if first < 0 else None
        if same and number.__class__ is float:
            sources.append(number)
        else:
            sources.append(given.setdefault((first,) if same else slots, len(given)))
    own = sum(len(slots) > 1 for slots in given)
    if not own or turns[0].edges < SHARED * own:
        return None
    operands: list[tuple[Operand, ...]] = [tuple(instruction[1:]) for instruction in shape]
    body = Code(sources, [instruction[0] for instruction in shape], operands, (len(shape) - 1,))
    return Loop(at, [turn.places for turn in turns], body, list(given))
