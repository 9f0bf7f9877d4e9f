"""Where machine code is kept: a folder that this user alone can write, and in it a file for each text that is compiled.

Numba keeps what it compiles beside the file that the text came from.  So every text that it is given, the native
kernel's and an optimiser's, lies in one folder: in the user's cache, or where that cannot be written, among the
temporary files.

What does not live here: any text, and numba (``program/backends/disk.py``).
"""

import atexit
import hashlib
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from autograd.files import write


def loaded(name: str, text: str, names: dict[str, Any], version: str = "", where: Path | None = None) -> dict[str, Any]:
    """The names in a text, which has a file of its own; the file is never read, so that nobody else writes it.

    Args:
        name: begins the file's name.
        text: Python's.
        names: what it finds defined.
        version: of whatever else its machine code depends on.
        where: the folder; ``folder()`` by default.
    """
    digest = hashlib.sha256((version + text).encode()).hexdigest()[:16]
    path = (where or folder()) / f"{name}_{digest}.py"
    if not path.exists():
        write(path, text)
    module = ModuleType(f"_chainrule_{path.stem}")
    module.__dict__.update({**names, "__name__": module.__name__, "__file__": str(path)})
    sys.modules[module.__name__] = module  # numba looks there for the module that machine code belongs to
    exec(compile(text, str(path), "exec"), module.__dict__)
    return module.__dict__


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
