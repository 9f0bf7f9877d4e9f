"""Rows of the table become Python: one method and one function for each primitive, compiled once at import.

The source of each is put together from a template and the row's formulas, rewritten for floats, and registered in
``linecache``: a debugger steps into ``Value.tanh`` and shows the very lines that run.  ``print(inspect.getsource(
Value.tanh))`` does, too.  What does not live here: any formula (``ops.py``), any rule about what a Value is
(``value.py``), primitives of lists and of more than two operands (``fuse.py``).
"""

import ast
import math
import re
from collections.abc import Callable, Iterable, Sequence
from textwrap import indent
from typing import Any, Final

from autograd import ieee
from autograd.blank import blank
from autograd.errors import FormulaError
from autograd.fuse import fused
from autograd.graph import DEEPER
from autograd.operand import argument, operand
from autograd.ops import FLOATS, TABLE, VECTOR_FUNCTIONS, Op, documentation
from autograd.world import World, define

VALUES: Final = World("values", VECTOR_FUNCTIONS)
"""The world of Values: each function takes Values and numbers and makes nodes."""

RESERVED: Final = frozenset({
    "self", "node", "op", "next", "Value", "observing", "operand", "out", "read", "float", "len",
    "tuple", "zip", "argument", "clock", "column", "interior", "mixed", "LengthError", "operands", "Operands",
    "groups", "partials", "python_partials", "python_value", "method", "reflected", "rule", "listed", "matrix",
    "DEEPER", "IndexError", "ArithmeticError", "ValueError", "choose", "number", "constant",
})  # fmt: skip
"""Names that the templates here and in ``fuse.py`` use themselves, and worlds for what their formulas need."""

_UNARY: Final = """\
def {name}(self):
    {doc}
    {x} = self._data
    try:
        node = _take()
        node._depth = DEEPER[self._depth]
    except IndexError:
        node = _fresh(self._depth)
    node.op = op
    node._x = self
    {numbers_dx}
    node._dy = None
    node._grad = None
    return node
"""

_BINARY: Final = """\
def {name}(self, {y}{default}):
    {doc}
    if {y}.__class__ is not Value:
        if {y}.__class__ is not float:
            {y} = {operand}({y})
            if {y} is NotImplemented:
                return {y}
        if {y}.__class__ is float:
            {x} = self._data
            try:
                node = _take()
                node._depth = DEEPER[self._depth]
            except IndexError:
                node = _fresh(self._depth)
            node.op = op
            node._x = self
            node._y = {y}
            {numbers_dx}
            node._dy = None
            node._grad = None
            return node
    _deep = self._depth
    if _deep < {y}._depth:
        _deep = {y}._depth
    try:
        node = _take()
        node._depth = DEEPER[_deep]
    except IndexError:
        node = _fresh(_deep)
    node.op = op
    node._x = self
    node._y = {y}
    {x} = self._data
    {y} = {y}._data
    {numbers_dx_dy}
    node._grad = None
    return node
"""

