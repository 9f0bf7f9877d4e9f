"""What the native kernel asks of the machine: pointers, calls through them, blocks of a matrix product in registers.

Each function stands here twice.  In plain Python it says what is computed, and serves where the kernel runs without
numba.  ``instructions()`` makes the same functions for numba, which cannot say these things in its Python: they write
LLVM's instructions themselves.

What does not live here: what goes on within the blocks (``registers.py``), loops over whole matrices (``kernel.py``).
"""

from collections.abc import Callable
from functools import cache
from itertools import product
from types import SimpleNamespace
from typing import Any

from autograd.extra import extra
from autograd.program.backends.registers import Processor, dots_code, tile_code

ROWS, LANES, DOTS = 4, 4, 2
"""The sizes of blocks in plain Python: rows × lanes of ``tile``; ``dots`` has DOTS rows and LANES // 2 lanes.

A block is told how many rows and lanes are left, and does no more than it has room for.
"""


def part(M: Any, start: int, n: int) -> Any:
    """The numbers from ``start`` up to ``start + n``."""
    return M[start : start + n]


def call(M: Any, G: Any, code: Any, width: int, places: Any, functions: Any, row: int) -> None:
    """Do one row of a program: its first number says which function, and that one reads the rest of the row."""
    functions[code[row, 0]](M, G, code[row], places)


def tile(
    Y: Any, y: int, y0: int, A: Any, a: int, a0: int, a1: int, X: Any, x: int, x0: int,
    n: int, rows: int, lanes: int, store: int,
) -> None:  # fmt: skip
    """Y[r, e] = Σᵢ A[r, i]·X[i, e] for i < n, stored or added; the first ``ROWS`` rows, ``LANES`` lanes.

    Row r of Y starts at y + r·y0; A[r, i] is at a + r·a0 + i·a1; row i of X starts at x + i·x0.
    """
    for r, e in product(range(min(rows, ROWS)), range(min(lanes, LANES))):
        total = 0.0 if store else Y[y + r * y0 + e]
        for i in range(n):
            total += A[a + r * a0 + i * a1] * X[x + i * x0 + e]
        Y[y + r * y0 + e] = total


def dots(
    Y: Any, y: int, y0: int, A: Any, a: int, a0: int, X: Any, x: int, x0: int,
    n: int, rows: int, lanes: int, store: int,
) -> None:  # fmt: skip
    """Y[r, e] = Σᵢ A[r, i]·X[e, i] for i < n, stored or added; the first ``DOTS`` rows, ``LANES`` // 2 lanes."""
    for r, e in product(range(min(rows, DOTS)), range(min(lanes, LANES // 2))):
        total = 0.0 if store else Y[y + r * y0 + e]
        for i in range(n):
            total += A[a + r * a0 + i] * X[x + e * x0 + i]
        Y[y + r * y0 + e] = total


# the same for numba ---------------------------------------------------------------------------------------------------


@cache
def instructions(processor: Processor | None = None) -> SimpleNamespace:
    """``part``, ``call``, ``tile``, ``dots`` and the sizes of blocks as numba takes them.

    There, M and G are pointers, for ``call`` addresses; ``entry`` is the type of the functions that it calls.

    Args:
        processor: for which registers; by default this machine's.

    Raises:
        MissingExtraError: numba is not installed.
    """
    numba, ir = extra("numba", "fast"), extra("llvmlite.ir", "fast")
    intrinsic, layout = extra("numba.extending", "fast").intrinsic, extra("numba.np.arrayobj", "fast")
    if processor is None:
        triple, _, features = extra("numba.core.registry", "fast").cpu_target.target_context.codegen().magic_tuple()
        processor = Processor.of(triple, features)
    types = numba.types
    numbers, integers, count = types.CPointer(types.float64), types.CPointer(types.int64), types.intp
    array = types.Array(types.float64, 1, "C")
    entry = types.void(numbers, numbers, integers, integers)

    def part_code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        M, start, n = args
        made, size = layout.make_array(array)(context, builder), context.get_constant(count, 8)
        layout.populate_array(made, builder.gep(M, [start]), [n], [size], size, None)
        return made._getvalue()

    def call_code(builder: Any, args: Any) -> None:
        M, G, code, width, places, functions, row = args
        whole = ir.IntType(64).as_pointer()
        number = ir.DoubleType().as_pointer()
        function = ir.FunctionType(ir.VoidType(), [number, number, whole, whole]).as_pointer()
        here = builder.gep(builder.inttoptr(code, whole), [builder.mul(row, width)])
        address = builder.load(builder.gep(builder.inttoptr(functions, whole), [builder.load(here)]))
        memory = builder.inttoptr(M, number), builder.inttoptr(G, number)
        builder.call(builder.inttoptr(address, function), [*memory, here, builder.inttoptr(places, whole)])

    def part_(typing: Any, M: Any, start: Any, n: Any) -> Any:
        return array(numbers, count, count), part_code

    def call_(typing: Any, M: Any, G: Any, code: Any, width: Any, places: Any, functions: Any, row: Any) -> Any:
        return types.void(*[types.int64] * 7), _nothing(call_code)

    def tile_(
        typing: Any, Y: Any, y: Any, y0: Any, A: Any, a: Any, a0: Any, a1: Any, X: Any, x: Any, x0: Any,
        n: Any, rows: Any, lanes: Any, store: Any,
    ) -> Any:  # fmt: skip
        kinds = [numbers, count, count, numbers, count, count, count, numbers, *[count] * 6]
        return types.void(*kinds), _nothing(lambda builder, args: tile_code(processor, builder, *args))

    def dots_(
        typing: Any, Y: Any, y: Any, y0: Any, A: Any, a: Any, a0: Any, X: Any, x: Any, x0: Any,
        n: Any, rows: Any, lanes: Any, store: Any,
    ) -> Any:  # fmt: skip
        kinds = [numbers, count, count, numbers, count, count, numbers, *[count] * 6]
        return types.void(*kinds), _nothing(lambda builder, args: dots_code(processor, builder, *args))

    return SimpleNamespace(
        entry=entry, ROWS=processor.rows, LANES=2 * processor.width, DOTS=processor.dots,
        **{function.__name__.rstrip("_"): intrinsic(function) for function in (part_, call_, tile_, dots_)},
    )  # fmt: skip


def _nothing(write: Callable[[Any, Any], None]) -> Callable[..., Any]:
    """What writes the instructions of a function without a result, as numba calls it."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        write(builder, args)
        return context.get_dummy_value()

    return code
