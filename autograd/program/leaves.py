"""Which leaves of a graph a program speaks of: by what names a user calls them, in what order, and who gets a gradient.

What lives here: the leaves of ``compile``'s arguments, as numbers of the leaves that were traced.  What does not:
running a program at numbers for them (``compiled.py``).
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from autograd.errors import ProgramError
from autograd.graph import Node
from autograd.ops import TABLE
from autograd.program.ir import Code


class Leaves(NamedTuple):
    """The leaves of a program by their numbers."""

    order: list[int]
    """Those that ``values`` and the gradient speak of."""
    columns: list[int]
    """Those that take a column of numbers, in the order they were named."""
    wanted: frozenset[int]
    """Those that get a gradient."""


def ordered(leaves: Sequence[Any], code: Code, batch: Iterable[Any], parameters: Iterable[Any]) -> Leaves:
    """The parameters first, then the weights and biases of dot products, then the rest, each in the order of use.

    Args:
        leaves: all leaves of the graph, in the order of use.
        code: the program.
        batch: leaves that take a column: by Value, label, or position among the leaves.
        parameters: Values; those that are not in the graph are left out.

    Raises:
        ProgramError: an entry of ``batch`` names no leaf, or several, or two name the same.
    """
    number = dict(zip(leaves, range(len(leaves)), strict=True))
    columns = [number[key] if isinstance(key, Node) and key in number else _find(key, leaves) for key in batch]
    batched = set(columns)
    if len(batched) < len(columns):
        raise ProgramError("batch names a leaf twice; it takes one column")
    order: list[Any] = list(dict.fromkeys(map(number.get, parameters)))  # None for one that is not in the graph
    if None in order or len(order) + len(batched) < len(number) or not batched.isdisjoint(order):
        everything = dict.fromkeys([*order, *_weights(code), *number.values()])
        order = [i for i in everything if i is not None and i not in batched]
    kinds = {leaves[i].__class__ for i in order}  # freezing a Value changes its class
    all_take = len(kinds) == 1 and leaves[order[0]].requires_grad
    return Leaves(order, columns, frozenset(order if all_take else [i for i in order if leaves[i].requires_grad]))


def _weights(code: Code) -> list[int]:
    """The leaves that are weights or biases of dot products, in the order of use."""
    found: dict[int, None] = {}
    if TABLE["dot"] not in code.ops:
        return []
    leaf = {slot: number for number, slot in code.inputs.items()}
    for op, operands in zip(code.ops, code.operands, strict=True):
        if op.name == "dot":
            ws, _, bias = operands
            found.update(dict.fromkeys([leaf[s] for s in (*ws, bias) if s in leaf]))  # type: ignore[misc]
    return list(found)


def _find(key: Any, leaves: Sequence[Any]) -> int:
    """The number of the leaf that ``key`` names: a Value, a label, or a position."""
    if isinstance(key, str):
        found = [i for i, leaf in enumerate(leaves) if leaf.label == key]
    elif isinstance(key, int) and -len(leaves) <= key < len(leaves):
        return key % len(leaves)
    else:
        found = []
    if len(found) != 1:
        labels = ", ".join(sorted({leaf.label for leaf in leaves if leaf.label})[:10]) or "none has a label"
        raise ProgramError(
            f"batch={key!r} names {len(found) or 'no'} leaves of this graph; give a Value of it, a label that only "
            f"one has ({labels}) or a position below {len(leaves)}"
        )
    return found[0]
