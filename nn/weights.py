"""A neuron's list of weights, which counts its changes; what is done with them stands in ``neuron.py``."""

import functools
from collections.abc import Callable
from typing import Any

from autograd import Value


class Weights(list[Value]):
    """A list that counts how often an entry was put in, taken out or replaced.

    To compare the entries with those of the last call instead would read as much memory as the weighted sum itself.

    >>> w = Weights([Value(1.0), Value(2.0)])
    >>> before = w.version
    >>> w[0] = Value(3.0)
    >>> w.version == before
    False
    """

    __slots__ = ("version",)

    version: int

    def __new__(cls, *args: Any) -> "Weights":
        """An empty list at version 0; pickle and copy fill it before they know the version."""
        made = super().__new__(cls)
        made.version = 0
        return made


def _counting(name: str) -> Callable[..., Any]:
    method = getattr(list, name)

    @functools.wraps(method)
    def change(self: Weights, *args: Any, **kwargs: Any) -> Any:
        try:
            return method(self, *args, **kwargs)
        finally:
            self.version += 1

    return change


for _name in (
    "__setitem__", "__delitem__", "__iadd__", "__imul__", "append", "clear", "extend", "insert", "pop", "remove",
    "reverse", "sort",
):  # fmt: skip
    setattr(Weights, _name, _counting(_name))
