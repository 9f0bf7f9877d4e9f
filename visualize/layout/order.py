"""The order of the vertices on each rank: as few crossings as sweeps can find, every cluster in one piece.

Here: starting orders, barycentre sweeps, transposition, the crossing count. Not here: coordinates (the next file).

Two clusters that share ranks stand the same way round on all of them, so that their rectangles can be kept apart: a
sweep takes over the order of the clusters that were on the rank before, and only clusters that begin on a rank choose
a place.

Letters: v, w vertices, r a rank, c a cluster. An *item* of a cluster is a vertex v or a cluster, numbered `size + c`.

Source: Sugiyama, Tagawa & Toda 1981, section IV (barycentre); Gansner, Koutsofios, North & Vo 1993, section 3
(transposition, keeping the best); Forster, "Applying crossing reduction strategies to layered compound graphs", 2002.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Callable, Iterable, Sequence
from random import Random
from typing import Final

from .clusters import ROOT
from .isotonic import isotonic
from .network import Network

SWEEPS_AT_MOST: Final = 24
SWEEPS_AT_LEAST: Final = 2
SWEEPS_WITHOUT_GAIN: Final = 8
STARTS_AT_MOST: Final = 4
SWEEPS_A_START: Final = 4
TRANSPOSITION_ROUNDS: Final = 4  # after each sweep
WORK: Final = 120_000  # segments visited by all sweeps together, about; bounds the time on a large graph


def order_ranks(net: Network) -> int:
    """Permute `net.ranks` so that few segments cross, and return how many do.

    Sweeps start from depth-first orders, which draw a tree without any crossing: backwards from the sinks and
    forwards from the sources, and on a small graph from some more of each with the neighbours shuffled (always
    alike). From the best of them, sweeps go on, down and up by turns, until they gain nothing any more.
    """
    effort = WORK // (len(net.rank) + sum(map(len, net.down)) + 1)
    first_sweeps = max(1, min(SWEEPS_A_START, effort // 2))
    rng = Random(0)
    search = _Search(net)
    found: list[tuple[int, list[list[int]]]] = []
    for start in range(max(2, min(STARTS_AT_MOST, effort // (2 * SWEEPS_A_START)))):
        back, forth = (net.up, net.down) if start % 2 == 0 else (net.down, net.up)
        search.start(depth_first(back, forth, rng if start >= 2 else None))
        search.improve(first_sweeps)
        found.append((search.crossings, search.order))
        if not search.crossings:
            break
    search.crossings, search.order = min(found, key=lambda pair: pair[0])
    search.improve(max(SWEEPS_AT_LEAST, min(SWEEPS_AT_MOST, effort)))
    net.ranks = search.order
    return search.crossings


def count_crossings(ranks: Sequence[Sequence[int]], down: Sequence[Sequence[int]]) -> int:
    """Return how many pairs of segments cross: per pair of ranks, the inversions among the segments' far ends.

    >>> count_crossings([[0, 1], [2, 3]], [[3], [2], [], []])
    1

    Source: Barth, Jünger & Mutzel, "Simple and efficient bilayer cross counting", 2002 (here with a sorted list for
    the tree).
    """
    total = 0
    for r, rank in enumerate(ranks[:-1]):
        place = {w: i for i, w in enumerate(ranks[r + 1])}
        ends: list[int] = []
        for v in rank:
            for end in sorted([place[w] for w in down[v]]):
                total += len(ends) - bisect_right(ends, end)
                insort(ends, end)
    return total


def depth_first(back: Sequence[Sequence[int]], forth: Sequence[Sequence[int]], rng: Random | None = None) -> list[int]:
    """Return for each vertex its number in a depth-first walk from the vertices with no `forth` neighbour along `back`.

    With `rng`, each vertex's neighbours are visited in a random order.
    """
    number = [-1] * len(back)
    count = 0
    for root in range(len(back)):
        stack = [] if forth[root] else [root]
        while stack:
            v = stack.pop()
            if number[v] < 0:
                number[v] = count
                count += 1
                ends = list(reversed(back[v]))
                if rng:
                    rng.shuffle(ends)
                stack += ends
    return number


class _Search:
    """One order of all ranks, its place table, and the steps that improve it."""

    def __init__(self, net: Network) -> None:
        self.net = net
        self.size = len(net.rank)
        self.order: list[list[int]] = [list(rank) for rank in net.ranks]
        self.place = [0] * (self.size + len(net.tree))  # of a vertex on its rank; of a cluster, its first vertex's
        self.groups = [self._groups(rank) for rank in net.ranks]
        self.crossings = 0

    def _groups(self, rank: Sequence[int]) -> list[tuple[int, list[int]]]:
        """Return (cluster, its items) for the clusters on a rank, each child before its parent."""
        tree = self.net.tree
        items: dict[int, list[int]] = {}
        for v in rank:
            item, c = v, self.net.home[v]
            while c not in items:
                items[c] = [item]
                item = self.size + c
                if c == ROOT:
                    break
                c = tree.parent[c]
            else:
                items[c].append(item)
        return sorted(items.items(), reverse=True)

    def start(self, number: Sequence[int]) -> None:
        """Order every rank by the vertices' numbers, a cluster standing where its first member would."""
        first = list(number) + [self.size] * len(self.net.tree)
        for v, c in enumerate(self.net.home):
            first[self.size + c] = min(first[self.size + c], first[v])
        for c in range(len(self.net.tree) - 1, ROOT, -1):
            parent = self.size + self.net.tree.parent[c]
            first[parent] = min(first[parent], first[self.size + c])
        self.order = [[] for _ in self.groups]  # a new list: a caller may have kept the one before
        for r, groups in enumerate(self.groups):
            for _, items in groups:
                items.sort(key=first.__getitem__)
            self._flatten(r)
        self.crossings = count_crossings(self.order, self.net.down)

    def improve(self, sweeps: int) -> None:
        """Sweep and transpose, then go back to the best order met."""
        best, idle = [list(rank) for rank in self.order], 0
        for rank in best:
            self._seat(rank)
        current = self.crossings
        for sweep in range(sweeps):
            flip = (
                sweep % 4 >= 2
            )  # by turns, what is equally good changes sides, so that the search does not stand still
            self._sweep(sweep % 2 == 0, flip)
            self._transpose(flip)
            current = count_crossings(self.order, self.net.down)
            idle += 1
            if current < self.crossings:
                self.crossings, best, idle = current, [list(rank) for rank in self.order], 0
            if not self.crossings or idle == SWEEPS_WITHOUT_GAIN:
                break
        self.order = best

    def _seat(self, rank: Sequence[int]) -> None:
        """Enter a rank's order in the place table."""
        place, home, parent = self.place, self.net.home, self.net.tree.parent
        for i, v in enumerate(rank):
            place[v] = i
        if len(parent) > 1:
            for i in range(len(rank) - 1, -1, -1):
                c = home[rank[i]]
                while c != ROOT:
                    place[self.size + c] = i
                    c = parent[c]

    def _flatten(self, r: int) -> None:
        """Write the order of rank r out from the order of its clusters' items."""
        items = dict(self.groups[r])
        rank: list[int] = []
        stack = list(reversed(items.get(ROOT, [])))
        while stack:
            item = stack.pop()
            if item < self.size:
                rank.append(item)
            else:
                stack.extend(reversed(items[item - self.size]))
        self.order[r] = rank
        self._seat(rank)

    def _sweep(self, down: bool, flip: bool) -> None:
        """Order each rank in turn by the barycentres of its vertices' neighbours on the rank before it."""
        near = self.net.up if down else self.net.down
        span, size, place = self.net.span, self.size, self.place
        key = [0.0] * len(place)
        weight = [0] * len(place)
        turn = range(1, len(self.order)) if down else range(len(self.order) - 2, -1, -1)
        for r in turn:
            beside = -1.0
            for v in self.order[r]:  # one without neighbours stays beside the one on its left
                if ends := near[v]:
                    beside = sum([place[w] for w in ends]) / len(ends)
                key[v], weight[v] = beside, len(ends)
            for c, items in self.groups[r]:
                items.sort(key=place.__getitem__)
                if c != ROOT:
                    known = [i for i in items if weight[i]]
                    weight[size + c] = sum([weight[i] for i in known])
                    key[size + c] = (
                        sum([key[i] * weight[i] for i in known]) / weight[size + c] if known else key[items[0]]
                    )
                before = r - 1 if down else r + 1
                staying = [i for i in items if i >= size and span[i - size][0] <= before <= span[i - size][1]]
                if len(staying) > 1:
                    self._keep_order(items, staying, key, weight, self._places_on(before, staying))
                if flip and not staying:
                    items.reverse()
                items.sort(key=key.__getitem__)
            self._flatten(r)

    def _places_on(self, r: int, clusters: Iterable[int]) -> Callable[[int], int]:
        """Return where each of the clusters (as items) stands on rank r."""
        wanted, parent = set(clusters), self.net.tree.parent
        found: dict[int, int] = {}
        for i, v in enumerate(self.order[r]):
            c = self.net.home[v]
            while c != ROOT:
                if self.size + c in wanted:
                    found.setdefault(self.size + c, i)
                    break
                c = parent[c]
        return found.__getitem__

    def _keep_order(
        self, items: list[int], staying: list[int], key: list[float], weight: Sequence[int], where: Callable[[int], int]
    ) -> None:
        """Make the keys of the clusters that stay grow in the order they had, and reorder them so in `items`."""
        seats = [i for i, item in enumerate(items) if item in set(staying)]
        staying = sorted(staying, key=where)
        for seat, item in zip(seats, staying, strict=True):
            items[seat] = item
        for item, value in zip(
            staying, isotonic([key[i] for i in staying], [max(weight[i], 1) for i in staying]), strict=True
        ):
            key[item] = value

    def _transpose(self, flip: bool) -> None:
        """Exchange neighbours on a rank wherever that removes crossings, for a few rounds or until no exchange does."""
        dirty = set(range(len(self.order)))
        for _ in range(TRANSPOSITION_ROUNDS):
            changed = {r for r in sorted(dirty) if self._transpose_rank(r, flip)}
            flip = False
            dirty = {near for r in changed for near in (r - 1, r, r + 1) if 0 <= near < len(self.order)}

    def _transpose_rank(self, r: int, flip: bool) -> bool:
        rank, place, home = self.order[r], self.place, self.net.home
        up, down = self._ends(rank, self.net.up), self._ends(rank, self.net.down)
        changed, least = False, 0 if flip else 1
        for i in range(len(rank) - 1):
            j = i + 1
            a, b, c, d = up[i], up[j], down[i], down[j]
            if not (a and b and a[-1] > b[0]) and not (c and d and c[-1] > d[0]):
                continue  # nothing crosses here
            v, w = rank[i], rank[j]
            if home[v] == home[w] and _excess(a, b) + _excess(c, d) >= least:
                rank[i], rank[j] = w, v
                up[i], up[j], down[i], down[j] = b, a, d, c
                place[v], place[w] = j, i
                changed = True
        return changed

    def _ends(self, rank: Sequence[int], near: Sequence[Sequence[int]]) -> list[list[int]]:
        """Return for each vertex of a rank the places of its neighbours, sorted."""
        place = self.place
        return [
            [place[ends[0]]] if len(ends) == 1 else sorted([place[w] for w in ends]) for ends in [near[v] for v in rank]
        ]


def _excess(left: Sequence[int], right: Sequence[int]) -> int:
    """Return the crossings of segments ending at `left` with those at `right`, less those after an exchange."""
    if not left or not right:
        return 0
    if left[-1] < right[0]:
        return -len(left) * len(right)
    excess = 0
    for a in left:
        for b in right:
            if a > b:
                excess += 1
            elif a < b:
                excess -= 1
    return excess
