"""The symbol world: the table's formulas run on letters, and what comes out is an expression to write code from.

``rule(op)`` runs a row's value and partials once on symbols and gives their expressions, small ones: constant parts are
computed, ``x*1`` and its kin are gone, a choice between 1 and 0 is the comparison itself.  The array backends, the
JAX and the ONNX export each write such an expression in their own words; none of them knows a derivative.

A list of operands (``xs``) is one symbol that stands for a whole row, and a comprehension over it runs once, on the
row.  ``out`` and single operands within a row's formula hold for the entire row.
What does not live here: any formula (``ops.py``), and how an expression is computed (``backends/``).
"""

import ast
import math
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any, Final, NamedTuple

from autograd import ieee
from autograd.errors import ProgramError
from autograd.formula import COMPARISONS
from autograd.ops import FLOATS, TABLE, VECTOR_FUNCTIONS, Op, is_list
from autograd.world import World

ELEMENTARY: Final = (
    "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "cos", "cosh", "erf", "erfc", "exp", "expm1", "fabs",
    "hypot", "log", "log1p", "sin", "sinh", "sqrt", "tan", "tanh",
)  # fmt: skip
"""Functions of numbers that a backend must supply; every other function comes from a formula of these."""

REDUCTIONS: Final = ("sum", "prod", "max", "min", "logsumexp")
"""Functions of a row that give one number."""

COMPARED: Final = frozenset(COMPARISONS.values())


class Symbol:
    """An expression: ``head`` is a function's name, ``"letter"`` or ``"number"``; ``row`` says whether it is a row.

    Equal expressions are one object, so identity compares them.
    """

    __slots__ = ("args", "head", "row")
    _known: Final[dict[tuple[Any, ...], "Symbol"]] = {}

    head: str
    args: tuple[Any, ...]
    row: bool

    def __new__(cls, head: str, *args: Any, row: bool = False) -> "Symbol":
        """The one symbol of that description."""
        key = (head, row, *map(repr, args)) if head == "number" else (head, row, *args)
        if key not in cls._known:
            symbol = super().__new__(cls)
            symbol.head, symbol.args, symbol.row = head, args, row
            cls._known[key] = symbol
        return cls._known[key]

    @property
    def is_number(self) -> bool:
        """Whether this is a constant."""
        return self.head == "number"

    def __iter__(self) -> Iterator["Symbol"]:
        """A row is gone through in one step, which stands for all."""
        yield self

    def __repr__(self) -> str:
        if self.head in ("letter", "number"):
            return str(self.args[0])
        return f"{self.head}({', '.join(map(repr, self.args))})"

    def __add__(self, other: Any) -> "Symbol":
        return _call("add", self, other)

    def __radd__(self, other: Any) -> "Symbol":
        return _call("add", other, self)

    def __sub__(self, other: Any) -> "Symbol":
        return _call("sub", self, other)

    def __rsub__(self, other: Any) -> "Symbol":
        return _call("sub", other, self)

    def __mul__(self, other: Any) -> "Symbol":
        return _call("mul", self, other)

    def __rmul__(self, other: Any) -> "Symbol":
        return _call("mul", other, self)

    def __truediv__(self, other: Any) -> "Symbol":
        return _call("div", self, other)

    def __rtruediv__(self, other: Any) -> "Symbol":
        return _call("div", other, self)

    def __mod__(self, other: Any) -> "Symbol":
        return _call("mod", self, other)

    def __rmod__(self, other: Any) -> "Symbol":
        return _call("mod", other, self)

    def __floordiv__(self, other: Any) -> "Symbol":
        return _call("floor_divide", self, other)

    def __rfloordiv__(self, other: Any) -> "Symbol":
        return _call("floor_divide", other, self)

    def __pow__(self, other: Any) -> "Symbol":
        return _call("pow", self, other)

    def __rpow__(self, other: Any) -> "Symbol":
        return _call("pow", other, self)

    def __neg__(self) -> "Symbol":
        return _call("neg", self)


def letter(name: str, row: bool = False) -> Symbol:
    """The symbol of an operand or of ``out``."""
    return Symbol("letter", name, row=row)


UPSTREAM: Final = letter("_g")
"""The upstream gradient; no operand's name starts with an underscore."""


