"""An array program as tables for the native kernel: opcodes, counts and addresses in one flat memory.

The memory holds uniform numbers, then varying ones, lane by lane, then operands packed side by side.  Gradients have
the same addresses, in a memory of their own with room for one contribution at its end.  Each part starts where a line
of the processor's cache does.
What does not live here: what an opcode does (``kernel.py``, ``opcodes.py``).
"""

import math
import sys
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from autograd.ops import Op, is_list
from autograd.program.backends.kernel import OPCODES
from autograd.program.ir import LIBRARY
from autograd.program.vectors import COPY, Apply, ArrayProgram, Contribution, Plan, Product, View, runs

PACK, PRODUCT, UNPACK, ACCUMULATE, FILL, PRODUCT_W, PRODUCT_X, PRODUCT_BIAS = range(len(OPCODES))

_ADD: Final = next(op for op in LIBRARY if op.name == "add")

_LINE: Final = 8
"""Numbers in a line of the processor's cache."""

_UNHELD: Final = 4 if sys.version_info < (3, 14) else 3
"""References to memory in the pool while the pool is gone through, if there are no others."""


class Memory:
    """Zeros from the start of a line of the cache on.

    Attributes:
        numbers: the array.
        address: where it starts.
        whole: the array that ``numbers`` is a part of, and to which every other part of it refers.
    """

    __slots__ = ("address", "numbers", "whole")

    def __init__(self, size: int) -> None:
        self.whole = np.zeros(size + _LINE)
        start = -(self.whole.ctypes.data // self.whole.itemsize) % _LINE
        self.numbers = self.whole[start : start + size]
        self.address = self.numbers.ctypes.data


class Tables:
    """One program's tables and memory for one number of lanes.

    Args:
        program: what to run.
        plan: its backward.
        codes: the opcodes of primitives' values (part -1) and partials (parts 0 up); those met first are added.
        lanes: how many samples.
    """

    def __init__(self, program: ArrayProgram, plan: Plan, codes: dict[tuple[Op, int], int], lanes: int) -> None:
        self.program, self.lanes, self.codes = program, lanes, codes
        self.rows: list[Sequence[int]] = []
        self.indices: list[Any] = []
        self.indexed = 0
        self.varying = _lines(program.uniform)
        self.size = _lines(self.varying + program.varying * lanes)
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
        self.scratch = self.size = _lines(self.size)
        self._backward(plan)
        self.memory = Memory(self.size)
        self.numbers = self.memory.numbers
        self.pool = [Memory(self.size + self.largest)]
        for place, numbers in self.fixed:
            self.numbers[place : place + len(numbers)] = numbers
        self.code = np.zeros((len(self.rows), max(map(len, self.rows))), np.int64)
        for target, row in zip(self.code, self.rows, strict=True):
            target[: len(row)] = row
        self.places = np.concatenate([*self.indices, np.zeros(1, np.int64)]).astype(np.int64)
        self.leaves = self.numbers[: program.leaves]
        self._columns = self.numbers[self.varying : self.varying + program.batch * lanes].reshape(program.batch, lanes)
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

    def fresh_gradients(self) -> Memory:
        """Memory for gradients that nobody holds: what a caller still has from an earlier run stays as it is."""
        for gradients in self.pool:
            whole = gradients.whole
            if sys.getrefcount(whole) <= _UNHELD:
                return gradients
        self.pool.append(Memory(len(self.pool[0].numbers)))
        del self.pool[:-4]
        return self.pool[-1]

    def call(self, functions: Any) -> None:
        """Take what each opcode calls, an array with one entry for each."""
        self.functions = functions
        self.addresses = (self.code.ctypes.data, self.code.shape[1], self.places.ctypes.data, functions.ctypes.data)

    # addresses ---------------------------------------------------------------------------------------------------

    def address(self, varying: bool, place: Any) -> Any:
        """Where a place lies in the kernel's one memory."""
        return self.varying + place * self.lanes if varying else place

    def _allot(self, size: int) -> int:
        start = _lines(self.size) if size >= 8 * _LINE else self.size  # short ones had better lie close together
        self.size = start + size
        return start

    def _code(self, op: Op, part: int) -> int:
        return self.codes.setdefault((op, part), len(OPCODES) + len(self.codes))

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
        args = [self._operand(id(step), k, view, lanes) for k, view in enumerate(step.args)]
        self.rows.append((
            self._code(step.op, -1), step.count, self._length(step), lanes,
            self.address(step.varying, step.place), 0, *args,
        ))  # fmt: skip
        self.packed[id(step), -1] = (0, args)

    @staticmethod
    def _length(step: Apply) -> int:
        return max(
            (v.shape[1] for v, name in zip(step.args, step.op.operands, strict=True) if is_list(name)), default=1
        )

    def _product(self, step: Product) -> None:
        j, b, k = step.shape
        lanes = self.lanes if step.varying else 1
        w = self._matrix(step, 0, step.w, 1)
        if step.x.index is None and (b == 1 or step.x.strides[1] == 1) and (b * lanes > 1 or step.x.strides[0] == 1):
            x = (int(self.address(step.x.varying, step.x.base)), step.x.strides[0] * lanes)
        else:
            x = (self._operand(id(step), 1, step.x, lanes), b * lanes)
        bias: tuple[int, ...] = (-1, 0)
        if step.bias is not None and len(step.bias.shape) == 1:
            bias = self._matrix(step, 2, step.bias, 1)[:2]
        out = int(self.address(step.varying, step.place))
        self.rows.append((PRODUCT, j, b * lanes, k, out, *w, *x, *bias))
        if step.bias is not None and len(step.bias.shape) == 2:  # one for each result
            own = self._operand(id(step), 2, step.bias, lanes)
            self.rows.append((self._code(_ADD, -1), j * b, 1, lanes, out, 0, out, own))
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
        # What does not vary counts once for each sample.
        count, seed = (self.lanes, 1) if varying else (1, self.lanes)
        self.rows.append((FILL, count, self.address(varying, place), seed))
        for step, contributions in plan.steps:
            for to in contributions:
                if isinstance(step, Apply):
                    self._send(step, to)
                else:
                    self._send_product(step, to)

    def _scratch(self, size: int) -> int:
        self.largest = max(self.largest, size)
        return self.scratch

    def _target(self, step: Apply | Product, to: Contribution, lanes: int) -> tuple[int, Any]:
        """Where a contribution is computed, and what row brings it home, if any."""
        size = math.prod(to.view.shape) * lanes
        address = self._side_by_side(to.view, lanes)
        if address is not None and to.unique:
            if to.first:
                return address, None
            start = self._scratch(size)
            return start, (ACCUMULATE, size, start, address)
        packed = self.packed.get((id(step), to.operand))
        if packed is not None:
            at = packed[1]
        else:
            at = self._index(self.address(to.view.varying, to.view.places().ravel()))
        start = self._scratch(size)
        return start, (UNPACK, size // lanes, lanes, int(to.view.varying), start, at, int(to.first))

    def _send(self, step: Apply, to: Contribution) -> None:
        lanes = self.lanes if step.varying else 1
        start, home = self._target(step, to, lanes)
        out = int(self.address(step.varying, step.place))
        args = self.packed[id(step), -1][1]
        self.rows.append((self._code(step.op, to.operand), step.count, self._length(step), lanes, out, start, *args))
        if home is not None:
            self.rows.append(home)

    def _send_product(self, step: Product, to: Contribution) -> None:
        j, b, k = step.shape
        lanes = self.lanes if step.varying else 1
        g = int(self.address(step.varying, step.place))
        w, x, _ = self.packed[id(step), -1][1]
        wide, view = b * lanes, to.view
        place: tuple[int, ...]
        grid = view.index is None and to.unique
        if to.operand == 0:
            grid = grid and (k == 1 or view.strides[1] == 1)
            place = (view.base, view.strides[0]) if grid else (self._scratch(j * k), k)
            self.rows.append((PRODUCT_W, j, wide, k, g, *place, *x, int(not grid or to.first)))
        elif to.operand == 1:
            direct = grid and (b == 1 or view.strides[1] == 1) and (wide > 1 or view.strides[0] == 1)
            place = (
                (self.address(view.varying, view.base), view.strides[0] * lanes)
                if direct
                else (self._scratch(k * wide), wide)
            )
            self.rows.append((PRODUCT_X, j, wide, k, g, *w, *place, int(not direct or to.first)))
            grid = direct
        elif len(view.shape) == 2:  # one bias for each result takes what the result takes
            start, home = self._target(step, to, lanes)
            self.rows.append((self._code(COPY, 0), j * b, 1, lanes, g, start, g))
            if home is not None:
                self.rows.append(home)
            return
        else:
            place = (view.base, *view.strides) if grid else (self._scratch(j), 1)
            self.rows.append((PRODUCT_BIAS, j, wide, g, *place, int(not grid or to.first)))
        if not grid:
            spread = lanes if to.operand == 1 else 1
            at = self._index(self.address(view.varying, view.places().ravel()))
            self.rows.append(
                (UNPACK, math.prod(view.shape), spread, int(view.varying), self.scratch, at, int(to.first))
            )


def _lines(size: int) -> int:
    """``size`` rounded up to whole lines of the cache."""
    return -(-size // _LINE) * _LINE
