"""Where the nodes that operations make come from: blank ones, of which there is always a supply.

Made in bulk a node costs less, and Python's collector, which after every few hundred new objects goes through the young
ones and at times through all, comes once for a bulk of them and finds in most nothing to follow.  And some are never
given out, so that the memory of a large graph stays for the next one.  What does not live here: what fills a blank node
(``bind.py``, ``fuse.py``), what is looked at while a mode is on (``modes.py``).
"""

from collections.abc import Callable
from functools import partial
from itertools import repeat, starmap
from typing import Any, Final

from autograd.collector import made_at_once
from autograd.graph import deeper
from autograd.modes import changing, observe, observing

FEW: Final = 8
MANY: Final = 4096
"""How many blank nodes are made at once: few at first, each time twice as many, and in the end so many."""

HELD: Final = 64
"""So many MiB of memory stay with the process, at most, when large graphs are freed."""

_held: Final[dict[int, Any]] = {}
"""By the MiB of memory it lies in, a blank node that nobody will get."""


def _hold(many: list[Any]) -> None:
    """Keep a node of ``many`` for each MiB in which they lie, where there is none yet.

    Python has memory from the system in arenas of a MiB, and gives one back as soon as nothing is left in it.  In a
    loop that builds a large graph each time, and where little else lasts, every graph would have its arenas anew, with
    a page fault for every 4 KiB.  An arena with a node in it that never goes stays.  (CPython, Objects/obmalloc.c; an
    interpreter whose ``id`` is no address has some nodes kept, and no more.)
    """
    for place in range(len(many) - 1, -1, -1024):
        mebibyte = id(many[place]) >> 20
        if mebibyte not in _held and len(_held) < HELD:
            _held[mebibyte] = many.pop(place)  # out of there first: one that is given out as well would keep its graph


class Supply:
    """Blank nodes of one class.  ``take()`` them until it raises IndexError, then ask for a ``fresh`` one.

    While some mode is on, in whatever thread, they are nodes that will be observed when they are complete.  So the
    makers of nodes need not ask whether a mode is on.
    """

    def __init__(self, kind: type[Any]) -> None:
        self.kind = kind
        self.watched = _watched(kind)
        self.at_hand: list[Any] = []
        self.take: Callable[[], Any] = self.at_hand.pop
        self.size = FEW
        changing.append(self.clear)

    def fresh(self, depth: int) -> Any:
        """A node one deeper than ``depth``, everything else about it blank; afterwards there are some to take again."""
        kind = self.watched if observing else self.kind
        many = starmap(object.__new__, repeat((kind,), self.size))
        more: list[Any] = [] if self.at_hand else made_at_once(partial(list, many))
        if len(more) == MANY:
            _hold(more)
        supply = self.at_hand.extend
        # No lock, which an interrupt could leave locked. Python changes threads after a call or at the turn of a loop,
        # and between the question and the end of that call there is neither: where a mode has been entered meanwhile,
        # only watched nodes come here, and those that came before were let go by ``clear``.
        if kind is self.watched or not observing:
            supply(more)
        else:  # a mode was entered just now
            kind = self.watched
        if more:
            self.size = min(2 * self.size, MANY)
        node = object.__new__(kind)
        node._depth = deeper(depth)
        return node

    def clear(self) -> None:
        """Let go what there is to take: a mode has been entered or left, and it is of the wrong kind."""
        self.at_hand.clear()
        self.size = FEW  # modes that come and go all the time waste few


_supplies: Final[dict[Any, Supply]] = {}


def blank(kind: type[Any]) -> Supply:
    """The supply of blank nodes of the class ``kind``, the same one each time."""
    if kind not in _supplies:
        _supplies[kind] = Supply(kind)
    return _supplies[kind]


def _watched(kind: type[Any]) -> type[Any]:
    """The class of a node that is being made while a mode is on.

    Who fills a blank node sets ``_grad`` last; thereby this one becomes a ``kind`` like any other, and is observed.
    """

    def complete(node: Any, number: Any) -> None:
        node.__class__ = kind
        node._grad = number
        observe(node)

    return type("Watched", (kind,), {"__slots__": (), "_grad": property(fset=complete)})
