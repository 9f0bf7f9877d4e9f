"""Rows of the table become Python: one method and one function for each primitive, compiled once at import.

The source of each is put together from a template and the row's formulas, rewritten for floats, and registered in
``linecache``: a debugger steps into ``Value.tanh`` and shows the very lines that run.  ``print(inspect.getsource(
Value.tanh))`` does, too.  What does not live here: any formula (``ops.py``), any rule about what a Value is
(``value.py``), primitives of lists and of more than two operands (``fuse.py``).
"""

import math
import re
from collections.abc import Callable
from textwrap import indent
from typing import Any, Final

from autograd import ieee
from autograd.errors import FormulaError
from autograd.fuse import MADE, fused
from autograd.graph import DEEPER, deeper
from autograd.modes import observe, observing
from autograd.operand import argument, blank, operand
from autograd.ops import FLOATS, VECTOR_FUNCTIONS, Op, documentation
from autograd.world import World, define

VALUES: Final = World("values", VECTOR_FUNCTIONS)
"""The world of Values: each function takes Values and numbers and makes nodes."""

RESERVED: Final = frozenset({
    "self", "node", "op", "blank", "next", "Value", "observing", "observe", "operand", "out", "read", "float", "len",
    "tuple", "zip", "argument", "clock", "column", "interior", "mixed", "LengthError", "operands", "Operands",
    "groups", "partials", "python_partials", "python_value", "method", "reflected", "rule", "listed", "matrix",
    "DEEPER", "deeper", "depth", "choose", "number",
})  # fmt: skip
"""Names that the templates here and in ``fuse.py`` use themselves, and worlds for what their formulas need."""

_UNARY: Final = (
    """\
def {name}(self):
    {doc}
    {x} = self._data
    node = next(blank)
    node.op = op
    node._x = self
    try:
        node._depth = DEEPER[self._depth]
    except IndexError:
        node._depth = deeper(self._depth)
    node._data = {out}{value}
    node._dx = {dx}
    node._dy = None
"""
    + MADE
)

_BINARY: Final = (
    """\
def {name}(self, {y}{default}):
    {doc}
    if {y}.__class__ is not Value:
        if {y}.__class__ is not float:
            {y} = {operand}({y})
            if {y} is NotImplemented:
                return {y}
        if {y}.__class__ is float:
            {x} = self._data
            node = next(blank)
            node.op = op
            node._x = self
            node._y = {y}
            try:
                node._depth = DEEPER[self._depth]
            except IndexError:
                node._depth = deeper(self._depth)
            node._data = {out}{value}
            node._dx = {dx}
            node._dy = None
"""
    + indent(MADE, 8 * " ")
    + """\
    node = next(blank)
    node.op = op
    node._x = self
    node._y = {y}
    depth = self._depth
    if depth < {y}._depth:
        depth = {y}._depth
    try:
        node._depth = DEEPER[depth]
    except IndexError:
        node._depth = deeper(depth)
    {x} = self._data
    {y} = {y}._data
    node._data = {out}{value}
    node._dx = {dx}
    node._dy = {dy}
"""
    + MADE
)

_REFLECTED: Final = (
    """\
def {name}(self, {x}):
    {doc}
    if {x}.__class__ is not float:
        {x} = operand({x})
        if {x} is NotImplemented:
            return {x}
    node = next(blank)
    node.op = op
    node._x = {x}
    node._y = self
    try:
        node._depth = DEEPER[self._depth]
    except IndexError:
        node._depth = deeper(self._depth)
    {y} = self._data
    node._data = {out}{value}
    node._dx = None
    node._dy = {dy}
"""
    + MADE
)

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


def install(op: Op, value_class: type[Any]) -> tuple[dict[str, Callable[..., Any]], Callable[..., Any]]:
    """The methods (by name) and the function of a primitive, for ``value_class``.

    Raises:
        FormulaError: an operand has a name that the templates need for themselves.
    """
    if taken := RESERVED.intersection(op.operands):
        raise FormulaError(f"an operand may not be named {', '.join(sorted(taken))}; give it another name")
    if op.nary:
        function = fused(op, value_class)
        return ({op.name: function} if op.method else {}), function
    namespace: dict[str, Any] = {
        **FLOATS.namespace, "__name__": __name__, "blank": blank(value_class), "Value": value_class, "op": op,
        "operand": operand, "argument": argument, "observing": observing, "observe": observe,
        "DEEPER": DEEPER, "deeper": deeper,
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
        inside = {
            name: test for name, test in ieee.INSIDE.items()
            if FLOATS.namespace[name] is getattr(ieee, name) and f"math_{name}" not in {*FLOATS.namespace, *op.operands}
        }  # fmt: skip
        namespace |= {f"math_{name}": getattr(math, name) for name in inside}
        value, *partials = [FLOATS.source(op.tree(text), inside) for text in (op.value, *op.partials)]
    else:
        namespace["python_value"], namespace["python_partials"] = op.python
        letters = ", ".join(op.operands)
        value = f"float(python_value({letters}))"
        partials = [f"float(python_partials(out, {letters})[{index}])" for index in range(len(op.operands))]
    out = "out = " if any(re.search(r"\bout\b", partial) for partial in partials) else ""
    return {
        "x": x, "y": y, "default": default, "out": out, "value": value, "dx": partials[0],
        "dy": partials[1] if len(partials) > 1 else "", "doc": f'"""{documentation(op)}"""',
    }  # fmt: skip
