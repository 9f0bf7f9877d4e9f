"""The table's formulas as functions of the native kernel, and the loop that interprets programs.

For each row of the table one function computes its value and one each of its partials, over n results at once:

    def tanh_0(M, G, n, k, lanes, o, d, a0, a1, a2, a3):          # upstream gradient × ∂/∂x into d
        x = M[a0 : a0 + n]
        ...
        for e in range(n):
            t0 = 1.0 / cosh(x[e])
            target[e] = g[e] * (t0 * t0)

Together with ``kernel.py`` they make one source text, the same for every program: compiled once, kept on disk.  What
does not live here: any derivative (``ops.py`` by way of ``symbols.py``).
"""

import inspect
from functools import cache
from typing import Final

from autograd.ops import Op, is_list
from autograd.program.backends import kernel
from autograd.program.ir import LIBRARY
from autograd.program.symbols import COMPARED, REDUCTIONS, ZERO, Symbol, letter, product, rule
from autograd.program.vectors import COPY

_TEN: Final = "p1, p2, p3, p4, p5, p6, p7, p8, p9, p10"

FIXED: Final = {
    "pack": "M, p1, p2, p3, p4, places[p5 : p5 + p1]", "product": f"M, {_TEN}, p11",
    "unpack": "G, p1, p2, p3, p4, p6, places[p5 : p5 + p1]", "accumulate": "G, p1, p2, p3",
    "fill": "G, p1, p2, float(p3)", "product_w": f"M, G, {_TEN}", "product_x": f"M, G, {_TEN}",
    "product_bias": "G, p1, p2, p3, p4, p5, p6",
}  # fmt: skip
"""Opcodes 0 up: functions of ``kernel.py`` and their arguments; those of the table follow."""

WIDTH: Final = 16
"""Numbers in one instruction of the kernel."""

_FAST: Final = frozenset({"row_times_row", "product_bias"})
"""Functions that may add up in another order."""

_RELATION: Final = {
    "greater": ">",
    "greater_equal": ">=",
    "less": "<",
    "less_equal": "<=",
    "equal": "==",
    "not_equal": "!=",
}
_INFIX: Final = {"add": "+", "sub": "-", "mul": "*", "div": "/"}

_HEAD: Final = '''\
"""Written by autograd/program/backends/opcodes.py; do not edit."""

import math
from math import acos, acosh, asin, asinh, atan, atan2, atanh, cos, cosh, erf, erfc, exp, expm1, fabs, inf, log, log1p
from math import nan, sin, sinh, sqrt, tan, tanh
from typing import Any

try:
    from numba import njit
except ImportError:
    njit = None


def compiled(function, fast=False):
    if njit is None or not JIT:
        return function
    fastmath = {"reassoc", "nsz", "contract"} if fast else {"contract"}
    return njit(function, cache=True, error_model="numpy", fastmath=fastmath, nogil=True, boundscheck=False)


def maximum(x, y):
    return x if x > y or x != x else y


def minimum(x, y):
    return x if x < y or x != x else y


def pow_(x, y):
    return nan if x != x or y != y else math.pow(x, y)


def hypot_(x, y):
    return nan if x != x or y != y else math.hypot(x, y)


def mod_(x, y):
    return nan if y == 0.0 else x % y


def floor_divide_(x, y):
    return nan if y == 0.0 else x // y


def logsumexp_(xs, start, k, step):
    m = -inf
    at = -1
    for i in range(k):
        x = xs[start + i * step]
        if x != x:
            return nan
        if at < 0 or x > m:
            m = x
            at = i
    if m == inf or m == -inf:
        return m
    total = 0.0
    for i in range(k):
        if i != at:
            total += exp(xs[start + i * step] - m)
    return m + log1p(total)

'''


@cache
def opcodes(extra: tuple[Op, ...] = ()) -> dict[tuple[Op, int], int]:
    """The opcode of each row's value (part -1) and partials (parts 0 up); ``extra`` rows come after the library's."""
    found: dict[tuple[Op, int], int] = {}
    for op in (*LIBRARY, COPY, *extra):
        for part in range(-1, len(op.operands)):
            found[op, part] = len(FIXED) + len(found)
    return found


