"""A walk as plain text: the forward pass, then the backward pass, one line for each edge.

What does not live here: the steps (``steps.py``).
"""

import sys
from collections.abc import Sequence
from typing import Any

from autograd import Value
from visualize.derivative import SHOWN, number, operand_names
from visualize.escape import visible
from visualize.steps import Backward, Forward, Steps


def equation(walk: Steps, node: Value) -> str:
    """The node as an expression in its operands' names: ``a * b``, ``tanh(n)``, ``dot([w, v], [x, y], b)``."""
    return _written(node, operand_names(node, walk.name))


def equation_in_numbers(node: Value) -> str:
    """The same with the operands' numbers: ``2 * (-3)``."""
    digits = [[number(x.data if isinstance(x, Value) else x) for x in group] for group in node.groups]
    assert node.op is not None
    if _infix(node, digits):  # 5 - -3 is hard to read, and -3 ** 2 would be read as -(3 ** 2)
        (first,), (second,) = digits
        digits = [[_bracketed(first) if node._op.startswith("**") else first], [_bracketed(second)]]
    elif node.op.name == "neg":
        digits = [[_bracketed(digits[0][0])]]
    return _written(node, digits)


def _bracketed(digits: str) -> str:
    return f"({digits})" if digits.startswith("-") else digits


def _infix(node: Value, groups: Sequence[Sequence[str]]) -> bool:
    assert node.op is not None
    return [len(group) for group in groups] == [1, 1] and not node.op.symbol[:1].isalpha()


def _written(node: Value, groups: Sequence[Sequence[str]]) -> str:
    op = node.op
    assert op is not None
    if _infix(node, groups):
        return f"{groups[0][0]} {op.symbol} {groups[1][0]}"
    if op.name == "neg":
        return f"-{groups[0][0]}"
    if len(groups) == 1:
        return f"{op.name}({_listed(groups[0])})"
    # where one list ends and the next begins is told by brackets
    texts = [
        f"[{_listed(group)}]" if name in ("xs", "ws") else group[0]
        for name, group in zip(op.operands, groups, strict=True)
    ]
    return f"{op.name}({', '.join(texts)})"


def _listed(operands: Sequence[str]) -> str:
    return ", ".join(operands if len(operands) <= SHOWN else [*operands[: SHOWN - 1], "...", operands[-1]])


def step_text(walk: Steps, step: Forward | Backward) -> str:
    """One step, as a few lines."""
    name = walk.name[step.node]
    if isinstance(step, Forward):
        return _plain(
            f"{name} = {equation(walk, step.node)} = {equation_in_numbers(step.node)} = {number(step.result)}"
        )
    lines = [
        f"{name} = {equation(walk, step.node)}, upstream ∂{walk.name[walk.root]}/∂{name} = {number(step.upstream)}"
    ]
    if not step.contributions:
        lines.append(
            "    a gradient of zero sends nothing back" if not step.upstream else "    no parent takes a gradient"
        )
    for term in step.contributions:
        parent, partial = walk.name[term.parent], number(term.partial)
        formula = "" if term.formula == partial else f"{term.formula} = "
        lines.append(
            f"    ∂{name}/∂{parent} = {formula}{partial};  "
            f"{number(term.upstream)} × {partial} = {number(term.contribution)};  "
            f"{parent}.grad: {number(term.before)} + {number(term.contribution)} = {number(term.after)}"
        )
    return "\n".join(map(_plain, lines))


def as_text(walk: Steps) -> str:
    """The whole walk: forward steps, backward steps with `upstream × local = contribution`, gradients at the end.

    >>> from autograd import Value
    >>> from visualize import walk
    >>> a = Value(3.0, label="a")
    >>> print(walk(a * a))
    forward
      v1 = a * a = 3 * 3 = 9
    backward, upstream × local = contribution, before + contribution = after
      v1 = a * a, upstream ∂v1/∂v1 = 1
          ∂v1/∂a = a = 3;  1 × 3 = 3;  a.grad: 0 + 3 = 3
          ∂v1/∂a = a = 3;  1 × 3 = 3;  a.grad: 3 + 3 = 6
    gradients
      a.grad = 6
    """
    lines: list[str] = [f"note: {_plain(walk.note)}"] if walk.note else []
    lines.append("forward")
    if walk.root.is_leaf:
        lines.append(_plain(f"  {walk.name[walk.root]} = {number(walk.root.data)}"))
    lines += [_indented(step_text(walk, step)) for step in walk.forward]
    lines.append("backward, upstream × local = contribution, before + contribution = after")
    lines += [_indented(step_text(walk, step)) for step in walk.backward]
    lines.append("gradients")
    lines += [_plain(f"  {walk.name[leaf]}.grad = {number(walk.gradient[leaf])}") for leaf in _receivers(walk)]
    return "\n".join(lines)


def _plain(line: str) -> str:
    """A line whose names may be a stranger's, harmless to a terminal, and whole."""
    return visible(line, sys.maxsize)


def _receivers(walk: Steps) -> list[Any]:
    return [node for node in walk.nodes if node.is_leaf and node.requires_grad]


def _indented(text: str) -> str:
    return "\n".join("  " + line for line in text.splitlines())
