"""Weights that tell when others take their place; what layers do with them stands in ``neuron.py``, ``layers.py``."""

import functools
from collections.abc import Callable
from typing import Any, Final, NamedTuple, TypeVar

from autograd import Value

T = TypeVar("T")

NOTHING_INSIDE: Final = frozenset({str, int, float, bool, type(None)})
"""Classes of attributes, the most frequent ones, in which neither a Value nor a module is."""

changes: Final[list[int]] = [0]
"""Goes up with every change of any such list or attribute: what was put together at the same count still fits."""


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
    _inside_seen: int = -1
    """At which count of ``changes`` ``_kept_inside`` was put together."""
    _kept_inside: "Inside | None" = None

    def known_inside(self) -> "Inside | None":
        """This module and all modules in it with their Values, or None where something in it may change unnoticed.

        Training asks for its parameters at every step; to go through all attributes each time takes as long as a
        tenth of a small network's step.
        """
        now = changes[0]
        if self._inside_seen == _LOOKING:
            return None  # it stands inside itself
        if self._inside_seen != now:
            found, seen = None, -1  # for an interrupt may come
            self._inside_seen = _LOOKING
            try:
                found, seen = _look_inside(self), now
            finally:
                self._kept_inside, self._inside_seen = found, seen
        return self._kept_inside

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _PUT_TOGETHER or vars(self).get(name, _NOTHING) is value:  # `train()` at each epoch changes nothing
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


_NOTHING: Final = object()
_LOOKING: Final = -2

_PUT_TOGETHER: Final = frozenset({
    "_changes_seen", "_kept_ready", "_kept_matrix", "_kept_activation", "_kept_watched", "_inside_seen", "_kept_inside",
})  # fmt: skip


class Inside(NamedTuple):
    """A module and all modules inside it, each before what is inside it, and the Values in their attributes."""

    modules: tuple[Any, ...]
    values: tuple[Value, ...]


def _look_inside(module: Watching) -> Inside | None:
    """What ``Watching.known_inside`` keeps."""
    modules: list[Any] = [module]
    values: list[Value] = []
    children: list[Watching] = []
    for name, attribute in vars(module).items():
        if name[:1] != "_" and not _gathered(attribute, values, children):
            return None
    for child in children:
        if (inside := child.known_inside()) is None:
            return None
        modules += inside.modules
        values += inside.values
    return Inside(tuple(modules), tuple(values))


def _gathered(thing: Any, values: list[Value], children: list[Watching]) -> bool:
    """Add the Values and modules in ``thing`` to the two lists; False where others may take their place unnoticed."""
    if thing.__class__ is Watched:
        if set(map(type, thing)) == {Value}:
            values.extend(thing)
            return True
        return all(_gathered(entry, values, children) for entry in thing)
    if thing.__class__ in NOTHING_INSIDE:
        return True
    if isinstance(thing, Value):
        values.append(thing)
        return True
    if isinstance(thing, Watching) and not isinstance(thing, list | tuple | dict):
        children.append(thing)
        return True
    return False


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
