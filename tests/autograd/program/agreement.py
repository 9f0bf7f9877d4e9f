"""How a program is held against eager, elementwise, and the native kernel run by Python itself.

No graph is built here; the tests share `graphs.py`.
"""

from __future__ import annotations

import math
from typing import Any

import autograd
from autograd import Program, Value


def plain_native(root: Value, **options: Any) -> Program:
    """The native kernel's text run by Python itself, on NumPy's scalars, which warn where the machine's do not."""
    import numpy as np

    from autograd.program.backends.native import NativeBackend

    class Quiet(NativeBackend):
        def run(self, *arguments: Any) -> None:
            with np.errstate(all="ignore"):
                super().run(*arguments)

    program = autograd.compile(root, backend="array", **options)
    program._backend = Quiet(program.rerolled, jit=False)
    return program


def agrees(program: Program, root: Value, tolerance: float = 1e-12) -> None:
    """Hold value and gradient, elementwise, against a fresh backward; a gradient's error counts against the largest."""
    for leaf in program.leaves:
        leaf.zero_grad()
    root.backward()
    value, gradient = program.value_and_grad(program.values)
    expected = [leaf.grad for leaf in program.leaves]
    assert same(float(value), root.data, tolerance)
    size = max([abs(g) for g in expected if math.isfinite(g)], default=0.0)
    for found, wanted in zip(map(float, gradient), expected, strict=True):
        assert same(found, wanted, tolerance, size), (found, wanted)


def same(found: float, wanted: float, tolerance: float, size: float = 0.0) -> bool:
    if not (math.isfinite(found) and math.isfinite(wanted)):
        return found == wanted or (found != found and wanted != wanted)
    return abs(found - wanted) <= tolerance * max(abs(wanted), size, 1e-3)
