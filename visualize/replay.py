"""A graph's numbers computed once more over floats: one primitive, and who no longer follows from its operands.

What does not live here: what is done with the numbers (``difference.py`` moves them, ``steps.py`` tells of changes).
"""

from collections.abc import Callable, Iterable

import autograd
from autograd import Op, Value


def rule(op: Op) -> Callable[..., float]:
    """A primitive over floats, under the name by which ``autograd`` shows it; one of the user's own is a method."""
    function: Callable[..., float] | None = getattr(autograd, op.name, None)
    if function is not None and function.__module__ == "autograd":
        return function
    method: Callable[..., float] = getattr(Value, op.name)
    return lambda x, *more: float(method(Value(x), *more))


def takes_list(op: Op) -> list[bool]:
    """For each operand of a primitive whether it is a list."""
    return [name in ("xs", "ws") for name in op.operands]


def changed(nodes: Iterable[Value]) -> list[Value]:
    """Those whose number no longer follows from their operands', some of which were assigned since.

    Nodes of a primitive given as Python functions are taken as they are.

    >>> a = Value(2.0)
    >>> b = a * a
    >>> a.data = 3.0
    >>> changed([a, b]) == [b]
    True
    """
    found = []
    for node in nodes:
        if node.op is not None and node.op.python is None:
            groups = [[x.data if isinstance(x, Value) else x for x in group] for group in node.groups]
            given = [group if whole else group[0] for whole, group in zip(takes_list(node.op), groups, strict=True)]
            now = rule(node.op)(*given)
            if now != node.data and (now == now or node.data == node.data):
                found.append(node)
    return found
