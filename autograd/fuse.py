"""Primitives of lists of operands (``dot``, ``sum``, ``max``, ...) and of three: one function, one node each.

A neuron's weighted sum is one such node.  Its source is put together from the row's formulas, group by group: read the
numbers, compute the value, take the partials, keep lists as they are (the neurons of a layer share their inputs).
What does not live here: primitives of one or two operands (``bind.py``), any formula (``ops.py``).
"""

import ast
from collections.abc import Callable
from typing import Any, Final

from autograd import ieee
from autograd.blank import blank
from autograd.errors import LengthError
from autograd.graph import DEEPER, mixed
from autograd.modes import observing
from autograd.operand import Matrix, Operands, argument, clock, listed, matrix, operands, read
from autograd.ops import FLOATS, Op, documentation, is_list
from autograd.unrolled import WRITES_DOTS, table, written_dot
from autograd.world import define


def _namespace(op: Op, value_class: type[Any]) -> dict[str, Any]:
    return {
        **FLOATS.namespace, "__name__": __name__, "_take": blank(value_class).take, "_fresh": blank(value_class).fresh,
        "Value": value_class, "op": op, "DEEPER": DEEPER, "mixed": mixed, "argument": argument, "read": read,
        "Operands": Operands, "clock": clock, "observing": observing, "LengthError": LengthError, "listed": listed,
        "operands": operands, "matrix": matrix, "Matrix": Matrix,
    }  # fmt: skip


_ROWS: Final = """\
def {name}(rows, xs, biases=None):
    {doc}
    if rows.__class__ is not Matrix or biases is not None:
        rows = matrix(rows, biases)
    if rows.read_at != clock[0]:
        rows.read()
    if xs.__class__ is not Operands:
        xs = operands(xs)
    if xs.read_at != clock[0]:
        xs.read()
    values = xs.values
    parents = xs.parents
    if observing or not rows.all_leaves or (parents and parents is not values) or rows.width != len(values):
        return [rule(ws, xs, bias) for ws, bias in zip(rows.rows, rows.biases)]
    loop = loops[rows.width] if rows.width < len(loops) else whole_loop
    return loop(rows.lines, xs.numbers, values, parents, (xs,) if xs.depth else (), xs.depth, rows.biased)
"""

_LOOP: Final = """\
def loop(lines, {xs}_, values, parents, interior, _deep, biased):
    {take_xs}
    made = []
    for ws, {ws}_, bias, {bias}_ in lines:
        {take_ws}
        out = {value}
        try:
            node = _take()
            node._depth = DEEPER[_deep]
        except IndexError:
            node = _fresh(_deep)
        node.op = op
        node._data = out
        node._x = (ws, values, bias)
        node._y = interior
        node._dx = None
        node._dy = ({d_ws}, {d_xs} if parents else (), ({d_bias},) if biased else ())
        node._grad = None
        made.append(node)
    return made
"""


_ROWS_DOC: Final = '''"""``{one}(row, {xs}, {bias})`` for each of ``rows`` and its bias: W·x + b, one node a row.

    Args:
        rows: n lists of m Values and numbers, or what ``matrix`` has made of them.
        xs: list[m] of Values and numbers, or what ``operands`` has made of it.
        biases: list[n]; 0 by default, and not with a ``matrix``, which has its own.

    Returns:
        list[n] of Values; of floats where nothing but numbers was given.

    Raises:
        LengthError: the lengths do not fit.
        OperandTypeError: an entry is neither a Value nor a number.

    >>> [y.data for y in matvec([[1.0, 2.0], [3.0, 4.0]], [Value(5.0), Value(6.0)], [0.5, 0.0])]
    [17.5, 39.0]
    """'''


