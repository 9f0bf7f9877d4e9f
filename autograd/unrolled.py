"""Short loops written out, entry by entry, for one length each: a third less time where Python's own turns count.

    dot of 2    bias + w0 * x0 + w1 * x1
    ADD[2]      p0._grad = p0._grad + g * d0; p1._grad = p1._grad + g * d1
    ADD_DOT[2]  the same for the two lists and the bias of a dot product, in one call

What does not live here: any rule of the calculus, or what to do with longer lists; whoever looks in these tables does
that in a loop (``fuse.py``, ``sweep.py``).
"""

import sys
from collections.abc import Callable
from typing import Any, Final

from autograd.world import define

LONGEST: Final = 64
"""Lists of up to so many entries are in the tables."""


def _names(letter: str, width: int) -> str:
    return "".join(f"{letter}{i}, " for i in range(width)).rstrip()


def written_dot(width: int) -> tuple[str, str, str]:
    """The dot product of ``ws_`` and ``xs_`` on ``bias_`` in three parts: take the ``ws_``, the ``xs_``, and add up.

    >>> written_dot(2)
    ('w0, w1, = ws_', 'x0, x1, = xs_', 'bias_ + w0 * x0 + w1 * x1')
    """
    products = "".join(f" + w{i} * x{i}" for i in range(width))
    return f"{_names('w', width)} = ws_", f"{_names('x', width)} = xs_", f"bias_{products}"


def _added(parents: str, partials: str, width: int) -> list[str]:
    lines = [f"{_names('p', width)} = {parents}", f"{_names('d', width)} = {partials}"]
    return lines + [f"p{i}._grad = p{i}._grad + g * d{i}" for i in range(width)]


def _add(width: int) -> Callable[..., Any]:
    lines = ["def add(parents, partials, g):", *_added("parents", "partials", width)]
    return define("\n    ".join(lines), "add", {}, f"add of {width}")


def _add_dot(width: int) -> Callable[..., Any]:
    lines = ["def add_dot(groups, partials, g):", "ws, xs, biases = groups", "of_ws, of_xs, of_biases = partials"]
    lines += [*_added("ws", "of_ws", width), *_added("xs", "of_xs", width), *_added("biases", "of_biases", 1)]
    return define("\n    ".join(lines), "add_dot", {}, f"add of a dot of {width}")


def table(write: Callable[[int], Callable[..., Any]], of_none: Callable[..., Any]) -> list[Callable[..., Any]]:
    """A function for each length, written when it is first called."""

    def entry(width: int) -> Callable[..., Any]:
        def first(*arguments: Any) -> Any:
            entries[width] = write(width)
            return entries[width](*arguments)

        return first

    entries = [of_none, *map(entry, range(1, LONGEST + 1))]
    return entries


WRITES_DOTS: Final = sys.version_info < (3, 12)
"""Whether ``written_dot`` is ``ieee.dot`` bit for bit: from Python 3.12 on ``sum`` compensates rounding."""

ADD: Final = table(_add, lambda parents, partials, g: None)
"""``(parents, partials, g)``: g · partial added to the gradient of each parent; numbers have no partials."""

ADD_DOT: Final = table(_add_dot, lambda groups, partials, g: ADD[1](groups[2], partials[2], g))
"""``(groups, partials, g)``: ``ADD`` for the three groups of a dot product, two of them so long, the last of one."""
