"""The native kernel's own functions: the interpreter's loop, copying, adding up, matrix products.

``M`` holds numbers and ``G`` gradients, at the same places.  A program is a table of whole numbers; each of its rows
goes to one function, as ``p``: p[0] says which function (``call`` has looked at it), the rest is what it asks for.
``places`` holds lists of places that rows refer to.

Every function here is plain Python in the subset that numba compiles, and runs without numba as well, slowly.  Loops go
over parts from 0 up, which is the form LLVM turns into vector instructions.  ``opcodes.py`` adds functions for the rows
of the primitives' table, written from its formulas; ``disk.py`` compiles and keeps them; ``tables.py`` makes programs.
"""

import math
from math import nan
from typing import Any, Final

from autograd.program.backends.machine import DOTS, LANES, ROWS, call, dots, part, tile


def run(M: Any, G: Any, code: Any, width: int, places: Any, functions: Any, first: int, last: int) -> None:
    """The interpreter: rows ``first`` up to ``last`` of a program, in turn."""
    for row in range(first, last):
        call(M, G, code, width, places, functions, row)


# copying and adding up ------------------------------------------------------------------------------------------------


def pack(M: Any, G: Any, p: Any, places: Any) -> None:
    """Bring scattered rows of numbers side by side; ``step`` 0 repeats one number in every lane."""
    n, lanes, step, to, at = p[1], p[2], p[3], p[4], p[5]
    out = part(M, to, n * lanes)
    if lanes == 1:
        for e in range(n):
            out[e] = M[places[at + e]]
    else:
        for e in range(n):
            first = places[at + e]
            for lane in range(lanes):
                out[e * lanes + lane] = M[first + lane * step]


def unpack(M: Any, G: Any, p: Any, places: Any) -> None:
    """Bring gradients back to where ``pack`` took numbers: stored or added, lanes summed where ``step`` is 0."""
    n, lanes, step, start, at, store = p[1], p[2], p[3], p[4], p[5], p[6]
    d = part(G, start, n * lanes)
    if lanes == 1:
        if store:
            for e in range(n):
                G[places[at + e]] = d[e]
        else:
            for e in range(n):
                G[places[at + e]] += d[e]
    elif step:
        for e in range(n):
            target = part(G, places[at + e], lanes)
            for lane in range(lanes):
                target[lane] = d[e * lanes + lane] + (0.0 if store else target[lane])
    else:
        for e in range(n):
            total = 0.0
            for lane in range(lanes):
                total += d[e * lanes + lane]
            G[places[at + e]] = total + (0.0 if store else G[places[at + e]])


def accumulate(M: Any, G: Any, p: Any, places: Any) -> None:
    """Add n gradients to n others."""
    n, start, to = p[1], p[2], p[3]
    d, target = part(G, start, n), part(G, to, n)
    for e in range(n):
        target[e] += d[e]


def fill(M: Any, G: Any, p: Any, places: Any) -> None:
    """Set n gradients."""
    n, to, number = p[1], p[2], p[3]
    target = part(G, to, n)
    for e in range(n):
        target[e] = float(number)


# matrix products ------------------------------------------------------------------------------------------------------


def product(M: Any, G: Any, p: Any, places: Any) -> None:
    """out[j, b] = Σₖ w[j, k]·x[k, b] + bias[j]; x lies row by row, ``bias`` is -1 where there is none."""
    j, b, k, to, w, w0, w1, x, x0, bias, b0 = p[1], p[2], p[3], p[4], p[5], p[6], p[7], p[8], p[9], p[10], p[11]
    if b == 1 and w1 == 1 and x0 == 1:
        xs = part(M, x, k)
        for i in range(j):
            ws = part(M, w + i * w0, k)
            total = 0.0 if bias < 0 else M[bias + i * b0]
            for e in range(k):
                total += ws[e] * xs[e]
            M[to + i] = total
        return
    if bias >= 0:
        for i in range(j):
            out = part(M, to + i * b, b)
            for e in range(b):
                out[e] = M[bias + i * b0]
    multiply(M, to, b, M, w, w0, w1, M, x, x0, k, j, b, 1 if bias < 0 else 0)


def product_w(M: Any, G: Any, p: Any, places: Any) -> None:
    """dw[j, k] = Σ_b g[j, b]·x[k, b], stored or added."""
    j, b, k, g, to, t0, x, x0, store = p[1], p[2], p[3], p[4], p[5], p[6], p[7], p[8], p[9]
    if b == 1 and x0 == 1:
        xs = part(M, x, k)
        for i in range(j):
            up = G[g + i]
            target = part(G, to + i * t0, k)
            if store:
                for e in range(k):
                    target[e] = up * xs[e]
            else:
                for e in range(k):
                    target[e] += up * xs[e]
        return
    half = LANES // 2
    width = 1024 // (b * half) * half if 0 < b * half < 1024 else half  # so many rows of x stay in the nearest cache
    for first in range(0, k, width):
        last = first + width if first + width < k else k
        for i in range(0, j, DOTS):
            for e in range(first, last, half):
                dots(G, to + i * t0 + e, t0, G, g + i * b, b, M, x + e * x0, x0,
                     b, j - i, last - e, store)  # fmt: skip


