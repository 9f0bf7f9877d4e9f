"""Python's search for garbage cycles, held off where many objects are made and none of them forms a cycle.

What lives here: a block and a call without it.  What does not: graphs, which are freed by reference counts alone
(``graph.py``).
"""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from operator import call
from typing import TypeVar

T = TypeVar("T")


@contextmanager
def without_collector() -> Iterator[None]:
    """A block in which Python does not look for garbage cycles; it is as it was before afterwards.

    The search goes through all live objects again and again while their number grows, and a graph has no cycle to be
    found.  It is one setting of the whole process, so other threads do without it as well.

    >>> import gc
    >>> with without_collector():
    ...     gc.isenabled()
    False
    >>> gc.isenabled()
    True
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def made_at_once(make: Callable[[], T]) -> T:
    """What ``make()`` gives, a function of C that runs nothing of Python's; meanwhile there is no search.

    The collector is off for no moment that another thread or an interrupt would see: between the three calls there is
    no bytecode.

    >>> import gc
    >>> made_at_once(gc.isenabled), gc.isenabled()
    (False, True)
    """
    if not gc.isenabled():
        return make()
    try:
        _, made, _ = map(call, (gc.disable, make, gc.enable))
    except BaseException:
        gc.enable()
        raise
    return made  # type: ignore[return-value]
