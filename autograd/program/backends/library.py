"""Array libraries for ``xp.py``: NumPy, PyTorch, JAX, CuPy, and each symbol's function in the standard's words.

What lives here: functions of arrays.  What does not: any instruction, segment or derivative (``xp.py``).
"""

import importlib
import math
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from autograd.errors import MissingExtraError, ProgramError
from autograd.ops import others

LIBRARIES: Final = ("numpy", "torch", "jax", "cupy")


class Library:
    """An array library: its namespace, and the three things that the standard leaves out.

    Args:
        name: one of ``LIBRARIES``, with a device after a colon where the library has several.

    Raises:
        MissingExtraError: it is not installed.
        ProgramError: there is no such library.
    """

    def __init__(self, name: str) -> None:
        self.name, _, self.device = name.partition(":")
        if self.name not in LIBRARIES:
            raise ProgramError(f"the array libraries are {', '.join(LIBRARIES)}; got {name!r}")
        try:
            if self.name == "jax":
                self.xp: Any = importlib.import_module("jax.numpy")
            else:
                self.xp = importlib.import_module(f"array_api_compat.{self.name}")
        except ImportError as error:
            command = (
                'pip install "chainrule[fast]"' if error.name == "array_api_compat" else f"pip install {self.name}"
            )
            raise MissingExtraError(f"arrays of {self.name} need the package {error.name}: {command}") from error

    def asarray(self, numbers: Any, dtype: Any) -> Any:
        """An array on this library's device."""
        if self.name == "jax":
            import jax

            made = self.xp.asarray(numbers, dtype=dtype)
            return jax.device_put(made, jax.devices(self.device)[0]) if self.device else made
        if self.name == "torch" and self.device:
            return self.xp.asarray(numbers, dtype=dtype, device=self.device)
        return self.xp.asarray(numbers, dtype=dtype)

    def zeros(self, shape: tuple[int, ...], dtype: Any) -> Any:
        """Zeros on this library's device."""
        return self.asarray(np.zeros(shape), dtype)

    def index(self, places: Any) -> Any:
        """Places as this library's integers."""
        return self.asarray(np.ascontiguousarray(places), self.xp.int32 if self.name == "jax" else self.xp.int64)

    def special(self, name: str) -> Any:
        """``erf`` or ``erfc``."""
        if self.name == "numpy":
            from autograd.program.backends.array import FUNCTIONS

            return FUNCTIONS[name]
        module = {"torch": "torch.special", "jax": "jax.scipy.special", "cupy": "cupyx.scipy.special"}[self.name]
        return getattr(importlib.import_module(module), name)

    def add_at(self, array: Any, places: Any, numbers: Any) -> Any:
        """A new array: ``array`` with ``numbers`` added at ``places``, which may occur twice."""
        if self.name == "jax":
            return array.at[places].add(numbers)
        if self.name == "torch":
            return array.index_add(0, places, numbers)
        array = array.copy()
        self.xp.add.at(array, places, numbers)
        return array


class Functions:
    """Each symbol's function on a library's arrays."""

    def __init__(self, library: Any) -> None:
        self.library, self.xp = library, library.xp
        self._special: dict[str, Any] = {}

    def __call__(self, head: str) -> Callable[..., Any]:
        """A symbol's function on arrays."""
        xp = self.xp
        own = {
            "add": lambda x, y: x + y, "sub": lambda x, y: x - y, "mul": lambda x, y: x * y, "div": self._divide,
            "neg": lambda x: -x, "fabs": xp.abs, "mod": lambda x, y: xp.remainder(*self._pair(x, y)),
            "floor_divide": self._floor_divide, "pow": self._pow, "hypot": self._hypot,
            "atan2": lambda x, y: xp.atan2(*self._pair(x, y)) if hasattr(xp, "atan2") else xp.arctan2(x, y),
            "maximum": lambda x, y: xp.maximum(*self._pair(x, y)),
            "minimum": lambda x, y: xp.minimum(*self._pair(x, y)),
            "greater": lambda x, y: x > y, "greater_equal": lambda x, y: x >= y, "less": lambda x, y: x < y,
            "less_equal": lambda x, y: x <= y, "equal": lambda x, y: x == y, "not_equal": lambda x, y: x != y,
            "sum": lambda x: xp.sum(x, axis=1), "prod": lambda x: xp.prod(x, axis=1),
            "max": lambda x: xp.max(x, axis=1), "min": lambda x: xp.min(x, axis=1),
            "logsumexp": self._logsumexp, "others": self._others,
        }  # fmt: skip
        if head in own:
            return own[head]  # type: ignore[no-any-return]
        if head in ("erf", "erfc"):
            if head not in self._special:
                self._special[head] = self.library.special(head)
            return self._special[head]  # type: ignore[no-any-return]
        return getattr(xp, head)  # type: ignore[no-any-return]

    def _pair(self, x: Any, y: Any) -> tuple[Any, Any]:
        """Two arrays, where one of them may be a number."""
        if not hasattr(x, "shape"):
            x = self.xp.full_like(y, x)
        if not hasattr(y, "shape"):
            y = self.xp.full_like(x, y)
        return x, y

    def _divide(self, x: Any, y: Any) -> Any:
        return x / y

    def _nan(self, x: Any, y: Any, found: Any) -> Any:
        """``found``, and NaN wherever an operand is NaN."""
        return self.xp.where((x != x) | (y != y), math.nan, found)

    def _pow(self, x: Any, y: Any) -> Any:
        x, y = self._pair(x, y)
        return self._nan(x, y, self.xp.pow(x, y) if hasattr(self.xp, "pow") else self.xp.power(x, y))

    def _hypot(self, x: Any, y: Any) -> Any:
        x, y = self._pair(x, y)
        return self._nan(x, y, self.xp.hypot(x, y))

    def _floor_divide(self, x: Any, y: Any) -> Any:
        x, y = self._pair(x, y)
        return self.xp.where(y == 0.0, math.nan, self.xp.floor_divide(x, y))

    def _logsumexp(self, xs: Any) -> Any:
        """As ``ieee.logsumexp``: the largest operand's own term goes into log1p exactly."""
        xp = self.xp
        if not xs.shape[1]:
            return xp.sum(xs, axis=1) - math.inf
        m = xp.max(xs, axis=1)
        at = xp.argmax(xs, axis=1)
        number = xp.reshape(self.library.index(np.arange(xs.shape[1])), (1, -1) + (1,) * (len(xs.shape) - 2))
        terms = xp.where(number == at[:, None], 0.0, xp.exp(xs - m[:, None]))
        return xp.where(xp.isinf(m), m, m + xp.log1p(xp.sum(terms, axis=1)))

    def _others(self, xs: Any) -> Any:
        columns = others([xs[:, k] for k in range(xs.shape[1])])
        return self.xp.stack([c if hasattr(c, "shape") else self.xp.ones_like(xs[:, 0]) * c for c in columns], axis=1)