@cache
def source(extra: tuple[Op, ...] = ()) -> str:
    """The kernel's text: for the library's own rows, or for ``extra`` ones alone.

    A program with rows of its user's own runs two kernels in turn, so that the large one is compiled but once.
    """
    codes = {key: n for key, n in opcodes(extra).items() if not extra or key[0] in extra}
    parts = [_HEAD]
    names = ["maximum", "minimum", "pow_", "hypot_", "mod_", "floor_divide_", "logsumexp_"]
    parts.append("\n".join(f"{name} = compiled({name})" for name in names) + "\n\n")
    for name in () if extra else ("row_times_row", "combine", *FIXED, "finite"):
        parts.append(inspect.getsource(getattr(kernel, name)))
        parts.append(f"\n\n{name} = compiled({name}{', True' if name in _FAST else ''})\n\n")
    for op, part in codes:
        text = _function(op, part)
        if text:
            parts.append(f"{text}\n\n\n{_name(op, part)} = compiled({_name(op, part)})\n\n")
    return "\n".join(parts) + _interpreters(codes, not extra)


def _name(op: Op, part: int) -> str:
    return f"op_{op.name}" if part < 0 else f"op_{op.name}_{part}"


def _interpreters(codes: dict[tuple[Op, int], int], whole: bool) -> str:
    cells = ", ".join(f"p{i}" for i in range(1, WIDTH))
    lines = [
        "", "def run(M, G, code, places, first, last):", "    for row in range(first, last):",
        "        op = code[row, 0]", f"        {cells} = {', '.join(f'code[row, {i}]' for i in range(1, WIDTH))}",
        "        if op < 0:", "            continue",
    ]  # fmt: skip
    for number, (name, arguments) in enumerate(FIXED.items() if whole else ()):
        lines += [f"        elif op == {number}:", f"            {name}({arguments})"]
    for (op, part), number in codes.items():
        if _function(op, part):
            lines += [
                f"        elif op == {number}:",
                f"            {_name(op, part)}(M, G, p1, p2, p3, p4, p5, p6, p7, p8, p9)",
            ]
    lines += ["", "", "run = compiled(run)", ""]
    return "\n".join(lines)


def _function(op: Op, part: int) -> str:
    """The text of one function; empty for a partial that is 0."""
    expressions = rule(op)
    symbol = expressions.value if part < 0 else product(letter("g"), expressions.partials[part])
    if part >= 0 and expressions.partials[part] is ZERO:
        return ""
    rows = any(map(is_list, op.operands))
    row_target = part >= 0 and is_list(op.operands[part])
    lines = [f"def {_name(op, part)}(M, G, n, k, lanes, o, d, a0, a1, a2, a3):"]
    count = "n * lanes"
    for index, name in enumerate(op.operands):
        size = f"{count} * k" if is_list(name) else count
        lines.append(f"    {name} = M[a{index} : a{index} + {size}]")
    if part < 0:
        lines.append(f"    target = M[o : o + {count}]")
    else:
        lines += [f"    out = M[o : o + {count}]", f"    g = G[o : o + {count}]",
                  f"    target = G[d : d + {count}{' * k' if row_target else ''}]"]  # fmt: skip
    if not rows:
        writer = _Text("e")
        text = writer.text(symbol)
        lines += [
            f"    for e in range({count}):",
            *(f"        {line}" for line in writer.lines),
            f"        target[e] = {text}",
        ]
        return "\n".join(lines)
    lines += ["    for i in range(n):", "        for lane in range(lanes):", "            e = i * lanes + lane"]
    writer = _Text("e")
    if symbol.head == "mul" and any(a.head == "others" for a in symbol.args):
        (xs,) = next(a for a in symbol.args if a.head == "others").args
        name = writer.text(xs).partition("[")[0]
        body = ["before = g[e]", "for j in range(k):", "    at = (i * k + j) * lanes + lane", "    target[at] = before",
                f"    before *= {name}[at]", "after = 1.0", "for j in range(k - 1, -1, -1):",
                "    at = (i * k + j) * lanes + lane", "    target[at] *= after",
                f"    after *= {name}[at]"]  # fmt: skip
        lines += [f"            {line}" for line in body]
        return "\n".join(lines)
    if not row_target:
        text = writer.text(symbol)
        lines += [*(f"            {line}" for line in writer.lines), f"            target[e] = {text}"]
        return "\n".join(lines)
    hoisted = writer.reductions(symbol)
    inner = _Text("e", writer)
    text = inner.text(symbol)
    lines += [f"            {line}" for line in hoisted]
    lines += ["            for j in range(k):", "                at = (i * k + j) * lanes + lane"]
    lines += [*(f"                {line}" for line in inner.lines), f"                target[at] = {text}"]
    return "\n".join(lines)


