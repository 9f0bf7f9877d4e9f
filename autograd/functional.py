"""Derivatives of functions, in JAX's manner: ``grad``, ``jacobian``, ``hessian``, ``jvp``, ``vjp``, ``hvp``.

    grad(lambda x: x**3)(2.0)           # 12.0

They take functions of numbers, or of nested lists, tuples and dicts of numbers, and give derivatives in the same
structure.  They nest to any order, and no nesting confuses its variables: each call differentiates with respect to
leaves of its own.  No ``.grad`` is ever touched.  Numbers in give floats out; within another transformation, or where
an argument is itself a Value, the result is a Value, so that it can be differentiated again.

What does not live here: the loops over the graph (``derivatives.py``), nested lists and dicts (``trees.py``).
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from copy import copy
from functools import wraps
from typing import Any, Final

from autograd.bind import VALUES
from autograd.derivatives import gradients, tangents
from autograd.errors import LengthError, StructureError
from autograd.modes import recording
from autograd.operand import as_float
from autograd.primitives import functions
from autograd.trees import Tree, leaves, matched, rebuild
from autograd.value import Value

_nested: Final[ContextVar[bool]] = ContextVar("autograd_nested", default=False)


# one call of the function, recorded ----------------------------------------------------------------------------------


class _Trace:
    """One run of ``f`` on fresh leaves in place of the chosen arguments' numbers."""

    def __init__(
        self, f: Callable[..., Any], args: Sequence[Any], argnums: Sequence[int], kwargs: dict[str, Any]
    ) -> None:
        self.trees = [args[index] for index in argnums]
        given = [leaf for index in argnums for leaf in leaves(args[index], f"argument {index}")]
        self.recorded = _nested.get() or any(isinstance(leaf, Value) for leaf in given)
        # A Value from outside gets a node of its own here, so that only uses through this argument count.
        with recording():
            self.inputs = [leaf * 1.0 if isinstance(leaf, Value) else Value(leaf) for leaf in given]
        fill = iter(self.inputs)
        arguments = list(args)
        for index in argnums:
            arguments[index] = rebuild(args[index], fill)
        with _inside(), recording():
            self.output = f(*arguments, **kwargs)

    @property
    def world(self) -> Any:
        return VALUES if self.recorded else None

    def along(self, seeds: Sequence[Any]) -> "_Trace":
        """The same run for derivatives along ``seeds``, which are recorded where one of these is a Value."""
        trace = copy(self)
        trace.recorded = self.recorded or any(isinstance(seed, Value) for seed in seeds)
        return trace

    def plain(self, number: Any) -> Any:
        """A result as the caller wants it: a Value while it may be differentiated again, else a float."""
        if self.recorded:
            return number if isinstance(number, Value) else Value(number)
        return number._data if isinstance(number, Value) else number

    def scalar(self) -> Any:
        if isinstance(self.output, Value):
            return self.output
        try:
            return as_float(self.output)
        except TypeError:
            raise StructureError(
                f"grad needs a function that returns one number; it returned {type(self.output).__name__}. "
                "Use jacobian for several"
            ) from None

    def pull_back(self, root: Any, seed: Any = 1.0) -> list[Any]:
        """∂root/∂input for every input."""
        if not isinstance(root, Value):
            return [0.0] * len(self.inputs)
        with recording():
            found = gradients(root, seed, self.world, self.inputs)
        return [self.plain(found.get(leaf, 0.0)) for leaf in self.inputs]

    def shaped(self, numbers: Sequence[Any]) -> list[Tree]:
        fill = iter(numbers)
        return [rebuild(tree, fill) for tree in self.trees]


@contextmanager
def _inside() -> Iterator[None]:
    token = _nested.set(True)
    try:
        yield
    finally:
        _nested.reset(token)


def _chosen(argnums: int | Sequence[int], count: int) -> tuple[tuple[int, ...], bool]:
    """The positions to differentiate, and whether one alone was asked for."""
    single = isinstance(argnums, int)
    asked = (argnums,) if isinstance(argnums, int) else argnums
    if not isinstance(asked, list | tuple) or not all(isinstance(index, int) for index in asked):
        raise StructureError(f"argnums is the position of an argument, such as 0, or a tuple of them; got {argnums!r}")
    for index in asked:
        if not -count <= index < count:
            raise LengthError(f"argnums names argument {index}, but the function was called with {count} arguments")
    chosen = tuple(index % count for index in asked)
    if len(set(chosen)) < len(chosen):
        raise StructureError(f"argnums names an argument twice: {argnums!r}, of {count} arguments")
    return chosen, single


def _function(f: Any, name: str) -> None:
    if not callable(f):
        raise StructureError(
            f"autograd.{name} takes a function; got {type(f).__name__}. Either write the loss as a function and call "
            f"`autograd.{name}(f)(x)`, or keep the graph you have and call `loss.backward()`, then read `p.grad` of "
            "each parameter"
        )


