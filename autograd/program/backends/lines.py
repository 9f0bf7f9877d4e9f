"""Python text of a scalar program: one line an instruction, one line a gradient, and loops for what is computed alike.

    v0 = x0 * x1            forward: the value's formula, with names for its operands
    g0 = g1 * x1 + g2       backward: contributions, upstream gradient × partial, added up in one expression

The two manners of text, guarded and plain, are described in ``python.py``, which runs it; only plain text has loops.
Names: ``v`` a result, ``g`` its gradient, ``x`` a leaf, ``h`` a leaf's gradient; in loops ``t`` a result, ``gt`` its
gradient, ``x1_0`` what is another one in each turn (of the first loop), ``h_x0`` a gradient that the turns add up.
What does not live here: any derivative (``ops.py``), finding the loops (``loops.py``).
"""

import ast
import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, compress
from typing import Any, Final

from autograd.ops import FLOATS, Op, is_list
from autograd.program.ir import Code
from autograd.program.loops import Loop, loops

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
    """Turns ``x / y if y else divide(x, y)`` back into ``x / y``."""

    def visit_IfExp(self, node: ast.IfExp) -> ast.expr:
        self.generic_visit(node)
        match node:
            case ast.IfExp(
                test=test, body=ast.BinOp(op=ast.Div()) as quotient, orelse=ast.Call(func=ast.Name(id="divide"))
            ):
                divisor = test.value if isinstance(test, ast.NamedExpr) else test
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
                if (template != "0.0" or self.rules.guarded) and takes[slot]:  # type: ignore[index] # NaN · 0 is NaN
                    yield (slot,), (template.format(*names),)  # type: ignore[misc]
            return
        by_name = dict(zip(op.operands, operands, strict=True))
        for index, (operand, partial) in enumerate(zip(operands, rule.partials, strict=True)):
            row: Sequence[int] = operand if isinstance(operand, tuple) else (operand,)
            taking = list(map(takes.__getitem__, row))
            if not any(taking):
                continue
            if partial in by_name:
                texts = list(map(self.name, by_name[partial]))  # type: ignore[arg-type]
            elif partial:
                texts = [partial] * len(row)
            else:
                column = f"d{self.name(place)}_{index}"
                lines.append(f"{column} = {op.name}_d{index}({self.name(place)}, {self._arguments(operands)})")
                texts = [f"{column}[{i}]" for i in range(len(row))] if isinstance(operand, tuple) else [column]
            yield (row, texts) if all(taking) else (list(compress(row, taking)), list(compress(texts, taking)))


