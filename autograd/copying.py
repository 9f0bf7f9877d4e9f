"""How a graph is taken apart and put together again: what ``copy.deepcopy`` and ``pickle`` need, without recursion.

A node is described by one flat tuple (``state``) and made from it again (``restore``).  Both copying and pickling go
through a graph in topological order, so that a node's parents are always there before it, however deep the graph is.
What does not live here: the hooks that Python calls (``Value.__deepcopy__``, ``Value.__reduce__``).
"""

import threading
import weakref
from collections.abc import Callable, Iterable
from typing import Any, Final

from autograd.errors import GraphError
from autograd.graph import OPAQUE, Mixed, Node, members, mixed
from autograd.ops import TABLE


def _same(parent: Any) -> Any:
    return parent


def state(node: Any, translate: Callable[[Any], Any] = _same) -> tuple[Any, ...]:
    """What makes a node: class, op's name, number, gradient, notes, edges; ``translate`` is applied to each parent."""
    # A gradient that is itself a graph may lead back to the node, so it is put in place afterwards.
    grad = node.grad if node.grad.__class__ is float else 0.0
    about = (
        node.__class__,
        None if node.op is None else node.op.name,
        node._data,
        grad,
        dict(notes) if (notes := getattr(node, "_extra", None)) else None,
    )
    if node.op is None:
        return (*about, None, None, None, None)

    def moved(operand: Any) -> Any:
        return translate(operand) if isinstance(operand, Node) else operand

    if node.is_fused:
        known: dict[int, tuple[Any, ...]] = {}  # a list of operands is often its own list of parents: one copy

        def copied(groups: Iterable[Any]) -> tuple[Any, ...]:
            found = []
            for group in groups:
                if id(group) not in known:
                    known[id(group)] = tuple(map(moved, group))
                found.append(known[id(group)])
            return tuple(found)

        operands = copied(node._x.operands) if node._x.__class__ is Mixed else None
        return (*about, (copied(node._x), operands), copied(map(members, node._y)), None, node._dy)
    y = moved(node._y) if len(node.op.operands) == 2 else None
    return (*about, moved(node._x), y, node._dx, node._dy)


Beyond = tuple[Any, dict[str, Any] | None]
"""A node's gradient, and what a subclass added to it: both may lead back to the node, so they are put in place last."""


def added(node: Any, base: type[Any]) -> dict[str, Any] | None:
    """The attributes of ``node`` that its class, a subclass of ``base``, adds to those of ``base``; by name."""
    line = node.__class__.__mro__
    if not hasattr(node, "__dict__") and not any(vars(kind).get("__slots__") for kind in line[: line.index(base)]):
        return None
    attributes: dict[str, Any] | None
    slots: dict[str, Any]
    attributes, slots = object.__getstate__(node)  # type: ignore[misc]
    known = {name for kind in base.__mro__ for name in getattr(kind, "__slots__", ())}
    return {**{name: thing for name, thing in slots.items() if name not in known}, **(attributes or {})}


def complete(node: Any, beyond: Beyond) -> None:
    """Put in place on a copy what may lead back to it."""
    node.grad, own = beyond
    for name, thing in (own or {}).items():
        setattr(node, name, thing)


def restore(
    kind: type[Any], name: str | None, data: float, grad: float, extra: dict[str, Any] | None, x: Any, y: Any,
    dx: Any, dy: Any,
) -> Any:  # fmt: skip
    """The node that ``state`` took apart."""
    node = object.__new__(kind)
    node._data = data
    if extra is not None:
        node._extra = extra
    if name is not None and name != OPAQUE.name and name not in TABLE:
        raise GraphError(
            f"this graph was made with the primitive {name!r}, which is not there; define it, by autograd.primitive, "
            "before you load the graph"
        )
    node.op = None if name is None else OPAQUE if name == OPAQUE.name else TABLE[name]
    node._x, node._y, node._dx, node._dy = x, y, dx, dy
    if node.is_fused:
        groups, operands = x
        node._x = groups if operands is None else mixed(groups, operands)
    node._depth = 0 if name is None else 1 + max((parent._depth for parent in node.parents), default=0)
    node._grad = None
    node.grad = grad
    return node


def last(batch: list[Any], *parts: Any) -> Any:
    """The root of a pickled graph, whose ancestors came before it."""
    return restore(*parts)


class Batch(list[Any]):
    """The ancestors of a root in topological order, alive for as long as one pickler works on them."""


class _Met(set[int]):
    """The end of a batch: by then a pickler has met all of it, or knew it from before; then nobody is expected."""

    def __reduce__(self) -> Any:
        pickling.pending -= self
        return int, ()


class Pickling(threading.local):
    """Which nodes a pickler of this thread is about to meet in an order that lets it go without recursion."""

    def __init__(self) -> None:
        self.pending: set[int] = set()
        self.batches: list[weakref.ref[Batch]] = []

    def start(self, order: list[Any]) -> Batch:
        """Expect all nodes of ``order`` but its last, which the caller pickles itself."""
        batch = Batch(order[:-1])
        met = _Met(map(id, batch))
        self.pending |= met
        batch.append(met)
        self.batches.append(weakref.ref(batch, self._ended))
        return batch

    def _ended(self, reference: "weakref.ref[Batch]") -> None:
        self.batches.remove(reference)
        if not self.batches:
            self.pending.clear()


pickling: Final = Pickling()