def number(value: float) -> Symbol:
    """The symbol of a constant."""
    return Symbol("number", float(value))


def _symbol(thing: Any) -> Symbol:
    if isinstance(thing, list | tuple):  # a comprehension's result: one element stands for the row
        (thing,) = thing
    return thing if isinstance(thing, Symbol) else number(thing)


_FLOAT: Final[Mapping[str, Callable[..., float]]] = {
    **{name: FLOATS.namespace[name] for name in (*ELEMENTARY, "pow", "mod", "floor_divide")},
    "add": lambda x, y: x + y, "sub": lambda x, y: x - y, "mul": lambda x, y: x * y, "div": ieee.divide,
    "neg": lambda x: -x,
}  # fmt: skip


def _call(head: str, *arguments: Any) -> Symbol:
    """A function of numbers, computed at once where it can be."""
    args = tuple(_as_number(_symbol(x)) for x in arguments)
    if all(x.is_number for x in args):
        return number(_FLOAT[head](*(x.args[0] for x in args)))
    x, y = (*args, args[0])[:2]
    match head:
        case "mul" if x.is_number and x.args[0] == 1.0:
            return y
        case "mul" | "div" | "pow" if y.is_number and y.args[0] == 1.0:
            return x
        case "pow" if y.is_number and y.args[0] == 2.0:
            return _call("mul", x, x)
        case "mul" if x.is_number and x.args[0] == -1.0:
            return _call("neg", y)
        case "add" if x.is_number and x.args[0] == 0.0:
            return y
    return Symbol(head, *args, row=any(x.row for x in args))


def _as_number(symbol: Symbol) -> Symbol:
    """A truth value as 1 or 0."""
    return Symbol("number_of", symbol, row=symbol.row) if symbol.head in COMPARED else symbol


def _compare(head: str) -> Callable[[Any, Any], Symbol]:
    def compare(x: Any, y: Any) -> Symbol:
        x, y = _as_number(_symbol(x)), _as_number(_symbol(y))
        if x.is_number and y.is_number:
            return number(float(FLOATS.namespace[head](x.args[0], y.args[0])))
        return Symbol(head, x, y, row=x.row or y.row)

    return compare


_COMPLEMENT: Final = {"greater": "less_equal", "less": "greater_equal"}


def _choose(condition: Symbol, yes: Callable[[], Any], no: Callable[[], Any]) -> Symbol:
    """``yes() if condition else no()``, decided where the program runs."""
    if condition.is_number:
        return _symbol(yes() if condition.args[0] else no())
    if condition.head not in COMPARED:
        condition = _compare("not_equal")(condition, 0.0)
    a, b = _as_number(_symbol(yes())), _as_number(_symbol(no()))
    if a is b:
        return a
    if condition.head == "less_equal" and condition.args == (b, a):
        return Symbol("maximum", b, a, row=b.row or a.row)
    if a.is_number and b.is_number and (a.args[0], b.args[0]) == (1.0, 0.0):
        return _as_number(condition)
    return Symbol("where", condition, a, b, row=condition.row or a.row or b.row)


def _choose_slope(condition: Symbol, yes: Callable[[], Any], no: Callable[[], Any]) -> Symbol:
    """A choice within a partial, where no operand need be thought NaN.

    An operand that is NaN has made the value NaN, and a run whose result is NaN is repeated on the reference backend;
    where a later choice has dropped that value, its upstream gradient is 0.  So of two opposite conditions one holds.
    """
    x, y = (*condition.args, None, None)[:2]
    if condition.head in ("equal", "not_equal") and x is y:
        return _symbol(yes() if condition.head == "equal" else no())
    b = _as_number(_symbol(no()))
    if b.head == "where" and b.args[0].head == _COMPLEMENT.get(condition.head) and b.args[0].args == condition.args:
        b = b.args[1]
    if condition.head == "greater" and b.head == "maximum" and b.args == condition.args:
        b = y
    if b.head == "where" and b.args[0].head == "equal" and b.args[2] is _NAN:
        b = b.args[1]
    return _choose(condition, yes, lambda: b)


def _reduce(head: str) -> Callable[[Any], Symbol]:
    return lambda xs: Symbol(head, _as_number(_symbol(xs)))


