"""Blocks of a matrix product, kept in the processor's registers while they add up: the instructions themselves.

A register holds ``width`` numbers, and half of all registers hold sums.  Each step of the sums reads a few numbers and
multiplies each with each: the fewer reads a product, the nearer to what the processor can do.

    sums[r][c] += A[r, i] · X[i, lanes of c]              a step of ``tile``, with A's number in every lane
    sums[r][e] += A[r, lanes of i] · X[e, lanes of i]     a step of ``dots``, whose sums have their lanes added up last

What does not live here: what the blocks compute, said in Python (``machine.py``).
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from autograd.extra import extra


class Processor(NamedTuple):
    """How many numbers a register holds, and how many registers a block may add up in."""

    width: int
    sums: int

    @classmethod
    def of(cls, triple: str, features: str) -> "Processor":
        """The processor of a target of LLVM's, which names its features as ``+avx2,+fma``.

        >>> Processor.of("x86_64-unknown-linux-gnu", "+avx,+avx2,+fma")
        Processor(width=4, sums=8)
        """
        names = features.split(",")
        if "+avx512f" in names:
            return cls(8, 16)
        if "+avx" in names:
            return cls(4, 8)
        return cls(2, 16 if triple.startswith(("aarch64", "arm64")) else 8)

    @property
    def rows(self) -> int:
        """Rows of a tile, two registers each."""
        return self.sums // 2

    @property
    def dots(self) -> int:
        """Rows of a block of dots, ``width`` registers each."""
        return self.sums // self.width


def tile_code(
    processor: Processor, builder: Any,
    Y: Any, y: Any, y0: Any, A: Any, a: Any, a0: Any, a1: Any, X: Any, x: Any, x0: Any,
    n: Any, rows: Any, lanes: Any, store: Any,
) -> None:  # fmt: skip
    """The instructions of ``tile``."""
    block = _Block(processor, builder)
    width, times = processor.width, builder.mul

    def body(inside: Sequence[Any]) -> None:
        chosen = [block.below(r, rows) for r in range(processor.rows)]
        starts = [block.at(A, a, times(a0, r)) for r in chosen]
        sums = [[block.register() for _ in inside] for _ in chosen]
        with block.loop(n) as loop:
            first, along = block.at(X, x, times(loop.index, x0)), times(loop.index, a1)
            xs = [block.load(block.at(first, block.whole(width * c)), i) for c, i in enumerate(inside)]
            for row, start in zip(sums, starts, strict=True):
                number = block.spread(builder.load(block.at(start, along)))
                for total, numbers in zip(row, xs, strict=True):
                    block.add_product(total, number, numbers)
        places = [block.at(Y, y, times(y0, r), block.whole(width * c)) for r in chosen for c in range(2)]
        block.home([builder.load(total) for row in sums for total in row], places, [*inside] * len(chosen), store)

    with builder.if_else(builder.icmp_signed(">=", lanes, block.whole(2 * width))) as (full, rest):
        with full:
            body([None, None])
        with rest:
            body([block.inside(0, lanes), block.inside(width, lanes)])


def dots_code(
    processor: Processor, builder: Any,
    Y: Any, y: Any, y0: Any, A: Any, a: Any, a0: Any, X: Any, x: Any, x0: Any,
    n: Any, rows: Any, lanes: Any, store: Any,
) -> None:  # fmt: skip
    """The instructions of ``dots``."""
    block = _Block(processor, builder)
    width, times = processor.width, builder.mul
    chosen = [block.below(r, rows) for r in range(processor.dots)]
    ours = [block.at(A, a, times(a0, r)) for r in chosen]
    theirs = [block.at(X, x, times(x0, block.below(e, lanes))) for e in range(width)]
    sums = [[block.register() for _ in theirs] for _ in ours]

    def step(along: Any, inside: Any) -> None:
        left = [block.load(block.at(start, along), inside) for start in ours]
        for e, start in enumerate(theirs):
            right = block.load(block.at(start, along), inside)
            for row, numbers in zip(sums, left, strict=True):
                block.add_product(row[e], numbers, right)

    steps = builder.sdiv(n, block.whole(width))
    with block.loop(steps) as loop:
        step(times(loop.index, block.whole(width)), None)
    done = times(steps, block.whole(width))
    with builder.if_then(builder.icmp_signed("<", done, n)):
        step(done, block.inside(0, builder.sub(n, done)))
    made = [block.across([builder.load(total) for total in row]) for row in sums]
    places = [block.at(Y, y, times(y0, r)) for r in chosen]
    block.home(made, places, [block.inside(0, lanes)] * len(chosen), store)


class _Block:
    """Words for LLVM's instructions on registers; ``inside`` says which lanes there are, where not all are."""

    def __init__(self, processor: Processor, builder: Any) -> None:
        self.ir, self.builder, self.width = extra("llvmlite.ir", "fast"), builder, processor.width
        self.tools = extra("numba.core.cgutils", "fast")
        self.whole = self.ir.IntType(64)
        self.vector = self._of(self.ir.DoubleType())
        self.zeros = self.ir.Constant(self.vector, [0.0] * self.width)

    def _of(self, kind: Any) -> Any:
        return self.ir.VectorType(kind, self.width)

    def _lanes(self, kind: Any, numbers: Sequence[int]) -> Any:
        return self.ir.Constant(self._of(kind), list(numbers))

    def at(self, base: Any, *terms: Any) -> Any:
        """The place so many numbers after ``base``."""
        place = terms[0]
        for term in terms[1:]:
            place = self.builder.add(place, term)
        return self.builder.gep(base, [place])

    def loop(self, n: Any) -> Any:
        """A loop from 0 up to n."""
        return self.tools.for_range(self.builder, n)

    def below(self, r: int, count: Any) -> Any:
        """r, or where there are fewer the last, which is then computed twice."""
        last = self.builder.sub(count, self.whole(1))
        return self.builder.select(self.builder.icmp_signed("<", self.whole(r), count), self.whole(r), last)

    def register(self) -> Any:
        """A register of zeros."""
        return self.tools.alloca_once_value(self.builder, self.zeros)

    def spread(self, x: Any) -> Any:
        """A number in every lane."""
        nothing = self.ir.Constant(self._of(x.type), self.ir.Undefined)
        short = self.ir.IntType(32)
        first = self.builder.insert_element(nothing, x, short(0))
        return self.builder.shuffle_vector(first, nothing, self._lanes(short, [0] * self.width))

    def inside(self, first: int, count: Any) -> Any:
        """Which of the lanes from number ``first`` on are below ``count``."""
        lanes = self._lanes(self.whole, range(first, first + self.width))
        return self.builder.icmp_signed("<", lanes, self.spread(count))

    def load(self, at: Any, inside: Any = None) -> Any:
        """A register's numbers from memory; 0 in lanes that are not there."""
        at = self.builder.bitcast(at, self.vector.as_pointer())
        if inside is None:
            return self.builder.load(at, align=8)
        return self._masked("load", self.vector, [at, self.ir.IntType(32)(8), inside, self.zeros])

    def store(self, numbers: Any, at: Any, inside: Any = None) -> None:
        """A register's numbers to memory."""
        at = self.builder.bitcast(at, self.vector.as_pointer())
        if inside is None:
            self.builder.store(numbers, at, align=8)
        else:
            self._masked("store", self.ir.VoidType(), [numbers, at, self.ir.IntType(32)(8), inside])

    def _masked(self, what: str, result: Any, args: Sequence[Any]) -> Any:
        typed = extra("llvmlite.binding", "fast").llvm_version_info[0] < 15  # pointers said then what they point to
        name = f"llvm.masked.{what}.v{self.width}f64.p0{f'v{self.width}f64' if typed else ''}"
        kind = self.ir.FunctionType(result, [x.type for x in args])
        return self.builder.call(self.tools.get_or_insert_function(self.builder.module, kind, name), args)

    def add_product(self, register: Any, p: Any, q: Any) -> None:
        """register += p·q, rounded once where the processor can."""
        term = self.builder.fmul(p, q, flags=("contract",))
        self.builder.store(self.builder.fadd(self.builder.load(register), term, flags=("contract",)), register)

    def across(self, vectors: Sequence[Any]) -> Any:
        """The sum of each of ``width`` vectors, as one: two become one whose lanes alternate, until one is left."""
        step, short = 1, self.ir.IntType(32)
        while len(vectors) > 1:
            low = [i if not i & step else self.width + i - step for i in range(self.width)]
            high = [i + step if not i & step else self.width + i for i in range(self.width)]
            masks = [self._lanes(short, low), self._lanes(short, high)]
            vectors = [
                self.builder.fadd(*(self.builder.shuffle_vector(p, q, mask) for mask in masks))
                for p, q in zip(vectors[::2], vectors[1::2], strict=True)
            ]
            step *= 2
        return vectors[0]

    def home(self, made: Sequence[Any], places: Sequence[Any], inside: Sequence[Any], store: Any) -> None:
        """Store registers, or add them; all places are read before one is written, for a row may come twice."""
        keep = self.builder.icmp_signed("==", store, self.whole(0))
        kept = [self.builder.select(keep, self.load(at, i), self.zeros) for at, i in zip(places, inside, strict=True)]
        sums = [self.builder.fadd(old, new) for old, new in zip(kept, made, strict=True)]
        for numbers, at, i in zip(sums, places, inside, strict=True):
            self.store(numbers, at, i)
