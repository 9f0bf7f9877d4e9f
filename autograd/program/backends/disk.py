"""The native kernel as machine code: each function compiled when a program first asks for it, and kept on disk.

Numba keeps what it compiles beside the file that the text came from.  So the kernel's own text, and that of every
primitive that was ever asked for, lie in a folder that is this user's alone: in the user's cache, or where that cannot
be written, among the temporary files.

What does not live here: any text (``kernel.py``, ``opcodes.py``), and which function runs when (``native.py``).
"""

import atexit
import hashlib
import inspect
import math
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, Final

from autograd.extra import extra
from autograd.files import write
from autograd.ops import Op
from autograd.program.backends import kernel as text_of_kernel
from autograd.program.backends import machine, registers
from autograd.program.backends.opcodes import function
from autograd.program.symbols import ELEMENTARY

_FAST: Final = frozenset({"row_times_row", "row_sum"})
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
        """The names in a text, which has a file of its own; the file is never read, so that nobody else writes it."""
        digest = hashlib.sha256((self._version + text).encode()).hexdigest()[:16]
        path = self._folder / f"{name}_{digest}.py"
        if not path.exists():
            write(path, text)
        module = ModuleType(f"_chainrule_{path.stem}")
        module.__dict__.update({**names, "__name__": module.__name__, "__file__": str(path)})
        sys.modules[module.__name__] = module  # numba looks there for the module that machine code belongs to
        exec(compile(text, str(path), "exec"), module.__dict__)
        return module.__dict__

    def _options(self, name: str) -> dict[str, Any]:
        fast = {"reassoc", "nsz", "contract"} if name in _FAST else {"contract"}
        return {"cache": True, "error_model": "numpy", "fastmath": fast, "boundscheck": False}


@cache
def kernel(jit: bool) -> Kernel:
    """The one kernel, or its plain twin, which also serves where numba is told to leave functions alone."""
    return Kernel(jit and not extra("numba.core.config", "fast").DISABLE_JIT)


# the folder -----------------------------------------------------------------------------------------------------------


def folder() -> Path:
    """A folder that this user alone can write, for machine code is run without looking at it.

    ``$XDG_CACHE_HOME/chainrule/kernels`` (``%LOCALAPPDATA%`` on Windows, ``~/.cache`` where neither is set); else
    ``chainrule-<user>`` among the temporary files; else a new folder there that goes when Python ends.
    """
    for candidate in _candidates():
        if _is_ours(candidate):
            return candidate
    return _passing()


@cache
def _passing() -> Path:
    made = tempfile.mkdtemp(prefix="chainrule-")  # open to this user alone
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return Path(made)


def _candidates() -> Iterator[Path]:
    root = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    with suppress(RuntimeError):  # a user without a home
        yield Path(root or Path.home() / ".cache") / "chainrule" / "kernels"
    user = os.getuid() if hasattr(os, "getuid") else os.environ.get("USERNAME", "user")
    yield Path(tempfile.gettempdir()) / f"chainrule-{user}"


def _is_ours(path: Path) -> bool:
    """Whether a folder can be made or is there, belongs to this user, and takes files from nobody else."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = path.lstat()
        if not stat.S_ISDIR(found.st_mode):
            return False
        if hasattr(os, "getuid") and (found.st_uid != os.getuid() or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)):
            return False
        machine_code = path / "__pycache__"
        machine_code.mkdir(mode=0o700, exist_ok=True)
        with tempfile.TemporaryFile(dir=path), tempfile.TemporaryFile(dir=machine_code):
            return True
    except OSError:
        return False
