"""The array backend on NumPy: each vector instruction as a few ufunc calls into memory laid out once.

A program is written out as straight-line Python, such as

    matmul(a0, a1, out=a2)
    add(a2, a3, out=a2)
    maximum(a2, 0.0, out=a4)

whose names are views of four arrays: uniform and varying numbers and their gradients.  Memory and views are made once
for each number of lanes, so a run allocates next to nothing.  ``writer.py`` turns instructions into lines; what lives
here is memory, views, the functions that NumPy lacks, and running.  The same program on PyTorch, JAX and CuPy arrays:
``xp.py``.
"""

import importlib
import math
import sys
from collections.abc import Sequence
from functools import cached_property
from typing import Any, Final

import numpy as np

from autograd import ieee
from autograd.ops import others
from autograd.program.backends.writer import Written, written
from autograd.program.vectors import ArrayProgram, View
from autograd.world import define


class NumpyBackend:
    """Runs an array program on NumPy.

    Args:
        program: what to run.
        dtype: ``"float64"`` or ``"float32"``.
    """

    name = "array"

    def __init__(self, program: ArrayProgram, dtype: str = "float64") -> None:
        self.program = program
        self.dtype = np.dtype(dtype)
        self._written = written(program)
        self.source = self._written.source
        self._bound: dict[int, _Bound] = {}
        self._last: tuple[_Bound, _Views]

    def _bind(self, batch: Sequence[Any]) -> "_Bound":
        lanes = len(batch[0]) if len(batch) else 1
        bound = self._bound.get(lanes)
        if bound is None:
            if len(self._bound) > 8:  # a last, smaller batch comes back every epoch; anything more is not worth keeping
                self._bound.clear()
            bound = self._bound[lanes] = _Bound(self.program, self._written, lanes, self.dtype)
        return bound

    def forward(self, values: Any, batch: Sequence[Any]) -> list[Any]:
        """The outputs, in order."""
        bound = self._bind(batch)
        bound.load(values, batch)
        with np.errstate(all="ignore"):
            bound.forward()
        return [self._output(bound, *output) for output in self.program.outputs]

    def value_and_grad(self, values: Any, batch: Sequence[Any]) -> tuple[Any, Any]:
        """The root and the gradient."""
        bound, gradient = self._backward(values, batch)
        return self._output(bound, *self.program.outputs[0]), gradient

    def outputs_and_grad(self, values: Any, batch: Sequence[Any]) -> tuple[Any, Any]:
        """The outputs, in order, and the gradient."""
        bound, gradient = self._backward(values, batch)
        return [self._output(bound, *output) for output in self.program.outputs], gradient

    def _backward(self, values: Any, batch: Sequence[Any]) -> tuple["_Bound", Any]:
        bound = self._bind(batch)
        bound.load(values, batch)
        views, kept = bound.free()
        self._last = bound, views
        with np.errstate(all="ignore"):
            views.value_and_grad()
        gradient = self.program.masked(views.gradients[: self.program.leaves])
        return bound, gradient.copy() if kept else gradient

    def _output(self, bound: "_Bound", varying: bool, place: int) -> Any:
        if not self.program.batch:
            return float(bound.uniform[place])
        return bound.varying[place].copy() if varying else np.full(bound.lanes, bound.uniform[place])

    def finite(self, value: Any, gradient: Any) -> bool:
        """Whether both are finite; a square that overflows counts as not."""
        whole = math.isfinite(value) if value.__class__ is float else bool(np.isfinite(value).all())
        if not whole or not len(gradient):
            return whole
        bound, views = self._last
        return gradient_finite(self.program, gradient, bound.uniform, views.gradients)

    def array(self, numbers: Any) -> Any:
        """A NumPy array."""
        return np.asarray(numbers, self.dtype)

    def memory(self, values: Any, samples: int) -> Any:
        """The program's own leaves, those of the runs with so many samples."""
        leaves = self._bind([range(samples)] if self.program.batch else ()).leaves
        leaves[:] = values
        return leaves

    def result(self, value: Any) -> Any:
        """An array for a batch, else the number."""
        return np.asarray(value, self.dtype) if self.program.batch else value