def product_x(M: Any, G: Any, p: Any, places: Any) -> None:
    """dx[k, b] = Σⱼ w[j, k]·g[j, b], stored or added."""
    j, b, k, g, w, w0, w1, to, t0, store = p[1], p[2], p[3], p[4], p[5], p[6], p[7], p[8], p[9], p[10]
    if b == 1 and w1 == 1 and t0 == 1:
        target = part(G, to, k)
        if store:
            for e in range(k):
                target[e] = 0.0
        full = j - j % 4  # four rows at a time
        for i in range(0, full, 4):
            at, p0, p1, p2, p3 = w + i * w0, G[g + i], G[g + i + 1], G[g + i + 2], G[g + i + 3]
            r0, r1, r2, r3 = part(M, at, k), part(M, at + w0, k), part(M, at + 2 * w0, k), part(M, at + 3 * w0, k)
            for e in range(k):
                target[e] += p0 * r0[e] + p1 * r1[e] + p2 * r2[e] + p3 * r3[e]
        for i in range(full, j):
            up, row = G[g + i], part(M, w + i * w0, k)
            for e in range(k):
                target[e] += up * row[e]
        return
    multiply(G, to, t0, M, w, w1, w0, G, g, b, j, k, b, store)


def product_bias(M: Any, G: Any, p: Any, places: Any) -> None:
    """dbias[j] = Σ_b g[j, b], stored or added."""
    j, b, g, to, t0, store = p[1], p[2], p[3], p[4], p[5], p[6]
    for i in range(j):
        up, total = part(G, g + i * b, b), 0.0
        for e in range(b):
            total += up[e]
        at = to + i * t0
        G[at] = total if store else G[at] + total


def multiply(
    Y: Any, y: int, y0: int, A: Any, a: int, a0: int, a1: int, X: Any, x: int, x0: int,
    n: int, rows: int, lanes: int, store: int,
) -> None:  # fmt: skip
    """Y[r, e] = Σᵢ A[r, i]·X[i, e], stored or added, block by block; see ``tile`` for the letters."""
    for e in range(0, lanes, LANES):
        for r in range(0, rows, ROWS):
            tile(Y, y + r * y0 + e, y0, A, a + r * a0, a0, a1, X, x + e, x0,
                 n, rows - r, lanes - e, store)  # fmt: skip


# functions of numbers in formulas, NaN and infinity as the engine has them -------------------------------------------


def maximum(x: float, y: float) -> float:
    """The greater; NaN where x is."""
    return x if x > y or x != x else y


def minimum(x: float, y: float) -> float:
    """The smaller; NaN where x is."""
    return x if x < y or x != x else y


def pow_(x: float, y: float) -> float:
    """x to the power y; NaN where either is."""
    return nan if x != x or y != y else math.pow(x, y)


def tanh_(x: float) -> float:
    """tanh x within 1.4 ulp, in a third of the time that C's takes.

    Near 0 it is x + x³ P(x²) / Q(x²), elsewhere 1 - 2 / (exp(2|x|) + 1) with x's sign.

    Source: P and Q from S. L. Moshier, Cephes Mathematical Library (1989), tanh.
    """
    a = abs(x)
    if a < 0.625:
        z = a * a
        p = (-9.64399179425052238628e-1 * z - 9.92877231001918586564e1) * z - 1.61468768441708447952e3
        q = ((z + 1.12811678491632931402e2) * z + 2.23548839060100448583e3) * z + 4.84406305325125486048e3
        return math.copysign(a + a * (z * p / q), x)
    e = math.exp(-2.0 * a)
    return math.copysign(1.0 - 2.0 * e / (1.0 + e), x)


def hypot_(x: float, y: float) -> float:
    """√(x² + y²); NaN where either is."""
    return nan if x != x or y != y else math.hypot(x, y)


def mod_(x: float, y: float) -> float:
    """x mod y, with y's sign; NaN for y = 0."""
    return nan if y == 0.0 else x % y


def floor_divide_(x: float, y: float) -> float:
    """⌊x/y⌋; NaN for y = 0."""
    return nan if y == 0.0 else x // y


OPCODES: Final = (pack, product, unpack, accumulate, fill, product_w, product_x, product_bias)
"""The functions that rows of a program call by number, from 0 up; those of the primitives' table follow."""
