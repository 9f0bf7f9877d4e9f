"""The primitives' formulas as functions of the native kernel, one for each value and each partial.

Such a function computes n results at once, in as many lanes as there are samples:

    def compute(M, G, p, places):                       # tanh's partial times the upstream gradient into the target
        count = p[1] * p[3]
        x = part(M, p[6], count)
        _g = part(G, p[4], count)
        target = part(G, p[5], count)
        for e in range(count):
            t1 = (1.0 / cosh(x[e]))
            target[e] = (_g[e] * (t1 * t1))

A row of a program gives it p = (function, n, length of lists, lanes, out, target, operand, operand, ...).
What does not live here: any derivative (``ops.py`` by way of ``symbols.py``), and machine code (``disk.py``).
"""

from collections.abc import Iterator
from typing import Final

from autograd.ops import Op, is_list
from autograd.program.symbols import COMPARED, REDUCTIONS, UPSTREAM, Symbol, product, rule

OPERANDS: Final = 6
"""Where the operands' addresses start in a row of a program."""

_RELATION: Final = {
    "greater": ">", "greater_equal": ">=", "less": "<", "less_equal": "<=", "equal": "==", "not_equal": "!=",
}  # fmt: skip
_INFIX: Final = {"add": "+", "sub": "-", "mul": "*", "div": "/", **_RELATION}
_CAREFUL: Final = ("pow", "hypot", "mod", "floor_divide", "tanh")
"""Functions that ``kernel.py`` has with an underscore, for Python's own differ at edges or take long."""

_OURS: Final = frozenset(
    {"M", "G", "p", "places", "n", "k", "lanes", "count", "target", "i", "j", "h", "e", "at", "near", "lane",
     "before", "after"}
)  # fmt: skip
"""Names that functions have for themselves; an operand of that name gets an underscore."""


def function(op: Op, part: int) -> str:
    """The text of the function of a value (part -1) or of a partial (parts 0 up); its name is always ``compute``.

    So what computes the same is the same text, as for x + y the partials of both, and of x - y the first.
    """
    expressions = rule(op)
    symbol = expressions.value if part < 0 else product(UPSTREAM, expressions.partials[part])
    rows = any(map(is_list, op.operands))
    row_target = part >= 0 and is_list(op.operands[part])
    lines = ["def compute(M, G, p, places):"]
    lines += ["    n, k, lanes = p[1], p[2], p[3]", "    count = n * lanes"] if rows else ["    count = p[1] * p[3]"]
    used = set(_letters(symbol))
    for index, operand in enumerate(op.operands):
        if operand in used:
            size = "count * k" if is_list(operand) else "count"
            lines.append(f"    {_local(operand)} = part(M, p[{OPERANDS + index}], {size})")
    results = {"out": "M", "_g": "G"}
    lines += [f"    {name} = part({memory}, p[4], count)" for name, memory in results.items() if name in used]
    target = "M, p[4], count" if part < 0 else f"G, p[5], {'count * k' if row_target else 'count'}"
    lines.append(f"    target = part({target})")
    writer = _Text()
    if not rows:
        text = writer.text(symbol)
        lines += ["    for e in range(count):", *_indented(writer.lines, 2), f"        target[e] = {text}"]
        return "\n".join(lines) + "\n"
    lines += ["    for i in range(n):", "        for lane in range(lanes):", "            e = i * lanes + lane"]
    if not row_target:
        text = writer.text(symbol)
        return "\n".join([*lines, *_indented(writer.lines, 3), f"            target[e] = {text}"]) + "\n"
    body = writer.all_others(symbol)
    if not body:
        writer.reductions(symbol)
        inner = _Text(writer)
        text = inner.text(symbol)
        each = [_AT, *inner.lines, f"target[at] = {text}"]
        body = [*writer.lines, "for j in range(k):", *_indented(each, 1)]
    return "\n".join([*lines, *_indented(body, 3)]) + "\n"


def _letters(symbol: Symbol) -> Iterator[str]:
    """The names of the operands, of ``out`` and of the upstream gradient in an expression."""
    if symbol.head == "letter":
        yield symbol.args[0]
    for argument in symbol.args:
        if isinstance(argument, Symbol):
            yield from _letters(argument)


_AT: Final = "at = (i * k + j) * lanes + lane"


def _local(operand: str) -> str:
    return f"{operand}_" if operand in _OURS else operand


def _indented(lines: list[str], depth: int) -> list[str]:
    return [f"{'    ' * depth}{line}" for line in lines]