class _Bound:
    """Memory for one number of lanes, and the program's functions over it."""

    def __init__(self, program: ArrayProgram, text: Written, lanes: int, dtype: Any) -> None:
        self.program, self.text, self.lanes = program, text, lanes
        self.uniform = np.zeros(program.uniform, dtype)
        self.varying = np.zeros((program.varying, lanes), dtype)
        for place, numbers in program.fixed:
            self.uniform[place : place + len(numbers)] = numbers
        self.leaves = self.uniform[: program.leaves]
        self._pool = [_Views(self)]

    def forward(self) -> None:
        """Run forward."""
        self._pool[0].forward()

    def free(self) -> tuple["_Views", bool]:
        """Functions whose gradients no caller holds; and whether there are none, so that the result is to be copied.

        A caller who keeps the last gradient while it asks for the next, as a loop does, makes two of them take turns.
        """
        for views in self._pool:
            if views.unheld():
                return views, False
        if len(self._pool) < _POOL:
            self._pool.append(_Views(self))
            return self._pool[-1], False
        return self._spare, True

    @cached_property
    def _spare(self) -> "_Views":
        """For whoever keeps many gradients: its own is only ever given away as a copy."""
        return _Views(self)

    def load(self, values: Any, batch: Sequence[Any]) -> None:
        """Take in the leaves' numbers."""
        if values is not self.leaves:
            self.leaves[:] = values
        if isinstance(batch, np.ndarray):
            self.varying[: len(batch)] = batch
        else:
            for row, column in zip(self.varying, batch, strict=False):
                row[:] = column


class _Views:
    """Gradients, and the program's functions over views of them and of the numbers."""

    def __init__(self, bound: _Bound) -> None:
        program, text, dtype = bound.program, bound.text, bound.uniform.dtype
        self.gradients = np.zeros(program.uniform, dtype)
        memory = {
            "U": bound.uniform, "V": bound.varying, "GU": self.gradients, "GV": np.zeros_like(bound.varying)
        }  # fmt: skip
        names: dict[str, Any] = {**FUNCTIONS, **memory, **text.indices, "lanes": float(bound.lanes)}
        for name, (which, view, merge) in text.views.items():
            names[name] = _strided(memory[which], view, bound.lanes, merge)
        for name, (shape, per_lane, kind) in text.temporaries.items():
            full = (*shape, bound.lanes) if per_lane else shape
            names[name] = np.empty(full, bool if kind == "bool" else dtype)
        title = f"array program {id(self):x}"
        self.forward = define(text.source, "forward", names, title)
        self.value_and_grad = define(text.source, "value_and_grad", names, title)
        del memory, names
        self._references = sys.getrefcount(self.gradients)

    def unheld(self) -> bool:
        """Whether no caller holds a view of the gradients."""
        return sys.getrefcount(self.gradients) <= self._references


_POOL: Final = 3


def _strided(memory: Any, view: View, lanes: int, merge: str) -> Any:
    """A NumPy view of ``memory``.

    ``merge`` is ``""`` for the view's own axes (varying memory adds a lane axis), ``"+"`` for a uniform view with an
    axis of one for the lanes, and ``"2"`` for a matrix whose last axis takes in the lanes.
    """
    size = memory.itemsize
    flat = memory.reshape(-1)
    per_place = lanes if view.varying else 1
    shape, strides = view.shape, tuple(s * per_place * size for s in view.strides)
    if view.varying and merge == "2":
        shape, strides = (shape[0], shape[1] * lanes), (strides[0], size)
    elif view.varying:
        shape, strides = (*shape, lanes), (*strides, size)
    elif merge == "+":
        shape, strides = (*shape, 1), (*strides, 0)
    return np.lib.stride_tricks.as_strided(flat[view.base * per_place :], shape, strides)


def _pow(x: Any, y: Any) -> Any:
    return np.where(np.isnan(x) | np.isnan(y), np.nan, np.power(x, y))


def _hypot(x: Any, y: Any) -> Any:
    return np.where(np.isnan(x) | np.isnan(y), np.nan, np.hypot(x, y))


def _floor_divide(x: Any, y: Any) -> Any:
    return np.where(np.equal(y, 0.0), np.nan, np.floor_divide(x, y))


_WIDE: Final = 256


def _outer(column: Any, row: Any, out: Any = None) -> Any:
    """A column times a row; NumPy would copy both into its buffer first, which a smaller buffer makes it leave."""
    if row.size < _WIDE:
        return np.multiply(column, row, out=out)
    size = np.setbufsize(_WIDE)
    try:
        return np.multiply(column, row, out=out)
    finally:
        np.setbufsize(size)


_BLOCK: Final = 8192


