"""The tree of clusters: which groups of boxes the reader named, nested as their paths nest.

Here: parents, depths, lowest common clusters. Not here: where a cluster's rectangle ends up (coordinates.py).
Cluster 0 is the whole drawing and has no rectangle. Next file: ranks.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

ROOT: Final = 0


class ClusterTree:
    """The clusters that a set of paths names, numbered so that a parent comes before its children.

    >>> tree = ClusterTree([("layers[0]", "neurons[1]"), ("layers[0]",), ()])
    >>> tree.paths
    [(), ('layers[0]',), ('layers[0]', 'neurons[1]')]
    >>> tree.parent, tree.depth
    ([0, 0, 1], [0, 1, 2])
    """

    def __init__(self, paths: Iterable[tuple[str, ...]]) -> None:
        self.paths: list[tuple[str, ...]] = [()]
        self.parent: list[int] = [ROOT]
        self.depth: list[int] = [0]
        self._index: dict[tuple[int, str], int] = {}
        self._seen: dict[tuple[str, ...], int] = {(): ROOT}
        for path in paths:
            self.add(path)

    def __len__(self) -> int:
        return len(self.paths)

    def add(self, path: tuple[str, ...]) -> int:
        """Return the number of the cluster at `path`, made with its ancestors where it is new."""
        if path in self._seen:
            return self._seen[path]
        cluster = ROOT
        for depth, name in enumerate(path, start=1):
            child = self._index.get((cluster, name))
            if child is None:
                child = len(self.paths)
                self._index[cluster, name] = child
                self.paths.append(path[:depth])
                self.parent.append(cluster)
                self.depth.append(depth)
            cluster = child
        self._seen[path] = cluster
        return cluster

    def fork(self, a: int, b: int) -> tuple[int, int, int]:
        """Return the deepest cluster around both `a` and `b`, and its child towards each (itself where there is none).

        >>> tree = ClusterTree([("l0", "n0"), ("l0", "n1")])
        >>> tree.fork(2, 3)
        (1, 2, 3)
        >>> tree.fork(1, 3)
        (1, 1, 3)
        """
        from_a, from_b = a, b
        while a != b:
            if self.depth[a] >= self.depth[b]:
                from_a, a = a, self.parent[a]
            else:
                from_b, b = b, self.parent[b]
        return a, from_a, from_b

    def up_to(self, cluster: int, around: int) -> list[int]:
        """Return `cluster` and its ancestors below `around`, from the inside out."""
        path = []
        while cluster != around:
            path.append(cluster)
            cluster = self.parent[cluster]
        return path
