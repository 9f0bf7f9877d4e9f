"""How a graph is taken apart and put together again: what ``copy.deepcopy`` and ``pickle`` need, without recursion.

A node is described by one flat tuple (``state``) and made from it again (``restore``).  Both copying and pickling go
through a graph in topological order, so that a node's parents are always there before it, however deep the graph is.
What does not live here: the hooks that Python calls (``Value.__deepcopy__``, ``Value.__reduce__``).
"""

import threading
import weakref
from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import Any, Final, SupportsIndex, TypeVar

from autograd.errors import GraphError
from autograd.graph import OPAQUE, Mixed, Node, members, mixed
from autograd.ops import TABLE

L = TypeVar("L")


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


def added(node: Any, base: type[Any]) -> dict[str, Any] | None:
    """The attributes of ``node`` that its class, a subclass of ``base``, adds to those of ``base``; by name."""
    if node.__class__ is base:
        return None
    line = node.__class__.__mro__
    if not hasattr(node, "__dict__") and not any(vars(kind).get("__slots__") for kind in line[: line.index(base)]):
        return None
    attributes: dict[str, Any] | None
    slots: dict[str, Any]
    attributes, slots = object.__getstate__(node)  # type: ignore[misc]
    known = {name for kind in base.__mro__ for name in getattr(kind, "__slots__", ())}
    return {**{name: thing for name, thing in slots.items() if name not in known}, **(attributes or {})}


def led_to(roots: Iterable[Any], known: Callable[[Any], Any]) -> list[Any]:
    """``roots`` and all that parents and recorded gradients lead to from there, but for what is ``known``, in order.

    Each node comes after its parents, for it lies deeper than they do.
    """
    found: dict[int, Any] = {}
    waiting = list(roots)
    while waiting:
        node = waiting.pop()
        if id(node) not in found and not known(node):
            found[id(node)] = node
            waiting += node.parents
            if isinstance(node.grad, Node):
                waiting.append(node.grad)
    return sorted(found.values(), key=attrgetter("_depth"))


def complete(node: Any, own: dict[str, Any] | None) -> None:
    """Put in place on a copy what a subclass has added, which may lead back to it."""
    for name, thing in (own or {}).items():
        setattr(node, name, thing)


def restore(
    kind: type[Any], name: str | None, data: float, grad: float, extra: dict[str, Any] | None, x: Any, y: Any,
    dx: Any, dy: Any,
) -> Any:  # fmt: skip
    """The node that ``state`` took apart."""
    if name is not None and name != OPAQUE.name and name not in TABLE:
        raise GraphError(
            f"this graph was made with the primitive {name!r}, which is not there; define it, by autograd.primitive, "
            "before you load the graph"
        )
    node = object.__new__(kind)
    node._data = data
    if extra is not None:
        node._extra = extra
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


def finish(node: Any, more: tuple[list[Any], dict[str, Any] | None]) -> None:
    """Put in place what may lead back to the node, and gradients on all nodes, as soon as all of them are there."""
    recorded, own = more
    complete(node, own)
    if len(recorded) == 2:  # else this node is one of those that are still being made
        for copied, grad in recorded[1]:
            copied.grad = grad


class Batch(list[Any]):
    """Nodes in topological order, alive for as long as one pickler works on them."""

    def __reduce_ex__(self, protocol: SupportsIndex) -> Any:
        pickling.known.pending |= self[-1]
        return super().__reduce_ex__(protocol)


class _Met(set[int]):
    """The end of a batch: by then a pickler has met all of it, or knew it from before; then nobody is expected."""

    def __reduce__(self) -> Any:
        pickling.known.pending -= self
        return int, ()


class Recorded(list[Any]):
    """All nodes that some recorded gradients lead to, in topological order.

    Each of them that has such a gradient is pickled with a reference to this list.  A pickler knows a list before it
    goes through its entries, so whoever comes first has them all made, and nothing recurses; the gradients come last.
    """

    def __init__(self, nodes: list[Any]) -> None:
        super().__init__(nodes)
        self.met: set[int] = set()

    def __reduce_ex__(self, protocol: SupportsIndex) -> Any:
        return list, (), None, iter((pickling.known.start(list(self)), _Gradients(self)))


class _Gradients:
    """The recorded gradients of those nodes of a ``Recorded`` that were pickled in our way, by now."""

    def __init__(self, nodes: Recorded) -> None:
        self.nodes = nodes

    def __reduce__(self) -> Any:
        met, self.nodes.met = self.nodes.met, set()
        pairs = [(node, node.grad) for node in self.nodes if id(node) in met and node.grad.__class__ is not float]
        return list, (), None, iter(pairs)


class Known:
    """Which nodes a pickler is about to meet in an order that lets it go without recursion, and what leads to which.

    Where a pickler that failed is still about, what is known from it costs a later one its order, never its contents.
    """

    def __init__(self) -> None:
        self.pending: set[int] = set()
        self.recorded: dict[int, weakref.ref[Recorded]] = {}
        self.alive: dict[int, weakref.ref[Any]] = {}

    def start(self, order: list[Any]) -> Batch:
        """The nodes of ``order``, which are expected as soon as the pickler comes to them."""
        batch = Batch([*order, _Met(map(id, order))])
        self._watch(batch)
        return batch

    def leads_to(self, node: Any, order: Iterable[Any]) -> Recorded | None:
        """The list that ``node``, one of ``order``, refers to; None where no gradient in ``order`` asks for one."""
        if (found := self.in_list(node)) is not None:
            return found
        nodes = led_to((each for each in order if isinstance(each.grad, Node)), self.in_list)
        if not nodes:
            return None
        found = Recorded(nodes)
        self.recorded.update(dict.fromkeys(map(id, nodes), self._watch(found)))
        return found

    def in_list(self, node: Any) -> Recorded | None:
        """The list in which ``node`` stands already."""
        reference = self.recorded.get(id(node))
        return None if reference is None else reference()

    def _watch(self, nodes: L) -> "weakref.ref[L]":
        """A reference to ``nodes`` by which it is noticed when the last pickler that works on some has ended."""
        reference = weakref.ref(nodes, self._ended)
        self.alive[id(reference)] = reference
        return reference

    def _ended(self, reference: "weakref.ref[Any]") -> None:
        del self.alive[id(reference)]
        if not self.alive:
            self.pending.clear()
            self.recorded.clear()


class Pickling(threading.local):
    """What is known in this thread."""

    def __init__(self) -> None:
        self.known = Known()


pickling: Final = Pickling()