def all_finite(numbers: Any) -> bool:
    """Whether the numbers of an array are finite; those whose squares add up to more than a float holds count as not.

    In blocks, for a longer dot product is shared among threads, and on a busy machine these take milliseconds to meet.
    """
    with np.errstate(over="ignore"):
        for start in range(0, len(numbers), _BLOCK):
            part = numbers[start : start + _BLOCK]
            if not part.dot(part) < math.inf:
                return False
    return True


_SMALL_SQUARES: Final = {kind: float(np.finfo(kind).max) * 1e-8 for kind in "df"}
"""A product of two numbers whose squares are below it is finite, and so is a sum of 10⁸ such products."""


def gradient_finite(program: ArrayProgram, gradient: Any, numbers: Any, gradients: Any) -> bool:
    """Whether a run's gradient is finite, by its results' ``numbers`` and ``gradients`` where these tell it."""
    if (doubtful := program.doubtful) is not None:
        ours, theirs = numbers[program.leaves : program.uniform], gradients[program.leaves : program.uniform]
        limit = _SMALL_SQUARES[gradient.dtype.char]
        with np.errstate(over="ignore"):
            small = ours.dot(ours) < limit and theirs.dot(theirs) < limit
        if small and all(all_finite(gradient[leaves]) for leaves in doubtful):
            return True
    return all_finite(gradient)


_FEW: Final = 64
"""Numbers up to which a loop over floats is faster than some ten calls of NumPy."""


def _logsumexp(xs: Any) -> Any:
    """As ``ieee.logsumexp``: the largest operand's own term goes into log1p exactly."""
    if xs.ndim == 2 and xs.size <= _FEW:
        return np.array([ieee.logsumexp(row) for row in xs.tolist()], xs.dtype)
    if not xs.shape[1]:
        return np.full(xs.shape[:1] + xs.shape[2:], -np.inf)
    m = np.max(xs, 1)
    top = np.equal(xs, m[:, None])
    terms = np.exp(xs - m[:, None])
    np.copyto(terms, 0.0, where=top)
    return m + np.log1p(np.sum(terms, 1) + (np.count_nonzero(top, 1) - 1))


def _others(xs: Any) -> Any:
    columns = [np.broadcast_to(c, xs[:, 0].shape) for c in others([xs[:, k] for k in range(xs.shape[1])])]
    return np.stack(columns, 1)


def _special(name: str) -> Any:
    """erf or erfc on arrays: SciPy's where it is installed, else ``math``'s entry by entry."""
    try:
        return getattr(importlib.import_module("scipy.special"), name)
    except ImportError:
        return np.vectorize(getattr(math, name), otypes=[np.float64])


class _Special:
    """``erf`` or ``erfc``, imported when first called."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.function: Any = None

    def __call__(self, x: Any) -> Any:
        if self.function is None:
            self.function = _special(self.name)
        return self.function(x)


def _scatter(memory: Any, places: Any, numbers: Any) -> None:
    """``memory[place] += number`` for every pair, places that occur twice included."""
    numbers = np.broadcast_to(numbers, places.shape + memory.shape[1:])
    if memory.ndim == 1 and places.size > 64:
        memory += np.bincount(places.ravel(), numbers.ravel(), len(memory))
    else:
        np.add.at(memory, places, numbers)


FUNCTIONS: Final[dict[str, Any]] = {
    "np": np, "nan": math.nan, "inf": math.inf, "pow": _pow, "hypot": _hypot, "floor_divide": _floor_divide,
    "logsumexp": _logsumexp, "others": _others, "erf": _Special("erf"), "erfc": _Special("erfc"), "scatter": _scatter,
    "copyto": np.copyto, "matmul": np.matmul, "outer": _outer, "total": np.add.reduce, "product": np.multiply.reduce,
    "largest": np.maximum.reduce, "least": np.minimum.reduce, "power": np.power, "fabs": np.abs, "mod": np.mod,
    "acos": np.arccos, "acosh": np.arccosh, "asin": np.arcsin, "asinh": np.arcsinh, "atan": np.arctan,
    "atan2": np.arctan2, "atanh": np.arctanh, "add": np.add, "sub": np.subtract, "mul": np.multiply, "div": np.divide,
    "neg": np.negative, "broadcast": np.broadcast_to, "vdot": np.dot,
    **{n: getattr(np, n) for n in ("cos", "cosh", "exp", "expm1", "log", "log1p", "sin", "sinh", "sqrt", "tan", "tanh",
                                   "maximum", "minimum", "greater", "greater_equal", "less", "less_equal", "equal",
                                   "not_equal")},
}  # fmt: skip
"""The functions that a written program calls."""
