"""``compile`` and ``Program``: what a user holds of a compiled graph.

    program = autograd.compile(loss)
    for _ in range(100):
        for p in program.leaves:
            p.zero_grad()
        program.run()                    # reads the leaves' data, adds to their gradients, gives the loss
        for p in program.leaves:
            p.data -= 0.1 * p.grad

What lives here: running, the choice of a backend, and the promise that a run whose result is not finite is repeated on
the reference backend.  What does not: leaves and their order (``leaves.py``), the pipeline's steps (``trace.py``,
``passes.py``, ``arrays.py``), and how a program is held against fresh graphs (``check.py``).
"""

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from importlib.util import find_spec
from typing import Any, Final

from autograd.collector import without_collector
from autograd.errors import ProgramError
from autograd.extra import extra
from autograd.program.backends import Backend
from autograd.program.backends.python import PythonBackend
from autograd.program.ir import Code, edges, levels, validated
from autograd.program.leaves import ordered
from autograd.program.passes import optimised, regular
from autograd.program.symbols import has_rule
from autograd.program.trace import Traced, trace

BACKENDS: Final = ("auto", "python", "array", "native")
_SMALL: Final = 300  # operand edges; below it generated Python starts and runs faster than anything else


def compile(
    root: Any, batch: Iterable[Any] = (), outputs: Iterable[Any] = (), backend: str = "auto",
    parameters: Iterable[Any] = (), dtype: str = "float64", array: str = "numpy",
) -> "Program":  # fmt: skip
    """Turn a finished graph into a program that can be run again at new numbers.

    Args:
        root: the Value whose value and gradient are wanted, such as a loss.
        batch: leaves that take a column of numbers, one a sample: by Value, label, or position among the leaves.
        outputs: further nodes whose values ``forward`` gives.
        backend: ``"python"``, ``"array"``, ``"native"``, or ``"auto"``, which picks by size and what is installed.
        parameters: leaves that come first in ``program.leaves``, in this order, such as ``model.parameters()``.
            The other leaves follow: the weights and biases of dot products, then the rest, each in the order of use.
        dtype: ``"float64"`` or ``"float32"``, for the backend ``"array"``.
        array: for the backend ``"array"``, the library: ``"numpy"``, ``"torch"``, ``"jax"`` or ``"cupy"``, with a
            device after a colon where the library has several (``"torch:cuda"``).

    Raises:
        StaleGraphError: data were changed after the forward pass.
        OpaqueNodeError: a node has no formula, only a Python function.
        ProgramError: a leaf is not in the graph, or the backend does not exist.
        MissingExtraError: the backend needs a package that is not installed.

    >>> from autograd import Value
    >>> w, x = Value(3.0, label="w"), Value(2.0, label="x")
    >>> program = compile((w * x).tanh() + w, backend="python")
    >>> w.data = 0.0
    >>> program.run(), w.grad
    (0.0, 3.0)
    """
    with without_collector():  # it would only go through the many new, acyclic objects in vain
        return Program(trace([root, *outputs]), batch, parameters, backend, dtype, array)


