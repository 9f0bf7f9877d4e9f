"""Python's search for garbage cycles, held off where many objects are made and none of them forms a cycle.

What lives here: a block and a call without it.  What does not: graphs, which are freed by reference counts alone
(``graph.py``).
"""

import gc
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain, compress, tee
from operator import call
from typing import TypeVar

T = TypeVar("T")


@contextmanager
def without_collector() -> Iterator[None]:
    """A block in which Python does not look for garbage cycles; it is as it was before afterwards.

    The search goes through all live objects again and again while their number grows, and a graph has no cycle to be
    found, but where its gradients are graphs (``backward(create_graph=True)``): such a one stays until the search goes
    on.  It is one setting of the whole process, so other threads do without it as well.

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

    Whether the collector is on, that it goes off, the call itself and that it is as before are steps of one iterator:
    no bytecode is between them, so no interrupt comes there and no other thread, to see it off or to change it.

    >>> import gc
    >>> made_at_once(gc.isenabled), gc.isenabled()
    (False, True)
    """
    was_on, remembered = tee(map(call, (gc.isenabled,)))
    as_before = map(call, compress((gc.enable,), remembered))
    try:
        _, _, made, *_ = chain(was_on, map(call, (gc.disable, make)), as_before)
    except BaseException:
        deque(as_before, maxlen=0)
        raise
    return made  # type: ignore[return-value]
