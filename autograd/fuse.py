"""Primitives of lists of operands (``dot``, ``sum``, ``max``, ...) and of three: one function, one node each.

A neuron's weighted sum is one such node.  Its source is put together from the row's formulas, group by group: read the
numbers, compute the value, take the partials, keep lists as they are (the neurons of a layer share their inputs).
What does not live here: primitives of one or two operands (``bind.py``), any formula (``ops.py``).
"""

import ast
from collections.abc import Callable
from typing import Any

from autograd.errors import LengthError
from autograd.graph import mixed, use
from autograd.modes import observe, observing
from autograd.operand import Operands, argument, blank, clock, listed, read
from autograd.ops import FLOATS, Op, documentation, is_list
from autograd.world import define


def fused(op: Op, value_class: type[Any]) -> Callable[..., Any]:
    """The function of a primitive of more than two operands, or of lists of them; one pass, group by group."""
    namespace: dict[str, Any] = {
        **FLOATS.namespace, "__name__": __name__, "blank": blank(value_class), "Value": value_class, "op": op,
        "mixed": mixed, "use": use, "argument": argument, "read": read, "Operands": Operands,
        "clock": clock, "observing": observing, "observe": observe, "LengthError": LengthError, "listed": listed,
    }  # fmt: skip
    lists = [name for name in op.operands if is_list(name)]
    parameters = [name + (f"={op.defaults[name]!r}" if name in op.defaults else "") for name in op.operands]
    if op.variadic:
        parameters = ["*xs"]
    lines = [f"def {op.name}({', '.join(parameters)}):", f'    """{documentation(op)}"""']
    if op.variadic:
        lines += ["    if len(xs) == 1 and not hasattr(xs[0], '_data') and hasattr(xs[0], '__iter__'):",
                  "        xs = xs[0]"]  # fmt: skip
    for name in op.operands:
        lines += _gather_list(op, name) if is_list(name) else _gather_one(name)
    if len(lists) == 2:
        lines += [f"    if len({lists[0]}) != len({lists[1]}):",
                  f"        raise LengthError(f'{op.name} takes as many {lists[0]} as {lists[1]}; got "
                  f"{{len({lists[0]})}} and {{len({lists[1]})}}')"]  # fmt: skip
    if op.nonempty:
        lines += [
            "    if not xs:",
            f"        raise LengthError('{op.name} of no operands has no value; give at least one')",
        ]
    numbers_of = {name: f"{name}_" for name in op.operands}
    if op.python is None:
        value, *partials = [
            FLOATS.source(_renamed(op, text, numbers_of)) for text in (op.value, *op.partials)
        ]  # fmt: skip
    else:
        namespace["python_value"], namespace["python_partials"] = op.python
        letters = ", ".join(numbers_of.values())
        value = f"float(python_value({letters}))"
        partials = [f"python_partials(out, {letters})[{index}]" for index in range(len(op.operands))]
    lines += [f"    out = {value}"]
    groups = [name if is_list(name) else f"({name},)" for name in op.operands]
    # Lists of Values alone and of plain numbers alone stand as they are, the latter without partials.
    given = [f"{name}_values" if is_list(name) else f"{name}_class is not float" for name in op.operands]
    columns = [
        partial if is_list(name) else f"({partial},)" for name, partial in zip(op.operands, partials, strict=True)
    ]
    each = [f"({column}) if {some} else ()" for column, some in zip(columns, given, strict=True)]
    pure = [f"({name}_values is {name} or not {name}_values)" for name in lists]
    indent = "    " * bool(pure)
    lines += [f"    if {' and '.join(pure)}:"] * bool(pure)
    lines += [
        f"{indent}    if not ({' or '.join(given)}):",
        f"{indent}        return out",
        f"{indent}    groups = ({', '.join(groups)},)",
        f"{indent}    partials = ({', '.join(each)},)",
    ]
    if pure:
        lines += ["    else:", "        groups = ()", "        partials = ()"]
        for name, partial in zip(op.operands, partials, strict=True):
            lines += _edge_list(name, partial) if is_list(name) else _edge_one(name, partial)
        lines += [f"        groups = mixed(groups, ({', '.join(groups)},))"]
    for place, name in enumerate(reversed(op.operands)):
        inner = f"{name}_interior" if is_list(name) else f"{name}_class is not float and {name}.op is not None"
        group = f"({name}_values,)" if is_list(name) else f"(({name},),)"
        if place:
            lines += [f"    if {inner}:", f"        interior = interior + {group} if interior else {group}"]
        else:
            lines += [f"    interior = {group} if {inner} else ()"]
        if is_list(name):
            lines += [f"    if {inner}:",
                      f"        if {name}_values.__class__ is not Operands:",
                      f"            use({name}_values)",
                      f"        elif {name}_values.uses:",
                      f"            {name}_values.uses += 1",
                      f"        else:  # the nodes that share a list are one consumer of its entries",
                      f"            use({name}_values)",
                      f"            {name}_values.uses = 1"]  # fmt: skip
        else:
            lines += [f"    if {inner}:", f"        {name}._uses += 1"]
    lines += [
        "    node = next(blank)",
        "    node.op = op",
        "    node._data = out",
        "    node._x = groups",
        "    node._y = interior",
        "    node._dx = None",
        "    node._dy = partials",
        "    node._grad = 0.0",
        "    node._uses = 0",
        "    if observing:",
        "        observe(node)",
        "    return node",
    ]
    function = define("\n".join(lines) + "\n", op.name, namespace, f"function {op.name}")
    function.__module__ = "autograd"
    return function


def _gather_list(op: Op, name: str) -> list[str]:
    """A list's numbers, the Values among its entries, and whether these may be more than leaves."""
    return [
        f"    if {name}.__class__ is Operands:",
        f"        read_at, {name}_, {name}_values, {name}_interior = {name}.reading",
        "        if read_at != clock[0]:",
        f"            _, {name}_, {name}_values, {name}_interior = {name}.read()",
        f"        if {name}_values is None:",
        f"            {name}_values = {name}",
        "    else:",
        f"        if {name}.__class__ is not tuple:",
        f"            {name} = listed({name}, {op.name!r})",
        f"        {name}, {name}_, {name}_values, {name}_interior = read({name})",
    ]


def _gather_one(name: str) -> list[str]:
    return [
        f"    {name}_class = {name}.__class__",
        f"    if {name}_class is Value:",
        f"        {name}_ = {name}._data",
        "    else:",
        f"        {name} = argument({name})",
        f"        {name}_class = {name}.__class__",
        f"        {name}_ = {name} if {name}_class is float else {name}._data",
    ]


def _edge_list(name: str, partial: str) -> list[str]:
    return [
        f"        if {name}_values:",
        f"            column = {partial}",
        f"            if len({name}_values) != len({name}):",
        f"                column = [d for v, d in zip({name}, column) if v.__class__ is not float]",
        f"            groups += ({name}_values,)",
        "            partials += (column,)",
    ]


def _edge_one(name: str, partial: str) -> list[str]:
    return [
        f"        if {name}_class is not float:",
        f"            groups += (({name},),)",
        f"            partials += (({partial},),)",
    ]


def _renamed(op: Op, text: str, names: dict[str, str]) -> Any:
    """A formula's tree with its operands called by other names (``xs`` by the name of its numbers)."""
    tree = op.tree(text)
    bound = {node.target.id for node in ast.walk(tree) if isinstance(node, ast.comprehension)}  # type: ignore[attr-defined]
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in names and node.id not in bound:
            node.id = names[node.id]
    return tree