class Turns:
    """Lines of a loop.

    Args:
        loop: what is computed alike.
        number: counts the loops of a text from 1.
        around: the piece that the loop stands in.
    """

    def __init__(self, loop: Loop, number: int, around: Lines) -> None:
        self.loop, self.number, self.around = loop, number, around
        self.varying = [(f"x{number}_{j}", slots) for j, slots in enumerate(loop.given) if len(slots) > 1]
        own = dict(self.varying)
        given = [name if (name := f"x{number}_{j}") in own else around.name(loop.given[j][0])
                 for j in range(len(loop.given))]  # fmt: skip
        names = [repr(source) if source.__class__ is float else given[source] for source in loop.body.sources]  # type: ignore[index]

        def takes(slot: int) -> bool:
            source = loop.body.sources[-1 - slot]
            return source.__class__ is not float and any(map(around.takes.__getitem__, loop.given[source]))  # type: ignore[index]

        self.body = Lines(loop.body, names, takes, around.rules, "t", "gt")
        self.result = self.body.name(len(loop.body) - 1)
        self.kept = f"({', '.join(map(self.body.name, range(len(loop.body))))})"

    def names(self) -> list[str]:
        """What the turns assign, the results and their gradients."""
        places = range(len(self.loop.body))
        return [*map(self.body.name, places), *map(self.body.gradient, places)]

    def totals(self) -> list[str]:
        """What the turns add up: the gradients of what they share."""
        around = self.around
        return [f"h_{around.name(slots[0])}" for slots in self.loop.given if len(slots) == 1 and around.takes[slots[0]]]

    def forward(self, keep: bool) -> list[str]:
        """The loop that gives the results their names, and with ``keep`` keeps what the way back needs."""
        number, body = self.number, self.body
        inner = [line for place in range(len(self.loop.body)) for line in body.forward(place)]
        kept = f"kept{number}.append({self.kept})" if keep else f"kept{number}.append({self.result})"
        results = "".join(f"{self.around.name(slot)}, " for slot in self.loop.results)
        found = f"[turn[-1] for turn in kept{number}]" if keep else f"kept{number}"
        return [f"kept{number} = []", self._head("", ""), *_indented([*inner, kept]), f"{results}= {found}"]

    def _head(self, names: str, columns: str) -> str:
        """The line that begins a loop over whatever is another one in each turn."""
        names += "".join(f"{name}, " for name, _ in self.varying)
        given = [f"({', '.join(map(self.around.name, slots))})" for _, slots in self.varying]
        return f"for {names}in zip({columns}{', '.join(given)}):"

    def backward(self, found: Found) -> list[str]:
        """The loop that takes the results' gradients from ``found`` and sends on what the turns contribute."""
        number, body = self.number, self.body
        seeds = [" + ".join(found.pop(slot, ["0.0"])) for slot in self.loop.results]
        if not body.takes[len(self.loop.body) - 1] or set(seeds) == {"0.0"}:
            return []
        last = body.gradient(len(self.loop.body) - 1)
        sent: Found = defaultdict(list, {len(self.loop.body) - 1: [last]})
        inner: list[str] = []
        for place in range(len(self.loop.body) - 1, -1, -1):
            body.send(place, sent, inner)
        totals: Found = defaultdict(list)
        for slot, terms in sent.items():
            totals[self.loop.body.sources[-1 - slot]] += terms  # type: ignore[index]
        before: list[str] = []
        after: list[str] = []
        for given, terms in totals.items():
            slots, total = self.loop.given[given], f"h{number}_{given}"
            if len(slots) == 1:
                total = f"h_{self.around.name(slots[0])}"
                inner += [f"{total} += {' + '.join(terms[i : i + TERMS])}" for i in range(0, len(terms), TERMS)]
                if total not in found[slots[0]]:  # other loops may add to it, too
                    found[slots[0]].append(total)
            else:
                before.append(f"{total} = []")
                inner += [*added(f"g{total}", terms), f"{total}.append(g{total})"]
                names = [f"{total}_{turn}" for turn in range(len(slots))]
                after.append(f"{', '.join(names)}, = {total}")
                for each, name in zip(slots, names, strict=True):
                    if self.around.takes[each]:
                        found[each].append(name)
        head = self._head(f"{last}, {self.kept}, ", f"[{', '.join(seeds)}], kept{number}, ")
        return [*before, head, *_indented(inner or ["pass"]), *after]


