"""The array backend on PyTorch, JAX or CuPy arrays, or through the array API standard on NumPy's.

What lives here: what ``Program`` asks of a backend.  What does not: how instructions run (``xp.py``).
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.program.backends.library import Library
from autograd.program.backends.xp import Executor
from autograd.program.vectors import ArrayProgram


class ArrayBackend:
    """Runs an array program on PyTorch, JAX or CuPy arrays, or through the standard on NumPy's.

    Args:
        program: what to run.
        dtype: ``"float64"`` or ``"float32"``.
        array: the library, with a device after a colon where it has several.
    """

    name = "array"

    def __init__(self, program: ArrayProgram, dtype: str, array: str) -> None:
        self.program = program
        self.library = Library(array)
        self.executor = Executor(program, self.library, dtype)

    def _inputs(self, values: Any, batch: Sequence[Any]) -> tuple[Any, list[Any]]:
        return self.array(values), [self.array(column) for column in batch]

    def forward(self, values: Any, batch: Sequence[Any]) -> list[Any]:
        """The outputs, in order."""
        with np.errstate(all="ignore"):
            found = self.executor.forward(*self._inputs(values, batch)).outputs()
        return [self._given(value) for value in found]

    def value_and_grad(self, values: Any, batch: Sequence[Any]) -> tuple[Any, Any]:
        """The root and the gradient."""
        outputs, gradient = self.outputs_and_grad(values, batch)
        return outputs[0], gradient

    def outputs_and_grad(self, values: Any, batch: Sequence[Any]) -> tuple[Any, Any]:
        """The outputs, in order, and the gradient."""
        with np.errstate(all="ignore"):
            run = self.executor.forward(*self._inputs(values, batch))
            outputs = run.outputs()
            gradient, _ = run.backward(self.executor.xp.ones_like(outputs[0]))
        return [self._given(value) for value in outputs], gradient

    def _given(self, value: Any) -> Any:
        return value if self.program.batch else float(value)

    def finite(self, value: Any, gradient: Any) -> bool:
        """Whether both are finite."""
        xp = self.executor.xp
        whole = math.isfinite(value) if value.__class__ is float else bool(xp.all(xp.isfinite(value)))
        return whole and (not len(gradient) or bool(xp.all(xp.isfinite(gradient))))

    def array(self, numbers: Any) -> Any:
        """An array of the library."""
        return self.library.asarray(numbers, self.executor.dtype)

    def memory(self, values: Any, samples: int) -> Any:
        """The values themselves."""
        return values

    def result(self, value: Any) -> Any:
        """An array for a batch, else the number."""
        return self.array(value) if self.program.batch else value