_REFLECTED: Final = """\
def {name}(self, {x}):
    {doc}
    if {x}.__class__ is not float:
        {x} = operand({x})
        if {x} is NotImplemented:
            return {x}
    try:
        node = _take()
        node._depth = DEEPER[self._depth]
    except IndexError:
        node = _fresh(self._depth)
    node.op = op
    node._x = {x}
    node._y = self
    {y} = self._data
    {numbers_dy}
    node._dx = None
    node._grad = None
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
        **FLOATS.namespace, "__name__": __name__, "_take": blank(value_class).take, "_fresh": blank(value_class).fresh,
        "Value": value_class, "op": op, "operand": operand, "argument": argument, "DEEPER": DEEPER,
    }  # fmt: skip
    methods: dict[str, Callable[..., Any]] = {}
    parts = _parts(op, namespace)
    arity = len(op.operands)
    names = op.dunders or (op.name, f"_reflected_{op.name}")
    templates = (_UNARY,) if arity == 1 else (_BINARY, _REFLECTED)
    for name, template in zip(names, templates, strict=False):
        check = "operand" if op.dunders else "argument"
        source = _put(template, name=name, operand=check, **parts)
        methods[name] = define(source, name, namespace, name)
    if op.method and op.name not in methods and op.dunders == ("__abs__",):
        methods[op.name] = methods["__abs__"]
    rule = FLOATS.namespace[op.name] if op.name in FLOATS.namespace else op.value_in(FLOATS)
    namespace["rule"] = rule
    namespace["method"] = methods[names[0]]
    if arity == 2:
        namespace["reflected"] = methods[names[1]]
    function = define(_put(_FUNCTION[arity], name=op.name, **parts), op.name, namespace, f"function {op.name}")
    for callable_ in (*methods.values(), function):
        callable_.__module__ = "autograd"
    for method in methods.values():
        method.__qualname__ = f"{value_class.__name__}.{method.__name__}"
    return methods, function


def _put(template: str, **parts: str) -> str:
    """``template`` with its parts; one of several lines is indented as the place where it is put."""
    return re.sub(r"^( *)\{(\w+)\}$|\{(\w+)\}", lambda found: _placed(found, parts), template, flags=re.MULTILINE)


def _placed(found: re.Match[str], parts: dict[str, str]) -> str:
    lead, alone, within = found.groups()
    return indent(parts[alone], lead) if alone else parts[within]


def _parts(op: Op, namespace: dict[str, Any]) -> dict[str, str]:
    """What the templates of one or two operands leave open."""
    x, y = (*op.operands, "")[:2]
    default = f"={op.defaults[y]!r}" if y in op.defaults else ""
    if op.python is None:
        raising = [
            name for name in ieee.RAISING
            if FLOATS.namespace[name] is getattr(ieee, name) and f"math_{name}" not in {*FLOATS.namespace, *op.operands}
        ]  # fmt: skip
        namespace |= {f"math_{name}": getattr(math, name) for name in raising}
        trees = [op.tree(text) for text in (op.value, *op.partials)]
        sure = [FLOATS.source(tree) for tree in trees]
        quick = sure if _runs_python(trees) else [FLOATS.source(tree, raising) for tree in trees]
    else:
        namespace["python_value"], namespace["python_partials"] = op.python
        letters = ", ".join(op.operands)
        partials = [f"float(python_partials(out, {letters})[{index}])" for index in range(len(op.operands))]
        quick = sure = [f"float(python_value({letters}))", *partials]

    def numbers(*slots: int) -> str:
        return _numbers([(("_data", "_dx", "_dy")[i], quick[i], sure[i]) for i in (0, *slots)])

    return {
        "x": x, "y": y, "default": default, "doc": f'"""{documentation(op)}"""', "numbers_dx": numbers(1),
        "numbers_dy": numbers(2) if y else "", "numbers_dx_dy": numbers(1, 2) if y else "",
    }  # fmt: skip


def _runs_python(trees: Iterable[ast.expr]) -> bool:
    """Whether formulas call a function of the user's, whose errors are the user's and which is not to run twice."""
    met: set[str] = set()
    waiting = list(trees)
    for tree in waiting:  # it grows meanwhile
        for part in ast.walk(tree):
            if isinstance(part, ast.Name) and part.id in TABLE and part.id not in met:
                met.add(part.id)
                if TABLE[part.id].python is not None:
                    return True
                waiting.append(TABLE[part.id].tree(TABLE[part.id].value))
    return False


def _numbers(slots: Sequence[tuple[str, str, str]]) -> str:
    """Lines that fill a node's slots with numbers: by the quick source, and where that raises, by the sure one."""
    out = "out = " if any(re.search(r"\bout\b", sure) for _, _, sure in slots[1:]) else ""
    quick, sure = [
        "\n".join(f"node.{slot[0]} = {out if slot[0] == '_data' else ''}{slot[which]}" for slot in slots)
        for which in (1, 2)
    ]
    if quick == sure:
        return sure
    return f"try:\n{indent(quick, '    ')}\nexcept (ArithmeticError, ValueError):\n{indent(sure, '    ')}"
