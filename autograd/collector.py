"""Python's search for garbage cycles, held off where many objects are made and none of them forms a cycle.

What lives here: that one block.  What does not: graphs, which are freed by reference counts alone (``graph.py``).
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


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
