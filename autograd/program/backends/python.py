"""The reference backend: straight-line Python, standard library only.

    v0 = x0 * x1            forward, one line an instruction
    v1 = v0 + x0
    g0 = 1.0                backward, one line a gradient: contributions, upstream gradient × partial, added up
    return v1, [g0 * x1 + 1.0, g0 * x0]

Two manners of the same text.  The *guarded* one defines what a program means: IEEE 754 throughout, contributions added
in backward's own order, and a gradient that is exactly zero sends nothing on.  The *plain* one leaves out the guards,
calls ``math`` directly, adds each gradient up in one expression, and has a loop where a sum's terms are computed alike,
as the samples of a batch that was traced as one graph; where Python raises on the way, or something is not finite at
the end, the run is repeated guarded.

Every line comes from a row of the table.  What does not live here: how the text is written (``text.py``).
"""

import math
from collections.abc import Sequence
from functools import cached_property
from typing import Any, Final

from autograd import ieee
from autograd.collector import without_collector
from autograd.ops import FLOATS
from autograd.program.backends.text import Writer
from autograd.program.ir import Code
from autograd.world import define

_RAW: Final = {
    name: getattr(math, name)
    for name in ("exp", "expm1", "sinh", "cosh", "log", "log1p", "sqrt", "sin", "cos", "tan", "asin", "acos", "acosh",
                 "atanh")
}  # fmt: skip
"""``math``'s own, which raise where ``ieee``'s have an answer."""


class PythonBackend:
    """Runs a program as generated Python.

    Args:
        code: the program.
        leaves: the leaf's number for each entry of ``values``.
        batch: the leaf's number for each column of the batch.
        wanted: the leaves' numbers that get a gradient.
        guarded: the defining manner; otherwise the plain one.
    """

    name = "python"

    def __init__(
        self, code: Code, leaves: Sequence[int], batch: Sequence[int], wanted: frozenset[int], guarded: bool = False
    ) -> None:
        writer = Writer(code, wanted, guarded)
        self._texts = writer.texts([*leaves, *batch], len(leaves))
        self._batched, self._outputs = bool(batch), len(code.outputs)
        self._namespace = {**FLOATS.namespace, **({} if guarded else _RAW), **writer.rules.functions}
        self._title = f"program {id(self):x}{' guarded' if guarded else ''}"

    @property
    def source(self) -> str:
        """Both functions' text."""
        return "\n\n".join(self._texts[:2])

    @cached_property
    def _forward(self) -> Any:
        return self._defined("forward", self._texts[0])

    @cached_property
    def _value_and_grad(self) -> Any:
        return self._defined("value_and_grad", self._texts[1])

    @cached_property
    def _outputs_and_grad(self) -> Any:
        return self._defined("outputs_and_grad", self._texts[2])

    def _defined(self, name: str, text: str) -> Any:
        with without_collector():
            return define(text, name, self._namespace, f"{self._title} {name}")

    def forward(self, values: Any, batch: Sequence[Any]) -> Any:
        """The outputs' numbers; with a batch, a list for each."""
        if not self._batched:
            return self._forward(values)
        return self._columns([self._forward((*values, *sample)) for sample in zip(*batch, strict=True)])

    def value_and_grad(self, values: Any, batch: Sequence[Any]) -> tuple[Any, list[float]]:
        """The root's number and the gradient; with a batch, a list of numbers and the sum of the gradients."""
        if not self._batched:
            value, gradient = self._value_and_grad(values)
            return value, gradient
        found = [self._value_and_grad((*values, *sample)) for sample in zip(*batch, strict=True)]
        return [value for value, _ in found], _summed([gradient for _, gradient in found], len(values))

    def outputs_and_grad(self, values: Any, batch: Sequence[Any]) -> tuple[Any, list[float]]:
        """What ``forward`` gives, and the gradient, from one run."""
        if not self._batched:
            outputs, gradient = self._outputs_and_grad(values)
            return outputs, gradient
        found = [self._outputs_and_grad((*values, *sample)) for sample in zip(*batch, strict=True)]
        gradients = _summed([gradient for _, gradient in found], len(values))
        return self._columns([outputs for outputs, _ in found]), gradients

    def _columns(self, rows: Sequence[Sequence[float]]) -> list[list[float]]:
        """A list for each output, one number a sample."""
        return [[row[k] for row in rows] for k in range(self._outputs)]

    def finite(self, value: Any, gradient: Any) -> bool:
        """Whether both are finite."""
        numbers = (*(value if self._batched else (value,)), *gradient)
        return all(map(math.isfinite, numbers))

    def array(self, numbers: Any) -> list[float]:
        """A list."""
        return list(numbers)

    def memory(self, values: Any, samples: int) -> Any:
        """The values themselves."""
        return values

    def result(self, value: Any) -> Any:
        """As it is."""
        return value


def _summed(gradients: list[list[float]], n: int) -> list[float]:
    """The gradient of n leaves, summed over the samples."""
    return [ieee.sum(column) for column in zip(*gradients, strict=True)] or [0.0] * n