def rowwise(op: Op, name: str, value_class: type[Any], rule: Callable[..., Any]) -> Callable[..., Any]:
    """The function that makes one node of ``op`` for each row of a matrix: ``matvec`` of ``dot``.

    ``rule`` makes one such node, of whatever operands; a matrix of leaves is looked at once instead of row by row.
    """
    namespace = {**_namespace(op, value_class), "rule": rule}
    ws, xs, bias = op.operands
    value, d_ws, d_xs, d_bias = _sources(op, namespace)

    def written(take_ws: str, take_xs: str, value: str, title: str) -> Callable[..., Any]:
        source = _LOOP.format(
            ws=ws, xs=xs, bias=bias, take_ws=take_ws, take_xs=take_xs, value=value, d_ws=d_ws, d_xs=d_xs, d_bias=d_bias
        )
        return define(source, "loop", namespace, f"{name}, {title}")

    namespace["whole_loop"] = written("pass", "pass", value, "row by row")
    whole = (op.operands, op.value, FLOATS.namespace["dot"])
    plain = whole == (("ws", "xs", "bias"), "dot(ws, xs, bias)", ieee.dot)
    namespace["loops"] = (
        table(lambda width: written(*written_dot(width), f"rows of {width}"), namespace["whole_loop"])
        if plain and WRITES_DOTS
        else []
    )
    source = _ROWS.format(name=name, doc=_ROWS_DOC.format(one=op.name, xs=xs, bias=bias))
    function = define(source, name, namespace, f"function {name}")
    function.__module__ = "autograd"
    return function


def _sources(op: Op, namespace: dict[str, Any]) -> list[str]:
    """The value and the partials as Python source over the operands' numbers, ``x_`` for ``x``."""
    numbers_of = {name: f"{name}_" for name in op.operands}
    if op.python is None:
        return [FLOATS.source(_renamed(op, text, numbers_of)) for text in (op.value, *op.partials)]
    namespace["python_value"], namespace["python_partials"] = op.python
    letters = ", ".join(numbers_of.values())
    partials = [f"python_partials(out, {letters})[{index}]" for index in range(len(op.operands))]
    return [f"float(python_value({letters}))", *partials]


def fused(op: Op, value_class: type[Any]) -> Callable[..., Any]:
    """The function of a primitive of more than two operands, or of lists of them; one pass, group by group."""
    namespace = _namespace(op, value_class)
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
    value, *partials = _sources(op, namespace)
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
    lines += ["    interior = ()", "    _deep = 0"]
    for name in reversed(op.operands):
        group = f"({name}_group,)" if is_list(name) else f"(({name},),)"
        lines += [
            f"    if {name}_depth:",
            f"        interior += {group}",
            f"        if _deep < {name}_depth:",
            f"            _deep = {name}_depth",
        ]
    lines += [
        "    try:",
        "        node = _take()",
        "        node._depth = DEEPER[_deep]",
        "    except IndexError:",
        "        node = _fresh(_deep)",
        "    node.op = op",
        "    node._data = out",
        "    node._x = groups",
        "    node._y = interior",
        "    node._dx = None",
        "    node._dy = partials",
        "    node._grad = None",
        "    return node",
    ]
    function = define("\n".join(lines) + "\n", op.name, namespace, f"function {op.name}")
    function.__module__ = "autograd"
    return function


def _gather_list(op: Op, name: str) -> list[str]:
    """A list's numbers, the Values among its entries, and how deep these lie."""
    return [
        f"    if {name}.__class__ is Operands:",
        f"        {name}_group = {name}",
        f"        if {name}.read_at != clock[0]:",
        f"            {name}.read()",
        f"        {name}_ = {name}.numbers",
        f"        {name}_values = {name}.parents",
        f"        {name}_depth = {name}.depth",
        f"        {name} = {name}.values",
        "    else:",
        f"        if {name}.__class__ is not tuple:",
        f"            {name} = listed({name}, {op.name!r})",
        f"        {name}, {name}_, {name}_values, {name}_depth = read({name})",
        f"        {name}_group = {name}_values",
    ]


def _gather_one(name: str) -> list[str]:
    return [
        f"    {name}_class = {name}.__class__",
        f"    if {name}_class is Value:",
        f"        {name}_ = {name}._data",
        f"        {name}_depth = {name}._depth",
        "    else:",
        f"        {name} = argument({name})",
        f"        {name}_class = {name}.__class__",
        f"        {name}_ = {name} if {name}_class is float else {name}._data",
        f"        {name}_depth = 0 if {name}_class is float else {name}._depth",
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
