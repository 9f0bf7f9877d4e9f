"""Formulas of the table with a node's own operands written in: what a learner reads beside a number.

The table says that ∂(x·y)/∂x is ``y``; for the node ``loss = a * b`` that is ``b``.  This module puts names in, as text
and as LaTeX, and adds nothing of its own: a formula changed in the table changes here.
What does not live here: the steps in which they appear (``steps.py``).
"""

import ast
import copy
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from autograd import Value

SHOWN: int = 6
"""How many of a list of operands are spelt out before the dots."""


def number(x: float) -> str:
    """A number as short as it can be read: six significant digits, whole numbers without a fraction.

    >>> number(2.0), number(-0.333333333), number(1e-12)
    ('2', '-0.333333', '1e-12')
    """
    return f"{x:.6g}"


def operand_names(node: Value, names: Mapping[Value, str]) -> list[list[str]]:
    """The operands' names group by group: a Value's name, a number's digits."""
    return [[names[x] if isinstance(x, Value) else number(x) for x in group] for group in node.groups]


def edge_place(node: Value, edge: int) -> tuple[int, int]:
    """The group and the place within it of the operand behind the ``edge``-th parent."""
    for g, group in enumerate(node.groups):
        for k, x in enumerate(group):
            if isinstance(x, Value):
                if edge == 0:
                    return g, k
                edge -= 1
    raise IndexError(edge)


def partial_tree(node: Value, edge: int) -> tuple[ast.expr | None, dict[str, tuple[int, int | None]]]:
    """The formula of ∂node/∂parent, and for each name in it the group and place of the operand it stands for.

    A place of None stands for a whole group.  The tree is None for a primitive that has no formulas.
    """
    op = node.op
    assert op is not None
    g, k = edge_place(node, edge)
    where: dict[str, tuple[int, int | None]] = {
        name: (i, None if name in ("xs", "ws") else 0) for i, name in enumerate(op.operands)
    }
    if op.python is not None:
        return None, where
    tree = op.tree(op.partials[g])
    if op.operands[g] in ("xs", "ws"):  # the partial is a list, and this edge wants its k-th entry
        match tree:
            case ast.ListComp(elt=entry, generators=[ast.comprehension(target=ast.Name(id=letter))]):
                where[letter] = (g, k)
                return entry, where
            case ast.Name(id=other):
                where[other] = (where[other][0], k)
    return tree, where


def local_derivative(node: Value, edge: int, groups: Sequence[Sequence[str]], out: str) -> str:
    """∂node/∂parent as a formula in the operands' names.

    Args:
        node: an inner node.
        edge: which of ``node.parents``.
        groups: the operands' names, from ``operand_names``.
        out: the node's own name.

    >>> x = Value(0.5, label="x")
    >>> local_derivative(x.tanh(), 0, [["x"]], "y")
    '(1 / cosh(x)) ** 2'
    """
    tree, where = partial_tree(node, edge)
    if tree is None:
        return f"∂{out}/∂{_parent_name(node, edge, groups)}"
    if isinstance(tree, ast.Call) and getattr(tree.func, "id", "") == "others":
        g, k = edge_place(node, edge)
        rest = [name for place, name in enumerate(groups[g]) if place != k]
        return " * ".join(rest[:SHOWN]) + (" * ..." if len(rest) > SHOWN else "") or "1"
    numbers = {name: node.groups[g][k] for name, (g, k) in where.items() if k is not None}
    chosen = _Chosen({"out": node, **numbers}).visit(copy.deepcopy(tree))
    return ast.unparse(_Named(where, groups, out).visit(_Folded(numbers).visit(chosen)))


def _parent_name(node: Value, edge: int, groups: Sequence[Sequence[str]]) -> str:
    g, k = edge_place(node, edge)
    return groups[g][k]


class _Chosen(ast.NodeTransformer):
    """Leaves of ``a if x > 0 else b`` the side that the node's own numbers take, where the test is that simple."""

    def __init__(self, operands: Mapping[str, Any]) -> None:
        self.operands = operands

    def _number(self, side: ast.expr) -> float | None:
        if isinstance(side, ast.Constant):
            return float(str(side.value))
        return float(self.operands[side.id]) if isinstance(side, ast.Name) and side.id in self.operands else None

    def visit_IfExp(self, node: ast.IfExp) -> Any:
        match node.test:
            case ast.Compare(left=left, ops=[relation], comparators=[right]):
                x, y = self._number(left), self._number(right)
                if x is not None and y is not None:
                    return self.visit(node.body if _RELATIONS[type(relation)](x, y) else node.orelse)
        return self.generic_visit(node)


_RELATIONS: Final[Mapping[type[ast.cmpop], Callable[[float, float], bool]]] = {
    ast.Gt: operator.gt, ast.GtE: operator.ge, ast.Lt: operator.lt, ast.LtE: operator.le,
    ast.Eq: operator.eq, ast.NotEq: operator.ne,
}  # fmt: skip


class _Folded(ast.NodeTransformer):
    """Computes ``n - 1`` where n is a plain number, and drops an exponent of 1."""

    def __init__(self, operands: Mapping[str, Any]) -> None:
        self.plain = {name: x for name, x in operands.items() if not isinstance(x, Value)}

    def visit_Name(self, node: ast.Name) -> Any:
        return ast.Constant(_whole(self.plain[node.id])) if node.id in self.plain else node

    def visit_BinOp(self, node: ast.BinOp) -> Any:
        self.generic_visit(node)
        match node:
            case ast.BinOp(
                left=ast.Constant(value=int() | float() as x), op=ast.Sub(), right=ast.Constant(value=int() as y)
            ):
                return ast.Constant(_whole(x - y))
            case ast.BinOp(left=base, op=ast.Pow(), right=ast.Constant(value=1)):
                return base
        return node


def _whole(x: float) -> float | int:
    return int(x) if float(x).is_integer() and abs(x) < 1e15 else x


class _Named(ast.NodeTransformer):
    """Writes operands' names into a formula."""

    def __init__(self, where: Mapping[str, tuple[int, int | None]], groups: Sequence[Sequence[str]], out: str) -> None:
        self.where, self.groups, self.out = where, groups, out

    def visit_Name(self, node: ast.Name) -> Any:
        if node.id == "out":
            return ast.Name(self.out)
        if node.id not in self.where:
            return node
        g, k = self.where[node.id]
        if k is not None:
            return ast.Name(self.groups[g][k])
        return ast.Name(node.id)

    def visit_Call(self, node: ast.Call) -> Any:
        match node:
            case ast.Call(func=ast.Name(id="len"), args=[ast.Name(id=name)]) if name in self.where:
                return ast.Constant(len(self.groups[self.where[name][0]]))
        return self.generic_visit(node)
