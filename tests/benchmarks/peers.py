"""The engines that benchmarks race: micrograd, PyTorch's scalars, HIPS/autograd and this project's own.

Here each is made ready, with what it lacks added the way its own users add it, and given one surface, `Engine`. What
they are made to do stands in `work.py`. An engine that is not installed raises `Unavailable` with the reason.

HIPS/autograd installs the import name of this project's engine. It lives in an environment of its own in the user's
cache, and `_hips_worker.py` runs there; `HipsWorker` is this side of the pipe.
"""

from __future__ import annotations

import contextlib
import gc
import json
import math
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .measure import with_deep_stack
from .work import Plan


class Unavailable(Exception):  # noqa: N818 - it is a state of the machine, and caught as such
    """An engine that cannot take part here, and why."""


@dataclass(frozen=True)
class Engine:
    """A scalar engine with micrograd's surface: numbers with operators, `tanh()`, `backward()`, and an `mlp`.

    `gradients(leaves)` reads gradients as floats; `call` runs a function where the engine's backward can recurse;
    `empty` lets go what the engine has in reserve, so that all that a graph takes is weighed.
    """

    name: str
    value: Callable[[float], Any]
    gradients: Callable[[Sequence[Any]], list[float]]
    mlp: Callable[[int, list[int]], Any] | None = None
    call: Callable[[Callable[[], Any]], Any] = lambda function: function()
    empty: Callable[[], None] = lambda: None


def _grads(leaves: Sequence[Any]) -> list[float]:
    return [float(leaf.grad) for leaf in leaves]


def ours() -> Engine:
    """This project's engine, eager."""
    from autograd import Value, no_grad
    from nn import MLP

    def empty() -> None:
        with no_grad():  # blank nodes are of no use then
            pass

    return Engine("chainrule", Value, _grads, MLP, empty=empty)


def micrograd() -> Engine:
    """Karpathy's micrograd as published, with `tanh`, `exp` and `log` added the way his lecture adds them.

    The lecture writes tanh with two exponentials; here it is `math.tanh`, which is faster. Its `backward` recurses
    along the graph, so it is called on a deep stack.
    """
    try:
        from micrograd.engine import Value
        from micrograd.nn import MLP
    except ImportError as error:
        raise Unavailable("micrograd is not installed (pip install micrograd)") from error

    def tanh(self: Any) -> Any:
        t = math.tanh(self.data)
        out = Value(t, (self,), "tanh")

        def _backward() -> None:
            self.grad += (1 - t**2) * out.grad

        out._backward = _backward
        return out

    def exp(self: Any) -> Any:
        out = Value(math.exp(self.data), (self,), "exp")

        def _backward() -> None:
            self.grad += out.data * out.grad

        out._backward = _backward
        return out

    def log(self: Any) -> Any:
        out = Value(math.log(self.data), (self,), "log")

        def _backward() -> None:
            self.grad += out.grad / self.data

        out._backward = _backward
        return out

    Value.tanh, Value.exp, Value.log = tanh, exp, log
    return Engine("micrograd", Value, _grads, MLP, with_deep_stack)


def torch_scalars() -> Engine:
    """PyTorch on tensors of no dimension, float64, one thread."""
    torch = load_torch()

    def value(x: float) -> Any:
        return torch.tensor(x, dtype=torch.float64, requires_grad=True)

    return Engine("PyTorch 0-dim", value, _grads)


def load_torch() -> Any:
    """The module torch, set to one thread."""
    try:
        import torch
    except ImportError as error:
        raise Unavailable("torch is not installed (pip install torch)") from error
    torch.set_num_threads(1)
    return torch


# --- HIPS/autograd in its own environment ---------------------------------------------------------------------------


class HipsWorker:
    """A process with HIPS/autograd that holds one plan and runs it when asked; close it after use."""

    name = "HIPS/autograd"

    def __init__(self, plan: Plan, create: bool = True) -> None:
        """Start it; `create=False` uses the environment only where it already stands.

        Raises:
            Unavailable: the environment cannot be made or the worker does not start.
        """
        python = _hips_environment(create)
        worker = Path(__file__).with_name("_hips_worker.py")
        self._process = subprocess.Popen(
            [python, "-E", "-s", worker], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.version = self._ask({"plan": asdict(plan)})["version"]

    def answer(self) -> list[float]:
        """The root's number and the gradients of all leaves."""
        numbers: list[float] = self._ask({"do": "answer"})["numbers"]
        return numbers

    def run(self) -> dict[str, float]:
        """Seconds by phase, measured in the worker, its collector on or off as it is here."""
        phases: dict[str, float] = self._ask({"do": "run", "collector": gc.isenabled()})["phases"]
        return phases

    def close(self) -> None:
        """End the worker."""
        with contextlib.suppress(OSError):
            self._process.communicate(timeout=10)

    def _ask(self, question: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps(question) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except OSError:
            line = ""
        if not line:
            raise Unavailable(f"its worker process ended with status {self._process.wait(timeout=10)}")
        answer: dict[str, Any] = json.loads(line)
        return answer


def _hips_environment(create: bool) -> Path:
    """The interpreter of the environment, which is made on first use and found again later."""
    cache = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA") or Path.home() / ".cache"
    folder = Path(cache) / "chainrule" / f"hips-autograd-{sys.version_info.major}.{sys.version_info.minor}"
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if _runs(python, "-c", "import autograd.numpy"):
        return python
    if not create:
        raise Unavailable("its environment is not made with --quick; a full run makes it")
    folder.parent.mkdir(parents=True, exist_ok=True)
    print(f"(making an environment for HIPS/autograd in {folder} ...)", file=sys.stderr, flush=True)
    if not _runs(Path(sys.executable), "-m", "venv", "--clear", str(folder)):
        raise Unavailable(f"python -m venv {folder} failed")
    if not _runs(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "autograd"):
        raise Unavailable("pip install autograd failed; is there a network?")
    if not _runs(python, "-c", "import autograd.numpy"):
        raise Unavailable("it was installed but does not import")
    return python


def _runs(python: Path, *arguments: str) -> bool:
    """Whether `python` with these arguments ends well within three minutes, away from the caller's import path."""
    if not python.exists():
        return False
    surroundings = {name: text for name, text in os.environ.items() if name != "PYTHONPATH"}
    command = [python, "-s", *arguments]
    try:
        done = subprocess.run(
            command, capture_output=True, timeout=180, check=False, cwd=python.parent, env=surroundings
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
