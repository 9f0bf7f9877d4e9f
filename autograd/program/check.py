"""Holding a program against fresh eager graphs: does the graph still take the steps that were compiled?

A Python branch (``if v.data > 0``) or a number that came in as a float is baked into a program.  Here a graph is built
afresh for other samples, traced, and compared with the one that was compiled: first its steps, then its numbers.
What does not live here: the choice of what to do about a difference; the error names the first one.
"""

import math
from collections.abc import Callable, Iterable
from typing import Any

from autograd.derivatives import gradients
from autograd.errors import ProgramMismatchError
from autograd.modes import describe, made_at
from autograd.program.slots import Operand
from autograd.program.trace import Traced, trace

_TOLERANCE = 1e-9
_CANCELLED = 1e-3
"""What a number counts as at the least, as a share of the largest in its graph."""


def check(program: Any, build: Callable[..., Any], samples: Iterable[Any]) -> None:
    """See ``Program.check``."""
    for number, sample in enumerate(samples):
        root = build(*sample) if isinstance(sample, tuple) else build(sample)
        fresh = trace([root])
        compare(program.traced, fresh, f"sample {number}")
        _numbers(program, fresh, root, f"sample {number}")


def compare(compiled: Traced, fresh: Traced, what: str) -> None:
    """Hold two traced graphs against each other, step by step.

    Raises:
        ProgramMismatchError: they differ; the text names the first node that does.
    """
    old, new = compiled.code, fresh.code
    for place, node in enumerate(fresh.nodes):
        if place >= len(old):
            break
        before, after = compiled.nodes[place], f"{describe(node)}{made_at(node)}"
        if old.ops[place] is not new.ops[place]:
            raise ProgramMismatchError(
                f"{what}: node {place} is {after}, but {describe(before)}{made_at(before)} was compiled. A Python "
                "branch decides between them; use `where`, or compile each side"
            )
        mine = _resolved(compiled, old.operands[place])
        if mine != (other := _resolved(fresh, new.operands[place])):
            index = (
                next(i for i, (x, y) in enumerate(zip(mine, other, strict=False)) if x != y)
                if len(mine) == len(other)
                else 0
            )
            was, now = (repr(side[index]) if index < len(side) else "nothing" for side in (mine, other))
            raise ProgramMismatchError(
                f"{what}: node {place}, {after}, has operand {index} {now} where {was} was compiled. Numbers that are "
                "no Values are baked in; make what varies a Value, and name it in `batch`"
            )
    if len(old) > len(new):
        missing = compiled.nodes[len(new)]
        raise ProgramMismatchError(
            f"{what}: node {len(new)}, {describe(missing)}{made_at(missing)}, was compiled and is missing"
        )
    if len(old) < len(new):
        node = fresh.nodes[len(old)]
        raise ProgramMismatchError(
            f"{what}: node {len(old)}, {describe(node)}{made_at(node)}, is there and was not compiled"
        )


def _resolved(traced: Traced, operands: tuple[Operand, ...]) -> list[Any]:
    """Operands with constants as numbers and leaves by their order, so that two traces can be compared."""
    sources = traced.code.sources

    def resolved(slot: int) -> Any:
        if slot >= 0:
            return f"node {slot}"
        source = sources[-1 - slot]
        return f"leaf {source}" if source.__class__ is int else source

    found: list[Any] = []
    for operand in operands:
        found += map(resolved, operand) if isinstance(operand, tuple) else [resolved(operand)]
    return ["nan" if x != x else x for x in found]


def _numbers(program: Any, fresh: Traced, root: Any, what: str) -> None:
    """Run the program at the fresh graph's numbers and compare value and gradient."""
    number = {leaf: i for i, leaf in enumerate(program.traced.leaves)}
    leaves = [fresh.leaves[number[leaf]] for leaf in program.leaves]
    batch = [[fresh.leaves[number[leaf]]._data] for leaf in program.batch]
    value, gradient = program.value_and_grad([leaf._data for leaf in leaves], *batch)
    value = float(value[0]) if batch else value
    # What cancels leaves rounding errors of the size of what was added up, and nothing to be relative to.
    size = max((abs(node._data) for node in (*fresh.nodes, *fresh.leaves) if math.isfinite(node._data)), default=0.0)
    if not _close(value, root._data, _CANCELLED * size):
        raise ProgramMismatchError(f"{what}: the program's value is {value}, the fresh graph's {root._data}")
    found = gradients(root, 1.0)
    scale = max((abs(g) for g in found.values() if math.isfinite(g)), default=1.0)
    for leaf, mine, own in zip(program.leaves, gradient, leaves, strict=True):
        if leaf.requires_grad and not _close(float(mine), found.get(own, 0.0), scale):
            name = leaf.label or f"leaf {number[leaf]}"
            raise ProgramMismatchError(
                f"{what}: the program's gradient of {name} is {float(mine)}, the fresh graph's {found.get(own, 0.0)}"
            )


def _close(x: float, y: float, scale: float = 0.0) -> bool:
    return x == y or (x != x and y != y) or abs(x - y) <= _TOLERANCE * max(abs(x), abs(y), scale)
