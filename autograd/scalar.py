"""A node that behaves as a Python number: comparison, conversion and formatting, all by its data.

Equality and hash stay those of the object: nodes live in sets and dictionaries, and two leaves that both hold 2.0 are
two leaves.  What does not live here: arithmetic, gradients (``value.py``).
"""

import math
from typing import Any, Self

from autograd.notes import Noted
from autograd.operand import argument


class Scalar(Noted):
    """A node that holds a float."""

    __slots__ = ("_data",)

    _data: float

    def __lt__(self, other: Any) -> bool:
        return self._data < _compared(other)

    def __le__(self, other: Any) -> bool:
        return self._data <= _compared(other)

    def __gt__(self, other: Any) -> bool:
        return self._data > _compared(other)

    def __ge__(self, other: Any) -> bool:
        return self._data >= _compared(other)

    def __float__(self) -> float:
        return self._data

    def __int__(self) -> int:
        return int(self._data)

    def __bool__(self) -> bool:
        return self._data != 0.0

    def __round__(self, digits: int | None = None) -> float | int:
        return round(self._data, digits)

    def __trunc__(self) -> int:
        return math.trunc(self._data)

    def __floor__(self) -> int:
        return math.floor(self._data)

    def __ceil__(self) -> int:
        return math.ceil(self._data)

    def __pos__(self) -> Self:
        return self

    def __format__(self, specification: str) -> str:
        return format(self._data, specification) if specification else repr(self)


def _compared(other: Any) -> float:
    number = argument(other)
    data: float = number._data if isinstance(number, Scalar) else number
    return data
