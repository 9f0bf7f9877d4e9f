"""What may watch a node as it is made: ``no_grad``, ``detect_anomaly``, ``provenance`` and ``scope``.

Only while some mode is on in some thread is ``observe(node)`` called for each node that is made (``blank.py``), so that
the modes cost nothing while none is on.  Which modes are on is a context variable: threads and asyncio tasks do not see
each other's.  What does not live here: the making of nodes (``bind.py``).
"""

import math
import sys
from collections.abc import Callable
from contextlib import ContextDecorator, nullcontext
from contextvars import ContextVar
from functools import partial, wraps
from inspect import isasyncgenfunction, iscoroutinefunction, isgeneratorfunction
from typing import Any, Final, NamedTuple

from autograd.errors import AnomalyError, StructureError
from autograd.graph import OPAQUE, Node


class Source(NamedTuple):
    """A line of the learner's code."""

    filename: str
    line: int

    def __str__(self) -> str:
        return f"{self.filename}:{self.line}"


class Modes(NamedTuple):
    """The modes that are on in this context."""

    no_grad: bool = False
    anomaly: bool = False
    provenance: bool = False
    scopes: tuple[str, ...] = ()


_modes: Final[ContextVar[Modes]] = ContextVar("autograd_modes", default=Modes())  # noqa: B039 (a Modes is immutable)

observing: Final[list[None]] = []
"""One entry for every mode entered and not yet left, in whatever thread: empty means nobody watches."""

changing: Final[list[Callable[[], None]]] = []
"""What is called when ``observing`` has begun, or has ended."""


def modes() -> Modes:
    """The modes that are on in this thread or task."""
    return _modes.get()


def observed() -> bool:
    """Whether each node that is made now, in some thread, is looked at by a mode: ``no_grad``, ``provenance``, ...

    A layer asks: then every neuron makes its node itself, so that ``provenance`` can tell whose it is.

    >>> with provenance():
    ...     observed()
    True
    """
    return bool(observing)


class _Block(ContextDecorator):
    """A block with other modes: ``changed`` tells which, from those around it.

    No generator: one that an interrupt left unfinished would end when it is collected, in the middle of other blocks,
    and bring back modes that were over long ago.
    """

    def __init__(self, changed: Callable[[Modes], Modes]) -> None:
        self.changed = changed
        self.around: list[Modes] = []

    def _recreate_cm(self) -> "_Block":
        return _Block(self.changed)  # each call of a decorated function has a block of its own

    def __call__(self, function: Any) -> Any:
        """``function`` in such a block: a generator or coroutine for as long as it runs, not only as it is made.

        Raises:
            StructureError: it is an asynchronous generator.
        """
        # An object that can be called may be a generator as well, by its class's `__call__`.
        called = (function,) if isinstance(function, type) else (function, getattr(function, "__call__", None))  # noqa: B004
        if any(map(isasyncgenfunction, called)):
            name = getattr(function, "__qualname__", repr(function))
            raise StructureError(f"{name} is an asynchronous generator; write `with` and the block inside it")
        if any(map(isgeneratorfunction, called)):
            return self._each_step(function)
        if any(map(iscoroutinefunction, called)):

            @wraps(function)
            async def awaited(*args: Any, **kwargs: Any) -> Any:
                with self._recreate_cm():
                    return await function(*args, **kwargs)

            return awaited
        return super().__call__(function)

    def _each_step(self, function: Any) -> Any:
        """The generator ``function``, each of whose steps is in a block of its own: who takes them is in none."""

        @wraps(function)
        def generator(*args: Any, **kwargs: Any) -> Any:
            steps = function(*args, **kwargs)
            step = partial(next, steps)
            while True:
                try:
                    with self._recreate_cm():
                        found = step()
                except StopIteration as end:
                    return end.value
                try:
                    step = partial(steps.send, (yield found))
                except GeneratorExit:
                    with self._recreate_cm():
                        steps.close()
                    raise
                except BaseException as error:  # it was thrown in by whoever takes the steps
                    step = partial(steps.throw, error)

        return generator

    def __enter__(self) -> None:
        before = _modes.get()
        self.around.append(before)
        observing.append(None)
        try:
            _changed()
            _modes.set(self.changed(before))
        except BaseException:  # an interrupt: nobody will leave what has not been entered
            self.__exit__()
            raise

    def __exit__(self, *_: object) -> None:
        _modes.set(self.around[-1])  # first of all, for an interrupt may come at any point
        self.around.pop()
        observing.pop()
        if not observing:
            _changed()


def _changed() -> None:
    for call in changing:
        call()


def _block(**changes: Any) -> _Block:
    return _Block(lambda before: before._replace(**changes))


