"""A program's forward pass as an ONNX model.

The model has the inputs ``values`` (one number a leaf) and one input ``batch_0``, ``batch_1``, ... for each batch leaf
(one number a sample), and the outputs ``output_0``, ``output_1``, ...: the root and what was compiled as ``outputs``.
Numbers are doubles.

``backends/xp.py`` runs the program, on arrays that write down what is done to them (``onnx_arrays.py``).
What does not live here: which instructions there are, any formula, and any function (``onnx_functions.py``).
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd.extra import extra
from autograd.program.backends.xp import Executor
from autograd.program.onnx_arrays import Array, Graph, where
from autograd.program.onnx_functions import FUNCTIONS


def to_onnx(program: Any, path: Any) -> None:
    """See ``Program.to_onnx``."""
    onnx = extra("onnx", "scale")
    arrays = program.rerolled
    graph = Graph(onnx)
    executor = Executor(arrays, _Library(graph), "float64", lambda name: _lifted(graph, FUNCTIONS[name]))
    leaves = Array(graph, "values", (arrays.leaves,))
    columns = [Array(graph, f"batch_{i}", ("samples",)) for i in range(arrays.batch)]
    found = executor.forward(leaves, columns).outputs()
    double = onnx.TensorProto.DOUBLE
    outputs = []
    for i, output in enumerate(found):
        graph.nodes.append(onnx.helper.make_node("Identity", [output.name], [f"output_{i}"]))
        outputs.append(onnx.helper.make_tensor_value_info(f"output_{i}", double, ["samples"] if arrays.batch else []))
    inputs = [onnx.helper.make_tensor_value_info("values", double, [arrays.leaves])]
    inputs += [onnx.helper.make_tensor_value_info(column.name, double, ["samples"]) for column in columns]
    made = onnx.helper.make_graph(graph.nodes, "program", inputs, outputs, graph.constants)
    model = onnx.helper.make_model(made, opset_imports=[onnx.helper.make_opsetid("", 18)], producer_name="chainrule")
    model.ir_version = 9
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


def _lifted(graph: Graph, function: Callable[..., Any]) -> Callable[..., Any]:
    """``function`` with constants among its arguments made arrays."""
    return lambda *arguments: function(*map(graph.array, arguments))


class _Library:
    """What ``Executor`` asks of a library."""

    name = "onnx"

    def __init__(self, graph: Graph) -> None:
        self.xp = _Namespace(graph)
        self.graph = graph

    def asarray(self, numbers: Any, dtype: Any) -> Any:
        if np.asarray(numbers).dtype.kind == "i":
            return np.asarray(numbers, np.int64)
        return self.graph.array(np.asarray(numbers, np.float64))

    def zeros(self, shape: Any, dtype: Any) -> Any:
        """Zeros; along the samples' axis as many as the first batch input has."""
        if "samples" not in shape:
            return self.graph.array(np.zeros(shape))
        samples = self.graph.node("Shape", [Array(self.graph, "batch_0", ("samples",))], (1,))
        sizes = [samples if n == "samples" else np.array([n]) for n in shape]
        full = self.graph.node("Concat", sizes, (len(shape),), axis=0) if len(sizes) > 1 else samples
        return self.graph.node("Expand", [np.zeros([1] * len(shape)), full], tuple(shape))

    def index(self, places: Any) -> Any:
        return np.asarray(places, np.int64)


class _Namespace:
    """The few functions that ``backends/xp.py`` takes from its namespace, writing nodes."""

    float64, int64 = "float64", "int64"

    def __init__(self, graph: Graph) -> None:
        self.graph = graph

    def asarray(self, numbers: Any) -> Array:
        return self.graph.array(numbers)

    def stack(self, arrays: Sequence[Array], axis: int) -> Array:
        return self.concat([array[None] for array in arrays], 0)

    def concat(self, arrays: Sequence[Array], axis: int) -> Array:
        rows = sum(array.shape[0] for array in arrays)
        return self.graph.node("Concat", list(arrays), (rows, *arrays[0].shape[1:]), axis=axis)

    def reshape(self, array: Array, shape: tuple[Any, ...]) -> Array:
        sizes = [-1 if n == "samples" else n for n in shape]
        known = tuple("samples" if n == -1 else n for n in sizes)
        if "samples" not in array.shape:
            whole = math.prod(array.shape)
            fixed = -math.prod(sizes) if -1 in sizes else 1
            known = tuple(whole // fixed if n == -1 else n for n in sizes)
        return self.graph.node("Reshape", [array, np.array(sizes)], known)

    def take(self, array: Array, places: Any, axis: int) -> Array:
        return self.graph.node("Gather", [array, places], (len(places), *array.shape[1:]), axis=axis)

    def where(self, condition: Array, yes: Any, no: Any) -> Array:
        return where(condition, yes, no)
