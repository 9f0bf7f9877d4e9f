"""The reference backend: straight-line Python, standard library only.

    v0 = x0 * x1            forward, one line an instruction
    v1 = v0 + x0
    g0 = 1.0                backward, one line a gradient: contributions, upstream gradient × partial, added up
    return v1, [g0 * x1 + 1.0, g0 * x0]

Two manners of the same text.  The *guarded* one defines what a program means: IEEE 754 throughout, contributions added
in backward's own order, and a gradient that is exactly zero sends nothing on.  The *plain* one leaves out the guards,
calls ``math`` directly and adds each gradient up in one expression; where Python raises on the way, or something is
not finite at the end, the run is repeated guarded.

Every line comes from a row of the table.  What does not live here: any derivative.
"""

import ast
import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import compress
from typing import Any, Final

from autograd import ieee
from autograd.collector import without_collector
from autograd.ops import FLOATS, Op, is_list
from autograd.program.ir import Code
from autograd.world import define

_TERMS: Final = 64  # additions in one expression; Python's compiler recurses through them
_RAW: Final = {
    name: getattr(math, name)
    for name in ("exp", "expm1", "sinh", "cosh", "log", "log1p", "sqrt", "sin", "cos", "tan", "asin", "acos", "acosh",
                 "atanh")
}  # fmt: skip
"""``math``'s own, which raise where ``ieee``'s have an answer."""


class PythonBackend:
    """Runs a program as generated Python.

    Args:
        code: the program.
        leaves: the leaf's number for each entry of ``values``.
        batch: the leaf's number for each column of the batch.
        wanted: the leaves' numbers that get a gradient.
        guarded: the defining manner; otherwise the plain one.
    """

    name = "python"

    def __init__(
        self, code: Code, leaves: Sequence[int], batch: Sequence[int], wanted: frozenset[int], guarded: bool = False
    ) -> None:
        writer = _Writer(code, wanted, guarded)
        self._texts = writer.texts([*leaves, *batch], len(leaves))
        self._batched = bool(batch)
        self._namespace = {**FLOATS.namespace, **({} if guarded else _RAW), **writer.rules}
        self._title = f"program {id(self):x}{' guarded' if guarded else ''}"

    @property
    def source(self) -> str:
        """Both functions' text."""
        return "\n\n".join(self._texts[:2])

    @cached_property
    def _forward(self) -> Any:
        return self._defined("forward", self._texts[0])

    @cached_property
    def _value_and_grad(self) -> Any:
        return self._defined("value_and_grad", self._texts[1])

    @cached_property
    def _outputs_and_grad(self) -> Any:
        return self._defined("outputs_and_grad", self._texts[2])

    def _defined(self, name: str, text: str) -> Any:
        with without_collector():
            return define(text, name, self._namespace, f"{self._title} {name}")

    def forward(self, values: Any, batch: Sequence[Any]) -> Any:
        """The outputs' numbers; with a batch, a list for each."""
        if not self._batched:
            return self._forward(values)
        rows = [self._forward((*values, *sample)) for sample in zip(*batch, strict=True)]
        return [list(column) for column in zip(*rows, strict=True)]

    def value_and_grad(self, values: Any, batch: Sequence[Any]) -> tuple[Any, list[float]]:
        """The root's number and the gradient; with a batch, a list of numbers and the sum of the gradients."""
        if not self._batched:
            value, gradient = self._value_and_grad(values)
            return value, gradient
        found = [self._value_and_grad((*values, *sample)) for sample in zip(*batch, strict=True)]
        return [value for value, _ in found], _summed([gradient for _, gradient in found], len(values))

    def outputs_and_grad(self, values: Any, batch: Sequence[Any]) -> tuple[Any, list[float]]:
        """What ``forward`` gives, and the gradient, from one run."""
        if not self._batched:
            outputs, gradient = self._outputs_and_grad(values)
            return outputs, gradient
        found = [self._outputs_and_grad((*values, *sample)) for sample in zip(*batch, strict=True)]
        columns = [list(column) for column in zip(*(outputs for outputs, _ in found), strict=True)]
        return columns, _summed([gradient for _, gradient in found], len(values))

    def finite(self, value: Any, gradient: Any) -> bool:
        """Whether both are finite."""
        numbers = (*(value if self._batched else (value,)), *gradient)
        return all(map(math.isfinite, numbers))

    def array(self, numbers: Any) -> list[float]:
        """A list."""
        return list(numbers)

    def memory(self, values: Any, samples: int) -> Any:
        """The values themselves."""
        return values

    def result(self, value: Any) -> Any:
        """As it is."""
        return value


def _summed(gradients: list[list[float]], n: int) -> list[float]:
    """The gradient of n leaves, summed over the samples."""
    return [ieee.sum(column) for column in zip(*gradients, strict=True)] or [0.0] * n


class _Rule:
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


