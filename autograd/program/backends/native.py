"""The native backend: one numba kernel that interprets array programs, compiled once and kept on disk.

A program becomes two tables of numbers, forward and backward, whose rows say: this opcode, n results, from these
places to those.  Operands that do not lie side by side are packed first, so that every loop of the kernel runs over
neighbours.  Nothing is compiled for a program; its tables are made in the time it takes to write down its addresses,
once for each number of lanes.

What lives here: tables and memory.  What does not: the kernel (``kernel.py``, ``opcodes.py``).
"""

import hashlib
import importlib.util
import os
import sys
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from autograd.errors import MissingExtraError, ProgramError
from autograd.ops import Op, is_list
from autograd.program.backends.opcodes import FIXED, WIDTH, opcodes, source
from autograd.program.vectors import Apply, ArrayProgram, Contribution, Plan, Product, View, runs

PACK, PRODUCT, UNPACK, ACCUMULATE, FILL, PRODUCT_W, PRODUCT_X, PRODUCT_BIAS = range(len(FIXED))


_UNHELD = 3 if sys.version_info < (3, 14) else 2
"""References to an array in the pool while its pool is gone through, if there are no others."""


class NativeBackend:
    """Runs an array program in the native kernel.

    Args:
        program: what to run.
        jit: False runs the kernel's text as plain Python, which is slow, for whoever wants to step through it.

    Raises:
        MissingExtraError: numba is not installed.
    """

    name = "native"

    def __init__(self, program: ArrayProgram, jit: bool = True) -> None:
        if jit and importlib.util.find_spec("numba") is None:
            raise MissingExtraError('the backend "native" needs numba: pip install "chainrule[fast]"')
        self.program = program
        self._plan = program.plan()
        known = opcodes()
        extra = tuple(dict.fromkeys(i.op for i in program.instructions if (i.op, -1) not in known))
        self._codes = opcodes(extra)
        self._kernel = kernel(source(), jit)
        self._extra = kernel(source(extra), jit) if extra else None
        self._library_codes = len(FIXED) + len(known)
        self._bound: dict[int, _Bound] = {}

    def _bind(self, batch: Sequence[Any]) -> "_Bound":
        lanes = len(batch[0]) if len(batch) else 1
        bound = self._bound.get(lanes)
        if bound is None:
            if len(self._bound) > 8:
                self._bound.clear()
            bound = self._bound[lanes] = _Bound(self.program, self._plan, self._codes, lanes)
        return bound

    def forward(self, values: Any, batch: Sequence[Any]) -> list[Any]:
        """The outputs, in order."""
        bound = self._bind(batch)
        bound.load(values, batch)
        self._run(bound, bound.forward_rows, bound.pool[0])
        return [self._output(bound, *output) for output in self.program.outputs]

    def value_and_grad(self, values: Any, batch: Sequence[Any]) -> tuple[Any, Any]:
        """The root and the gradient."""
        bound = self._bind(batch)
        bound.load(values, batch)
        gradients = bound.fresh_gradients()
        self._run(bound, len(bound.code), gradients)
        return self._output(bound, *self.program.outputs[0]), gradients[: self.program.leaves]

    def _run(self, bound: "_Bound", stop: int, gradients: Any) -> None:
        memory = (bound.numbers, gradients, bound.code, bound.places)
        if self._extra is None:
            self._kernel.run(*memory, 0, stop)
            return
        own = bound.code[:stop, 0] < self._library_codes
        cuts = [0, *(np.flatnonzero(np.diff(own)) + 1).tolist(), stop]
        for first, last in pairwise(cuts):
            (self._kernel if own[first] else self._extra).run(*memory, first, last)

    def _output(self, bound: "_Bound", varying: bool, place: int) -> Any:
        if not self.program.batch:
            return float(bound.numbers[place])
        if not varying:
            return np.full(bound.lanes, bound.numbers[place])
        first = bound.address(True, place)
        return bound.numbers[first : first + bound.lanes].copy()

    def finite(self, value: Any, gradient: Any) -> bool:
        """Whether both are finite; a gradient whose square overflows counts as not."""
        whole = value - value == 0.0 if value.__class__ is float else bool(np.isfinite(value).all())
        return whole and (not len(gradient) or bool(self._kernel.finite(gradient, len(gradient))))

    def array(self, numbers: Any) -> Any:
        """A NumPy array."""
        return np.asarray(numbers, np.float64)

    def memory(self, values: Any) -> Any:
        """The program's own leaves; with a batch, whose lanes change, an array that each run copies."""
        if self.program.batch:
            return values
        leaves = self._bind(()).leaves
        leaves[:] = values
        return leaves

    def result(self, value: Any) -> Any:
        """An array for a batch, else the number."""
        return np.asarray(value) if self.program.batch else value


