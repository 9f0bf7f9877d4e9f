"""The native kernel as machine code: each function compiled when a program first asks for it, and kept on disk.

What does not live here: any text (``kernel.py``, ``opcodes.py``), the folder (``autograd/machine_code.py``), and which
function runs when (``native.py``).
"""

import inspect
import math
import sys
from functools import cache
from types import FunctionType
from typing import Any, Final

from autograd.extra import extra
from autograd.machine_code import folder, loaded
from autograd.ops import Op
from autograd.program.backends import kernel as text_of_kernel
from autograd.program.backends import machine, registers
from autograd.program.backends.opcodes import function
from autograd.program.symbols import ELEMENTARY

_FAST: Final = frozenset({"product", "product_bias"})
"""Functions that may add up in another order."""


class Kernel:
    """The kernel's functions.

    Args:
        jit: whether numba compiles them; otherwise they run as plain Python.

    Attributes:
        run: the interpreter's loop.

    Raises:
        MissingExtraError: numba is not installed.
    """

    def __init__(self, jit: bool) -> None:
        self.jit = jit
        self._entries: dict[int | str, Any] = {}
        if not jit:
            self._names: dict[str, Any] = vars(text_of_kernel)
            self.run = text_of_kernel.run
            return
        self._numba, instructions = extra("numba", "fast"), machine.instructions()
        self._folder = folder()
        texts = [inspect.getsource(module) for module in (text_of_kernel, machine, registers, sys.modules[__name__])]
        self._version = "".join(texts)  # what the machine code depends on, numba and the processor aside
        self._names = self._loaded("kernel", texts[0], {})
        self._names.update(vars(instructions))
        for name, thing in list(self._names.items()):
            if isinstance(thing, FunctionType) and thing not in self._names["OPCODES"] and name != "run":
                self._names[name] = self._numba.njit(**self._options(name))(thing)
        whole = self._numba.types.int64
        self.run = self._numba.njit(self._numba.types.void(*[whole] * 8), nogil=True, **self._options("run"))(
            self._names["run"]
        )

    def entry(self, key: int | tuple[Op, int]) -> Any:
        """What a program's row calls: a function's address, or in plain Python the function.

        Args:
            key: the number of one of the kernel's own functions; or a primitive, and -1 for its value or the number of
                a partial.
        """
        known = key if isinstance(key, int) else function(*key)
        if known not in self._entries:
            made = self._names["OPCODES"][known] if isinstance(known, int) else self._made(known)
            if self.jit:
                made = self._numba.cfunc(self._names["entry"], **self._options(made.__name__))(made)
            self._entries[known] = made
        return self._entries[known].address if self.jit else self._entries[known]

    def _made(self, text: str) -> Any:
        """The function of that text."""
        names = {name: getattr(math, name) for name in (*ELEMENTARY, "inf", "nan")} | self._names
        if self.jit:
            return self._loaded("compute", text, names)["compute"]
        exec(compile(text, "<a function of the native kernel>", "exec"), names)
        return names["compute"]

    def _loaded(self, name: str, text: str, names: dict[str, Any]) -> dict[str, Any]:
        """The names in a text that has a file of its own."""
        return loaded(name, text, names, self._version, self._folder)

    def _options(self, name: str) -> dict[str, Any]:
        fast = {"reassoc", "nsz", "contract"} if name in _FAST else {"contract"}
        return {"cache": True, "error_model": "numpy", "fastmath": fast, "boundscheck": False}


@cache
def kernel(jit: bool) -> Kernel:
    """The one kernel, or its plain twin, which also serves where numba is told to leave functions alone."""
    return Kernel(jit and not extra("numba.core.config", "fast").DISABLE_JIT)