class _Text:
    """Writes a symbol as Python over single numbers; what occurs twice gets a line of its own."""

    def __init__(self, index: str, outer: "_Text | None" = None) -> None:
        self.index = index
        self.lines: list[str] = []
        self.names: dict[Symbol, str] = dict(outer.names) if outer else {}
        self.counts: dict[Symbol, int] = {}
        self.fresh: list[int] = outer.fresh if outer else [0]

    def text(self, symbol: Symbol) -> str:
        if not self.counts:
            self._count(symbol)
        return self._text(symbol)

    def reductions(self, symbol: Symbol) -> list[str]:
        """Lines that compute every reduction within ``symbol``, to stand before the loop over the row."""
        if symbol.head in REDUCTIONS:
            self._text(symbol)
        else:
            for argument in symbol.args:
                if isinstance(argument, Symbol):
                    self.reductions(argument)
        return self.lines

    def _count(self, symbol: Symbol) -> None:
        self.counts[symbol] = self.counts.get(symbol, 0) + 1
        if self.counts[symbol] == 1:
            for argument in symbol.args:
                if isinstance(argument, Symbol):
                    self._count(argument)

    def _new(self) -> str:
        self.fresh[0] += 1
        return f"t{self.fresh[0]}"

    def _text(self, symbol: Symbol) -> str:
        if symbol in self.names:
            return self.names[symbol]
        if symbol.head == "letter":
            return f"{symbol.args[0]}[{'at' if symbol.row else self.index}]"
        if symbol.is_number:
            number = repr(symbol.args[0])
            return f"({number})" if number.startswith("-") else number
        if symbol.head == "len":
            return "k"
        if symbol.head in REDUCTIONS:
            return self._reduced(symbol)
        text = self._written(symbol)
        if self.counts.get(symbol, 0) > 1 and symbol.head not in COMPARED:
            name = self._new()
            self.lines.append(f"{name} = {text}")
            self.names[symbol] = name
            return name
        return text

    def _written(self, symbol: Symbol) -> str:
        head = symbol.head
        args = [self._text(x) for x in symbol.args]
        if head in _INFIX:
            return f"({args[0]} {_INFIX[head]} {args[1]})"
        if head in _RELATION:
            return f"({args[0]} {_RELATION[head]} {args[1]})"
        if head == "neg":
            return f"(-{args[0]})"
        if head == "number_of":
            return f"(1.0 if {args[0]} else 0.0)"
        if head == "where":
            return f"({args[1]} if {args[0]} else {args[2]})"
        if head in ("pow", "hypot", "mod", "floor_divide"):
            head += "_"
        return f"{head}({', '.join(args)})"

    def _reduced(self, symbol: Symbol) -> str:
        """A loop of its own over the row."""
        name = self._new()
        head, (element,) = symbol.head, symbol.args
        if head == "logsumexp":
            letter_name = str(element.args[0])
            self.lines.append(f"{name} = logsumexp_({letter_name}, i * k * lanes + lane, k, lanes)")
        else:
            inner = _Text(self.index, self)
            text = inner.text(element) if element.row else self._text(element)
            start = {"sum": "0.0", "prod": "1.0", "max": "-inf", "min": "inf"}[head]
            step = {"sum": f"{name} += {text}", "prod": f"{name} *= {text}",
                    "max": f"{name} = maximum({text}, {name})",
                    "min": f"{name} = minimum({text}, {name})"}[head]  # fmt: skip
            body = ["at = (i * k + j) * lanes + lane", *inner.lines, step]
            self.lines += [f"{name} = {start}", "for j in range(k):", *(f"    {line}" for line in body)]
        self.names[symbol] = name
        return name