def _dot(ws: Any, xs: Any, bias: Any) -> Symbol:
    return _call("add", _reduce("sum")(_call("mul", ws, xs)), bias)


def _extremum(head: str) -> Callable[[Any, Any], Symbol]:
    def extremum(x: Any, y: Any) -> Symbol:
        x, y = _as_number(_symbol(x)), _as_number(_symbol(y))
        return Symbol(head, x, y, row=x.row or y.row)

    return extremum


_FUNCTIONS: Final[Mapping[str, Any]] = {
    **{name: (lambda *args, head=name: _call(head, *args)) for name in (*ELEMENTARY, "pow", "mod", "floor_divide")},
    **{name: _reduce(name) for name in REDUCTIONS},
    **{name: _compare(name) for name in COMPARISONS.values()},
    **{name: _extremum(name) for name in ("maximum", "minimum")},
    **VECTOR_FUNCTIONS, "dot": _dot, "others": lambda xs: Symbol("others", _symbol(xs), row=True),
    "len": lambda xs: Symbol("len"), "abs": lambda x: _call("fabs", x),
    "inf": number(math.inf), "nan": (_NAN := number(math.nan)), "pi": number(math.pi),
}  # fmt: skip

VALUES: Final = World("symbols", {**_FUNCTIONS, "choose": _choose})
"""The world of symbols for values: a NaN is never hidden."""

SLOPES: Final = World("symbolic partials", {**_FUNCTIONS, "choose": _choose_slope})
"""The world of symbols for partials: no operand is NaN."""


class Rule(NamedTuple):
    """A row of the table as expressions of its operands' letters and ``out``."""

    value: Symbol
    partials: tuple[Symbol, ...]


_rules: Final[dict[Op, Rule]] = {}
_table: Final[list[Op]] = []


def rule(op: Op) -> Rule:
    """The value and the partials of ``op``; a partial that is the constant 0 sends nothing back."""
    if list(TABLE.values()) != _table:  # formulas call other rows, and a row may have been added or replaced
        _table[:] = TABLE.values()
        _rules.clear()
        for world in (VALUES, SLOPES):
            for row in _table:
                if row.name not in _FUNCTIONS and row.python is None:
                    crossed = _is_crossed(row, row.value)
                    world.namespace[row.name] = _refusing(row) if crossed else row.value_in(world)
    if op not in _rules:
        _rules[op] = _ruled(op)
    return _rules[op]


def _ruled(op: Op) -> Rule:
    for text in (op.value, *op.partials):
        if _is_crossed(op, text):
            raise ProgramError(
                f"a formula of {op.name!r} goes through a list once for each of its entries, {text!r}; only the "
                "backend 'python' runs such a one"
            )
    letters = [letter(name, is_list(name)) for name in op.operands]
    value = (_FUNCTIONS.get(op.name) or op.value_in(VALUES))(*letters)
    partials = [op.partial_in(SLOPES, index)(letter("out"), *letters) for index in range(len(op.operands))]
    return Rule(_as_number(_symbol(value)), tuple(_as_number(_symbol(partial)) for partial in partials))


def has_rule(op: Op) -> bool:
    """Whether symbols can say the formulas of ``op``."""
    try:
        return bool(rule(op))
    except ProgramError:
        return False


def _is_crossed(op: Op, text: str) -> bool:
    """Whether a comprehension within another speaks of the other's entry: one symbol cannot stand for both."""
    loops = [x for x in ast.walk(op.tree(text)) if isinstance(x, ast.ListComp)] if text.count(" for ") > 1 else []
    for outer in loops:
        entry = ast.unparse(outer.generators[0].target)
        within = [x for x in ast.walk(outer.elt) if x in loops and ast.unparse(x.generators[0].target) != entry]
        if entry in {x.id for loop in within for x in ast.walk(loop.elt) if isinstance(x, ast.Name)}:
            return True
    return False


def _refusing(op: Op) -> Callable[..., Symbol]:
    return lambda *arguments: _ruled(op).value


ZERO: Final = number(0.0)
ONE: Final = number(1.0)


@cache
def product(x: Symbol, y: Symbol) -> Symbol:
    """x·y, without a product by 1 or -1."""
    return _call("mul", x, y)
