"""The fixed part of the native kernel: copying, adding up, matrix products, over two flat arrays of numbers.

``M`` holds numbers and ``G`` gradients, at the same places.  Every function here is plain Python in the subset that
numba compiles, and runs without numba as well, slowly.  Loops go over slices from 0 up, which is the form LLVM turns
into vector instructions.  ``opcodes.py`` adds one function for each row of the table, written from its formulas, and
the loop that interprets a program; ``native.py`` makes programs for it.
"""

from math import inf
from typing import Any


def pack(M: Any, n: int, lanes: int, step: int, to: int, places: Any) -> None:
    """Bring scattered rows of numbers side by side; ``step`` 0 repeats one number in every lane."""
    out = M[to : to + n * lanes]
    if lanes == 1:
        for e in range(n):
            out[e] = M[places[e]]
    else:
        for e in range(n):
            first = places[e]
            for lane in range(lanes):
                out[e * lanes + lane] = M[first + lane * step]


def unpack(G: Any, n: int, lanes: int, step: int, start: int, store: int, places: Any) -> None:
    """Bring gradients back to where ``pack`` took numbers: stored or added, lanes summed where ``step`` is 0."""
    d = G[start : start + n * lanes]
    if lanes == 1:
        if store:
            for e in range(n):
                G[places[e]] = d[e]
        else:
            for e in range(n):
                G[places[e]] += d[e]
    elif step:
        for e in range(n):
            target = G[places[e] : places[e] + lanes]
            for lane in range(lanes):
                target[lane] = d[e * lanes + lane] + (0.0 if store else target[lane])
    else:
        for e in range(n):
            total = 0.0
            for lane in range(lanes):
                total += d[e * lanes + lane]
            G[places[e]] = total + (0.0 if store else G[places[e]])


def accumulate(G: Any, n: int, start: int, to: int) -> None:
    """Add n gradients to n others."""
    d, target = G[start : start + n], G[to : to + n]
    for e in range(n):
        target[e] += d[e]


def fill(G: Any, n: int, to: int, number: float) -> None:
    """Set n gradients."""
    target = G[to : to + n]
    for e in range(n):
        target[e] = number


def row_times_row(a: Any, b: Any, n: int) -> float:
    """Σ aᵢbᵢ in whatever order is fastest."""
    total = 0.0
    for e in range(n):
        total += a[e] * b[e]
    return total


def product(
    M: Any, j: int, b: int, k: int, to: int, w: int, w0: int, w1: int, x: int, x0: int, bias: int, b0: int
) -> None:
    """out[j, b] = Σₖ w[j, k]·x[k, b] + bias[j]; x lies row by row, ``bias`` is -1 where there is none."""
    if b == 1 and w1 == 1 and x0 == 1:
        xs = M[x : x + k]
        for i in range(j):
            start = 0.0 if bias < 0 else M[bias + i * b0]
            M[to + i] = start + row_times_row(M[w + i * w0 : w + i * w0 + k], xs, k)
        return
    for i in range(j):
        out = M[to + i * b : to + (i + 1) * b]
        start = 0.0 if bias < 0 else M[bias + i * b0]
        for e in range(b):
            out[e] = start
        combine(out, M, b, k, w + i * w0, w1, M, x, x0)


def combine(out: Any, W: Any, n: int, k: int, w: int, step: int, X: Any, x: int, x0: int) -> None:
    """out += Σₖ W[w + k·step] · X[x + k·x0 : … + n], four rows at a time."""
    full = k - k % 4
    for i in range(0, full, 4):
        p, q = W[w + i * step], W[w + (i + 1) * step]
        r, s = W[w + (i + 2) * step], W[w + (i + 3) * step]
        at = x + i * x0
        a, b = X[at : at + n], X[at + x0 : at + x0 + n]
        c, d = X[at + 2 * x0 : at + 2 * x0 + n], X[at + 3 * x0 : at + 3 * x0 + n]
        for e in range(n):
            out[e] += p * a[e] + q * b[e] + r * c[e] + s * d[e]
    for i in range(full, k):
        p = W[w + i * step]
        a = X[x + i * x0 : x + i * x0 + n]
        for e in range(n):
            out[e] += p * a[e]


def product_w(
    M: Any, G: Any, j: int, b: int, k: int, g: int, to: int, t0: int, t1: int, x: int, x0: int, store: int
) -> None:
    """dw[j, k] = Σ_b g[j, b]·x[k, b], stored or added."""
    if b == 1 and t1 == 1 and x0 == 1:
        xs = M[x : x + k]
        for i in range(j):
            up = G[g + i]
            target = G[to + i * t0 : to + i * t0 + k]
            if store:
                for e in range(k):
                    target[e] = up * xs[e]
            else:
                for e in range(k):
                    target[e] += up * xs[e]
        return
    for i in range(j):
        up = G[g + i * b : g + (i + 1) * b]
        for e in range(k):
            total = row_times_row(up, M[x + e * x0 : x + e * x0 + b], b)
            at = to + i * t0 + e * t1
            G[at] = total if store else G[at] + total


def product_x(
    M: Any, G: Any, j: int, b: int, k: int, g: int, w: int, w0: int, w1: int, to: int, t0: int, store: int
) -> None:
    """dx[k, b] = Σⱼ w[j, k]·g[j, b], stored or added."""
    if b == 1 and w1 == 1 and t0 == 1:
        target = G[to : to + k]
        if store:
            for e in range(k):
                target[e] = 0.0
        combine(target, G, k, j, g, 1, M, w, w0)
        return
    for i in range(k):
        target = G[to + i * t0 : to + i * t0 + b]
        if store:
            for e in range(b):
                target[e] = 0.0
        combine(target, M, b, j, w + i * w1, w0, G, g, b)


def product_bias(G: Any, j: int, b: int, g: int, to: int, t0: int, store: int) -> None:
    """dbias[j] = Σ_b g[j, b], stored or added."""
    for i in range(j):
        total = 0.0
        up = G[g + i * b : g + (i + 1) * b]
        for e in range(b):
            total += up[e]
        at = to + i * t0
        G[at] = total if store else G[at] + total


def finite(G: Any, n: int) -> bool:
    """Whether the first n gradients are finite; one whose square overflows counts as not."""
    total = row_times_row(G[0:n], G[0:n], n)
    return total < inf
