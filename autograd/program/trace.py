"""A finished graph as a scalar program.

Nodes become instructions in the order that backward itself follows, so sums of contributions come out in the same
order.  Before anything else, every node is held against its operands' present data: a program made of a graph whose
data were changed afterwards would not compute what the graph shows.
What does not live here: making the program smaller (``passes.py``).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from autograd.derivatives import refuse_stale
from autograd.errors import OperandTypeError
from autograd.graph import OPAQUE, Node, members
from autograd.ops import FLOATS, Op, is_list
from autograd.order import interior_order, joint_interior_order
from autograd.program.ir import Code, Source, is_long
from autograd.program.slots import Operand, paired


class Traced(NamedTuple):
    """What a graph became."""

    code: Code
    leaves: list[Any]
    nodes: list[Any]
    """The node of each instruction."""


class _Sources(dict[Any, int]):
    """The slot of every node and number met so far; one that is no result becomes a source when first asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.sources: list[Source] = []
        self.leaves: list[Any] = []
        self.zeros: dict[str, int] = {}

    def __missing__(self, thing: Any) -> int:
        if thing.__class__ is not float:
            self.sources.append(len(self.leaves))
            self.leaves.append(thing)
        elif thing == 0.0:  # 0.0 and -0.0 are one key of a dictionary, and two numbers
            if repr(thing) not in self.zeros:
                self.sources.append(thing)
                self.zeros[repr(thing)] = -len(self.sources)
            return self.zeros[repr(thing)]
        else:
            self.sources.append(thing)
        self[thing] = slot = -len(self.sources)
        return slot

    def row(self, leaves: Sequence[Any]) -> tuple[int, ...]:
        """The slots of a list of leaves; new ones, each there once, become sources all together."""
        fresh = range(-1 - len(self.sources), -1 - len(self.sources) - len(leaves), -1)
        if self.keys().isdisjoint(leaves) and len(new := dict(zip(leaves, fresh, strict=True))) == len(leaves):
            start = len(self.leaves)
            self.sources += range(start, start + len(leaves))
            self.leaves += leaves
            self.update(new)
            return tuple(fresh)
        return tuple(map(self.__getitem__, leaves))


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
        order = joint_interior_order(roots)
    sources = _Sources()
    source = sources.__getitem__
    rows = _Rows(sources)
    ops: list[Op] = [node.op for node in order]
    first: list[int] = []
    second: list[int] = []
    others: dict[int, tuple[Operand, ...]] = {}
    rules = {op: (op.value_in(FLOATS), 0 if op.nary else len(op.operands)) for op in _with_formulas(ops, order)}
    for place, (op, node) in enumerate(zip(ops, order, strict=True)):
        rule, singles = rules[op]
        if singles == 2:
            x, y = node._x, node._y
            first.append(source(x))
            second.append(source(y))
            now = rule(x if x.__class__ is float else x._data, y if y.__class__ is float else y._data)
        elif singles == 1:
            p = source(node._x)
            first.append(p)
            second.append(p)
            now = rule(node._x._data)
        else:
            others[place], numbers = rows.read(op, node)
            first.append(-1)
            second.append(-1)
            now = rule(*numbers)
        if now != node._data:
            refuse_stale(node)
        sources[node] = place
    outputs = tuple(map(source, roots))
    return Traced(_coded(sources.sources, ops, first, second, others, outputs), sources.leaves, order)


def _coded(
    sources: Sequence[Source], ops: Sequence[Op], first: Sequence[int], second: Sequence[int],
    others: Mapping[int, tuple[Operand, ...]], outputs: tuple[int, ...],
) -> Code:  # fmt: skip
    """The program whose instructions have ``others`` as operands, or their first and second."""
    if not is_long(ops):
        single = [place for place, op in enumerate(ops) if len(op.operands) == 1]
        return Code(sources, ops, paired(first, second, single, others), outputs)
    from autograd.program.columns import Operands, from_slots

    columns = from_slots(ops, first, second, list(others), len(sources))
    return Code(sources, ops, Operands(columns, others), outputs, columns)


def _with_formulas(ops: Sequence[Op], order: Sequence[Any]) -> Iterable[Op]:
    """The rows of the table that occur.

    Raises:
        OpaqueNodeError: one of them has no formula that a program could run.
    """
    found: dict[Op, None] = dict.fromkeys(ops)
    for op in found:
        if op is OPAQUE or op.python is not None:
            refuse_stale(order[ops.index(op)])  # raises, with the reason
    return found


class _Rows:
    """Operands that come as lists, such as the inputs that a layer's neurons share: each list is read once."""

    def __init__(self, sources: _Sources) -> None:
        self.sources = sources
        self.known: dict[int, tuple[tuple[int, ...], list[float]]] = {}
        self.lists: dict[Op, tuple[bool, ...]] = {}

    def read(self, op: Op, node: Any) -> tuple[tuple[Operand, ...], list[Any]]:
        """The slots and the numbers of a node's operands, group by group."""
        lists = self.lists.get(op)
        if lists is None:
            lists = self.lists[op] = tuple(map(is_list, op.operands))
        slots: list[Operand] = []
        numbers: list[Any] = []
        interior = set(map(id, map(members, node._y)))
        for group, is_row in zip(node.groups, lists, strict=True):
            known = self.known.get(id(group))
            if known is None:
                leaves = (
                    is_row and id(group) not in interior and any(group is parents for parents in node._x)
                    and len(group) > 0 and group[0].__class__ is not float
                )  # fmt: skip
                row = self.sources.row(group) if leaves else tuple(map(self.sources.__getitem__, group))
                known = self.known[id(group)] = row, [v if v.__class__ is float else v._data for v in group]
            slots.append(known[0] if is_row else known[0][0])
            numbers.append(known[1] if is_row else known[1][0])
        return tuple(slots), numbers
