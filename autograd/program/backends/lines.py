"""Python text of a straight piece of a scalar program: one line an instruction, one line a gradient.

    v0 = x0 * x1            forward: the value's formula, with names for its operands
    g0 = g1 * x1 + g2       backward: contributions, upstream gradient × partial, added up in one expression

The two manners of text, guarded and plain, are described in ``python.py``, which runs it.
What does not live here: any derivative (``ops.py``), and how pieces become functions with loops (``text.py``, the next
file).
"""

import ast
import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import compress
from typing import Any, Final

from autograd.ops import FLOATS, Op, is_list
from autograd.program.ir import Code

TERMS: Final = 64
"""Additions in one expression; Python's compiler recurses through them."""

Found = defaultdict[int, list[str]]
"""For each slot the contributions to its gradient that are known so far."""


class Rule:
    """A row of the table as templates of Python text: ``{0}`` for its first operand and so on, the value at last."""

    def __init__(self, op: Op, guarded: bool) -> None:
        self.op = op
        self.lists = [is_list(name) for name in op.operands]
        if not any(self.lists):
            self.value = _template(op, op.value, guarded)
            self.partials = [_template(op, text, guarded) for text in op.partials]
        else:
            self.partials = [self._row_partial(text) for text in op.partials]
        self.inline = not guarded and any(self.lists) and op.value in ("sum(xs)", "dot(ws, xs, bias)")

    def _row_partial(self, text: str) -> str:
        """A number, another operand's name, or nothing: then the formula is called as a function."""
        tree = self.op.tree(text)
        if isinstance(tree, ast.ListComp):
            tree = tree.elt
        if isinstance(tree, ast.Constant):
            return repr(float(tree.value))  # type: ignore[arg-type]
        return tree.id if isinstance(tree, ast.Name) and tree.id in self.op.operands else ""


