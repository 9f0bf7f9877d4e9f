"""A program's forward pass as an ONNX model.

The model has the inputs ``values`` (one number a leaf) and one input ``batch_0``, ``batch_1``, ... for each batch leaf
(one number a sample), and the outputs ``output_0``, ``output_1``, ...: the root and what was compiled as ``outputs``.
Numbers are doubles; functions that onnxruntime has for floats alone (asin, acos, atan, erf) go through a float there.

``backends/xp.py`` runs the program; the arrays it runs on are ``_Array``, which write down what is done to them.
What does not live here: which instructions there are, and any formula.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from autograd.extra import extra
from autograd.program.backends.xp import Executor
from autograd.program.symbols import COMPARED

_SINGLE: Final = {"asin": "Asin", "acos": "Acos", "atan": "Atan", "erf": "Erf"}
_DIRECT: Final = {"exp": "Exp", "log": "Log", "sin": "Sin", "cos": "Cos", "sqrt": "Sqrt", "fabs": "Abs", "tanh": "Tanh"}
_RELATION: Final = {
    "greater": "Greater", "greater_equal": "GreaterOrEqual", "less": "Less", "less_equal": "LessOrEqual",
    "equal": "Equal"
}  # fmt: skip


def to_onnx(program: Any, path: Any) -> None:
    """See ``Program.to_onnx``."""
    onnx = extra("onnx", "scale")
    arrays = program.rerolled
    graph = _Graph(onnx)
    executor = Executor(arrays, _Library(graph), "float64", _functions(graph).__getitem__)
    leaves = _Array(graph, "values", (arrays.leaves,))
    columns = [_Array(graph, f"batch_{i}", ("samples",)) for i in range(arrays.batch)]
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


class _Graph:
    """The nodes and constants written down so far."""

    def __init__(self, onnx: Any) -> None:
        self.onnx = onnx
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self.known: dict[Any, str] = {}

    def constant(self, numbers: Any) -> str:
        array = np.asarray(numbers)
        key = (array.tobytes(), array.shape, array.dtype.str)
        if key not in self.known:
            self.known[key] = f"c{len(self.constants)}"
            self.constants.append(self.onnx.numpy_helper.from_array(array, self.known[key]))
        return self.known[key]

    def node(self, operator: str, inputs: Sequence[Any], shape: tuple[Any, ...], **attributes: Any) -> "_Array":
        names = [x.name if isinstance(x, _Array) else self.constant(x) for x in inputs]
        name = f"n{len(self.nodes)}"
        self.nodes.append(self.onnx.helper.make_node(operator, names, [name], **attributes))
        return _Array(self, name, shape)

    def elementwise(self, operator: str, *inputs: Any) -> "_Array":
        arrays = [x if isinstance(x, _Array) else np.float64(x) for x in inputs]
        return self.node(operator, arrays, _broadcast([x.shape for x in arrays]))


def _broadcast(shapes: Sequence[tuple[Any, ...]]) -> tuple[Any, ...]:
    rank = max(map(len, shapes))
    padded = [(1,) * (rank - len(shape)) + tuple(shape) for shape in shapes]
    return tuple(next((n for n in axis if n != 1), 1) for axis in zip(*padded, strict=True))


class _Array:
    """An array of the model, known by name and shape; the axis of samples has the length "samples"."""

    def __init__(self, graph: _Graph, name: str, shape: tuple[Any, ...]) -> None:
        self.graph, self.name, self.shape = graph, name, tuple(shape)

    def __add__(self, other: Any) -> "_Array":
        return self.graph.elementwise("Add", self, other)

    def __matmul__(self, other: "_Array") -> "_Array":
        return self.graph.node("MatMul", [self, other], (self.shape[0], other.shape[1]))

    @property
    def T(self) -> "_Array":  # noqa: N802 (as NumPy calls it)
        """The transposed matrix."""
        return self.graph.node("Transpose", [self], self.shape[::-1], perm=[1, 0])

    def astype(self, dtype: Any) -> "_Array":
        """As doubles."""
        return self.graph.node("Cast", [self], self.shape, to=self.graph.onnx.TensorProto.DOUBLE)

    def __getitem__(self, key: Any) -> "_Array":
        array: _Array = self
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


class _Library:
    """What ``Executor`` asks of a library."""

    name = "onnx"

    def __init__(self, graph: _Graph) -> None:
        self.xp = _Namespace(graph)
        self.graph = graph

    def asarray(self, numbers: Any, dtype: Any) -> Any:
        if np.asarray(numbers).dtype.kind == "i":
            return np.asarray(numbers, np.int64)
        array = np.asarray(numbers, np.float64)
        return _Array(self.graph, self.graph.constant(array), array.shape)

    def index(self, places: Any) -> Any:
        return np.asarray(places, np.int64)


class _Namespace:
    """The few functions that ``backends/xp.py`` takes from its namespace, writing nodes."""

    float64, int64 = "float64", "int64"

    def __init__(self, graph: _Graph) -> None:
        self.graph = graph

    def zeros(self, shape: Any, dtype: Any) -> Any:
        """Zeros; along the samples' axis as many as the first batch input has."""
        if "samples" not in shape:
            return self.asarray(np.zeros(shape))
        samples = self.graph.node("Shape", [_Array(self.graph, "batch_0", ("samples",))], (1,))
        sizes = [samples if n == "samples" else np.array([n]) for n in shape]
        full = self.graph.node("Concat", sizes, (len(shape),), axis=0) if len(sizes) > 1 else samples
        return self.graph.node("Expand", [np.zeros([1] * len(shape)), full], tuple(shape))

    def asarray(self, numbers: Any) -> _Array:
        return _Array(self.graph, self.graph.constant(numbers), numbers.shape)

    def stack(self, arrays: Sequence[_Array], axis: int) -> _Array:
        return self.concat([array[None] for array in arrays], 0)

    def concat(self, arrays: Sequence[_Array], axis: int) -> _Array:
        rows = sum(array.shape[0] for array in arrays)
        return self.graph.node("Concat", list(arrays), (rows, *arrays[0].shape[1:]), axis=axis)

    def reshape(self, array: _Array, shape: tuple[Any, ...]) -> _Array:
        sizes = [-1 if n == "samples" else n for n in shape]
        known = tuple("samples" if n == -1 else n for n in sizes)
        if "samples" not in array.shape:
            whole = math.prod(array.shape)
            fixed = -math.prod(sizes) if -1 in sizes else 1
            known = tuple(whole // fixed if n == -1 else n for n in sizes)
        return self.graph.node("Reshape", [array, np.array(sizes)], known)

    def take(self, array: _Array, places: Any, axis: int) -> _Array:
        return self.graph.node("Gather", [array, places], (len(places), *array.shape[1:]), axis=axis)

    def where(self, condition: _Array, yes: Any, no: Any) -> _Array:
        return self.graph.elementwise("Where", condition, yes, no)


def _functions(graph: _Graph) -> dict[str, Callable[..., Any]]:
    """Each function of the symbols, in ONNX's operators."""
    op = graph.elementwise

    def direct(name: str) -> Callable[..., Any]:
        return lambda *args: op(name, *args)

    def single(name: str) -> Callable[..., Any]:
        proto = graph.onnx.TensorProto

        def call(x: _Array) -> _Array:
            rounded = graph.node("Cast", [x], x.shape, to=proto.FLOAT)
            return graph.node("Cast", [graph.node(name, [rounded], x.shape)], x.shape, to=proto.DOUBLE)

        return call

    def reduced(name: str) -> Callable[..., Any]:
        def call(x: _Array) -> _Array:
            shape = (x.shape[0], *x.shape[2:])
            if name == "ReduceSum":
                return graph.node(name, [x, np.array([1])], shape, keepdims=0)
            if name == "ReduceProd":  # onnxruntime has it for floats alone
                product = x[:, 0]
                for k in range(1, x.shape[1]):
                    product = op("Mul", product, x[:, k])
                return product
            return graph.node(name, [x, np.array([1])], shape, keepdims=0)

        return call

    def expm1(x: Any) -> Any:  # tanh(x/2)·(eˣ + 1)
        near = op("Mul", op("Tanh", op("Mul", x, 0.5)), op("Add", op("Exp", x), 1.0))
        return op("Where", op("Less", op("Abs", x), 1.0), near, op("Sub", op("Exp", x), 1.0))

    def log1p(x: Any) -> Any:  # Kahan's: log(u)·x/(u - 1) for u = 1 + x
        u = op("Add", x, 1.0)
        odd = op("Or", op("Equal", u, 1.0), op("Greater", op("Abs", x), 1e15))
        safe = op("Where", odd, 2.0, u)
        exact = op("Div", op("Mul", op("Log", safe), x), op("Sub", safe, 1.0))
        return op("Where", odd, op("Where", op("Equal", u, 1.0), x, op("Log", u)), exact)

    def sinh(x: Any) -> Any:
        e = expm1(op("Abs", x))
        return op("Mul", op("Sign", x), op("Mul", op("Add", e, op("Div", e, op("Add", e, 1.0))), 0.5))

    def cosh(x: Any) -> Any:
        return op("Mul", op("Add", op("Exp", x), op("Exp", op("Neg", x))), 0.5)

    def hypot(x: Any, y: Any) -> Any:
        return op("Sqrt", op("Add", op("Mul", x, x), op("Mul", y, y)))

    def asinh(x: Any) -> Any:
        a = op("Abs", x)
        square = op("Mul", a, a)
        root = op("Sqrt", op("Add", square, 1.0))
        return op("Mul", op("Sign", x), log1p(op("Add", a, op("Div", square, op("Add", root, 1.0)))))

    def acosh(x: Any) -> Any:
        t = op("Sub", x, 1.0)
        return log1p(op("Add", t, op("Sqrt", op("Add", op("Mul", t, t), op("Mul", t, 2.0)))))

    def atanh(x: Any) -> Any:
        return op("Mul", log1p(op("Div", op("Mul", x, 2.0), op("Sub", 1.0, x))), 0.5)

    def atan2(y: Any, x: Any) -> Any:
        atan = single("Atan")
        base = atan(op("Div", y, op("Where", op("Equal", x, 0.0), 1.0, x)))
        side = op("Where", op("Less", y, 0.0), -math.pi, math.pi)
        turned = op("Where", op("Less", x, 0.0), op("Add", base, side), base)
        upright = op("Mul", op("Sign", y), math.pi / 2)
        return op("Where", op("Equal", x, 0.0), upright, turned)

    def floor_divide(x: Any, y: Any) -> Any:
        return op("Floor", op("Div", x, y))

    def logsumexp(xs: _Array) -> _Array:
        m = graph.node("ReduceMax", [xs, np.array([1])], (xs.shape[0], *xs.shape[2:]), keepdims=0)
        total = reduced("ReduceSum")(op("Exp", op("Sub", xs, m[:, None])))
        return op("Add", m, op("Log", total))

    functions: dict[str, Callable[..., Any]] = {
        **{name: direct(operator) for name, operator in {**_DIRECT, **_RELATION}.items()},
        **{name: single(operator) for name, operator in _SINGLE.items()},
        "add": direct("Add"), "sub": direct("Sub"), "mul": direct("Mul"), "div": direct("Div"), "neg": direct("Neg"),
        "pow": direct("Pow"), "maximum": direct("Max"), "minimum": direct("Min"),
        "not_equal": lambda x, y: op("Not", op("Equal", x, y)),
        "sum": reduced("ReduceSum"), "prod": reduced("ReduceProd"), "max": reduced("ReduceMax"),
        "min": reduced("ReduceMin"),
        "expm1": expm1, "log1p": log1p, "sinh": sinh, "cosh": cosh,
        "tan": lambda x: op("Div", op("Sin", x), op("Cos", x)),
        "hypot": hypot, "asinh": asinh, "acosh": acosh, "atanh": atanh, "atan2": atan2, "floor_divide": floor_divide,
        "mod": lambda x, y: op("Sub", x, op("Mul", y, floor_divide(x, y))), "logsumexp": logsumexp,
        "erfc": lambda x: op("Sub", 1.0, single("Erf")(x)),
    }  # fmt: skip
    assert set(functions) >= COMPARED
    return functions