class _Writer:
    """Writes one program's Python."""

    def __init__(self, code: Code, wanted: frozenset[int], guarded: bool) -> None:
        self.code = code
        self.guarded = guarded
        names = [*map(code.name, range(len(code))), *map(code.name, range(-len(code.sources), 0))]
        self.name = [f"({name})" if name.startswith("-") else name for name in names].__getitem__
        self.known: dict[Op, _Rule] = {}
        self.rules: dict[str, Any] = {"nan": math.nan, "inf": math.inf}
        self.wanted = {slot: leaf for leaf, slot in code.inputs.items() if leaf in wanted}
        self.takes = bytearray(len(code) + len(code.sources))  # who gets a gradient; sources count from the end
        for slot in self.wanted:
            self.takes[slot] = 1
        takes = self.takes.__getitem__
        for place, operands in enumerate(code.operands):
            self.takes[place] = any(takes(x) if x.__class__ is int else any(map(takes, x)) for x in operands)  # type: ignore[arg-type]

    def rule(self, op: Op) -> _Rule:
        if op not in self.known:
            self.known[op] = _Rule(op, self.guarded)
            if any(self.known[op].lists):
                self.rules[f"{op.name}_"] = op.value_in(FLOATS)
                for index in range(len(op.operands)):
                    self.rules[f"{op.name}_d{index}"] = op.partial_in(FLOATS, index)
        return self.known[op]

    def texts(self, leaves: Sequence[int], gradients: int) -> tuple[str, str, str]:
        """``forward``, ``value_and_grad`` and ``outputs_and_grad``: functions of a sequence of the leaves' numbers."""
        present = self.code.inputs
        loads = [f"x{leaf}" if leaf in present else "_" for leaf in leaves]
        head = [f"    {', '.join(loads)}, = values"] if loads else []
        forward = [f"    {line}" for line in self._forward()]
        outputs = ", ".join(map(self.name, self.code.outputs))
        backward = [f"    {line}" for line in self._backward()]
        found = ", ".join(self._final(present.get(leaf)) for leaf in leaves[:gradients])
        root = self.name(self.code.outputs[0])
        whole = "\n".join([*head, *forward, *backward])
        return (
            "\n".join(["def forward(values):", *head, *forward, f"    return [{outputs}]", ""]),
            f"def value_and_grad(values):\n{whole}\n    return {root}, [{found}]\n",
            f"def outputs_and_grad(values):\n{whole}\n    return [{outputs}], [{found}]\n",
        )

    def _forward(self) -> list[str]:
        lines = []
        name = self.name
        for place, (op, operands) in enumerate(zip(self.code.ops, self.code.operands, strict=True)):
            rule = self.rule(op)
            if not any(rule.lists):
                lines.append(f"v{place} = {rule.value.format(*map(name, operands))}")  # type: ignore[arg-type]
            elif rule.inline:
                lines += self._added(f"v{place}", self._terms(operands))
            else:
                lines.append(f"v{place} = {op.name}_({self._arguments(operands)})")
        return lines

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

    @staticmethod
    def _added(target: str, terms: Sequence[str]) -> list[str]:
        """``target = term + term + ...``, in several lines where there are many."""
        lines = [f"{target} = {' + '.join(terms[:_TERMS]) or '0.0'}"]
        lines += [f"{target} += {' + '.join(terms[i : i + _TERMS])}" for i in range(_TERMS, len(terms), _TERMS)]
        return lines

    def _backward(self) -> list[str]:
        return self._backward_guarded() if self.guarded else self._backward_plain()

    def _final(self, slot: int | None) -> str:
        return self.gradient.get(slot, "0.0") if slot in self.wanted else "0.0"

    def _backward_guarded(self) -> list[str]:
        self.gradient = {slot: f"h{leaf}" for slot, leaf in self.wanted.items()}
        root = self.code.outputs[0]
        reached = [place for place in range(len(self.code)) if self.takes[place]]
        targets = [f"g{place}" for place in reached] + list(self.gradient.values())
        lines = [f"{' = '.join(targets[i : i + _TERMS])} = 0.0" for i in range(0, len(targets), _TERMS)]
        seed = f"g{root}" if root >= 0 else self.gradient.get(root)
        if seed is None or (root >= 0 and not self.takes[root]):
            return lines
        lines.append(f"{seed} = 1.0")
        for place in reversed(reached):
            sent: list[str] = []
            for slots, partials in self._partials(place, sent):
                for slot, partial in zip(slots, partials, strict=True):
                    target = f"g{slot}" if slot >= 0 else self.gradient[slot]
                    sent.append(f"{target} += g{place} * ({partial})")
            if sent:
                lines += [f"if g{place}:", *(f"    {line}" for line in sent)]
        return lines

    def _backward_plain(self) -> list[str]:
        found: defaultdict[int, list[str]] = defaultdict(list, {self.code.outputs[0]: ["1.0"]})
        self.gradient = {}
        lines: list[str] = []
        for place in range(len(self.code) - 1, -1, -1):
            if place not in found or not self.takes[place]:
                continue
            g, terms = f"g{place}", found.pop(place)
            if len(terms) == 1 and terms[0].isidentifier():
                g = terms[0]  # the same number has a name already
            else:
                lines += self._added(g, terms)
            for slots, partials in self._partials(place, lines):
                for slot, term in zip(slots, _products(g, partials), strict=True):
                    found[slot].append(term)
        for slot, terms in found.items():
            if slot in self.wanted and len(terms) <= _TERMS:
                self.gradient[slot] = " + ".join(terms)
            elif slot in self.wanted:
                self.gradient[slot] = f"h{self.wanted[slot]}"
                lines += self._added(self.gradient[slot], terms)
        return lines

    def _partials(self, place: int, lines: list[str]) -> Iterator[tuple[Sequence[int], Sequence[str]]]:
        """The operands that take a gradient, list by list, with their partials; ``lines`` gets what these need."""
        op, operands = self.code.ops[place], self.code.operands[place]
        rule = self.rule(op)
        takes = self.takes
        if not any(rule.lists):
            names = [*map(self.name, operands), f"v{place}"]  # type: ignore[arg-type]
            for slot, template in zip(operands, rule.partials, strict=True):
                if (template != "0.0" or self.guarded) and takes[slot]:  # type: ignore[index] # NaN · 0 is NaN
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
                column = f"d{place}_{index}"
                lines.append(f"{column} = {op.name}_d{index}(v{place}, {self._arguments(operands)})")
                texts = [f"{column}[{i}]" for i in range(len(row))] if isinstance(operand, tuple) else [column]
            yield (row, texts) if all(taking) else (list(compress(row, taking)), list(compress(texts, taking)))


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
