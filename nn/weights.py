"""Weights that tell when others take their place; what layers do with them stands in ``neuron.py``, ``layers.py``."""

import functools
from collections.abc import Callable
from typing import Any, Final, TypeVar

T = TypeVar("T")

changes: Final[list[int]] = [0]
"""How often any such list or attribute was changed: what was put together from them at the same count still fits."""


class Watched(list[T]):
    """A list that counts, in ``changes``, each time an entry is put in, taken out or replaced.

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
    """A class whose objects count, in ``changes``, each time one of their public attributes is set."""

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        if name[:1] != "_":
            changes[0] += 1


def _counting(name: str) -> Callable[..., Any]:
    method = getattr(list, name)

    @functools.wraps(method)
    def change(self: Watched[Any], *args: Any, **kwargs: Any) -> Any:
        try:
            return method(self, *args, **kwargs)
        finally:
            changes[0] += 1

    return change


for _name in (
    "__setitem__", "__delitem__", "__iadd__", "__imul__", "append", "clear", "extend", "insert", "pop", "remove",
    "reverse", "sort",
):  # fmt: skip
    setattr(Watched, _name, _counting(_name))
