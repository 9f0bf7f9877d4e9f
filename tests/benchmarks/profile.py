"""Where a compiled program's time goes: its instructions run one by one under a clock, against the physical limit.

For the backend `array` an instruction is a line of the NumPy code it wrote, for `native` a row of its kernel's table.
What does not live here: the race itself (`programs.py`, `networks.py`).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np

from autograd.program.backends import tables

from .report import number, table

_KINDS = {
    "matmul": "matrix products", "outer": "outer products", "vdot": "matrix products", "copyto": "copies and fills",
    "total": "sums", "scatter": "gathers and scatters",
}  # fmt: skip

_ROWS = {
    tables.PACK: "packing", tables.UNPACK: "unpacking", tables.ACCUMULATE: "accumulating", tables.FILL: "filling",
    tables.PRODUCT: "matrix products", tables.PRODUCT_W: "weight gradients", tables.PRODUCT_X: "input gradients",
    tables.PRODUCT_BIAS: "bias gradients",
}  # fmt: skip


def spent(program: Any, limit: float, why: str) -> str:
    """A table of where one run of a program without a batch goes, and how far it is from `limit`, in seconds.

    A step run by itself finds its numbers in the nearest cache, so the parts add up to less than the whole.
    """
    values = program.memory()
    whole = _clocked(lambda: program.value_and_grad(values))
    parts = (_array_parts if program.backend == "array" else _native_parts)(program)
    check = _clocked(lambda: program._backend.finite(1.0, program.value_and_grad(values)[1])) - whole
    parts["the finiteness check"] = (1, max(check, 0.0))
    inside = sum(seconds for _, seconds in parts.values())
    parts["the call itself, and colder caches"] = (1, max(whole - inside, 0.0))
    rows = [
        [kind, f"{calls:,}", number(seconds * 1e6), f"{seconds / whole:.0%}"]
        for kind, (calls, seconds) in sorted(parts.items(), key=lambda item: -item[1][1])
    ]
    rows.append(["in all", "", number(whole * 1e6), "100%"])
    rows.append([f"the limit: {why}", "", number(limit * 1e6), f"{limit / whole:.0%}"])
    return table([f"where {program.backend}'s time goes", "steps", "µs", ""], rows)


def _array_parts(program: Any) -> dict[str, tuple[int, float]]:
    """Each line of `value_and_grad` by what it calls."""
    backend = program._backend
    views = backend._bind(())._pool[0]
    source = backend.source
    lines = [line.strip() for line in source[source.index("def value_and_grad") :].splitlines()[1:]]
    names = views.value_and_grad.__globals__
    parts: dict[str, tuple[int, float]] = {}
    with np.errstate(all="ignore"):
        for line in lines:
            if not line or line == "return":
                continue
            called = line.partition("(")[0].rpartition(" ")[2]
            kind = _KINDS.get(called, "copies and fills" if called.endswith(".fill") else "elementwise operations")
            target = line.partition(" = ")[0]
            shared = f"    global {target}\n" if target.isidentifier() else ""
            code = compile(f"def step():\n{shared}    {line}", "<line>", "exec")
            scope: dict[str, Any] = {}
            exec(code, names, scope)
            _add(parts, kind, _clocked(scope["step"]))
    return parts


def _native_parts(program: Any) -> dict[str, tuple[int, float]]:
    """Each row of the kernel's table by what it does; what a call of the kernel costs by itself is taken off."""
    backend = program._backend
    bound = backend._bind(())
    gradients = bound.fresh_gradients()
    empty = _clocked(lambda: backend.run(bound, gradients, 0, 0))
    parts: dict[str, tuple[int, float]] = {"starting the kernel": (1, empty)}
    for i in range(len(bound.code)):
        kind = _ROWS.get(int(bound.code[i, 0]), "elementwise operations")
        _add(parts, kind, max(_clocked(lambda i=i: backend.run(bound, gradients, i, i + 1)) - empty, 0.0))  # type: ignore[misc]
    return parts


def _add(parts: dict[str, tuple[int, float]], kind: str, seconds: float) -> None:
    calls, before = parts.get(kind, (0, 0.0))
    parts[kind] = (calls + 1, before + seconds)


def _clocked(function: Callable[[], object], times: int = 200) -> float:
    """Median seconds of a call, from seven rounds."""
    function()
    found = []
    for _ in range(7):
        start = time.perf_counter()
        for _ in range(times):
            function()
        found.append((time.perf_counter() - start) / times)
    return median(found)
