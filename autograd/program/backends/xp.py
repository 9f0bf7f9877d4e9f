"""The array backend on any library of the array API standard: PyTorch, JAX, CuPy, NumPy itself.

The same array program as in ``array.py``, run without changing any array: each instruction's results are a *segment*,
a new array, and a view is a slice of one segment, or a gather from several.  So the very same functions serve
``to_jax``, where XLA compiles and shards them, and run on whatever device the arrays live on.

What lives here: segments, and instructions on them.  What does not: libraries (``library.py``), and any derivative.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd.program.backends.library import Functions
from autograd.program.symbols import COMPARED, UPSTREAM, Symbol, product
from autograd.program.vectors import Apply, ArrayProgram, Product, View, takers


class Executor:
    """An array program as functions without side effects.

    Args:
        program: what to run.
        library: on what.
        dtype: the name of a floating type.
        function: what gives each symbol's function.
    """

    def __init__(
        self,
        program: ArrayProgram,
        library: Any,
        dtype: str,
        function: Callable[[str], Callable[..., Any]] | None = None,
    ) -> None:
        self.program, self.library, self.xp = program, library, library.xp
        self.dtype = getattr(library.xp, dtype)
        self.rules = program.rules()
        self.function = function or Functions(library)
        self.index = library.index

    def forward(self, values: Any, batch: Sequence[Any]) -> "_Run":
        """Run forward; the outputs are ``run.outputs()``."""
        run = _Run(self, values, batch)
        for step in self.program.instructions:
            run.apply(step) if isinstance(step, Apply) else run.product(step)
        return run


class _Segment:
    """The results of one instruction, or what stands in memory from the start."""

    __slots__ = ("array", "gradient", "start", "stop")

    def __init__(self, start: int, array: Any) -> None:
        self.start, self.stop, self.array = start, start + array.shape[0], array
        self.gradient: Any = None


class _Run:
    """One run: segments of both memories, in order of places."""

    def __init__(self, executor: Executor, values: Any, batch: Sequence[Any]) -> None:
        self.executor, self.xp, self.library = executor, executor.xp, executor.library
        program = executor.program
        self.segments: tuple[list[_Segment], list[_Segment]] = ([], [])
        if program.leaves:
            self._add(False, 0, values)
        for place, numbers in program.fixed:
            self._add(False, place, self.library.asarray(numbers, executor.dtype))
        self.lanes = batch[0].shape[0] if len(batch) else 1
        if len(batch):
            self._add(True, 0, self.xp.stack(list(batch), axis=0))

    def _add(self, varying: bool, place: int, array: Any) -> _Segment:
        segment = _Segment(place, array)
        self.segments[varying].append(segment)
        self.segments[varying].sort(key=lambda s: s.start)
        return segment

    def _covering(self, view: View) -> list[_Segment]:
        places = view.places()
        low, high = int(places.min()), int(places.max())
        return [s for s in self.segments[view.varying] if s.start <= high and s.stop > low]

    def read(self, view: View) -> Any:
        """The numbers of a view, in its shape, with a lane axis if it varies."""
        if not view.places().size:
            return self.library.zeros(view.shape, self.executor.dtype)
        segments = self._covering(view)
        if len(segments) == 1:
            array, start = segments[0].array, segments[0].start
            base = view.base - start
            if view.index is None and len(view.shape) == 1 and view.strides[0] > 0:
                return array[base : base + view.shape[0] * view.strides[0] : view.strides[0]]
            if view.index is None and len(view.shape) == 2:
                (n, m), (p, q) = view.shape, view.strides
                if q in (0, 1) and (q or m == 1) and p >= m and base + n * p <= array.shape[0]:
                    rows = self.xp.reshape(array[base : base + n * p], (n, p, *array.shape[1:]))
                    return rows[:, :m]
                if (
                    p in (0, 1)
                    and (p or n == 1)
                    and q >= n
                    and base + m * q <= array.shape[0]
                    and len(array.shape) == 1
                ):
                    return self.xp.reshape(array[base : base + m * q], (m, q))[:, :n].T
        else:
            array = self.xp.concat([s.array for s in segments], axis=0)
            start = segments[0].start
        local = self._local(view, segments)
        found = self.xp.take(array, self.executor.index(local.ravel()), axis=0)
        return self.xp.reshape(found, (*view.shape, *array.shape[1:]))

    @staticmethod
    def _local(view: View, segments: Sequence[_Segment]) -> Any:
        """The places of a view, counted from the first of ``segments``, put one after the other."""
        places = view.places()
        local = places.copy()
        offset = 0
        for segment in segments:
            inside = (places >= segment.start) & (places < segment.stop)
            local[inside] = places[inside] - segment.start + offset
            offset += segment.stop - segment.start
        return local

    def arrays(self) -> Any:
        """The numbers of all segments, to be handed to ``rerun``."""
        return [[s.array for s in memory] for memory in self.segments]

    def outputs(self) -> list[Any]:
        """The outputs; an array of one entry a lane where there is a batch."""
        found = []
        for varying, place in self.executor.program.outputs:
            row = self.read(View(varying, (1,), place, (1,)))[0]
            if self.executor.program.batch and not varying:
                row = row + self.library.zeros((self.lanes,), self.executor.dtype)
            found.append(row)
        return found

    # instructions ------------------------------------------------------------------------------------------------

    def apply(self, step: Apply) -> None:
        """One row of the table."""
        value = self._value(self.executor.rules[step.op].value, self._letters(step), step)
        shape = (step.count, self.lanes) if step.varying else (step.count,)
        if not hasattr(value, "shape") or tuple(value.shape) != shape:
            value = value + self.library.zeros(shape, self.executor.dtype)
        self._add(step.varying, step.place, value)

    def _letters(self, step: Apply) -> dict[str, Any]:
        letters = {}
        for name, view in zip(step.op.operands, step.args, strict=True):
            array = self.read(view)
            letters[name] = array[..., None] if step.varying and not view.varying else array
        return letters

    def _value(self, symbol: Symbol, letters: dict[str, Any], step: Apply) -> Any:
        memo: dict[Symbol, Any] = {}

        def compute(symbol: Symbol) -> Any:
            if symbol.head == "letter":
                return letters[str(symbol.args[0])]
            if symbol.is_number:
                return symbol.args[0]
            if symbol.head == "len":
                return float(max(v.shape[1] for v in step.args if len(v.shape) > 1))
            if symbol not in memo:
                args = [compute(x) for x in symbol.args]
                if symbol.row and symbol.head != "others":
                    args = [
                        a[:, None] if hasattr(a, "shape") and not x.row else a
                        for a, x in zip(args, symbol.args, strict=True)
                    ]  # fmt: skip
                memo[symbol] = self._called(symbol.head, args)
            return memo[symbol]

        return compute(symbol)

    def _called(self, head: str, args: list[Any]) -> Any:
        if head == "number_of":
            return (
                self.xp.astype(args[0], self.executor.dtype)
                if hasattr(self.xp, "astype")
                else args[0].astype(self.executor.dtype)
            )
        if head == "where":
            return self.xp.where(*args)
        if head in COMPARED or len(args) > 1 or hasattr(args[0], "shape"):
            return self.executor.function(head)(*args)
        return self.executor.function(head)(self.library.asarray(args[0], self.executor.dtype))

    def _matrices(self, step: Product) -> tuple[Any, Any]:
        x = self.read(step.x)
        return self.read(step.w), self.xp.reshape(x, (x.shape[0], -1))

    def product(self, step: Product) -> None:
        """A matrix product."""
        j, b, _ = step.shape
        w, x = self._matrices(step)
        out = w @ x
        if step.bias is not None:
            bias = self.read(step.bias)
            out = out + (bias[:, None] if len(step.bias.shape) == 1 else bias)
        self._add(step.varying, step.place, self.xp.reshape(out, (j * b, self.lanes) if step.varying else (j * b,)))

    # backward ----------------------------------------------------------------------------------------------------

    def backward(self, seed: Any) -> tuple[Any, list[Any]]:
        """The gradients of the leaves and of the batch leaves; ``seed`` is the root's own, one a lane if it varies."""
        program = self.executor.program
        varying, place = program.outputs[0]
        if program.batch and not varying:
            seed = self.xp.sum(seed)
        self._send(View(varying, (1,), place, (1,)), self.xp.reshape(seed, (1, -1) if varying else (1,)))
        for step in reversed(program.instructions):
            own = next(
                s for s in self.segments[step.varying] if s.start == step.place and s.stop == step.place + step.count
            )
            if own.gradient is None:
                continue
            if isinstance(step, Apply):
                self._backward_apply(step, own)
            else:
                self._backward_product(step, own)
        found = self.segments[False][0].gradient if program.leaves else None
        if found is None:
            found = (
                self.xp.zeros_like(self.segments[False][0].array)
                if program.leaves
                else self.library.zeros((0,), self.executor.dtype)
            )
        wanted = self.library.asarray(program.wanted.astype(np.float64), self.executor.dtype)
        leaves = self.xp.where(wanted > 0, found, 0.0)
        if not program.batch:
            return leaves, []
        columns = self.segments[True][0]
        rows = self.xp.zeros_like(columns.array) if columns.gradient is None else columns.gradient
        return leaves, [rows[i] for i in range(program.batch)]

    def _backward_apply(self, step: Apply, own: _Segment) -> None:
        letters = {**self._letters(step), "out": own.array, "_g": own.gradient}
        partials = self.executor.rules[step.op].partials
        for operand, view in takers(step):
            symbol = product(UPSTREAM, partials[operand])
            found = self._value(symbol, letters, step)
            if len(view.shape) > 1 and not symbol.row:
                found = found[:, None]
            full = (*view.shape, self.lanes) if step.varying else view.shape
            if tuple(found.shape) != full:
                found = self.xp.broadcast_to(found, full)
            self._send(view, self.xp.sum(found, axis=-1) if step.varying and not view.varying else found)

    def _backward_product(self, step: Product, own: _Segment) -> None:
        j, _, _ = step.shape
        w, x = self._matrices(step)
        g = self.xp.reshape(own.gradient, (j, -1))
        for operand, view in takers(step):
            if operand == 0:
                self._send(view, g @ x.T)
            elif operand == 1:
                found = w.T @ g
                self._send(view, self.xp.reshape(found, (*view.shape, self.lanes)) if view.varying else found)
            else:
                self._send(view, self.xp.sum(g, axis=1) if len(view.shape) == 1 else g)

    def _send(self, view: View, numbers: Any) -> None:
        """Add to the gradients of the segments that a view lies in."""
        places = view.places().ravel()
        flat = self.xp.reshape(numbers, (len(places), *((self.lanes,) if view.varying else ())))
        for segment in self._covering(view):
            inside = (places >= segment.start) & (places < segment.stop)
            local = places[inside] - segment.start
            part = flat if inside.all() else self.xp.take(flat, self.executor.index(np.flatnonzero(inside)), axis=0)
            if len(local) == segment.stop - segment.start and (local == np.arange(len(local))).all():
                segment.gradient = part if segment.gradient is None else segment.gradient + part
                continue
            if segment.gradient is None:
                segment.gradient = self.xp.zeros_like(segment.array)
            segment.gradient = self.library.add_at(segment.gradient, self.executor.index(local), part)


def rerun(executor: Executor, arrays: Any) -> _Run:
    """A run as it was after forward, from its ``arrays()``."""
    program = executor.program
    run = _Run.__new__(_Run)
    run.executor, run.xp, run.library = executor, executor.xp, executor.library
    starts: tuple[list[int], list[int]] = ([0] * bool(program.leaves), [0] * bool(program.batch))
    starts[False].extend(place for place, _ in program.fixed)
    for step in program.instructions:
        starts[step.varying].append(step.place)
    run.segments = tuple(  # type: ignore[assignment]
        [_Segment(start, array) for start, array in zip(sorted(places), memory, strict=True)]
        for places, memory in zip(starts, arrays, strict=True)
    )
    run.lanes = run.segments[True][0].array.shape[1] if program.batch else 1
    return run
