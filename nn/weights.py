"""Weights that tell when others take their place; what layers do with them stands in ``neuron.py``, ``layers.py``."""

import functools
from collections.abc import Callable
from typing import Any, Final, TypeVar

from autograd import Operands, Value

T = TypeVar("T")

Contents = tuple[tuple[Value, ...], tuple[Any, ...]]
"""The Values and the modules in a module's own attributes."""

changes: Final[list[int]] = [0]
"""Goes up with every change of any such list or attribute: what was put together at the same count still fits."""


class Kept:
    """What a module found among its attributes, and how these were then."""

    __slots__ = ("attributes", "contents", "ids", "seen")

    def __init__(self, own: dict[str, Any], seen: int, contents: Contents) -> None:
        self.attributes = [attribute for name, attribute in own.items() if name[:1] != "_"]  # so that ids stay theirs
        self.ids: tuple[int, ...] = ()
        self.seen, self.contents = seen, contents

    def holds(self, own: dict[str, Any]) -> bool:
        """Whether they still are."""
        return self.seen == changes[0] and self.ids == tuple(map(id, own.values()))


class Watched(list[T]):
    """A list that counts, in ``changes``, each time one of its methods puts in, takes out or replaces an entry.

    To compare the entries with those of the last call instead would read as much memory as the weighted sum itself.

    >>> from autograd import Value
    >>> w = Watched([Value(1.0), Value(2.0)])
    >>> before = changes[0]
    >>> w[0] = Value(3.0)
    >>> changes[0] == before
    False
    """

    __slots__ = ()


class Watching:
    """A class whose objects count, in ``changes``, each time one of their attributes is set or deleted by its name.

    What they put together for themselves is no change.  It stays here when they are copied or pickled, for elsewhere
    the same count may mean other changes.
    """

    _changes_seen: int = -1
    """At which count of ``changes`` it was put together."""
    _kept_watched: bool = False
    """Whether all lists that it was put together from tell when they change."""
    _kept_contents: Kept | None = None

    def _contents(self) -> Contents:
        """What ``Module._contents`` finds, looked for again only after a change.

        Training asks for its parameters at every step; to go through all attributes each time takes as long as a
        tenth of a small network's step.
        """
        own, kept = self.__dict__, self._kept_contents
        if kept is not None and kept.holds(own):
            return kept.contents
        now = changes[0]
        contents: Contents = super()._contents()  # type: ignore[misc]
        if all(_tells(attribute) for name, attribute in own.items() if name[:1] != "_"):
            self._kept_contents = kept = Kept(own, now, contents)
            kept.ids = tuple(map(id, own.values()))  # now with its own
        return contents

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _NO_CHANGE:
            super().__setattr__(name, value)
        else:
            _counted(super().__setattr__, name, value)

    def __delattr__(self, name: str) -> None:
        _counted(super().__delattr__, name)

    def __getstate__(self) -> Any:
        state: Any = super().__getstate__()  # a pair where a class has slots
        own, slots = state if isinstance(state, tuple) else (state, None)
        own = {name: value for name, value in (own or {}).items() if name not in _PUT_TOGETHER}
        return own if slots is None else (own, slots)


_PUT_TOGETHER: Final = frozenset(
    {"_changes_seen", "_kept_ready", "_kept_matrix", "_kept_activation", "_kept_watched", "_kept_contents"}
)
_NO_CHANGE: Final = _PUT_TOGETHER | {"training"}


def _tells(attribute: Any) -> bool:
    """Whether nothing in an attribute can change without being counted, or being another attribute."""
    if attribute.__class__ is Watched:
        return set(map(type, attribute)) == {Value} or all(map(_tells, attribute))
    return not isinstance(attribute, list | tuple | dict | Operands)


def _counted(change: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Make a change and count it: before, for it may be interrupted, and after, for someone may look meanwhile."""
    changes[0] += 1
    try:
        return change(*args, **kwargs)
    finally:
        changes[0] += 1


def _counting(name: str) -> Callable[..., Any]:
    method = getattr(list, name)

    @functools.wraps(method)
    def change(self: Watched[Any], *args: Any, **kwargs: Any) -> Any:
        return _counted(method, self, *args, **kwargs)

    return change


for _name in (
    "__setitem__", "__delitem__", "__iadd__", "__imul__", "append", "clear", "extend", "insert", "pop", "remove",
    "reverse", "sort",
):  # fmt: skip
    setattr(Watched, _name, _counting(_name))