def _template(op: Op, text: str, guarded: bool) -> str:
    tree = ast.parse(FLOATS.source(op.tree(text)), mode="eval").body
    if not guarded:
        tree = _Unguarded().visit(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in (*op.operands, "out"):
            node.id = f"__{node.id}__"
    template = ast.unparse(tree)
    for place, name in enumerate((*op.operands, "out")):
        template = template.replace(f"__{name}__", f"{{{place}}}")
    return template


class _Unguarded(ast.NodeTransformer):
    """Turns ``x / y if y != 0.0 else divide(x, y)`` back into ``x / y``."""

    def visit_IfExp(self, node: ast.IfExp) -> ast.expr:
        self.generic_visit(node)
        match node:
            case ast.IfExp(
                test=ast.Compare(left=tested), body=ast.BinOp(op=ast.Div()) as quotient,
                orelse=ast.Call(func=ast.Name(id="divide")),
            ):  # fmt: skip
                divisor = tested.value if isinstance(tested, ast.NamedExpr) else tested
                return ast.BinOp(quotient.left, ast.Div(), divisor)
        return node


class Rules:
    """The rules of the rows of the table that a text uses, and the functions it calls, by name."""

    def __init__(self, guarded: bool) -> None:
        self.guarded = guarded
        self.known: dict[Op, Rule] = {}
        self.functions: dict[str, Any] = {"nan": math.nan, "inf": math.inf}

    def __getitem__(self, op: Op) -> Rule:
        if op not in self.known:
            self.known[op] = Rule(op, self.guarded)
            if any(self.known[op].lists):
                self.functions[f"{op.name}_"] = op.value_in(FLOATS)
                for index in range(len(op.operands)):
                    self.functions[f"{op.name}_d{index}"] = op.partial_in(FLOATS, index)
        return self.known[op]


class Lines:
    """Lines of a straight piece of code.

    Args:
        code: the piece.
        sources: the names of its sources.
        takes: for each source whether it gets a gradient.
        rules: shared by all pieces of one text.
        letter: what the names of its results begin with.
        upstream: what the names of their gradients begin with.
    """

    def __init__(
        self, code: Code, sources: Sequence[str], takes: Callable[[int], bool], rules: Rules,
        letter: str = "v", upstream: str = "g",
    ) -> None:  # fmt: skip
        self.code, self.rules, self.upstream = code, rules, upstream
        names = [*(f"{letter}{place}" for place in range(len(code))), *reversed(sources)]
        self.name = [f"({name})" if name.startswith("-") else name for name in names].__getitem__
        # Who gets a gradient; sources count from the end.
        self.takes = bytearray(len(code)) + bytearray(map(takes, range(-len(code.sources), 0)))
        taking = self.takes.__getitem__
        for place, operands in enumerate(code.operands):
            self.takes[place] = any(taking(x) if x.__class__ is int else any(map(taking, x)) for x in operands)  # type: ignore[arg-type]

    def gradient(self, place: int) -> str:
        """The name of a result's gradient."""
        return f"{self.upstream}{place}"

    def forward(self, place: int) -> list[str]:
        """The lines of one instruction's value."""
        op, operands = self.code.ops[place], self.code.operands[place]
        rule, name = self.rules[op], self.name(place)
        if not any(rule.lists):
            return [f"{name} = {rule.value.format(*map(self.name, operands))}"]  # type: ignore[arg-type]
        if rule.inline:
            return added(name, self._terms(operands))
        return [f"{name} = {op.name}_({self._arguments(operands)})"]

    def _terms(self, operands: Sequence[Any]) -> list[str]:
        if len(operands) == 1:
            return list(map(self.name, operands[0]))
        ws, xs, bias = operands
        products = [f"{w} * {x}" for w, x in zip(map(self.name, ws), map(self.name, xs), strict=True)]
        return products if self.name(bias) == "0.0" and products else [self.name(bias), *products]

    def _arguments(self, operands: Sequence[Any]) -> str:
        return ", ".join(
            f"({''.join(f'{self.name(slot)}, ' for slot in x)})" if isinstance(x, tuple) else self.name(x)
            for x in operands
        )

    def send(self, place: int, found: Found, lines: list[str]) -> None:
        """Add up one instruction's gradient, and send its contributions on to ``found``."""
        if place not in found or not self.takes[place]:
            return
        g, terms = self.gradient(place), found.pop(place)
        if len(terms) == 1 and terms[0].isidentifier():
            g = terms[0]  # the same number has a name already
        else:
            lines += added(g, terms)
        for slots, partials in self.partials(place, lines):
            for slot, term in zip(slots, _products(g, partials), strict=True):
                found[slot].append(term)

    def partials(self, place: int, lines: list[str]) -> Iterator[tuple[Sequence[int], Sequence[str]]]:
        """The operands that take a gradient, list by list, with their partials; ``lines`` gets what these need."""
        op, operands = self.code.ops[place], self.code.operands[place]
        rule = self.rules[op]
        takes = self.takes
        if not any(rule.lists):
            names = [*map(self.name, operands), self.name(place)]  # type: ignore[arg-type]
            for slot, template in zip(operands, rule.partials, strict=True):
                if takes[slot]:  # type: ignore[index]  # a partial of 0 as well: inf · 0 is NaN
                    yield (slot,), (template.format(*names),)  # type: ignore[misc]
            return
        by_name = dict(zip(op.operands, operands, strict=True))
        for index, (operand, partial) in enumerate(zip(operands, rule.partials, strict=True)):
            row: Sequence[int] = operand if isinstance(operand, tuple) else (operand,)
            taking = list(map(takes.__getitem__, row))
            if not any(taking):
                continue
            if partial in by_name:
                named = by_name[partial]
                texts = list(map(self.name, named)) if isinstance(named, tuple) else [self.name(named)] * len(row)
            elif partial:
                texts = [partial] * len(row)
            else:
                column = f"d{self.name(place)}_{index}"
                lines.append(f"{column} = {op.name}_d{index}({self.name(place)}, {self._arguments(operands)})")
                texts = [f"{column}[{i}]" for i in range(len(row))] if isinstance(operand, tuple) else [column]
            yield (row, texts) if all(taking) else (list(compress(row, taking)), list(compress(texts, taking)))


def added(target: str, terms: Sequence[str]) -> list[str]:
    """``target = term + term + ...``, in several lines where there are many."""
    lines = [f"{target} = {' + '.join(terms[:TERMS]) or '0.0'}"]
    lines += [f"{target} += {' + '.join(terms[i : i + TERMS])}" for i in range(TERMS, len(terms), TERMS)]
    return lines


def _products(g: str, partials: Sequence[str]) -> list[str]:
    """The texts of g times each of ``partials``."""
    times = f"{g} * "
    return [times + partial if partial.isidentifier() else _product(g, partial) for partial in partials]


def _product(g: str, partial: str) -> str:
    if partial == "1.0":
        return g
    if partial == "-1.0":
        return f"-{g}"
    return f"{g} * {partial}" if partial.replace(".", "", 1).isdecimal() else f"{g} * ({partial})"