class Program:
    """A compiled graph; ``compile`` makes it.

    Attributes:
        leaves: the Values that ``values`` and the gradient speak of, in order.
        batch: the leaves that take a column of numbers, in the order they were named.
        code: the scalar program after all passes.
        backend: the name of what runs it.
    """

    def __init__(
        self, traced: Traced, batch: Iterable[Any], parameters: Iterable[Any], backend: str, dtype: str, array: str
    ) -> None:
        if backend not in BACKENDS:
            raise ProgramError(f"the backends are {', '.join(BACKENDS)}; got {backend!r}")
        if dtype not in ("float64", "float32"):
            raise ProgramError(f"dtype is 'float64' or 'float32'; got {dtype!r}")
        self.traced = traced
        self.code = validated(regular(traced.code))
        self._order, self._columns, self._wanted = ordered(traced.leaves, self.code, batch, parameters)
        self.leaves: list[Any] = list(map(traced.leaves.__getitem__, self._order))
        self.batch: list[Any] = list(map(traced.leaves.__getitem__, self._columns))
        self._backend: Backend = self._make(backend, dtype, array)
        self.backend = self._backend.name

    def _make(self, backend: str, dtype: str, array: str) -> Backend:
        if backend == "auto":
            backend = _pick(self.code)
        if backend == "python":
            self.code = validated(optimised(self.traced.code))
            return self._python(self.code, guarded=False)
        extra("numpy", "fast")
        from autograd.program.arrays import rerolled

        program = rerolled(self.code, self._order, self._columns, self._wanted)
        if backend == "native":
            from autograd.program.backends.native import NativeBackend

            return NativeBackend(program)
        if array == "numpy":
            from autograd.program.backends.array import NumpyBackend

            return NumpyBackend(program, dtype)
        from autograd.program.backends.standard import ArrayBackend

        return ArrayBackend(program, dtype, array)

    def _python(self, code: Code, guarded: bool) -> PythonBackend:
        return PythonBackend(code, self._order, self._columns, self._wanted, guarded)

    @cached_property
    def _reference(self) -> PythonBackend:
        """The program as traced, run by the backend that defines the semantics."""
        return self._python(self.traced.code, guarded=True)

    # running -----------------------------------------------------------------------------------------------------

    @property
    def values(self) -> Any:
        """The present numbers of ``leaves``: a list, or an array of the backend's."""
        return self._backend.array([leaf._data for leaf in self.leaves])

    def memory(self, samples: int = 1) -> Any:
        """The program's own memory of ``values``, filled with the leaves' present numbers.

        A run at this very array, with a batch of so many samples, copies nothing; write new numbers into it in place.
        """
        return self._backend.memory(self.values, samples)

    def run(self, *batch: Any) -> Any:
        """Do what a fresh forward pass and ``backward()`` would: add to the leaves' gradients, give the root's number.

        The graph itself is left alone; build it again to draw or step through it.  With a batch, give one column for
        each leaf in ``batch``; the result is then one number a sample, and the gradients are summed over the samples.
        """
        value, gradient = self.value_and_grad(self.values, *batch)
        numbers = gradient.tolist() if hasattr(gradient, "tolist") else gradient
        for leaf, number in zip(self.leaves, numbers, strict=True):
            leaf._grad += number
        return value

    def value_and_grad(self, values: Any, *batch: Any) -> tuple[Any, Any]:
        """The root's value and its gradient with respect to ``leaves``, at ``values``; touches no Value.

        Args:
            values: one number for each of ``leaves``; ``program.values`` has the present ones.
            batch: for each leaf in ``batch`` a column of n numbers; or all of them in one array of shape
                (len(program.batch), n).

        Returns:
            The value, a float, or with a batch n of them; and the gradient, one number a leaf, summed over the batch.
            A leaf that takes no gradient (``requires_grad=False``) has 0.

        Raises:
            ProgramError: the lengths do not fit.
        """
        batch = self._fit(values, batch)
        try:
            value, gradient = self._backend.value_and_grad(values, batch)
            if self._backend.finite(value, gradient):
                return value, gradient
        except (ArithmeticError, ValueError):
            pass
        value, gradient = self._reference.value_and_grad(_plain(values), [_plain(column) for column in batch])
        return self._backend.result(value), self._backend.array(gradient)

    def outputs_and_grad(self, values: Any, *batch: Any) -> tuple[list[Any], Any]:
        """What ``forward`` gives and the gradient that ``value_and_grad`` gives, from one run.

        Args:
            values: as for ``value_and_grad``.
            batch: as for ``value_and_grad``.

        >>> from autograd import Value
        >>> x = Value(2.0)
        >>> square = x * x
        >>> compile(square + 1, outputs=[square], backend="python").outputs_and_grad([3.0])
        ([10.0, 9.0], [6.0])
        """
        batch = self._fit(values, batch)
        try:
            outputs, gradient = self._backend.outputs_and_grad(values, batch)
            if self._backend.finite(outputs[0], gradient) and all(self._backend.finite(x, ()) for x in outputs[1:]):
                return list(outputs), gradient
        except (ArithmeticError, ValueError):
            pass
        found, gradient = self._reference.outputs_and_grad(_plain(values), [_plain(column) for column in batch])
        return [self._backend.result(value) for value in found], self._backend.array(gradient)

    def forward(self, values: Any, *batch: Any) -> list[Any]:
        """The values of the root and of ``outputs``, in order, without any gradient."""
        batch = self._fit(values, batch)
        try:
            found = self._backend.forward(values, batch)
            if all(self._backend.finite(value, ()) for value in found):
                return list(found)
        except (ArithmeticError, ValueError):
            pass
        found = self._reference.forward(_plain(values), [_plain(column) for column in batch])
        return [self._backend.result(value) for value in found]

    def _fit(self, values: Any, batch: Sequence[Any]) -> Any:
        """The batch's columns, once the numbers of everything are as the program has them."""
        if len(batch) == 1 and getattr(batch[0], "ndim", 1) == 2:
            batch = batch[0]
        if len(values) != len(self._order):
            raise ProgramError(
                f"the program has {len(self._order)} leaves in `leaves`; {len(values)} values were given"
            )
        if len(batch) != len(self._columns):
            raise ProgramError(
                f"the program was compiled with {len(self._columns)} batch leaves; {len(batch)} columns given"
            )
        if batch.__class__ is tuple and batch and len({len(column) for column in batch}) != 1:
            raise ProgramError(f"the columns of a batch are equally long; got {[len(column) for column in batch]}")
        return batch

    def check(self, build: Callable[..., Any], samples: Iterable[Any]) -> None:
        """Hold the program against fresh eager graphs, for a Python branch taken at compile time is baked in.

        Args:
            build: makes a fresh graph of one sample and gives its root; called as ``build(*sample)``, or as
                ``build(sample)`` where a sample is no tuple.
            samples: what to call it with.

        Raises:
            ProgramMismatchError: a fresh graph takes other steps, or has another value or gradient; the text names
                the first node that differs.
        """
        from autograd.program.check import check

        check(self, build, samples)

    # looking at it -----------------------------------------------------------------------------------------------

    @cached_property
    def source(self) -> str:
        """The program as Python: the functions ``forward`` and ``value_and_grad``.

        Straight-line code, but where the terms of a sum are computed alike, as the samples of a batch are: they are
        turns of a loop.
        """
        return self._python(self.code, guarded=False).source

    @cached_property
    def rerolled(self) -> Any:
        """The array program: matrix products and vector operations found among the scalars; needs NumPy."""
        return self.arrays(self._wanted)

    def arrays(self, wanted: Iterable[int]) -> Any:
        """The array program with gradients for the leaves of these numbers."""
        extra("numpy", "fast")
        from autograd.program.arrays import rerolled

        code = self.code if self.backend != "python" else validated(regular(self.traced.code))
        return rerolled(code, self._order, self._columns, frozenset(wanted))

    @cached_property
    def stats(self) -> dict[str, int]:
        """Nodes of the graph, instructions, operand edges, levels, matrix products found, flops and bytes of a run."""
        found = {
            "nodes": len(self.traced.nodes), "instructions": len(self.code), "edges": edges(self.code),
            "levels": 1 + max(levels(self.code), default=-1),
        }  # fmt: skip
        if find_spec("numpy") is not None:
            found |= self.rerolled.stats
        return found

    def __str__(self) -> str:
        return str(self.code)

    def __repr__(self) -> str:
        return f"Program({len(self.code)} instructions, {len(self.leaves)} leaves, backend={self.backend!r})"

    # other homes -------------------------------------------------------------------------------------------------

    def to_jax(self) -> Callable[..., Any]:
        """A pure JAX function ``(values, *batch) -> value``, for ``jax.grad``, ``jit``, ``vmap`` and ``shard_map``.

        ``values`` is an array of one number for each of ``leaves``; with a batch the value has one entry a sample.
        """
        from autograd.program.to_jax import to_jax

        return to_jax(self)

    def to_onnx(self, path: Any) -> None:
        """Write the forward pass as an ONNX model: input ``values``, one input a batch leaf, one output each."""
        from autograd.program.to_onnx import to_onnx

        to_onnx(self, path)


def _pick(code: Code) -> str:
    if edges(code) < _SMALL or find_spec("numpy") is None or not all(map(has_rule, set(code.ops))):
        return "python"
    return "native" if find_spec("numba") is not None else "array"


def _plain(values: Any) -> list[float]:
    return list(map(float, values.tolist() if hasattr(values, "tolist") else values))