class _Text:
    """Writes a symbol as Python over single numbers; what occurs twice gets a line of its own.

    Args:
        outer: what wrote the lines around these, whose names hold here as well.
        place: the place within a list's numbers that this speaks of.
    """

    def __init__(self, outer: "_Text | None" = None, place: str = "at") -> None:
        self.place = place
        self.lines: list[str] = []
        self.names: dict[Symbol, str] = dict(outer.names) if outer else {}
        self.counts: dict[Symbol, int] = {}
        self.fresh: list[int] = outer.fresh if outer else [0]

    def text(self, symbol: Symbol) -> str:
        """The expression, once ``lines`` have run."""
        if not self.counts:
            self._count(symbol)
        return self._text(symbol)

    def reductions(self, symbol: Symbol) -> None:
        """Write every reduction within ``symbol``: it holds for the whole list, so it comes before a loop over that."""
        for argument in symbol.args:
            if isinstance(argument, Symbol):
                self.reductions(argument)
        if symbol.head in REDUCTIONS and symbol not in self.names:
            self.names[symbol] = self._reduced(symbol.head, symbol.args[0])

    def all_others(self, symbol: Symbol) -> list[str]:
        """Lines that store g times the product of all other operands, from both ends; none if that is not asked."""
        g, rest = (*symbol.args, None, None)[:2]
        if symbol.head != "mul" or g is not UPSTREAM or rest is None or rest.head != "others":
            return []
        (element,) = rest.args
        self.reductions(element)
        inner = _Text(self)
        text = inner.text(element)
        return [
            *self.lines,
            "before = _g[e]", "for j in range(k):", f"    {_AT}", *_indented(inner.lines, 1),
            "    target[at] = before", f"    before *= {text}",
            "after = 1.0", "for j in range(k - 1, -1, -1):", f"    {_AT}", *_indented(inner.lines, 1),
            "    target[at] *= after", f"    after *= {text}",
        ]  # fmt: skip

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
        if symbol.head == "letter":
            return f"{_local(symbol.args[0])}[{self.place if symbol.row else 'e'}]"
        if symbol.is_number:
            number = repr(symbol.args[0])
            return f"({number})" if number.startswith("-") else number
        if symbol.head == "len":
            return "float(k)"
        if symbol in self.names:
            return self.names[symbol]
        if symbol.head in REDUCTIONS:
            self.reductions(symbol)
            return self.names[symbol]
        text = self._others(symbol.args[0]) if symbol.head == "others" else self._written(symbol)
        if self.counts.get(symbol, 0) > 1 and symbol.head not in COMPARED:
            self.names[symbol] = self._new()
            self.lines.append(f"{self.names[symbol]} = {text}")
            return self.names[symbol]
        return text

    def _written(self, symbol: Symbol) -> str:
        head = symbol.head
        args = [self._text(x) for x in symbol.args]
        if head in _INFIX:
            return f"({args[0]} {_INFIX[head]} {args[1]})"
        if head == "neg":
            return f"(-{args[0]})"
        if head == "number_of":
            return f"(1.0 if {args[0]} else 0.0)"
        if head == "where":
            return f"({args[1]} if {args[0]} else {args[2]})"
        return f"{head}{'_' if head in _CAREFUL else ''}({', '.join(args)})"

    def _others(self, element: Symbol) -> str:
        """The product over all places of the list but this one."""
        name = self._new()
        inner = _Text(self, "near")
        inner.names = {s: known for s, known in self.names.items() if not s.row}
        text = inner.text(element)
        self.lines += [
            f"{name} = 1.0", "for h in range(k):", "    near = (i * k + h) * lanes + lane", "    if near != at:",
            *_indented([*inner.lines, f"{name} *= {text}"], 2),
        ]  # fmt: skip
        return name

    def _reduced(self, head: str, element: Symbol) -> str:
        """A loop of its own over the list; the element's own reductions are there already."""
        name = self._new()
        inner = _Text(self)
        text = inner.text(element)
        over = ["for j in range(k):", f"    {_AT}", *_indented(inner.lines, 1)]
        if head == "logsumexp":  # the greatest is taken out, and with it the one term that is 1
            now, most, where = (f"{name}_{what}" for what in ("now", "most", "where"))
            over.append(f"    {now} = {text}")
            self.lines += [
                f"{most} = -inf", f"{where} = -1", *over,
                f"    if {now} > {most} or {now} != {now}:", f"        {most} = {now}", f"        {where} = at",
                f"{name} = 0.0", *over,
                f"    if at != {where}:", f"        {name} += exp({now} - {most})",
                f"{name} = {most} + log1p({name}) if fabs({most}) < inf else {most}",
            ]  # fmt: skip
            return name
        start = {"sum": "0.0", "prod": "1.0", "max": "-inf", "min": "inf"}[head]
        step = {
            "sum": f"{name} += {text}", "prod": f"{name} *= {text}", "max": f"{name} = maximum({text}, {name})",
            "min": f"{name} = minimum({text}, {name})",
        }[head]  # fmt: skip
        self.lines += [f"{name} = {start}", *over, f"    {step}"]
        return name
