"""Writes an array program as straight-line calls of NumPy functions into views of memory.

Only text is made here: lines, and descriptions of the views, places and temporaries that their names stand for.
``array.py`` makes those real.  Expressions come from ``symbols.py``, so no derivative is written here either.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from autograd.program.symbols import COMPARED, REDUCTIONS, UPSTREAM, Symbol
from autograd.program.symbols import product as times
from autograd.program.vectors import Apply, ArrayProgram, Contribution, Instruction, Product, View, runs

_SLOW: Final = frozenset({"pow", "hypot", "floor_divide", "logsumexp", "others", "erf", "erfc"})
"""Functions without an ``out=``."""

_REDUCE: Final = {"sum": "total", "prod": "product", "max": "largest", "min": "least"}


@dataclass(slots=True)
class Written:
    """The text of a program, and what its names stand for."""

    source: str = ""
    views: dict[str, tuple[str, View, str]] = field(default_factory=dict)
    indices: dict[str, Any] = field(default_factory=dict)
    temporaries: dict[str, tuple[tuple[int, ...], bool, str]] = field(default_factory=dict)


def written(program: ArrayProgram) -> Written:
    """The program's text."""
    return _Writer(program).text()


class _Writer:
    def __init__(self, program: ArrayProgram) -> None:
        self.program = program
        self.rules = program.rules()
        self.out = Written()
        self.names: dict[Any, str] = {}
        self.lines: list[str] = []
        self.step: Instruction
        self.letters: dict[str, str] = {}
        self.memo: dict[Symbol, str] = {}
        self.used: dict[Any, int] = {}

    def text(self) -> Written:
        for step in self.program.instructions:
            self._begin(step)
            self._forward_apply(step) if isinstance(step, Apply) else self._forward_product(step)
        forward = self.lines
        self.lines = []
        plan = self.program.plan
        for memory, places in zip(("GU", "GV"), plan.zeros, strict=True):
            spans = runs(places)
            if len(spans) <= 8:
                self.lines += [f"{self._plain(memory, a, b)}.fill(0.0)" for a, b in spans]
            else:
                self.lines.append(f"{memory}[{self._index(np.asarray(places))}] = 0.0")
        varying, place = self.program.outputs[0]
        seed = "1.0" if varying else "lanes"  # what does not vary counts once for each sample
        self.lines.append(f"{self._plain('GV' if varying else 'GU', place, place + 1)}.fill({seed})")
        for step, contributions in plan.steps:
            self._begin(step)
            self._backward(step, contributions)
        body = ["def forward():", *forward, "return", "", "", "def value_and_grad():", *forward, *self.lines, "return"]
        self.out.source = (
            "\n".join(line if line.startswith("def") or not line else f"    {line}" for line in body) + "\n"
        )
        return self.out

    # names -------------------------------------------------------------------------------------------------------

    def _begin(self, step: Instruction) -> None:
        self.step, self.memo, self.used, self.letters = step, {}, {}, {}

    def _plain(self, memory: str, start: int, stop: int) -> str:
        return self._strided(memory, View(memory.endswith("V"), (stop - start,), start, (1,)), "")

    def _strided(self, memory: str, view: View, merge: str) -> str:
        key = (memory, view.shape, view.base, view.strides, merge)
        if key not in self.names:
            self.names[key] = f"a{len(self.out.views)}"
            self.out.views[self.names[key]] = (memory, view, merge)
        return self.names[key]

    def _index(self, places: Any) -> str:
        name = f"i{len(self.out.indices)}"
        self.out.indices[name] = np.ascontiguousarray(places)
        return name

    def _temporary(self, shape: tuple[int, ...], per_lane: bool, kind: str = "") -> str:
        key = (shape, per_lane, kind)
        number = self.used.get(key, 0)
        self.used[key] = number + 1
        if (key, number) not in self.names:
            self.names[key, number] = f"t{len(self.out.temporaries)}"
            self.out.temporaries[self.names[key, number]] = key
        return self.names[key, number]

    def _read(self, view: View, varying: bool, merge: str = "", gradient: bool = False) -> str:
        """A name for what a view holds; a gather is a line of its own."""
        memory = ("G" if gradient else "") + ("V" if view.varying else "U")
        if view.index is None:
            return self._strided(memory, view, merge or ("+" if varying and not view.varying else ""))
        target = self._temporary(view.shape, view.varying)
        axis = ", axis=0" if view.varying else ""
        key = ("index", id(view.index))
        if key not in self.names:
            self.names[key] = self._index(view.index)
        self.lines.append(f"{memory}.take({self.names[key]}{axis}, out={target}, mode='clip')")
        if merge == "2" and view.varying:
            return f"{target}.reshape({view.shape[0]}, -1)"
        return f"{target}[..., None]" if varying and not view.varying and merge != "2" else target

    # expressions -------------------------------------------------------------------------------------------------

    def _shape(self, symbol: Symbol) -> tuple[int, ...]:
        assert isinstance(self.step, Apply)
        return (self.step.count, self._length()) if symbol.row else (self.step.count,)

    def _length(self) -> int:
        assert isinstance(self.step, Apply)
        return max((view.shape[1] for view in self.step.args if len(view.shape) > 1), default=1)

    def _write(self, symbol: Symbol, out: str = "") -> str:
        """Lines that compute ``symbol``, into ``out`` where that is given; gives the name or number that holds it."""
        if symbol in self.memo and not out:
            return self.memo[symbol]
        name = self._computed(symbol, out)
        if not out or name == out:
            self.memo[symbol] = name
        if out and name != out:
            self.lines.append(f"copyto({out}, {name})")
        return out or name

    def _computed(self, symbol: Symbol, out: str) -> str:
        head = symbol.head
        if head == "letter":
            return self._letter(str(symbol.args[0]))
        if head == "number":
            return repr(symbol.args[0])
        if head == "len":
            return repr(float(self._length()))
        if symbol in self.memo:
            return self.memo[symbol]
        assert isinstance(self.step, Apply)
        if head == "number_of":
            flag = self._write(symbol.args[0])
            target = out or self._temporary(self._shape(symbol), self.step.varying)
            self.lines.append(f"copyto({target}, {flag})")
            return target
        if head == "sum" and symbol.args[0].head == "mul" and self.step.count == 1 and not self.step.varying:
            a, b = symbol.args[0].args
            if a.row and b.row:
                target = out or self._temporary((1,), False)
                self.lines.append(f"{target}[0] = vdot({self._write(a)}[0], {self._write(b)}[0])")
                return target
        arguments = [self._argument(x, symbol) for x in symbol.args]
        if head in REDUCTIONS and head in _REDUCE:
            target = out or self._temporary((self.step.count,), self.step.varying)
            self.lines.append(f"{_REDUCE[head]}({arguments[0]}, axis=1, out={target})")
            return target
        if head == "pow" and symbol.args[1].is_number and symbol.args[1].args[0]:
            head = "power"
        if head in _SLOW:
            target = self._fresh(out)
            self.lines.append(f"{target} = {head}({', '.join(arguments)})")
            return target
        if head == "where":
            condition, yes, no = arguments
            target = out or self._temporary(self._shape(symbol), self.step.varying)
            if target in (yes, condition) or (out and any(out == self.letters.get(str(x)) for x in self.letters)):
                target = self._temporary(self._shape(symbol), self.step.varying)
            self.lines += [f"copyto({target}, {no})", f"copyto({target}, {yes}, where={condition})"]
            return target
        kind = "bool" if head in COMPARED else ""
        target = out if out and not kind else self._temporary(self._shape(symbol), self.step.varying, kind)
        self.lines.append(f"{head}({', '.join(arguments)}, out={target})")
        return target

    def _fresh(self, out: str) -> str:
        self.used["fresh"] = self.used.get("fresh", 0) + 1
        return f"f{self.used['fresh']}"

    def _argument(self, x: Symbol, parent: Symbol) -> str:
        """An argument's name; a truth value is multiplied as it is, and a number meets rows as a column."""
        if x.head == "number_of" and parent.head == "mul" and not all(a.head == "number_of" for a in parent.args):
            name = self._write(x.args[0])
        else:
            name = self._write(x)
        rows = parent.row or parent.head in REDUCTIONS
        if rows and not x.row and not x.is_number and x.head != "len":
            return f"{name}[:, None]"
        return name

    def _letter(self, name: str) -> str:
        step = self.step
        assert isinstance(step, Apply)
        if name not in self.letters:
            if name in ("out", "_g"):
                view = View(step.varying, (step.count,), step.place, (1,))
                self.letters[name] = self._read(view, step.varying, gradient=name == "_g")
            else:
                view = step.args[step.op.operands.index(name)]
                self.letters[name] = self._read(view, step.varying)
        return self.letters[name]

    # instructions ------------------------------------------------------------------------------------------------

    def _forward_apply(self, step: Apply) -> None:
        self._write(self.rules[step.op].value, self._letter("out"))

    def _forward_product(self, step: Product) -> None:
        j, b, _ = step.shape
        target = self._read(View(step.varying, (j, b), step.place, (b, 1)), step.varying, "2")
        w, x = self._read(step.w, False), self._matrix(step.x)
        self.lines.append(f"matmul({w}, {x}, out={target})")
        if step.bias is not None:
            bias = self._read(step.bias, False)
            if len(step.bias.shape) == 1:
                target, bias = (self._column(step), bias) if step.single else (target, f"{bias}[:, None]")
            self.lines.append(f"add({target}, {bias}, out={target})")

    def _column(self, step: Product, gradient: bool = False) -> str:
        """The results, or their gradients, of a product with one column, as a vector: NumPy has less to do for it."""
        return self._read(View(False, (step.count,), step.place, (1,)), False, gradient=gradient)

    def _matrix(self, view: View) -> str:
        """A matrix of inputs, samples and lanes on one axis."""
        if view.varying and view.index is None and view.shape[1] > 1 and view.strides[1] != 1:
            view = View(True, view.shape, view.base, (), view.places())
        return self._read(view, False, "2")

    def _backward(self, step: Instruction, contributions: Sequence[Contribution]) -> None:
        if isinstance(step, Apply):
            for to in contributions:
                self._send(to, times(UPSTREAM, self.rules[step.op].partials[to.operand]))
            return
        j, b, _ = step.shape
        g = self._read(View(step.varying, (j, b), step.place, (b, 1)), step.varying, "2", gradient=True)
        for to in contributions:
            if to.operand == 0:
                x = self._matrix(step.x)
                self._store(to, "outer" if step.single else "matmul", f"{g}, {x}.T")
            elif to.operand == 1:
                self._store(to, "matmul", f"{self._read(step.w, False)}.T, {g}", matrix=True)
            elif len(to.view.shape) == 1 and not step.single:
                self._store(to, "total", f"{g}, axis=1")
            else:  # added to 0.0, as a sum would be
                self._store(to, "add", f"{self._column(step, gradient=True) if step.single else g}, 0.0")

    def _store(self, to: Contribution, function: str, arguments: str, matrix: bool = False) -> None:
        """Lines that store or add a matrix result where its operand's gradient lies."""
        view = to.view
        if (
            view.index is None
            and to.unique
            and not (matrix and view.varying and view.shape[1] > 1 and view.strides[1] != 1)
        ):
            target = self._read(view, False, "2" if matrix else "", gradient=True)
            if to.first:
                self.lines.append(f"{function}({arguments}, out={target})")
            else:
                self.lines.append(f"add({target}, {function}({arguments}), out={target})")
            return
        found = f"{function}({arguments})"
        if view.varying:
            found = f"{found}.reshape({view.shape[0]}, {view.shape[1]}, -1)"
        self._spread(to, found)

    def _send(self, to: Contribution, symbol: Symbol) -> None:
        """Lines that bring g × partial to an operand's gradient."""
        step, view = self.step, to.view
        assert isinstance(step, Apply)
        sums_lanes = step.varying and not view.varying
        rows = len(view.shape) > 1
        if view.index is None and to.unique and not sums_lanes and (symbol.row or not rows):
            target = self._read(view, step.varying, gradient=True)
            if to.first:
                if symbol.head == "where" and symbol not in self.memo:
                    self.lines.append(f"copyto({target}, {self._write(symbol)})")
                else:
                    self._write(symbol, target)
                self.memo.pop(symbol, None)
            else:
                self.lines.append(f"add({target}, {self._write(symbol)}, out={target})")
            return
        found = self._write(symbol)
        if rows and not symbol.row:
            found = f"{found}[:, None]"
        if sums_lanes:
            found = f"total({found}, axis=-1)"
        zero = [axis for axis, s in enumerate(view.strides) if not s and view.shape[axis] > 1]
        if view.index is None and zero and sums_lanes is False and not view.varying:
            shape = view.shape
            if rows and not symbol.row:
                found = f"broadcast({found}, {shape})"
            found = f"total({found}, axis={tuple(zero)})"
            kept = [axis for axis in range(len(shape)) if axis not in zero]
            view = View(view.varying, tuple(shape[a] for a in kept), view.base, tuple(view.strides[a] for a in kept))
            places = view.places().ravel()
            to = Contribution(to.operand, view, False, len(np.unique(places)) == len(places))
        self._spread(to, found)

    def _spread(self, to: Contribution, found: str) -> None:
        memory = "GV" if to.view.varying else "GU"
        if to.unique and to.view.index is None:
            target = self._strided(memory, to.view, "")
            self.lines.append(f"copyto({target}, {found})" if to.first else f"add({target}, {found}, out={target})")
            return
        key = ("index", id(to.view.index)) if to.view.index is not None else ("places", to.operand, id(self.step))
        if key not in self.names:
            self.names[key] = self._index(to.view.places())
        index = self.names[key]
        if to.unique:
            self.lines.append(f"{memory}[{index}] {'=' if to.first else '+='} {found}")
        else:
            self.lines.append(f"scatter({memory}, {index}, {found})")