def value_and_grad(f: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
    """A function that gives ``(f(x), ∇f(x))``.

    Args:
        f: a function that returns one number.
        argnums: the argument to differentiate by, or several: then the gradient is a tuple.

    Raises:
        StructureError: ``f`` is no function or does not return a number, or an argument is not made of numbers.

    >>> value_and_grad(lambda p: p["w"] * p["w"] + p["b"])({"w": 3.0, "b": 1.0})
    (10.0, {'w': 6.0, 'b': 1.0})
    """
    _function(f, "value_and_grad")

    @wraps(f)
    def wrapped(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        chosen, single = _chosen(argnums, len(args))
        trace = _Trace(f, args, chosen, kwargs)
        root = trace.scalar()
        found = trace.shaped(trace.pull_back(root))
        return trace.plain(root), found[0] if single else tuple(found)

    return wrapped


def grad(f: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
    """A function that gives the gradient ∇f, in the structure of the argument.

    Args:
        f: a function that returns one number.
        argnums: the argument to differentiate by, or several: then the gradient is a tuple.

    Raises:
        StructureError: ``f`` is no function (PyTorch's ``grad(loss, params)`` is ``loss.backward()`` here).

    >>> grad(lambda x: x**4)(2.0), grad(grad(grad(lambda x: x**4)))(2.0)
    (32.0, 48.0)
    >>> grad(lambda x, y: x * y, argnums=(0, 1))(2.0, 5.0)
    (5.0, 2.0)
    """
    _function(f, "grad")
    both = value_and_grad(f, argnums)

    @wraps(f)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        return both(*args, **kwargs)[1]

    return wrapped


def jacobian(f: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
    """A function that gives ∂f/∂x: the output's structure, with the argument's structure in place of each number.

    One reverse sweep for each output number.

    >>> jacobian(lambda x: [x[0] * x[1], x[0]])([2.0, 3.0])
    [[3.0, 2.0], [1.0, 0.0]]
    """
    _function(f, "jacobian")

    @wraps(f)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        chosen, single = _chosen(argnums, len(args))
        trace = _Trace(f, args, chosen, kwargs)
        rows = [trace.shaped(trace.pull_back(root)) for root in leaves(trace.output, "the function's result")]
        if single:
            return rebuild(trace.output, iter([row[0] for row in rows]))
        return tuple(rebuild(trace.output, iter([row[k] for row in rows])) for k in range(len(chosen)))

    return wrapped


def hessian(f: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
    """A function that gives ∂²f/∂x∂x: the argument's structure within the argument's structure.

    >>> hessian(lambda x: x[0] * x[0] * x[1])([1.0, 0.0])
    [[0.0, 2.0], [2.0, 0.0]]
    """
    _function(f, "hessian")
    by_argument = jacobian(grad(f, argnums), argnums)
    if isinstance(argnums, int):
        return by_argument
    # jacobian has the argument it differentiates by outside; in a Hessian that one stands inside.
    return wraps(f)(lambda *args, **kwargs: tuple(zip(*by_argument(*args, **kwargs), strict=True)))


def vjp(f: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[[Any], tuple[Any, ...]]]:
    """``f(*primals)`` and a function that pulls a cotangent of the output back: v ↦ vᵀ·∂f/∂x, one entry a primal.

    >>> y, pull = vjp(lambda x, y: [x * y, x + y], 2.0, 5.0)
    >>> y, pull([1.0, 10.0])
    ([10.0, 7.0], (15.0, 12.0))
    """
    _function(f, "vjp")
    trace = _Trace(f, primals, range(len(primals)), {})
    roots = leaves(trace.output, "the function's result")

    def pull(cotangent: Any) -> tuple[Any, ...]:
        seeds = matched(cotangent, trace.output, "a cotangent", "the output")
        with recording():
            along = trace.along(seeds)
            return tuple(along.shaped(along.pull_back(functions["dot"](roots, seeds))))

    return rebuild(trace.output, iter([trace.plain(root) for root in roots])), pull


def jvp(f: Callable[..., Any], primals: Any, directions: Any) -> tuple[Any, Any]:
    """``f`` and its directional derivative ∂f/∂x · v, by one forward sweep.

    Args:
        f: a function of the primals.
        primals: a tuple of arguments; anything else is the one argument.
        directions: the tangents v, in the structure of the primals.

    >>> jvp(lambda x, y: x * y, (2.0, 5.0), (1.0, 0.5))
    (10.0, 6.0)
    """
    _function(f, "jvp")
    arguments = primals if isinstance(primals, tuple) else (primals,)
    trace = _Trace(f, arguments, range(len(arguments)), {})
    seeds = matched(directions, primals, "a tangent", "the primals")
    trace = trace.along(seeds)
    roots = leaves(trace.output, "the function's result")
    with recording():
        found = tangents(
            [root for root in roots if isinstance(root, Value)],
            dict(zip(trace.inputs, seeds, strict=True)),
            trace.world,
        )
    return (
        rebuild(trace.output, iter([trace.plain(root) for root in roots])),
        rebuild(
            trace.output,
            iter([trace.plain(found.get(root, 0.0)) if isinstance(root, Value) else 0.0 for root in roots]),
        ),
    )


def hvp(f: Callable[..., Any], primals: Any, directions: Any) -> Any:
    """The Hessian of ``f`` times a vector, without the Hessian: forward over reverse.

    Args:
        f: a function that returns one number.
        primals: a tuple of arguments; anything else is the one argument.
        directions: the vector v, in the structure of the primals.

    >>> hvp(lambda x: x[0] * x[0] * x[1], [1.0, 0.0], [1.0, 1.0])
    [2.0, 2.0]

    Source: Pearlmutter, Fast exact multiplication by the Hessian (1994).
    """
    _function(f, "hvp")
    if not isinstance(primals, tuple):
        return jvp(grad(f), primals, directions)[1]
    return jvp(grad(f, argnums=tuple(range(len(primals)))), primals, directions)[1]