def no_grad() -> Any:
    """A block in which results are plain leaves: no parents, no gradient, no memory of how they were made.

    Usable as ``with no_grad():`` and as a decorator.

    >>> from autograd import Value, no_grad
    >>> x = Value(3.0)
    >>> with no_grad():
    ...     y = x * x
    >>> y.data, y.parents, y.requires_grad
    (9.0, (), False)
    """
    return _block(no_grad=True)


def recording() -> Any:
    """A block in which nodes are recorded even within ``no_grad()``: a derivative was asked for by name."""
    return _block(no_grad=False) if _modes.get().no_grad else nullcontext()


def unwatched() -> Any:
    """A block without ``detect_anomaly()``: in a derivative's formula there may be an inf that counts for nothing."""
    return _block(anomaly=False) if _modes.get().anomaly else nullcontext()


def detect_anomaly() -> Any:
    """A block in which the first value or gradient that is inf or NaN raises, with op, operands and source line.

    Raises:
        AnomalyError: at the operation that made the number, forward or backward.

    >>> from autograd import Value, detect_anomaly, log
    >>> with detect_anomaly():
    ...     log(Value(0.0, label="x"))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    autograd.errors.AnomalyError: log(x=0.0) gave -inf...
    """
    return _block(anomaly=True, provenance=True)


def provenance() -> Any:
    """A block in which each node notes the line of code that made it and the module (see ``scope``) it belongs to.

    Read them as ``node.source`` and ``node.scope``.
    """
    return _block(provenance=True)


def scope(name: str) -> Any:
    """A block whose nodes belong to ``name``, within the scopes around it; noted only under ``provenance()``.

    >>> from autograd import Value, provenance, scope
    >>> with provenance(), scope("layers[0]"), scope("neurons[1]"):
    ...     y = Value(2.0) * 3
    >>> y.scope
    ('layers[0]', 'neurons[1]')
    """
    # The scopes around it are asked for on entry: as a decorator, `scope` is made long before.
    return _Block(lambda before: before._replace(scopes=(*before.scopes, name)))


_OURS: Final = frozenset({"autograd", "nn", "visualize", "contextlib"})


def caller() -> Source | None:
    """The innermost line now running that is not this library's own."""
    frame: Any = sys._getframe(1)
    while frame is not None and str(frame.f_globals.get("__name__", "")).partition(".")[0] in _OURS:
        frame = frame.f_back
    return None if frame is None else Source(frame.f_code.co_filename, frame.f_lineno)


def owner() -> tuple[str, ...]:
    """The path of the module whose method now runs, innermost first asked: ``("layers[0]", "neurons[1]")``.

    A module says where it stands by an attribute ``scope_path``; looking for it here, only while provenance is
    recorded, spares every module from announcing itself on each call.
    """
    frame: Any = sys._getframe(1)
    while frame is not None:
        # Only methods are asked: reading `f_locals` keeps what a frame holds alive, and a training loop runs long.
        if frame.f_code.co_varnames[:1] == ("self",):
            path = getattr(frame.f_locals.get("self"), "scope_path", None)
            if isinstance(path, tuple):
                return path
        frame = frame.f_back
    return ()


def observe(node: Any) -> None:
    """Do to a fresh node what the modes of this context ask for."""
    on = _modes.get()
    if on.provenance:
        note = node.notes
        note["source"] = caller()
        scopes = (*on.scopes, *owner())
        if scopes:
            note["scope"] = scopes
    if on.anomaly and not math.isfinite(node._data):
        raise AnomalyError(f"{describe(node)} gave {node._data}{made_at(node)}")
    if on.no_grad:
        node.forget()


def describe(node: Any) -> str:
    """``op(operand=number, ...)``, with labels where there are any and at most eight operands."""
    operands = node.operands
    shown = [_operand(operand) for operand in operands[:8]] + (["..."] if len(operands) > 8 else [])
    name = "leaf" if node.op is None else (node.op is OPAQUE and node._op) or node.op.name
    return f"{name}({', '.join(shown)})"


def _operand(operand: Any) -> str:
    if not isinstance(operand, Node):
        return repr(operand)
    name = getattr(operand, "label", "")
    number = repr(operand._data)  # type: ignore[attr-defined]
    return f"{name}={number}" if name else number


def made_at(node: Any) -> str:
    """Where a node was made, as the end of a sentence; empty if it is not known."""
    source = node.source
    return "" if source is None else f" (made at {source})"


def check_gradient(node: Any, parent: Any, gradient: float) -> None:
    """Raise if the gradient that ``node`` just passed on to ``parent`` is not finite."""
    if not math.isfinite(gradient):
        raise AnomalyError(
            f"backward through {describe(node)} = {node._data} made the gradient of {_operand(parent)} "
            f"{gradient}{made_at(node)}"
        )
