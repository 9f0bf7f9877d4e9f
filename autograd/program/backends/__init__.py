"""What runs a program: ``python.py`` defines the semantics, ``array.py`` and ``native.py`` are fast.

Each is a class with ``name``, ``forward(values, batch)`` and ``value_and_grad(values, batch)``, where ``values`` holds
one number a leaf and ``batch`` one column a batch leaf; see ``Backend``.
"""

from collections.abc import Sequence
from typing import Any, Protocol


class Backend(Protocol):
    """One way to run a program."""

    name: str

    def forward(self, values: Any, batch: Sequence[Any]) -> Any:
        """The outputs' values, in order; each an array of one entry a sample where there is a batch."""
        ...

    def value_and_grad(self, values: Any, batch: Sequence[Any]) -> tuple[Any, Any]:
        """The root's value, and the gradient of every leaf that is in ``values``; summed over the batch."""
        ...

    def outputs_and_grad(self, values: Any, batch: Sequence[Any]) -> tuple[Any, Any]:
        """What ``forward`` gives and the gradient that ``value_and_grad`` gives, from one run."""
        ...

    def finite(self, value: Any, gradient: Any) -> bool:
        """Whether a value and a gradient are finite throughout."""
        ...

    def array(self, numbers: Any) -> Any:
        """A list of numbers as this backend takes and gives them."""
        ...

    def memory(self, values: Any, samples: int) -> Any:
        """``values`` where a run with so many samples reads them without a copy."""
        ...

    def result(self, value: Any) -> Any:
        """A number, or with a batch a list of numbers, as this backend gives a value."""
        ...
