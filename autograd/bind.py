"""Rows of the table become Python: one method and one function for each primitive, compiled once at import.

The source of each is put together from a template and the row's formulas, rewritten for floats, and registered in
``linecache``: a debugger steps into ``Value.tanh`` and shows the very lines that run.  ``print(inspect.getsource(
Value.tanh))`` does, too.  What does not live here: any formula (``ops.py``) or any rule about what a Value is
(``value.py`` hands its class over to ``bind``).
"""

import ast
import numbers
from collections.abc import Callable, Sequence
from typing import Any, Final

from autograd.errors import FormulaError, LengthError, NumberTooLargeError, OperandTypeError
from autograd.formula import World, define
from autograd.graph import Edges, Node
from autograd.modes import observe, observing
from autograd.ops import FLOATS, VECTOR_FUNCTIONS, Op, is_list

VALUES: Final = World("values", VECTOR_FUNCTIONS)
"""The world of Values: each function takes Values and numbers and makes nodes."""

_NO_NUMBERS: Final = (str, bytes, bytearray, complex, list, tuple, dict, set, type(None))
_SMALL: Final = 2**53  # below it an int needs no care: it is a float already in all but type
_RESERVED: Final = frozenset(
    {"self", "node", "op", "new", "Value", "observing", "observe", "operand", "out", "data_of"}
)


def as_float(number: Any, what: str = "a number") -> float:
    """``number`` as a plain float.

    Takes int, float, bool and real NumPy scalars.

    Raises:
        OperandTypeError: it is no real number.
        NumberTooLargeError: it is an int that no float can hold.
    """
    result = _real(number)
    if result is None:
        raise OperandTypeError(f"{what} was expected, an int or a float; got {_shown(number)}")
    return result


def _real(number: Any) -> float | None:
    """``number`` as a float, or None if it is no real number."""
    if isinstance(number, numbers.Real) or (
        type(number).__module__ == "numpy" and getattr(number, "shape", None) == () and number.dtype.kind in "fiub"
    ):
        try:
            return float(number)
        except OverflowError:
            raise NumberTooLargeError(
                f"an int of {len(str(abs(number).__index__().bit_length()))}-digit bit length does not fit a float, "
                f"whose largest is about 1.8e308; got one of {int(abs(number)).bit_length()} bits"
            ) from None
    return None


def _shown(thing: Any) -> str:
    text = repr(thing)
    if len(text) > 60:
        text = text[:57] + "..."
    hint = ""
    if isinstance(thing, list | tuple) or hasattr(thing, "__array__"):
        hint = "; a Value is one scalar, so build one Value for each entry"
    elif isinstance(thing, str):
        hint = "; write float(...) around text that holds a number"
    return f"{text} of type {type(thing).__name__}{hint}"


def operand(thing: Any) -> Any:
    """What an operator makes of its other side: a Value, a float, or NotImplemented for a stranger's class."""
    if isinstance(thing, Node):
        return thing
    number = float(thing) if thing.__class__ is int and -_SMALL < thing < _SMALL else _real(thing)
    if number is not None:
        return number
    if isinstance(thing, _NO_NUMBERS) or hasattr(thing, "__array__"):
        raise OperandTypeError(f"the other operand must be a number or a Value; got {_shown(thing)}")
    return NotImplemented


def argument(thing: Any) -> Any:
    """What a function makes of an argument: a Value or a float."""
    return thing if isinstance(thing, Node) else as_float(thing, "a number or a Value")


_checked: list[Sequence[Any]] = [()]


def data_of(values: Sequence[Any]) -> tuple[Sequence[Any], Sequence[float], Sequence[Any]]:
    """A list of operands made fit: the operands as Values and floats, their numbers, and the Values among them."""
    if values is _checked[0]:  # a layer gives the same tuple of floats to each of its neurons
        return values, values, ()
    if set(map(type, values)) == {float}:
        if values.__class__ is tuple:
            _checked[0] = values
        return values, values, ()
    values = tuple([v if v.__class__ is float else argument(v) for v in values])
    return values, [getattr(v, "_data", v) for v in values], [v for v in values if isinstance(v, Node)]


_UNARY: Final = """\
def {name}(self):
    {doc}
    {x} = self._data
    node = new(Value)
    node.op = op
    node._x = self
    node._data = out = {value}
    node._dx = {dx}
    node._dy = None
    node._grad = 0.0
    node._extra = None
    if observing:
        observe(node)
    return node
"""

_BINARY: Final = """\
def {name}(self, {y}{default}):
    {doc}
    if {y}.__class__ is not Value and {y}.__class__ is not float:
        {y} = {operand}({y})
        if {y} is NotImplemented:
            return {y}
    node = new(Value)
    node.op = op
    node._x = self
    node._y = {y}
    {x} = self._data
    if {y}.__class__ is float:
        node._data = out = {value}
        node._dx = {dx}
        node._dy = None
    else:
        {y} = {y}._data
        node._data = out = {value}
        node._dx = {dx}
        node._dy = {dy}
    node._grad = 0.0
    node._extra = None
    if observing:
        observe(node)
    return node
"""

