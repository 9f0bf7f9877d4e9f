"""A finished graph as a scalar program.

Nodes become instructions in the order that backward itself follows, so sums of contributions come out in the same
order.  Before anything else, every node is held against its operands' present data: a program made of a graph whose
data were changed afterwards would not compute what the graph shows.
What does not live here: making the program smaller (``passes.py``).
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from autograd.errors import OperandTypeError
from autograd.graph import Edges, Node, interior_order, joint_order
from autograd.ops import FLOATS, Op, is_list
from autograd.program.ir import Code, Input, Operand, Source
from autograd.sweep import refuse_stale


class Traced(NamedTuple):
    """What a graph became."""

    code: Code
    leaves: list[Any]
    nodes: list[Any]
    """The node of each instruction."""


class _Slots(dict[Any, int]):
    """The slot of every node and number met so far; an unknown one becomes a source when first asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.sources: list[Source] = []
        self.leaves: list[Any] = []
        self.zeros: dict[str, int] = {}

    def __missing__(self, thing: Any) -> int:
        if thing.__class__ is float:
            if thing == 0.0:  # 0.0 and -0.0 are one key of a dictionary, and two numbers
                if repr(thing) not in self.zeros:
                    self.zeros[repr(thing)] = self._append(thing)
                return self.zeros[repr(thing)]
            slot = self._append(thing)
        else:
            slot = self._append(Input(len(self.leaves)))
            self.leaves.append(thing)
        self[thing] = slot
        return slot

    def _append(self, source: Source) -> int:
        self.sources.append(source)
        return -len(self.sources)


def trace(roots: Sequence[Any]) -> Traced:
    """The program that computes ``roots`` from their leaves.

    Raises:
        StaleGraphError: data were changed after the forward pass.
        OpaqueNodeError: a node has no formula that a program could run.
        GraphCycleError: parents assigned by hand form a circle.
        OperandTypeError: a root is no Value.
    """
    for root in roots:
        if not isinstance(root, Node):
            raise OperandTypeError(f"a program computes Values; got {root!r} of type {type(root).__name__}")
    if len(roots) == 1:
        order = interior_order(roots[0])
    else:
        order = [node for node in joint_order(roots) if node.op is not None]
    slots = _Slots()
    ops: list[Op] = []
    operands: list[tuple[Operand, ...]] = []
    kinds: dict[Op, tuple[int, tuple[bool, ...]]] = {}
    slot = slots.__getitem__
    for place, node in enumerate(order):
        op = node.op
        kind = kinds.get(op)
        if kind is None:
            if node.is_opaque or op.python is not None:
                refuse_stale(node)  # raises, with the reason
            kind = kinds[op] = (0 if op.nary else len(op.operands), tuple(map(is_list, op.operands)))
        if kind[0] == 2:
            operands.append((slot(node._x), slot(node._y)))
        elif kind[0] == 1:
            operands.append((slot(node._x),))
        else:
            edges: Edges = node._y
            operands.append(
                tuple([
                    tuple(map(slot, group)) if row else slot(group[0])
                    for group, row in zip(edges.operands, kind[1], strict=True)
                ])
            )  # fmt: skip
        ops.append(op)
        slots[node] = place
    _refuse_stale(order, ops)
    outputs = tuple(map(slot, roots))
    return Traced(Code(slots.sources, ops, operands, outputs), slots.leaves, order)


def _refuse_stale(order: Sequence[Any], ops: Sequence[Op]) -> None:
    """Hold all nodes against their operands' present data, op by op, so that most of it runs without a Python loop."""
    by_op: dict[Op, list[Any]] = {}
    for node, op in zip(order, ops, strict=True):
        by_op.setdefault(op, []).append(node)
    for op, nodes in by_op.items():
        rule = op.value_in(FLOATS)
        found = [node._data for node in nodes]
        if op.nary:
            now = [rule(*_numbers(node._y.operands, op)) for node in nodes]
        else:
            columns = [[v if v.__class__ is float else v._data for v in [node._x for node in nodes]]]
            if len(op.operands) == 2:
                columns.append([v if v.__class__ is float else v._data for v in [node._y for node in nodes]])
            now = list(map(rule, *columns))
        if now != found:
            for node, before, after in zip(nodes, found, now, strict=True):
                if before != after:
                    refuse_stale(node)


def _numbers(groups: Sequence[Sequence[Any]], op: Op) -> list[Any]:
    rows = [[v if v.__class__ is float else v._data for v in group] for group in groups]
    return [row if is_list(name) else row[0] for row, name in zip(rows, op.operands, strict=True)]