class Writer(Lines):
    """Writes one program's Python.

    Args:
        code: the program.
        wanted: the leaves' numbers that get a gradient.
        guarded: the defining manner; otherwise the plain one.
    """

    def __init__(self, code: Code, wanted: frozenset[int], guarded: bool) -> None:
        self.wanted = {slot: leaf for leaf, slot in code.inputs.items() if leaf in wanted}
        names = [code.name(-1 - i) for i in range(len(code.sources))]
        super().__init__(code, names, self.wanted.__contains__, Rules(guarded))
        found = [] if guarded else loops(code)
        self.loops: defaultdict[int, list[Turns]] = defaultdict(list)  # by the place that they come before
        self.straight = bytearray(b"\1") * len(code)
        for number, loop in enumerate(found, 1):
            self.loops[loop.at].append(Turns(loop, number, self))
            for places in loop.turns:
                for place in places:
                    self.straight[place] = 0

    def texts(self, leaves: Sequence[int], gradients: int) -> tuple[str, str, str]:
        """``forward``, ``value_and_grad`` and ``outputs_and_grad``: functions of a sequence of the leaves' numbers."""
        present = self.code.inputs
        loads = [f"x{leaf}" if leaf in present else "_" for leaf in leaves]
        head = [f"{', '.join(loads)}, = values"] if loads else []
        outputs = ", ".join(map(self.name, self.code.outputs))
        values = _indented([*head, *self._values(keep=False)])
        whole = [*self._first(), *head, *self._values(keep=True), *self._backward()]
        both = "\n".join(_indented(whole))
        found = ", ".join(self._final(present.get(leaf)) for leaf in leaves[:gradients])
        root = self.name(self.code.outputs[0])
        return (
            "\n".join(["def forward(values):", *values, f"    return [{outputs}]", ""]),
            f"def value_and_grad(values):\n{both}\n    return {root}, [{found}]\n",
            f"def outputs_and_grad(values):\n{both}\n    return [{outputs}], [{found}]\n",
        )

    def _first(self) -> list[str]:
        """Loops' names come first, for Python reaches a function's first 256 names fastest; totals start from 0."""
        turns = [turns for loops in self.loops.values() for turns in loops]
        names = list(dict.fromkeys(chain(*(each.names() for each in turns), *(each.totals() for each in turns))))
        return [f"{' = '.join(names[i : i + TERMS])} = 0.0" for i in range(0, len(names), TERMS)]

    def _values(self, keep: bool) -> list[str]:
        lines = []
        for place in range(len(self.code)):
            if place in self.loops:
                lines += [line for turns in self.loops[place] for line in turns.forward(keep)]
            if self.straight[place]:
                lines += self.forward(place)
        return lines

    def _backward(self) -> list[str]:
        return self._backward_guarded() if self.rules.guarded else self._backward_plain()

    def _final(self, slot: int | None) -> str:
        return self.gradients.get(slot, "0.0") if slot in self.wanted else "0.0"

    def _backward_guarded(self) -> list[str]:
        self.gradients = {slot: f"h{leaf}" for slot, leaf in self.wanted.items()}
        root = self.code.outputs[0]
        reached = [place for place in range(len(self.code)) if self.takes[place]]
        targets = [f"g{place}" for place in reached] + list(self.gradients.values())
        lines = [f"{' = '.join(targets[i : i + TERMS])} = 0.0" for i in range(0, len(targets), TERMS)]
        seed = f"g{root}" if root >= 0 else self.gradients.get(root)
        if seed is None or (root >= 0 and not self.takes[root]):
            return lines
        lines.append(f"{seed} = 1.0")
        for place in reversed(reached):
            sent: list[str] = []
            for slots, partials in self.partials(place, sent):
                for slot, partial in zip(slots, partials, strict=True):
                    target = f"g{slot}" if slot >= 0 else self.gradients[slot]
                    sent.append(f"{target} += g{place} * ({partial})")
            if sent:
                lines += [f"if g{place}:", *_indented(sent)]
        return lines

    def _backward_plain(self) -> list[str]:
        found: Found = defaultdict(list, {self.code.outputs[0]: ["1.0"]})
        self.gradients = {}
        lines: list[str] = []
        for place in range(len(self.code) - 1, -1, -1):
            if self.straight[place]:
                self.send(place, found, lines)
            if place in self.loops:
                lines += [line for turns in self.loops[place] for line in turns.backward(found)]
        for slot, terms in found.items():
            if slot in self.wanted and len(terms) <= TERMS:
                self.gradients[slot] = " + ".join(terms)
            elif slot in self.wanted:
                self.gradients[slot] = f"h{self.wanted[slot]}"
                lines += added(self.gradients[slot], terms)
        return lines


def _indented(lines: Sequence[str]) -> list[str]:
    return [f"    {line}" for line in lines]


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
