"""A gradient that is itself a graph, as ``backward(create_graph=True)`` leaves it in a slot where else floats stand.

What does not live here: how such a gradient comes about (``derivatives.py``).
"""

from typing import Any

from autograd.modes import recording


class Recorded:
    """A Value as gradient, and the numbers that backward over floats has added to it since.

    They are put together when someone asks: as nodes are made, none lies in a graph that backward is going through.
    """

    __slots__ = ("added", "value")

    def __init__(self, value: Any, added: float = 0.0) -> None:
        self.value = value
        self.added = added

    def __add__(self, number: float) -> "Recorded":
        return Recorded(self.value, self.added + number)

    def total(self) -> Any:
        """The gradient as one Value, each time the same."""
        if self.added:
            with recording():  # whoever reads a gradient may record nothing else
                self.value, self.added = self.value + self.added, 0.0
        return self.value