_REFLECTED: Final = """\
def {name}(self, {x}):
    {doc}
    if {x}.__class__ is not float:
        {x} = operand({x})
        if {x} is NotImplemented:
            return {x}
    node = new(Value)
    node.op = op
    node._x = {x}
    node._y = self
    {y} = self._data
    node._data = out = {value}
    node._dx = None
    node._dy = {dy}
    node._grad = 0.0
    node._extra = None
    if observing:
        observe(node)
    return node
"""

_FUNCTION: Final = {
    1: """\
def {name}({x}):
    {doc}
    {x} = argument({x})
    return rule({x}) if {x}.__class__ is float else method({x})
""",
    2: """\
def {name}({x}, {y}{default}):
    {doc}
    {x} = argument({x})
    {y} = argument({y})
    if {x}.__class__ is not float:
        return method({x}, {y})
    return rule({x}, {y}) if {y}.__class__ is float else reflected({y}, {x})
""",
}


def documentation(op: Op) -> str:
    """The docstring of a primitive, put together from its row."""
    signature = f"{op.name}({', '.join(op.operands)})"
    lines = [f"``{signature}`` = {op.value}", ""]
    if op.python is not None:
        lines = [f"``{signature}``, a primitive written as Python functions: eager only.", ""]
    else:
        lines += [f"∂/∂{name}: {partial}" for name, partial in zip(op.operands, op.partials, strict=True)]
    if op.note:
        lines += ["", f"{op.note[0].upper()}{op.note[1:]}."]
    return "\n    ".join(lines)


def install(op: Op, value_class: type[Any]) -> tuple[dict[str, Callable[..., Any]], Callable[..., Any]]:
    """The methods (by name) and the function of a primitive, for ``value_class``.

    Raises:
        FormulaError: an operand has a name that the templates need for themselves.
    """
    if taken := _RESERVED.intersection(op.operands):
        raise FormulaError(f"an operand may not be named {', '.join(sorted(taken))}; give it another name")
    if op.nary:
        function = _nary(op, value_class)
        return ({op.name: function} if op.method else {}), function
    namespace: dict[str, Any] = {
        **FLOATS.namespace, "__name__": __name__, "new": object.__new__, "Value": value_class, "op": op,
        "operand": operand, "argument": argument, "observing": observing, "observe": observe,
    }  # fmt: skip
    methods: dict[str, Callable[..., Any]] = {}
    parts = _parts(op, namespace)
    arity = len(op.operands)
    names = op.dunders or (op.name, f"_reflected_{op.name}")
    templates = (_UNARY,) if arity == 1 else (_BINARY, _REFLECTED)
    for name, template in zip(names, templates, strict=False):
        check = "operand" if op.dunders else "argument"
        source = template.format(name=name, operand=check, **parts)
        methods[name] = define(source, name, namespace, name)
    if op.method and op.name not in methods and op.dunders == ("__abs__",):
        methods[op.name] = methods["__abs__"]
    rule = FLOATS.namespace[op.name] if op.name in FLOATS.namespace else op.value_in(FLOATS)
    namespace["rule"] = rule
    namespace["method"] = methods[names[0]]
    if arity == 2:
        namespace["reflected"] = methods[names[1]]
    function = define(_FUNCTION[arity].format(name=op.name, **parts), op.name, namespace, f"function {op.name}")
    for callable_ in (*methods.values(), function):
        callable_.__module__ = "autograd"
    for method in methods.values():
        method.__qualname__ = f"{value_class.__name__}.{method.__name__}"
    return methods, function


def _parts(op: Op, namespace: dict[str, Any]) -> dict[str, str]:
    """What the templates of one or two operands leave open."""
    x, y = (*op.operands, "")[:2]
    default = f"={op.defaults[y]!r}" if y in op.defaults else ""
    if op.python is None:
        value, *partials = [FLOATS.source(op.tree(text)) for text in (op.value, *op.partials)]
    else:
        namespace["python_value"], namespace["python_partials"] = op.python
        letters = ", ".join(op.operands)
        value = f"float(python_value({letters}))"
        partials = [f"float(python_partials(out, {letters})[{index}])" for index in range(len(op.operands))]
    return {
        "x": x, "y": y, "default": default, "value": value, "dx": partials[0],
        "dy": partials[1] if len(partials) > 1 else "", "doc": f'"""{documentation(op)}"""',
    }  # fmt: skip


