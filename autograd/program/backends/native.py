"""The native backend: one numba kernel that interprets array programs, compiled once and kept on disk.

A program becomes two tables of numbers, forward and backward, whose rows say: this opcode, n results, from these
places to those.  Operands that do not lie side by side are packed first, so that every loop of the kernel runs over
neighbours.  Nothing is compiled for a program; its tables are made in the time it takes to write down its addresses,
once for each number of lanes.

What lives here: running, and the kernel on disk.  What does not: the tables (``tables.py``), the kernel's text
(``kernel.py``, ``opcodes.py``).
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

from autograd.extra import extra
from autograd.program.backends.opcodes import FIXED, opcodes, source
from autograd.program.backends.tables import Tables
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
        self.program = program
        self._plan = program.plan()
        known = opcodes()
        theirs = tuple(dict.fromkeys(i.op for i in program.instructions if (i.op, -1) not in known))
        self._codes = opcodes(theirs)
        self._kernel = kernel(source(), jit)
        self._extra = kernel(source(theirs), jit) if theirs else None
        self._library_codes = len(FIXED) + len(known)
        self._bound: dict[int, Tables] = {}

    def _bind(self, batch: Sequence[Any]) -> "Tables":
        lanes = len(batch[0]) if len(batch) else 1
        bound = self._bound.get(lanes)
        if bound is None:
            if len(self._bound) > 8:
                self._bound.clear()
            bound = self._bound[lanes] = Tables(self.program, self._plan, self._codes, lanes)
        return bound

    def forward(self, values: Any, batch: Sequence[Any]) -> list[Any]:
        """The outputs, in order."""
        bound = self._bind(batch)
        bound.load(values, batch)
        self._run(bound, bound.forward_rows, bound.pool[0])
        return [self._output(bound, *output) for output in self.program.outputs]

    def value_and_grad(self, values: Any, batch: Sequence[Any]) -> tuple[Any, Any]:
        """The root and the gradient."""
        bound, gradient = self._backward(values, batch)
        return self._output(bound, *self.program.outputs[0]), gradient

    def outputs_and_grad(self, values: Any, batch: Sequence[Any]) -> tuple[Any, Any]:
        """The outputs, in order, and the gradient."""
        bound, gradient = self._backward(values, batch)
        return [self._output(bound, *output) for output in self.program.outputs], gradient

    def _backward(self, values: Any, batch: Sequence[Any]) -> tuple["Tables", Any]:
        bound = self._bind(batch)
        bound.load(values, batch)
        gradients = bound.fresh_gradients()
        self._run(bound, len(bound.code), gradients)
        return bound, gradients[: self.program.leaves]

    def _run(self, bound: "Tables", stop: int, gradients: Any) -> None:
        memory = (bound.numbers, gradients, bound.code, bound.places)
        if self._extra is None:
            self._kernel.run(*memory, 0, stop)
            return
        own = bound.code[:stop, 0] < self._library_codes
        cuts = [0, *(np.flatnonzero(np.diff(own)) + 1).tolist(), stop]
        for first, last in pairwise(cuts):
            (self._kernel if own[first] else self._extra).run(*memory, first, last)

    def _output(self, bound: "Tables", varying: bool, place: int) -> Any:
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
