"""The native backend: one numba kernel that interprets array programs.

A program becomes two tables of numbers, forward and backward, whose rows say: this opcode, n results, from these
places to those.  Operands that do not lie side by side are packed first, so that every loop of the kernel runs over
neighbours.  Nothing is compiled for a program; its tables are made in the time it takes to write down its addresses,
once for each number of lanes.  A function of the kernel is compiled when a program first has its opcode, and kept.

What lives here: running.  What does not: the tables (``tables.py``), the kernel's text (``kernel.py``,
``opcodes.py``), its machine code (``disk.py``).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.extra import extra
from autograd.ops import Op
from autograd.program.backends.array import gradient_finite
from autograd.program.backends.disk import kernel
from autograd.program.backends.kernel import OPCODES
from autograd.program.backends.tables import Memory, Tables
from autograd.program.vectors import ArrayProgram


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
        if jit:
            extra("numba", "fast")
        self._kernel = kernel(jit)
        self.program = program
        self._codes: dict[tuple[Op, int], int] = {}
        self._bound: dict[int, Tables] = {}
        self._last: tuple[Tables, Memory]

    def _bind(self, batch: Sequence[Any]) -> Tables:
        lanes = len(batch[0]) if len(batch) else 1
        bound = self._bound.get(lanes)
        if bound is None:
            if len(self._bound) > 8:
                self._bound.clear()
            bound = self._bound[lanes] = Tables(self.program, self.program.plan, self._codes, lanes)
            bound.call(self._functions(np.unique(bound.code[:, 0]).tolist()))
        return bound

    def _functions(self, used: Sequence[int]) -> Any:
        """What each opcode calls; only those that are used have an entry."""
        keys = [*range(len(OPCODES)), *self._codes]
        found = [0] * len(keys)
        for code in used:
            found[code] = self._kernel.entry(keys[code])
        return np.array(found, np.int64 if self._kernel.jit else object)

    def forward(self, values: Any, batch: Sequence[Any]) -> list[Any]:
        """The outputs, in order."""
        bound = self._bind(batch)
        bound.load(values, batch)
        self.run(bound, bound.pool[0], 0, bound.forward_rows)
        return [self._output(bound, *output) for output in self.program.outputs]

    def value_and_grad(self, values: Any, batch: Sequence[Any]) -> tuple[Any, Any]:
        """The root and the gradient."""
        bound, gradient = self._backward(values, batch)
        return self._output(bound, *self.program.outputs[0]), gradient

    def outputs_and_grad(self, values: Any, batch: Sequence[Any]) -> tuple[Any, Any]:
        """The outputs, in order, and the gradient."""
        bound, gradient = self._backward(values, batch)
        return [self._output(bound, *output) for output in self.program.outputs], gradient

    def _backward(self, values: Any, batch: Sequence[Any]) -> tuple[Tables, Any]:
        bound = self._bind(batch)
        bound.load(values, batch)
        gradients = bound.fresh_gradients()
        self._last = bound, gradients
        self.run(bound, gradients, 0, len(bound.code))
        return bound, self.program.masked(gradients.numbers[: self.program.leaves])

    def run(self, bound: Tables, gradients: Memory, first: int, last: int) -> None:
        """Rows ``first`` up to ``last`` of a program."""
        if self._kernel.jit:
            self._kernel.run(bound.memory.address, gradients.address, *bound.addresses, first, last)
        else:
            width = bound.code.shape[1]
            memory = bound.numbers, gradients.numbers, bound.code, width, bound.places, bound.functions
            self._kernel.run(*memory, first, last)

    def _output(self, bound: Tables, varying: bool, place: int) -> Any:
        if not self.program.batch:
            return float(bound.numbers[place])
        if not varying:
            return np.full(bound.lanes, bound.numbers[place])
        first = bound.address(True, place)
        return bound.numbers[first : first + bound.lanes].copy()

    def finite(self, value: Any, gradient: Any) -> bool:
        """Whether both are finite; a gradient whose square overflows counts as not."""
        whole = value - value == 0.0 if value.__class__ is float else bool(np.isfinite(value).all())
        if not whole or not len(gradient):
            return whole
        bound, gradients = self._last
        return gradient_finite(self.program, gradient, bound.numbers, gradients.numbers)

    def array(self, numbers: Any) -> Any:
        """A NumPy array."""
        return np.asarray(numbers, np.float64)

    def memory(self, values: Any, samples: int) -> Any:
        """The program's own leaves, those of the runs with so many samples."""
        leaves = self._bind([range(samples)] if self.program.batch else ()).leaves
        leaves[:] = values
        return leaves

    def result(self, value: Any) -> Any:
        """An array for a batch, else the number."""
        return np.asarray(value) if self.program.batch else value
