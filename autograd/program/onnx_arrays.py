"""Arrays that write down what is done to them, as nodes of an ONNX model.

``Graph`` holds the nodes and constants; an ``Array`` is one of its names, with a shape in which the axis of samples has
the length "samples".  What does not live here: functions of more than one operator (``onnx_functions.py``).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np


class Graph:
    """The nodes and constants written down so far."""

    def __init__(self, onnx: Any) -> None:
        self.onnx = onnx
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self.known: dict[Any, str] = {}

    def constant(self, numbers: Any) -> str:
        """The name of a constant; equal ones are one."""
        array = np.asarray(numbers)
        key = (array.tobytes(), array.shape, array.dtype.str)
        if key not in self.known:
            self.known[key] = f"c{len(self.constants)}"
            self.constants.append(self.onnx.numpy_helper.from_array(array, self.known[key]))
        return self.known[key]

    def node(self, operator: str, inputs: Sequence[Any], shape: tuple[Any, ...], **attributes: Any) -> "Array":
        """One more node: an operator on arrays and constants, and the shape of its result."""
        names = [x.name if isinstance(x, Array) else self.constant(x) for x in inputs]
        name = f"n{len(self.nodes)}"
        self.nodes.append(self.onnx.helper.make_node(operator, names, [name], **attributes))
        return Array(self, name, shape)

    def array(self, numbers: Any) -> "Array":
        """``numbers``, or the array of a constant: whole numbers as such, all others as doubles."""
        if isinstance(numbers, Array):
            return numbers
        constant = np.asarray(numbers)
        constant = constant if constant.dtype.kind in "ib" else constant.astype(np.float64)
        return Array(self, self.constant(constant), constant.shape)


def _broadcast(shapes: Sequence[tuple[Any, ...]]) -> tuple[Any, ...]:
    rank = max(map(len, shapes))
    padded = [(1,) * (rank - len(shape)) + tuple(shape) for shape in shapes]
    return tuple(next((n for n in axis if n != 1), 1) for axis in zip(*padded, strict=True))


class Array:
    """An array of the model, known by name and shape."""

    def __init__(self, graph: Graph, name: str, shape: tuple[Any, ...]) -> None:
        self.graph, self.name, self.shape = graph, name, tuple(shape)

    def node(self, operator: str, shape: tuple[Any, ...], *others: Any, **attributes: Any) -> "Array":
        """An operator on this array and others, whose result has this shape."""
        return self.graph.node(operator, [self, *others], shape, **attributes)

    def op(self, operator: str, *others: Any, **attributes: Any) -> "Array":
        """An operator on this array and others, entry by entry."""
        arrays = [self, *map(self.graph.array, others)]
        return self.graph.node(operator, arrays, _broadcast([x.shape for x in arrays]), **attributes)

    def single(self, operator: str) -> "Array":
        """An operator that there is for floats alone."""
        proto = self.graph.onnx.TensorProto
        return self.op("Cast", to=proto.FLOAT).op(operator).op("Cast", to=proto.DOUBLE)

    def reduced(self, operator: str) -> "Array":
        """An operator over the axis 1, which it takes away."""
        return self.node(operator, (self.shape[0], *self.shape[2:]), np.array([1]), keepdims=0)

    def __add__(self, other: Any) -> "Array":
        return self.op("Add", other)

    def __sub__(self, other: Any) -> "Array":
        return self.op("Sub", other)

    def __mul__(self, other: Any) -> "Array":
        return self.op("Mul", other)

    def __truediv__(self, other: Any) -> "Array":
        return self.op("Div", other)

    def __radd__(self, other: Any) -> "Array":
        return self.graph.array(other) + self

    def __rsub__(self, other: Any) -> "Array":
        return self.graph.array(other) - self

    def __rmul__(self, other: Any) -> "Array":
        return self.graph.array(other) * self

    def __rtruediv__(self, other: Any) -> "Array":
        return self.graph.array(other) / self

    def __neg__(self) -> "Array":
        return self.op("Neg")

    def __abs__(self) -> "Array":
        return self.op("Abs")

    def __lt__(self, other: Any) -> "Array":
        return self.op("Less", other)

    def __gt__(self, other: Any) -> "Array":
        return self.op("Greater", other)

    def __matmul__(self, other: "Array") -> "Array":
        return self.graph.node("MatMul", [self, other], (self.shape[0], other.shape[1]))

    @property
    def T(self) -> "Array":  # noqa: N802 (as NumPy calls it)
        """The transposed matrix."""
        return self.graph.node("Transpose", [self], self.shape[::-1], perm=[1, 0])

    def astype(self, dtype: Any) -> "Array":
        """As doubles."""
        return self.graph.node("Cast", [self], self.shape, to=self.graph.onnx.TensorProto.DOUBLE)

    def __getitem__(self, key: Any) -> "Array":
        array: Array = self
        axis = 0
        for part in key if isinstance(key, tuple) else (key,):
            if part is None or part is Ellipsis:
                if part is Ellipsis:
                    axis = len(array.shape)
                    continue
                shape = (*array.shape[:axis], 1, *array.shape[axis:])
                array = self.graph.node("Unsqueeze", [array, np.array([axis])], shape)
                axis += 1
            elif isinstance(part, int):
                array = self.graph.node(
                    "Gather", [array, np.int64(part)], array.shape[:axis] + array.shape[axis + 1 :], axis=axis
                )
            elif part == slice(None):
                axis += 1
            else:
                start, stop, step = part.indices(array.shape[axis])
                shape = (*array.shape[:axis], len(range(start, stop, step)), *array.shape[axis + 1 :])
                bounds = [np.array([n]) for n in (start, stop, axis, step)]
                array = self.graph.node("Slice", [array, *bounds], shape)
                axis += 1
        return array


def where(condition: Array, yes: Any, no: Any) -> Array:
    """``yes`` where the condition holds, else ``no``."""
    return condition.op("Where", yes, no)
