"""Isotonic regression: the growing sequence nearest to a given one.

Here: the one numeric method that both the order of clusters (order.py) and the coordinates (coordinates.py) use.
"""

from __future__ import annotations

from collections.abc import Sequence


def isotonic(targets: Sequence[float], weights: Sequence[float]) -> list[float]:
    """Return the non-decreasing y that minimises Σ weights[i] · (y[i] - targets[i])², all weights positive.

    >>> isotonic([1, 3, 2, 4], [1, 1, 1, 1])
    [1.0, 2.5, 2.5, 4.0]

    Source: pool adjacent violators, Ayer, Brunk, Ewing, Reid & Silverman, "An empirical distribution function for
    sampling with incomplete information", 1955.
    """
    pools: list[tuple[float, float, int]] = []  # mean, weight, members
    for target, weight in zip(targets, weights, strict=True):
        mean, total, members = float(target), float(weight), 1
        while pools and pools[-1][0] >= mean:
            before, heavy, more = pools.pop()
            mean = (before * heavy + mean * total) / (heavy + total)
            total, members = total + heavy, members + more
        pools.append((mean, total, members))
    return [mean for mean, _, members in pools for _ in range(members)]
