"""A rule as one loop of machine code: what ``inplace.py`` notes, compiled by numba once and kept on disk.

    def step(constants, total, x, g, r2, r3):
        for i in range(x.shape[0]):
            v0 = x[i]
            v1 = g[i] = total[i] / constants[0]
            v2 = r2[i]
            ...
            v4 = constants[1] * v2
            ...
            x[i] = v16
            r2[i] = v6
            r3[i] = v10

Every number passes through the processor once, where NumPy takes a pass for each operation.  It is arithmetic for
arithmetic the same, to the last bit.  Importing numba takes longer than it saves in a short training, so this serves
where a native program has it in use anyway.  What does not live here: noting a rule (``inplace.py``).
"""

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Final

from autograd.extra import extra
from autograd.machine_code import loaded

_TEXTS: Final = {
    "add": "{} + {}", "subtract": "{} - {}", "multiply": "{} * {}", "divide": "{} / {}", "negative": "-{}",
    "sqrt": "sqrt({})", "maximum": "{1} if {1} > {0} or {1} != {1} else {0}",
}  # fmt: skip
"""Each operation of a rule in Python."""


def text_of(steps: Sequence[tuple[str, tuple[int, ...]]], columns: int, results: Sequence[int], unread: int) -> str:
    """The loop in Python.

    Args:
        steps: operations and operands, as ``inplace.Notes`` has them.
        columns: how many arrays there are: numbers, gradients, and what is remembered.
        results: the places of the new number and of what is remembered.
        unread: how many of the last arrays hold nothing yet.
    """
    arrays = ["x", "g", *(f"r{i}" for i in range(2, columns))]

    def name(place: int) -> str:
        return f"v{place}" if place >= 0 else f"constants[{-place}]"

    lines = [f"v{i} = {array}[i]" for i, array in enumerate(arrays[: columns - unread])]
    lines[1] = "v1 = g[i] = total[i] / constants[0]"
    lines += [
        f"v{columns + i} = {_TEXTS[operation].format(*map(name, operands))}"
        for i, (operation, operands) in enumerate(steps)
    ]
    homes = [arrays[0], *arrays[2:]]
    lines += [f"{home}[i] = v{place}" for home, place in zip(homes, results, strict=True)]
    body = "\n".join(f"        {line}" for line in lines)
    return f"def step(constants, total, {', '.join(arrays)}):\n    for i in range(x.shape[0]):\n{body}\n"


@lru_cache(maxsize=64)
def loop(
    steps: tuple[tuple[str, tuple[int, ...]], ...], columns: int, results: tuple[int, ...], unread: int
) -> Callable[..., None]:
    """The loop as machine code: of how many samples there are and the constants, of the sum of gradients, the columns.

    Raises:
        MissingExtraError: numba is not installed.
    """
    numba = extra("numba", "fast")
    array = numba.types.Array(numba.types.float64, 1, "C")
    made = loaded("rule", text_of(steps, columns, results, unread), {"sqrt": math.sqrt})["step"]
    compiled: Callable[..., None] = numba.njit(
        numba.types.void(*[array] * (2 + columns)), cache=True, error_model="numpy", boundscheck=False
    )(made)
    return compiled