def _nary(op: Op, value_class: type[Any]) -> Callable[..., Any]:
    """The function of a primitive of more than two operands, or of lists of them; one pass, group by group."""
    namespace: dict[str, Any] = {
        **FLOATS.namespace, "__name__": __name__, "new": object.__new__, "Value": value_class, "Edges": Edges, "edges": tuple.__new__,
        "op": op, "argument": argument, "data_of": data_of, "observing": observing, "observe": observe,
        "LengthError": LengthError, "tuple": tuple, "len": len,
    }  # fmt: skip
    lists = [name for name in op.operands if is_list(name)]
    parameters = [name + (f"={op.defaults[name]!r}" if name in op.defaults else "") for name in op.operands]
    if op.name in ("max", "min"):
        parameters = ["*xs"]
    lines = [f"def {op.name}({', '.join(parameters)}):", f'    """{documentation(op)}"""']
    if op.name in ("max", "min"):
        lines += ["    if len(xs) == 1 and not hasattr(xs[0], '_data') and hasattr(xs[0], '__iter__'):",
                  "        xs = xs[0]"]  # fmt: skip
    for name in lists:
        lines += [f"    if {name}.__class__ is not tuple:", f"        {name} = tuple({name})"]
    if len(lists) == 2:
        lines += [f"    if len({lists[0]}) != len({lists[1]}):",
                  f"        raise LengthError(f'{op.name} takes as many {lists[0]} as {lists[1]}; got "
                  f"{{len({lists[0]})}} and {{len({lists[1]})}}')"]  # fmt: skip
    if op.name in ("max", "min", "mean"):
        lines += [
            "    if not xs:",
            f"        raise LengthError('{op.name} of no operands has no value; give at least one')",
        ]
    for name in op.operands:
        lines += _gather_list(name) if is_list(name) else _gather_one(name)
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
    every = [f"{name}_values is {name}" if is_list(name) else f"{name}.__class__ is Value" for name in op.operands]
    columns = [
        partial if is_list(name) else f"({partial},)" for name, partial in zip(op.operands, partials, strict=True)
    ]
    lines += [
        f"    if {' and '.join(every)}:",
        f"        operands = parents = ({', '.join(groups)},)",
        f"        partials = ({', '.join(columns)},)",
        "    else:",
        f"        operands = ({', '.join(groups)},)",
        "        parents = ()",
        "        partials = ()",
    ]
    for name, partial in zip(op.operands, partials, strict=True):
        lines += _edge_list(name, partial) if is_list(name) else _edge_one(name, partial)
    lines += ["        if not parents:", "            return out", "    interior = ()"]
    for name in op.operands:
        lines += (
            [f"    if {name}_interior and {name}_values:", f"        interior += ({name}_values,)"]
            if is_list(name)
            else [
                f"    if {name}.__class__ is not float and {name}.op is not None:",
                f"        interior += (({name},),)",
            ]
        )
    lines += [
        "    node = new(Value)",
        "    node.op = op",
        "    node._data = out",
        "    node._y = edges(Edges, (operands, parents, interior))",
        "    node._dx = None",
        "    node._dy = partials",
        "    node._grad = 0.0",
        "    node._extra = None",
        "    if observing:",
        "        observe(node)",
        "    return node",
    ]
    function = define("\n".join(lines) + "\n", op.name, namespace, f"function {op.name}")
    function.__module__ = "autograd"
    return function


def _gather_list(name: str) -> list[str]:
    """A list's numbers, and which of its entries are Values: all leaves, all Values, or a mixture."""
    return [
        f"    if {name} and {name}[0].__class__ is Value:",
        "        try:",
        f"            if {name}[0].op is None:",
        f"                {name}_ = [v._data for v in {name} if v.op is None]",
        f"                {name}_interior = len({name}_) != len({name})",
        "            else:",
        f"                {name}_interior = True",
        f"            if {name}_interior:",
        f"                {name}_ = [v._data for v in {name}]",
        f"            {name}_values = {name}",
        "        except AttributeError:",
        f"            {name}, {name}_, {name}_values = data_of({name})",
        f"            {name}_interior = True",
        "    else:",
        f"        {name}, {name}_, {name}_values = data_of({name})",
        f"        {name}_interior = True",
    ]


def _gather_one(name: str) -> list[str]:
    return [
        f"    if {name}.__class__ is Value:",
        f"        {name}_ = {name}._data",
        "    else:",
        f"        {name} = argument({name})",
        f"        {name}_ = {name} if {name}.__class__ is float else {name}._data",
    ]


def _edge_list(name: str, partial: str) -> list[str]:
    return [
        f"        if {name}_values:",
        f"            column = {partial}",
        f"            if len({name}_values) != len({name}):",
        f"                column = [d for v, d in zip({name}, column) if v.__class__ is not float]",
        f"            parents += ({name}_values,)",
        "            partials += (column,)",
    ]


def _edge_one(name: str, partial: str) -> list[str]:
    return [
        f"        if {name}.__class__ is not float:",
        f"            parents += (({name},),)",
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