class _Bound:
    """One program's tables and memory for one number of lanes."""

    def __init__(self, program: ArrayProgram, plan: Plan, codes: dict[tuple[Op, int], int], lanes: int) -> None:
        self.program, self.lanes, self.codes = program, lanes, codes
        self.rows: list[Sequence[int]] = []
        self.indices: list[Any] = []
        self.indexed = 0
        self.size = program.uniform + program.varying * lanes
        self.constant = np.zeros(program.uniform, bool)
        self.fixed = list(program.fixed)
        for place, numbers in program.fixed:
            self.constant[place : place + len(numbers)] = True
        self.packed: dict[tuple[int, int], tuple[int, Any]] = {}
        self.constant_numbers = np.zeros(program.uniform)
        for place, numbers in program.fixed:
            self.constant_numbers[place : place + len(numbers)] = numbers
        self.largest = 1
        for step in program.instructions:
            self._apply(step) if isinstance(step, Apply) else self._product(step)
        self.forward_rows = len(self.rows)
        self.scratch = self.size
        self._backward(plan)
        self.numbers = np.zeros(self.size)
        self.pool = [np.zeros(self.size + self.largest)]
        for place, numbers in self.fixed:
            self.numbers[place : place + len(numbers)] = numbers
        self.code = np.zeros((len(self.rows), WIDTH), np.int64)
        for target, row in zip(self.code, self.rows, strict=True):
            target[: len(row)] = row
        self.places = np.concatenate([*self.indices, np.zeros(1, np.int64)]).astype(np.int64)
        self.leaves = self.numbers[: program.leaves]
        self._columns = self.numbers[program.uniform :].reshape(-1)[: program.batch * lanes].reshape(program.batch, lanes)
        del self.rows, self.indices

    def load(self, values: Any, batch: Sequence[Any]) -> None:
        """Take in the leaves' numbers."""
        if values is not self.leaves:
            self.leaves[:] = values
        if isinstance(batch, np.ndarray):
            self._columns[: len(batch)] = batch
        else:
            for row, column in zip(self._columns, batch, strict=False):
                row[:] = column

    def fresh_gradients(self) -> Any:
        """Memory for gradients that nobody holds: what a caller still has from an earlier run stays as it is."""
        for gradients in self.pool:
            if sys.getrefcount(gradients) <= _UNHELD:
                return gradients
        self.pool.append(np.zeros_like(self.pool[0]))
        del self.pool[:-4]
        return self.pool[-1]

    # addresses ---------------------------------------------------------------------------------------------------

    def address(self, varying: bool, place: Any) -> Any:
        """Where a place lies in the kernel's one memory."""
        return self.program.uniform + place * self.lanes if varying else place

    def _allot(self, size: int) -> int:
        self.size += size
        return self.size - size

    def _index(self, places: Any) -> int:
        self.indices.append(places)
        self.indexed += len(places)
        return self.indexed - len(places)

    def _side_by_side(self, view: View, lanes: int) -> int | None:
        """The address of a view whose numbers are neighbours already, row by row and lane by lane."""
        if view.index is not None or (lanes > 1 and not view.varying):
            return None
        step = 1
        for size, stride in zip(reversed(view.shape), reversed(view.strides), strict=True):
            if size > 1 and stride != step:
                return None
            step *= size
        return int(self.address(view.varying, view.base))

    def _operand(self, step: int, index: int, view: View, lanes: int) -> int:
        """The address of an operand, packed first where it must be."""
        address = self._side_by_side(view, lanes)
        if address is not None:
            return address
        places = view.places().ravel()
        to = self._allot(len(places) * lanes)
        if not view.varying and self.constant[places].all():
            self.fixed.append((to, np.repeat(self.constant_numbers[places], lanes)))
            return to
        places = self.address(view.varying, places)
        at = self._index(places)
        self.rows.append((PACK, len(places), lanes, int(view.varying), to, at))
        self.packed[step, index] = (to, at)
        return to

    # forward -----------------------------------------------------------------------------------------------------

    def _apply(self, step: Apply) -> None:
        lanes = self.lanes if step.varying else 1
        if len(step.args) > 4:
            raise ProgramError(f"the native backend takes rows of the table of up to 4 operands; {step.op.name} has more")
        args = [self._operand(id(step), k, view, lanes) for k, view in enumerate(step.args)]
        self.rows.append((
            self.codes[step.op, -1], step.count, self._length(step), lanes, self.address(step.varying, step.place), 0, *args,
        ))  # fmt: skip
        self.packed[id(step), -1] = (0, args)

    @staticmethod
    def _length(step: Apply) -> int:
        return max((v.shape[1] for v, name in zip(step.args, step.op.operands, strict=True) if is_list(name)), default=1)

    def _product(self, step: Product) -> None:
        j, b, k = step.shape
        lanes = self.lanes if step.varying else 1
        w = self._matrix(step, 0, step.w, 1)
        if step.x.index is None and (b == 1 or step.x.strides[1] == 1) and (b * lanes > 1 or step.x.strides[0] == 1):
            x = (int(self.address(step.x.varying, step.x.base)), step.x.strides[0] * lanes)
        else:
            x = (self._operand(id(step), 1, step.x, lanes), b * lanes)
        bias = (-1, 0)
        if step.bias is not None and len(step.bias.shape) == 1:
            bias = self._matrix(step, 2, step.bias, 1)[:2]
        out = int(self.address(step.varying, step.place))
        self.rows.append((PRODUCT, j, b * lanes, k, out, *w, *x, *bias))
        if step.bias is not None and len(step.bias.shape) == 2:
            raise ProgramError("a matrix product with one bias for each result")
        self.packed[id(step), -1] = (0, (w, x, bias))

    def _matrix(self, step: Product, index: int, view: View, lanes: int) -> tuple[int, ...]:
        """Address and strides of a uniform operand that need not be packed if it is a grid."""
        if view.index is None:
            return (view.base, *view.strides)
        address = self._operand(id(step), index, view, lanes)
        return (address, *((view.shape[1], 1) if len(view.shape) == 2 else (1,)))

    # backward ----------------------------------------------------------------------------------------------------

    def _backward(self, plan: Plan) -> None:
        for memory, places in enumerate(plan.zeros):
            lanes = self.lanes if memory else 1
            spans = runs(places)
            if len(spans) > 64 and not memory:
                spans = [(0, self.program.uniform)]
            self.rows += [(FILL, (b - a) * lanes, self.address(bool(memory), a), 0) for a, b in spans]
        varying, place = self.program.outputs[0]
        self.rows.append((FILL, self.lanes if varying else 1, self.address(varying, place), 1))
        for step, contributions in plan.steps:
            for to in contributions:
                if isinstance(step, Apply):
                    self._send(step, to)
                else:
                    self._send_product(step, to)

    def _scratch(self, size: int) -> int:
        self.largest = max(self.largest, size)
        return self.scratch

    def _target(self, step: Apply | Product, to: Contribution, lanes: int) -> tuple[int, int, Any]:
        """Where a contribution is computed, how many numbers it has, and what row brings it home, if any."""
        size = int(np.prod(to.view.shape)) * lanes
        address = self._side_by_side(to.view, lanes)
        if address is not None and to.unique:
            if to.first:
                return address, size, None
            start = self._scratch(size)
            return start, size, (ACCUMULATE, size, start, address)
        packed = self.packed.get((id(step), to.operand))
        if packed is not None:
            at = packed[1]
        else:
            at = self._index(self.address(to.view.varying, to.view.places().ravel()))
        start = self._scratch(size)
        return start, size, (UNPACK, size // lanes, lanes, int(to.view.varying), start, at, int(to.first))

    def _send(self, step: Apply, to: Contribution) -> None:
        lanes = self.lanes if step.varying else 1
        start, size, home = self._target(step, to, lanes)
        out = int(self.address(step.varying, step.place))
        args = self.packed[id(step), -1][1]
        row_partial = is_list(step.op.operands[to.operand])
        del size, row_partial
        self.rows.append((self.codes[step.op, to.operand], step.count, self._length(step), lanes, out, start, *args))
        if home is not None:
            self.rows.append(home)

    def _send_product(self, step: Product, to: Contribution) -> None:
        j, b, k = step.shape
        lanes = self.lanes if step.varying else 1
        g = int(self.address(step.varying, step.place))
        w, x, _ = self.packed[id(step), -1][1]
        wide, view = b * lanes, to.view
        grid = view.index is None and to.unique
        if to.operand == 0:
            place = (view.base, *view.strides) if grid else (self._scratch(j * k), k, 1)
            self.rows.append((PRODUCT_W, j, wide, k, g, *place, *x, int(not grid or to.first)))
        elif to.operand == 1:
            direct = grid and (b == 1 or view.strides[1] == 1) and (wide > 1 or view.strides[0] == 1)
            place = (self.address(view.varying, view.base), view.strides[0] * lanes) if direct else (self._scratch(k * wide), wide)
            self.rows.append((PRODUCT_X, j, wide, k, g, *w, *place, int(not direct or to.first)))
            grid = direct
        else:
            place = (view.base, *view.strides) if grid else (self._scratch(j), 1)
            self.rows.append((PRODUCT_BIAS, j, wide, g, *place, int(not grid or to.first)))
        if not grid:
            spread = lanes if to.operand == 1 else 1
            at = self._index(self.address(view.varying, view.places().ravel()))
            self.rows.append((UNPACK, int(np.prod(view.shape)), spread, int(view.varying), self.scratch, at, int(to.first)))


# the kernel on disk ---------------------------------------------------------------------------------------------------


@cache
def kernel(text: str, jit: bool) -> ModuleType:
    """The kernel's text as a module in the user's cache folder, where numba keeps its machine code beside it."""
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    root = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA") or str(Path.home() / ".cache")
    folder = Path(root) / "chainrule" / "kernels"
    path = folder / f"kernel_{digest}.py"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(f".{os.getpid()}.tmp")
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)
    name = f"_chainrule_{path.stem}{'' if jit else '_plain'}"
    specification = importlib.util.spec_from_file_location(name, path)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    module.__dict__["JIT"] = jit
    sys.modules[name] = module
    specification.loader.exec_module(module)
    return module
